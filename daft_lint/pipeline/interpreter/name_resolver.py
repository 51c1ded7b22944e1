"""The names that a definition sees, as the examination of a UDF's body asks for them."""

from __future__ import annotations

import libcst as cst

from daft_lint.pipeline.interpreter.attributes import base_attribute, class_attribute
from daft_lint.pipeline.interpreter.definitions import Class, DecoratedMethod, Function, UdfFunction
from daft_lint.pipeline.interpreter.imports import resolve_lazy
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import DaftName, ExternalName, LazyImport
from daft_lint.pipeline.name_resolver import NameResolver
from daft_lint.source.document import Cell


class ScopeNames:
    """The names of a scope, and of the class `owner` under `self`, looked up by their spelling."""

    def __init__(self, interpreter: InterpreterProtocol, scope: Scope, owner: Class | None = None) -> None:
        self.interpreter = interpreter
        self.scope = scope
        self.owner = owner

    @property
    def cell(self) -> Cell:
        return self.scope.cell

    def value(self, dotted: str) -> object | None:
        """What a dotted name holds, None where its root is not bound."""
        root, *rest = dotted.split(".")
        if root in ("self", "cls") and self.owner is not None and len(rest) == 1:
            return class_attribute(self.interpreter, self.owner, rest[0])
        if root == "super" and self.owner is not None and len(rest) == 1:
            return base_attribute(self.interpreter, self.owner, rest[0])
        value = self.scope.get(root)
        if isinstance(value, LazyImport):
            value = resolve_lazy(self.interpreter, value, self.scope)
        for name in rest:
            if isinstance(value, DaftName):
                value = DaftName(f"{value.path}.{name}")
            elif isinstance(value, ExternalName):
                value = ExternalName(f"{value.path}.{name}")
            elif isinstance(value, Class):
                value = class_attribute(self.interpreter, value, name)
            else:
                return None
        return value

    def qualified(self, dotted: str) -> str | None:
        value = self.value(dotted)
        return value.path if isinstance(value, (DaftName, ExternalName)) else None

    def function(self, dotted: str) -> tuple[cst.FunctionDef, NameResolver] | None:
        value = self.value(dotted)
        if isinstance(value, (DecoratedMethod, UdfFunction)):
            value = value.function
        if isinstance(value, Function) and isinstance(value.node, cst.FunctionDef):
            return value.node, ScopeNames(self.interpreter, value.scope, value.owner)
        return None

    def classdef(self, dotted: str) -> tuple[cst.ClassDef, NameResolver] | None:
        value = self.value(dotted)
        if isinstance(value, Class):
            return value.node, ScopeNames(self.interpreter, value.scope, value)
        return None
