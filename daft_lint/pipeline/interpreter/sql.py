"""`daft.sql` over DataFrames of the script: which it reads, and what becomes of their rows."""

from __future__ import annotations

import re

import libcst as cst

from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.daft_expressions import column
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import add_step, current_statement
from daft_lint.pipeline.interpreter.values import DataFrame, literal_value
from daft_lint.pipeline.model import Expression, Projection, Step, StepKind

_TABLES = re.compile(r"(?i)\b(?:from|join)\s+(\w+)\b(?!\s*[(.])")
_SHUFFLES = re.compile(
    r"(?i)\b(?:group\s+by|order\s+by|distinct|having|union|intersect|except|over|limit|offset|with)\b"
)
"""What makes another plan of a query than a filter and a projection."""
_SELECTED = re.compile(r"(?is)\s*select\s+(.*?)\s+from\b")
_NAMES = re.compile(r"\w+(?:\s*,\s*\w+)*")
MAX_QUERY = 20_000
"""Characters of a query that is looked into."""


def query(interpreter: InterpreterProtocol, args: Arguments, node: cst.Call, scope: Scope) -> DataFrame | None:
    """The DataFrame of a query over DataFrames of the script, given by keyword or found by name; None where it reads
    none of them."""
    text = literal_value(args.value(0, "sql"))
    if not isinstance(text, str) or len(text) > MAX_QUERY:
        return None
    names = dict.fromkeys(_TABLES.findall(text))
    tables = [args.keyword(name) or scope.get(name) for name in names]
    frames = [table.step for table in tables if isinstance(table, DataFrame)]
    if not frames or len(frames) < len(tables):
        return None
    is_plain = len(frames) == 1 and not _SHUFFLES.search(text)
    kind = StepKind.FILTER if is_plain else StepKind.SHUFFLE if len(frames) == 1 else StepKind.JOIN
    selected = _SELECTED.match(text)
    projection, outputs = _projected(selected.group(1) if selected and is_plain else "", node, scope)
    return add_step(
        interpreter,
        Step(
            "sql",
            kind,
            scope.location(node),
            parents=tuple(frames),
            outputs=outputs,
            projection=projection,
            statement=current_statement(interpreter, scope),
        ),
    )


def _projected(selected: str, node: cst.Call, scope: Scope) -> tuple[Projection, tuple[Expression, ...]]:
    """What becomes of the columns where a query selects all, or some by their names."""
    if selected.strip() == "*":
        return Projection.KEEP, ()
    if _NAMES.fullmatch(selected):
        names = (name.strip() for name in selected.split(","))
        return Projection.ONLY, tuple(column(name, scope.location(node)) for name in names)
    return Projection.UNKNOWN, ()
