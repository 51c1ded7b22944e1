"""What is written goes where it was said to go: through no symbolic link that a tree may hold."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def write_report(output: str, raw: bytes) -> None:
    """Write a report. Raises `OSError` where the system refuses, and where the file is, or lies behind, a link."""
    if through_link(output):
        raise OSError(errno.ELOOP, "it is, or lies behind, a symbolic link", output)
    Path(output).write_bytes(raw)


def through_link(path: str, tree: Path | None = None) -> bool:
    """Whether the path, or a folder on the way to it, is a symbolic link: a tree may hold one that leads anywhere.

    On a relative path every link counts, on an absolute one those that lie in `tree` (the working directory unless
    given) and the last: a home folder may well be linked. What the system has for its streams does not: /dev/stdout.
    """
    parts = Path(path).parts
    if parts[:2] == (os.sep, "dev"):
        return False
    location = ""
    for number, part in enumerate(parts, start=1):
        folder, location = location, os.path.join(location, part)
        # The path is not normalized: what follows `..` depends on where the link before it leads.
        counts = number == len(parts) or not os.path.isabs(path) or is_within(folder, tree or Path.cwd())
        if counts and os.path.islink(location):
            return True
    return False


def is_within(path: str | Path, folder: str | Path) -> bool:
    """Whether the path is, or lies in, the folder, links resolved."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def leads_out(path: str) -> bool:
    """Whether the path, as it lies in its tree, is a link to a place out of it: what is fixed there is not one's own.

    The tree is the repository that holds the path, else the working directory where that does, else its folder.
    """
    if not os.path.islink(path):
        return False
    folder = Path(os.path.realpath(os.path.dirname(path) or "."))
    repositories = (location for location in (folder, *folder.parents) if os.path.lexists(location / ".git"))
    outside = Path.cwd() if is_within(folder, Path.cwd()) else folder
    return not is_within(path, next(repositories, outside))
