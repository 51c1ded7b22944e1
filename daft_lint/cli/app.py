"""The command line with click: each command is a module that is imported when it is asked for."""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence

import click

from daft_lint import __version__
from daft_lint.cli.output import CLEAN, MISUSE, drop_output, echo_error, output_failed

COMMANDS = {
    "check": ("daft_lint.cli.check", "Report what is slow, large or wrong."),
    "config-schema": ("daft_lint.cli.config_schema", "Print the JSON Schema of the configuration."),
    "explain": ("daft_lint.cli.explain", "Print the documentation of a rule, or a table of all."),
    "fix": ("daft_lint.cli.fix", "Fix the findings: show a diff, or write the files."),
    "init": ("daft_lint.cli.init", "Survey this project and propose a configuration."),
    "partitions": ("daft_lint.cli.partitions", "Calculate how many partitions to feed a UDF with."),
    "plan": ("daft_lint.cli.plan", "Show the pipelines of a script."),
    "profile": ("daft_lint.cli.runtime", "Run a script once and record the sizes of its sources."),
    "server": ("daft_lint.cli.server", "Serve editors over the Language Server Protocol."),
    "tune": ("daft_lint.cli.runtime", "Run a script with other numbers and compare."),
    "upgrade": ("daft_lint.cli.upgrade", "Rewrite scripts for another version of Daft."),
    "verify": ("daft_lint.cli.runtime", "Run scripts on Ray before and after their fixes."),
}
"""The modules of the commands, and what they do in the table of all; in its module, each goes by its own name."""
_BROKEN_PIPE = 141
"""What a shell reports of a process that SIGPIPE ended."""
_INTERRUPTED = 130


class _Commands(click.Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of all commands; none is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        given = args[0]
        if given in COMMANDS or given.startswith("-"):
            return super().resolve_command(ctx, args)
        import difflib

        near = difflib.get_close_matches(given, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else "daft-lint -h lists all commands"
        if not near and os.path.exists(given):
            hint = f"to check a path, write daft-lint check {given}"
        raise click.UsageError(f"there is no command {given}; {hint}")


# Without a command click says so in another way with each version: the help is shown here.
@click.group(
    cls=_Commands,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="daft-lint %(version)s")
@click.pass_context
def cli(context: click.Context) -> int | None:
    """Find what makes a Daft pipeline slow, large or wrong on Ray, and what to write instead."""
    if context.invoked_subcommand is not None:
        return None
    click.echo(context.get_help())
    return MISUSE


def run(arguments: Sequence[str]) -> int:
    """Runs a command line and returns its exit status. Bad input is one line on standard error and 2."""
    if sys.stderr is None:  # closed, as by `2>&-`: there is nowhere to say anything
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        return output_failed(OSError(errno.EBADF, os.strerror(errno.EBADF)))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A path or a source may hold characters that the terminal's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
    try:
        returned = cli.main(args=list(arguments), prog_name="daft-lint", standalone_mode=False)
        if not sys.stdout.closed:  # the language server closes it when its client has ended
            sys.stdout.flush()
        return returned if isinstance(returned, int) else CLEAN
    except click.ClickException as error:
        echo_error(f"daft-lint: {error.format_message()}")
        return MISUSE
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except BrokenPipeError:
        drop_output()
        return _BROKEN_PIPE
    except OSError as error:
        if error.filename is not None:
            echo_error(f"daft-lint: {os.fsdecode(error.filename)}: {error.strerror or error}")
            return MISUSE
        return output_failed(error)
