"""The effects of one pipeline, worked out operator by operator."""

from __future__ import annotations

import enum
import math
from collections import Counter
from collections.abc import Iterator, Sequence

from daft_lint.dataclass import dataclass
from daft_lint.pipeline import catalog
from daft_lint.pipeline.dataflow.checkpoints import has_checkpoint
from daft_lint.pipeline.dataflow.effects.amount import Amount
from daft_lint.pipeline.dataflow.effects.prediction import Prediction, predict
from daft_lint.pipeline.dataflow.functions import function_spec
from daft_lint.pipeline.dataflow.liveness import Needs, needs_before, sink_needs
from daft_lint.pipeline.model import (
    DEFAULT_MORSEL_ROWS,
    REPARTITIONING,
    BoundKind,
    Column,
    HeavyOperation,
    Operator,
    Partitions,
    PartitionsKind,
    Pipeline,
    Reads,
    Runner,
    Step,
    StepKind,
    Udf,
    UdfCall,
)
from daft_lint.source import cst
from daft_lint.source.code import code

FULL_BATCH_SHARE = 0.8
"""The share of n rows from which on `into_batches(n)` closes a batch; a rest of fewer rows may join a whole batch, so
that a call has fewer than 1.8 n rows (docs/pages/measurements.md)."""

_CHECKPOINT_FORBIDS = frozenset({"repartition", "into_partitions", "into_batches"})
"""In a plan whose source has a checkpoint, the first two raise and the third loses rows (Daft issue 7373)."""


class RowOrder(enum.IntEnum):
    """What is left of the row order at a pipeline's end."""

    NONE = 0
    """The rows come in any order."""
    SOURCE = 1
    """That of the one partition that they come from."""
    SORTED = 2
    """That of a `sort`."""


@dataclass(frozen=True, slots=True)
class CallEffects:
    """Of one UDF, or of a built-in function that opens or makes heavy data: `ordinal` counts the calls of the same
    `name` along the pipeline.

    `rows` is those of the largest call, `tasks` the tasks that make the calls, `nodes` the nodes that they are spread
    over (both None on the native runner), `loads` the times that its model is loaded, None where it loads none or
    where that does not depend on the tasks. `bounded_loads`: `max_concurrency` bounds them. `asked` is the UDF's own
    `batch_size`, `cut` the call with a number of its own that decides the tasks: `repartition`, `into_batches`, ...
    `multiplied` is the rows of the batch that an `explode` has made those of the call of, `built_in`: it is no UDF.
    """

    name: str
    ordinal: int
    rows: Amount
    tasks: Amount | None
    nodes: Amount | None
    loads: Amount | None = None
    bounded_loads: bool = False
    asked: int | None = None
    cut: str | None = None
    multiplied: int | None = None
    built_in: bool = False


@dataclass(frozen=True, slots=True)
class Crossing:
    """A heavy column that a step puts into the object store or sends over the network; `size` is in bytes."""

    step: str
    column: str
    size: Amount


@dataclass(frozen=True, slots=True)
class Effects:
    """What one pipeline does.

    `capacity` is how many tasks the cluster can be said to keep busy, `places` how many models it can load at once,
    `shuffles` how often rows go from tasks to other tasks, `files` those that its write makes (None: it writes none, or
    the runner is native), `heavy_files`: their rows are heavy, and the script asks for no size of them. `forbidden` are
    the calls that its checkpoint forbids, `cuts` the author's own repartitionings that stand under a condition on their
    own number. `runs` counts the sinks that run its steps, one number for each call of `calls`.
    """

    calls: tuple[CallEffects, ...]
    capacity: int
    places: int
    crossings: tuple[Crossing, ...]
    shuffles: int
    files: Amount | None
    heavy_files: bool
    order: RowOrder
    forbidden: tuple[str, ...]
    cuts: tuple[str, ...] | None
    runs: tuple[int, ...]


SMALL_FAN_OUT = 8
"""Tasks, and files of their own, that no cluster minds: a choice, not a measurement."""


def effects_of(pipeline: Pipeline) -> Effects:
    """What a pipeline does, as far as it is known."""
    tasks = _tasks(pipeline)
    calls = tuple(_calls(pipeline, tasks))
    cluster = pipeline.cluster
    return Effects(
        calls=calls,
        capacity=max(SMALL_FAN_OUT, cluster.total_concurrency or 0, cluster.nodes or 0),
        places=cluster.total_concurrency or SMALL_FAN_OUT,
        crossings=tuple(_crossings(pipeline)),
        shuffles=sum(_hands_on(pipeline, operator) for operator in pipeline.operators[1:]),
        files=_files(pipeline, tasks[-1]),
        heavy_files=not pipeline.sizes_files
        and any(column.weight.heavy for column in pipeline.sink.columns_out.values()),
        order=_order(pipeline),
        forbidden=_forbidden(pipeline),
        cuts=_conditional_cuts(pipeline),
        runs=tuple(_runs(pipeline)),
    )


# Tasks


def _tasks(pipeline: Pipeline) -> list[Amount | None]:
    """The tasks that do each operator's own work; None on the native runner. Rows that are collected stay in the
    partitions that they came in."""
    chain, passed = [pipeline], {pipeline.source.step}
    while chain[-1].kept_from and chain[-1].kept_from[0].source.step not in passed:
        chain.append(chain[-1].kept_from[0])
        passed.add(chain[-1].source.step)
    found: list[Amount | None] = []
    for one in reversed(chain):
        found = _tasks_from(one, found[-1] if found else None)
    return found


def _tasks_from(pipeline: Pipeline, first: Amount | None) -> list[Amount | None]:
    """The tasks of each operator where those of the first are known otherwise than by its partitions."""
    found: list[Amount | None] = []
    is_counted = first is None or first.exact is not None
    for operator, exact in zip(pipeline.operators, predict(pipeline), strict=True):
        is_counted = is_counted or operator.step.kind is StepKind.REPARTITION
        if pipeline.runner is Runner.NATIVE:
            found.append(None)
        elif not found and first is not None:
            found.append(first)
        elif exact.tasks is not None and is_counted:
            found.append(Amount.exactly(exact.tasks))
        else:
            before = found[-1] if found else None
            found.append(_tasks_after(operator, before or _of_partitions(operator.partitions_out)))
    return found


def _tasks_after(operator: Operator, before: Amount) -> Amount:
    step, out = operator.step, operator.partitions_out
    if step.kind is StepKind.BATCHES:
        # The rows are an upper bound, and so is the number of batches.
        return Amount.at_least(2, by_rows=True) if out.count is None else Amount.at_most(out.count, 1)
    if step.kind is StepKind.LIMIT:
        return Amount(1, before.high, before.by_rows)
    if step.name == "groupby":
        return before
    if step.kind in REPARTITIONING or step.kind in (StepKind.UNION, StepKind.SOURCE, StepKind.OTHER):
        return _of_partitions(out)
    return before


def _of_partitions(partitions: Partitions) -> Amount:
    if partitions.count is not None:
        return Amount.exactly(partitions.count)
    return Amount.at_least(2 if partitions.kind is PartitionsKind.MANY else 1)


# Calls


def _calls(pipeline: Pipeline, tasks: Sequence[Amount | None]) -> Iterator[CallEffects]:
    seen: Counter[str] = Counter()
    nodes = pipeline.cluster.nodes
    bounds = _Bounds(pipeline)
    cut: str | None = None
    for operator, exact, here in zip(pipeline.operators, predict(pipeline), tasks, strict=True):
        bounds.enter(operator)
        cut = None if here is None else _cut_after(operator, cut)
        spread = None if here is None or nodes is None else here.capped(nodes)
        for index, call in enumerate(operator.udf_calls):
            if call.read:
                name = call.udf.name
                loads = None if here is None else _loads(call.udf, here)
                rows = bounds.of_call(call, operator, exact, index)
                bounded = call.udf.max_concurrency is not None and not call.udf.is_async
                asked = None if call.udf.batch_size is None else call.udf.batch_size.value
                yield CallEffects(name, seen[name], rows, here, spread, loads, bounded, asked, cut, bounds.multiplied)
                seen[name] += 1
        for operation in operator.heavy_operations:
            name = operation.expression.name or ""
            if _counts(operation):
                rows = Amount.UNKNOWN if _cuts_itself(operation) else bounds.of_read(operator)
                multiplied = bounds.multiplied
                yield CallEffects(name, seen[name], rows, here, spread, cut=cut, multiplied=multiplied, built_in=True)
                seen[name] += 1
        bounds.leave(operator)


def _cut_after(operator: Operator, before: str | None) -> str | None:
    step = operator.step
    if step.kind is StepKind.BATCHES or (step.kind is StepKind.REPARTITION and step.count is not None):
        return step.name
    keeps = step.name == "groupby" or step.kind not in (*REPARTITIONING, StepKind.UNION, StepKind.COLLECT)
    return before if keeps else None


def _counts(operation: HeavyOperation) -> bool:
    """Whether it runs, and opens what a column points to or makes heavy data."""
    return operation.read and (operation.heavy_read or operation.weight.heavy is True)


def _cuts_itself(operation: HeavyOperation) -> bool:
    """A `download` works through its rows in small batches, however many it gets (e7)."""
    spec = function_spec(operation.expression)
    return spec is not None and spec.output_batch_rows is not None


class _Bounds:
    """The most rows of a call, along one pipeline: what `Bound` says is the number that the script asks for."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._morsel = pipeline.morsel_size or DEFAULT_MORSEL_ROWS
        self._on_ray = pipeline.runner is not Runner.NATIVE
        source = pipeline.source.step.source
        self._chunk = None
        if source is not None and source.name in _CHUNK_READERS and source.row_bytes:
            self._chunk = math.ceil(_CHUNK_BYTES / source.row_bytes)
        self._downloaded: int | None = self._chunk
        self.multiplied: int | None = None
        """The rows of a batch that an `explode` has made several of each of; None where there is none."""

    def enter(self, operator: Operator) -> None:
        if operator.step.kind in REPARTITIONING or operator.step.kind is StepKind.COLLECT:
            self._downloaded = None
        if operator.step.kind in (*REPARTITIONING, StepKind.COLLECT, StepKind.BATCHES):
            self.multiplied = None

    def leave(self, operator: Operator) -> None:
        if operator.step.multiplies_rows():
            self.multiplied = self.multiplied or self.of_read(operator).high
            self._downloaded = None
        else:
            self._downloaded = self._within(operator)

    def of_call(self, call: UdfCall, operator: Operator, exact: Prediction, index: int) -> Amount:
        predicted = exact.udfs[index].largest_batch
        if predicted is not None:
            return Amount.exactly(min(predicted, self._morsel))
        own = None if call.udf.batch_size is None else call.udf.batch_size.value
        rows = call.bound.rows
        if call.bound.kind is BoundKind.BATCHES and rows is not None and rows != own:
            rows = self._joined(rows, by_step=call.bound.by is not None)
        return Amount.at_most(self._least(rows, own, self._within(operator), operator.rows_in))

    def of_read(self, operator: Operator) -> Amount:
        rows = operator.bound.rows
        if operator.bound.kind is BoundKind.BATCHES and rows is not None:
            rows = self._joined(rows, by_step=operator.bound.by is not None)
        return Amount.at_most(self._least(rows, operator.rows_in))

    def _joined(self, rows: int, *, by_step: bool) -> int:
        """The most rows of a batch that was asked to have `rows`."""
        return math.ceil(rows * (1 + FULL_BATCH_SHARE)) - 1 if by_step and self._on_ray and rows > 1 else rows

    def _within(self, operator: Operator) -> int | None:
        specs = (function_spec(expression) for expression in operator.step.walk())
        cut = next((s.output_batch_rows for s in specs if s is not None and s.output_batch_rows is not None), None)
        known = [rows for rows in (self._downloaded, cut) if rows is not None]
        return min(known) if known else None

    def _least(self, *rows: int | None) -> int:
        return min([self._morsel, *(number for number in rows if number is not None)])


_CHUNK_READERS = frozenset({"read_json"})
_CHUNK_BYTES = 128 * 1024
"""JSON lines are read in chunks of 128 KiB: 45 rows of 3 KB a call, one row of 200 KB (docs/pages/measurements.md)."""


def _loads(udf: Udf, tasks: Amount) -> Amount | None:
    """At most one for each task and actor (docs/pages/measurements.md, e20); asynchronous methods load in each task."""
    if not udf.is_class or not _makes_something(udf):
        return None
    if udf.max_concurrency is None or udf.is_async:
        return Amount(1, tasks.high, tasks.by_rows)
    return Amount(1, tasks.high).capped(udf.max_concurrency.value)


def _makes_something(udf: Udf) -> bool:
    """Whether the class has an `__init__` that calls something; one out of view may."""
    definition = None if udf.definition is None else udf.definition.node
    if not isinstance(definition, cst.ClassDef):
        return True
    for statement in definition.body.body:
        if isinstance(statement, cst.FunctionDef) and statement.name.value == "__init__":
            return _calls_something(statement.body)
    return bool(definition.bases)


def _calls_something(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Call):
        return not (isinstance(node.func, cst.Name) and node.func.value == "super")
    if isinstance(node, cst.FunctionDef | cst.ClassDef | cst.Lambda):
        return False
    return any(_calls_something(child) for child in node.children)


def _runs(pipeline: Pipeline) -> Iterator[int]:
    """The sinks that run each call; every sink runs the whole plan."""
    for operator in pipeline.operators:
        calls = sum(call.read for call in operator.udf_calls)
        reads = sum(map(_counts, operator.heavy_operations))
        yield from (pipeline.script_pipelines.once(_whole_runs, operator.step) for _ in range(calls + reads))


def _whole_runs(sharing: tuple[Pipeline, ...], _step: Step) -> int:
    return len({pipeline.sink.step for pipeline in sharing if pipeline.reads is Reads.ALL})


# Heavy data


def _crossings(pipeline: Pipeline) -> Iterator[Crossing]:
    """The heavy columns that repartitioning steps, `into_batches` and `collect` hand on, where something reads them."""
    needs = _needs(pipeline)
    for operator in pipeline.operators[1:]:
        if not _hands_on(pipeline, operator):
            continue
        for column in operator.columns_in.values():
            is_read = column.weight.heavy and needs[operator.index].has(column.name)
            if is_read and not _is_cut_as_read(pipeline, operator, column):
                yield Crossing(operator.step.name, column.name, _size(column, operator.rows_in))


def _hands_on(pipeline: Pipeline, operator: Operator) -> bool:
    kind, on_ray = operator.step.kind, pipeline.runner is not Runner.NATIVE
    if kind in (StepKind.SHUFFLE, StepKind.JOIN, StepKind.COLLECT):
        return True
    return on_ray and kind in (StepKind.REPARTITION, StepKind.BATCHES)


def _is_cut_as_read(pipeline: Pipeline, operator: Operator, column: Column) -> bool:
    """An `into_batches` right behind a source that is heavy already is no harm (e1), unless that source hands on small
    batches by itself: there is no earlier place, and each batch is read once."""
    source = pipeline.source.step
    if operator.step.kind is not StepKind.BATCHES or operator.stage != 0 or column.inflated_by is not source:
        return False
    spec = None if source.source is None else catalog.SOURCES.get(source.source.name)
    if spec is not None and spec.output_batch_bytes is not None:
        return False
    between = pipeline.operators[1 : operator.index]
    return not any(s.step.kind is StepKind.BATCHES or s.step.multiplies_rows() for s in between)


def _size(column: Column, rows: int | None) -> Amount:
    if rows is None or column.weight.row_bytes is None:
        return Amount.UNKNOWN
    return Amount.at_most(rows * column.weight.row_bytes)


def _needs(pipeline: Pipeline) -> list[Needs]:
    """For each operator, which columns are read after it."""
    needs = [sink_needs(pipeline.reads)] * len(pipeline.operators)
    for operator in reversed(pipeline.operators[1:]):
        step = operator.step
        needs[operator.index - 1] = needs_before(step, needs[operator.index], runs_always=step.multiplies_rows())
    return needs


# Files and order


def _files(pipeline: Pipeline, tasks: Amount | None) -> Amount | None:
    """A task writes a file, or one for each of its keys (e22)."""
    if tasks is None or not pipeline.sink.step.name.startswith("write_"):
        return None
    if "partition_cols" in _keywords(pipeline.sink.step.call.node):
        return Amount(tasks.low, None, tasks.by_rows)
    return tasks


def _order(pipeline: Pipeline, passed: frozenset[Step] = frozenset()) -> RowOrder:
    """What is left at the end of the order of the source's one partition, or of a `sort`, also before a `collect`.
    On the native runner `into_batches` keeps the order of results, but not that of a written file."""
    native = pipeline.runner is Runner.NATIVE
    writes = pipeline.sink.step.name.startswith("write_")
    one = pipeline.source.partitions_out.kind is PartitionsKind.ONE
    order = RowOrder.SOURCE if one else RowOrder.NONE
    start = pipeline.source.step
    if pipeline.kept_from and start not in passed:
        order = max(order, min(_order(other, passed | {start}) for other in pipeline.kept_from))
    for operator in pipeline.operators[1:]:
        step = operator.step
        if step.name == "sort":
            order = RowOrder.SORTED
        elif step.kind is not StepKind.SINK and not _keeps_order(step, native=native, writes=writes):
            order = RowOrder.NONE
    return order


def _keeps_order(step: Step, *, native: bool, writes: bool) -> bool:
    if step.name == "repartition":
        return native or (step.count is not None and step.count.value == 1)
    if step.kind is StepKind.BATCHES:
        return native and not writes
    spec = catalog.STEPS.get(step.name)
    return spec is not None and spec.keeps_order


# What the author decided


def _forbidden(pipeline: Pipeline) -> tuple[str, ...]:
    if not has_checkpoint(pipeline):
        return ()
    return tuple(s.step.name for s in pipeline.operators if s.step.name in _CHECKPOINT_FORBIDS)


def _keywords(node: cst.CSTNode) -> frozenset[str]:
    """The keyword arguments of a call that are not `None`."""
    if not isinstance(node, cst.Call):
        return frozenset()
    given = (a for a in node.args if not (isinstance(a.value, cst.Name) and a.value.value == "None"))
    return frozenset(a.keyword.value for a in given if a.keyword is not None)


def _conditional_cuts(pipeline: Pipeline) -> tuple[str, ...] | None:
    """The repartitionings on a path that a condition on their own number decides; None where there is no such one."""
    if not any(decision.author_cut for decision in pipeline.decisions):
        return None
    cutting = (StepKind.REPARTITION, StepKind.BATCHES)
    return tuple(_spelling(s) for s in pipeline.operators if s.step.kind in cutting)


def _spelling(operator: Operator) -> str:
    node = operator.step.call.node
    given = node.args if isinstance(node, cst.Call) else ()
    arguments = [code(argument) for argument in given]
    return f"{operator.step.name}({', '.join(arguments)})"
