"""Up and down in LibCST trees, without a visitor: `node.children` and LibCST's providers make one and cost twice the
parse, a look at the fields costs a third of it."""

from __future__ import annotations

import dataclasses
import enum
import functools
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from daft_lint.source import cst
from daft_lint.source.bare_nodes import GIVEN

_AS_WRITTEN = {
    "Arg": ("keyword", "value"),
    "ClassDef": ("decorators", "name", "type_parameters", "bases", "keywords", "body"),
    "ExceptHandler": ("type", "name", "body"),
    "ExceptStarHandler": ("type", "name", "body"),
    "FunctionDef": ("decorators", "name", "type_parameters", "params", "returns", "body"),
    "IfExp": ("body", "test", "orelse"),
    "MatchCase": ("pattern", "guard", "body"),
}
"""Fields in the order that they are written in, where LibCST declares them in another."""


class _Held(enum.Enum):
    """What a field holds."""

    NODE = enum.auto()
    SEVERAL = enum.auto()
    """A list or a tuple, of nodes for the most part."""
    OTHER = enum.auto()


class _Kinds(dict[type, _Held]):
    """By type, asked once for each: LibCST's classes are abstract ones, for which `isinstance` is dear."""

    def __missing__(self, kind: type) -> _Held:
        is_several = issubclass(kind, (tuple, list))
        is_node = issubclass(kind, cst.CSTNode) and not issubclass(kind, _punctuation())
        held = _Held.NODE if is_node else _Held.SEVERAL if is_several else _Held.OTHER
        self[kind] = held
        return held


_HELD = _Kinds()
_NODE, _SEVERAL = _Held.NODE, _Held.SEVERAL


@functools.cache
def _punctuation() -> tuple[type[cst.CSTNode], ...]:
    return (
        cst.BaseParenthesizableWhitespace,
        cst.TrailingWhitespace,
        cst.EmptyLine,
        cst.Newline,
        cst.Comment,
        cst.Dot,
        cst.Comma,
        cst.Colon,
        cst.Semicolon,
        cst.AssignEqual,
        cst.LeftParen,
        cst.RightParen,
        cst.LeftSquareBracket,
        cst.RightSquareBracket,
        cst.LeftCurlyBrace,
        cst.RightCurlyBrace,
    )


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes that stand in the fields of a node, as they are written, without punctuation, spaces and comments: half
    of all nodes, most of which a bare tree does not have."""
    found: list[cst.CSTNode] = []
    for name in _WRITTEN[type(node)]:
        value = getattr(node, name)
        held = _HELD[type(value)]
        if held is _NODE:
            found.append(value)
        elif held is _SEVERAL:
            found += [item for item in value if _HELD[type(item)] is _NODE]
    return found


def nodes_in(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all that it holds, as they are written."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(children(node)))


Parents: TypeAlias = "Mapping[cst.CSTNode, cst.CSTNode]"


def parents_of(root: cst.CSTNode, known: dict[cst.CSTNode, Parents] | None = None) -> Parents:
    """The parent of each node below `root`; the nodes come as they are written. `known` has those below some of its
    children, and gets those below the others."""
    known = {} if known is None else known
    found: dict[cst.CSTNode, cst.CSTNode] = {}
    for child in children(root):
        if child not in known:
            known[child] = _parents_below(child)
        found[child] = root
        found.update(known[child])
    return found


def _parents_below(root: cst.CSTNode) -> Parents:
    # No recursion: a chain of 4,000 calls is deeper than Python's stack.
    found: dict[cst.CSTNode, cst.CSTNode] = {}
    pending = [(child, root) for child in reversed(children(root))]
    while pending:
        node, parent = pending.pop()
        found[node] = parent
        held = children(node)
        if held:
            pending += [(child, node) for child in reversed(held)]
    return found


def comments_in(root: cst.CSTNode) -> Iterator[cst.Comment]:
    """The comments of a tree, in no order."""
    pending: list[object] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.Comment):
            yield node
        elif isinstance(node, cst.CSTNode):
            pending += [getattr(node, field.name) for field in dataclasses.fields(node)]
        elif isinstance(node, (list, tuple)):
            pending += node


class _Written(dict[type, tuple[str, ...]]):
    """By type, the fields that can hold nodes, as they are written."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        texts = {field.name for field in dataclasses.fields(kind) if field.type is str}
        self[kind] = tuple(
            n for n in dict.fromkeys((*_AS_WRITTEN.get(kind.__name__, ()), *GIVEN[kind])) if n not in texts
        )
        return self[kind]


_WRITTEN = _Written()
