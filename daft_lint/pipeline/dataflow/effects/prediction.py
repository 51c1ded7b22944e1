"""What a run of a pipeline will show: the tasks of each step on Ray, the largest batch of each UDF call, the nodes.

Only what follows exactly from known facts is predicted; the rest is None. Daft 0.7.26, measured and read in its source
(`into_batches.rs` of the distributed and of the local execution):

- `into_partitions(k)` cuts evenly; `repartition(k)` deals rows out at random, so that its largest partition is not
  known. A partition is made of a chunk of each partition before it, and a call gets rows of one chunk only (42 rows in
  two chunks of 21 are calls of 21, 11 and 10 at a `batch_size` of 32): a batch is predicted where even the mean chunk
  fills it, for the largest has no fewer rows than the mean;
- `into_batches(n)` cuts each task's rows to n, and gathers what comes until it has 0.8 n rows: a remainder of fewer
  rows may come first and be joined to a whole batch (1,000 rows at 64 are 15 tasks, one with 104 rows, or 16), and so
  a call has fewer than 1.8 n rows. Where such a remainder is left, or the rows come in several partitions, nothing is
  predicted but a batch that a whole one fills. A Parquet file of several row groups may leave a remainder at the end of
  each; where no footer says how many it has, one is assumed;
- `sort`, `distinct` and `groupby` make as many partitions as the plan has before them, which behind `into_batches` is
  not the number of its batches;
- a filter, an explode, a join and a generator leave an unknown number of rows. A filter is pushed down below UDFs that
  it does not read, and so is a limit, which also ends tasks early.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import DEFAULT_MORSEL_ROWS, BoundKind, Operator, Pipeline, Runner, StepKind, UdfCall

_BATCH_SIZE_THRESHOLD = 0.8
"""The share of its n rows from which on `into_batches(n)` closes a batch; Daft's name for it."""


@dataclass(frozen=True, slots=True)
class UdfPrediction:
    """`largest_batch` is the number of rows of the UDF's largest call; `runs`: it is called at all, for something reads
    the column that it makes."""

    name: str
    largest_batch: int | None
    runs: bool


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is predicted of one operator: the tasks that work on its rows, and the nodes that they are spread over (both
    None on the native runner, which has none)."""

    tasks: int | None
    nodes: int | None
    udfs: tuple[UdfPrediction, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows at an operator: `rows` is their exact number, `tasks` that of their partitions, `planned` that of those
    which the plan has. `chunks` is an upper bound of the chunks that they come in; of the largest chunk `least` is a
    lower bound of its rows, `most` their exact number."""

    rows: int | None
    tasks: int | None
    least: int | None
    most: int | None
    planned: int | None = None
    chunks: int | None = None

    @staticmethod
    def of(rows: int | None, tasks: int | None, chunks: int | None) -> _Rows:
        """Rows in partitions and chunks of unknown size; one chunk has them all."""
        if rows is None or not tasks or not chunks:
            return _Rows(rows, tasks, None, None, tasks, chunks)
        return _Rows(rows, tasks, -(-rows // chunks), rows if chunks == 1 else None, tasks, chunks)

    @property
    def uncounted(self) -> _Rows:
        """The same partitions with an unknown number of rows."""
        return _Rows(None, self.tasks, None, None, self.planned, self.chunks)

    def cut_to(self, size: int | None) -> _Rows:
        """The same rows behind a UDF of this batch size (None: not known), which hands them on as it gets them."""
        if size is None:
            return replace(self, least=None, most=None, chunks=None)
        if self.least is not None and self.least >= size:
            return replace(self, least=size, most=size, chunks=None)
        return replace(self, most=None if self.most is None else min(self.most, size), chunks=None)


_KEEPING = frozenset({StepKind.PROJECT, StepKind.SINK, StepKind.COLLECT})
_AS_PLANNED = frozenset({"sort", "distinct", "unique", "drop_duplicates", "groupby"})
"""They make as many partitions as the plan has before them (docs/pages/measurements.md, e28)."""
_MOST_OF_A_SHUFFLE = 200
"""Daft's `shuffle_aggregation_default_partitions`, which caps the partitions of an aggregation."""


def predict(pipeline: Pipeline) -> tuple[Prediction, ...]:
    """A prediction for each operator of the pipeline, in their order."""
    return tuple(_predictions(pipeline))


def _predictions(pipeline: Pipeline) -> Iterator[Prediction]:
    on_ray = pipeline.runner is not Runner.NATIVE
    nodes = pipeline.cluster.nodes
    pushed = _PushedDown.of(pipeline)
    state = _rows_of_source(pipeline.source, on_ray)
    for operator in pipeline.operators:
        if operator is not pipeline.source:
            state = _rows_after(operator, state, on_ray)
        tasks = None if operator.index < pushed.last_limit else state.tasks
        spread = None if nodes is None or tasks is None else min(nodes, tasks)
        udfs = (
            (call.udf.name, None if pushed.below(operator, call) else _largest_batch(call, operator, state), call.read)
            for call in operator.udf_calls
        )
        yield Prediction(tasks, spread, tuple(UdfPrediction(*one) for one in udfs))
        if any(call.udf.is_generator for call in operator.udf_calls):
            state = state.uncounted
        for call in operator.udf_calls:
            if call.udf.batch_size is not None:
                state = state.cut_to(call.udf.batch_size.value)


@dataclass(frozen=True, slots=True)
class _PushedDown:
    """What the optimizer may push down below earlier steps: the last limit, by its index (-1: none), and the filters,
    each with its index and the columns that it reads."""

    last_limit: int
    filters: tuple[tuple[int, frozenset[str]], ...]

    @staticmethod
    def of(pipeline: Pipeline) -> _PushedDown:
        limits = [operator.index for operator in pipeline.operators if operator.step.kind is StepKind.LIMIT]
        filters = (operator for operator in pipeline.operators if operator.step.kind is StepKind.FILTER)
        return _PushedDown(
            max(limits, default=-1),
            tuple((f.index, frozenset(n for e in f.step.expressions for n in e.columns() if n)) for f in filters),
        )

    def below(self, operator: Operator, call: UdfCall) -> bool:
        """Whether the call may get fewer rows than its step: a filter that does not read what it makes, or a limit."""
        made = call.expression.output
        later = (read for index, read in self.filters if index > operator.index)
        return operator.index < self.last_limit or any(made not in read for read in later)


def _rows_of_source(operator: Operator, on_ray: bool) -> _Rows:
    source = operator.step.source
    rows = None if source is None else source.rows
    tasks = operator.partitions_out.count
    state = _Rows.of(rows, tasks, tasks) if on_ray else _Rows(rows, None, rows, rows)
    if source is not None and source.in_parts:
        return replace(state, least=None, most=None, chunks=None)
    if source is not None and source.largest_file is not None and rows is not None:
        return replace(state, most=source.largest_file)
    return state


def _rows_after(operator: Operator, state: _Rows, on_ray: bool) -> _Rows:
    """The partitions that an operator's own work is done on: those that it cuts, where it cuts."""
    step, number = operator.step, None if operator.step.count is None else operator.step.count.value
    if step.kind in _KEEPING:
        return state
    if step.kind is StepKind.REPARTITION:
        return _repartitioned(step.name, number, state) if on_ray else state
    if step.kind is StepKind.BATCHES:
        return _batched(number, state, on_ray)
    if step.kind is StepKind.LIMIT and number is not None and state.rows is not None and state.most == state.rows:
        rows = min(number, state.rows)
        return _Rows(rows, state.tasks, rows, rows, state.planned, state.chunks)
    if step.kind in (StepKind.FILTER, StepKind.EXPLODE):
        return state.uncounted
    if step.name in _AS_PLANNED and on_ray:
        count = state.planned if step.name == "sort" or (state.planned or 0) <= _MOST_OF_A_SHUFFLE else None
        return _Rows.of(state.rows if step.name == "sort" else None, count, count)
    return _Rows(None, None, None, None)


def _repartitioned(name: str, number: int | None, state: _Rows) -> _Rows:
    if number is None or state.chunks is None:
        return _Rows.of(state.rows, number, None)
    if name == "repartition":
        return _Rows.of(state.rows, number, number * state.chunks)
    dealt = _Rows.of(state.rows, number, number if state.chunks == 1 else number + state.chunks)
    return replace(dealt, most=dealt.least) if state.chunks == 1 else dealt


def _batched(size: int | None, state: _Rows, on_ray: bool) -> _Rows:
    rows = state.rows
    if size is None or rows is None:
        return _Rows(rows, None, None, None)
    unknown = _Rows(rows, None, int(size * _BATCH_SIZE_THRESHOLD) if rows >= size else None, None)
    if not on_ray:
        largest = min(size, rows)
        return _Rows(rows, None, largest, largest)
    whole, rest = divmod(rows, size)
    if state.most != rows or (whole and 0 < rest < int(size * _BATCH_SIZE_THRESHOLD)):
        return unknown
    largest, tasks = min(size, rows), whole + (1 if rest else 0)
    return _Rows(rows, tasks, largest, largest, None, tasks)


def _largest_batch(call: UdfCall, operator: Operator, state: _Rows) -> int | None:
    if any(bound.kind is not BoundKind.NONE and bound.rows is None for bound in (call.bound, operator.bound)):
        return None
    limits = [bound.rows for bound in (call.bound, operator.bound) if bound.rows is not None]
    limit = min([*limits, DEFAULT_MORSEL_ROWS])
    if state.least is not None and limit <= state.least:
        return limit
    return None if state.most is None else min(limit, state.most)
