"""DFT307: requests that a UDF makes one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.nodes import short_code
from daft_lint.api.promises import Direction, Measure, Promise, Role
from daft_lint.api.requests import request_in
from daft_lint.api.rows import has_few_rows
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.api.scopes import nodes_in
from daft_lint.api.udf_code import function_of, given_options
from daft_lint.pipeline.model import NodeRef, Script, Udf, UdfKind

_SEVERAL = frozenset({
    "ThreadPoolExecutor", "ProcessPoolExecutor", "ThreadPool", "Pool", "Thread", "executor", "pool",
    "gather", "run_until_complete", "asyncio", "trio", "anyio",
})  # fmt: skip
"""Names that say that several requests run at once."""


class SerialRequests(ScriptRule):
    """A synchronous UDF that waits for a network answer for each row, with nothing that runs several at once.

    ## Why
    A task calls a synchronous function for one row after the other, so the waiting adds up: 200 calls that wait 50 ms
    each took 10.2 s, as `async def` with `await` 0.06 s, with `asyncio.to_thread` 1.7 s (experiment e12).

    ## Example

        client = openai.OpenAI()

        @daft.func
        def summary(text: str) -> str:
            return client.responses.create(model="gpt-5-mini", input=text).output_text

    becomes

        @daft.cls
        class Summary:
            def __init__(self):
                self.client = openai.AsyncOpenAI()
                self.limit = asyncio.Semaphore(64)

            async def __call__(self, text: str) -> str:
                async with self.limit:
                    answer = await self.client.responses.create(model="gpt-5-mini", input=text)
                return answer.output_text

    `daft.functions.prompt` and `embed_text` do that for models that Daft knows, `download` for the bytes of a URL.

    ## Fix
    None: it takes another client, and the limits of the service are yours to know.

    ## Options
    None. Known are requests, httpx, urllib, sessions, the clients of OpenAI, Anthropic and boto3, yt-dlp, streamlink,
    and programs such as `curl` and `wget`. A pool of threads in the class, `max_concurrency` and `use_process` run
    several: then the rule is silent, and so it is for a few rows.
    """

    code = "DFT307"
    name = "serial-requests"
    level = Level.ADVICE
    trigger_words = ("udf", "func", "cls", "apply")
    promises = (Promise(Measure.WALL, Direction.LOWER, Role.CONFIRMS, threshold=0.5),)

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[object] = set()
        for udf in script.udfs:
            if udf.is_async or udf.kind is UdfKind.AI or udf.definition in seen:
                continue
            if _has_actors(udf) or _runs_several(udf):
                continue
            request = request_in(udf)
            if request is not None and not has_few_rows(udf, script):
                seen.add(udf.definition)
                yield self._observation(udf, request)

    def _observation(self, udf: Udf, request: NodeRef) -> Observation:
        function = function_of(udf)
        return Observation(
            location=request,
            level=self.level,
            observed=f"`{udf.name}` waits for `{short_code(request.node)}`, one row after the other",
            impact="The waiting adds up: 200 calls of 50 ms took 10.2 s, as `async def` with `await` 0.06 s in our"
            " measurement",
            suggestion="Write it as `async def` with an asynchronous client, and an `asyncio.Semaphore` where the"
            " service has limits",
            related=() if function is None else ((function, f"`{udf.name}` is a synchronous UDF"),),
        )


def _has_actors(udf: Udf) -> bool:
    """Whether the UDF may run in several actors; a number on a synchronous function, which Daft refuses, makes none."""
    options = given_options(udf)
    if options is None or "use_process" in options:
        return True
    counted = udf.max_concurrency is not None or not options.isdisjoint(("max_concurrency", "concurrency"))
    return counted and udf.kind not in (UdfKind.FUNC, UdfKind.FUNC_BATCH)


def _runs_several(udf: Udf) -> bool:
    """Whether the UDF's class or function mentions threads, processes, or an event loop of its own."""
    if udf.definition is None:
        return False
    return any(isinstance(node, cst.Name) and node.value in _SEVERAL for node in nodes_in(udf.definition.node))
