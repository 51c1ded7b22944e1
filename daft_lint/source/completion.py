"""Bare statements are completed in place: their nodes get what only LibCST's parser tells, the spelling of literals,
parentheses, comments and white space, and stay the same nodes."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NoReturn, Protocol, TypeVar

from daft_lint.source import cst
from daft_lint.source.bare_nodes import GIVEN, Unwritten
from daft_lint.source.statements import Text, parsed_part
from daft_lint.source.tree import nodes_in

Node = TypeVar("Node", bound="cst.CSTNode")


class BareText(Text, Protocol):
    """A text with a bare tree."""

    def cannot_complete(self) -> NoReturn:
        """Raises `CannotComplete`: the document is to be parsed as a whole."""
        ...


def completed(node: Node) -> Node:
    """The node, with the rest of its top-level statement as it is written. To be asked before a node is quoted, or
    copied to be quoted. Raises `CannotComplete`."""
    for part in nodes_in(node):
        opening = getattr(part, "lpar", None)
        if type(opening) is Unwritten:
            opening.complete()
            break
        if opening is not None and type(part).__name__ in _LEAVES:
            break
    return node


_LEAVES = frozenset({"Name", "SimpleString", "Integer", "Float"})


@functools.lru_cache(maxsize=1024)
def code_in_line(node: cst.CSTNode) -> str:
    """The code of an expression or a pattern on one line, without parentheses around it. Raises `CannotComplete`."""
    whole = completed(node)
    plain = whole.with_changes(lpar=(), rpar=()) if getattr(whole, "lpar", ()) else whole
    return " ".join(cst.Module([]).code_for_node(plain).split())


def unwritten(cell: BareText, index: int) -> Unwritten:
    """What stands in the nodes of a top-level statement of a cell until they are completed."""
    made = Unwritten()
    made.complete = functools.partial(_complete, cell, index, made)
    return made


def _complete(cell: BareText, index: int, mark: Unwritten) -> None:
    bare = cell.module.body[index]
    start, end = (cell.spans or ())[index]
    made = parsed_part(cell.source[start:end], cell.module.default_indent, is_first=start == 0)
    if made is None or len(made) != 1 or type(made[0]) is not type(bare):
        cell.cannot_complete()
    mark.complete = _nothing  # nodes that were copied before have it still
    if not _adopt(bare, made[0]):
        cell.cannot_complete()


def _nothing() -> None:
    pass


def _adopt(bare: cst.CSTNode, full: cst.CSTNode) -> bool:
    """Gives the nodes of a bare tree what those of LibCST's have besides; False where the two are not alike."""
    pending: list[tuple[Any, Any]] = [(bare, full)]
    while pending:
        one, other = pending.pop()
        for name, is_given, put in _FIELDS[type(one)]:
            value = getattr(other, name)
            if is_given:
                old = getattr(one, name)
                pairs = _pairs(old, value)
                if pairs is not None:
                    pending += pairs
                    continue
                if _holds_nodes(old) or _holds_nodes(value):
                    return False
            put(one, value)
    return True


def _pairs(old: Any, new: Any) -> list[tuple[Any, Any]] | None:
    """The nodes of a field that are the same in both trees; None where the field holds something else."""
    kind = type(new)
    if kind in (list, tuple):
        if not isinstance(old, (list, tuple)) or len(old) != len(new):
            return None
        return list(zip(old, new, strict=True)) if [*map(type, old)] == [*map(type, new)] else None
    if type(old) is not kind or kind is str or new is None:
        return None
    return [(old, new)] if isinstance(new, cst.CSTNode) else None


def _holds_nodes(held: Any) -> bool:
    if held is None or type(held) is str:
        return False
    return any(isinstance(one, cst.CSTNode) for one in (held if isinstance(held, (list, tuple)) else (held,)))


class _Fields(dict[type, tuple[tuple[str, bool, Any], ...]]):
    def __missing__(self, kind: type) -> tuple[tuple[str, bool, Any], ...]:
        given = GIVEN[kind]
        self[kind] = tuple((f.name, f.name in given, getattr(kind, f.name).__set__) for f in dataclasses.fields(kind))
        return self[kind]


_FIELDS = _Fields()
