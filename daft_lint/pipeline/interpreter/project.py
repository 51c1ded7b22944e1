"""Names across modules: what the files of the project define.

A module of the project is parsed and evaluated once a process, when a name of it is first needed; it is never imported.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

import libcst as cst

from daft_lint.pipeline.facts.comments import comment_facts
from daft_lint.pipeline.interpreter.scopes import LayeredDict, Scope
from daft_lint.pipeline.model import SourceFacts
from daft_lint.source.document import Cell, Document
from daft_lint.source.modules import Modules
from daft_lint.source.positions import Positions
from daft_lint.source.prefilter import mentions_daft
from daft_lint.source.problems import ParseFailure

MAX_MODULES = 64
"""Modules whose names are kept; beyond that, the oldest is forgotten."""
MAX_FOREIGN_BYTES = 256 * 1024
"""Bytes of modules without the word Daft that are read for one file: settings and small helpers. More of them are the
source of another package that lies in the tree, from which no DataFrame can come."""

ModuleEvaluator = Callable[[Document, Callable[[Scope], None]], LayeredDict]
"""Evaluates the top level of a module: hands over its scope before its first statement, and returns the attributes of
the objects that it makes, by object and name."""


class Project:
    """The files that are checked, as far as they import each other; `modules` finds them. `bare`: their trees are bare
    ones."""

    def __init__(self, modules: Modules | None = None, *, bare: bool = False) -> None:
        self.modules = Modules() if modules is None else modules
        self.is_bare = bare
        self.scopes: dict[str, Scope | None] = {}
        self.positions: dict[Cell, Positions] = {}
        self.facts_by_line: dict[Cell, dict[int, SourceFacts]] = {}
        self.facts_used: dict[Cell, set[int]] = {}
        """The lines whose facts some source has."""
        self.left_out: dict[Cell, ParseFailure] = {}
        """Cells of notebooks and Markdown that do not parse, and why."""
        self.heap: dict[object, object] = {}
        """The attributes of the objects that modules make, by object and name."""
        self.foreign: dict[str, int] = {}
        """The modules without the word Daft that the file at work asks for, and their bytes."""
        self.sizes: dict[str, int] = {}
        """The bytes of each module that has been asked for; 0 of one that names Daft."""
        self.loading: list[str] = []
        """The modules that are being evaluated, each imported by the one before it."""
        self.documents: dict[str, Document] = {}
        """The documents of the modules in `scopes`, by path."""

    # Documents

    def begin(self) -> None:
        """Another file is evaluated: what it asks for counts from the start."""
        self.foreign.clear()

    def document_of(self, path: str, raw: bytes, parsed: ast.Module | None = None) -> Document:
        """The document of a file: the one that is parsed already where it was imported. `parsed`: see
        `Document.bare`."""
        known = self.documents.get(path)
        return (
            known if known is not None and known.raw == raw else self._fitting(Document.from_bytes(path, raw), parsed)
        )

    def _fitting(self, document: Document, parsed: ast.Module | None = None) -> Document:
        return document.bare(parsed) if self.is_bare else document

    def release(self, document: Document) -> None:
        """Forget what was worked out for a document that has been checked, unless others import it."""
        if self.documents.get(document.path) is document:
            return
        for cell in document.cells:
            self.positions.pop(cell, None)
            self.facts_by_line.pop(cell, None)
            self.facts_used.pop(cell, None)
            self.left_out.pop(cell, None)
            cell.forget_tree()

    def any_unfit(self, document: Document) -> bool:
        """Whether the analysis of a document asked a bare tree for what it cannot be given, since this was last
        asked."""
        unfit = [one for one in (document, *self.documents.values()) if one.is_unfit]
        for one in unfit:
            one.is_unfit = False
        return bool(unfit)

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
        facts = self.facts_by_line.get(cell)
        if facts is None:
            facts = self.facts_by_line[cell] = dict(comment_facts(cell).by_line)
        if not facts:
            return None
        positions = self.positions_of(cell)
        start, end = positions.span(node)
        lines = list(range(positions.line_column(start)[0], positions.line_column(end)[0] + 1))
        if statement is not None:
            lines.append(positions.line_column(positions.span(statement)[0])[0])
        found = next((line for line in lines if line in facts), None)
        if found is None:
            return None
        self.facts_used.setdefault(cell, set()).add(found)
        return facts[found]

    # Modules

    def scope_of(self, module: str, path: str, evaluate: ModuleEvaluator) -> Scope | None:
        """The names that a module defines, as a file at `path` imports it; None where the project has none that can be
        read and parsed."""
        file = self.modules.resolve(module, path)
        if file is None:
            return None
        self.modules.led_to.setdefault(path, set()).add(file)
        if not self._is_worth_reading(file):
            return None
        if file not in self.scopes:
            self.scopes[file] = None
            self.loading.append(file)
            try:
                self._load(file, evaluate)
            finally:
                self.loading.pop()
        scope = self.scopes[file]
        self._forget_oldest()
        return scope

    def _is_worth_reading(self, file: str) -> bool:
        """Whether a DataFrame, a UDF or a setting can come from a module, as far as `MAX_FOREIGN_BYTES` go."""
        if file not in self.sizes:
            document = self.modules.overlay.get(file)
            raw = self.modules.read(file) if document is None else document.raw
            self.sizes[file] = 0 if raw is None or mentions_daft(raw) else len(raw)
        self.foreign[file] = self.sizes[file]
        return not self.sizes[file] or sum(self.foreign.values()) <= MAX_FOREIGN_BYTES

    def _forget_oldest(self) -> None:
        """Keep `MAX_MODULES`, but those that wait for others to be evaluated."""
        for oldest in list(self.scopes)[: max(0, len(self.scopes) - MAX_MODULES)]:
            if oldest not in self.loading:
                del self.scopes[oldest]
                self.documents.pop(oldest, None)

    def _load(self, file: str, evaluate: ModuleEvaluator) -> None:
        """Evaluate a module's top level; imports in a circle see what is there so far."""
        try:
            document = self.modules.overlay.get(file)
            if document is None:
                raw = self.modules.read(file)
                if raw is None:
                    return
                document = self._fitting(Document.from_bytes(file, raw))
            self.documents[file] = document
            heap = evaluate(document, lambda scope: self.scopes.__setitem__(file, scope))
        except ParseFailure:
            return
        except RecursionError:
            # The caller tries again with a larger stack.
            self.scopes.pop(file, None)
            raise
        self.heap.update(heap.layers[0])
