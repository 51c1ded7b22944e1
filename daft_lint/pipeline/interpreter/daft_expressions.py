"""Values as Daft expressions: columns by name, literals, operators, and calls of Daft's functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import libcst as cst

from daft_lint.pipeline import catalog, dtypes
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import (
    Choice,
    DaftName,
    DictValue,
    ListValue,
    Literal,
    MaybeColumn,
    WhenExpression,
    as_list,
    has_daft_expression,
    is_column,
    to_python,
)
from daft_lint.pipeline.model import Expression, ExpressionKind, NodeRef, Strength, Weight


def column(name: str | None, location: NodeRef) -> Expression:
    """`col(name)`; `"*"` and wildcards are many columns."""
    if name is not None and "*" in name:
        return Expression(ExpressionKind.COLUMN, location, "*", spread=True)
    return Expression(ExpressionKind.COLUMN, location, name, output=name)


def to_expression(value: object, node: cst.CSTNode, scope: Scope) -> Expression:
    """A value as an expression: a constant is a literal, what is not known reads nothing that is known."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, WhenExpression):
        return value.expression
    location = scope.location(node)
    if isinstance(value, Choice):
        inputs = tuple(to_expression(v, node, scope) for v in value.values)
        output = inputs[0].output if len({e.output for e in inputs}) == 1 else None
        return Expression(ExpressionKind.FUNCTION, location, "coalesce", inputs, output=output)
    if isinstance(value, ListValue):
        inputs = tuple(to_expression(v, node, scope) for v in value.items)
        return Expression(ExpressionKind.UNKNOWN, location, inputs=inputs)
    if isinstance(value, Literal):
        return Expression(ExpressionKind.LITERAL, location, output="literal")
    if isinstance(value, MaybeColumn):
        return column(value.name, value.location)
    return Expression(ExpressionKind.UNKNOWN, location)


def to_columns(values: Iterable[object], node: cst.CSTNode, scope: Scope) -> list[Expression]:
    """Arguments that stand for columns: a string is one, a list has one for each of its items."""
    found: list[Expression] = []
    for value in map(as_list, values):
        if isinstance(value, ListValue):
            found.extend(to_columns(value.items, node, scope))
            if value.open:
                found.append(Expression(ExpressionKind.UNKNOWN, scope.location(node), spread=True))
        elif isinstance(value, Literal) and isinstance(value.value, str):
            found.append(column(value.value, scope.location(node)))
        elif isinstance(value, Literal):
            continue
        else:
            found.append(to_expression(value, node, scope))
    return found


def expressions_among(values: Iterable[object], node: cst.CSTNode, scope: Scope) -> list[Expression]:
    """The expressions among a function's arguments."""
    found: list[Expression] = []
    for value in values:
        if isinstance(value, ListValue):
            found.extend(expressions_among(value.items, node, scope))
        elif is_column(value):
            found.append(to_expression(value, node, scope))
    return found


def operator(node: cst.CSTNode, values: Sequence[object], scope: Scope) -> Expression:
    """`a + b`, `a < b`, `-a`, ... with an expression among the operands."""
    inputs = tuple(to_expression(v, node, scope) for v in values)
    output = next((e.output for e in inputs if e.kind is not ExpressionKind.LITERAL), None)
    return Expression(ExpressionKind.FUNCTION, scope.location(node), "operator", inputs, output=output)


def is_surely_expression(value: object) -> bool:
    """Whether a value is an expression whatever is out of view: it reads a column, and is made by nothing that may give
    a plain value, as UDFs do with plain values, and functions that are not known."""
    if not isinstance(value, Expression):
        return False
    parts = tuple(value.walk())
    unsure = (e.kind is ExpressionKind.UDF or (e.kind is ExpressionKind.UNKNOWN and e.inputs) for e in parts)
    return any(e.kind is ExpressionKind.COLUMN for e in parts) and not any(unsure)


def function_call(
    name: str,
    positional: Sequence[tuple[object, cst.BaseExpression]],
    args: Arguments,
    node: cst.Call,
    scope: Scope,
    heavy_row_bytes: int,
) -> Expression:
    """A call of one of Daft's functions, or of the method of that name; the receiver is first in `positional`."""
    values = [v for v, _ in positional]
    inputs = tuple(expressions_among([*values, *args.keyword_values().values()], node, scope))
    options: dict[str, object] = {}
    for index, value in enumerate(values[1:]):
        if not has_daft_expression(value):
            options[str(index)] = to_python(value)
    for key, value in args.keyword_values().items():
        if not has_daft_expression(value):
            options[key] = to_python(value)
    weight = Weight.UNKNOWN
    if name in ("cast", "try_cast"):
        dtype = args.value(1, "dtype") if values[0] is args.value(0, "expr") else args.value(0, "dtype")
        weight = declared_weight(dtype, node, scope, heavy_row_bytes)
    known = name in catalog.FUNCTIONS
    return Expression(
        ExpressionKind.FUNCTION if known else ExpressionKind.UNKNOWN,
        scope.location(node),
        name if known else None,
        inputs,
        options=options,
        output=catalog.OUTPUT_NAMES.get(name) or next((e.output for e in inputs), None),
        weight=weight,
        spread=name == "unnest",
    )


def unknown_call(inputs: Sequence[Expression], node: cst.Call, scope: Scope) -> Expression:
    """A call that reads these and makes what is not known."""
    return Expression(ExpressionKind.UNKNOWN, scope.location(node), inputs=tuple(inputs))


def declared_weight(value: object, node: cst.CSTNode, scope: Scope, heavy_row_bytes: int) -> Weight:
    """The weight of a declared type."""
    dtype = value if isinstance(value, dtypes.DType) else dtypes.from_value(to_python(value))
    if dtype is None:
        return Weight.UNKNOWN
    return dtype.weight(Strength.PROOF, scope.location(node), heavy_row_bytes)


def data_type(name: str, args: Arguments) -> dtypes.DType | None:
    """`DataType.tensor(DataType.float32(), (3, 224, 224))`."""
    values = tuple(_type_argument(v) for v in args.positional_values())
    return dtypes.make(name, values, {k: _type_argument(v) for k, v in args.keyword_values().items()})


def _type_argument(value: object) -> object:
    """An argument as `dtypes.make` takes it: a Python constant, a DType, None."""
    if isinstance(value, dtypes.DType):
        return value
    if isinstance(value, ListValue):
        return tuple(_type_argument(v) for v in value.items)
    if isinstance(value, DictValue):
        return {k: _type_argument(v) for k, v in value.entries.items()}
    if isinstance(value, DaftName):
        return value.last
    return value.value if isinstance(value, Literal) else None
