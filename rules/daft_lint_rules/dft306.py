"""DFT306: a UDF that waits for one answer after the other, though it could wait for all at once."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.nodes import enclosing, is_mentioned, short_code
from daft_lint.api.promises import Failure
from daft_lint.api.requests import asks_by_session, blocking_call_in
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.api.udf_code import dotted, function_of, own_nodes, qualified_name
from daft_lint.api.udf_rows import is_for_each_row, rows_of
from daft_lint.pipeline.model import NodeRef, Script, Udf, UdfKind

_BATCH = frozenset({UdfKind.FUNC_BATCH, UdfKind.METHOD_BATCH, UdfKind.LEGACY})
_RUNNERS = frozenset({"asyncio.run", "anyio.run", "asgiref.sync.async_to_sync"})
_EVENT_LOOPS = (b"asyncio", b"anyio", b"asgiref")
"""The modules of what a synchronous function is looked through for."""


class BlockingUdf(ScriptRule):
    """A blocking call in an `async def` or in a function that it calls, an `await` or `async with` in a loop over a
    batch, `asyncio.run` for each row, or `asyncio.get_event_loop` in a synchronous UDF.

    ## Why
    Daft runs the coroutines of an asynchronous UDF at once, in one thread. A call that blocks that thread lets nothing
    else go on: 200 calls that wait 50 ms each took 10.1 s with a blocking call in the `async def`, 10.1 s with `await`
    in a loop of a batch UDF, 10.2 s with `asyncio.run` for each row; 0.06 s with `await`, row by row or by
    `asyncio.gather`, and 1.7 s with `asyncio.to_thread` (experiments e12, e13). `asyncio.get_event_loop()` raises a
    RuntimeError in a worker's thread, which has no event loop.

    ## Example

        @daft.func
        async def status(url: str) -> int:
            return requests.head(url, timeout=10).status_code

    becomes

        @daft.func
        async def status(url: str) -> int:
            async with httpx.AsyncClient() as client:
                return (await client.head(url)).status_code

    or, where there is no asynchronous client, `await asyncio.to_thread(requests.head, url)`.

    ## Fix
    None: it takes another client, or another form of the body.

    ## Options
    None.
    """

    code = "DFT306"
    name = "blocking-udf"
    level = Level.ERROR
    trigger_words = ("async", "asyncio", "anyio")
    ends = (Failure("RuntimeError", "when the UDF is called"),)

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for udf in script.udfs:
            function = function_of(udf)
            if function is None or id(function.node) in seen:
                continue
            seen.add(id(function.node))
            if udf.is_async:
                yield from self._in_async(udf, function)
            elif is_mentioned(function.cell, _EVENT_LOOPS):
                yield from self._in_sync(udf, function)

    def _in_async(self, udf: Udf, function: NodeRef) -> Iterator[Observation]:
        for node in own_nodes(function.node):
            location = NodeRef(function.cell, node)
            blocking = blocking_call_in(location) if isinstance(node, cst.Call) else None
            if blocking is not None:
                helped = blocking.node is not node
                yield Observation(
                    location=location,
                    level=Level.WARNING,
                    observed=f"`{udf.name}` is an `async def`, and `{short_code(blocking.node)}` blocks its thread"
                    + (f", called by `{short_code(node)}`" if helped else ""),
                    impact="No other row goes on while it waits: 200 calls of 50 ms took 10.1 s, with `await` 0.06 s in"
                    " our measurement",
                    suggestion="Await an asynchronous client, or `await asyncio.to_thread(...)`",
                    related=((blocking, "it waits here"),) if helped else (),
                )
            awaited = _awaited(node) if udf.kind in _BATCH else None
            if awaited is not None and _waits_for_each_row(function, NodeRef(function.cell, awaited)):
                yield Observation(
                    location=location,
                    level=Level.WARNING,
                    observed=f"`{udf.name}` gets a batch, and awaits `{short_code(awaited)}` in a loop over it",
                    impact="Each row waits for the one before: 200 calls of 50 ms took 10.1 s, with `asyncio.gather`"
                    " 0.06 s in our measurement",
                    suggestion="Await all at once: `await asyncio.gather(*(f(row) for row in rows))`",
                )

    def _in_sync(self, udf: Udf, function: NodeRef) -> Iterator[Observation]:
        for node in own_nodes(function.node):
            location = NodeRef(function.cell, node)
            if not isinstance(node, cst.Call):
                continue
            name = qualified_name(node.func, location)
            if name == "asyncio.get_event_loop" and not _is_tried(function, location):
                yield Observation(
                    location=location,
                    level=Level.ERROR,
                    observed=f"`{udf.name}` calls `asyncio.get_event_loop()`",
                    impact="A worker's thread has no event loop: the call raises a RuntimeError",
                    suggestion="Write the UDF as `async def`, or call `asyncio.run(...)` once for a batch",
                )
            elif name in _RUNNERS and udf.kind not in _BATCH:
                yield Observation(
                    location=location,
                    level=Level.WARNING,
                    observed=f"`{udf.name}` calls `{dotted(node.func)}` for each row",
                    impact="One row waits for the other: 200 calls of 50 ms took 10.2 s, as `async def` 0.06 s in our"
                    " measurement",
                    suggestion="Write the UDF as `async def` and await",
                )


def _is_tried(function: NodeRef, location: NodeRef) -> bool:
    """Whether the script is ready for the failure, or has made a loop before."""
    for above in enclosing(location, cst.Try, cst.FunctionDef):
        if isinstance(above, cst.Try):
            return True
        break
    nodes = own_nodes(function.node)
    return any(isinstance(n, cst.Attribute) and n.attr.value == "set_event_loop" for n in nodes)


def _awaited(node: cst.CSTNode) -> cst.Call | None:
    """The call whose outcome an `await`, or an `async with` of a request, waits for."""
    if isinstance(node, cst.Await):
        return node.expression if isinstance(node.expression, cst.Call) else None
    if isinstance(node, cst.WithItem) and isinstance(node.item, cst.Call):
        return node.item if asks_by_session(node.item) else None
    return None


def _waits_for_each_row(function: NodeRef, location: NodeRef) -> bool:
    """Whether a call that is waited for stands in a loop over the rows, and waits for no more than one."""
    call = location.node
    if not isinstance(call, cst.Call) or qualified_name(call.func, location).startswith(("asyncio.", "anyio.")):
        return False
    return is_for_each_row(location, function, rows_of(function.node))
