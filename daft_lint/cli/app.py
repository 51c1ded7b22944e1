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
    "check": "daft_lint.cli.check",
    "config-schema": "daft_lint.cli.config_schema",
    "explain": "daft_lint.cli.explain",
    "fix": "daft_lint.cli.fix",
    "init": "daft_lint.cli.init",
    "partitions": "daft_lint.cli.partitions",
    "plan": "daft_lint.cli.plan",
    "profile": "daft_lint.cli.runtime",
    "server": "daft_lint.cli.server",
    "tune": "daft_lint.cli.runtime",
    "upgrade": "daft_lint.cli.upgrade",
    "verify": "daft_lint.cli.runtime",
}
"""The modules of the commands; in its module, each command goes by its own name."""
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
        command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


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
