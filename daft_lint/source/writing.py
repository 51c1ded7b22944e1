"""Safe writes: a file is old or new at every moment, and nothing goes through a symbolic link that a tree holds."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path


def write_report(output: str, raw: bytes) -> None:
    """Write a report. Raises `OSError` where the system refuses, and where the file is, or lies behind, a link."""
    if through_link(output):
        raise OSError(errno.ELOOP, "it is, or lies behind, a symbolic link", output)
    Path(output).write_bytes(raw)


def write_atomically(path: str, before: bytes, after: bytes) -> None:
    """Replace the file's content so that at every moment it is the old or the new one.

    Symbolic links are followed within their tree; mode and owner are kept.

    Raises:
        OSError: the file or its folder is read-only, the file is no longer as it was read, or it is a link out of the
            tree.
    """
    if leads_out(path):
        raise OSError(None, "a symbolic link that leads out of the tree", path)
    real = Path(os.path.realpath(path))
    status = real.stat()
    if not status.st_mode & 0o222 or not os.access(real, os.W_OK):
        raise PermissionError(None, "the file is read-only", path)
    if not real.parent.stat().st_mode & 0o222 or not os.access(real.parent, os.W_OK):
        raise PermissionError(None, "its folder is read-only", path)
    if real.read_bytes() != before:
        raise OSError(None, "the file has changed since it was read", path)
    # Named before it is made, so that an interrupt at any moment finds it and takes it away.
    temporary = _temporary(real)
    try:
        with open(temporary, "xb", opener=_private) as stream:
            stream.write(after)
            stream.flush()
            _keep_owner(stream.fileno(), temporary, status)
            os.fsync(stream.fileno())
        if real.read_bytes() != before:
            raise OSError(None, "the file has changed since it was read", path)
        os.replace(temporary, real)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(real.parent)


def create(path: str, raw: bytes) -> None:
    """Make a file that is not there, whole or not at all.

    Raises:
        FileExistsError: it is there.
        OSError: the system refuses, or the file lies behind a symbolic link, which leads anywhere.
    """
    if through_link(path):
        raise OSError(errno.ELOOP, "it is, or lies behind, a symbolic link", path)
    temporary = _temporary(Path(path))
    try:
        with open(temporary, "xb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _temporary(file: Path) -> str:
    """A name for a new file beside `file`."""
    return str(file.parent / f".{file.name}.{os.urandom(8).hex()}.daft-lint-tmp")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _keep_owner(descriptor: int, temporary: str, status: os.stat_result) -> None:
    if hasattr(os, "fchown"):
        made = os.fstat(descriptor)
        if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
            os.fchown(descriptor, status.st_uid, status.st_gid)
    os.chmod(temporary, stat.S_IMODE(status.st_mode))  # after the owner: a change of owner clears set-id bits


def _sync_folder(folder: Path) -> None:
    """Make the rename last through a power cut, where the system can open folders."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def through_link(path: str, tree: Path | None = None) -> bool:
    """Whether the path, or a folder on the way to it, is a symbolic link: a tree may hold one that leads anywhere.

    On a relative path every link counts, on an absolute one those that lie in `tree` (the working directory unless
    given) and the last: a home folder may well be linked. The system's own links, such as /dev/stdout, never count.
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
    """Whether the path is a link that leads out of its tree, to a file that nobody asked to change.

    The tree is the repository that holds the path, else the working directory where that does, else its folder.
    """
    if not os.path.islink(path):
        return False
    folder = Path(os.path.realpath(os.path.dirname(path) or "."))
    repositories = (location for location in (folder, *folder.parents) if os.path.lexists(location / ".git"))
    outside = Path.cwd() if is_within(folder, Path.cwd()) else folder
    return not is_within(path, next(repositories, outside))
