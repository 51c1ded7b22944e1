"""Import statements, and names that other modules of the project define."""

from __future__ import annotations

import libcst as cst

from daft_lint.pipeline.interpreter.api_uses import note_import
from daft_lint.pipeline.interpreter.definitions import Module
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import UNKNOWN, DaftName, ExternalName, LazyImport
from daft_lint.source.syntax import dotted

MAX_REEXPORTS = 256
"""Modules that hand a name on to one another."""


def import_(interpreter: InterpreterProtocol, node: cst.Import, scope: Scope) -> None:
    """`import a.b`, `import a.b as c`."""
    for alias in node.names:
        name = dotted(alias.name)
        _note_ray(interpreter, name)
        if is_daft(name):
            note_import(interpreter, name, alias, scope)
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            scope.set(alias.asname.name.value, imported(interpreter, name, None, 0, scope))
        else:
            top = name.partition(".")[0]
            scope.set(top, imported(interpreter, top, None, 0, scope))


def import_from(interpreter: InterpreterProtocol, node: cst.ImportFrom, scope: Scope) -> None:
    """`from a import b`, `from . import b`, `from a import *`."""
    module = dotted(node.module) if node.module is not None else ""
    level = len(node.relative)
    if level == 0:
        _note_ray(interpreter, module)
    if isinstance(node.names, cst.ImportStar):
        import_star(interpreter, module, level, scope)
        return
    for alias in node.names:
        name = alias.name.value if isinstance(alias.name, cst.Name) else dotted(alias.name)
        bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
        value = imported(interpreter, module, name, level, scope)
        scope.set(bound, value)
        if isinstance(value, DaftName):
            note_import(interpreter, value.path, alias, scope)


def _note_ray(interpreter: InterpreterProtocol, module: str) -> None:
    if module.partition(".")[0] == "ray":
        interpreter.recorder.uses_ray = True


def imported(interpreter: InterpreterProtocol, module: str, name: str | None, level: int, scope: Scope) -> object:
    """What an import binds; `level` counts the dots of a relative one."""
    modules = interpreter.project.modules
    module = modules.absolute(module, level, scope.path)
    path = module if name is None else f"{module}.{name}"
    if is_daft(module):
        return DaftName(path)
    if modules.holds(module, name, scope.path):
        return LazyImport(module, name)
    return ExternalName(path)


def import_star(interpreter: InterpreterProtocol, module: str, level: int, scope: Scope) -> None:
    """`from module import *`: of the project's modules all public names."""
    modules = interpreter.project.modules
    module = modules.absolute(module, level, scope.path)
    if is_daft(module):
        scope.star_imports.append(module)
    elif modules.holds(module, None, scope.path):
        inner = interpreter.project.scope_of(module, scope.path, interpreter.evaluate_module)
        if inner is not None:
            for key, value in inner.names.layers[0].items():
                if not str(key).startswith("_"):
                    scope.set(str(key), value)


def is_daft(module: str) -> bool:
    return module == "daft" or module.startswith("daft.")


def resolve_lazy(interpreter: InterpreterProtocol, lazy: LazyImport, scope: Scope, depth: int = 0) -> object:
    """The value of a name that another module of the project defines; imports in a circle are not known."""
    if depth > MAX_REEXPORTS:
        return UNKNOWN
    project, evaluate = interpreter.project, interpreter.evaluate_module
    inner = project.scope_of(lazy.module, scope.path, evaluate)
    if lazy.name is None:
        return Module(inner) if inner is not None else UNKNOWN
    if inner is not None:
        value = inner.get(lazy.name)
        if value is not None and value is not lazy:  # `from . import b` in a package names its module
            return resolve_lazy(interpreter, value, inner, depth + 1) if isinstance(value, LazyImport) else value
    submodule = f"{lazy.module}.{lazy.name}"
    if project.modules.holds(submodule, None, scope.path):
        inner = project.scope_of(submodule, scope.path, evaluate)
        if inner is not None:
            return Module(inner)
    return UNKNOWN
