"""The stages of a path, and the most rows that reach a UDF in one call."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from daft_lint.dataclass import dataclass
from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog import SourceSpec
from daft_lint.pipeline.dataflow.functions import function_spec
from daft_lint.pipeline.dataflow.step_facts import StepFacts
from daft_lint.pipeline.model import (
    DEFAULT_BATCH_ROWS,
    REPARTITIONING,
    Bound,
    BoundKind,
    Count,
    Expression,
    Runner,
    Step,
    StepKind,
    walk,
)


@dataclass(frozen=True, slots=True)
class _ActiveBounds:
    """The bounds that hold between two operators, the strongest first."""

    batches: Bound | None = None
    udf: Bound | None = None
    loose: Bound | None = None

    def strongest(self, later: Bound | None, morsel: Bound | None) -> Bound:
        """The one that counts; `later` is that of a later UDF, `morsel` that of the stage's morsel size."""
        if self.batches is not None:
            known = [b.rows for b in (self.batches, morsel) if b is not None and b.rows is not None]
            return replace(self.batches, rows=min(known) if known else None)
        if morsel is not None and morsel.kind is BoundKind.LOOSE:
            loose = [b for b in (self.loose, morsel) if b is not None]
            return self.udf or later or min(loose, key=lambda b: math.inf if b.rows is None else b.rows)
        return morsel or self.udf or later or self.loose or Bound()


class PathBounds:
    """The bounds of one path: `stages` numbers the stage of each step, `bounds` is what holds at each."""

    def __init__(self, steps: tuple[Step, ...], facts: StepFacts) -> None:
        self._steps = steps
        self._facts = facts
        self._batch_sizes = [self._batch_size_of(step) for step in steps]
        self._reaches_scan = self._propagates_to_scan()
        self.stages = self._stages()
        self.bounds = self._bounds()

    def of_call(self, index: int, expression: Expression, own: Count | None) -> Bound:
        """The bound of a UDF call at `steps[index]`; `own` is the UDF's own `batch_size`."""
        operator = self.bounds[index]
        if operator.kind is BoundKind.BATCHES:
            known = [rows for rows in (operator.rows, None if own is None else own.value) if rows is not None]
            return replace(operator, rows=min(known) if known else None)
        if own is not None:
            return Bound(BoundKind.UDF, own.value)
        if operator.kind is BoundKind.UDF:
            return operator
        return self._within_step(index, expression)

    def of_function(self, index: int, expression: Expression) -> Bound:
        """The bound of a built-in function at `steps[index]`."""
        operator = self.bounds[index]
        is_morsel = operator.kind is BoundKind.LOOSE and operator.by is None
        return self._within_step(index, expression) if operator.kind is BoundKind.NONE or is_morsel else operator

    def _within_step(self, index: int, expression: Expression) -> Bound:
        """What the other calls in the same step bound: those inside this one, and those after it at the scan."""
        step = self._steps[index]
        reaches_back = self.stages[index] == 0 and self._reaches_scan
        inside = set(walk(expression.inputs))
        passed = False
        for other in step.walk():
            passed = passed or other is expression
            udf = self._facts.weights.udf(other)
            if udf is None or udf.batch_size is None or other is expression:
                continue
            if other in inside or (passed and reaches_back):
                return Bound(BoundKind.UDF, udf.batch_size.value, step)
        rows = _output_batch_rows(walk(expression.inputs))
        return self.bounds[index] if rows is None else Bound(BoundKind.LOOSE, rows, step)

    def _is_repartitioning(self, step: Step) -> bool:
        """The native runner ignores `repartition` and `into_partitions`, so they end no stage there."""
        if step.kind is StepKind.REPARTITION and self._facts.context.runner is Runner.NATIVE:
            return False
        return step.kind in REPARTITIONING

    def _stages(self) -> list[int]:
        numbers: list[int] = []
        number = 0
        for index, step in enumerate(self._steps):
            if index and (self._is_repartitioning(step) or step.kind is StepKind.COLLECT):
                number += 1
            numbers.append(number)
        return numbers

    def _batch_size_of(self, step: Step) -> Count | None:
        """The `batch_size` that a step's UDFs ask for."""
        udfs = (self._facts.weights.udf(expression) for expression in step.walk())
        return next((udf.batch_size for udf in udfs if udf is not None and udf.batch_size is not None), None)

    def _propagates_to_scan(self) -> bool:
        """A later UDF's `batch_size` reaches the scan: files are read in such batches, memory is not."""
        source = self._steps[0].source
        if source is None:
            return False
        spec = catalog.SOURCES.get(source.name)
        return source.names_hint if spec is None else spec.propagates_batch_size

    def _bounds(self) -> list[Bound]:
        """The bound at each step. A repartitioning step evaluates its own expressions before it cuts."""
        later = self._later_bounds()
        morsel = self._morsel_bounds()
        active = self._bounds_of_source()
        bounds: list[Bound] = []
        for index, step in enumerate(self._steps):
            bounds.append(active.strongest(later[index], morsel[self.stages[index]]))
            if index:
                active = self._bounds_after(step, active, self._batch_sizes[index])
        return bounds

    def _later_bounds(self) -> list[Bound | None]:
        """The nearest later `batch_size` that reaches back, in the first stage only: what a repartitioning step
        leaves is in memory, and a UDF right behind a `sort` still got all 5,000 rows of its partition in one call."""
        later: list[Bound | None] = [None] * len(self._steps)
        if not self._reaches_scan:
            return later
        nearest: Bound | None = None
        for index in range(len(self._steps) - 1, -1, -1):
            if self.stages[index] == 0:
                later[index] = nearest
                size = self._batch_sizes[index]
                if size is not None:
                    nearest = Bound(BoundKind.UDF, size.value, self._steps[index])
        return later

    def _morsel_bounds(self) -> list[Bound | None]:
        """For each stage, `default_morsel_size`: a loose bound where it is above what a rule would recommend there."""
        stages = self.stages[-1] + 1
        size = self._facts.context.morsel_size
        if size is None:
            return [None] * stages
        recommended = [DEFAULT_BATCH_ROWS] * stages
        cluster = self._facts.context.cluster
        per_node = (cluster.total_concurrency or 1) / (cluster.nodes or 1)
        factor = max(1.0, per_node if cluster.total_concurrency and cluster.nodes else 1.0)
        for stage, given in zip(self.stages, self._batch_sizes, strict=True):
            if given is not None and given.value is not None:
                recommended[stage] = max(recommended[stage], int(given.value * factor))
        return [Bound(BoundKind.BATCHES if size <= rows else BoundKind.LOOSE, size) for rows in recommended]

    def _bounds_of_source(self) -> _ActiveBounds:
        step = self._steps[0]
        spec = None if step.source is None else catalog.SOURCES.get(step.source.name)
        if spec is None:
            return _ActiveBounds()
        sizes = [rows for keyword, rows in spec.into_batches_if.items() if step.options.get(keyword, True) is not False]
        batches = Bound(BoundKind.BATCHES, sizes[0], step) if sizes else None
        if spec.output_batch_bytes is not None:
            return _ActiveBounds(batches, Bound(BoundKind.UDF, _rows_of_bytes(step, spec.output_batch_bytes), step))
        rows = _output_batch_rows_of_source(step, spec)
        return _ActiveBounds(batches, None, None if rows is None else Bound(BoundKind.LOOSE, rows, step))

    def _bounds_after(self, step: Step, active: _ActiveBounds, size: Count | None) -> _ActiveBounds:
        if self._is_repartitioning(step) or step.kind is StepKind.COLLECT:
            return _ActiveBounds()
        if self._facts.multiplies_rows[step]:
            # The rows of a batch stay together: how many they become is not known.
            return _ActiveBounds(None if active.batches is None else replace(active.batches, rows=None))
        if step.kind is StepKind.BATCHES:
            return _ActiveBounds(Bound(BoundKind.BATCHES, None if step.count is None else step.count.value, step))
        if size is not None:
            # Measured: a UDF with `batch_size=16` hands on 16 rows at a time, and the next UDF is called with those.
            active = replace(active, udf=Bound(BoundKind.UDF, size.value, step))
        rows = _output_batch_rows(step.walk())
        return active if rows is None else replace(active, loose=Bound(BoundKind.LOOSE, rows, step))


def _output_batch_rows(expressions: Iterable[Expression]) -> int | None:
    """Rows of a call behind a built-in `download` among the expressions (`e7`)."""
    specs = (function_spec(expression) for expression in expressions)
    return next((s.output_batch_rows for s in specs if s is not None and s.output_batch_rows is not None), None)


def _output_batch_rows_of_source(step: Step, spec: SourceSpec) -> int | None:
    """Rows of a batch that a source hands on; None where it does not limit them, or to an unknown number."""
    if spec.output_batch_rows_at is None:
        return spec.output_batch_rows
    (position, keyword), default = spec.output_batch_rows_at
    given = step.options.get(keyword, step.options.get(str(position), default))
    return given if isinstance(given, int) else None


def _rows_of_bytes(step: Step, size: int) -> int | None:
    """Rows of a batch that is full when it holds `size` bytes; None where the bytes of a row are not known."""
    columns = () if step.source is None else step.source.columns.values()
    row_bytes = sum(weight.row_bytes for weight in columns if weight.row_bytes is not None)
    return None if row_bytes <= 0 else -(-size // row_bytes)
