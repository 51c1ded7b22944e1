"""Targets of assignments, loops and `with`: what they bind."""

from __future__ import annotations

import libcst as cst

from daft_lint.pipeline.interpreter.definitions import Instance
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    Attributes,
    DictValue,
    ExternalName,
    ListValue,
    Literal,
    literal_value,
    with_origin,
)
from daft_lint.pipeline.model import Runner
from daft_lint.source.syntax import single_index


def bind(interpreter: InterpreterProtocol, target: cst.BaseExpression, value: object, scope: Scope) -> None:
    """Bind a target to a value; what is bound out of view escapes."""
    if isinstance(target, cst.Name):
        scope.set(target.value, with_origin(value, scope.location(target)))
    elif isinstance(target, (cst.Tuple, cst.List)):
        _unpack(interpreter, target, value, scope)
    elif isinstance(target, cst.Attribute):
        owner = interpreter.evaluate(target.value, scope)
        interpreter.heap.touch(target.attr.value)
        if isinstance(owner, Instance):
            interpreter.heap.set((owner, target.attr.value), with_origin(value, scope.location(target)))
        elif isinstance(owner, Attributes):
            owner.names[target.attr.value] = value
        else:
            interpreter.recorder.escape(value)
    elif isinstance(target, cst.Subscript):
        _bind_item(interpreter, target, value, scope)


def _unpack(interpreter: InterpreterProtocol, target: cst.Tuple | cst.List, value: object, scope: Scope) -> None:
    elements = target.elements
    items = value.items if isinstance(value, ListValue) and not value.open else ()
    if len(items) != len(elements):
        items = (UNKNOWN,) * len(elements)
        interpreter.recorder.escape(value)
    for element, item in zip(elements, items, strict=True):
        bind(interpreter, element.value, UNKNOWN if isinstance(element, cst.StarredElement) else item, scope)


def _bind_item(interpreter: InterpreterProtocol, target: cst.Subscript, value: object, scope: Scope) -> None:
    owner = interpreter.evaluate(target.value, scope)
    index = single_index(target)
    key = UNKNOWN if index is None else interpreter.evaluate(index, scope)
    if owner == ExternalName("os.environ") and key == Literal("DAFT_RUNNER"):
        runner = {"native": Runner.NATIVE, "ray": Runner.RAY}.get(str(literal_value(value)))
        if runner is not None:
            interpreter.recorder.set_runner(runner, is_conditional=bool(interpreter.branches))
    if isinstance(owner, DictValue) and isinstance(target.value, cst.Name):
        known = isinstance(key, Literal)
        entries = {**owner.entries, key.value: value} if isinstance(key, Literal) else owner.entries
        bind(interpreter, target.value, DictValue(entries, owner.open or not known), scope)
    else:
        interpreter.recorder.escape(value)
