"""What `pytest.mark.parametrize` gives to the parameters of a test."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from daft_lint.pipeline.interpreter.definitions import Function
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import (
    ListValue,
    Literal,
    ProjectFunction,
    choice,
    has_daft_expression,
    strings_in,
)
from daft_lint.source.syntax import last_name


def parametrized(interpreter: InterpreterProtocol, function: Function) -> dict[str, object]:
    """The parameters of a test that get functions or expressions of Daft's, and which; other values say nothing of what
    runs elsewhere, and stay unknown."""
    if isinstance(function.node, cst.Lambda):
        return {}
    owners = () if function.owner is None else function.owner.node.decorators
    found: dict[str, object] = {}
    for decorator in (*function.node.decorators, *owners):
        node = decorator.decorator
        if isinstance(node, cst.Call) and last_name(node) == "parametrize" and len(node.args) >= 2:
            for name, values in _columns(interpreter, node, function.scope):
                if all(_is_told(value) for value in values):
                    found[name] = choice(values)
    return found


def _is_told(value: object) -> bool:
    return isinstance(value, ProjectFunction) or has_daft_expression(value)


def _columns(
    interpreter: InterpreterProtocol, node: cst.Call, scope: Scope
) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Each name of `parametrize(names, rows)`, and what the rows give it."""
    names = [
        name.strip() for text in strings_in(interpreter.evaluate(node.args[0].value, scope)) for name in text.split(",")
    ]
    rows = list(_rows(interpreter, node.args[1].value, scope, single=len(names) == 1))
    if rows and all(len(row) == len(names) for row in rows):
        yield from zip(names, zip(*rows, strict=True), strict=True)


def _rows(
    interpreter: InterpreterProtocol, node: cst.BaseExpression, scope: Scope, single: bool
) -> Iterator[tuple[object, ...]]:
    """The rows, those of `pytest.param(...)` among them; one that is not known is empty."""
    if isinstance(node, (cst.List, cst.Tuple)):
        for element in node.elements:
            value = element.value
            if isinstance(value, cst.Call) and last_name(value) == "param":
                given = [arg.value for arg in value.args if arg.keyword is None and not arg.star]
                yield tuple(interpreter.evaluate(argument, scope) for argument in given)
            else:
                yield _row(interpreter.evaluate(value, scope), single)
        return
    rows = interpreter.evaluate(node, scope)
    for row in rows.items if isinstance(rows, ListValue) and not rows.open else (Literal(None),):
        yield _row(row, single)


def _row(value: object, single: bool) -> tuple[object, ...]:
    if single:
        return (value,)
    return value.items if isinstance(value, ListValue) and not value.open else ()
