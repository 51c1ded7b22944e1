"""Which file of the tree an import refers to, and what the modules that a file imports say of it.

Only names and bytes of files are read; nothing is parsed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from daft_lint.source.digests import digest, file_state
from daft_lint.source.prescan import Prescan

if TYPE_CHECKING:
    from daft_lint.source.document import Document

MAX_MODULE_BYTES = 512 * 1024
"""Larger modules are not looked into for the names that others import."""
RELATIVE = "@"
"""Marks a module that is named by its folder: `@src/pipelines:helpers`."""


class Modules:
    """The files of the tree by the names of their modules, as its files import each other.

    `overlay` has the documents, by path, that stand for what is on the disk.
    """

    def __init__(self, overlay: Mapping[str, Document] | None = None) -> None:
        self.overlay = {} if overlay is None else overlay
        self.listings: dict[str, frozenset[str]] = {}
        self.resolved: dict[tuple[str, str], tuple[str | None, set[str]]] = {}
        self.packages: dict[str, tuple[list[str], set[str]]] = {}
        self.searched: dict[str, tuple[list[str], set[str]]] = {}
        self.looked_for: dict[str, set[str]] = {}
        """By file, the paths that decide what its imports refer to, whether they exist or not."""
        self.led_to: dict[str, set[str]] = {}
        """By file, the modules of the tree whose text its analysis has read."""
        self.digests: dict[str, str | None] = {}
        """Of the modules that were read, as they were then: a file may be edited while a check runs."""

        self.data: dict[str, set[str]] = {}
        """By file, the data files whose footers its analysis has read or looked for."""

    # What an analysis rests on

    def looked_into(self, path: str) -> tuple[Mapping[str, str | None], frozenset[str]]:
        """The modules of the tree that the analysis of `path` rests on, with the digests of what it read of them, and
        the paths that it looked for, whether they exist or not. A data file counts as a module, with its state."""
        files: set[str] = set()
        paths: set[str] = set()
        pending = [path]
        while pending:
            one = pending.pop()
            paths |= self.looked_for.get(one, set())
            new = self.led_to.get(one, set()) - files
            files |= new
            pending += new
        files.discard(path)
        for file in files - self.digests.keys():
            self.read(file)
        read = {file: self.digests[file] for file in files}
        return {**read, **{file: file_state(file) for file in self.data.get(path, ())}}, frozenset(paths)

    def read(self, file: str) -> bytes | None:
        """The bytes of a module; None where it cannot be read or is too large to be looked into."""
        try:
            raw = Path(file).read_bytes()
        except OSError:
            raw = None
        read = None if raw is None else digest(raw)
        # What changes between two reads rests on neither text: no digest is ever empty.
        self.digests[file] = read if self.digests.get(file, read) == read else ""
        return raw if raw is not None and len(raw) <= MAX_MODULE_BYTES else None

    def absolute(self, module: str, level: int, path: str) -> str:
        """The module that an import refers to: a relative one by its folder, one inside Daft by its dotted name."""
        if level == 0:
            return module
        folder = os.path.dirname(path) or "."
        package = self.package_of(folder, path)
        if package and package[0] == "daft":
            kept = package[: len(package) - (level - 1)]
            return ".".join([*kept, module] if module else kept)
        for _ in range(level - 1):
            folder = os.path.join(folder, "..")
        return f"{RELATIVE}{os.path.normpath(folder)}:{module}"

    def package_of(self, folder: str, path: str) -> list[str]:
        """The dotted name of the package that the folder of a file is, in parts."""
        known = self.packages.get(folder)
        if known is None:
            known = self.packages[folder] = package_of(folder)
        self.looked_for.setdefault(path, set()).update(known[1])
        return known[0]

    def holds(self, module: str, name: str | None, path: str) -> bool:
        """Whether the tree has this module, or the module `name` in this package."""
        if self.resolve(module, path) is not None:
            return True
        return name is not None and self.resolve(f"{module}.{name}", path) is not None

    def resolve(self, module: str, path: str) -> str | None:
        """The file of a module as a file at `path` sees it; None where the tree has none."""
        folder = os.path.dirname(path) or "."
        key = (module, folder)
        if key not in self.resolved:
            paths: set[str] = set()
            self.resolved[key] = (self.find(module, folder, paths), paths)
        found, paths = self.resolved[key]
        self.looked_for.setdefault(path, set()).update(paths)
        return found

    def find(self, module: str, folder: str, paths: set[str]) -> str | None:
        """The file of a module; `paths` takes what its answer rests on."""
        if module.startswith(RELATIVE):
            base, _, rest = module[len(RELATIVE) :].partition(":")
            return self.file_under(base, [part for part in rest.split(".") if part], paths)
        parts = module.split(".")
        for base in self.bases(folder, paths):
            if not {parts[0], f"{parts[0]}.py"} & self.listing(base):
                paths.update((os.path.join(base, parts[0]), os.path.join(base, f"{parts[0]}.py")))
                continue
            found = self.file_under(base, parts, paths)
            if found is not None:
                return found
        return self.find_beside_script(parts, folder, paths)

    def find_beside_script(self, parts: list[str], folder: str, paths: set[str]) -> str | None:
        """The file of a module in a package around the folder: `python app/main.py` looks in `app`, be that a package
        or not. Python's own modules come first."""
        if parts[0] in sys.stdlib_module_names:
            return None
        base = folder
        while True:
            mark = os.path.join(base, "__init__.py")
            paths.add(mark)
            if not os.path.isfile(mark):
                return None
            if {parts[0], f"{parts[0]}.py"} & self.listing(base):
                found = self.file_under(base, parts, paths)
                if found is not None:
                    return found
            else:
                paths.update((os.path.join(base, parts[0]), os.path.join(base, f"{parts[0]}.py")))
            above = _parent(base)
            if os.path.abspath(above) == os.path.abspath(base):
                return None
            base = above

    def bases(self, folder: str, paths: set[str]) -> list[str]:
        """The folders that a file's absolute imports may lead to."""
        known = self.searched.get(folder)
        if known is None:
            known = self.searched[folder] = search_folders(folder)
        paths |= known[1]
        return known[0]

    def file_under(self, base: str, parts: list[str], paths: set[str]) -> str | None:
        stem = os.path.join(base, *parts) if base != "." else os.path.join(*parts) if parts else "."
        for candidate in (f"{stem}.py", os.path.join(stem, "__init__.py")):
            paths.add(candidate)
            if os.path.isfile(candidate):
                return candidate.replace(os.sep, "/")
        return None

    def listing(self, folder: str) -> frozenset[str]:
        known = self.listings.get(folder)
        if known is None:
            try:
                known = frozenset(os.listdir(folder))
            except OSError:
                known = frozenset()
            self.listings[folder] = known
        return known

    def imported_by(self, prescan: Prescan) -> frozenset[str]:
        """The files of the tree that a file imports."""
        names: set[str] = set()
        for one in prescan.imports:
            module = self.absolute(one.module, one.level, prescan.path)
            if module != "daft" and not module.startswith("daft."):
                names.add(f"{module}.{one.name}" if one.name else module)
        found = frozenset(file for file in (self.resolve(name, prescan.path) for name in names) if file is not None)
        self.led_to.setdefault(prescan.path, set()).update(found)
        return found


class TransitiveCheck:
    """Files by a question that is asked of them and of the modules of the tree that they import."""

    def __init__(self, modules: Modules, question: Callable[[Prescan], bool]) -> None:
        self.modules = modules
        self.question = question
        self.answers: dict[str, tuple[bool, frozenset[str]]] = {}
        """By module, the answer, and what it imports."""
        self.clean: set[str] = set()
        """Modules that answer no, as do all that they import."""

    def holds(self, prescan: Prescan) -> bool:
        """Whether the answer is yes for a file, or for a module of the tree that it imports, by however many steps."""
        if self.question(prescan):
            return True
        seen: set[str] = set()
        pending = list(self.modules.imported_by(prescan))
        while pending:
            file = pending.pop()
            if file in seen or file in self.clean:
                continue
            seen.add(file)
            if file not in self.answers:
                self.answers[file] = self.answer(file)
            yes, imported = self.answers[file]
            if yes:
                return True
            pending += imported
        self.clean |= seen
        return False

    def answer(self, file: str) -> tuple[bool, frozenset[str]]:
        """Of one module: no where it cannot be read or is too large to be looked into."""
        document = self.modules.overlay.get(file)
        raw = self.modules.read(file) if document is None else document.raw
        if raw is None:
            return False, frozenset()
        prescan = Prescan(file, raw, is_imported=True)
        return self.question(prescan), self.modules.imported_by(prescan)


def package_of(folder: str) -> tuple[list[str], set[str]]:
    """The dotted package that a folder is, outermost first, and the paths that decide it."""
    parts: list[str] = []
    paths: set[str] = set()
    folder = os.path.abspath(folder)
    while True:
        mark = os.path.join(folder, "__init__.py")
        paths.add(mark)
        if not os.path.isfile(mark) or folder == os.path.dirname(folder):
            return parts[::-1], paths
        parts.append(os.path.basename(folder))
        folder = os.path.dirname(folder)


def search_folders(folder: str) -> tuple[list[str], set[str]]:
    """Where a file's absolute imports may lead: its own folder and those above it, up to the working directory (a file
    outside of it has none such), and from there up to the folder that holds the outermost package. A package is no such
    folder. The paths that decide that come second."""
    folders = [folder]
    inside = not os.path.isabs(folder) and not folder.startswith("..")
    while inside and folder not in (".", ""):
        folder = os.path.dirname(folder) or "."
        folders.append(folder)
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        above = _parent(folder)
        if os.path.abspath(above) == os.path.abspath(folder):
            break
        folder = above
        folders.append(folder)
    if inside:
        folders.append("src")
    marks = {f: os.path.join(f, "__init__.py") for f in folders}
    return [f for f in folders if not os.path.isfile(marks[f])], set(marks.values())


def _parent(folder: str) -> str:
    """The folder above one: of `..` that is `../..`, of the root the root."""
    if folder == "." or os.path.basename(folder) == "..":
        return os.path.normpath(os.path.join(folder, ".."))
    return os.path.dirname(folder) or "."
