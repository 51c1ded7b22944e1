"""Names across modules: which file of the tree an import means, and what that file defines.

A module of the tree is parsed and evaluated once a process, when a name of it is first needed; it is never imported.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import libcst as cst

from daft_lint.document import Document, ParseFailure
from daft_lint.pipeline.model import Settings, SourceFacts
from daft_lint.pipeline.values import Scope
from daft_lint.positions import Positions
from daft_lint.suppress import facts_on_line

if TYPE_CHECKING:
    from daft_lint.document import Cell

MAX_MODULE_BYTES = 512 * 1024
"""Larger modules are not looked into for the names that others import."""
MAX_MODULES = 64
"""Modules whose names are kept; beyond that, the oldest is forgotten."""
RELATIVE = "@"
"""Marks a module that is named by its folder: `@src/pipelines:helpers`."""


class Project:
    """The tree that is checked, as far as its files import each other.

    `overlay` has the documents, by path, that stand for what is on the disk.
    """

    def __init__(self, overlay: Mapping[str, Document] | None = None) -> None:
        self.overlay = {} if overlay is None else overlay
        self.scopes: dict[str, Scope | None] = {}
        self.listings: dict[str, frozenset[str]] = {}
        self.resolved: dict[tuple[str, str], tuple[str | None, set[str]]] = {}
        self.packages: dict[str, tuple[list[str], set[str]]] = {}
        self.searched: dict[str, tuple[list[str], set[str]]] = {}
        self.positions: dict[Cell, Positions] = {}
        self.said: dict[Cell, dict[int, SourceFacts]] = {}
        self.left_out: dict[Cell, ParseFailure] = {}
        """Cells of notebooks and Markdown that do not parse, and why."""
        self.heap: dict[object, object] = {}
        self.looked_for: dict[str, set[str]] = {}
        """By file, the paths that decide what its imports mean, whether they exist or not."""
        self.led_to: dict[str, set[str]] = {}
        """By file, the modules of the tree that it looked into."""
        self.loaded: dict[str, Document] = {}
        """The documents of the modules in `scopes`, by path."""

    # What an analysis rests on

    def looked_into(self, path: str) -> tuple[frozenset[str], frozenset[str]]:
        """The modules of the tree that the analysis of `path` looked into, and the paths that it looked for (those
        that are not there included)."""
        files: set[str] = set()
        paths: set[str] = set()
        pending = [path]
        while pending:
            one = pending.pop()
            paths |= self.looked_for.get(one, set())
            new = self.led_to.get(one, set()) - files
            files |= new
            pending += new
        return frozenset(files - {path}), frozenset(paths)

    def document_of(self, path: str, raw: bytes) -> Document:
        """The document of a file: the one that is parsed already where it was imported."""
        known = self.loaded.get(path)
        return known if known is not None and known.raw == raw else Document.from_bytes(path, raw)

    def release(self, document: Document) -> None:
        """Forget what was worked out for a document that has been checked, unless others import it."""
        if self.loaded.get(document.path) is document:
            return
        for cell in document.cells:
            self.positions.pop(cell, None)
            self.said.pop(cell, None)
            self.left_out.pop(cell, None)
            cell.forget_tree()

    # Cells

    def parse(self, cell: Cell) -> cst.Module | None:
        """The cell's tree; None where a cell of a notebook or of Markdown does not parse.

        Raises `ParseFailure` for a .py file.
        """
        try:
            return cell.module
        except ParseFailure as failure:
            if cell.number is None:
                raise
            self.left_out[cell] = failure
            return None

    def positions_of(self, cell: Cell) -> Positions:
        """The cell's position table, made when it is first asked for."""
        known = self.positions.get(cell)
        if known is None:
            known = self.positions[cell] = Positions(cell)
        return known

    def facts_at(self, cell: Cell, node: cst.CSTNode, statement: cst.CSTNode | None) -> SourceFacts | None:
        """What a `# daft-lint: rows=...` comment says on the lines of a call, or of its statement's first line."""
        if b"daft-lint:" not in cell.source:
            return None
        facts = self.said.get(cell)
        if facts is None:
            facts = self.said[cell] = dict(facts_on_line(cell))
        if not facts:
            return None
        positions = self.positions_of(cell)
        start, end = positions.span(node)
        lines = list(range(positions.line_column(start)[0], positions.line_column(end)[0] + 1))
        if statement is not None:
            lines.append(positions.line_column(positions.span(statement)[0])[0])
        return next((facts[line] for line in lines if line in facts), None)

    # Modules

    def absolute(self, module: str, level: int, path: str) -> str:
        """The module that an import means; a relative one is named by its folder, one inside Daft by its name."""
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
        """The dotted package that the folder of a file is."""
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
        return None

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

    def scope_of(self, module: str, path: str, settings: Settings) -> Scope | None:
        """The names that a module of the tree defines; None where it cannot be read or parsed."""
        file = self.resolve(module, path)
        if file is None:
            return None
        self.led_to.setdefault(path, set()).add(file)
        if file not in self.scopes:
            if len(self.scopes) >= MAX_MODULES:
                oldest = next(iter(self.scopes))
                self.scopes.pop(oldest)
                self.loaded.pop(oldest, None)
            self.scopes[file] = None
            self.load(file, settings)
        return self.scopes[file]

    def load(self, file: str, settings: Settings) -> None:
        """Evaluate a module's top level; imports in a circle see what is there so far."""
        from daft_lint.pipeline.interpret import Interpreter

        try:
            document = self.overlay.get(file)
            if document is None and os.path.getsize(file) > MAX_MODULE_BYTES:
                return
            document = self.loaded[file] = document or Document.read(file)
            interpreter = Interpreter(settings, self, document.path)
            interpreter.define(document, lambda scope: self.scopes.__setitem__(file, scope))
        except (OSError, ParseFailure):
            return
        except RecursionError:
            # The caller tries again with a larger stack.
            self.scopes.pop(file, None)
            raise
        self.heap.update(interpreter.heap.layers[0])


def package_of(folder: str) -> tuple[list[str], set[str]]:
    """The dotted package that a folder is, outermost first, and the paths that decide it."""
    parts: list[str] = []
    paths: set[str] = set()
    folder = os.path.abspath(folder)
    while True:
        mark = os.path.join(folder, "__init__.py")
        paths.add(mark)
        if not os.path.isfile(mark):
            return parts[::-1], paths
        parts.append(os.path.basename(folder))
        folder = os.path.dirname(folder)


def search_folders(folder: str) -> tuple[list[str], set[str]]:
    """Where a file's absolute imports may lead: its own folder and those above it, up to the working directory; for a
    file outside of it, up to the folder that holds its outermost package. A package is no such folder. The paths that
    decide that come second."""
    folders = [folder]
    inside = not os.path.isabs(folder) and not folder.startswith("..")
    while folder not in (".", "") if inside else os.path.isfile(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder) or "."
        folders.append(folder)
    if inside:
        folders.append("src")
    marks = {f: os.path.join(f, "__init__.py") for f in folders}
    return [f for f in folders if not os.path.isfile(marks[f])], set(marks.values())
