"""DFT106 unbatched-inflation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from daft_lint.pipeline import catalog
from daft_lint.pipeline.model import BoundKind, Evidence, Pipeline, Place, Stage, Step, StepKind, Strength
from daft_lint.places import method_place
from daft_lint.rule import Level, Observation, PipelineRule
from daft_lint_rules._streaming import (
    boundary_of,
    inflated_label,
    insertion,
    reads_few,
    rows_to_ask,
    segment_of,
    spelled,
    spot_for,
    unbounded_rows,
)
from daft_lint_rules.dft101 import unbatched_calls

_HEAVY_FUNCTIONS = tuple(
    name for name, spec in catalog.FUNCTIONS.items() if spec.effect is catalog.Effect.HEAVY and spec.rows_cut is None
)


@dataclass(frozen=True, slots=True)
class _Unbounded:
    """A built-in function (or an `explode`) whose heavy output nothing bounds."""

    stage: Stage
    place: Place
    label: str
    inflating: Step
    evidence: Evidence | None


class UnbatchedInflation(PipelineRule):
    """A built-in function makes heavy data (`decode_image`, `video_frames`, an `explode` of decoded pages or frames),
    and nothing bounds the rows that are in flight, on the way to a sink of all rows.

    A `download` is not reported, nor what follows it in its stretch: it bounds itself to 128 rows. Where a heavy UDF
    follows, DFT101 speaks.

    ## Why

    With no bound the engine works on up to 131,072 rows (the default morsel) or a whole row group at a time, and
    `decode_image` cuts nothing: a UDF behind it got all the rows in one call, where one behind a `download` got
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
    or right after the last re-cut or `explode`; n as for DFT101, 64 with no `batch_size` in view. It is unsafe where
    something sees the row order, which `into_batches` does not keep on Ray.

    ## Options

    - `sources`: rows and bytes a row of a path; so few rows that they make one batch are not reported.
    - `target_batch_bytes` (1 GiB): the most that one batch may hold.
    """

    code = "DFT106"
    name = "unbatched-inflation"
    level = Level.ADVICE
    words = (*_HEAVY_FUNCTIONS, "explode", "image")
    fixable = True

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each segment in which nothing bounds a built-in inflation."""
        if reads_few(pipeline):
            return
        spoken = {group[0].stage.stretch for group in unbatched_calls(pipeline)}
        first: dict[int, _Unbounded] = {}
        for stage in pipeline.stages:
            boundary = boundary_of(pipeline, stage)
            if stage.stretch in spoken or boundary.index in first:
                continue
            found = next(_unbounded(stage), None)
            if found is not None:
                first[boundary.index] = found
        # Batches ahead of an `explode` do not hold behind it: where some belong behind it, one place is enough.
        for index, found in first.items():
            if found.stage.index not in first and not _is_cut_behind(pipeline, found.stage):
                yield from _observations(pipeline, found, pipeline.stages[index])


def _is_cut_behind(pipeline: Pipeline, stage: Stage) -> bool:
    """Whether the stage is an `explode` with an `into_batches` behind it, before anything multiplies the rows again."""
    is_exploded = stage.step.kind is StepKind.EXPLODE
    return is_exploded and any(s.step.kind is StepKind.BATCHES for s in segment_of(pipeline, stage))


def _unbounded(stage: Stage) -> Iterator[_Unbounded]:
    for inflation in stage.inflations:
        spec = catalog.FUNCTIONS.get(inflation.expression.name or "")
        cuts_itself = spec is not None and spec.rows_cut is not None
        if (
            cuts_itself
            or not inflation.weight.heavy
            or not inflation.read
            or inflation.bound.kind is not BoundKind.NONE
        ):
            continue
        name = inflation.expression.name
        place = inflation.expression.place or stage.step.call
        inflating = _inflated_before(stage, tuple(inflation.expression.columns())) or stage.step
        is_exploded = stage.step.kind is StepKind.EXPLODE
        came_in_heavy = inflating.kind in (StepKind.SOURCE, StepKind.COLLECT)
        if is_exploded and came_in_heavy and _is_hint(inflation.weight.evidence):
            continue  # `explode` makes nothing of it that was not there before
        label = f"`explode` of `{name}`" if is_exploded else f"`{name}`"
        yield _Unbounded(
            stage, method_place(stage.step) if is_exploded else place, label, inflating, inflation.weight.evidence
        )


def _is_hint(evidence: Evidence | None) -> bool:
    return evidence is not None and evidence.strength is Strength.HINT


def _inflated_before(stage: Stage, names: tuple[str | None, ...]) -> Step | None:
    """The step that made one of the columns heavy that the function reads."""
    for name in names:
        column = stage.columns_in.get(name) if name is not None else None
        if column is not None and column.inflated_by is not None:
            return column.inflated_by
    return None


def _observations(pipeline: Pipeline, found: _Unbounded, boundary: Stage) -> Iterator[Observation]:
    rows = rows_to_ask(pipeline, segment_of(pipeline, boundary))
    if rows.are_enough_for(found.stage.rows_in):
        return
    spot = spot_for(pipeline, boundary, found.inflating)
    related: list[tuple[Place, str]] = []
    if found.inflating is not found.stage.step:
        related.append((found.inflating.call, inflated_label(pipeline, found.inflating)))
    text = str(rows.value) if spot is None else spelled(pipeline, rows, spot.after)
    where = "before the step that makes the data heavy" if spot is None else spot.words
    # "`decode_image` makes heavy data" needs no "heavy: `decode_image` decodes an image into it".
    told = found.evidence is None or found.evidence.reason.startswith(found.label)
    reason = "" if told or found.evidence is None else f" (heavy: {found.evidence.reason})"
    yield Observation(
        place=found.place,
        level=Level.ADVICE,
        seen=f"{found.label} makes heavy data of up to {unbounded_rows(pipeline, found.stage)} at a time:"
        f" nothing bounds it{reason}",
        costs="A worker held 9.0 GB in our measurement (1,024 rows of 1 MB), where 32-row batches held 3.5 GB",
        write=f"Write `.into_batches({text})` {where}",
        evidence=found.evidence,
        related=tuple(related),
        fix=None if spot is None else insertion(pipeline, spot, rows),
    )
