"""What stands in a cell as it is written: an expression is written once for all the expressions in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daft_lint.source import cst

if TYPE_CHECKING:
    from daft_lint.source.document import Cell


def code_in(cell: Cell, node: cst.CSTNode) -> str:
    """A node of a cell's tree as it is written, without the indentation of the block that it stands in.

    Of 40 calls in each other, each by itself would be written 820 times.
    """
    if not isinstance(node, cst.Call | cst.Attribute):
        return cst.Module(body=[]).code_for_node(node)
    whole = _outermost(cell, node)
    tokens, spans = cell.once((code_in, whole), lambda: _tokens(whole))
    start, end = spans[node]
    return "".join(tokens[start:end])


def _outermost(cell: Cell, node: cst.BaseExpression) -> cst.BaseExpression:
    """The largest expression that a node is a part of."""
    outermost = node
    parent = cell.parents.get(node)
    while parent is not None and not isinstance(parent, cst.BaseStatement | cst.BaseSmallStatement):
        if isinstance(parent, cst.BaseExpression):
            outermost = parent
        parent = cell.parents.get(parent)
    return outermost


def _tokens(node: cst.BaseExpression) -> tuple[list[str], dict[cst.CSTNode, tuple[int, int]]]:
    """What LibCST writes of a node, and which tokens are written for each call and attribute in it."""
    from libcst._nodes.internal import CodegenState

    class State(CodegenState):
        def before_codegen(self, node: cst.CSTNode) -> None:
            started.append(len(self.tokens))

        def after_codegen(self, node: cst.CSTNode) -> None:
            spans[node] = started.pop(), len(self.tokens)

    started: list[int] = []
    spans: dict[cst.CSTNode, tuple[int, int]] = {}
    # The defaults of a module: what no newline or indentation of its own is written with.
    module = cst.Module(body=[])
    state = State(module.default_indent, module.default_newline)
    node._codegen(state)
    return state.tokens, spans
