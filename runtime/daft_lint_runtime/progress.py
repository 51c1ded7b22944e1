"""Which run goes on: a bar with a clock on a terminal, a line for each run elsewhere. All of it on standard error."""

from __future__ import annotations

import shutil
from types import TracebackType

import click

from daft_lint.cli.progress import ProgressBar
from daft_lint.source.printable import visible

BAR_COLUMNS = 60
"""What the bar itself takes of a terminal's columns; the rest is for what is run."""


class RunProgress:
    """Hears of each run before it starts, among `total` runs (0: not known)."""

    def __init__(self, total: int = 0) -> None:
        self.total = total
        self.done = -1
        self.bar = ProgressBar("Running", unit="runs")

    def __enter__(self) -> RunProgress:
        self.bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.bar.__exit__(kind, error, traceback)

    def __call__(self, what: str, done: int | None = None, total: int | None = None) -> None:
        """`what` is run next, after `done` runs of `total` (None: one more than before, as many as ever)."""
        self.done = self.done + 1 if done is None else done
        self.total = self.total if total is None else total
        if not self.bar.wanted:
            click.echo(f"running {what}", err=True)
            return
        room = max(shutil.get_terminal_size().columns - BAR_COLUMNS, 10)
        shown = visible(what)
        self.bar.what = "Running " + (shown if len(shown) <= room else "…" + shown[1 - room :])
        self.bar(min(self.done, self.total), self.total)
