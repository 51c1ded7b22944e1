"""Version shims: code that asks which Daft it runs on, and is left as it is."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator

from daft_lint.api.nodes import code, enclosing
from daft_lint.api.scopes import nodes_in
from daft_lint.pipeline.catalog.history.changes import Change, by_name
from daft_lint.pipeline.catalog.history.lookup import current_names, namespaces
from daft_lint.pipeline.model import NodeRef
from daft_lint.source import cst
from daft_lint.source.document import Cell
from daft_lint.source.syntax import last_name

_MISSING_NAME = re.compile(r"\b(ImportError|ModuleNotFoundError|AttributeError)\b")
_ANY_ERROR = re.compile(r"\b(TypeError|Exception|BaseException)\b")
_EXPECTED = re.compile(rf"\b(raises|assertRaises|assertRaisesRegex|suppress)\(.*{_MISSING_NAME.pattern}")
_DISTRIBUTION = re.compile(r"\w*(version|distribution|find_spec)\(\s*[\"'](get)?daft[\"']")
_HAS_NAME = re.compile(r"\b(?:hasattr|getattr)\(\s*(?P<owner>[^,]+?)\s*,\s*[\"'](?P<name>\w+)[\"']")
_TOLD_BY_NAME = re.compile(r"(?i)\b(\w*daft_?(version|v?\d|ge|gte|lt|lte)\w*|(is_)?(old|new|legacy)_daft\w*)\b")

_OF_VERSIONS = frozenset({"Version", "LooseVersion", "parse", "parse_version", "tuple"})
"""What makes of a version something to compare."""


def is_shim(location: NodeRef, change: Change) -> bool:
    """Whether a place runs on some versions of Daft only: in a `try` that catches what another version raises, or in a
    handler of one; where a test expects that a name is missing; behind a test of the version or of an attribute, or of
    a name that holds such a test's outcome, also where that returns before it. And whether what it is called on is no
    expression, by a test of that."""
    child: cst.CSTNode = location.node
    for node in enclosing(location):
        if isinstance(node, cst.Try) and child is not node.finalbody and _is_fallback(node, child, change):
            return True
        if isinstance(node, cst.With) and any(_EXPECTED.search(code(item.item)) for item in node.items):
            return True
        if isinstance(node, cst.If | cst.IfExp) and child is not node.test and _asks(node.test, location.cell):
            return True
        if isinstance(node, cst.If | cst.IfExp) and child is node.orelse and _asks_for_expression(node.test, location):
            return True
        if isinstance(node, cst.IndentedBlock | cst.Module) and _is_left_before(node, child, change, location.cell):
            return True
        child = node
    return False


def _is_left_before(block: cst.IndentedBlock | cst.Module, child: cst.CSTNode, change: Change, cell: Cell) -> bool:
    """Whether a test of the version before a statement returns what another spelling gives."""
    spellings = set(_spellings(change))
    before = itertools.takewhile(lambda statement: statement is not child, block.body)
    return any(
        isinstance(statement, cst.If)
        and _returns(statement.body)
        and _asks(statement.test, cell)
        and any(isinstance(n, cst.Call) and last_name(n.func) in spellings for n in nodes_in(statement.body))
        for statement in before
    )


def _returns(body: cst.BaseSuite) -> bool:
    last = body.body[-1] if body.body else None
    small = last.body[-1] if isinstance(last, cst.SimpleStatementLine) and last.body else last
    return isinstance(small, cst.Return)


def _asks_for_expression(test: cst.BaseExpression, location: NodeRef) -> bool:
    """`isinstance(x, daft.Expression)`, for a call on `x`."""
    if not isinstance(test, cst.Call) or last_name(test.func) != "isinstance" or len(test.args) != 2:
        return False
    asked, kind = (arg.value for arg in test.args)
    return last_name(kind) == "Expression" and code(location.node).startswith(f"{code(asked)}.")


def is_import_of_some_versions(location: NodeRef) -> bool:
    """Whether an import stands in a `try`, or behind a test of the version."""
    return any(
        isinstance(node, cst.Try) or (isinstance(node, cst.If) and _asks(node.test, location.cell))
        for node in enclosing(location, cst.Try, cst.If)
    )


def _is_fallback(node: cst.Try, child: cst.CSTNode, change: Change) -> bool:
    """Whether it catches that a name is missing; or catches any error, and calls another spelling on its other side."""
    caught = [None if handler.type is None else code(handler.type) for handler in node.handlers]
    if any(types is not None and _MISSING_NAME.search(types) for types in caught):
        return True
    if not any(types is None or _ANY_ERROR.search(types) for types in caught):
        return False
    others = (node.body,) if isinstance(child, cst.ExceptHandler) else tuple(h.body for h in node.handlers)
    spellings = set(_spellings(change))
    return any(
        isinstance(inner, cst.Call) and last_name(inner.func) in spellings
        for other in others
        for inner in nodes_in(other)
    )


def _spellings(change: Change) -> Iterator[str]:
    """The last names of the old call and of the one that takes its place."""
    yield change.name.rpartition(".")[2]
    if change.rewrite is not None:
        yield from (match.rpartition(".")[2] for match in re.findall(r"(?<=to )[\w.]+", change.rewrite.text))
        yield from re.findall(r"\w+(?=\()", change.rewrite.template)
        yield from change.rewrite.renames.values()


def _asks(test: cst.CSTNode, cell: Cell) -> bool:
    text = code(test)
    if _asks_itself(text, cell) or _TOLD_BY_NAME.search(text):
        return True
    names = {node.value for node in (test, *nodes_in(test)) if isinstance(node, cst.Name)}
    return bool(names) and not names.isdisjoint(_outcomes(cell))


def _asks_itself(text: str, cell: Cell) -> bool:
    """Whether a text asks for Daft's version, or whether it, or an object of it, has a name."""
    if _DISTRIBUTION.search(text):
        return True
    modules = _names_of_daft(cell)
    if any(re.search(rf"(?<![\w.]){re.escape(name)}\b[\w.]*__version__", text) for name in modules):
        return True
    return any(
        found["name"] in _names_of_api() or found["owner"].split(".")[0] in modules
        for found in _HAS_NAME.finditer(text)
    )


def _names_of_daft(cell: Cell) -> frozenset[str]:
    """What the cell's imports call Daft."""
    found = {"daft"}
    for node in nodes_in(cell.module):
        if isinstance(node, cst.Import):
            found |= {a.evaluated_alias for a in node.names if a.evaluated_name == "daft" and a.evaluated_alias}
    return frozenset(found)


@functools.cache
def _names_of_api() -> frozenset[str]:
    """The last names of what Daft has or had."""
    names = {name.rpartition(".")[2] for name in (*by_name(), *current_names())}
    return frozenset(names | namespaces().keys())


def _outcomes(cell: Cell) -> frozenset[str]:
    """The names of a cell that hold what a test of the version gave, or are functions that return it."""
    return cell.once(_outcomes, lambda: _find_outcomes(cell))


def _find_outcomes(cell: Cell) -> frozenset[str]:
    found: set[str] = set()
    nodes = list(nodes_in(cell.module))
    for _ in range(3):  # a name that holds the version, one that holds a comparison with it, a function that returns it
        for node in nodes:
            found |= _told(node, found, cell)
    return frozenset(found)


def _told(node: cst.CSTNode, found: set[str], cell: Cell) -> set[str]:
    """The names that a statement gives such an outcome."""
    if isinstance(node, cst.ImportFrom) and node.module is not None and code(node.module) == "daft":
        names = () if isinstance(node.names, cst.ImportStar) else node.names
        return {a.evaluated_alias or a.evaluated_name for a in names if a.evaluated_name == "__version__"}
    if isinstance(node, cst.Try) and _tries_import(node, cell):
        assigned = (inner for handler in node.handlers for inner in nodes_in(handler) if isinstance(inner, cst.Assign))
        return {t.target.value for inner in assigned for t in inner.targets if isinstance(t.target, cst.Name)}
    if isinstance(node, cst.Assign) and _holds(node.value, found, cell):
        return {target.target.value for target in node.targets if isinstance(target.target, cst.Name)}
    if isinstance(node, cst.FunctionDef):
        returned = (inner.value for inner in nodes_in(node.body) if isinstance(inner, cst.Return))
        return {node.name.value for value in returned if value is not None and _holds(value, found, cell)}
    return set()


def _tries_import(node: cst.Try, cell: Cell) -> bool:
    """Whether a `try` imports something of Daft's, and goes on where it is missing."""
    caught = (handler.type is None or _MISSING_NAME.search(code(handler.type)) for handler in node.handlers)
    return any(caught) and any(
        isinstance(inner, cst.ImportFrom)
        and inner.module is not None
        and code(inner.module).split(".")[0] in _names_of_daft(cell)
        for inner in nodes_in(node.body)
    )


def _holds(value: cst.BaseExpression, found: set[str], cell: Cell) -> bool:
    if _asks_itself(code(value), cell):
        return True
    if isinstance(value, cst.Call) and last_name(value.func) not in _OF_VERSIONS:
        return False
    if not isinstance(value, cst.Comparison | cst.BooleanOperation | cst.UnaryOperation | cst.Call | cst.Name):
        return False
    return any(isinstance(node, cst.Name) and node.value in found for node in (value, *nodes_in(value)))
