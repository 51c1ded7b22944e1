"""`check --watch`: runs again whenever a file changes. It polls: that needs no library, and works on every disk."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection

import click

from daft_lint.cli.output import echo_error

_POLL = 0.5
"""Seconds between two looks."""
_SHARE = 10
"""A look that takes long is followed by a pause of so many times its duration."""

_State = dict[str, tuple[int, int] | None]


def watch(once: Callable[[], int], watched: Callable[[], Collection[str]]) -> int:
    """Call `once`, and again whenever one of the files `watched` changes, comes or goes. Ends with Ctrl-C."""
    while True:
        before = _state(watched)
        if sys.stdout.isatty():
            click.clear()
        try:
            once()
        except click.ClickException as error:
            # A configuration is being edited: the next save may mend it.
            echo_error(f"daft-lint: {error.format_message()}")
        sys.stdout.flush()
        echo_error("Watching for changes; Ctrl-C ends.")
        _wait_for_change(before, watched)


def _wait_for_change(before: _State | None, watched: Callable[[], Collection[str]]) -> None:
    pause = _POLL
    while True:
        time.sleep(pause)
        begun = time.monotonic()
        if _state(watched) != before:
            return
        pause = max(_POLL, _SHARE * (time.monotonic() - begun))


def _state(watched: Callable[[], Collection[str]]) -> _State | None:
    """Time and size of each file; None while the configuration cannot be used."""
    try:
        return {file: _stamp(file) for file in watched()}
    except click.ClickException:
        return None


def _stamp(file: str) -> tuple[int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
