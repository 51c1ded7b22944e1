"""Recursive walks over deep trees: in a thread with a large stack and a high recursion limit."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_STACK_BYTES = (512 << 20, 128 << 20, 32 << 20)
"""Stack sizes to try for a deep tree; LibCST's walk of 1,000 calls fits the first with room to spare."""
_RECURSION_LIMIT = 200_000


class _DeepRun(threading.local):
    active = False


_deep_run = _DeepRun()
_deep_lock = threading.Lock()


def in_deep_run() -> bool:
    """Whether this thread runs what `run_deep` was given."""
    return _deep_run.active


def run_deep(function: Callable[[], T]) -> T:
    """Runs `function` in a thread with a large stack and a high recursion limit: for a document that `is_deep`.

    Raises what `function` raises. Inside another deep run it is a plain call.
    """
    if _deep_run.active:
        return function()
    results: list[T] = []
    failures: list[BaseException] = []

    def work() -> None:
        _deep_run.active = True
        try:
            results.append(function())
        except BaseException as failure:  # noqa: BLE001  # handed on to the caller's thread below
            failures.append(failure)

    # The recursion limit and the size of new stacks belong to the whole process: one deep run at a time.
    with _deep_lock:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
        try:
            thread = _start_with_stack(work)
            thread.join()
        finally:
            sys.setrecursionlimit(limit)
    if failures:
        raise failures[0]
    return results[0]


def _start_with_stack(work: Callable[[], None]) -> threading.Thread:
    """Starts a thread with the largest stack that the system grants."""
    before = threading.stack_size()
    try:
        for size in _STACK_BYTES:
            thread = threading.Thread(target=work, name="daft-lint-deep", daemon=True)
            try:
                threading.stack_size(size)
                thread.start()
            except (RuntimeError, ValueError):
                continue
            return thread
    finally:
        threading.stack_size(before)
    thread = threading.Thread(target=work, name="daft-lint-deep", daemon=True)
    thread.start()
    return thread
