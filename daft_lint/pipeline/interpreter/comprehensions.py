"""Comprehensions and generator expressions."""

from __future__ import annotations

import libcst as cst

from daft_lint.pipeline.interpreter.arithmetic import known_length, most_items
from daft_lint.pipeline.interpreter.assignments import bind
from daft_lint.pipeline.interpreter.merging import loop_item
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import add_iteration
from daft_lint.pipeline.interpreter.values import DictValue, ListValue, Sized, dataframes_in, has_daft_expression
from daft_lint.pipeline.model import Expression

MAX_UNROLLED = 64
"""Items of a literal list that a comprehension goes through one by one; for those in one another, of all of them."""


def comprehension(
    interpreter: InterpreterProtocol, node: cst.ListComp | cst.SetComp | cst.GeneratorExp, scope: Scope
) -> object:
    """`[f(x) for x in xs]`: item by item over a literal list, else one item for all."""
    inner = scope.child()
    values = interpreter.evaluate(node.for_in.iter, scope)
    is_single = node.for_in.inner_for_in is None
    is_plain = is_single and not node.for_in.ifs
    if isinstance(values, ListValue) and is_plain and len(values.items) <= MAX_UNROLLED // interpreter.unrolled:
        items = []
        with interpreter.unrolling(max(1, len(values.items))):
            for item in values.items:
                interpreter.work += 1
                bind(interpreter, node.for_in.target, item, inner)
                items.append(interpreter.evaluate(node.elt, inner))
        return ListValue(tuple(items), values.open)
    _bind_clause(interpreter, node.for_in, values, inner)
    item = interpreter.evaluate(node.elt, inner)
    most = most_items(values) if is_single else None
    if most is not None and not has_daft_expression(item) and not dataframes_in(item):
        is_exact = is_plain and known_length(values) is not None
        return Sized(most, at_most=not is_exact, element=item)
    return ListValue((item,), open=True)


def dict_comprehension(interpreter: InterpreterProtocol, node: cst.DictComp, scope: Scope) -> object:
    """`{k: v for k, v in items}`: a dict of unknown keys; item by item over a literal list, else one item for all."""
    inner = scope.child()
    values = interpreter.evaluate(node.for_in.iter, scope)
    is_plain = node.for_in.inner_for_in is None and not node.for_in.ifs
    found: list[object] = []
    if isinstance(values, ListValue) and is_plain and len(values.items) <= MAX_UNROLLED // interpreter.unrolled:
        with interpreter.unrolling(max(1, len(values.items))):
            for item in values.items:
                interpreter.work += 1
                bind(interpreter, node.for_in.target, item, inner)
                found.append(interpreter.evaluate(node.value, inner))
    else:
        _bind_clause(interpreter, node.for_in, values, inner)
        found.append(interpreter.evaluate(node.value, inner))
    return DictValue({value: value for value in found if isinstance(value, Expression)}, open=True)


def _bind_clause(interpreter: InterpreterProtocol, clause: cst.CompFor, values: object, inner: Scope) -> None:
    """Bind what a `for` clause, and those in it, go through."""
    add_iteration(interpreter, values, clause.iter, inner)
    bind(interpreter, clause.target, loop_item(interpreter, values, inner.location(clause.iter)), inner)
    for test in clause.ifs:
        interpreter.evaluate(test.test, inner)
    if clause.inner_for_in is not None:
        _bind_clause(interpreter, clause.inner_for_in, interpreter.evaluate(clause.inner_for_in.iter, inner), inner)
