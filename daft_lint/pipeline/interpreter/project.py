"""Names across modules: what the files of the tree define.

A module of the tree is parsed and evaluated once a process, when a name of it is first needed; it is never imported.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import libcst as cst

from daft_lint.pipeline.facts.comments import comment_facts
from daft_lint.pipeline.interpreter.values import Scope
from daft_lint.pipeline.model import Settings, SourceFacts
from daft_lint.source.document import Document
from daft_lint.source.modules import MAX_MODULE_BYTES, Modules
from daft_lint.source.positions import Positions
from daft_lint.source.problems import ParseFailure

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

MAX_MODULES = 64
"""Modules whose names are kept; beyond that, the oldest is forgotten."""


class Project:
    """The tree that is checked, as far as its files import each other; `modules` finds them."""

    def __init__(self, modules: Modules | None = None) -> None:
        self.modules = Modules() if modules is None else modules
        self.scopes: dict[str, Scope | None] = {}
        self.positions: dict[Cell, Positions] = {}
        self.said: dict[Cell, dict[int, SourceFacts]] = {}
        self.left_out: dict[Cell, ParseFailure] = {}
        """Cells of notebooks and Markdown that do not parse, and why."""
        self.heap: dict[object, object] = {}
        self.loaded: dict[str, Document] = {}
        """The documents of the modules in `scopes`, by path."""

    # Documents

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
            facts = self.said[cell] = dict(comment_facts(cell).by_line)
        if not facts:
            return None
        positions = self.positions_of(cell)
        start, end = positions.span(node)
        lines = list(range(positions.line_column(start)[0], positions.line_column(end)[0] + 1))
        if statement is not None:
            lines.append(positions.line_column(positions.span(statement)[0])[0])
        return next((facts[line] for line in lines if line in facts), None)

    # Modules

    def scope_of(self, module: str, path: str, settings: Settings) -> Scope | None:
        """The names that a module of the tree defines; None where it cannot be read or parsed."""
        file = self.modules.resolve(module, path)
        if file is None:
            return None
        self.modules.led_to.setdefault(path, set()).add(file)
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
        from daft_lint.pipeline.interpreter.interpret import Interpreter

        try:
            document = self.modules.overlay.get(file)
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
