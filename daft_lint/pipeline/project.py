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
        self.resolved: dict[tuple[str, str], str | None] = {}
        self.positions: dict[Cell, Positions] = {}
        self.said: dict[Cell, dict[int, SourceFacts]] = {}
        self.heap: dict[object, object] = {}

    # Cells

    def parse(self, cell: Cell) -> cst.Module | None:
        """The cell's tree; None where a cell of a notebook or of Markdown does not parse.

        Raises `ParseFailure` for a .py file.
        """
        try:
            return cell.module
        except ParseFailure:
            if cell.number is None:
                raise
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
        package = package_of(folder)
        if package and package[0] == "daft":
            kept = package[: len(package) - (level - 1)]
            return ".".join([*kept, module] if module else kept)
        for _ in range(level - 1):
            folder = os.path.join(folder, "..")
        return f"{RELATIVE}{os.path.normpath(folder)}:{module}"

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
            self.resolved[key] = self.find(module, folder)
        return self.resolved[key]

    def find(self, module: str, folder: str) -> str | None:
        if module.startswith(RELATIVE):
            base, _, rest = module[len(RELATIVE) :].partition(":")
            return self.file_under(base, [part for part in rest.split(".") if part])
        parts = module.split(".")
        for base in search_folders(folder):
            if not {parts[0], f"{parts[0]}.py"} & self.listing(base):
                continue
            found = self.file_under(base, parts)
            if found is not None:
                return found
        return None

    def file_under(self, base: str, parts: list[str]) -> str | None:
        stem = os.path.join(base, *parts) if base != "." else os.path.join(*parts) if parts else "."
        for candidate in (f"{stem}.py", os.path.join(stem, "__init__.py")):
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
        if file not in self.scopes:
            if len(self.scopes) >= MAX_MODULES:
                self.scopes.pop(next(iter(self.scopes)))
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
            document = document or Document.read(file)
            interpreter = Interpreter(settings, self, document.path)
            interpreter.define(document, lambda scope: self.scopes.__setitem__(file, scope))
        except (OSError, ParseFailure):
            return
        self.heap.update(interpreter.heap.layers[0])


def package_of(folder: str) -> list[str]:
    """The dotted package that a folder is, outermost first."""
    parts: list[str] = []
    folder = os.path.abspath(folder)
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        parts.append(os.path.basename(folder))
        folder = os.path.dirname(folder)
    return parts[::-1]


def search_folders(folder: str) -> list[str]:
    """Where a file's absolute imports may lead: its own folder and those above it, up to the working directory; for a
    file outside of it, up to the folder that holds its outermost package. A package is no such folder."""
    folders = [folder]
    inside = not os.path.isabs(folder) and not folder.startswith("..")
    while folder not in (".", "") if inside else os.path.isfile(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder) or "."
        folders.append(folder)
    if inside:
        folders.append("src")
    return [f for f in folders if not os.path.isfile(os.path.join(f, "__init__.py"))]
