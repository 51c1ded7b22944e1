"""Whether Python asks something for its truth that may be an expression of Daft's, by Python's own tree of a script."""

from __future__ import annotations

import ast
import builtins
import sys

from daft_lint.source.python_words import Parameter, Uses

_BUILTINS = frozenset(dir(builtins))
_PLAIN_RESULTS = frozenset({"any", "all", "bool", "callable", "float", "hasattr", "int", "isinstance", "len", "str"})
"""Builtins whose result is no expression, whatever they are given."""
_CONTAINERS = frozenset({"copy", "get", "items", "keys", "pop", "popitem", "setdefault", "values"})
"""Methods that give what a container holds."""
_PLAIN_TYPES = _BUILTINS | {"Callable", "Iterable", "Iterator", "Literal", "Mapping", "Optional", "Path", "Sequence"}
_LIBRARIES = sys.stdlib_module_names | {"numpy", "pandas", "polars", "pyarrow", "pytest", "ray", "torch"}
_NO_EXPRESSIONS = (ast.Constant, ast.JoinedStr, ast.Lambda, ast.ClassDef)
_PARTS = (ast.expr, ast.keyword, ast.comprehension)
_MAX_ASKED = 500


def may_ask_an_expression(uses: Uses, methods: frozenset[str], *, is_imported: bool) -> bool:
    """`methods` are those of an expression that give one; `is_imported`: others may call what is defined here."""
    if uses.has_star or len(uses.asked) > _MAX_ASKED:
        return True
    origins = _Origins(uses, methods, is_imported)
    return any(origins.may_be(one) for one in uses.asked)


class _Origins:
    """Where values may come from, whatever the order of the statements and the scopes that they stand in."""

    def __init__(self, uses: Uses, methods: frozenset[str], is_imported: bool) -> None:
        self.uses = uses
        self.methods = methods
        self.seen: set[tuple[str, bool]] = set()
        """Names that are looked into, or are known to be none of Daft's."""
        self.opaque: set[str] = set()
        self.parameters: dict[str, set[str]] = {}
        """The functions that have a parameter of a name, and what calls in view give is all that they get."""
        for one in uses.parameters:
            if is_imported or not one.function or one.function in uses.loose or _says_daft(one):
                self.opaque.add(one.name)
            else:
                self.parameters.setdefault(one.name, set()).add(one.function)

    def may_be(self, node: ast.AST | None, frames: bool = False) -> bool:
        """Whether a value may be an expression, or hold one; `frames`: or a DataFrame, or anything that its columns
        can be got from."""
        if node is None:
            return True
        if isinstance(node, _NO_EXPRESSIONS):
            return False
        if isinstance(node, ast.Name):
            return self._name(node.id, frames)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, frames)
        if isinstance(node, ast.Call):
            return self._call(node, frames)
        if isinstance(node, ast.Subscript):
            return self.may_be(node.value, frames=True)
        if isinstance(node, ast.Compare) and isinstance(node.ops[-1], (ast.Is, ast.IsNot, ast.In, ast.NotIn)):
            return False
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return False
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            results = (one for one in ast.walk(node) if isinstance(one, (ast.Return, ast.Yield, ast.YieldFrom)))
            return any(one.value is not None and self.may_be(one.value, frames) for one in results)
        if isinstance(node, ast.AnnAssign):
            return not _is_plain(node.annotation) or (node.value is not None and self.may_be(node.value, frames))
        return any(self.may_be(part, frames) for part in ast.iter_child_nodes(node) if isinstance(part, _PARTS))

    def _name(self, name: str, frames: bool) -> bool:
        module = self.uses.imported.get(name)
        if module is not None and module not in _LIBRARIES and (module != "daft" or frames):
            return True
        if name in self.opaque:
            return True
        if name not in self.uses.bound:
            return module is None and name not in _BUILTINS
        given = [value for function in self.parameters.get(name, ()) for value in self.uses.given.get(function, ())]
        return self._any_of(name, [*self.uses.bound[name], *given], frames)

    def _attribute(self, node: ast.Attribute, frames: bool) -> bool:
        base, bound = node.value, self.uses.bound
        if isinstance(base, ast.Name) and self.uses.imported.get(base.id, "daft") not in _LIBRARIES | {"daft"}:
            return True
        values = [*bound.get(f".{node.attr}", ()), *bound.get(node.attr, ())]
        if not values:
            # What is not in view of `self` may be inherited.
            return (isinstance(base, ast.Name) and base.id == "self") or (frames and self.may_be(base, frames))
        return self._any_of(f".{node.attr}", values, frames) or (frames and self.may_be(base, frames))

    def _call(self, node: ast.Call, frames: bool) -> bool:
        function = node.func
        given = [*node.args, *(one.value for one in node.keywords)]
        if isinstance(function, ast.Name):
            return self._function(function.id, given, frames)
        if not isinstance(function, ast.Attribute):
            return True
        if frames:
            return self.may_be(function.value, frames) or any(self.may_be(one, frames) for one in given)
        root: ast.expr = function
        while isinstance(root, ast.Attribute):
            root = root.value
        module = self.uses.imported.get(root.id) if isinstance(root, ast.Name) else None
        if module in _LIBRARIES:
            return any(self.may_be(one) for one in given)
        if module is not None:
            return module != "daft" or not _is_class(function.value)
        values = [*self.uses.bound.get(function.attr, ()), *self.uses.bound.get(f".{function.attr}", ())]
        if self._any_of(f".{function.attr}", values, frames):
            return True
        return (function.attr in self.methods or function.attr in _CONTAINERS) and self.may_be(function.value)

    def _function(self, name: str, given: list[ast.expr], frames: bool) -> bool:
        if name in self.uses.imported or name in self.opaque:
            module = self.uses.imported.get(name)
            return any(self.may_be(one, frames) for one in given) if module in _LIBRARIES else True
        if name in self.uses.bound:
            return self._name(name, frames)
        return name not in _PLAIN_RESULTS and (name not in _BUILTINS or any(self.may_be(one, frames) for one in given))

    def _any_of(self, name: str, values: list[ast.AST | None], frames: bool) -> bool:
        if (name, frames) in self.seen:
            return False
        self.seen.add((name, frames))
        return any(self.may_be(value, frames) for value in values)


def _says_daft(parameter: Parameter) -> bool:
    """Whether the annotation of a parameter may make it one of Daft's."""
    return parameter.annotation is not None and not _is_plain(parameter.annotation)


def _is_plain(annotation: ast.expr) -> bool:
    names = (one.id for one in ast.walk(annotation) if isinstance(one, ast.Name))
    is_string = any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in ast.walk(annotation))
    return not is_string and all(one in _PLAIN_TYPES for one in names)


def _is_class(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name[:1].isupper()
