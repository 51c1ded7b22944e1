"""Which files to check: those under the paths that git does not ignore."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from daft_lint.dataclass import dataclass
from daft_lint.source.kinds import MARKDOWN_SUFFIXES, SUFFIXES
from daft_lint.source.patterns import screen_of, spec
from daft_lint.source.problems import Problem

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

DEFAULT_EXCLUDES = frozenset(
    {
        ".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache",
        ".pytype", ".ruff_cache", ".svn", ".tox", ".venv", "__pycache__", "__pypackages__", "_build", "build", "dist",
        "node_modules", "site-packages", "venv",
    }
)  # fmt: skip
"""Names of folders that are only entered where they are given as a path, or where the filter has a `!` pattern for
them."""


ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})
"""What lies in a virtual environment, whatever its folder is called: it is only entered where it is given as a path."""


@dataclass(frozen=True, slots=True)
class FileFilter:
    """Which files of a folder count, besides what git ignores."""

    root: Path
    """The folder that the patterns count from."""
    exclude: tuple[str, ...] = ()
    """Patterns of what is left out, in gitignore style."""
    markdown: bool = False
    """Markdown files count too."""
    also: tuple[tuple[Path, tuple[str, ...]], ...] = ()
    """Patterns that go before these, each with the folder that they count from."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The ends of the names of files that count."""
        return SUFFIXES + (MARKDOWN_SUFFIXES if self.markdown else ())


FilterOf = Callable[[str], FileFilter]
"""The filter of a folder, by its absolute path."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """The files to check by their paths as shown, sorted, each once, and what could not be read."""

    names: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(sorted(map(Path, self.names)))


def discover(paths: Sequence[Path], file_filter: FileFilter | FilterOf, *, force_exclude: bool = False) -> Discovered:
    """The Python files and notebooks at `paths`: a file that is given is taken, whatever the filter says, unless
    `force_exclude`; folders are walked, with .gitignore files, `.git/info/exclude` and the filter respected. A folder
    can have a filter of its own."""
    walk = _Walk((lambda _folder: file_filter) if isinstance(file_filter, FileFilter) else file_filter)
    for path in paths:
        walk.take(path, force_exclude)
    for link in sorted(walk.links):
        walk.files.setdefault(os.path.realpath(link), link)
    return Discovered(tuple(sorted(walk.files.values())), tuple(sorted(set(walk.problems))))


class _Ignores:
    """The ignore patterns of one file and the folder (absolute, with a `/` at the end) that they count from."""

    def __init__(self, folder: str, lines: Sequence[str]) -> None:
        self.base = _with_slash(folder)
        self.lines = lines
        self.screen = screen_of(lines)
        """It matches each path that a pattern matches."""

    @cached_property
    def spec(self) -> GitIgnoreSpec:
        """The patterns one by one, which most trees never need."""
        return spec(self.lines)

    def decision(self, path: str, is_folder: bool) -> bool | None:
        """True: ignored; False: taken in again by a `!` pattern; None: no pattern matches."""
        if not path.startswith(self.base):
            return None
        relative = path[len(self.base) :].replace(os.sep, "/") + ("/" if is_folder else "")
        if self.screen is not None and self.screen.match(relative) is None:
            return None
        return self.spec.check_file(relative).include


@dataclass
class _Walk:
    filter_of: FilterOf
    files: dict[str, str] = field(default_factory=dict)
    """By real path, so that a file is checked once."""
    links: list[str] = field(default_factory=list)
    """Links to files. They count only where the file itself is not found, and folders are listed in no order."""
    problems: list[Problem] = field(default_factory=list)
    folders: set[tuple[int, int]] = field(default_factory=set)
    """Device and inode of the folders that were entered, so that a loop of links ends."""

    file_filter: FileFilter = field(default_factory=lambda: FileFilter(Path()))
    """That of the folder at hand."""
    excludes: tuple[_Ignores, ...] = ()
    """Its patterns."""

    def use_filter_of(self, folder: str) -> None:
        """Go by the filter of a folder."""
        file_filter = self.filter_of(folder)
        if file_filter is self.file_filter or file_filter == self.file_filter:
            return
        self.file_filter = file_filter
        own = (file_filter.root, file_filter.exclude)
        self.excludes = tuple(
            _Ignores(os.path.abspath(root), patterns) for root, patterns in (*file_filter.also, own) if patterns
        )

    def take(self, path: Path, force_exclude: bool) -> None:
        try:
            status = os.stat(path)
        except (OSError, ValueError) as error:
            self.problem(path, error)
            return
        if not stat.S_ISDIR(status.st_mode) and not stat.S_ISREG(status.st_mode):
            # Opening a named pipe blocks until there is a writer, and reading a device may never end.
            self.problems.append(Problem(path.as_posix(), "neither a file nor a folder"))
            return
        if stat.S_ISDIR(status.st_mode):
            absolute = os.path.abspath(path)
            self.use_filter_of(absolute)
            if force_exclude and self._exclusion(absolute, True):
                return
            self.walk(str(path), absolute, self._ignores_above(absolute))
            return
        self.use_filter_of(os.path.dirname(os.path.abspath(path)))
        if force_exclude and self._is_force_excluded(os.path.abspath(path)):
            return
        self.files.setdefault(os.path.realpath(path), str(path))

    def problem(self, path: Path | str, error: Exception) -> None:
        message = str(error)
        if isinstance(error, OSError):
            message = error.strerror or type(error).__name__
            if isinstance(error, FileNotFoundError) and os.path.islink(path):
                message = "a symbolic link to a file that does not exist"
        self.problems.append(Problem(Path(path).as_posix(), message))

    def _is_force_excluded(self, absolute: str) -> bool:
        """A file or any folder above it, up to the project's root, is excluded."""
        root = _with_slash(os.path.abspath(self.file_filter.root))
        decision = self._exclusion(absolute, False)
        if decision is not None:
            return decision
        parts = absolute[len(root) :].split("/")[:-1] if absolute.startswith(root) else []
        for index, part in enumerate(parts):
            decision = self._exclusion(root + "/".join(parts[: index + 1]), True)
            if decision or (decision is None and part in DEFAULT_EXCLUDES):
                return True
        return False

    def _exclusion(self, absolute: str, is_folder: bool) -> bool | None:
        """What the filter's patterns say of a path; None where none matches."""
        for patterns in self.excludes:
            decision = patterns.decision(absolute, is_folder)
            if decision is not None:
                return decision
        return None

    def _ignores_above(self, absolute: str) -> tuple[_Ignores, ...]:
        """The ignore files from the repository's root down to the folder above `absolute`."""
        found: list[_Ignores] = []
        folder = absolute
        while True:
            if folder != absolute:
                found += self._ignores_in(folder, ".gitignore")
            if os.path.lexists(os.path.join(folder, ".git")):
                found += self._ignores_in(folder, ".git/info/exclude")
                return tuple(reversed(found))
            parent = os.path.dirname(folder)
            if parent == folder:
                # Outside of a repository only the ignore files of the tree itself count.
                return ()
            folder = parent

    def _ignores_in(self, folder: str, name: str) -> list[_Ignores]:
        file = os.path.join(folder, name)
        if not os.path.isfile(file):
            return []
        try:
            with open(file, encoding="utf-8", errors="surrogateescape") as stream:
                lines = stream.read().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self.problem(file, error)
            return []
        return [_Ignores(folder, lines)] if lines else []

    def walk(self, shown: str, absolute: str, ignores: tuple[_Ignores, ...]) -> None:
        """Walks the folder `absolute`, whose files are shown below `shown`."""
        # Links to folders are not entered, so that what lies below has no other path either.
        given = "" if shown == "." else shown
        pending = [(given, absolute, os.path.realpath(absolute), ignores)]
        while pending:
            shown, absolute, real, ignores = pending.pop()
            self.use_filter_of(absolute)
            suffixes = self.file_filter.suffixes
            listed = self._listed(shown or ".", absolute)
            if shown != given and any(entry.name in ENVIRONMENT_MARKS for entry in listed):
                continue
            if any(entry.name == ".gitignore" for entry in listed):
                ignores = (*ignores, *self._ignores_in(absolute, ".gitignore"))
            inside, below, beneath = os.path.join(shown, ""), os.path.join(real, ""), f"{absolute}/"
            for entry in listed:
                name = entry.name
                if name.endswith(suffixes) and self._take(entry, inside + name, below + name, beneath, ignores):
                    continue
                if self._is_folder(entry, shown) and self._enters(entry, beneath + name, ignores):
                    pending.append((inside + name, beneath + name, below + name, ignores))

    def _listed(self, shown: str, absolute: str) -> list[os.DirEntry[str]]:
        """What is in a folder, in no order; nothing where it was entered before or cannot be read."""
        try:
            status = os.stat(absolute)
            if (status.st_dev, status.st_ino) in self.folders:
                return []
            self.folders.add((status.st_dev, status.st_ino))
            with os.scandir(absolute) as entries:
                return list(entries)
        except OSError as error:
            self.problem(shown, error)
            return []

    def _is_folder(self, entry: os.DirEntry[str], shown: str) -> bool:
        try:
            return entry.is_dir()
        except OSError as error:
            self.problem(os.path.join(shown, entry.name), error)
            return False

    def _enters(self, entry: os.DirEntry[str], path: str, ignores: Sequence[_Ignores]) -> bool:
        """Whether a folder is walked into."""
        if entry.name in DEFAULT_EXCLUDES and self._exclusion(path, True) is not False:
            return False
        # As git does: a linked folder is walked where it lies, and a link out of the tree not at all.
        return not entry.is_symlink() and not self._is_ignored(path, True, ignores)

    def _take(self, entry: os.DirEntry[str], path: str, real: str, beneath: str, ignores: Sequence[_Ignores]) -> bool:
        """Takes a file in, if it is not ignored; `real` is its path where it is no link itself. False for a folder."""
        try:
            if entry.is_file():
                if not ((ignores or self.excludes) and self._is_ignored(beneath + entry.name, False, ignores)):
                    if entry.is_symlink():
                        self.links.append(path)
                    else:
                        self.files.setdefault(real, path)
                return True
            if entry.is_symlink() and not self._is_ignored(beneath + entry.name, False, ignores):
                os.stat(path)
        except OSError as error:
            self.problem(path, error)
            return True
        return False

    def _is_ignored(self, path: str, is_folder: bool, ignores: Sequence[_Ignores]) -> bool:
        decision = self._exclusion(path, is_folder)
        if decision is not None:
            return decision
        for ignore in reversed(ignores):
            decision = ignore.decision(path, is_folder)
            if decision is not None:
                return decision
        return False


def _with_slash(folder: str) -> str:
    folder = folder.replace(os.sep, "/")
    return folder if folder.endswith("/") else folder + "/"
