"""Methods of Daft's expressions, and subscripts of them and of DataFrames."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from daft_lint.pipeline.catalog.history.lookup import namespaces
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.daft_expressions import (
    column,
    expressions_among,
    function_call,
    to_columns,
    unknown_call,
)
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import add_step, current_statement
from daft_lint.pipeline.interpreter.udf_calls import apply_method
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    DataFrame,
    ExpressionNamespace,
    ListValue,
    MaybeColumn,
    OpenParameter,
    WhenExpression,
    literal_value,
)
from daft_lint.pipeline.model import Expression, ExpressionKind, Projection, Step, StepKind


def expression_method(
    interpreter: InterpreterProtocol, owner: Expression, name: str, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    """`expr.name(...)`."""
    if name == "apply":
        return apply_method(interpreter, owner, args, node, scope)
    if name in ("alias", "name_") and args.positional:
        output = literal_value(args.first())
        return replace(owner, output=output if isinstance(output, str) else None, spread=False)
    if name in ("otherwise", "when"):
        return when_method(WhenExpression(owner), name, args, node, scope)
    positional = [(owner, node), *args.positional]
    return function_call(name, positional, args, node, scope, interpreter.settings.heavy_row_bytes)


def namespace_method(
    interpreter: InterpreterProtocol,
    owner: ExpressionNamespace,
    name: str,
    args: Arguments,
    node: cst.Call,
    scope: Scope,
) -> object:
    """`expr.url.download(...)` of an older Daft."""
    current = namespaces()[owner.name].get(name)
    if current is None:
        inputs = (owner.expression, *expressions_among(args.values(), node, scope))
        return replace(unknown_call(inputs, node, scope), output=owner.expression.output)
    positional = [(owner.expression, node), *args.positional]
    return function_call(current, positional, args, node, scope, interpreter.settings.heavy_row_bytes)


def when_method(owner: WhenExpression, name: str, args: Arguments, node: cst.Call, scope: Scope) -> object:
    """`.when(condition, value)` and `.otherwise(value)` join what they may give."""
    before = owner.expression
    inputs = (*before.inputs, *expressions_among(args.values()[-1:], node, scope))
    joined = Expression(ExpressionKind.FUNCTION, scope.location(node), "coalesce", inputs, output=before.output)
    return WhenExpression(joined) if name == "when" else joined


def subscript(
    interpreter: InterpreterProtocol, owner: object, key: object, node: cst.Subscript, scope: Scope
) -> object:
    """`df["x"]`, `df["a", "b"]`, `expr["field"]`."""
    name = literal_value(key)
    if isinstance(owner, DataFrame):
        if isinstance(key, ListValue):
            return _select(interpreter, owner, key, node, scope)
        if isinstance(key, Expression):
            return key
        return column(name if isinstance(name, str) else None, scope.location(node))
    if isinstance(owner, Expression):
        return Expression(
            ExpressionKind.FUNCTION,
            scope.location(node),
            "get",
            (owner,),
            options={"0": name} if name is not None else {},
            output=name if isinstance(name, str) else owner.output,
        )
    if isinstance(name, str) and (owner is UNKNOWN or isinstance(owner, OpenParameter)):
        return MaybeColumn(name, scope.location(node))
    return UNKNOWN


def _select(
    interpreter: InterpreterProtocol, owner: DataFrame, keys: ListValue, node: cst.Subscript, scope: Scope
) -> DataFrame:
    return add_step(
        interpreter,
        Step(
            "select",
            StepKind.PROJECT,
            scope.location(node),
            scope.location(node.value),
            (owner.step,),
            outputs=tuple(to_columns(keys.items, node, scope)),
            projection=Projection.ONLY,
            statement=current_statement(interpreter, scope),
        ),
    )
