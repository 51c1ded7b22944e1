"""The types of columns, as far as a script declares them or a function makes them."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import catalog
from daft_lint.api.python_types import python_type
from daft_lint.api.udf_code import decorator_keywords, function_of, given_options
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import Expression, ExpressionKind, Operator, Pipeline, Projection, StepKind, Udf


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column as `DataType` spells it (`list[float32]`, `image`), and the expression that gives it."""

    name: str
    made_by: Expression


def type_before(pipeline: Pipeline, index: int, column: str) -> ColumnType | None:
    """The type of a column that reaches `operators[index]`; None where it is not known."""
    for operator, _, made in back_from(pipeline, index, column):
        if made is not None:
            exploded = operator.step.kind is StepKind.EXPLODE
            return None if exploded else _type_of(pipeline, operator.index, made)
    return None


def back_from(pipeline: Pipeline, index: int, column: str) -> Iterator[tuple[Operator, str, Expression | None]]:
    """The operators before `operators[index]` that a column comes through, the last one first: each with the name that
    the column has behind it, and the expression that makes it there. Ends there, or where the name is lost."""
    for operator in reversed(pipeline.operators[:index]):
        step = operator.step
        old = next((old for old, new in step.renamed.items() if new == column), None)
        made = None if old is not None else next((e for e in step.outputs if e.output == column), None)
        yield operator, column, made
        if made is not None or (old is None and step.projection in (Projection.ONLY, Projection.UNKNOWN)):
            return
        column = column if old is None else old


def _type_of(pipeline: Pipeline, index: int, expression: Expression) -> ColumnType | None:
    """The type of an expression that `operators[index]` evaluates."""
    if expression.spread:
        return None
    if expression.kind is ExpressionKind.COLUMN:
        return None if expression.name is None else type_before(pipeline, index, expression.name)
    if expression.kind is ExpressionKind.UDF and expression.udf is not None:
        if _is_unnested(expression.udf):
            return None
        python = python_type(expression.udf)
        dtype = expression.udf.return_type if python is None else python.name
        return ColumnType(dtype, expression) if dtype else None
    if expression.kind is not ExpressionKind.FUNCTION or expression.name is None:
        return None
    if expression.name == "alias" and expression.inputs:
        return _type_of(pipeline, index, expression.inputs[0])
    dtype = catalog.MAKES.get(expression.name, "")
    return ColumnType(dtype, expression) if dtype else None


def _is_unnested(udf: Udf) -> bool:
    """Whether the fields of its struct become columns of their own, or may."""
    options, function = given_options(udf), function_of(udf)
    keywords = decorator_keywords(function.node) if function is not None else frozenset()
    return options is None or keywords is None or "unnest" in options | keywords
