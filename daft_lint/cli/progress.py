"""A progress bar for long runs on a terminal; nothing in a pipe or in CI."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType

_SHOWN_AFTER = 1.0
"""Seconds: a shorter run needs no bar."""
_EVERY = 0.1
_WIDTH = 30


class ProgressBar:
    """A bar on standard error that redraws itself and is erased at the end."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.begun = time.monotonic()
        self.shown = 0.0
        self.width = 0
        self.wanted = (
            not quiet and sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"
        )

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.width:
            sys.stderr.write("\r" + " " * self.width + "\r")
            sys.stderr.flush()
            self.width = 0

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` files are checked."""
        now = time.monotonic()
        if not self.wanted or now - self.begun < _SHOWN_AFTER or now - self.shown < _EVERY:
            return
        self.shown = now
        filled = _WIDTH * done // max(total, 1)
        text = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {done:,} of {total:,} files"
        sys.stderr.write("\r" + text)
        sys.stderr.flush()
        self.width = len(text)
