"""What the DFT1 rules share: segments of a stage, where an `into_batches` belongs and with how many rows."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from daft_lint.api import cst
from daft_lint.api.edits import Action, InsertCall, MoveCall, RemoveCall, ReplaceNode
from daft_lint.api.nodes import method_location, replaceable, udf_related
from daft_lint.api.order import order_seen
from daft_lint.api.rule import Fix
from daft_lint.pipeline.model import (
    DEFAULT_BATCH_ROWS,
    DEFAULT_MORSEL_ROWS,
    DOWNLOAD_ROWS,
    REPARTITIONING,
    BoundKind,
    Column,
    Count,
    NodeRef,
    Operator,
    Pipeline,
    Projection,
    Reads,
    Runner,
    SourceKind,
    Step,
    StepKind,
    UdfCall,
)
from daft_lint_rules._fanout import concurrency_of, known

SMALLEST_BATCH_ROWS = 16
"""Each batch is a task of some 25 ms: smaller ones cost more than they save (docs/pages/measurements.md, e1)."""

FEW_ROWS = DOWNLOAD_ROWS
"""Rows of a sample that are not worth a cut: a call behind a `download` holds as many."""

_ROW_GROUP_SOURCES = frozenset(
    {"read_parquet", "read_deltalake", "read_hudi", "read_iceberg", "read_huggingface", "read_table"}
)

_LARGEST_STRETCHING = 4
"""A common multiple of several batch sizes is worth asking for up to this many times the largest of them."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A number of rows for `into_batches`, and the batch sizes of the UDFs that it is for; `few` rows are too few to
    be worth one."""

    value: int
    counts: tuple[Count, ...] = ()
    few: int = 0

    def are_enough_for(self, rows: int | None) -> bool:
        """Whether this many rows are known to be too few to be cut into batches."""
        return rows is not None and rows <= max(self.value, self.few)


@dataclass(frozen=True, slots=True)
class InsertionPoint:
    """Where an `into_batches` belongs: right after the DataFrame expression `after`, ahead of `operators[index]`.

    `words` completes "write `.into_batches(64)` …".
    """

    index: int
    after: NodeRef
    words: str


def boundary_of(pipeline: Pipeline, operator: Operator) -> Operator:
    """The last operator before `operator` behind which no bound holds: a repartitioning step, a `collect`, an
    `explode`, the source.

    A repartitioning step evaluates its own expressions before it cuts, so an operator is never its own boundary (but
    the source is).
    """
    return pipeline.operators[_boundaries(pipeline)[operator.index - 1] if operator.index else 0]


def is_boundary(pipeline: Pipeline, operator: Operator) -> bool:
    """Whether no bound that is set before this operator holds after it: it begins a stage, or it multiplies rows."""
    return _boundaries(pipeline)[operator.index] == operator.index


@functools.lru_cache(maxsize=2)
def _boundaries(pipeline: Pipeline) -> tuple[int, ...]:
    """For each operator the last boundary up to it, itself included: looked for operator by operator, a pipeline of
    3,000 steps would take minutes."""
    found: list[int] = []
    last = 0
    for index, operator in enumerate(pipeline.operators):
        if index and (operator.stage != pipeline.operators[index - 1].stage or operator.step.multiplies_rows()):
            last = index
        found.append(last)
    return tuple(found)


def segment_of(pipeline: Pipeline, boundary: Operator) -> tuple[Operator, ...]:
    """The operators that `boundary` is the boundary of, in order."""
    found: list[Operator] = []
    for operator in pipeline.operators[boundary.index + 1 :]:
        found.append(operator)
        if is_boundary(pipeline, operator):
            break
    return tuple(found)


def insertion_point_for(pipeline: Pipeline, boundary: Operator, inflating: Step | None) -> InsertionPoint | None:
    """Where an `into_batches` belongs for data that `inflating` makes heavy: just before that step, on the far side
    of the last boundary; right after the boundary where the data is heavy already. None where no place is known."""
    heavy_from = pipeline.operator_of(inflating) if inflating is not None else None
    if heavy_from is not None and heavy_from.index > boundary.index:
        return before(pipeline, heavy_from)
    return _behind(pipeline, boundary)


def before(pipeline: Pipeline, operator: Operator) -> InsertionPoint | None:
    step, previous = operator.step, pipeline.operators[operator.index - 1]
    words = f"before `{maker(operator)}`"
    if step.receiver is not None and step.follows(previous.step):
        return InsertionPoint(operator.index, step.receiver, words)
    if _yields_frame(previous):
        return InsertionPoint(operator.index, previous.step.call, words)
    return None


def _behind(pipeline: Pipeline, boundary: Operator) -> InsertionPoint | None:
    words = f"right after `{boundary.step.name}`"
    if _yields_frame(boundary):
        return InsertionPoint(boundary.index + 1, boundary.step.call, words)
    if boundary.index + 1 < len(pipeline.operators):
        following = pipeline.operators[boundary.index + 1].step
        if following.receiver is not None and following.follows(boundary.step):
            name = boundary.step.name if boundary.step.kind is StepKind.COLLECT else following.name
            where = "right after" if boundary.step.kind is StepKind.COLLECT else "before"
            return InsertionPoint(boundary.index + 1, following.receiver, f"{where} `{name}`")
    return None


def _yields_frame(operator: Operator) -> bool:
    """Whether a call can be put behind the step's own. `df.collect()` often stands alone, its result unused."""
    return operator.step.kind is not StepKind.COLLECT and isinstance(operator.step.call.node, cst.Call | cst.Subscript)


def unbounded_rows(pipeline: Pipeline, operator: Operator) -> str:
    """The rows of a call that nothing bounds, in words; Parquet readers hand on a whole row group where it has more."""
    rows = operator.rows_in
    if rows is not None and rows < DEFAULT_MORSEL_ROWS:
        return f"{number(rows)} rows (all of them)"
    source = pipeline.source.step.source
    by_groups = operator.stage == 0 and source is not None and source.name in _ROW_GROUP_SOURCES
    return f"{number(DEFAULT_MORSEL_ROWS)} rows{' or a whole row group' if by_groups else ''}"


def maker(operator: Operator) -> str:
    """What makes a step's data heavy, by name: the built-in function, the UDF, else the step itself."""
    for heavy_operation in operator.heavy_operations:
        if heavy_operation.expression.name:
            return heavy_operation.expression.name
    for call in operator.udf_calls:
        if call.makes.heavy:
            return call.udf.name
    return operator.step.name


def maker_of(pipeline: Pipeline, step: Step) -> str:
    """`maker` for a step that may stand outside this path (the other side of a join)."""
    operator = pipeline.operator_of(step)
    return step.name if operator is None else maker(operator)


def reads_few(pipeline: Pipeline) -> bool:
    """The sink reads a few rows (`show`, `limit(n).collect()`), with nothing on the way that needs all of them, or no
    column at all."""
    if pipeline.reads is Reads.NONE:
        return True
    if pipeline.reads is Reads.FEW or _is_limited(pipeline):
        return not any(s.step.kind in REPARTITIONING or s.step.multiplies_rows() for s in pipeline.operators)
    return False


def is_sample(pipeline: Pipeline) -> bool:
    """A `limit` leaves a few rows, to try things out."""
    limits = (operator for operator in pipeline.operators if operator.step.kind is StepKind.LIMIT)
    return any(operator.rows_out is not None and operator.rows_out <= FEW_ROWS for operator in limits)


def _is_limited(pipeline: Pipeline) -> bool:
    """A `limit` right before the rows are brought here, or before a few of them are written or handed on."""
    last = pipeline.sink
    if last.step.kind is StepKind.LIMIT:
        return last.rows_out is not None and last.rows_out <= FEW_ROWS
    if len(pipeline.operators) < 2 or pipeline.operators[-2].step.kind is not StepKind.LIMIT:
        return False
    if last.step.name.startswith("write_"):
        return last.rows_in is not None and last.rows_in <= FEW_ROWS
    return last.step.kind in (StepKind.COLLECT, StepKind.SINK)


def recommended_batch_rows(pipeline: Pipeline, segment: tuple[Operator, ...]) -> Rows:
    """Rows for an `into_batches` that feeds `segment`: the largest `batch_size` there, times
    concurrency / nodes where both are known, else 64; no more than fit `target_batch_bytes`, but at least 16.

    A multiple of every `batch_size` where there is a reasonable one, so that no batch is ragged.
    """
    calls = [call for operator in segment for call in operator.udf_calls]
    counts = batch_sizes(calls)
    sizes = [size for count in counts if (size := known(count)) is not None]
    fit = rows_that_fit(pipeline, segment)
    if not sizes:
        if fit is not None and fit < DEFAULT_BATCH_ROWS:
            return Rows(fit)
        return Rows(DEFAULT_BATCH_ROWS, counts, few=FEW_ROWS if is_sample(pipeline) else 0)
    unit = common_multiple(sizes)
    wanted = unit * math.ceil(max(sizes) * _per_node(pipeline, calls) / unit)
    if fit is not None and fit < wanted:
        wanted = fit - fit % unit if fit >= unit else fit
    return Rows(max(wanted, SMALLEST_BATCH_ROWS), counts)


def batch_sizes(calls: Iterable[UdfCall]) -> tuple[Count, ...]:
    """Those that the UDFs of the calls are given."""
    return tuple(call.udf.batch_size for call in calls if call.udf.batch_size is not None)


def common_multiple(sizes: list[int]) -> int:
    """The least common multiple of batch sizes, or the largest of them where that multiple is out of proportion."""
    least, largest = math.lcm(*sizes), max(sizes)
    return least if least <= _LARGEST_STRETCHING * largest else largest


def rows_that_fit(pipeline: Pipeline, segment: tuple[Operator, ...]) -> int | None:
    """Rows of the segment's heaviest operator that fit the target batch, at least 16; None where no size is known."""
    sizes = [
        sum(c.weight.row_bytes for c in operator.columns_out.values() if c.weight.row_bytes is not None)
        for operator in segment
    ]
    heaviest = max([*sizes, pipeline.source.step.source.row_bytes or 0 if pipeline.source.step.source else 0])
    if heaviest <= 0:
        return None
    return max(SMALLEST_BATCH_ROWS, pipeline.settings.target_batch_bytes // heaviest)


def _per_node(pipeline: Pipeline, calls: list[UdfCall]) -> float:
    """Concurrency / nodes, 1 where one of them is not known."""
    at_once = [concurrency_of(call.udf, pipeline.cluster) for call in calls if known(call.udf.batch_size) is not None]
    concurrency = max((n for n in at_once if n is not None), default=None)
    nodes = pipeline.cluster.nodes
    if concurrency is None or not nodes:
        return 1.0
    return max(1.0, concurrency / nodes)


def spelled(pipeline: Pipeline, rows: Rows, insertion_point: NodeRef) -> str:
    """The number as code for the place: the script's own constant where it has one that is in view there."""
    # Late: it imports LibCST, which a file without findings has no need of.
    from daft_lint_rules._constants import constant_for

    return constant_for(rows.value, rows.counts, insertion_point, pipeline.constants) or str(rows.value)


def insertion(pipeline: Pipeline, insertion_point: InsertionPoint, rows: Rows) -> Fix | None:
    """The fix that puts `.into_batches(n)` there; on Ray it loses the row order (`e4`). None where the author has
    cut the rows to a number of their own."""
    if pipeline.is_cut_by_author(insertion_point.index):
        return None
    call = f"into_batches({spelled(pipeline, rows, insertion_point.after)})"
    seen = order_seen(pipeline, insertion_point.index, insertion_point.after)
    why = None if seen is None else f"on Ray `into_batches` does not keep the row order, and {seen}"
    wasted = _wasted_repartition(pipeline, insertion_point)
    if wasted is None:
        return Fix(f"Insert `.{call}` {insertion_point.words}", (InsertCall(insertion_point.after, call),), why)
    title = f"Replace `.repartition(...)` by `.{call}` {insertion_point.words}"
    return Fix(
        title, _replacing(wasted.step, insertion_point, call, adjacent=wasted.index == insertion_point.index - 1), why
    )


def _wasted_repartition(pipeline: Pipeline, insertion_point: InsertionPoint) -> Operator | None:
    """The `repartition` whose partitions an `into_batches` at the spot would cut again with nothing but filters and
    light expressions between: two fan-outs of the same rows, of which the second does what the first was for (`e3`:
    `into_batches` at the formula's minimum rows is as good as the best `repartition`). None where some path uses the
    partitions."""
    if pipeline.runner is Runner.NATIVE:
        return None
    for operator in reversed(pipeline.operators[: insertion_point.index]):
        if operator.step.name == "repartition":
            return operator if _can_give_way(pipeline, operator, insertion_point) else None
        light = operator.step.kind in (StepKind.FILTER, StepKind.PROJECT) and not operator.udf_calls
        if not light or any(i.heavy_read or i.weight.heavy for i in operator.heavy_operations):
            return None
    return None


def _can_give_way(pipeline: Pipeline, repartitioning: Operator, insertion_point: InsertionPoint) -> bool:
    """Every path through the `repartition` goes on through the spot, in whose cell it stands."""
    if repartitioning.step.call.cell is not insertion_point.after.cell or insertion_point.index >= len(
        pipeline.operators
    ):
        return False
    following = pipeline.operators[insertion_point.index].step
    sharing = pipeline.script_pipelines.sharing(repartitioning.step)
    return all(p.operator_of(following) is not None for p in sharing)


def _replacing(
    repartitioning: Step, insertion_point: InsertionPoint, call: str, *, adjacent: bool
) -> tuple[Action, ...]:
    node = repartitioning.call.node
    if adjacent and isinstance(node, cst.Call) and len(node.args) == 1 and not node.args[0].star:
        argument = node.args[0]
        target = argument.value if argument.keyword is None else argument
        name, _, rows = call.removesuffix(")").partition("(")
        return ReplaceNode(method_location(repartitioning), name), ReplaceNode(
            NodeRef(repartitioning.call.cell, target), rows
        )
    return RemoveCall(repartitioning.call), InsertCall(insertion_point.after, call)


@dataclass(frozen=True, slots=True)
class Feeding:
    """An `into_batches` of `rows` rows and the UDF calls of a known `batch_size` whose rows come in its batches."""

    operator: Operator
    rows: int
    calls: tuple[tuple[Operator, UdfCall], ...]


def feedings(pipeline: Pipeline) -> Iterator[Feeding]:
    """Every `into_batches` whose number of rows is known, where more than a few rows are read."""
    if reads_few(pipeline):
        return
    for batches in pipeline.operators:
        rows = known(batches.step.count)
        if batches.step.kind is StepKind.BATCHES and rows is not None:
            fed = (s for s in pipeline.operators[batches.index + 1 :] if s.bound.by is batches.step)
            calls = ((s, call) for s in fed for call in s.udf_calls if known(call.udf.batch_size) is not None)
            yield Feeding(batches, rows, tuple(calls))


def fed_related(call: UdfCall) -> tuple[tuple[NodeRef, str], ...]:
    """A UDF call that gets its rows from an `into_batches`, and the UDF's definition, as related places."""
    here = call.expression.location
    related = () if here is None else ((here, f"`{call.udf.name}` gets its rows here"),)
    return (*related, *udf_related(call.udf))


def resized(pipeline: Pipeline, feeding: Feeding, rows: Rows, title: str) -> tuple[str, Fix | None]:
    """The number as code in the place of the `into_batches`'s own, and the fix that writes it; None where others decide
    what stands there."""
    count = feeding.operator.step.count
    if count is None or count.location is None or feeding.operator.step in pipeline.author_cuts:
        return str(rows.value), None
    text = spelled(pipeline, rows, count.location)
    return text, Fix(title, (ReplaceNode(count.location, text),)) if replaceable(count.location) else None


@dataclass(frozen=True, slots=True)
class Misplaced:
    """An `into_batches` (`operator`) that cuts what the step `inflating` has made heavy in the same segment."""

    operator: Operator
    inflating: Operator
    column: Column


def misplaced_batches(pipeline: Pipeline) -> Iterator[Misplaced]:
    """Every `into_batches` behind an inflating step, with neither a boundary between them nor a use for it there."""
    for operator in pipeline.operators:
        if operator.step.kind is not StepKind.BATCHES:
            continue
        boundary = boundary_of(pipeline, operator)
        first: Misplaced | None = None
        for column in operator.columns_in.values():
            inflating = pipeline.operator_of(column.inflated_by) if column.inflated_by is not None else None
            if inflating is None or not boundary.index < inflating.index < operator.index or not column.weight.heavy:
                continue
            if not used_after(pipeline, operator.index, column.name):
                continue
            if first is None or inflating.index < first.inflating.index:
                first = Misplaced(operator, inflating, column)
        if first is not None:
            yield first


def used_after(pipeline: Pipeline, index: int, name: str) -> bool:
    """Whether a step after `operators[index]`, or the sink, reads the column; the optimizer drops it before if not."""
    for operator in pipeline.operators[index + 1 :]:
        step = operator.step
        read = {column for root in (*step.outputs, *step.expressions) for column in root.columns()}
        if name in read or None in read or "*" in read or step.projection is Projection.UNKNOWN:
            return True
        if step.projection is Projection.ONLY or (step.projection is Projection.DROP and name in step.dropped):
            return False
        if any(output.output == name for output in step.outputs):
            return False
        name = step.renamed.get(name, name)
    return pipeline.reads is not Reads.NONE


def move_of(pipeline: Pipeline, misplaced: Misplaced) -> Fix | None:
    """The fix that puts a misplaced `into_batches` before the inflating step; None where its argument may not be
    known there."""
    insertion_point = before(pipeline, misplaced.inflating)
    count = misplaced.operator.step.count
    if insertion_point is None or not isinstance(misplaced.operator.step.call.node, cst.Call):
        return None
    if not evaluates_earlier(count, insertion_point.after):
        return None
    call = misplaced.operator.step.call
    return Fix(f"Move `.into_batches(...)` {insertion_point.words}", (MoveCall(call, insertion_point.after),))


def evaluates_earlier(count: Count | None, insertion_point: NodeRef) -> bool:
    """Whether the argument means the same at the earlier place: a number, or a constant in view there."""
    from daft_lint_rules._constants import means_the_same  # late, as above

    return count is not None and count.location is not None and means_the_same(count.location, insertion_point)


def sentence(text: str) -> str:
    """The text with a capital letter at its beginning, as a part of a message."""
    return text[:1].upper() + text[1:]


def inflated_label(pipeline: Pipeline, step: Step) -> str:
    """What the inflating step is called where it is a related place."""
    if step is pipeline.source.step:
        name = step.source.name if step.source is not None else step.name
        if step.source is not None and step.source.kind is SourceKind.PARAMETER:
            return "the DataFrame comes in here; no caller is in view"
        return f"the rows that `{name}` gives are heavy already"
    return f"`{maker_of(pipeline, step)}` makes the data heavy here"


def number(value: float) -> str:
    """1,234 for messages."""
    return f"{value:,.0f}"


def size(value: float) -> str:
    """Bytes for messages, in the units of docs/pages/measurements.md (1 MB is 10^6 bytes)."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if value >= scale:
            return f"{value / scale:,.1f} {unit}"
    return f"{value:,.0f} bytes"


def is_batched(call: UdfCall, wanted: Rows, pipeline: Pipeline) -> bool:
    """An `into_batches` before the call; or the script's own morsel size, at or below what a rule would ask for."""
    if call.bound.kind is not BoundKind.BATCHES:
        return False
    if call.bound.by is not None or pipeline.morsel_size is None:
        return True
    return pipeline.morsel_size <= wanted.value
