"""Statements of one line: expressions, assignments, `return`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from daft_lint.pipeline import catalog
from daft_lint.pipeline.interpreter.assignments import bind
from daft_lint.pipeline.interpreter.daft_expressions import operator
from daft_lint.pipeline.interpreter.imports import import_, import_from
from daft_lint.pipeline.interpreter.inlining import is_dataframe_annotation
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import add_open_dataframe
from daft_lint.pipeline.interpreter.values import UNKNOWN, DataFrame, ListValue, Literal, as_list, dataframes_in
from daft_lint.pipeline.model import DiscardedStep, Expression, SourceKind, StepKind
from daft_lint.source.syntax import chain_root, dotted


def simple_statements(
    interpreter: InterpreterProtocol,
    line: cst.SimpleStatementLine | cst.SimpleStatementSuite,
    scope: Scope,
    is_shown: bool = False,
) -> bool:
    """Evaluate the statements of a line; true where control does not go on after it. `is_shown`: a notebook shows the
    value of the last one."""
    last = len(line.body) - 1
    ended = False
    for index, statement in enumerate(line.body):
        if type(statement) is cst.Expr:
            _expression_statement(interpreter, statement, scope, is_shown and index == last)
            continue
        handler = SIMPLE_STATEMENTS.get(type(statement))
        if handler is not None:
            handler(interpreter, statement, scope)
        ended = ended or type(statement) in ENDING
    return ended


def _expression_statement(interpreter: InterpreterProtocol, node: cst.Expr, scope: Scope, is_shown: bool) -> None:
    """Evaluate an expression whose value is dropped, and note a step that is dropped with it."""
    value = interpreter.evaluate(node.value, scope)
    call = node.value.expression if isinstance(node.value, cst.Await) else node.value
    if is_shown or interpreter.expected_failures or not isinstance(call, cst.Call) or not isinstance(value, DataFrame):
        return
    step = value.step
    if step.call.node is not call or step.kind in (StepKind.SINK, StepKind.COLLECT, StepKind.SOURCE):
        return
    spec = catalog.STEPS.get(step.name)
    if spec is not None and spec.lazy:
        interpreter.recorder.consumed.add(step)
        root = chain_root(call)
        holds_dataframe = bool(dotted(root)) and bool(dataframes_in(interpreter.evaluate(root, scope)))
        interpreter.recorder.discarded.append(DiscardedStep(step, dotted(root) if holds_dataframe else None))


def _assign(interpreter: InterpreterProtocol, node: cst.Assign, scope: Scope) -> None:
    value = interpreter.evaluate(node.value, scope)
    for target in node.targets:
        bind(interpreter, target.target, value, scope)


def _annotated_assign(interpreter: InterpreterProtocol, node: cst.AnnAssign, scope: Scope) -> None:
    if node.value is not None:
        bind(interpreter, node.target, interpreter.evaluate(node.value, scope), scope)
    elif isinstance(node.target, cst.Name) and is_dataframe_annotation(interpreter, node.annotation, scope):
        frame = add_open_dataframe(interpreter, scope.location(node.target), SourceKind.UNKNOWN)
        bind(interpreter, node.target, frame, scope)


def _augmented_assign(interpreter: InterpreterProtocol, node: cst.AugAssign, scope: Scope) -> None:
    before = as_list(interpreter.evaluate(node.target, scope))
    value = as_list(interpreter.evaluate(node.value, scope))
    after: object = UNKNOWN
    if isinstance(before, ListValue) and isinstance(value, ListValue):
        after = ListValue(before.items + value.items, before.open or value.open)
    elif isinstance(before, Expression) or isinstance(value, Expression):
        after = operator(node, [before, value], scope)
    elif isinstance(before, ListValue):
        after = ListValue(before.items, open=True)
    bind(interpreter, node.target, after, scope)


def _return(interpreter: InterpreterProtocol, node: cst.Return, scope: Scope) -> None:
    value = interpreter.evaluate(node.value, scope) if node.value is not None else Literal(None)
    if interpreter.active_calls:
        call = interpreter.active_calls[-1]
        call.returned.append((value, tuple(interpreter.ways[call.ways :])))


def _assert(interpreter: InterpreterProtocol, node: cst.Assert, scope: Scope) -> None:
    interpreter.evaluate(node.test, scope)


def _global(interpreter: InterpreterProtocol, node: cst.Global, scope: Scope) -> None:
    scope.global_names |= {item.name.value for item in node.names}


ENDING = (cst.Return, cst.Raise, cst.Break, cst.Continue)
"""Statements after which control goes on elsewhere."""
SIMPLE_STATEMENTS: dict[type[cst.CSTNode], Callable[[InterpreterProtocol, Any, Scope], None]] = {
    cst.Assign: _assign,
    cst.AnnAssign: _annotated_assign,
    cst.AugAssign: _augmented_assign,
    cst.Return: _return,
    cst.Import: import_,
    cst.ImportFrom: import_from,
    cst.Assert: _assert,
    cst.Global: _global,
}
