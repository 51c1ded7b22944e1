"""DFT302: `max_concurrency` on a synchronous function."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.edits import RemoveArgument
from daft_lint.api.nodes import udf_related
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule
from daft_lint.pipeline.model import Script, Udf, UdfKind


class ConcurrencyOnSyncFunc(ScriptRule):
    """`max_concurrency` on a synchronous `daft.func` or `daft.func.batch`.

    ## Why
    For a function, `max_concurrency` bounds the coroutines of an `async def`. On a synchronous one Daft raises a
    ValueError as soon as the module is imported (experiment e6): "`max_concurrency` on a synchronous `@daft.func` has
    no effect". A synchronous function already runs in each task, on every CPU that Daft has.

    ## Example

        @daft.func(return_dtype=DataType.string(), max_concurrency=8)
        def language(text: str) -> str:
            return langid.classify(text)[0]

    becomes

        @daft.func(return_dtype=DataType.string())
        def language(text: str) -> str:
            return langid.classify(text)[0]

    To bound how many calls run at once, write a class: `@daft.cls(max_concurrency=8)` runs in 8 actors. For calls that
    wait, such as HTTP requests, write `async def`.

    ## Fix
    Removes the argument. It is safe: with it, the module cannot be imported.

    ## Options
    None.
    """

    code = "DFT302"
    name = "concurrency-on-sync-func"
    level = Level.ERROR
    trigger_words = ("max_concurrency",)
    fixable = True
    ends = (Failure("ValueError", "when the module is imported"),)

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for udf in script.udfs:
            location = udf.options or udf.definition
            if not _is_wrong(udf) or location is None or id(location.node) in seen:
                continue
            seen.add(id(location.node))
            yield self._observation(udf)

    def _observation(self, udf: Udf) -> Observation:
        count = udf.max_concurrency
        location = (count.location if count is not None else None) or udf.options or udf.definition
        assert location is not None  # check() asked for it
        value = "" if count is None or count.value is None else f"={count.value}"
        return Observation(
            location=location,
            level=self.level,
            observed=f"`max_concurrency{value}` on `{udf.name}`, a synchronous `{udf.kind.value}`",
            impact="Daft raises a ValueError when the module is imported: the option counts coroutines of an"
            " `async def`",
            suggestion="Remove it; to run in a fixed number of actors write a class with "
            "`@daft.cls(max_concurrency=...)`",
            related=udf_related(udf),
            fix=None
            if udf.options is None
            else Fix(
                title="Remove `max_concurrency` from the synchronous function",
                actions=(RemoveArgument(udf.options, "max_concurrency"),),
            ),
        )


def _is_wrong(udf: Udf) -> bool:
    """A function whose definition is not in view may be an `async def`."""
    is_function = udf.kind in (UdfKind.FUNC, UdfKind.FUNC_BATCH) and udf.definition is not None
    return is_function and not udf.is_async and udf.max_concurrency is not None
