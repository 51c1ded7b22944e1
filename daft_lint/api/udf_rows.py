"""Which names in a UDF's body hold the rows of its batch, and what is done once for each row."""

from __future__ import annotations

from daft_lint.api import cst
from daft_lint.api.nodes import enclosing
from daft_lint.api.udf_code import dotted, own_nodes
from daft_lint.pipeline.model import NodeRef


def rows_of(function: cst.CSTNode) -> frozenset[str]:
    """The parameters of a function, and what plain assignments make of them."""
    if not isinstance(function, cst.FunctionDef):
        return frozenset()
    rows = {p.name.value for p in (*function.params.posonly_params, *function.params.params)} - {"self"}
    for node in own_nodes(function):
        if isinstance(node, cst.Assign) and _reads(node.value, frozenset(rows)):
            rows |= {t.target.value for t in node.targets if isinstance(t.target, cst.Name)}
    return frozenset(rows)


def is_for_each_row(location: NodeRef, function: NodeRef, rows: frozenset[str]) -> bool:
    """Whether a place in a function stands in a loop over the rows that these names hold."""
    for above in enclosing(location):
        if above is function.node:
            return False
        if isinstance(above, cst.For) and above.asynchronous is None and _reads(above.iter, rows):
            return any(outer is above.body for outer in enclosing(location))
        if isinstance(above, cst.ListComp | cst.GeneratorExp) and _reads(above.for_in.iter, rows):
            return True
    return False


def _reads(node: cst.CSTNode, names: frozenset[str]) -> bool:
    """Whether an expression goes through rows: it reads one of the names, and is no `range`."""
    if isinstance(node, cst.Call) and dotted(node.func) == "range":
        return False
    return any(isinstance(n, cst.Name) and n.value in names for n in own_nodes(node))
