"""DFT102 batches-after-inflation."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.batching import LateBatches, late_batches
from daft_lint.api.edits import RemoveCall
from daft_lint.api.heavy import maker
from daft_lint.api.insertion import move_call, point_before
from daft_lint.api.nodes import method_location
from daft_lint.api.promises import EXHAUSTION, Direction, Measure, Promise, Role
from daft_lint.api.rule import Fix, Level, Need, Observation, PipelineRule, Sinks, level_for
from daft_lint.api.wording import written_call
from daft_lint.pipeline.model import BoundKind, Pipeline, Runner


class BatchesAfterInflation(PipelineRule):
    """An `into_batches` comes after the step that makes the data heavy, so it splits the heavy data and not the light
    rows that the data is made from.

    It is *advice* where the script is for the native runner, which streams through either place. An `into_batches`
    right after an `explode` or a repartitioning step is where it belongs, and is not reported.

    ## Why

    On Ray `into_batches` ends one set of tasks and starts another: the tasks before it run to their end and put all
    that they made into the object store. Measured with 1,024 rows of 1 MB each that a UDF expands to float32:

    | runner | pipeline | wall | peak memory of the worker |
    |---|---|---|---|
    | Ray | no batching | 29.7 s | 9,003 MB |
    | Ray | `into_batches(32)` **before** the inflating step | 11.4 s | 3,530 MB |
    | Ray | `into_batches(32)` **after** it | 38.6 s | 5,602 MB |
    | native | `into_batches(32)` before it | 11.6 s | 3,627 MB |
    | native | `into_batches(32)` after it | 10.5 s | 3,506 MB |

    Behind a `download` of 1 MB blobs the peak on Ray was 706 MB with `into_batches(32)` before it, 1,596 MB after it.

    ## Example

    ```python
    # before
    df = df.with_column("jpeg", download(df["url"])).into_batches(32)
    df = df.with_column("label", classify(df["jpeg"]))

    # after
    df = df.into_batches(32).with_column("jpeg", download(df["url"]))
    df = df.with_column("label", classify(df["jpeg"]))
    ```

    ## Fix

    Moves the call before the inflating step; where there is an `into_batches` already, it removes the late one. There
    is no fix where the argument may not be known at the earlier place. The fix is safe: the row order was not kept
    before either.

    ## Options

    - `cluster.runner`: `native` makes it advice.
    - `sources`: which columns are heavy in the source; there is no earlier place where the source is heavy already.
    - `heavy_row_bytes` (32 KiB): from which size on a row is heavy.
    """

    code = "DFT102"
    name = "batches-after-inflation"
    level = Level.WARNING
    needs = (Need.ALL_ROWS, Need.HEAVY)
    trigger_words = ("into_batches",)
    fixable = True
    sinks = Sinks.ALL_ROWS
    promises = (
        Promise(Measure.REBATCHED_BYTES, Direction.LOWER),
        Promise(Measure.LARGEST_CALL, Direction.LOWER, Role.INFORMS),
        Promise(Measure.OBJECT_STORE, Direction.LOWER, Role.INFORMS),
        Promise(Measure.WORKER_MEMORY, Direction.LOWER, Role.LIMITS),
    )
    ends = (EXHAUSTION,)

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each `into_batches` that comes too late."""
        for late in late_batches(pipeline):
            count = late.operator.step.count
            rows = late.operator.rows_in
            if rows is None or count is None or count.value is None or rows > count.value:
                yield _observation(pipeline, late)


def _observation(pipeline: Pipeline, late: LateBatches) -> Observation:
    evidence = late.column.weight.evidence
    made_by = maker(late.inflating)
    native = pipeline.runner is Runner.NATIVE
    again = _is_batched_before(late)
    reason = "" if evidence is None else f" (heavy: {evidence.reason})"
    return Observation(
        location=method_location(late.operator.step),
        level=level_for(Level.ADVICE if native else Level.WARNING, pipeline, evidence),
        observed=f"`{written_call(late.operator.step)}` comes after `{made_by}` and splits the heavy column"
        f" `{late.column.name}` that it made{reason}",
        impact=(
            "It is in the wrong place once the script runs on Ray, where the tasks before it hold all that they make"
            if native
            else "On Ray the tasks before it run to their end and hold all that they made: 38.6 s and 5.6 GB in our"
            " measurement, against 11.4 s and 3.5 GB with the call before the inflating step"
        ),
        suggestion=f"Drop it: there is an `into_batches` before `{made_by}` already"
        if again
        else f"Move it before `{made_by}`",
        evidence=evidence,
        related=((late.inflating.step.call, f"`{made_by}` makes the data heavy here"),),
        operator=late.operator,
        fix=_removal(late) if again else move_call(late.operator, point_before(pipeline, late.inflating)),
    )


def _is_batched_before(late: LateBatches) -> bool:
    bound = late.inflating.bound
    return bound.kind is BoundKind.BATCHES and bound.by is not None


def _removal(late: LateBatches) -> Fix:
    return Fix("Remove the second `.into_batches(...)`", (RemoveCall(late.operator.step.call),))
