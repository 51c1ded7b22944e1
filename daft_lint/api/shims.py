"""Version shims: code that asks which Daft it runs on, and is left as it is."""

from __future__ import annotations

import re

from daft_lint.api.nodes import code, enclosing
from daft_lint.api.scopes import nodes_in
from daft_lint.pipeline.model import NodeRef
from daft_lint.source import cst

_ASKS = re.compile(r"__version__|\bhasattr\(|\bgetattr\(|\bversion\(|\bVersion\(|find_spec\(|VERSION\b")
_CAUGHT = re.compile(r"\b(ImportError|ModuleNotFoundError|AttributeError|TypeError|Exception)\b")

_MISSING = re.compile(
    r"\b(raises|assertRaises|assertRaisesRegex|suppress)\(.*\b(ImportError|ModuleNotFoundError|AttributeError)\b"
)


def is_shim(location: NodeRef) -> bool:
    """Whether a place runs on some versions of Daft only: in a `try` that catches what another version raises, or in a
    handler of one; where a test expects that a name is missing; behind a test of the version or of an attribute, or of
    a name that holds such a test's outcome."""
    child: cst.CSTNode = location.node
    for node in enclosing(location):
        if isinstance(node, cst.Try) and child is not node.finalbody and _catches(node):
            return True
        if isinstance(node, cst.With) and any(_MISSING.search(code(item.item)) for item in node.items):
            return True
        if isinstance(node, cst.If | cst.IfExp) and child is not node.test and _asks(node.test, location):
            return True
        child = node
    return False


def _catches(node: cst.Try) -> bool:
    types = (handler.type for handler in node.handlers)
    return any(caught is None or _CAUGHT.search(code(caught)) for caught in types)


def _asks(test: cst.BaseExpression, location: NodeRef) -> bool:
    text = code(test)
    if _ASKS.search(text):
        return True
    names = {node.value for node in (test, *nodes_in(test)) if isinstance(node, cst.Name)}
    return bool(names) and not names.isdisjoint(_outcomes(location))


def _outcomes(location: NodeRef) -> frozenset[str]:
    """The names of the cell that hold what a test of the version gave."""
    found = set()
    for node in nodes_in(location.cell.module):
        if isinstance(node, cst.Assign) and _ASKS.search(code(node.value)):
            found |= {t.target.value for t in node.targets if isinstance(t.target, cst.Name)}
    return frozenset(found)
