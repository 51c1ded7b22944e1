"""Writes the public names and signatures of the Daft that is importable as JSON to standard output.

It runs inside the environment of each version, so it imports nothing of this project, and knows Python 3.9.

Shape: `{"version": str, "modules": {path: error}, "names": {path: {"kind": str, "is": str, "signature": [[name, kind,
default]], "deprecated": str}}}`. A module's error is empty unless an optional dependency is missing. `path` is how a
user spells it (`daft.read_csv`, `Expression.str.split`), `is` the object's own module and name, so that two paths of
one object are seen to be one. `kind` of a parameter is one of `/` (by position only), `-` (either), `*` (rest of the
positions), `=` (by keyword only), `**`; `default` is null where it is required.
"""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import json
import os
import pkgutil
import re
import sys
import textwrap
import types
import warnings
from collections.abc import Iterator
from typing import Any

Entry = dict[str, Any]
Names = dict[str, Entry]

INTERNAL = (
    # Engine, plumbing and optional servers: nothing that the documentation names.
    "daft.daft",
    "daft.internal",
    "daft.execution",
    "daft.logical",
    "daft.plan_scheduler",
    "daft.scheduler",
    "daft.runners",
    "daft.viz",
    "daft.dependencies",
    "daft.lazy_import",
    "daft.filesystem",
    "daft.arrow_utils",
    "daft.api_annotations",
    "daft.scarf_telemetry",
    "daft.analytics",
    "daft.pickle",
    "daft.utils",
    "daft.event_loop",
    "daft.extension_type",
    "daft.cli",
    "daft.errors",
    "daft.naming",
    "daft.logging",
    "daft.convert",
    "daft.table",
    "daft.recordbatch",
    "daft.udf_library",
    "daft.ray",
)
"""Packages and modules that are not public, whatever their names."""

DUNDERS = ("__init__", "__call__", "__getitem__", "__new__")
KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "/",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "-",
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.KEYWORD_ONLY: "=",
    inspect.Parameter.VAR_KEYWORD: "**",
}
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
NAMESPACES = "str dt list struct map image url float json binary embedding partitioning tensor cls".split()


def main() -> None:
    warnings.simplefilter("ignore")
    import daft

    names: Names = {}
    modules = _walk_modules(names)
    column = daft.col("x")
    series = daft.Series.from_pylist([1])
    for owner, instance in (("Expression", column), ("Series", series)):
        for namespace in NAMESPACES:
            if hasattr(type(instance), namespace):
                try:
                    inner = type(getattr(instance, namespace))
                except Exception:  # noqa: BLE001 - a namespace of another type refuses its column
                    continue
                if "daft" in inner.__module__ and inner is not type(instance):
                    _record_class(names, f"{owner}.{namespace}", inner)
    json.dump({"version": daft.__version__, "modules": modules, "names": names}, sys.stdout, sort_keys=True)


def _walk_modules(names: Names) -> dict[str, str]:
    modules: dict[str, str] = {}
    pending = ["daft"]
    while pending:
        path = pending.pop()
        try:
            module = importlib.import_module(path)
        except BaseException as error:  # noqa: BLE001 - an optional dependency is not installed
            modules[path] = type(error).__name__
            continue
        modules[path] = ""
        _record_module(names, path, module)
        for info in pkgutil.iter_modules(getattr(module, "__path__", [])):
            inner = f"{path}.{info.name}"
            if not info.name.startswith("_") and inner not in INTERNAL:
                pending.append(inner)
    return modules


def _record_module(names: Names, path: str, module: types.ModuleType) -> None:
    listed = getattr(module, "__all__", None)
    for name in sorted(set(dir(module)) | set(listed or ())):
        if name.startswith("_"):
            continue
        value = getattr(module, name, None)
        home = getattr(value, "__module__", None) or ""
        if isinstance(value, types.ModuleType):
            continue
        if listed is not None:
            public = name in listed
        else:
            public = home == path or (path == "daft" and home.startswith("daft"))
        if public:
            _record(names, f"{path}.{name}", value)


def _record(names: Names, path: str, value: Any) -> None:
    if inspect.isclass(value):
        if "daft" in (value.__module__ or "") or value.__module__ == "builtins":
            # Each class is told once, under its own name.
            names[path] = {"kind": "class", "is": _identity(value)}
            if value.__name__ not in names or names[value.__name__]["is"] != _identity(value):
                _record_class(names, value.__name__, value)
        return
    if callable(value):
        names[path] = _described(value, "function")
        if not inspect.isroutine(value):  # `daft.func` and its kin are instances with methods
            for name in dir(type(value)):
                if not name.startswith("_") and callable(getattr(type(value), name)):
                    names[f"{path}.{name}"] = _described(getattr(value, name), "function")
        return
    names[path] = {"kind": "value", "is": type(value).__name__}


def _record_class(names: Names, path: str, cls: type) -> None:
    names[path] = {"kind": "class", "is": _identity(cls), "bases": [b.__name__ for b in cls.__mro__[1:]]}
    own: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if "daft" in (base.__module__ or "") or base is cls:
            own.update(base.__dict__)
    for name, raw in sorted(own.items()):
        if name.startswith("_") and name not in DUNDERS:
            continue
        inner = f"{path}.{name}"
        if isinstance(raw, (staticmethod, classmethod)):
            word = "static method" if isinstance(raw, staticmethod) else "class method"
            names[inner] = _described(getattr(cls, name), word)
        elif isinstance(raw, property) or inspect.isgetsetdescriptor(raw) or inspect.ismemberdescriptor(raw):
            names[inner] = {"kind": "property", "is": inner, "deprecated": _deprecation(getattr(raw, "fget", None))}
        elif isinstance(raw, enum.Enum) or inspect.isclass(raw):
            names[inner] = {"kind": "value", "is": inner}
        elif callable(raw):
            names[inner] = _described(raw, "method")
        else:
            names[inner] = {"kind": "value", "is": inner}


def _identity(value: Any) -> str:
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__name__)}"


def _described(value: Any, kind: str) -> Entry:
    entry: Entry = {"kind": kind, "is": _identity(value)}
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        entry["signature"] = None
    else:
        entry["signature"] = [
            [p.name, KINDS[p.kind], None if p.default is p.empty else _text(p.default)]
            for p in signature.parameters.values()
            if not (kind in ("method",) and p.name in ("self", "cls"))
        ]
        entry["annotations"] = {
            p.name: str(p.annotation) for p in signature.parameters.values() if p.annotation is not p.empty
        }
        entry["returns"] = str(signature.return_annotation)
    entry["deprecated"] = _deprecation(value)
    return entry


def _text(default: object) -> str:
    return ADDRESS.sub("", repr(default))


def _deprecation(value: Any) -> str:
    """What the source says of a deprecation: the decorator, the text of a warning, the line of the docstring."""
    found: list[str] = []
    function = value
    seen: set[int] = set()
    while function is not None and id(function) not in seen:
        seen.add(id(function))
        if getattr(function, "__deprecated__", None):
            found.append(str(function.__deprecated__))
        try:
            source = textwrap.dedent(inspect.getsource(function))
            found += _warnings_in(ast.parse(source))
        except (OSError, TypeError, SyntaxError, IndentationError):
            pass
        function = getattr(function, "__wrapped__", None)
    for line in (inspect.getdoc(value) or "").splitlines() if value is not None else ():
        if "deprecat" in line.lower():
            found.append(line.strip())
    return " | ".join(dict.fromkeys(found))


def _warnings_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for decorator in node.decorator_list:
                text = ast.unparse(decorator)
                if "deprecat" in text.lower():
                    yield "@" + text
        if isinstance(node, ast.Call):
            text = ast.unparse(node)
            name = ast.unparse(node.func)
            if ("warn" in name or "deprecat" in name.lower()) and "deprecat" in text.lower():
                yield text


if __name__ == "__main__":
    os.environ.setdefault("DO_NOT_TRACK", "1")
    main()
