"""Functions that nobody in view calls: they are evaluated with unknown arguments, and are UDFs all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import nullcontext

from daft_lint.pipeline.interpreter.definitions import Class, DecoratedMethod, Function, Instance
from daft_lint.pipeline.interpreter.inlining import inline
from daft_lint.pipeline.interpreter.parametrized import parametrized
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.udfs import udf_of_method
from daft_lint.pipeline.interpreter.values import alternatives
from daft_lint.source.document import Document
from daft_lint.source.pytest_names import is_test_file, is_test_function
from daft_lint.source.syntax import decorator_names

_FAILING_MARKS = frozenset({"xfail", "expectedFailure"})
"""`pytest.mark.xfail` and `unittest.expectedFailure`."""


def evaluate_uncalled(interpreter: InterpreterProtocol, document: Document) -> None:
    """Evaluate the functions that nobody called, those that nobody mentions first."""
    called_names = _called_names(document)
    for mentioned in (False, True):
        # Evaluating one can define others: the list grows in the loop.
        for function in interpreter.functions:
            is_waiting = function.node not in interpreter.called_nodes and function.scope.path == interpreter.path
            if is_waiting and (function.name in called_names) is mentioned:
                interpreter.called_nodes.add(function.node)
                _evaluate(interpreter, function)
    _give_back_attributes(interpreter)
    for owner in interpreter.udf_classes:
        if owner.udf is not None and owner.scope.path == interpreter.path:
            for function, mark in _udf_methods(owner):
                udf_of_method(interpreter, owner, function, mark, owner.udf)


def _udf_methods(owner: Class) -> Iterator[tuple[Function, DecoratedMethod | None]]:
    """The methods of a `daft.cls` class that are UDFs whoever makes an object of it: `__call__`, and those under
    `daft.method`."""
    for name, member in owner.names.items():
        if isinstance(member, DecoratedMethod):
            yield member.function, member
        elif isinstance(member, Function) and name == "__call__":
            yield member, None


def _called_names(document: Document) -> set[str]:
    """The names that stand before a parenthesis, other than in a definition."""
    raw = b"\n".join(cell.source for cell in document.cells)
    return {name.decode() for name in re.findall(rb"(?<!def )\b([A-Za-z_]\w*)\s*\(", raw)}


def _evaluate(interpreter: InterpreterProtocol, function: Function) -> None:
    owner = function.owner
    instance = None
    if owner is not None and "staticmethod" not in decorator_names(function.node):
        instance = _instance_of(interpreter, owner)
    interpreter.recorder.settled_by = None  # who calls it, and when, is not in view
    fails = _is_expected_to_fail(function)
    with (
        interpreter.tests if fails or is_test(interpreter.path, function) else nullcontext(),
        interpreter.expected_failures if fails else nullcontext(),
    ):
        returned = inline(interpreter, function, None, instance, parametrized(interpreter, function))
        interpreter.recorder.escape(returned)
        interpreter.returned_instances.update(v for v in alternatives(returned) if isinstance(v, Instance))


def _give_back_attributes(interpreter: InterpreterProtocol) -> None:
    """What objects hold that others make, or get from a function: their DataFrames may be read there."""
    held = {*interpreter.uncalled_instances.values(), *interpreter.returned_instances}
    for layer in interpreter.heap.layers if held else ():
        for key, value in layer.items():
            if isinstance(key, tuple) and key[0] in held:
                interpreter.recorder.give_back(value)


def _instance_of(interpreter: InterpreterProtocol, owner: Class) -> Instance:
    """An object of a class that nobody in view makes, its `__init__` evaluated with unknown arguments."""
    known = interpreter.uncalled_instances.get(owner)
    if known is not None:
        return known
    instance = interpreter.uncalled_instances[owner] = Instance(owner)
    init = owner.names.get("__init__")
    if isinstance(init, Function):
        interpreter.called_nodes.add(init.node)
        inline(interpreter, init, None, instance)
    return instance


def _is_expected_to_fail(function: Function) -> bool:
    """A test that is marked as one that fails, or whose class is."""
    marks = decorator_names(function.node)
    if function.owner is not None:
        marks |= decorator_names(function.owner.node)
    return not marks.isdisjoint(_FAILING_MARKS)


def is_test(path: str, function: Function) -> bool:
    """A test or a fixture that pytest finds by its default names, which nobody in view calls."""
    class_name = None if function.owner is None else function.owner.node.name.value
    return is_test_file(path) and is_test_function(function.name, decorator_names(function.node), class_name)
