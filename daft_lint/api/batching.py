"""`into_batches`: with how many rows, which UDF calls it feeds, and where it comes too late."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator

from daft_lint.api.constants import call_for, constant_for, is_called
from daft_lint.api.edits import ReplaceNode
from daft_lint.api.fan_out import concurrency_of, partition_demand
from daft_lint.api.formula import FILLED_MINIMUM
from daft_lint.api.heavy import read_after
from daft_lint.api.nodes import method_location, replaceable, udf_related
from daft_lint.api.rows import FEW_ROWS, is_sample, known_value
from daft_lint.api.rule import Fix, Level, Observation
from daft_lint.api.segments import boundary_of
from daft_lint.api.wording import written_call
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import (
    DEFAULT_BATCH_ROWS,
    BoundKind,
    Column,
    Count,
    NodeRef,
    Operator,
    Pipeline,
    StepKind,
    UdfCall,
)

SMALLEST_BATCH_ROWS = 16
"""Each batch is a task of some 25 ms: smaller ones cost more than they save (docs/pages/measurements.md, e1)."""

_LARGEST_MULTIPLE = 4
"""A common multiple of several batch sizes is worth asking for up to this many times the largest of them."""


@dataclass(frozen=True, slots=True)
class BatchSize:
    """The rows of an `into_batches`, and the batch sizes of the UDFs that they come from. Up to `minimum` rows, or up
    to `few`, are not worth one; a minimum of None is `rows` itself."""

    rows: int
    origins: tuple[Count, ...] = ()
    few: int = 0
    minimum: int | None = None

    def covers(self, rows: int | None) -> bool:
        """Whether this many rows are known to be too few to be cut into batches."""
        return rows is not None and rows <= max(self.rows if self.minimum is None else self.minimum, self.few)

    def written_at(self, location: NodeRef, pipeline: Pipeline) -> str:
        """The number as code for a place: the script's own constant where it has one that is in view there."""
        return self._name_at(location, pipeline) or str(self.rows)

    def is_known_at(self, location: NodeRef, pipeline: Pipeline) -> bool:
        """Whether what is written there is sure to be the number: not the default of something that the script asks
        for when it runs, and none of ours where it gives one that is not known."""
        return self._name_at(location, pipeline) is not None or not any(map(_is_asked_for, self.origins))

    def _name_at(self, location: NodeRef, pipeline: Pipeline) -> str | None:
        name = constant_for(self.rows, self.origins, location, pipeline.constants)
        return name or call_for(self.rows, self.origins, location)


def _is_asked_for(count: Count) -> bool:
    return count.value is None or is_called(count)


def recommended_batch_rows(pipeline: Pipeline, segment: tuple[Operator, ...]) -> BatchSize:
    """Rows for an `into_batches` that feeds `segment`: the largest `batch_size` there, else 64; where concurrency and
    nodes are known, 4 times the minimum rows of a partition, as far as that leaves a batch for each node; no more than
    fit `target_batch_bytes`, but at least 16.

    A multiple of every `batch_size` where there is a reasonable one, so that no batch is ragged.
    """
    calls = [call for operator in segment for call in operator.udf_calls]
    origins = batch_sizes(calls)
    sizes = [size for count in origins if (size := known_value(count)) is not None]
    fit = rows_that_fit(pipeline, segment)
    if not sizes:
        if fit is not None and fit < DEFAULT_BATCH_ROWS:
            return BatchSize(fit)
        return BatchSize(DEFAULT_BATCH_ROWS, origins, few=FEW_ROWS if is_sample(pipeline) else 0)
    unit = common_multiple(sizes)
    minimum = unit * math.ceil(max(sizes) * _concurrency_per_node(pipeline, calls) / unit)
    wanted = max(minimum, _several_minimums(pipeline, segment, minimum) // unit * unit)
    if fit is not None and fit < wanted:
        wanted = fit - fit % unit if fit >= unit else fit
    return BatchSize(max(wanted, SMALLEST_BATCH_ROWS), origins, minimum=max(min(minimum, wanted), SMALLEST_BATCH_ROWS))


def _several_minimums(pipeline: Pipeline, segment: tuple[Operator, ...], minimum: int) -> int:
    """Several times the minimum rows, up to the rows for each node: a task for each minimum costs more than it brings.

    The minimum itself where the cluster is not known, or a heavy UDF has no batch size that bounds its calls.
    """
    demand = partition_demand(segment, pipeline)
    heavy = (call.udf for operator in segment for call in operator.udf_calls if call.is_heavy)
    if demand is None or any(known_value(udf.batch_size) is None for udf in heavy):
        return minimum
    several = min(demand.batch_rows, FILLED_MINIMUM * minimum)
    return several if demand.rows is None else min(several, demand.rows // demand.nodes)


def batch_sizes(calls: Iterable[UdfCall]) -> tuple[Count, ...]:
    """Those that the UDFs of the calls are given."""
    return tuple(call.udf.batch_size for call in calls if call.udf.batch_size is not None)


def common_multiple(sizes: list[int]) -> int:
    """The least common multiple of batch sizes, or the largest of them where that multiple is out of proportion."""
    least, largest = math.lcm(*sizes), max(sizes)
    return least if least <= _LARGEST_MULTIPLE * largest else largest


def rows_that_fit(pipeline: Pipeline, segment: tuple[Operator, ...]) -> int | None:
    """Rows of the segment's heaviest operator that fit the target batch, at least 16; None where no size is known."""
    row_bytes = _row_bytes(pipeline)
    sizes = [row_bytes[operator.index] for operator in segment]
    heaviest = max([*sizes, pipeline.source.step.source.row_bytes or 0 if pipeline.source.step.source else 0])
    if heaviest <= 0:
        return None
    return max(SMALLEST_BATCH_ROWS, pipeline.settings.target_batch_bytes // heaviest)


@functools.lru_cache(maxsize=2)
def _row_bytes(pipeline: Pipeline) -> tuple[int, ...]:
    """The known bytes of a row behind each operator, summed once for all that ask: every step may add a column."""
    return tuple(
        sum([column.weight.row_bytes or 0 for column in operator.columns_out.values()])
        for operator in pipeline.operators
    )


def _concurrency_per_node(pipeline: Pipeline, calls: list[UdfCall]) -> float:
    """Concurrency / nodes, 1 where one of them is not known."""
    sized = (call.udf for call in calls if known_value(call.udf.batch_size) is not None)
    at_once = [concurrency_of(udf, pipeline.cluster) for udf in sized]
    concurrency = max((n for n in at_once if n is not None), default=None)
    nodes = pipeline.cluster.nodes
    if concurrency is None or not nodes:
        return 1.0
    return max(1.0, concurrency / nodes)


def is_batched(call: UdfCall, wanted: BatchSize, pipeline: Pipeline) -> bool:
    """Whether an `into_batches` stands before the call, or the script's own morsel size is at or below the wanted."""
    if call.bound.kind is not BoundKind.BATCHES:
        return False
    if call.bound.by is not None or pipeline.morsel_size is None:
        return True
    return pipeline.morsel_size <= wanted.rows


@dataclass(frozen=True, slots=True)
class FedCalls:
    """An `into_batches` of `rows` rows and the UDF calls of a known `batch_size` whose rows come in its batches."""

    operator: Operator
    rows: int
    calls: tuple[tuple[Operator, UdfCall], ...]

    def observation(
        self, call: UdfCall, level: Level, asks: str, impact: str, suggestion: str, fix: Fix | None
    ) -> Observation:
        """What is wrong between the `into_batches` and one of the calls; `asks` completes "feeds `score`, …"."""
        location = call.expression.location
        related = () if location is None else ((location, f"`{call.udf.name}` gets its rows here"),)
        return Observation(
            location=method_location(self.operator.step),
            level=level,
            observed=f"`{written_call(self.operator.step)}` feeds `{call.udf.name}`, {asks}",
            impact=impact,
            suggestion=suggestion,
            related=(*related, *udf_related(call.udf)),
            fix=fix,
        )

    def written(self, wanted: BatchSize, pipeline: Pipeline) -> str:
        """Another number of rows as code in the place of its own."""
        count = self.operator.step.count
        if count is None or count.location is None:
            return str(wanted.rows)
        return wanted.written_at(count.location, pipeline)

    def resize(self, wanted: BatchSize, pipeline: Pipeline, title: str) -> Fix | None:
        """The fix that writes it; None where others than the script decide the number."""
        count = self.operator.step.count
        if count is None or count.location is None or not replaceable(count.location):
            return None
        if self.operator.step in pipeline.author_cuts:
            return None
        return Fix(title, (ReplaceNode(count.location, self.written(wanted, pipeline)),))


def fed_calls(pipeline: Pipeline) -> Iterator[FedCalls]:
    """Every `into_batches` whose number of rows is known, with the calls that it feeds."""
    for batches in pipeline.operators:
        rows = known_value(batches.step.count)
        if batches.step.kind is StepKind.BATCHES and rows is not None:
            # Behind an `explode` the rows of its batches are no longer known.
            after = pipeline.operators[batches.index + 1 :]
            fed = (s for s in after if s.bound.by is batches.step and s.bound.rows is not None)
            calls = ((s, call) for s in fed for call in s.udf_calls if known_value(call.udf.batch_size) is not None)
            yield FedCalls(batches, rows, tuple(calls))


@dataclass(frozen=True, slots=True)
class LateBatches:
    """An `into_batches` (`operator`) that cuts what the step `inflating` has made heavy in the same segment."""

    operator: Operator
    inflating: Operator
    column: Column


def late_batches(pipeline: Pipeline) -> Iterator[LateBatches]:
    """Every `into_batches` behind an inflating step, with neither a boundary between them nor a use for it there."""
    batches = [operator for operator in pipeline.operators if operator.step.kind is StepKind.BATCHES]
    read = read_after(pipeline) if batches else []
    for operator in batches:
        boundary = boundary_of(pipeline, operator)
        first: LateBatches | None = None
        for column in operator.columns_in.values():
            inflating = pipeline.operator_of(column.inflated_by) if column.inflated_by is not None else None
            if inflating is None or not boundary.index < inflating.index < operator.index or not column.weight.heavy:
                continue
            if not read[operator.index].has(column.name):
                continue
            if first is None or inflating.index < first.inflating.index:
                first = LateBatches(operator, inflating, column)
        if first is not None:
            yield first
