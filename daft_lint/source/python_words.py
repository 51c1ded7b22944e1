"""What Python's own tree of a script tells without LibCST: its words by their use, what it calls, and whether it asks
something for its truth that may be Daft's."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import field
from typing import Any, NamedTuple

from daft_lint.dataclass import dataclass

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_MANY = sys.maxsize
_FILLING = frozenset({"add", "append", "extend", "insert", "setdefault", "update"})
"""Methods that put their arguments into a container."""


class Parameter(NamedTuple):
    """One of a function, which goes by what it is called by: a class's `__init__` by the class; "": it can be called
    by anything."""

    function: str
    name: str
    annotation: ast.expr | None


@dataclass(slots=True)
class Uses:
    """How a script, or a part of one, uses words.

    A name that it binds itself is its own and no word: a parameter `func`, a method's `cls`, a variable `batch_size`.
    """

    words: set[str] = field(default_factory=set)
    """Attributes, keywords, what is imported, names that are bound nowhere here, and words in strings but docstrings;
    `async` for whatever is asynchronous."""
    names: set[str] = field(default_factory=set)
    """The names that are read."""
    calls: dict[str, int] = field(default_factory=dict)
    """By the last name of what is called, the most arguments that are given by position."""
    loose: set[str] = field(default_factory=set)
    """The names and attributes that are not just called: what is done with them is out of view."""
    chains: set[tuple[str, str]] = field(default_factory=set)
    """The attributes of attributes."""
    ends: set[str] = field(default_factory=set)
    """The attributes with no further one behind them that are not called."""
    bound: dict[str, list[ast.AST | None]] = field(default_factory=dict)
    """The values that a name, or `.name` for an attribute, is bound to, or that are put into what it is bound to; None
    for one that is not in view."""
    given: dict[str, list[ast.expr]] = field(default_factory=dict)
    """The arguments of the calls of a name, or of a method."""
    parameters: list[Parameter] = field(default_factory=list)
    constructors: dict[ast.AST, str] = field(default_factory=dict)
    """The class of each `__init__`."""
    of_modules: set[str] = field(default_factory=set)
    """What is imported from a module, and the attributes of what may be one: `daft.col`, `self.daft.col`."""
    imported: dict[str, str] = field(default_factory=dict)
    """The names that imports bind, each with the first name of its module, "" for a relative one."""
    asked: list[ast.expr] = field(default_factory=list)
    """What Python asks for its truth."""
    strings: list[str] = field(default_factory=list)
    has_star: bool = False

    @classmethod
    def of(cls, nodes: Iterable[ast.AST]) -> Uses:
        """Those in some trees."""
        found = cls()
        pending = list(nodes)
        while pending:
            node = pending.pop()
            note = _NOTES.get(type(node))
            if note is None:
                pending += ast.iter_child_nodes(node)
            else:
                note(found, node, pending)
        in_strings = {word for text in found.strings for word in _IDENTIFIER.findall(text)}
        free = in_strings | (found.names if found.has_star else found.names - found.bound.keys())
        found.words |= free
        found.loose |= in_strings
        return found

    def may_give(self, name: str, position: int) -> bool:
        """Whether a call of `name` may have an argument at `position` (from 0)."""
        return name in self.loose or self.calls.get(name, 0) > position

    def may_chain(self, first: str, second: str) -> bool:
        """Whether `.first.second` may be written, at once or by a variable between."""
        return (first, second) in self.chains or (first in self.ends and second in self.words)

    def uses_modules(self, libraries: frozenset[str]) -> bool:
        """Whether it does something with what it imports from elsewhere than Python's library and these."""
        return self.has_star or any(
            name in self.names and module not in sys.stdlib_module_names and module not in libraries
            for name, module in self.imported.items()
        )


# What one node tells: it is noted, and the nodes in it that are still to be looked at are put to the pending ones.


def _name(found: Uses, node: ast.Name, pending: list[ast.AST]) -> None:
    if isinstance(node.ctx, ast.Load):
        found.names.add(node.id)
        found.loose.add(node.id)
    else:
        found.bound.setdefault(node.id, [])


def _constant(found: Uses, node: ast.Constant, pending: list[ast.AST]) -> None:
    if isinstance(node.value, str):
        found.strings.append(node.value)


def _statement(found: Uses, node: ast.Expr, pending: list[ast.AST]) -> None:
    if not isinstance(node.value, ast.Constant):
        pending.append(node.value)


def _attribute(found: Uses, node: ast.Attribute, pending: list[ast.AST]) -> None:
    found.loose.add(node.attr)
    found.ends.add(node.attr)
    _chain(found, node, pending)


def _chain(found: Uses, node: ast.Attribute, pending: list[ast.AST]) -> None:
    """`a.b.c` without a look at what it is used for."""
    value: ast.expr = node
    while isinstance(value, ast.Attribute):
        found.words.add(value.attr)
        below = value.value
        owner = below.attr if isinstance(below, ast.Attribute) else below.id if isinstance(below, ast.Name) else "A"
        if not owner[:1].isupper():
            found.of_modules.add(value.attr)
        if isinstance(below, ast.Attribute):
            found.chains.add((below.attr, value.attr))
        value = below
    pending.append(value)


def _call(found: Uses, node: ast.Call, pending: list[ast.AST]) -> None:
    function = node.func
    is_spread = any(isinstance(one, ast.Starred) for one in node.args)
    given = _MANY if is_spread else len(node.args)
    values = [*node.args, *(one.value for one in node.keywords)]
    name = ""
    if isinstance(function, ast.Attribute):
        name = function.attr
        _chain(found, function, pending)
        if name in _FILLING:
            for value in values:
                _put(found, function.value, value)
    elif isinstance(function, ast.Name):
        name = function.id
        found.names.add(name)
    else:
        pending.append(function)
    if name:
        found.calls[name] = max(given, found.calls.get(name, 0))
        found.given.setdefault(name, []).extend(values)
    pending += node.args
    pending += node.keywords


def _keyword(found: Uses, node: ast.keyword, pending: list[ast.AST]) -> None:
    if node.arg is not None:
        found.words.add(node.arg)
    pending.append(node.value)


def _import(found: Uses, node: ast.Import, pending: list[ast.AST]) -> None:
    for one in node.names:
        found.words.update(one.name.split("."))
        found.loose.update(one.name.split("."))
        first = one.name.partition(".")[0]
        found.imported[one.asname or first] = first


def _import_from(found: Uses, node: ast.ImportFrom, pending: list[ast.AST]) -> None:
    parts = (node.module or "").split(".")
    found.words.update(parts)
    for one in node.names:
        found.words.add(one.name)
        found.of_modules.add(one.name)
        found.has_star = found.has_star or one.name == "*"
        if one.asname not in (None, one.name):
            found.loose.add(one.name)
        found.imported[one.asname or one.name] = "" if node.level else parts[0]


def _function(found: Uses, node: ast.FunctionDef | ast.AsyncFunctionDef, pending: list[ast.AST]) -> None:
    if isinstance(node, ast.AsyncFunctionDef):
        found.words.add("async")
    found.bound.setdefault(node.name, []).append(node)
    name = found.constructors.get(node, "" if node.name.startswith("__") else node.name)
    arguments = node.args
    for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        found.parameters.append(Parameter(name, one.arg, one.annotation))
    found.parameters += (Parameter("", one.arg, None) for one in (arguments.vararg, arguments.kwarg) if one is not None)
    pending += ast.iter_child_nodes(node)


def _lambda(found: Uses, node: ast.Lambda, pending: list[ast.AST]) -> None:
    found.parameters += (Parameter("", one.arg, None) for one in ast.walk(node.args) if isinstance(one, ast.arg))
    pending += ast.iter_child_nodes(node)


def _class(found: Uses, node: ast.ClassDef, pending: list[ast.AST]) -> None:
    found.bound.setdefault(node.name, []).append(node)
    found.constructors |= {one: node.name for one in node.body if getattr(one, "name", "") == "__init__"}
    pending += ast.iter_child_nodes(node)


def _parameter(found: Uses, node: ast.arg, pending: list[ast.AST]) -> None:
    found.bound.setdefault(node.arg, [])
    if node.annotation is not None:
        pending.append(node.annotation)


def _bind(found: Uses, target: ast.expr, value: ast.AST | None) -> None:
    for one in ast.walk(target):
        if isinstance(one, (ast.Name, ast.Attribute, ast.Subscript)) and not isinstance(one.ctx, ast.Load):
            _put(found, one, value)


def _put(found: Uses, target: ast.expr, value: ast.AST | None) -> None:
    """A value is bound to a name or an attribute, or put into what one of them holds."""
    while isinstance(target, ast.Subscript):
        target = target.value
    if isinstance(target, (ast.Name, ast.Attribute)):
        key = target.id if isinstance(target, ast.Name) else f".{target.attr}"
        found.bound.setdefault(key, []).append(value)


def _assignment(found: Uses, node: ast.Assign, pending: list[ast.AST]) -> None:
    for target in node.targets:
        _bind(found, target, node.value)
    pending += ast.iter_child_nodes(node)


def _annotated(found: Uses, node: ast.AnnAssign, pending: list[ast.AST]) -> None:
    _bind(found, node.target, node)
    pending += ast.iter_child_nodes(node)


def _to_target(found: Uses, node: ast.AugAssign | ast.NamedExpr, pending: list[ast.AST]) -> None:
    _bind(found, node.target, node.value)
    pending += ast.iter_child_nodes(node)


def _loop(found: Uses, node: ast.For | ast.AsyncFor | ast.comprehension, pending: list[ast.AST]) -> None:
    if isinstance(node, ast.AsyncFor):
        found.words.add("async")
    if isinstance(node, ast.comprehension):
        found.asked += node.ifs
    _bind(found, node.target, node.iter)
    pending += ast.iter_child_nodes(node)


def _with_item(found: Uses, node: ast.withitem, pending: list[ast.AST]) -> None:
    if node.optional_vars is not None:
        _bind(found, node.optional_vars, node.context_expr)
    pending += ast.iter_child_nodes(node)


def _handler(found: Uses, node: ast.ExceptHandler, pending: list[ast.AST]) -> None:
    if node.name is not None:
        found.bound.setdefault(node.name, [])
    pending += ast.iter_child_nodes(node)


def _pattern(found: Uses, node: ast.MatchAs | ast.MatchStar, pending: list[ast.AST]) -> None:
    if node.name is not None:
        found.bound.setdefault(node.name, []).append(None)
    pending += ast.iter_child_nodes(node)


def _pattern_class(found: Uses, node: ast.MatchClass, pending: list[ast.AST]) -> None:
    found.words.update(node.kwd_attrs)
    pending += ast.iter_child_nodes(node)


def _pattern_mapping(found: Uses, node: ast.MatchMapping, pending: list[ast.AST]) -> None:
    if node.rest is not None:
        found.bound.setdefault(node.rest, []).append(None)
    pending += ast.iter_child_nodes(node)


def _asynchronous(found: Uses, node: ast.AST, pending: list[ast.AST]) -> None:
    found.words.add("async")
    pending += ast.iter_child_nodes(node)


def _test(found: Uses, node: ast.If | ast.While | ast.IfExp, pending: list[ast.AST]) -> None:
    found.asked.append(node.test)
    pending += ast.iter_child_nodes(node)


def _boolean(found: Uses, node: ast.BoolOp, pending: list[ast.AST]) -> None:
    found.asked += node.values
    pending += node.values


def _unary(found: Uses, node: ast.UnaryOp, pending: list[ast.AST]) -> None:
    if isinstance(node.op, ast.Not):
        found.asked.append(node.operand)
    pending.append(node.operand)


def _comparison(found: Uses, node: ast.Compare, pending: list[ast.AST]) -> None:
    if len(node.ops) > 1 or isinstance(node.ops[0], (ast.In, ast.NotIn)):
        found.asked += (node.left, *node.comparators)
    pending.append(node.left)
    pending += node.comparators


_NOTES: dict[type[ast.AST], Callable[[Uses, Any, list[ast.AST]], None]] = {
    ast.AnnAssign: _annotated,
    ast.Assign: _assignment,
    ast.AsyncFor: _loop,
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _asynchronous,
    ast.Attribute: _attribute,
    ast.AugAssign: _to_target,
    ast.Await: _asynchronous,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.ClassDef: _class,
    ast.Compare: _comparison,
    ast.Constant: _constant,
    ast.ExceptHandler: _handler,
    ast.Expr: _statement,
    ast.For: _loop,
    ast.FunctionDef: _function,
    ast.If: _test,
    ast.IfExp: _test,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Lambda: _lambda,
    ast.MatchAs: _pattern,
    ast.MatchClass: _pattern_class,
    ast.MatchMapping: _pattern_mapping,
    ast.MatchStar: _pattern,
    ast.Name: _name,
    ast.NamedExpr: _to_target,
    ast.UnaryOp: _unary,
    ast.While: _test,
    ast.arg: _parameter,
    ast.comprehension: _loop,
    ast.keyword: _keyword,
    ast.withitem: _with_item,
}
