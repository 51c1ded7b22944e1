"""Requests that a UDF waits for, once for each row."""

from __future__ import annotations

from daft_lint.api import cst
from daft_lint.api.udf_code import (
    BLOCKING,
    called_function,
    constant,
    dotted,
    function_of,
    own_nodes,
    qualified_name,
    values_of,
)
from daft_lint.api.udf_rows import is_for_each_row, rows_of
from daft_lint.pipeline.model import NodeRef, Udf, UdfKind
from daft_lint.pipeline.udf_body.libraries import CLIENTS, SESSIONS
from daft_lint.pipeline.udf_body.waiting import (
    CLIENT_REQUESTS,
    DOWNLOADERS,
    NETWORK_TOOLS,
    PROCESSES,
    REQUESTS,
    SESSION_REQUESTS,
)

_MAX_HELPERS = 3
"""Helpers inside helpers that are followed."""

_ASYNCHRONOUS = frozenset({"aiohttp.ClientSession", "requests_futures.sessions.FuturesSession"})


def blocking_call_in(location: NodeRef, depth: int = 0) -> NodeRef | None:
    """A call that blocks its thread where an asynchronous function makes it: itself, or the first one in the function
    of the file that it calls; None where it waits for nothing."""
    call = location.node
    assert isinstance(call, cst.Call)
    awaited = isinstance(location.cell.parents.get(call), cst.Await)
    if qualified_name(call.func, location) in BLOCKING or (not awaited and _asks_by_client(call, location)):
        return location
    helper = called_function(call, location)
    if helper is None or depth == _MAX_HELPERS or not isinstance(helper.node, cst.FunctionDef):
        return None
    if awaited is (helper.node.asynchronous is None) or helper.node.decorators:
        return None
    # Once for each helper: the ways to it through others multiply.
    return helper.cell.once((blocking_call_in, helper.node, depth), lambda: _first_blocking(helper, depth + 1))


def asks_by_session(call: cst.Call) -> bool:
    """Whether a call is spelled as a request of a session: `session.get(url)`."""
    owner, _, method = dotted(call.func).rpartition(".")
    return bool(owner) and method in SESSION_REQUESTS


def _first_blocking(function: NodeRef, depth: int) -> NodeRef | None:
    calls = (node for node in own_nodes(function.node) if isinstance(node, cst.Call))
    found = (blocking_call_in(NodeRef(function.cell, call), depth) for call in calls)
    return next((call for call in found if call is not None), None)


def _asks_by_client(call: cst.Call, location: NodeRef) -> bool:
    """Whether a method of a client or session that is known not to be asynchronous waits for an answer."""
    name = dotted(call.func)
    for request in (*CLIENT_REQUESTS, *SESSION_REQUESTS):
        if name.endswith(f".{request}"):
            owner = name.removesuffix(f".{request}")
            made = (v.node.func for v in values_of(owner, location) if isinstance(v.node, cst.Call))
            makers = CLIENTS if request in CLIENT_REQUESTS else SESSIONS
            if any(_is_synchronous(qualified_name(func, location), makers) for func in made):
                return True
    return False


def _is_synchronous(maker: str, makers: frozenset[str]) -> bool:
    return maker in makers - _ASYNCHRONOUS and not maker.rpartition(".")[2].startswith("Async")


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
    key = (request_in, function.node, each_row, depth)
    return function.cell.once(key, lambda: _first_request(function, each_row, depth))


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
    function = qualified_name(call.func, location)
    if function in REQUESTS or (function in PROCESSES and _program(call, location) in NETWORK_TOOLS):
        return True
    name = dotted(call.func)
    if not isinstance(call.func, cst.Attribute):
        return False
    owner, _, method = name.rpartition(".")
    if "." in name and any(name.endswith(f".{request}") for request in CLIENT_REQUESTS):
        return True
    makers = (qualified_name(v.node.func, v) for v in values_of(owner, location) if isinstance(v.node, cst.Call))
    return any(
        (method in SESSION_REQUESTS and maker in SESSIONS) or method in DOWNLOADERS.get(maker, ()) for maker in makers
    )


def _program(call: cst.Call, location: NodeRef) -> str:
    """The program that a process runs, `curl` of `["curl", "-s", url]` and of `f"curl -s {url}"`."""
    command: cst.CSTNode | None = call.args[0].value if call.args else None
    if isinstance(command, cst.Name):
        command = next((value.node for value in values_of(command.value, location)), None)
    if isinstance(command, cst.List | cst.Tuple) and command.elements:
        command = command.elements[0].value
    if isinstance(command, cst.FormattedString) and command.parts:
        first = command.parts[0]
        text: object = first.value if isinstance(first, cst.FormattedStringText) else ""
    else:
        text = constant(command) if isinstance(command, cst.SimpleString | cst.ConcatenatedString) else None
    words = text.split() if isinstance(text, str) else []
    return words[0].rpartition("/")[2] if words else ""
