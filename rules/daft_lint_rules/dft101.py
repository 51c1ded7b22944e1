"""DFT101 heavy-udf-without-batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daft_lint.api.batching import BatchSize, is_batched, late_batches, recommended_batch_rows
from daft_lint.api.catalog import SOURCES
from daft_lint.api.edits import AddKeyword
from daft_lint.api.heavy import inflated_label
from daft_lint.api.insertion import InsertionPoint, batches_remedy, insertion_point_for, move_call, point_before
from daft_lint.api.nodes import source_label, udf_related
from daft_lint.api.promises import EXHAUSTION, Direction, Measure, Promise, Role, Symptom
from daft_lint.api.remedies import remedies
from daft_lint.api.rows import is_row_wise, known_value, unbounded_rows
from daft_lint.api.rule import NO_SIGN_OF_RAY, Fix, Level, Need, Observation, PipelineRule, Remedy, Sinks, level_for
from daft_lint.api.segments import boundary_of, segment_of
from daft_lint.api.udf_code import function_of, hands_on_each
from daft_lint.api.wording import byte_size
from daft_lint.pipeline.model import (
    DEFAULT_MORSEL_ROWS,
    BoundKind,
    Evidence,
    ExpressionKind,
    NodeRef,
    Operator,
    PartitionsKind,
    Pipeline,
    Runner,
    Step,
    StepKind,
    Udf,
    UdfCall,
    UdfKind,
)

_BATCH_KINDS = frozenset({UdfKind.FUNC_BATCH, UdfKind.METHOD_BATCH, UdfKind.LEGACY})
_BATCH_FUNCTIONS = frozenset({UdfKind.FUNC_BATCH, UdfKind.LEGACY})
"""UDFs that take `batch_size` where they are decorated."""


class HeavyUdfWithoutBatches(PipelineRule):
    """A UDF works on heavy rows (images, audio, video, documents, tensors), or a batch UDF opens all the files of its
    call at once, and no `into_batches` or `batch_size` says how many of them are in flight at a time.

    It is a *warning* where nothing bounds the rows of a call, or where all rows are known to be in one partition and
    the script is for Ray, so that one task on one node does all the work. It is *advice* where a built-in `download`
    bounds the calls to 128 rows, or a `batch_size` does and the number of partitions is not known. Where the heavy
    rows are read with a wildcard, so from many files, a `batch_size` is enough; so is what `read_video_frames` makes of
    a folder, which it hands on in batches by bytes, and a class of `max_concurrency=1`, which wants one actor.

    ## Why

    With no bound a UDF gets morsels of up to 131,072 rows, or a whole Parquet row group: a batch UDF in one call, a
    row-wise one row by row. Measured with 1,024 rows of
    1 MB each that a UDF expands to float32:

    | runner | pipeline | wall | peak memory of the worker |
    |---|---|---|---|
    | Ray | no batching | 29.7 s | 9,003 MB |
    | Ray | `into_batches(32)` before the inflating step | 11.4 s | 3,530 MB |
    | Ray | `into_batches(32)` after it | 38.6 s | 5,602 MB |
    | native | no batching | 38.1 s | 8,995 MB |
    | native | `into_batches(32)` before the inflating step | 11.6 s | 3,627 MB |

    Behind a built-in `download`, which bounds by itself, `into_batches(32)` still lowered the peak on Ray from
    1,913 MB to 706 MB. A `batch_size` on the UDF bounds the memory too, but it does not spread the work: one source
    partition stays one task on one node, where `into_batches` makes a task of each batch. A source that produces
    batches of its own size bounds the memory as well: `read_video_frames` fills 10 MiB at a time, and a UDF got 54
    frames of 256 x 256 pixels per call on both runners (Daft 0.7.26).

    ## Example

    ```python
    # before
    df = daft.read_parquet("s3://photos/*.parquet")
    df = df.with_column("pixels", decode(df["jpeg"]))

    # after
    df = daft.read_parquet("s3://photos/*.parquet").into_batches(64)
    df = df.with_column("pixels", decode(df["jpeg"]))
    ```

    ## Fix

    Inserts `.into_batches(n)` before the step that makes the data heavy (right after a source that is heavy already),
    after the last step that repartitions the data (a `repartition`, `sort`, `groupby` or join), collects it, or
    multiplies its rows (an `explode`). An `into_batches` that stands too late is moved there instead. Where each batch
    would write a file of light rows, an `into_partitions(k)` before the write comes with it; where a class behind it
    has no `max_concurrency`, so that each batch would load its model, one comes with it as far as the cluster facts
    give the number.

    There is no fix, and the message says why, where the batches would lose the order of a `sort` or the author's own
    number of partitions, move heavy data through the object store, or stand behind a checkpoint.

    n is the largest `batch_size` of the UDFs that it feeds, else 64. Where each heavy UDF has one, and concurrency and
    nodes are known, it is 4 times the minimum rows of the partition formula (batch size x concurrency / nodes), as far
    as that leaves a batch for each node: each batch is a task. No more rows than fit `target_batch_bytes` where their
    size is known, and at least 16. Where the script has a name for that number (`BATCH`, `self.batch_size`,
    `args.batch_size`, `settings.BATCH`) and the name means the same there, the fix writes the name.

    A batch UDF that opens every file of its call gets a `batch_size`, which bounds the files without moving anything;
    so does one for which an `into_batches` would make something else worse.

    The fix is unsafe where something can see the row order, which `into_batches` does not keep on Ray: `limit`,
    `show`, `to_pydict`, `to_pandas`, an index column, or the caller that the DataFrame is returned to.

    ## Options

    - `cluster.runner`, `cluster.nodes`, `cluster.total_concurrency`: the target and the factor in n.
    - `sources`: which columns are heavy, how many rows a path has, and of how many bytes.
    - `heavy_row_bytes` (32 KiB): from which size on a row is heavy.
    - `target_batch_bytes` (1 GiB): the most that one batch may hold.
    """

    code = "DFT101"
    name = "heavy-udf-without-batches"
    level = Level.WARNING
    needs = (Need.ALL_ROWS, Need.HEAVY, Need.UNBOUNDED)
    trigger_words = ("udf", "func", "cls", "apply", "embed_image", "classify_image", "prompt")
    fixable = True
    yields_to = ("DFT102", "DFT105", "DFT404")
    sinks = Sinks.ALL_ROWS
    # Calls are bounded, or, where a `batch_size` bounds them already, the work is spread: either is enough. More tasks
    # at once in a worker may need more memory, which `verify` allows for.
    promises = (
        Promise(Measure.LARGEST_CALL, Direction.LOWER, Role.LIMITS, up_to_batches=True),
        Promise(Measure.TASKS, Direction.HIGHER),
        Promise(Measure.CALL_BYTES, Direction.LOWER, Role.CONFIRMS),
        Promise(Measure.WORKER_MEMORY, Direction.LOWER, Role.LIMITS),
        Promise(Measure.OBJECT_STORE, Direction.LOWER, Role.CONFIRMS),
    )
    ends = (EXHAUSTION,)
    symptoms = (Symptom(Measure.CALLS, most=Measure.TASKS),)

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each segment in which a heavy UDF is not batched."""
        for group in () if pipeline.declined_cut else _unbatched_calls(pipeline):
            yield _observation(pipeline, group)
        yield from _opening_all(pipeline)


@dataclass(frozen=True, slots=True)
class _Unbatched:
    """A heavy UDF call that is not batched, and how bad that is."""

    operator: Operator
    boundary: Operator
    call: UdfCall
    level: Level
    wanted: BatchSize


def _unbatched_calls(pipeline: Pipeline) -> Iterator[tuple[_Unbatched, ...]]:
    """The heavy UDF calls that are not batched: one group for each segment, in the order in which they run."""
    groups: dict[int, list[_Unbatched]] = {}
    recommended: dict[int, BatchSize] = {}
    for operator in pipeline.operators:
        boundary = boundary_of(pipeline, operator)
        for call in operator.udf_calls:
            if not call.is_heavy or not call.read:
                continue
            wanted = recommended.get(boundary.index)
            if wanted is None:
                wanted = recommended_batch_rows(pipeline, segment_of(pipeline, boundary))
                recommended[boundary.index] = wanted
            level = _level(pipeline, operator, call, wanted)
            if level is not None:
                groups.setdefault(boundary.index, []).append(_Unbatched(operator, boundary, call, level, wanted))
    yield from (tuple(group) for group in groups.values())


def _level(pipeline: Pipeline, operator: Operator, call: UdfCall, wanted: BatchSize) -> Level | None:
    """The level before evidence counts; None where there is nothing to report."""
    if is_batched(call, wanted, pipeline) or wanted.covers(operator.rows_in):
        return None
    if call.bound.kind in (BoundKind.NONE, BoundKind.BATCHES):
        return Level.WARNING
    wants_one_actor = known_value(call.udf.max_concurrency) == 1 and call.udf.is_class
    is_one = operator.partitions_in.kind is PartitionsKind.ONE and not wants_one_actor
    if is_one and pipeline.runner is not Runner.NATIVE:
        return Level.WARNING if pipeline.runner_is_sure else Level.ADVICE
    rows = call.bound.rows
    if call.bound.kind is BoundKind.LOOSE and (rows is None or rows > wanted.rows):
        return Level.ADVICE  # batches would be smaller than what the source or the `download` hands on
    if wants_one_actor or (call.inflating is not None and _reads_many_files(call.inflating)):
        return None
    return Level.ADVICE if operator.partitions_in.kind is PartitionsKind.UNKNOWN else None


def _opening_all(pipeline: Pipeline) -> Iterator[Observation]:
    """Batch UDFs that keep what they open of each file whose path they are given, with nothing that bounds a call."""
    for operator in pipeline.operators:
        for call in operator.udf_calls:
            udf = call.udf
            if call.is_heavy or not (call.opens and call.read) or udf.kind not in _BATCH_KINDS or udf.batch_size:
                continue
            function = function_of(udf)
            if not udf.returns.heavy and function is not None and hands_on_each(function):
                continue
            wanted = recommended_batch_rows(pipeline, segment_of(pipeline, boundary_of(pipeline, operator)))
            if call.bound.kind is not BoundKind.NONE or wanted.covers(operator.rows_in):
                continue
            bounded = tuple(_batch_size([udf], wanted.rows))
            yield Observation(
                location=call.expression.location or operator.step.call,
                level=level_for(Level.WARNING, pipeline, None),
                observed=f"`{udf.name}` opens all the files of a call at once, up to"
                f" {unbounded_rows(pipeline, operator)}: nothing bounds them",
                impact="All that it reads of them is in memory together: in our measurement one worker held 9.0 GB of"
                " 1,024 rows of 1 MB, with 32 a call 3.5 GB",
                suggestion=f"Write `batch_size={wanted.rows}` on it",
                related=udf_related(udf),
                remedies=bounded,
            )


def _reads_many_files(step: Step) -> bool:
    """A source that reads many files, by a wildcard or in batches of its own: to rebatch their rows would move their
    bytes."""
    if step.source is None:
        return False
    spec = SOURCES.get(step.source.name)
    return any("*" in path for path in step.source.paths) or (spec is not None and spec.output_batch_bytes is not None)


def _observation(pipeline: Pipeline, group: tuple[_Unbatched, ...]) -> Observation:
    first = group[0]
    worst = max(group, key=lambda one: one.level)
    offered = _remedies(pipeline, group)
    return Observation(
        location=first.call.expression.location or first.operator.step.call,
        level=level_for(worst.level, pipeline, first.call.evidence),
        observed=_observed(pipeline, first, worst),
        impact=_impact(pipeline, worst),
        suggestion=offered[0].suggestion,
        evidence=first.call.evidence,
        related=_related(pipeline, group),
        remedies=offered,
        operator=first.operator,
    )


def _observed(pipeline: Pipeline, first: _Unbatched, worst: _Unbatched) -> str:
    text = f"`{first.call.udf.name}` {_data(first.call)} {_calls(pipeline, first)}"
    if worst is not first and worst.level > first.level:
        text += f", and nothing bounds the calls of `{worst.call.udf.name}` after it"
    reason = _reason(first.call.evidence)
    return f"{text} ({reason})" if reason else text


def _data(call: UdfCall) -> str:
    if call.heavy:
        names = ", ".join(f"`{column.name}`" for column in call.heavy)
        if all(e.kind in (ExpressionKind.FUNCTION, ExpressionKind.LITERAL) for e in call.expression.inputs):
            return f"gets heavy data made of {names}"
        return f"gets the heavy {'column' if len(call.heavy) == 1 else 'columns'} {names}"
    made = call.expression.output
    return f"makes the heavy column `{made}`" if made else "makes heavy data"


def _reason(evidence: Evidence | None) -> str:
    return "" if evidence is None else f"heavy: {evidence.reason}"


def _calls(pipeline: Pipeline, one: _Unbatched) -> str:
    bound, calls = one.call.bound, f"{_call(one)}s"
    if bound.kind is BoundKind.NONE:
        return f"in {calls} of up to {unbounded_rows(pipeline, one.operator)}: nothing bounds them"
    most = _most_rows(one)
    rows_text = "bounded size" if most is None else f"up to {most:,} rows"
    if bound.kind is BoundKind.BATCHES:
        return f"in {calls} of {rows_text}: `default_morsel_size` is all that bounds them"
    if bound.kind is BoundKind.LOOSE:
        by = "the `download` before it"
        if bound.by is None:
            by = "`default_morsel_size`"
        elif bound.by.kind is StepKind.SOURCE:
            by = f"`{bound.by.name}`"
        text = f"in {calls} of {rows_text}, which only {by} bounds"
    else:
        text = f"in {calls} of {rows_text}, bounded by {_bounded_by(pipeline, one)}"
    if one.operator.partitions_in.kind is PartitionsKind.ONE:
        return f"{text}; all rows come in one partition"
    if one.operator.partitions_in.kind is PartitionsKind.UNKNOWN:
        return f"{text}; how many partitions there are is not known"
    return text


def _call(one: _Unbatched) -> str:
    """What a UDF's rows come in: a row-wise function is called for each row of a morsel."""
    return "morsel" if is_row_wise(one.call.udf) else "call"


def _most_rows(one: _Unbatched) -> int | None:
    """The most rows of a bounded call, None where they are not known."""
    known = [rows for rows in (one.call.bound.rows, one.operator.rows_in) if rows is not None]
    return min(known) if known else None


def _bounded_by(pipeline: Pipeline, one: _Unbatched) -> str:
    """Whose `batch_size` bounds the call, in words."""
    by = one.call.bound.by
    if one.call.udf.batch_size is not None or by is None:
        return "its own `batch_size`"
    if by.kind is StepKind.SOURCE:
        return f"the batches that `{by.name}` produces"
    name = next((e.udf.name for e in by.udf_calls() if e.udf is not None and e.udf.batch_size is not None), by.name)
    operator = pipeline.operator_of(by)
    if operator is None or operator.index == one.operator.index:
        return f"the `batch_size` of `{name}` in the same step"
    where = "before" if operator.index < one.operator.index else "after"
    return f"the `batch_size` of `{name}` {where} it"


def _impact(pipeline: Pipeline, worst: _Unbatched) -> str:
    kind = worst.call.bound.kind
    if kind in (BoundKind.NONE, BoundKind.BATCHES):
        return _memory(worst)
    if worst.operator.partitions_in.kind is PartitionsKind.ONE and pipeline.runner is not Runner.NATIVE:
        nodes = pipeline.cluster.nodes
        idle = f"{nodes - 1} of {nodes} nodes stay idle" if nodes is not None and nodes > 1 else "the others stay idle"
        where = "" if pipeline.runner_is_sure else f"; {NO_SIGN_OF_RAY}"
        return (
            f"On Ray one partition is one task on one node, and {idle}: 23.3 s against 15.1 s on 4 nodes in our "
            f"measurement{where}"
        )
    if kind is BoundKind.LOOSE:
        row_bytes, rows = _row_bytes(worst), _most_rows(worst)
        if row_bytes and rows is not None:
            return (
                f"At {byte_size(row_bytes)} per row such a {_call(worst)} holds"
                f" {byte_size(rows * row_bytes)}, and several may run at once"
            )
        return "128 rows of 1 MB held 1.9 GB on Ray in our measurement, where 32-row batches held 0.7 GB"
    return "That bounds the memory but does not spread the work: a single partition stays one task on one node"


def _row_bytes(one: _Unbatched) -> int:
    """The bytes of a row's heavy columns, as far as they are known."""
    return sum(column.weight.row_bytes or 0 for column in one.call.heavy)


def _memory(worst: _Unbatched) -> str:
    row_bytes = _row_bytes(worst)
    rows = worst.operator.rows_in
    if row_bytes and worst.call.bound.kind is BoundKind.NONE:
        most = min(rows, DEFAULT_MORSEL_ROWS) if rows is not None else DEFAULT_MORSEL_ROWS
        return f"At {byte_size(row_bytes)} per row one {_call(worst)} may have to hold {byte_size(most * row_bytes)}"
    return (
        "One worker held 9.0 GB in our measurement (1,024 rows of 1 MB) and took 29.7 s,"
        " where 32-row batches held 3.5 GB and took 11.4 s"
    )


def _remedies(pipeline: Pipeline, group: tuple[_Unbatched, ...]) -> tuple[Remedy, ...]:
    first = group[0]
    point = insertion_point_for(pipeline, first.boundary, first.call.inflating)
    if point is None:
        return (Remedy(f"Write `.into_batches({first.wanted.rows})` before the step that makes the data heavy", None),)
    return (*remedies(pipeline, _batches(pipeline, first, point), point.index), *_batch_sizes(group))


def _batches(pipeline: Pipeline, first: _Unbatched, point: InsertionPoint) -> Remedy:
    """An `into_batches` that comes too late is moved; else one is inserted."""
    inserted = batches_remedy(pipeline, point, first.wanted)
    for late in late_batches(pipeline):
        same = boundary_of(pipeline, late.operator) is first.boundary
        if same and late.inflating.step is first.call.inflating:
            moved = move_call(late.operator, point_before(pipeline, late.inflating))
            return Remedy(inserted.suggestion, moved) if moved is not None else inserted
    return inserted


def _batch_sizes(group: tuple[_Unbatched, ...]) -> Iterator[Remedy]:
    """A `batch_size` for each of the UDFs that takes one and has none: it bounds the calls and moves nothing."""
    udfs = dict.fromkeys(one.call.udf for one in group if one.call.bound.kind is BoundKind.NONE)
    yield from _batch_size(list(udfs), group[0].wanted.rows)


def _batch_size(udfs: Sequence[Udf], rows: int) -> Iterator[Remedy]:
    """The `batch_size` on each of the UDFs; nothing where one takes none, or not in view."""
    if udfs and all(udf.kind in _BATCH_FUNCTIONS and udf.options is not None for udf in udfs):
        names = " and ".join(f"`{udf.name}`" for udf in udfs)
        actions = tuple(AddKeyword(udf.options, "batch_size", str(rows)) for udf in udfs if udf.options is not None)
        yield Remedy(f"Write `batch_size={rows}` on {names}", Fix(f"Give {names} a `batch_size` of {rows}", actions))


def _related(pipeline: Pipeline, group: tuple[_Unbatched, ...]) -> tuple[tuple[NodeRef, str], ...]:
    first = group[0]
    related: list[tuple[NodeRef, str]] = []
    inflating = first.call.inflating
    if inflating is not None and inflating is not first.operator.step:
        related.append((inflating.call, inflated_label(pipeline, inflating)))
    if first.call.udf.definition is not None:
        related.append((first.call.udf.definition, f"`{first.call.udf.name}` is defined here"))
    source = pipeline.source.step
    if source is not inflating:
        related.append((source.call, source_label(pipeline.source)))
    for later in group[1:]:
        location = later.call.expression.location
        if location is not None:
            related.append((location, f"`{later.call.udf.name}` gets heavy rows in the same stage"))
    return tuple(related)
