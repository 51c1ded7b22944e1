"""DFT302: `max_concurrency` on a synchronous function."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.edits import RemoveArgument
from daft_lint.api.nodes import udf_related
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule
from daft_lint.api.udf_code import given_options
from daft_lint.pipeline.model import NodeRef, Script, Udf, UdfKind


class ConcurrencyOnSyncFunc(ScriptRule):
    """`max_concurrency` on a `daft.func` or `daft.func.batch` that is synchronous, or on an asynchronous `daft.func`,
    where it bounds nothing.

    ## Why
    On a synchronous function Daft raises a ValueError as soon as the module is imported (experiment e6):
    "`max_concurrency` on a synchronous `@daft.func` has no effect". A synchronous function already runs in each task,
    on every CPU that Daft has.

    On an asynchronous one that takes a row, Daft 0.7.26 accepts the option and ignores it: of 60 rows, 60 calls were in
    flight at 1, 2 and 8 alike, on both runners. What it was to protect, a server with a limit, gets them all.

    `concurrency`, as `daft.udf` calls it, is a TypeError on either.

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
    Removes the argument from a synchronous function. It is safe: with it, the module cannot be imported. On an
    asynchronous one it takes another form of the body.

    ## Options
    None.
    """

    code = "DFT302"
    name = "concurrency-on-sync-func"
    level = Level.ERROR
    trigger_words = ("max_concurrency", "concurrency")
    fixable = True
    ends = (
        Failure("ValueError", "when the module is imported"),
        Failure("TypeError", "when the module is imported, for `concurrency`"),
    )

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for udf in script.udfs:
            location = udf.options or udf.definition
            if not _has_count(udf) or location is None or id(location.node) in seen:
                continue
            seen.add(id(location.node))
            if not udf.is_async or _name(udf) == "concurrency":
                yield self._on_synchronous(udf)
            elif udf.kind is UdfKind.FUNC:
                yield self._on_asynchronous(udf)

    def _on_asynchronous(self, udf: Udf) -> Observation:
        return Observation(
            location=_location(udf),
            level=Level.WARNING,
            observed=f"`{_option(udf)}` on `{udf.name}`, an asynchronous `{udf.kind.value}`",
            impact="It bounds nothing: all rows of a batch are in flight at once, whatever the number",
            suggestion="Bound them in the body: `async with` an `asyncio.Semaphore` that a cached function makes, or"
            " write an asynchronous `daft.func.batch` with a `batch_size`",
            related=udf_related(udf),
        )

    def _on_synchronous(self, udf: Udf) -> Observation:
        """Of an asynchronous function too, where it has the older name."""
        name = _name(udf)
        kind = "an asynchronous" if udf.is_async else "a synchronous"
        why = "ValueError when the module is imported: a synchronous function runs in each task"
        if name == "concurrency":
            why = f"TypeError when the module is imported: `{udf.kind.value}` has no option of that name"
        return Observation(
            location=_location(udf),
            level=self.level,
            observed=f"`{_option(udf)}` on `{udf.name}`, {kind} `{udf.kind.value}`",
            impact=f"Daft raises a {why}",
            suggestion="Remove it; to run in a fixed number of actors write a class with "
            "`@daft.cls(max_concurrency=...)`",
            related=udf_related(udf),
            fix=None
            if udf.options is None
            else Fix(
                title=f"Remove `{name}` from the {'asynchronous' if udf.is_async else 'synchronous'} function",
                actions=(RemoveArgument(udf.options, name),),
            ),
        )


def _has_count(udf: Udf) -> bool:
    """A function whose definition is not in view may be an `async def`."""
    is_function = udf.kind in (UdfKind.FUNC, UdfKind.FUNC_BATCH) and udf.definition is not None
    return is_function and udf.max_concurrency is not None


def _location(udf: Udf) -> NodeRef:
    """The number, else what carries it."""
    count = udf.max_concurrency
    location = (count.location if count is not None else None) or udf.options or udf.definition
    assert location is not None  # check() asked for it
    return location


def _name(udf: Udf) -> str:
    """The option's name; `daft.udf` calls it `concurrency`."""
    given = given_options(udf) or frozenset()
    return "concurrency" if "concurrency" in given and "max_concurrency" not in given else "max_concurrency"


def _option(udf: Udf) -> str:
    """The option as it is written, with its number where that is known."""
    count = udf.max_concurrency
    return _name(udf) if count is None or count.value is None else f"{_name(udf)}={count.value}"
