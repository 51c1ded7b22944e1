"""What holds behind a step on the branches taken before it: rows, partitions, and the weight of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from daft_lint.dataclass import dataclass
from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog import RowsEffect
from daft_lint.pipeline.dataflow.resolved import ResolvedStep
from daft_lint.pipeline.dataflow.weights import Weights
from daft_lint.pipeline.model import (
    Cluster,
    Constants,
    Count,
    Partitions,
    PartitionsKind,
    Runner,
    ScriptPipelines,
    Settings,
    SourceKind,
    Step,
    StepKind,
)


@dataclass(frozen=True, slots=True)
class ScriptContext:
    """What holds for the whole script. `morsel_size` is its `default_morsel_size`, in rows; `sizes_files`: it says how
    large the files are that it writes."""

    runner: Runner = Runner.RAY
    runner_is_set: bool = False
    cluster: Cluster = field(default_factory=Cluster)
    settings: Settings = field(default_factory=Settings)
    morsel_size: int | None = None
    script_pipelines: ScriptPipelines = field(default_factory=ScriptPipelines)
    constants: Constants = field(default_factory=dict)
    runner_is_sure: bool = True
    sizes_files: bool = False


class StepFacts:
    """The facts of every step. `order` has each step after its parents.

    `rows` are the most rows behind a step, None where that is not known; `partitions` are those behind it on Ray;
    `multiplies_rows` is `Step.multiplies_rows`, asked once a step; `from_parameter` are the steps whose rows come from
    a DataFrame parameter with no caller in view.
    """

    def __init__(self, order: Sequence[ResolvedStep], context: ScriptContext) -> None:
        self.context = context
        self.weights = Weights(order, context.settings.heavy_row_bytes)
        self.rows: dict[ResolvedStep, int | None] = {}
        self.partitions: dict[ResolvedStep, Partitions] = {}
        self.multiplies_rows: dict[Step, bool] = {}
        self.from_parameter: set[ResolvedStep] = set()
        for resolved in order:
            step = resolved.step
            if step not in self.multiplies_rows:
                self.multiplies_rows[step] = step.multiplies_rows()
            self.rows[resolved] = self._rows_after(resolved)
            self.partitions[resolved] = self._partitions_after(resolved)
            is_parameter = step.source is not None and step.source.kind is SourceKind.PARAMETER
            if is_parameter or any(parent in self.from_parameter for parent in resolved.parents[:1]):
                self.from_parameter.add(resolved)

    def _rows_after(self, resolved: ResolvedStep) -> int | None:
        step = resolved.step
        if not step.parents:
            return None if step.source is None else step.source.rows
        before = [self.rows[parent] for parent in resolved.parents]
        effect = _rows_effect(step)
        if effect is RowsEffect.MORE or self.multiplies_rows[step]:
            return None
        if effect is RowsEffect.SUM:
            if step.is_grown:
                return None
            known = [rows for rows in before if rows is not None]
            return sum(known) if len(known) == len(before) else None
        limit = step.count.value if effect is RowsEffect.LIMIT and step.count is not None else None
        known = [rows for rows in (before[0], limit) if rows is not None]
        return min(known) if known else None

    def _partitions_after(self, resolved: ResolvedStep) -> Partitions:
        step = resolved.step
        if not step.parents:
            return Partitions.UNKNOWN if step.source is None else step.source.partitions
        before = self.partitions[resolved.parents[0]]
        if step.kind is StepKind.REPARTITION:
            if self.context.runner is Runner.NATIVE:
                return before
            return before if step.count is None else _repartitioned(step.count)
        if step.kind is StepKind.BATCHES:
            return _batched(self.rows[resolved.parents[0]], None if step.count is None else step.count.value)
        if step.kind is StepKind.LIMIT:
            return before if before.kind is PartitionsKind.ONE else Partitions.UNKNOWN
        if step.kind is StepKind.UNION:
            return _concatenated([self.partitions[parent] for parent in resolved.parents], step.is_grown)
        if step.name == "groupby":
            return before  # as many as it gets (docs/pages/measurements.md, e22)
        if step.kind in (StepKind.SHUFFLE, StepKind.JOIN):
            return Partitions.UNKNOWN
        if step.kind is StepKind.OTHER and step.name not in catalog.STEPS:
            return Partitions.UNKNOWN
        return before


def _repartitioned(count: Count) -> Partitions:
    """As many partitions as are asked for; a default of one is there to be set to more."""
    if count.value is None or (count.is_default and count.value <= 1):
        return Partitions.MANY
    return Partitions.of(max(count.value, 1))


def _batched(rows: int | None, size: int | None) -> Partitions:
    """About rows / size partitions (`e5`); the rows are an upper bound, so the count is one too."""
    if rows is None or size is None or size < 1:
        return Partitions.MANY
    return Partitions.of(max(1, -(-rows // size)))


def _concatenated(sides: Sequence[Partitions], is_grown: bool) -> Partitions:
    """Each side has at least one partition, so several sides have several; `is_grown`: two of them may be one."""
    if is_grown:
        is_many = len(sides) > 2 or any(side.kind is PartitionsKind.MANY for side in sides)
        return Partitions.MANY if is_many else Partitions.UNKNOWN
    counts = [side.count for side in sides if side.count is not None]
    if len(sides) == 1:
        return sides[0]
    return Partitions(PartitionsKind.MANY, sum(counts) if len(counts) == len(sides) else None)


def _rows_effect(step: Step) -> RowsEffect:
    if step.kind is StepKind.JOIN:
        is_left_only = step.options.get("how") in ("semi", "anti")
        return RowsEffect.FEWER if is_left_only else RowsEffect.MORE
    if step.kind is StepKind.EXPLODE:
        return RowsEffect.MORE
    if step.kind is StepKind.UNION:
        return RowsEffect.SUM
    if step.kind is StepKind.LIMIT:
        return RowsEffect.LIMIT
    spec = catalog.STEPS.get(step.name)
    if spec is not None:
        return spec.rows
    return RowsEffect.MORE if step.kind is StepKind.OTHER else RowsEffect.FEWER
