"""Requests that a UDF waits for, once for each row."""

from __future__ import annotations

from daft_lint.api import cst
from daft_lint.api.udf_code import called_function, dotted, function_of, own_nodes, qualified_name, values_of
from daft_lint.api.udf_rows import is_for_each_row, rows_of
from daft_lint.pipeline.model import NodeRef, Udf, UdfKind
from daft_lint.pipeline.udf_body.libraries import SESSIONS
from daft_lint.pipeline.udf_body.waiting import CLIENT_REQUESTS, REQUESTS, SESSION_REQUESTS

_MAX_HELPERS = 3
"""Helpers inside helpers that are followed."""


def request_in(udf: Udf) -> NodeRef | None:
    """The first call that waits for a server's answer for each row, in the UDF's function or in a helper of its file or
    class; None where there is none."""
    function = function_of(udf)
    if function is None:
        return None
    row_wise = udf.kind in (UdfKind.FUNC, UdfKind.METHOD, UdfKind.APPLY)
    return _request_in(function, row_wise, 0)


def _request_in(function: NodeRef, each_row: bool, depth: int) -> NodeRef | None:
    """The first in a function that is called with a row (`each_row`), or with a batch."""
    # Once for each function, which several pipelines call: the ways to it through others multiply.
    derived, key = function.cell.derived, (request_in, function.node, each_row, depth)
    if key not in derived:
        derived[key] = _first_request(function, each_row, depth)
    found = derived[key]
    return found if isinstance(found, NodeRef) else None


def _first_request(function: NodeRef, each_row: bool, depth: int) -> NodeRef | None:
    rows = rows_of(function.node)
    for node in own_nodes(function.node):
        if not isinstance(node, cst.Call):
            continue
        location = NodeRef(function.cell, node)
        for_row = each_row or is_for_each_row(location, function, rows)
        if for_row and _is_request(node, location):
            return location
        if depth < _MAX_HELPERS:
            helper = called_function(node, location)
            if helper is not None and helper.node is not function.node and not _is_wrapped(node, helper):
                found = _request_in(helper, for_row, depth + 1)
                if found is not None:
                    return found
    return None


def _is_wrapped(call: cst.Call, helper: NodeRef) -> bool:
    """Whether a function of the file has a decorator, which may keep or repeat what it decorates."""
    decorated = isinstance(helper.node, cst.FunctionDef) and bool(helper.node.decorators)
    return decorated and isinstance(call.func, cst.Name)


def _is_request(call: cst.Call, location: NodeRef) -> bool:
    if qualified_name(call.func, location) in REQUESTS:
        return True
    name = dotted(call.func)
    if not isinstance(call.func, cst.Attribute):
        return False
    owner, _, method = name.rpartition(".")
    if "." in name and any(name.endswith(f".{request}") for request in CLIENT_REQUESTS):
        return True
    return method in SESSION_REQUESTS and any(
        isinstance(value.node, cst.Call) and qualified_name(value.node.func, value) in SESSIONS
        for value in values_of(owner, location)
    )
