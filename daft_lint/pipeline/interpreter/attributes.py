"""Names, attributes and items: what they hold."""

from __future__ import annotations

import libcst as cst

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog.history.lookup import namespaces
from daft_lint.pipeline.interpreter.api_uses import note_namespace
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.builtin_calls import BUILTINS
from daft_lint.pipeline.interpreter.definitions import (
    BoundMethod,
    Class,
    DecoratedMethod,
    Function,
    Instance,
    Module,
    Super,
)
from daft_lint.pipeline.interpreter.imports import resolve_lazy
from daft_lint.pipeline.interpreter.inlining import inline
from daft_lint.pipeline.interpreter.paths import parent_of
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    Attributes,
    DaftName,
    ExpressionNamespace,
    ExternalName,
    LazyImport,
    Literal,
    MethodReference,
    spelled_as,
)
from daft_lint.pipeline.model import Expression
from daft_lint.source.syntax import decorator_names

MAX_BASES = 8
"""Classes that inherit from one another."""


def lookup(interpreter: InterpreterProtocol, name: str, scope: Scope) -> object:
    """What a name holds."""
    value = scope.get(name)
    if value is None:
        for module in scope.root().star_imports:
            if name in catalog.FUNCTIONS or name in catalog.SOURCES or module == "daft":
                return DaftName(f"{module}.{name}")
        if name == "__file__" and scope.cell.document.kind == "python":
            return Literal(scope.cell.document.path)
        return ExternalName(f"builtins.{name}") if name in BUILTINS else UNKNOWN
    if isinstance(value, LazyImport):
        value = resolve_lazy(interpreter, value, scope)
        scope.root().names.set(name, value)
    if isinstance(value, Literal) and value.name != name:
        return Literal(value.value, name, value.sure, value.origin)
    return value


def attribute_of(interpreter: InterpreterProtocol, owner: object, node: cst.Attribute, scope: Scope) -> object:
    """What an attribute of a value holds."""
    name = node.attr.value
    if name in namespaces():
        note_namespace(interpreter, owner, node, scope)
    if isinstance(owner, DaftName):
        return DaftName(f"{owner.path}.{name}")
    if isinstance(owner, ExternalName):
        return ExternalName(f"{owner.path}.{name}")
    if isinstance(owner, Module):
        value = owner.scope.get(name)
        value = resolve_lazy(interpreter, value, owner.scope) if isinstance(value, LazyImport) else value or UNKNOWN
        return spelled_as(value, node)
    if isinstance(owner, Instance):
        return _instance_attribute(interpreter, owner, node)
    if isinstance(owner, Super):
        found = base_attribute(interpreter, owner.cls, name)
        if isinstance(found, (Function, DecoratedMethod)) and isinstance(owner.receiver, Instance):
            return BoundMethod(owner.receiver, found)
        return spelled_as(found or UNKNOWN, node)
    if isinstance(owner, Class):
        return spelled_as(class_attribute(interpreter, owner, name) or UNKNOWN, node)
    if isinstance(owner, Attributes):
        known = owner.names.get(name)
        return MethodReference(owner, name) if known is None else spelled_as(known, node)
    if name == "parent" and isinstance(owner, Literal):
        return parent_of(owner)
    if isinstance(owner, Expression) and name in namespaces():
        return ExpressionNamespace(owner, name, node)
    return UNKNOWN if owner is UNKNOWN else MethodReference(owner, name)


def _instance_attribute(interpreter: InterpreterProtocol, owner: Instance, node: cst.Attribute) -> object:
    name = node.attr.value
    value = interpreter.heap.get((owner, name)) or interpreter.project.heap.get((owner, name))
    if value is not None:
        return spelled_as(value, node)
    value = class_attribute(interpreter, owner.cls, name)
    if isinstance(value, Function):
        decorators = decorator_names(value.node)
        if "property" in decorators:
            interpreter.called_nodes.add(value.node)
            return inline(interpreter, value, Arguments(), owner)
        return value if "staticmethod" in decorators else BoundMethod(owner, value)
    if isinstance(value, DecoratedMethod):
        return BoundMethod(owner, value)
    return UNKNOWN if value is None else spelled_as(value, node)


def class_attribute(interpreter: InterpreterProtocol, owner: Class, name: str, depth: int = 0) -> object | None:
    """What a class or a base of it binds to a name, None where it is not known."""
    value = owner.names.get(name)
    return base_attribute(interpreter, owner, name, depth) if value is None else value


def base_attribute(interpreter: InterpreterProtocol, owner: Class, name: str, depth: int = 0) -> object | None:
    """What a base of a class binds to a name, None where it is not known."""
    if depth >= MAX_BASES:
        return None
    for base in owner.bases:
        if isinstance(base, LazyImport):
            base = resolve_lazy(interpreter, base, owner.scope)
        if isinstance(base, Class):
            value = class_attribute(interpreter, base, name, depth + 1)
            if value is not None:
                return value
    return None
