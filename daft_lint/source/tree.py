"""Up and down in LibCST trees, without a visitor: `node.children` and LibCST's providers make one and cost twice the
parse, a look at the fields costs a third of it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping

from daft_lint.source import cst

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


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes that stand in the fields of a node, as they are written, but that whitespace and punctuation, which are
    nodes too, may come behind."""
    kind = cst.CSTNode
    for name in _field_names(type(node)):
        value = getattr(node, name)
        if isinstance(value, kind):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from (item for item in value if isinstance(item, kind))


def nodes_in(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all that it holds, as they are written."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(tuple(children(node))))


def parents_of(root: cst.CSTNode) -> Mapping[cst.CSTNode, cst.CSTNode]:
    """The parent of each node below `root`."""
    # No recursion: a chain of 4,000 calls is deeper than Python's stack.
    found: dict[cst.CSTNode, cst.CSTNode] = {}
    pending = [root]
    while pending:
        parent = pending.pop()
        for child in children(parent):
            found[child] = parent
            pending.append(child)
    return found


def comments_in(root: cst.CSTNode) -> Iterator[cst.Comment]:
    """The comments of a tree, in no order."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.Comment):
            yield node
        pending.extend(children(node))


@functools.cache
def _field_names(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    declared = (field.name for field in dataclasses.fields(kind))
    return tuple(dict.fromkeys((*_AS_WRITTEN.get(kind.__name__, ()), *declared)))
