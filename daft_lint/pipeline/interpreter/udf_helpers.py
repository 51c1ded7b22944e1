"""Functions that UDFs call: what they get is no expression there, whatever other calls give them."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers

from daft_lint.pipeline.interpreter.api_uses import method_entry
from daft_lint.pipeline.interpreter.definitions import Function, Module
from daft_lint.pipeline.interpreter.imports import resolve_lazy
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.values import LazyImport

MAX_HELPERS = 200
"""Functions that are followed from the UDFs of one file."""


def helpers_of_udfs(interpreter: InterpreterProtocol) -> set[cst.CSTNode]:
    """The functions that the bodies of UDFs mention, and those that these mention."""
    pending, found = list(interpreter.udf_bodies), set[cst.CSTNode]()
    while pending and len(found) < MAX_HELPERS:
        for helper in _mentioned(interpreter, pending.pop()):
            if helper.node not in found:
                found.add(helper.node)
                pending.append(helper)
                if helper.scope.path != interpreter.path:
                    calls = matchers.findall(helper.node.body, matchers.Call())
                    entries = (method_entry(helper.qualified_name, c) for c in calls if isinstance(c, cst.Call))
                    interpreter.recorder.called_elsewhere.update(filter(None, entries))
    return found


def _mentioned(interpreter: InterpreterProtocol, function: Function) -> Iterator[Function]:
    for node in matchers.findall(function.node.body, matchers.Name() | matchers.Attribute()):
        value: object = None
        if isinstance(node, cst.Name):
            value = function.scope.get(node.value)
        elif isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
            owner = function.scope.get(node.value.value)
            if isinstance(owner, LazyImport):
                owner = resolve_lazy(interpreter, owner, function.scope)
            if isinstance(owner, Module):
                value = owner.scope.get(node.attr.value)
            elif function.owner is not None:
                value = function.owner.names.get(node.attr.value)
        if isinstance(value, LazyImport):
            value = resolve_lazy(interpreter, value, function.scope)
        if isinstance(value, Function) and value.node is not function.node:
            yield value
