"""DFT102 batches-after-inflation."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.edits import RemoveCall
from daft_lint.api.nodes import method_location
from daft_lint.api.rule import Fix, Level, Observation, PipelineRule, level_for
from daft_lint.pipeline.model import BoundKind, Pipeline, Runner
from daft_lint_rules._streaming import (
    Misplaced,
    maker,
    misplaced_batches,
    move_of,
    number,
    reads_few,
)


class BatchesAfterInflation(PipelineRule):
    """An `into_batches` stands behind the step that makes the data heavy, so it cuts the heavy data and not the light
    rows that it is made from.

    It is *advice* where the script is for the native runner, which streams through either place. An `into_batches`
    right after an `explode` or a repartitioning step is where it belongs, and is not reported.

    ## Why

    On Ray `into_batches` ends one set of tasks and begins another: the tasks before it run to their end and put all
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

    Moves the call before the inflating step; where an `into_batches` stands there already, it removes the late one.
    There is no fix where its argument is something that may not be known at the earlier place. The fix is safe: the
    row order is as little kept as before.

    ## Options

    - `cluster.runner`: `native` makes it advice.
    - `sources`: which columns are heavy in the source; a source that is heavy already has no place before it.
    - `heavy_row_bytes` (32 KiB): from which size on a row is heavy.
    """

    code = "DFT102"
    name = "batches-after-inflation"
    level = Level.WARNING
    trigger_words = ("into_batches",)
    fixable = True

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each misplaced `into_batches`."""
        if reads_few(pipeline):
            return
        for misplaced in misplaced_batches(pipeline):
            count = misplaced.operator.step.count
            rows = misplaced.operator.rows_in
            if rows is None or count is None or count.value is None or rows > count.value:
                yield _observation(pipeline, misplaced)


def _observation(pipeline: Pipeline, misplaced: Misplaced) -> Observation:
    evidence = misplaced.column.weight.evidence
    made_by = maker(misplaced.inflating)
    native = pipeline.runner is Runner.NATIVE
    again = _is_bounded_before(misplaced)
    return Observation(
        location=method_location(misplaced.operator.step),
        level=level_for(Level.ADVICE if native else Level.WARNING, pipeline, evidence),
        observed=f"`into_batches{_argument(misplaced)}` stands behind `{made_by}` and cuts the heavy column"
        f" `{misplaced.column.name}` that it made" + (f" (heavy: {evidence.reason})" if evidence is not None else ""),
        impact=(
            "It is in the wrong place once the script runs on Ray, where the tasks before it hold all that they make"
            if native
            else "On Ray the tasks before it run to their end and hold all that they made: 38.6 s and 5.6 GB in our"
            " measurement, against 11.4 s and 3.5 GB with the call before the inflating step"
        ),
        suggestion=f"Drop it: an `into_batches` stands before `{made_by}` already"
        if again
        else f"Move it before `{made_by}`",
        evidence=evidence,
        related=((misplaced.inflating.step.call, f"`{made_by}` makes the data heavy here"),),
        fix=_removal(misplaced) if again else move_of(pipeline, misplaced),
    )


def _argument(misplaced: Misplaced) -> str:
    count = misplaced.operator.step.count
    return "" if count is None or count.value is None else f"({number(count.value)})"


def _is_bounded_before(misplaced: Misplaced) -> bool:
    bound = misplaced.inflating.bound
    return bound.kind is BoundKind.BATCHES and bound.by is not None


def _removal(misplaced: Misplaced) -> Fix:
    return Fix("Remove the second `.into_batches(...)`", (RemoveCall(misplaced.operator.step.call),))
