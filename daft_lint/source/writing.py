"""Safe writes: a file is old or new at every moment, and nothing goes through a symbolic link that a tree holds."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from daft_lint.source import attributes, leftovers


def write_report(output: str, raw: bytes) -> None:
    """Write a report, whole or not at all; a device or a pipe is written to. Raises `OSError` where the system refuses,
    and where the file is, or lies behind, a link."""
    if through_link(output):
        raise OSError(errno.ELOOP, "it is, or lies behind, a symbolic link", output)
    file = Path(output)
    try:
        status = file.stat()
    except FileNotFoundError:
        status = None
    if status is not None and not stat.S_ISREG(status.st_mode):
        file.write_bytes(raw)
        return
    try:
        if status is not None and not os.access(file, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), output)
        _replace(file, raw, status)
    except OSError as error:
        # A folder may take no other file, and a file that is mounted by itself no other name.
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EROFS):
            raise
        file.write_bytes(raw)


def write_atomically(path: str, before: bytes, after: bytes) -> None:
    """Replace the file's content so that at every moment it is the old or the new one.

    Symbolic links are followed within their tree; mode, owner, extended attributes and access control lists are kept.

    Raises:
        OSError: the file or its folder is read-only, the file is no longer as it was read, what it has besides its
            bytes cannot be kept, or the path leads out of the tree by a link.
    """
    if leads_out(path):
        raise OSError(None, "a symbolic link that leads out of the tree", path)
    real = Path(os.path.realpath(path))
    status = real.stat()
    if not status.st_mode & 0o222 or not os.access(real, os.W_OK):
        raise PermissionError(None, "the file is read-only", path)
    if not real.parent.stat().st_mode & 0o222 or not os.access(real.parent, os.W_OK):
        raise PermissionError(None, "its folder is read-only", path)

    def refuse_changed() -> None:
        if real.read_bytes() != before:
            raise OSError(None, "the file has changed since it was read", path)

    refuse_changed()
    _replace(real, after, status, refuse_changed)


def create(path: str, raw: bytes) -> None:
    """Make a file that is not there, whole or not at all.

    Raises:
        FileExistsError: it is there.
        OSError: the system refuses, or the file lies behind a symbolic link, which leads anywhere.
    """
    if through_link(path):
        raise OSError(errno.ELOOP, "it is, or lies behind, a symbolic link", path)
    with _temporary(Path(path)) as temporary:
        with open(temporary, "xb") as stream:
            leftovers.lock(stream.fileno())
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(temporary, path)


def _replace(file: Path, raw: bytes, like: os.stat_result | None, check: Callable[[], None] = lambda: None) -> None:
    """Put a file with these bytes in the place of one that is `like` that, or of none; `check` may refuse just
    before."""
    with _temporary(file) as temporary:
        with open(temporary, "xb", opener=None if like is None else _private) as stream:
            leftovers.lock(stream.fileno())
            stream.write(raw)
            stream.flush()
            if like is not None:
                _keep_owner(stream.fileno(), temporary, like)
                attributes.copy(file, temporary)
            os.fsync(stream.fileno())
        check()
        os.replace(temporary, file)
    _sync_folder(file.parent)


@contextlib.contextmanager
def _temporary(file: Path) -> Iterator[str]:
    """A name for a new file beside `file`, which is gone at the end; those that killed runs left there are removed."""
    leftovers.remove(os.path.abspath(file.parent))
    # Named before it is made, so that an interrupt at any moment finds it and takes it away.
    temporary = leftovers.name_beside(file)
    try:
        yield temporary
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


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
    """Whether a link on the path leads out of its tree, to a file that nobody asked to change.

    The tree is the repository that holds the link, else the working directory where that does, else the link's folder.
    On an absolute path a link counts that is the last part of it or lies in a repository or the working directory: the
    system's own, and a linked home folder, lead where they should.
    """
    location = ""
    parts = Path(path).parts
    for number, part in enumerate(parts, start=1):
        folder, location = location, os.path.join(location, part)
        if not os.path.islink(location):
            continue
        tree = _tree_of(Path(os.path.realpath(folder or ".")))
        if tree is None and (number == len(parts) or not os.path.isabs(path)):
            tree = Path(folder or ".")
        if tree is not None and not is_within(location, tree):
            return True
    return False


def _tree_of(folder: Path) -> Path | None:
    """The repository that a folder is in, else the working directory if it is in that."""
    repositories = (location for location in (folder, *folder.parents) if os.path.lexists(location / ".git"))
    return next(repositories, Path.cwd() if is_within(folder, Path.cwd()) else None)
