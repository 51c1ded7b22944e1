"""DFT106 unbatched-inflation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from daft_lint.api import catalog
from daft_lint.api.batching import recommended_batch_rows
from daft_lint.api.heavy import inflated_label
from daft_lint.api.insertion import batches_remedy, insertion_point_for
from daft_lint.api.nodes import method_location
from daft_lint.api.promises import EXHAUSTION, Direction, Measure, Promise, Role
from daft_lint.api.remedies import remedies
from daft_lint.api.rows import unbounded_rows
from daft_lint.api.rule import Level, Need, Observation, PipelineRule, Remedy, Sinks
from daft_lint.api.segments import boundary_of, segment_of
from daft_lint.pipeline.model import BoundKind, Evidence, NodeRef, Operator, Pipeline, Step, StepKind, Strength

_HEAVY_FUNCTIONS = tuple(
    name
    for name, spec in catalog.FUNCTIONS.items()
    if spec.effect is catalog.WeightEffect.HEAVY and spec.output_batch_rows is None
)


@dataclass(frozen=True, slots=True)
class _Unbounded:
    """A built-in function (or an `explode`) whose heavy output nothing bounds."""

    operator: Operator
    location: NodeRef
    label: str
    inflating: Step
    evidence: Evidence | None


class UnbatchedInflation(PipelineRule):
    """A built-in function makes heavy data (`decode_image`, `video_frames`, an `explode` of decoded pages or frames),
    and nothing bounds the rows that are in flight, on the way to a sink of all rows.

    A `download` is not reported, nor what follows it in its stage: it bounds itself to 128 rows. Where a heavy UDF
    follows in the same stage, DFT101 reports it.

    ## Why

    With no bound the engine works on up to 131,072 rows (the default morsel) or a whole row group at a time, and
    `decode_image` does not split them: a UDF after it got all the rows in one call, where one after a `download` got
    128. 1,024 rows of 1 MB that were expanded without a bound took 9,003 MB on Ray, in batches of 32 they took
    3,530 MB.

    ## Example

    ```python
    # before
    df = daft.read_parquet("s3://scans/*.parquet")
    df = df.with_column("image", decode_image(df["png"])).write_lance("s3://scans/decoded")

    # after
    df = daft.read_parquet("s3://scans/*.parquet").into_batches(64)
    df = df.with_column("image", decode_image(df["png"])).write_lance("s3://scans/decoded")
    ```

    ## Fix

    Inserts `.into_batches(n)` before the step that makes the data heavy (right after a source that is heavy already),
    or right after the last repartitioning step or `explode`; n as for DFT101, 64 with no `batch_size` in view. It is
    unsafe where something can see the row order, which `into_batches` does not keep on Ray. There is none where DFT101
    has none.

    ## Options

    - `sources`: how many rows a path has, and of how many bytes; nothing is reported where they fit one batch.
    - `target_batch_bytes` (1 GiB): the most that one batch may hold.
    """

    code = "DFT106"
    name = "unbatched-inflation"
    level = Level.ADVICE
    needs = (Need.ALL_ROWS, Need.HEAVY)
    trigger_words = (*_HEAVY_FUNCTIONS, "explode", "image")
    fixable = True
    sinks = Sinks.ALL_ROWS
    yields_to = ("DFT101",)
    promises = (
        Promise(Measure.ROWS_PER_TASK, Direction.LOWER),
        Promise(Measure.WORKER_MEMORY, Direction.LOWER, Role.LIMITS),
        Promise(Measure.OBJECT_STORE, Direction.LOWER, Role.CONFIRMS),
    )
    ends = (EXHAUSTION,)

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each segment in which nothing bounds a built-in inflation."""
        if pipeline.declined_cut:
            return
        first: dict[int, _Unbounded] = {}
        for operator in pipeline.operators:
            boundary = boundary_of(pipeline, operator)
            found = None if boundary.index in first else next(_unbounded(operator), None)
            if found is not None:
                first[boundary.index] = found
        # Batches ahead of an `explode` do not hold behind it: where some belong behind it, one place is enough.
        for index, found in first.items():
            if found.operator.index not in first and not _is_cut_behind(pipeline, found.operator):
                yield from _observations(pipeline, found, pipeline.operators[index])


def _is_cut_behind(pipeline: Pipeline, operator: Operator) -> bool:
    """Whether the operator is an `explode` with an `into_batches` behind it, before anything multiplies the rows
    again."""
    is_exploded = operator.step.kind is StepKind.EXPLODE
    return is_exploded and any(s.step.kind is StepKind.BATCHES for s in segment_of(pipeline, operator))


def _unbounded(operator: Operator) -> Iterator[_Unbounded]:
    for heavy_operation in operator.heavy_operations:
        spec = catalog.FUNCTIONS.get(heavy_operation.expression.name or "")
        cuts_itself = spec is not None and spec.output_batch_rows is not None
        if (
            cuts_itself
            or not heavy_operation.weight.heavy
            or not heavy_operation.read
            or heavy_operation.bound.kind is not BoundKind.NONE
        ):
            continue
        name = heavy_operation.expression.name
        location = heavy_operation.expression.location or operator.step.call
        inflating = _inflated_before(operator, tuple(heavy_operation.expression.columns())) or operator.step
        is_exploded = operator.step.kind is StepKind.EXPLODE
        came_in_heavy = inflating.kind in (StepKind.SOURCE, StepKind.COLLECT)
        if is_exploded and came_in_heavy and _is_hint(heavy_operation.weight.evidence):
            continue  # `explode` makes nothing of it that was not there before
        label = f"`explode` of `{name}`" if is_exploded else f"`{name}`"
        yield _Unbounded(
            operator,
            method_location(operator.step) if is_exploded else location,
            label,
            inflating,
            heavy_operation.weight.evidence,
        )


def _is_hint(evidence: Evidence | None) -> bool:
    return evidence is not None and evidence.strength is Strength.HINT


def _inflated_before(operator: Operator, names: tuple[str | None, ...]) -> Step | None:
    """The step that made one of the columns heavy that the function reads."""
    for name in names:
        column = operator.columns_in.get(name) if name is not None else None
        if column is not None and column.inflated_by is not None:
            return column.inflated_by
    return None


def _observations(pipeline: Pipeline, found: _Unbounded, boundary: Operator) -> Iterator[Observation]:
    wanted = recommended_batch_rows(pipeline, segment_of(pipeline, boundary))
    if wanted.covers(found.operator.rows_in):
        return
    point = insertion_point_for(pipeline, boundary, found.inflating)
    related: list[tuple[NodeRef, str]] = []
    if found.inflating is not found.operator.step:
        related.append((found.inflating.call, inflated_label(pipeline, found.inflating)))
    if point is None:
        nowhere = f"Write `.into_batches({wanted.rows})` before the step that makes the data heavy"
        offered: tuple[Remedy, ...] = (Remedy(nowhere, None),)
    else:
        offered = remedies(pipeline, batches_remedy(pipeline, point, wanted), point.index)
    # "`decode_image` makes heavy data" needs no "heavy: `decode_image` decodes an image into it".
    told = found.evidence is None or found.evidence.reason.startswith(found.label)
    reason = "" if told or found.evidence is None else f" (heavy: {found.evidence.reason})"
    yield Observation(
        location=found.location,
        level=Level.ADVICE,
        observed=f"{found.label} makes heavy data of up to {unbounded_rows(pipeline, found.operator)} at a time:"
        f" nothing bounds it{reason}",
        impact="A worker held 9.0 GB in our measurement (1,024 rows of 1 MB), where 32-row batches held 3.5 GB",
        suggestion=offered[0].suggestion,
        evidence=found.evidence,
        related=tuple(related),
        operator=found.operator,
        remedies=offered,
    )
