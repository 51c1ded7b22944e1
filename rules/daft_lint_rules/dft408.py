"""DFT408: a key that has to be read or awaited first."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.nodes import method_location
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.pipeline.model import Expression, ExpressionKind, Script, Step, StepKind

_DISTINCT = frozenset({"distinct", "unique", "drop_duplicates"})
_KEYED = frozenset({"sort", "groupby", "agg", "join", *_DISTINCT})


class ReadInKey(ScriptRule):
    """A `download` in a filter's predicate, a `download` or an asynchronous UDF in a key of `sort`, `groupby`,
    `distinct` or `join`, or in an aggregation.

    ## Why
    Filters, keys and aggregations are evaluated where Daft cannot wait for an answer: the run ends in a panic, "Cannot
    start a runtime from within a runtime", and a `sort` is refused when the plan is made (experiment e18). An
    asynchronous UDF in `where` works.

    ## Example

        df = df.where(length(download(col("url"), on_error="null")) > 1000)

    becomes

        df = df.with_column("data", download(col("url"), on_error="null"))
        df = df.where(length(col("data")) > 1000)

    ## Fix
    None: the new column needs a name, and may have to be dropped again.

    ## Options
    None.
    """

    code = "DFT408"
    name = "read-in-key"
    level = Level.ERROR
    trigger_words = ("download", "async")
    ends = (
        Failure("PanicException", "when the plan is made or run"),
        Failure("panicked", "when the plan runs"),
        Failure("ValueError", "when the plan is made"),
    )

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for step in script.steps:
            found = next(_waiting(step), None)
            if found is None or id(step.call.node) in seen:
                continue
            seen.add(id(step.call.node))
            is_udf = found.udf is not None
            what = f"`{found.name}`, an asynchronous UDF," if is_udf else "`download`"
            yield Observation(
                location=method_location(step),
                level=self.level,
                observed=f"`{step.name}` evaluates {what} in {_place(step)}",
                impact="Daft cannot wait for an answer there: the query fails, most often in a panic",
                suggestion=f"Make it a column with `with_column` first, and give `{step.name}` that column",
                related=() if found.location is None else ((found.location, "it is called here"),),
            )


def _place(step: Step) -> str:
    if step.kind is StepKind.FILTER:
        return "its predicate"
    return "an aggregation" if step.name == "agg" else "a key or an aggregation" if step.name == "groupby" else "a key"


def _waiting(step: Step) -> Iterator[Expression]:
    """What the step evaluates where it cannot wait."""
    if step.name not in _KEYED and step.name not in ("where", "filter"):
        return
    for expression in step.walk():
        is_read = expression.kind is ExpressionKind.FUNCTION and expression.name == "download"
        is_async = expression.udf is not None and expression.udf.is_async
        if is_read or (is_async and step.name in _KEYED):
            yield expression
