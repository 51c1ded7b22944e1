"""The rows of the table as trees, and whether the code of a UDF is one of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

from daft_lint.api import cst
from daft_lint.api.equivalents.table import EQUIVALENTS, SLOTS, Equivalent
from daft_lint.api.nodes import code
from daft_lint.source.python_tree import module_of
from daft_lint.source.tree import children

Binding = dict[str, "cst.BaseExpression"]
"""What of a UDF's code stands in each slot."""
Called = Callable[["cst.Call"], tuple[str, Sequence["cst.Arg"]]]
"""The qualified name of the function that a call calls, `re.sub` or `len`, and its arguments; "" where it is not
known."""


def candidates(node: cst.BaseExpression, called: Called) -> Iterator[tuple[Equivalent, Binding]]:
    """The rows that have the form of an expression, with what stands in their slots."""
    known: dict[cst.Call, tuple[str, Sequence[cst.Arg]]] = {}

    def called_once(call: cst.Call) -> tuple[str, Sequence[cst.Arg]]:
        if call not in known:
            known[call] = called(call)
        return known[call]

    for row, tree in _rows_of(type(node)):
        found: Binding = {}
        if _matches(tree, node, found, called_once):
            yield row, found


@functools.cache
def _rows_of(kind: type[cst.BaseExpression]) -> tuple[tuple[Equivalent, cst.BaseExpression], ...]:
    """The rows that an expression of a kind can have the form of, with their trees."""
    trees = [(row, _tree(row.python)) for row in EQUIVALENTS]
    return tuple(
        (row, tree) for row, tree in trees if type(tree) is kind or (isinstance(tree, cst.Name) and tree.value in SLOTS)
    )


@functools.cache
def _tree(python: str) -> cst.BaseExpression:
    # 134 rows: LibCST would take longer for them than for most scripts.
    module = module_of(python)
    assert module is not None
    line = module.body[0]
    assert isinstance(line, cst.SimpleStatementLine)
    expression = line.body[0]
    assert isinstance(expression, cst.Expr)
    return expression.value


@functools.cache
def _name(function: cst.BaseExpression) -> str:
    """What a call of a row calls, as that is written."""
    return code(function)


def _matches(pattern: cst.CSTNode, node: cst.CSTNode, found: Binding, called: Called) -> bool:
    if isinstance(pattern, cst.Name) and pattern.value in SLOTS:
        if not isinstance(node, cst.BaseExpression):
            return False
        found[pattern.value] = node
        return True
    if type(pattern) is not type(node):
        return False
    match pattern, node:
        case cst.Name(), cst.Name():
            return pattern.value == node.value
        case cst.Integer(), cst.Integer():
            return pattern.value == node.value
        case cst.Call(), cst.Call():
            return _matches_call(pattern, node, found, called)
        case cst.Attribute(), cst.Attribute():
            same = pattern.attr.value == node.attr.value
            return same and _matches(pattern.value, node.value, found, called)
        case _:
            return _matches_parts(pattern, node, found, called)


def _matches_call(pattern: cst.Call, node: cst.Call, found: Binding, called: Called) -> bool:
    function, arguments = pattern.func, node.args
    if isinstance(function, cst.Attribute) and isinstance(function.value, cst.Name) and function.value.value in SLOTS:
        if not _matches(function, node.func, found, called):
            return False
    else:
        name, arguments = called(node)
        if name != _name(function):
            return False
    if len(pattern.args) != len(arguments) or any(a.keyword is not None or a.star for a in arguments):
        return False
    return all(_matches(p.value, a.value, found, called) for p, a in zip(pattern.args, arguments, strict=True))


def _matches_parts(pattern: cst.CSTNode, node: cst.CSTNode, found: Binding, called: Called) -> bool:
    """Operations and subscripts: the same parts, whatever white space, parentheses and commas there are."""
    theirs, ours = _parts(pattern), _parts(node)
    return len(theirs) == len(ours) and all(
        p is n is None or (p is not None and n is not None and _matches(p, n, found, called))
        for p, n in zip(theirs, ours, strict=True)
    )


def _parts(node: cst.CSTNode) -> list[cst.CSTNode | None]:
    if isinstance(node, cst.Slice):
        return [node.lower, node.upper, node.step]
    return [*children(node)]
