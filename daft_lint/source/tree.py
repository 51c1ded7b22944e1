"""Up and down in LibCST trees, without a visitor: `node.children` and LibCST's providers make one and cost twice the
parse, a look at the fields costs a third of it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping

from daft_lint.source import cst


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes that stand in the fields of a node, in the order of the fields; whitespace and commas are nodes too."""
    kind = cst.CSTNode
    for name in _field_names(type(node)):
        value = getattr(node, name)
        if isinstance(value, kind):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from (item for item in value if isinstance(item, kind))


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


@functools.cache
def _field_names(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))
