"""Temporary files of writes, and those that killed runs have left: the next write in their folder removes them.

A temporary file is locked as long as it is written, so that no run takes it from another.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import stat
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_NAME = re.compile(r"\..+\.[0-9a-f]{16}\.daft-lint-tmp\Z", re.DOTALL)


def name_beside(file: Path) -> str:
    """A name for a temporary file beside `file`."""
    return str(file.parent / f".{file.name}.{os.urandom(8).hex()}.daft-lint-tmp")


def lock(descriptor: int) -> None:
    """Say that a temporary file is in use, where the file system can."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@functools.cache
def remove(folder: str) -> None:
    """Remove what killed runs of this user have left in a folder; once a run, for it may hold many files."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.match(entry.name):
                with contextlib.suppress(OSError):
                    _remove_unused(entry.path)


def _remove_unused(path: str) -> None:
    """Raises `OSError` for a file that is in use, or of another user."""
    if sys.platform == "win32":
        os.unlink(path)  # refused while it is open
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
    finally:
        os.close(descriptor)
