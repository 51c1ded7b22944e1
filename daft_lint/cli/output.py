"""What the commands print besides their reports, and their exit statuses."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from daft_lint.config import Config
    from daft_lint.source.problems import Problem

CLEAN, FOUND, MISUSE = 0, 1, 2
_STDOUT = 1


def echo_error(line: str) -> None:
    """Prints a line on standard error; a path or a source's text in it can neither end it nor control a terminal."""
    from daft_lint.source.printable import visible

    with suppress(OSError):  # a full disk: there is nowhere else to say it
        click.echo(visible(line), err=True)


def output_failed(error: OSError) -> int:
    """Says in one line that standard output cannot be written, and returns the exit status."""
    drop_output()
    echo_error(f"daft-lint: standard output cannot be written: {error.strerror or error}")
    return MISUSE


def drop_output() -> None:
    """Nothing more reaches standard output, not even what the interpreter writes when it ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    # Where it was closed from the start, the null device may have got its number already.
    if null != _STDOUT:
        os.dup2(null, _STDOUT)
        os.close(null)


def echo_problems(problems: Iterable[Problem]) -> None:
    """Prints a line for each path that could not be read, checked or written."""
    for problem in problems:
        echo_error(f"daft-lint: {problem.path}: {problem.message}")


def echo_run(config: Config, files: int, limits: Iterable[str]) -> None:
    """Prints what `--verbose` asks for: the configuration, the number of files, and the limits that were hit."""
    echo_error(f"configuration: {config.file or 'none (defaults)'}")
    echo_error(f"files: {files}")
    for limit in limits:
        echo_error(f"limit: {limit}")


def terminal_width() -> int | None:
    """The columns of the terminal that standard output goes to; None where it goes elsewhere."""
    if not sys.stdout.isatty():
        return None
    import shutil  # late: it loads three libraries to unpack archives

    return shutil.get_terminal_size().columns
