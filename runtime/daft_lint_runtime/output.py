"""Where reports go: to the terminal, or to a file."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daft_lint.source.writing import write_report

if TYPE_CHECKING:
    from rich.console import Console

COLUMNS = 120
"""The width of what is shown where no terminal says another."""


def write(file: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises `click.ClickException` where that cannot be done."""
    try:
        write_report(str(file), text.encode(errors="backslashreplace"))
    except OSError as error:
        raise click.ClickException(f"{file}: cannot be written: {error.strerror or error}") from None


def show(report: Callable[[Console], None], output: Path | None = None) -> None:
    """Show a report on the terminal, or write it to `output`. Raises `click.ClickException` as `write` does."""
    from rich.console import Console

    if output is None:
        report(Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else COLUMNS))
        return
    shown = io.StringIO()
    report(Console(file=shown, width=COLUMNS))
    write(output, shown.getvalue())
