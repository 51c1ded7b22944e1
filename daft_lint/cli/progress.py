"""A progress bar with a clock for long runs on a terminal; nothing in a pipe or in CI."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import FrameType, TracebackType

_SHOWN_AFTER = 2.0
"""Seconds: a shorter run needs no bar."""
_EVERY = 0.1
_TICK = 0.5
"""Seconds between two looks at the clock while no file is done."""
_WIDTH = 30


class ProgressBar:
    """A bar on standard error that redraws itself and is erased at the end.

    Its clock goes on while no file is done. A signal drives it: beside a second thread no process can be forked.
    """

    def __init__(self, what: str = "Checking", *, unit: str = "files", quiet: bool = False) -> None:
        self.what = what
        self.unit = unit
        self.begun = time.monotonic()
        self.shown = 0.0
        self.width = 0
        self.done = self.total = 0
        self.wanted = (
            not quiet and sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"
        )
        self.ticks = self.drawing = False

    def __enter__(self) -> ProgressBar:
        self.ticks = (
            self.wanted
            and hasattr(signal, "setitimer")
            and threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
        )
        if self.ticks:
            signal.signal(signal.SIGALRM, self._tick)
            signal.setitimer(signal.ITIMER_REAL, _TICK, _TICK)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.ticks:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        if self.width:
            sys.stderr.write("\r" + " " * self.width + "\r")
            sys.stderr.flush()
            self.width = 0

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` units are done."""
        self.done, self.total = done, total
        self._draw()

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        if not self.drawing:
            self._draw()

    def _draw(self) -> None:
        now = time.monotonic()
        if not self.wanted or now - self.begun < _SHOWN_AFTER or now - self.shown < _EVERY:
            return
        self.shown = now
        self.drawing = True  # a stream takes no second write in the middle of one
        text = f"{self.what}, {now - self.begun:.0f} s"
        if self.total:
            filled = _WIDTH * self.done // self.total
            text += f" [{'#' * filled}{'.' * (_WIDTH - filled)}] {self.done:,} of {self.total:,} {self.unit}"
        sys.stderr.write("\r" + text.ljust(self.width))
        sys.stderr.flush()
        self.width = max(self.width, len(text))
        self.drawing = False
