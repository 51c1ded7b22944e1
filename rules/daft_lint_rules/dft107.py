"""DFT107 batch-never-fills."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import catalog
from daft_lint.api.nodes import udf_related
from daft_lint.api.rule import Level, Observation, PipelineRule
from daft_lint.pipeline.model import (
    DOWNLOAD_ROWS,
    Expression,
    ExpressionKind,
    NodeRef,
    Operator,
    Pipeline,
    Step,
    StepKind,
    UdfCall,
)
from daft_lint_rules._fanout import known
from daft_lint_rules._streaming import is_boundary, number, reads_few


class BatchNeverFills(PipelineRule):
    """A UDF asks for a `batch_size` above 128 behind a built-in `download` in the same stage: it never gets
    more than 128 rows.

    ## Why

    `download` hands on 128 rows at a time, on both runners, so that the bytes in flight stay bounded. Measured
    with 2,000 rows and `batch_size=512`: the largest call got 128 rows. A batch that was tuned for a GPU is
    never full, and what the script says is not what it does.

    ## Example

    ```python
    # before: calls of 128 rows
    @daft.func.batch(return_dtype=DataType.float32(), batch_size=512)
    def score(jpeg: Series) -> list[float]: ...

    df = df.with_column("jpeg", download(df["url"]))
    df = df.with_column("score", score(df["jpeg"]))

    # after: say what happens
    @daft.func.batch(return_dtype=DataType.float32(), batch_size=128)
    ```

    ## Fix

    None: 128 is what the pipeline gives. For larger calls, fetch inside the UDF, which then gets its
    `batch_size` of URLs.

    ## Options

    None.
    """

    code = "DFT107"
    name = "batch-never-fills"
    level = Level.ADVICE
    trigger_words = ("batch_size", "download")

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each UDF call whose batches a `download` cuts short."""
        if reads_few(pipeline):
            return
        for operator in pipeline.operators:
            if operator.rows_in is not None and operator.rows_in <= DOWNLOAD_ROWS:
                continue
            for call in operator.udf_calls:
                size = known(call.udf.batch_size)
                if size is None or size <= DOWNLOAD_ROWS or not call.read:
                    continue
                cut = _cut_by(pipeline, operator, call)
                if cut is not None:
                    yield _observation(operator, call, size, cut)


def _cut_by(pipeline: Pipeline, operator: Operator, call: UdfCall) -> NodeRef | None:
    """The `download` that cuts what reaches the call: the last step in the stage that says how many rows that is."""
    for argument in call.expression.inputs:
        for expression in argument.walk():
            if _cuts(expression):
                return expression.location or operator.step.call
    for earlier in reversed(pipeline.operators[: operator.index]):
        found = next((e for e in _evaluated(earlier.step) if _cuts(e)), None)
        if found is not None and not is_boundary(pipeline, earlier):
            return found.location or earlier.step.call
        if is_boundary(pipeline, earlier) or earlier.step.kind is StepKind.BATCHES:
            return None
    return None


def _evaluated(step: Step) -> Iterator[Expression]:
    for root in (*step.outputs, *step.expressions):
        yield from root.walk()


def _cuts(expression: Expression) -> bool:
    if expression.kind is not ExpressionKind.FUNCTION or expression.name is None:
        return False
    spec = catalog.FUNCTIONS.get(expression.name)
    return spec is not None and spec.output_batch_rows is not None


def _observation(operator: Operator, call: UdfCall, size: int, cut: NodeRef) -> Observation:
    return Observation(
        location=call.expression.location or operator.step.call,
        level=Level.ADVICE,
        observed=f"`{call.udf.name}` asks for batches of {number(size)} rows behind a `download`,"
        f" which hands on {DOWNLOAD_ROWS} at a time",
        impact=f"No call gets more than {DOWNLOAD_ROWS} rows, {DOWNLOAD_ROWS / size:.0%} of what it was tuned for",
        suggestion=f"Write `batch_size={DOWNLOAD_ROWS}` or less; for larger calls, fetch the bytes inside the UDF",
        related=((cut, "this `download` cuts the rows"), *udf_related(call.udf)),
    )
