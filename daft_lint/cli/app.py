"""The command line with click: each command is a module that is imported when it is asked for."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from daft_lint import __version__
from daft_lint.cli.output import CLEAN, MISUSE, echo_error

COMMANDS = {
    "check": "daft_lint.cli.check",
    "explain": "daft_lint.cli.explain",
    "fix": "daft_lint.cli.fix",
    "init": "daft_lint.cli.init",
    "partitions": "daft_lint.cli.partitions",
    "plan": "daft_lint.cli.plan",
    "profile": "daft_lint.cli.runtime",
    "server": "daft_lint.cli.server",
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
        command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="daft-lint %(version)s")
def cli() -> None:
    """Find what makes a Daft pipeline slow, large or wrong on Ray, and what to write instead."""


def run(arguments: Sequence[str]) -> int:
    """Runs a command line and returns its exit status. Bad input is one line on standard error and 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A path or a source may hold characters that the terminal's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = cli.main(args=list(arguments), prog_name="daft-lint", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else CLEAN
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return MISUSE
    except click.ClickException as error:
        echo_error(f"daft-lint: {error.format_message()}")
        return MISUSE
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader has gone: nothing more is written, not even when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
