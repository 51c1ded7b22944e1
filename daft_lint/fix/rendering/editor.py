"""The text of one cell while actions are rendered: its bytes, where its nodes stand in them, and the edits so far."""

from __future__ import annotations

import re
from dataclasses import field, replace

import libcst as cst

from daft_lint.dataclass import dataclass
from daft_lint.source.completion import completed
from daft_lint.source.document import Cell
from daft_lint.source.edit import Edit
from daft_lint.source.positions import Positions
from daft_lint.source.tree import comments_in

_COMMENT_BEHIND = re.compile(rb"[ \t\f]*#[^\r\n]*")

BLANK = re.compile(rb"[ \t\f]*")

NEWLINE = re.compile(r"\r\n|\n|\r")


class EditError(ValueError):
    """An action cannot be rendered: its node is not in the cell or not of the kind that the action needs, or the file
    cannot be edited in place."""


@dataclass(frozen=True, slots=True)
class ArgumentChanges:
    """What a fix does to the arguments of one call."""

    node: cst.CSTNode
    added: list[tuple[str, str]] = field(default_factory=list)
    removed: list[str | int] = field(default_factory=list)


class CellEditor:
    """Collects the edits of one cell. Offsets count the bytes of its source. Raises `EditError` where the file cannot
    be edited in place."""

    def __init__(self, cell: Cell, positions: Positions) -> None:
        if cell.document.layout.uneditable is not None:
            raise EditError(cell.document.layout.uneditable)
        self.cell = cell
        self.source = cell.source
        self.module = cell.module
        self.newline = self.module.default_newline
        self.argument_changes: dict[int, ArgumentChanges] = {}
        self._positions = positions
        self._edits: list[Edit] = []
        self._comments: dict[int, tuple[tuple[int, int], ...]] = {}

    # edits

    def insert(self, at: int, text: str) -> None:
        self.replace(at, at, text)

    def replace(self, start: int, end: int, text: str) -> None:
        if self.cell.written[start:end] != self.source[start:end]:
            raise EditError("it would change one of IPython's magics")
        if start != end or text:
            self._edits.append(self.cell.edit(start, end, text))

    def insert_once(self, at: int, text: str) -> None:
        if self.cell.edit(at, at, text) not in self._edits:
            self.insert(at, text)

    def arguments(self, node: cst.CSTNode) -> ArgumentChanges:
        return self.argument_changes.setdefault(id(node), ArgumentChanges(node))

    def merged(self) -> tuple[Edit, ...]:
        """The edits in their order, those that touch made one. Raises `EditError` where two change the same bytes."""
        merged: list[Edit] = []
        # Insertions at one offset keep the order of their actions: the sort is stable.
        for edit in sorted(self._edits, key=lambda edit: (edit.start, edit.end)):
            before = merged[-1] if merged else None
            if before and edit.start < before.end:
                raise EditError("two actions change the same bytes")
            if before and edit.start == before.end:
                merged[-1] = replace(before, end=edit.end, text=before.text + edit.text)
            else:
                merged.append(edit)
        return tuple(merged)

    # bytes

    def slice(self, start: int, end: int) -> str:
        return self.source[start:end].decode("utf-8")

    def normal(self, text: str) -> str:
        """`text` with the line breaks of this cell."""
        return NEWLINE.sub(self.newline, text)

    def code(self, node: cst.CSTNode) -> str:
        return self.module.code_for_node(completed(node))

    def inner(self, node: cst.CSTNode) -> tuple[int, int]:
        """The span of the node without its own parentheses."""
        try:
            return self._positions.span(node)
        except KeyError:
            raise EditError(f"{type(node).__name__} is not in this cell") from None

    def outer(self, node: cst.CSTNode) -> tuple[int, int]:
        """The span of the node with its own parentheses."""
        start, end = self.inner(node)
        if isinstance(node, cst.BaseExpression) and node.lpar:
            start, end = self.inner(node.lpar[0])[0], self.inner(node.rpar[-1])[1]
        return start, end

    def line_start(self, at: int) -> int:
        return max(self.source.rfind(b"\n", 0, at), self.source.rfind(b"\r", 0, at)) + 1

    def line_end(self, at: int) -> int:
        """The offset of the next line break, or the end."""
        found = re.compile(rb"[\r\n]").search(self.source, at)
        return found.start() if found else len(self.source)

    def after_break(self, at: int) -> int:
        """The offset behind the line break at `at`, if there is one."""
        if self.source.startswith(b"\r\n", at):
            return at + 2
        return at + 1 if self.source[at : at + 1] in (b"\r", b"\n") else at

    def before_break(self, at: int) -> int:
        """The offset of the line break that ends at `at`, if there is one."""
        if at >= 2 and self.source[at - 2 : at] == b"\r\n":
            return at - 2
        return at - 1 if at and self.source[at - 1 : at] in (b"\r", b"\n") else at

    def indentation(self, at: int) -> str:
        """The whitespace that begins the line of `at`."""
        start = self.line_start(at)
        found = BLANK.match(self.source, start)
        return self.slice(start, found.end()) if found else ""

    def comment_behind(self, at: int) -> tuple[int, int] | None:
        """The comment that follows `at` with only blanks between, as a span."""
        found = _COMMENT_BEHIND.match(self.source, at)
        return (self.source.index(b"#", at), found.end()) if found else None

    # tree

    def path(self, node: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
        """The node's ancestors, the module first."""
        path: list[cst.CSTNode] = []
        while node is not self.module:
            parent = self.cell.parents.get(node)
            if parent is None:
                raise EditError(f"{type(node).__name__} is not in this cell")
            path.append(parent)
            node = parent
        return tuple(reversed(path))

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        return self.path(node)[-1]

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The innermost statement around the node that begins a line."""
        chain = (*self.path(node), node)
        for parent, child in zip(reversed(chain[:-1]), reversed(chain[1:]), strict=True):
            if isinstance(parent, cst.Module | cst.IndentedBlock):
                return child
        raise EditError("the node is in no statement")

    def statement_line(self, node: cst.CSTNode) -> int:
        """Where the first line of the statement around the node begins."""
        statement = self.statement(node)
        decorators = statement.decorators if isinstance(statement, cst.FunctionDef | cst.ClassDef) else ()
        return self.line_start(self.inner(decorators[0] if decorators else statement)[0])

    def comments(self, node: cst.CSTNode, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """The comments between two offsets of the statement that `node` is in."""
        if b"#" not in self.source[start:end]:
            return ()
        statement = self.statement(node)
        if id(statement) not in self._comments:
            self._comments[id(statement)] = tuple(sorted(self.inner(comment) for comment in comments_in(statement)))
        return tuple((s, e) for s, e in self._comments[id(statement)] if start <= s and e <= end)
