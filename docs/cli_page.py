"""The page of the command line, from the commands of click themselves: what `--help` says, with every option."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

import click

from daft_lint.cli.app import COMMANDS, cli
from daft_lint.cli.runtime import RuntimeCommand
from daft_lint.report.links import VARIABLE

INTRODUCTION = """# Command line

What `daft-lint COMMAND --help` says. Each command takes `-h` and `--help`, and the exit status is that of
[How to read a finding](findings.md#exit-status) where the command says nothing else. Rules are named by name, by code,
or by a prefix of codes, and several with commas between."""
ENVIRONMENT = {
    "NO_COLOR": "No colour, where `--color` says nothing.",
    "FORCE_COLOR": "Colour, also where no terminal reads it.",
    "XDG_CACHE_HOME": "The folder that holds the cache's, where the configuration names none.",
    VARIABLE: "The address of a copy of this site: findings link to the pages of their rules there.",
}
"""Variables that commands read, and what for."""


def cli_page() -> str:
    """The page, in Markdown."""
    root = click.Context(cli, info_name="daft-lint")
    parts = [INTRODUCTION]
    for name in sorted(COMMANDS):
        parts += _section(root, name)
    rows = [f"| `{name}` | {meaning} |" for name, meaning in ENVIRONMENT.items()]
    parts += ["## Environment variables", "\n".join(["| variable | what it does |", "|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def command_of(root: click.Context, name: str) -> click.Command:
    """The command of this name, that of the companion runtime where it has it."""
    command = cli.get_command(root, name)
    assert command is not None
    return command.imported() if isinstance(command, RuntimeCommand) else command


def _section(root: click.Context, name: str) -> Iterator[str]:
    command = command_of(root, name)
    context = click.Context(command, info_name=name, parent=root, help_option_names=["-h", "--help"])
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"## {name}"
    yield f"```text\n{usage}\n```"
    yield _paragraphs(command.help or "")
    yield _table([record for option in options_of(command) if (record := option.get_help_record(context))])


def options_of(command: click.Command) -> list[click.Option]:
    """The options of a command but `--help`, in the order of its help."""
    return [parameter for parameter in command.params if isinstance(parameter, click.Option) and not parameter.hidden]


def _paragraphs(text: str) -> str:
    """A docstring as click shows it: `\\f` ends it."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\f")[0].split("\n\n"))


def _table(options: Sequence[tuple[str, str]]) -> str:
    rows = [f"| {_code(option)} | {_cell(meaning)} |" for option, meaning in options]
    return "\n".join(
        ['<div class="explained" markdown>\n', "| option | what it does |", "|---|---|", *rows, "\n</div>"]
    )


def _code(text: str) -> str:
    return f"<code>{html.escape(text, quote=False).replace('|', '&#124;')}</code>"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("[", "\\[")
