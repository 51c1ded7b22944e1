"""Nodes that others are written in the place of, with the parentheses that those need there."""

from __future__ import annotations

import libcst as cst

from daft_lint.fix.rendering.comments import lift
from daft_lint.fix.rendering.editor import CellEditor
from daft_lint.fix.rendering.links import LINKABLE

_OPERANDS = (
    cst.BinaryOperation,
    cst.UnaryOperation,
    cst.Comparison,
    cst.ComparisonTarget,
    cst.BooleanOperation,
    cst.IfExp,
    cst.StarredElement,
    cst.StarredDictElement,
    cst.CompFor,
    cst.CompIf,
    cst.NamedExpr,
    cst.Lambda,
)
"""Parents whose operands get parentheses unless they are as simple as `LINKABLE`."""

_LOOSE = (cst.Tuple, cst.NamedExpr, cst.Yield, cst.GeneratorExp)
"""Expressions that need parentheses nearly everywhere; between commas at the least."""


def replace_node(editor: CellEditor, node: cst.CSTNode, new: str) -> None:
    """Put a text in the place of a node; comments that it does not hold go above the statement."""
    start, end = editor.inner(node)
    new = editor.normal(new)
    lost = [c for c in editor.comments(node, start, end) if editor.slice(*c) not in new]
    lift(editor, node, lost)
    kept = _receiver(editor, node, new)
    start, new = start + len(kept.encode()), new.removeprefix(kept)
    # Any name has the precedence of what is kept.
    shown = f"_{new}" if kept else new
    if isinstance(node, cst.BaseExpression) and not node.lpar and _needs_parentheses(editor, node, shown):
        editor.insert(start - len(kept.encode()), "(")
        new = f"{new})"
    editor.replace(start, end, new)


def _receiver(editor: CellEditor, node: cst.CSTNode, new: str) -> str:
    """What a call is a method of, where the new text calls another method of the same: it stays, so that the fixes of
    calls in a row do not overlap."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return ""
    receiver = editor.slice(*editor.outer(node.func.value))
    return receiver if new.startswith(f"{receiver}.") else ""


def _needs_parentheses(editor: CellEditor, node: cst.BaseExpression, new: str) -> bool:
    try:
        expression = cst.parse_expression(new)
    except cst.ParserSyntaxError:
        return False
    if expression.lpar or isinstance(expression, LINKABLE):
        return False
    parent = editor.parent(node)
    if isinstance(parent, cst.Attribute | cst.Subscript | cst.Await):
        return True
    if isinstance(parent, cst.Call):
        return parent.func is node
    if isinstance(parent, _OPERANDS):
        return not isinstance(expression, cst.Integer | cst.Float | cst.Imaginary | cst.ConcatenatedString)
    if isinstance(expression, cst.Tuple):
        return not isinstance(parent, cst.Assign | cst.Return | cst.Expr | cst.Index)
    return isinstance(expression, _LOOSE)
