"""Uses of names that the history of Daft's API speaks of: calls on receivers known to be Daft's, and imports."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from daft_lint.pipeline.catalog.history.changes import by_name
from daft_lint.pipeline.catalog.history.lookup import name_in_history
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import daft_spelling
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    DaftName,
    DaftObject,
    DataFrame,
    ExpressionNamespace,
    GroupedDataFrame,
    OpenParameter,
    alternatives,
)
from daft_lint.pipeline.model import ApiUse, Expression

_NOTED_ELSEWHERE = "daft.udf"
"""With what it decorates."""


def note_call(
    interpreter: InterpreterProtocol, owner: object, name: str, args: Arguments, node: cst.Call, scope: Scope
) -> None:
    """`owner.name(...)`; nothing where the receiver can be something else than Daft's."""
    found = {_method_name(one, name) for one in alternatives(owner) if not _is_open(one)}
    if len(found) == 1:
        _note(interpreter, found.pop(), args, node, scope)


def note_function_call(
    interpreter: InterpreterProtocol, callee: object, args: Arguments, node: cst.Call, scope: Scope
) -> None:
    """A call of a name that an import binds: `coalesce(...)`."""
    if isinstance(callee, DaftName):
        _note(interpreter, name_in_history(callee.path), args, node, scope)


def note_import(interpreter: InterpreterProtocol, path: str, node: cst.CSTNode, scope: Scope) -> None:
    """A name or a module of Daft's that an import statement asks for."""
    parts = path.split(".")
    for length in range(len(parts), 1, -1):
        name = name_in_history(".".join(parts[:length]))
        if name is not None and name != _NOTED_ELSEWHERE:
            if not interpreter.expected_failures:
                interpreter.recorder.api_uses.append(ApiUse(name, scope.location(node), daft_spelling(scope)))
            return


def _note(interpreter: InterpreterProtocol, name: str | None, args: Arguments, node: cst.Call, scope: Scope) -> None:
    if name is None or name == _NOTED_ELSEWHERE or interpreter.expected_failures:
        return
    given: Sequence[tuple[object, cst.BaseExpression]] = [*args.positional, *args.keywords.values()]
    expressions = frozenset(argument for value, argument in given if isinstance(value, Expression))
    interpreter.recorder.api_uses.append(
        ApiUse(
            name,
            scope.location(node),
            daft_spelling(scope),
            expressions=expressions,
            is_statement=_is_statement(interpreter.statement, node),
        )
    )


def _is_statement(statement: cst.CSTNode | None, node: cst.Call) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    return any(isinstance(small, cst.Expr) and small.value is node for small in statement.body)


def _is_open(owner: object) -> bool:
    return owner is UNKNOWN or isinstance(owner, OpenParameter)


def _method_name(owner: object, name: str) -> str | None:
    if isinstance(owner, DaftName):
        return name_in_history(f"{owner.path}.{name}")
    if isinstance(owner, Expression):
        found = f"Expression.{name}"
    elif isinstance(owner, ExpressionNamespace):
        found = f"Expression.{owner.name}.{name}"
    elif isinstance(owner, DataFrame):
        found = f"DataFrame.{name}"
    elif isinstance(owner, GroupedDataFrame):
        found = f"GroupedDataFrame.{name}"
    elif isinstance(owner, DaftObject):
        found = f"{owner.name}.{name}"
    else:
        return None
    return found if found in by_name() else None
