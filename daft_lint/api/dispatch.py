"""A call on what is an expression in one call of its function, and something else in another: `lambda x: x.str.upper()`
for a column and for a Series, which keeps its namespaces. It asks what it got."""

from __future__ import annotations

import re
from collections.abc import Callable

from daft_lint.api.edits import Action, ReplaceNode
from daft_lint.api.imports import NoEquivalent
from daft_lint.api.nodes import code
from daft_lint.pipeline.catalog.history.changes import Change, by_name
from daft_lint.pipeline.catalog.history.rewrites import BoundCall
from daft_lint.pipeline.model import ApiUse
from daft_lint.source import cst
from daft_lint.source.document import Document

_FOREIGN = re.compile(rb"^\s*(import|from)\s+(pandas|polars|modin|cudf|dask|geopandas|ibis|pyspark)\b", re.MULTILINE)
"""Imports of libraries whose columns have namespaces of the same names."""


_SHARED = "the function gets an expression here and something else there"


def dispatched(use: ApiUse, change: Change, bound: BoundCall, with_daft: Callable[[str], str]) -> tuple[Action, ...]:
    """The call of today for an expression, and the old one for all else. Raises `NoEquivalent` where the other object
    can be of another library, or is one of Daft's whose method has changed as well."""
    node, rewrite = use.call.node, change.rewrite
    assert isinstance(node, cst.Call)
    assert rewrite is not None
    function = node.func
    if _knows_other_libraries(use.call.cell.document):
        raise NoEquivalent(f"{_SHARED}, and the file has pandas")
    namespace = function.value if isinstance(function, cst.Attribute) else None
    if not isinstance(namespace, cst.Attribute) or not isinstance(namespace.value, cst.Name):
        raise NoEquivalent(f"{_SHARED}, by no name of its own")
    if change.name.replace("Expression.", "Series.", 1) in by_name():
        raise NoEquivalent(f"{_SHARED}, and a Series changed as well")
    receiver = namespace.value.value
    if rewrite.template:
        new = rewrite.called(receiver, bound)
    else:
        method = rewrite.to.removeprefix(".") or change.name.rpartition(".")[2]
        new = f"{receiver}.{method}({', '.join(rewrite.arguments(bound))})"
    text = with_daft(f"{new} if isinstance({receiver}, daft.Expression) else {code(node)}")
    return (ReplaceNode(use.call, f"({text})"),)


def _knows_other_libraries(document: Document) -> bool:
    return any(_FOREIGN.search(cell.source) for cell in document.cells)
