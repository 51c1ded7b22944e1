"""Where reports are written: to the file that was named, and through no symbolic link that a tree may hold."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def write_report(output: str, raw: bytes) -> None:
    """Write a report. Raises `OSError` where the system refuses, and where the file is, or lies behind, a link."""
    if through_link(output):
        raise OSError(errno.ELOOP, "it is, or lies behind, a symbolic link", output)
    Path(output).write_bytes(raw)


def through_link(output: str) -> bool:
    """Whether the file, or a folder above it in the working directory, is a symbolic link: a tree may hold one that
    leads anywhere. Those of the system do not count: /dev/stdout."""
    path, here = Path(os.path.abspath(output)), Path.cwd()
    inside = [folder for folder in path.parents if here in folder.parents]
    return any(place.is_symlink() for place in (path, *inside)) and Path("/dev") not in path.parents
