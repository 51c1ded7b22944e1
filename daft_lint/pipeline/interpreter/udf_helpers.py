"""Functions that UDFs call: what they get is no expression there, whatever other calls give them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import libcst as cst

from daft_lint.pipeline.catalog.history.lookup import namespaces
from daft_lint.pipeline.interpreter.api_uses import method_entry
from daft_lint.pipeline.interpreter.definitions import Function, Module
from daft_lint.pipeline.interpreter.imports import resolve_lazy
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.values import LazyImport
from daft_lint.source.tree import nodes_in

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
                    calls = (node for node in nodes_in(helper.node.body) if isinstance(node, cst.Call))
                    entries = (method_entry(helper.qualified_name, call) for call in calls)
                    interpreter.recorder.called_elsewhere.update(filter(None, entries))
    return found


def _mentioned(interpreter: InterpreterProtocol, function: Function) -> Iterator[Function]:
    for node in nodes_in(function.node.body):
        value: object = None
        if isinstance(node, cst.Name):
            value = function.scope.get(node.value)
        elif isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
            owner = function.scope.get(node.value.value)
            owner = _resolved(interpreter, owner, function)
            if isinstance(owner, Module):
                value = owner.scope.get(node.attr.value)
            elif function.owner is not None:
                value = function.owner.names.get(node.attr.value)
        value = _resolved(interpreter, value, function)
        if isinstance(value, Function) and value.node is not function.node:
            yield value


def _resolved(interpreter: InterpreterProtocol, value: object, function: Function) -> object:
    """What an import binds, where its module has a method of a namespace: no other one is read for this."""
    if not isinstance(value, LazyImport):
        return value
    modules, path = interpreter.project.modules, function.scope.path
    for module in (value.module, f"{value.module}.{value.name}"):
        file = modules.resolve(module, path)
        if file is not None and _has_namespaces(interpreter, file):
            return resolve_lazy(interpreter, value, function.scope)
    return value


def _has_namespaces(interpreter: InterpreterProtocol, file: str) -> bool:
    known = interpreter.namespaces_in
    if file not in known:
        known[file] = bool(_namespace().search(interpreter.project.modules.read(file) or b""))
    return known[file]


@functools.cache
def _namespace() -> re.Pattern[bytes]:
    return re.compile(rb"\.\s*(%s)\s*\." % "|".join(namespaces()).encode())
