"""What a run of a pipeline will show: the tasks of each step on Ray, the largest batch of each UDF call, the nodes.

Only what follows exactly from known facts is predicted; the rest is None. Daft 0.7.26, measured and read in its source
(`into_batches.rs` of the distributed and of the local execution):

- `into_partitions(k)` cuts evenly; `repartition(k)` deals rows out at random, so that its largest partition is not
  known: a batch is predicted where even the mean partition fills it, for the largest has no fewer rows than the mean;
- `into_batches(n)` cuts each task's rows to n, and gathers what comes until it has 0.8 n rows: a remainder of fewer
  rows may come first and be joined to a whole batch (1,000 rows at 64 are 15 tasks, one with 104 rows, or 16), and so
  a call has fewer than 1.8 n rows. Where such a remainder is left, or the rows come in several partitions, nothing is
  predicted. A Parquet file of several row groups may leave one at the end of each; one row group is assumed;
- a filter, an explode, a join and a generator leave an unknown number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from daft_lint.pipeline.model import DEFAULT_MORSEL_ROWS, BoundKind, Operator, Pipeline, Runner, StepKind, UdfCall

_BATCH_SIZE_THRESHOLD = 0.8
"""The share of its n rows from which on `into_batches(n)` closes a batch; Daft's name for it."""


@dataclass(frozen=True, slots=True)
class UdfPrediction:
    """`largest_batch` is the number of rows of the UDF's largest call."""

    name: str
    largest_batch: int | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is predicted of one operator: the tasks that work on its rows, and the nodes that they are spread over (both
    None on the native runner, which has none)."""

    tasks: int | None
    nodes: int | None
    udfs: tuple[UdfPrediction, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows at an operator: `rows` is their exact number, `tasks` that of their partitions. Of the largest partition
    `least` is a lower bound of its rows, `most` their exact number."""

    rows: int | None
    tasks: int | None
    least: int | None
    most: int | None

    @staticmethod
    def of(rows: int | None, tasks: int | None) -> _Rows:
        """Rows in partitions of unknown size; one partition has them all."""
        if rows is None or not tasks:
            return _Rows(rows, tasks, None, None)
        return _Rows(rows, tasks, -(-rows // tasks), rows if tasks == 1 else None)


_KEEPING = frozenset({StepKind.PROJECT, StepKind.SINK, StepKind.COLLECT})


def predict(pipeline: Pipeline) -> tuple[Prediction, ...]:
    """A prediction for each operator of the pipeline, in their order."""
    return tuple(_predictions(pipeline))


def _predictions(pipeline: Pipeline) -> Iterator[Prediction]:
    on_ray = pipeline.runner is not Runner.NATIVE
    nodes = pipeline.cluster.nodes
    state = _rows_of_source(pipeline.source, on_ray)
    for operator in pipeline.operators:
        if operator is not pipeline.source:
            state = _rows_after(operator, state, on_ray)
        spread = None if nodes is None or state.tasks is None else min(nodes, state.tasks)
        udfs = tuple(UdfPrediction(call.udf.name, _largest_batch(call, operator, state)) for call in operator.udf_calls)
        yield Prediction(state.tasks, spread, udfs)
        if any(call.udf.is_generator for call in operator.udf_calls):
            state = replace(state, rows=None, least=None, most=None)


def _rows_of_source(operator: Operator, on_ray: bool) -> _Rows:
    source = operator.step.source
    rows = None if source is None else source.rows
    if on_ray:
        return _Rows.of(rows, operator.partitions_out.count)
    return _Rows(rows, None, rows, rows)


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
        return _Rows(rows, state.tasks, rows, rows)
    if step.kind in (StepKind.FILTER, StepKind.EXPLODE):
        return _Rows(None, state.tasks, None, None)
    return _Rows(None, None, None, None)


def _repartitioned(name: str, number: int | None, state: _Rows) -> _Rows:
    dealt = _Rows.of(state.rows, number)
    even = name == "into_partitions" and state.tasks == 1
    return replace(dealt, most=dealt.least) if even else dealt


def _batched(size: int | None, state: _Rows, on_ray: bool) -> _Rows:
    rows = state.rows
    unknown = _Rows(rows, None, None, None)
    if size is None or rows is None:
        return unknown
    if not on_ray:
        largest = min(size, rows)
        return _Rows(rows, None, largest, largest)
    whole, rest = divmod(rows, size)
    if state.most != rows or (whole and 0 < rest < int(size * _BATCH_SIZE_THRESHOLD)):
        return unknown
    largest = min(size, rows)
    return _Rows(rows, whole + (1 if rest else 0), largest, largest)


def _largest_batch(call: UdfCall, operator: Operator, state: _Rows) -> int | None:
    if any(bound.kind is not BoundKind.NONE and bound.rows is None for bound in (call.bound, operator.bound)):
        return None
    limits = [bound.rows for bound in (call.bound, operator.bound) if bound.rows is not None]
    limit = min([*limits, DEFAULT_MORSEL_ROWS])
    if state.least is not None and limit <= state.least:
        return limit
    return None if state.most is None else min(limit, state.most)
