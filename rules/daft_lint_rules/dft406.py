"""DFT406: an expression that is compared with None."""

from __future__ import annotations

import re
from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.edits import ReplaceNode
from daft_lint.api.nodes import code, completed, short_code
from daft_lint.api.promises import Changes
from daft_lint.api.rule import Fix, Level, Observation, Prescan, ScriptRule
from daft_lint.pipeline.model import ExpressionTest, PythonTest, Script

_COMPARED = re.compile(r"[!=]=\s{0,99}\(?None\b|\bNone\)?\s{0,99}[!=]=")


class ComparedWithNone(ScriptRule):
    """`== None` or `!= None` on an expression.

    ## Why
    A comparison with null is null in each row, whatever the row holds, and a filter keeps no row whose predicate is
    null: `where(col("email") != None)` leaves an empty DataFrame, and no error says so (experiment e17).

    ## Example

        df = df.where(col("email") != None)
        df = df.where(df["deleted_at"] == None)

    becomes

        df = df.where(col("email").not_null())
        df = df.where(df["deleted_at"].is_null())

    ## Fix
    Writes `is_null()` or `not_null()`. It is unsafe, since the script then does what it did not do before: it keeps
    rows.

    ## Options
    None.
    """

    code = "DFT406"
    name = "compared-with-none"
    level = Level.ERROR
    trigger_words = ("None",)
    fixable = True
    changes = Changes.RESULTS

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        return _COMPARED.search(prescan.text) is not None

    def check(self, script: Script) -> Iterator[Observation]:
        for found in script.expression_tests:
            node = found.node.node
            if found.test is not PythonTest.COMPARED_WITH_NONE or not isinstance(node, cst.Comparison):
                continue
            if _is_none(node.left) or _is_none(node.comparisons[0].comparator):
                yield self._observation(found, node)

    def _observation(self, found: ExpressionTest, node: cst.Comparison) -> Observation:
        comparison = node.comparisons[0]
        is_equal = isinstance(comparison.operator, cst.Equal)
        method = "is_null" if is_equal else "not_null"
        tested = comparison.comparator if _is_none(node.left) else node.left
        written = f"{_receiver(tested)}.{method}()"
        return Observation(
            location=found.node,
            level=self.level,
            observed=f"`{short_code(node)}` compares an expression with None",
            impact="A comparison with null is null in each row, whatever the row holds: a filter by it keeps no row,"
            " and no error says so",
            suggestion=f"Write `{method}()`",
            fix=Fix(
                title=f"Call `{method}()`",
                actions=(ReplaceNode(found.node, written),),
                why_unsafe="The comparison was null for all rows; the rows and values that come out change",
            ),
        )


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _receiver(node: cst.BaseExpression) -> str:
    """An expression as a method can be called on it."""
    is_primary = isinstance(node, cst.Name | cst.Attribute | cst.Call | cst.Subscript)
    return code(node) if is_primary or completed(node).lpar else f"({code(node)})"
