"""What stands in a tree as it is written: an expression is written once for all the calls in it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from daft_lint.source import cst
from daft_lint.source.completion import completed

if TYPE_CHECKING:
    from daft_lint.source.document import Cell


@functools.lru_cache(maxsize=1024)
def code(node: cst.CSTNode) -> str:
    """A node as it is written; kept, for a file and its trials ask again for the same ones. Raises `CannotComplete`."""
    return cst.Module(body=[]).code_for_node(completed(node))


def code_in(cell: Cell, node: cst.CSTNode) -> str:
    """A node of a cell's tree as it is written, without the indentation of the block that it stands in. Raises
    `CannotComplete`.

    Of 40 calls in each other, each by itself would be written 820 times.
    """
    if not isinstance(node, cst.Call | cst.Attribute):
        return code(node)
    known: _Written = cell.once(code_in, dict)
    if node not in known:
        known |= _written(completed(_outermost(cell, node)))
    tokens, start, end = known[node]
    return "".join(tokens[start:end])


_Written = dict["cst.CSTNode", tuple[list[str], int, int]]
"""The tokens of an expression and, for each call and attribute in it, which of them are its own."""


def _outermost(cell: Cell, node: cst.BaseExpression) -> cst.BaseExpression:
    """The largest expression that a node is a part of."""
    outermost = node
    parent = cell.parents.get(node)
    while parent is not None and not isinstance(parent, cst.BaseStatement | cst.BaseSmallStatement):
        if isinstance(parent, cst.BaseExpression):
            outermost = parent
        parent = cell.parents.get(parent)
    return outermost


def _written(node: cst.BaseExpression) -> _Written:
    from libcst._nodes.internal import CodegenState

    class State(CodegenState):
        def before_codegen(self, node: cst.CSTNode) -> None:
            started.append(len(self.tokens))

        def after_codegen(self, node: cst.CSTNode) -> None:
            start = started.pop()
            if isinstance(node, cst.Call | cst.Attribute):
                known[node] = self.tokens, start, len(self.tokens)

    started: list[int] = []
    known: _Written = {}
    # A module's defaults: nothing here has a line break or an indentation of its own to follow.
    module = cst.Module(body=[])
    node._codegen(State(module.default_indent, module.default_newline))
    return known
