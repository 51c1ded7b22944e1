"""DFT407: an expression that Python asks for its truth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.asked import can_ask
from daft_lint.api.edits import ReplaceNode
from daft_lint.api.nodes import code, completed, enclosing, short_code
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Fix, Level, Observation, Prescan, ScriptRule
from daft_lint.pipeline.model import ExpressionTest, PythonTest, Script

_WRITTEN = {
    PythonTest.BOOLEAN: "`&`, `|` and `~`, with parentheses around comparisons",
    PythonTest.NOT: "`~`",
    PythonTest.IN: "`.is_in([...])`, or `.contains(...)` for a part of a string",
    PythonTest.CHAINED: "`.between(low, high)`, or two comparisons joined by `&`",
    PythonTest.CONDITION: "`daft.functions.when(condition, value).otherwise(other)`",
}

_DAFT = ("daft", "col", "where", "with_column", "select", "filter")
_CHAINED = re.compile(r"[<>=!]=?[^<>=!\n]+[<>=!]=?")
"""Two comparisons in one line."""


class ExpressionAsBool(ScriptRule):
    """`and`, `or`, `not`, `in`, a chained comparison or `if` on an expression.

    ## Why
    Python decides these by itself: it asks the expression whether it is true, while the script builds its plan and
    there are no rows yet. An expression answers with a ValueError (experiment e17).

    ## Example

        df = df.where(col("lang") == "en" and not col("is_spam"))

    becomes

        df = df.where((col("lang") == "en") & ~col("is_spam"))

    ## Fix
    Writes `&`, `|`, `~`, two comparisons or `is_in`, with parentheses, where each operand is kept as it is. It is safe:
    without it the line fails. An `if` has none: what should become of its two branches is not in the script.

    ## Options
    None.
    """

    code = "DFT407"
    name = "expression-as-bool"
    level = Level.ERROR
    trigger_words = ("and", "or", "not", "in", "if", "while")
    fixable = True
    ends = (Failure("ValueError", "when the line runs"),)

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        """Chained comparisons need none of the words."""
        if prescan.identifiers.isdisjoint(_DAFT):
            return False
        if prescan.uses is not None:
            return can_ask(prescan.uses, is_imported=prescan.is_imported)
        return not prescan.identifiers.isdisjoint(cls.trigger_words) or _CHAINED.search(prescan.text) is not None

    def check(self, script: Script) -> Iterator[Observation]:
        tests = {id(t.node.node): t for t in script.expression_tests if t.test is not PythonTest.COMPARED_WITH_NONE}
        for test in tests.values():
            if not any(id(above) in tests for above in enclosing(test.node)):
                yield self._observation(test)

    def _observation(self, found: ExpressionTest) -> Observation:
        return Observation(
            location=found.node,
            level=self.level,
            observed=f"`{short_code(found.node.node)}` asks an expression whether it is true",
            impact="There are no rows yet while the plan is built: this line raises a ValueError",
            suggestion=f"Write {_WRITTEN[found.test]}",
            fix=_fix(found),
        )


def _fix(found: ExpressionTest) -> Fix | None:
    node = found.node.node
    if found.test is PythonTest.CONDITION or not isinstance(node, cst.BaseExpression):
        return None
    written = _converted(node)
    if written is None:
        return None
    return Fix(title=f"Write it as {_WRITTEN[found.test]}", actions=(ReplaceNode(found.node, written),))


def _converted(node: cst.BaseExpression) -> str | None:
    """An operation of Python's as one of Daft's; None where it has none."""
    node = completed(node)
    if isinstance(node, cst.BooleanOperation):
        sign = "&" if isinstance(node.operator, cst.And) else "|"
        left, right = _operand(node.left), _operand(node.right)
        return None if left is None or right is None else f"{left} {sign} {right}"
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        inner = _operand(node.expression)
        return None if inner is None else f"~{inner}"
    if isinstance(node, cst.Comparison):
        return _converted_comparison(node)
    return code(node.with_changes(lpar=(), rpar=()))


def _operand(node: cst.BaseExpression) -> str | None:
    """An operand of `&`, `|` and `~`, which bind more tightly than comparisons."""
    written = _converted(node)
    is_not = isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not | cst.BitInvert)
    return written if written is None or _is_primary(node) or is_not else f"({written})"


def _converted_comparison(node: cst.Comparison) -> str | None:
    plain = node.with_changes(lpar=(), rpar=())
    if len(node.comparisons) == 1:
        only = node.comparisons[0]
        if not isinstance(only.operator, cst.In | cst.NotIn):
            return code(plain)
        if not isinstance(only.comparator, cst.List | cst.Tuple) or not _is_primary(node.left):
            return None
        listed = only.comparator
        items = code(listed if isinstance(listed, cst.List) else listed.with_changes(lpar=(), rpar=()))
        values = items if isinstance(listed, cst.List) else f"[{items}]"
        return f"{'~' if isinstance(only.operator, cst.NotIn) else ''}{code(node.left)}.is_in({values})"
    parts, left = [], node.left
    for target in node.comparisons:
        if isinstance(target.operator, cst.In | cst.NotIn | cst.Is | cst.IsNot):
            return None
        parts.append(code(cst.Comparison(left, (target,), lpar=(cst.LeftParen(),), rpar=(cst.RightParen(),))))
        left = target.comparator
    return " & ".join(parts)


def _is_primary(node: cst.CSTNode) -> bool:
    """Whether a node needs no parentheses as an operand."""
    return isinstance(node, cst.Name | cst.Attribute | cst.Call | cst.Subscript)
