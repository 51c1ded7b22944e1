"""Which names in a UDF's body hold the rows of its batch, and what is done once for each row."""

from __future__ import annotations

import re

from daft_lint.api import cst
from daft_lint.api.nodes import enclosing
from daft_lint.api.udf_code import dotted, own_nodes
from daft_lint.pipeline.model import NodeRef

_CONVERSIONS = frozenset({
    "to_pylist", "to_arrow", "to_numpy", "tolist", "to_list", "combine_chunks", "cast", "astype", "copy", "fill_null",
})  # fmt: skip
_WRAPPERS = frozenset({
    "list", "tuple", "iter", "enumerate", "reversed", "tqdm", "tqdm.tqdm", "np.array", "np.asarray", "numpy.array",
    "numpy.asarray",
})  # fmt: skip
_SERIES_METHODS = frozenset({"to_pylist", "to_arrow"})
_COLUMN_ANNOTATION = re.compile(r"Series|DataFrame|Array|Any|ndarray")


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


def columns_of(function: cst.CSTNode) -> frozenset[str]:
    """The names in a batch function that hold one element for each row of its batch, and nothing else: parameters that
    may be columns, and what conversions, `zip`, `enumerate` and comprehensions make of them; slices are none."""
    if not isinstance(function, cst.FunctionDef):
        return frozenset()
    nodes = tuple(own_nodes(function))
    series = {dotted(n.value) for n in nodes if isinstance(n, cst.Attribute) and n.attr.value in _SERIES_METHODS}
    parameters = [p for p in (*function.params.posonly_params, *function.params.params) if p.default is None]
    columns = {p.name.value for p in parameters if p.name.value in series or _may_be_column(p)} - {"self", "cls"}
    plain = [
        (target.target.value, node.value)
        for node in nodes
        if isinstance(node, cst.Assign)
        for target in node.targets
        if isinstance(target.target, cst.Name)
    ]
    for name, value in plain:
        if is_column(value, frozenset(columns)):
            columns.add(name)
    return frozenset(columns) - {name for name, value in plain if not is_column(value, frozenset(columns))}


def _may_be_column(parameter: cst.Param) -> bool:
    """Whether nothing says that a parameter of a batch function is something else than a column."""
    if parameter.annotation is None:
        return True
    return any(
        _COLUMN_ANNOTATION.search(n.value)
        for n in own_nodes(parameter.annotation.annotation)
        if isinstance(n, cst.Name | cst.SimpleString)
    )


def is_column(node: cst.BaseExpression, columns: frozenset[str]) -> bool:
    """Whether an expression has one element for each row of a batch; `columns` are the names that have."""
    if isinstance(node, cst.Name):
        return node.value in columns
    if isinstance(node, cst.ListComp | cst.GeneratorExp):
        return node.for_in.inner_for_in is None and is_column(node.for_in.iter, columns)
    if not isinstance(node, cst.Call):
        return False
    name, values = dotted(node.func), [argument.value for argument in node.args]
    if name == "range":
        sizes = [v for v in values if isinstance(v, cst.Call) and dotted(v.func) == "len" and len(v.args) == 1]
        return len(values) == len(sizes) == 1 and is_column(sizes[0].args[0].value, columns)
    if name == "zip":
        return any(is_column(value, columns) for value in values)
    if name == "map":
        return len(values) == 2 and is_column(values[1], columns)
    if name in _WRAPPERS:
        return bool(values) and is_column(values[0], columns)
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in _CONVERSIONS:
        return is_column(node.func.value, columns)
    return False


def row_names(location: NodeRef, function: NodeRef, columns: frozenset[str]) -> frozenset[str] | None:
    """The names that hold a row where the innermost loop around a place goes through the rows; None where there is no
    loop, or it goes through something else."""
    child, in_first_iterable = location.node, False
    for above in enclosing(location):
        if above is function.node or isinstance(above, cst.While | cst.FunctionDef | cst.Lambda):
            return None
        if isinstance(above, cst.For) and child is above.body:
            is_loop = above.asynchronous is None and is_column(above.iter, columns)
            return _names(above.target) if is_loop else None
        if isinstance(above, cst.CompFor) and child is above.iter:
            in_first_iterable = True
        elif isinstance(above, cst.BaseComp):
            if not in_first_iterable:
                is_loop = above.for_in.inner_for_in is None and is_column(above.for_in.iter, columns)
                return _names(above.for_in.target) if is_loop else None
            in_first_iterable = False
        child = above
    return None


def _names(target: cst.BaseExpression) -> frozenset[str]:
    return frozenset(n.value for n in own_nodes(target) if isinstance(n, cst.Name))


def _reads(node: cst.CSTNode, names: frozenset[str]) -> bool:
    """Whether an expression goes through rows: it reads one of the names, and is no `range`."""
    if isinstance(node, cst.Call) and dotted(node.func) == "range":
        return False
    return any(isinstance(n, cst.Name) and n.value in names for n in own_nodes(node))
