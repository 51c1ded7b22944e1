"""From the steps of a script to its pipelines: bounds, stages, partitions and weights, worked out once for all rules.

What a step makes of columns, rows and partitions is the same on every path and is worked out once a step; bounds,
stages, the inflating step and what is read depend on the path. Nothing here recurses over steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog import Effect, RowsEffect
from daft_lint.pipeline.dataflow.liveness import Needs, needs_before, sink_needs
from daft_lint.pipeline.dataflow.weights import ColumnLineage, Weights, keywords_of, spec_of
from daft_lint.pipeline.model import (
    REPARTITIONING,
    Bound,
    BoundKind,
    Cluster,
    Column,
    Constants,
    Evidence,
    Expression,
    ExpressionKind,
    HeavyOperation,
    Operator,
    Partitions,
    PartitionsKind,
    Pipeline,
    Reads,
    Runner,
    ScriptPipelines,
    Settings,
    SourceKind,
    Step,
    StepKind,
    Strength,
    UdfCall,
    walk,
)

MAX_PATHS_PER_END = 64
MAX_OPERATORS = 100_000
"""Operators of all pipelines together: a bound on the work for scripts with very many sinks and branches."""

DEFAULT_BATCH_ROWS = 64
"""What a rule asks for where no UDF has a `batch_size` (a choice; the rules DFT1 use it)."""


@dataclass(frozen=True, slots=True)
class End:
    """A place where a DataFrame is read, returned or leaves the view; a SINK step is its own end."""

    step: Step
    reads: Reads
    open_parameter: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for the whole script. `morsel_size` is its `default_morsel_size`, in rows."""

    runner: Runner = Runner.RAY
    runner_is_set: bool = False
    cluster: Cluster = field(default_factory=Cluster)
    settings: Settings = field(default_factory=Settings)
    morsel_size: int | None = None
    script_pipelines: ScriptPipelines = field(default_factory=ScriptPipelines)
    constants: Constants = field(default_factory=dict)


def pipelines(ends: Iterable[End], context: Context, limits: list[str] | None = None) -> tuple[Pipeline, ...]:
    """Every path from a source to an end, as a pipeline with its facts.

    Each other side of a join is a pipeline of its own that ends at the join, and each `collect` ends one and begins
    the next. Caps that were reached are added to `limits`, in words.
    """
    given = tuple(dict.fromkeys(ends))
    order = _parents_first([end.step for end in given])
    facts = _Facts(order, context)
    built: list[Pipeline] = []
    budget = MAX_OPERATORS
    for end, side in _all_ends(given, order):
        for number, path in enumerate(_paths(end.step, side)):
            if number == MAX_PATHS_PER_END or len(path) > budget:
                if limits is not None:
                    limits.append(f"paths to `{end.step.name}`")
                break
            budget -= len(path)
            built.append(_pipeline(path, end, facts))
    context.script_pipelines.pipelines = tuple(built)
    return context.script_pipelines.pipelines


# ---------------------------------------------------------------------------------------------------------------- paths


def _parents_first(roots: Iterable[Step]) -> list[Step]:
    """Every step that the roots rest on, each once, after its parents."""
    done: set[Step] = set()
    order: list[Step] = []
    for root in roots:
        pending = [(root, False)]
        while pending:
            step, entered = pending.pop()
            if entered:
                order.append(step)
            elif step not in done:
                done.add(step)
                pending.append((step, True))
                pending.extend((parent, False) for parent in reversed(step.parents))
    return order


def _all_ends(given: Sequence[End], order: Sequence[Step]) -> Iterator[tuple[End, int]]:
    """The ends with the parent that the path to them comes through: the given ones, and those that lie within."""
    running = set(_parents_first([end.step for end in given if end.reads is not Reads.NONE]))
    ended = {end.step for end in given}
    inner = {parent for step in order for parent in step.parents if parent.kind is StepKind.COLLECT}
    for step in order:
        reads = Reads.ALL if step in running else Reads.NONE
        if step.kind is not StepKind.UNION:
            yield from ((End(step, reads), side) for side in range(1, len(step.parents)))
        if step in inner and step not in ended:
            yield End(step, reads), 0
    yield from ((end, 0) for end in given)


_Tail = tuple[Step, "_Tail | None"]


def _paths(last: Step, side: int) -> Iterator[tuple[Step, ...]]:
    """The paths to `last`, first step first, by way of its parent number `side` (any, for a union)."""
    pending: list[_Tail] = [(last, None)]
    while pending:
        tail = pending.pop()
        step = tail[0]
        starts = not step.parents or (step.kind is StepKind.COLLECT and step is not last)
        if starts:
            yield tuple(_unwound(tail))
        elif step.kind is StepKind.UNION:
            pending.extend((parent, tail) for parent in reversed(tuple(dict.fromkeys(step.parents))))
        else:
            pending.append((step.parents[side if step is last else 0], tail))


def _unwound(tail: _Tail | None) -> Iterator[Step]:
    while tail is not None:
        yield tail[0]
        tail = tail[1]


# ----------------------------------------------------------------------------------------------------- facts of a step


class _Facts:
    """What holds after a step on whatever path: columns, rows, partitions."""

    def __init__(self, order: Sequence[Step], context: Context) -> None:
        self.context = context
        self.weights = Weights(order, context.settings.heavy_row_bytes)
        self.rows: dict[Step, int | None] = {}
        self.partitions: dict[Step, Partitions] = {}
        self.multiplies: dict[Step, bool] = {}
        self.from_parameter: set[Step] = set()
        for step in order:
            self.multiplies[step] = _multiplies_rows(step)
            self.rows[step] = self._rows_after(step)
            self.partitions[step] = self._partitions_after(step)
            is_parameter = step.source is not None and step.source.kind is SourceKind.PARAMETER
            if is_parameter or any(parent in self.from_parameter for parent in step.parents[:1]):
                self.from_parameter.add(step)

    def _rows_after(self, step: Step) -> int | None:
        if not step.parents:
            return None if step.source is None else step.source.rows
        before = [self.rows[parent] for parent in step.parents]
        effect = _rows_effect(step)
        if effect is RowsEffect.MORE or self.multiplies[step]:
            return None
        if effect is RowsEffect.SUM:
            known = [rows for rows in before if rows is not None]
            return sum(known) if len(known) == len(before) else None
        limit = step.count.value if effect is RowsEffect.LIMIT and step.count is not None else None
        known = [rows for rows in (before[0], limit) if rows is not None]
        return min(known) if known else None

    def _partitions_after(self, step: Step) -> Partitions:
        if not step.parents:
            return Partitions.UNKNOWN if step.source is None else step.source.partitions
        before = self.partitions[step.parents[0]]
        if step.kind is StepKind.REPARTITION:
            if self.context.runner is Runner.NATIVE:
                return before
            return before if step.count is None else _given(step.count.value)
        if step.kind is StepKind.BATCHES:
            return _batched(self.rows[step.parents[0]], None if step.count is None else step.count.value)
        if step.kind is StepKind.LIMIT:
            return before if before.kind is PartitionsKind.ONE else Partitions.UNKNOWN
        if step.kind is StepKind.UNION:
            return _added([self.partitions[parent] for parent in step.parents])
        if step.kind in (StepKind.SHUFFLE, StepKind.JOIN):
            return Partitions.UNKNOWN
        if step.kind is StepKind.OTHER and step.name not in catalog.STEPS:
            return Partitions.UNKNOWN
        return before


def _given(count: int | None) -> Partitions:
    return Partitions.of(None if count is None else max(count, 1))


def _batched(rows: int | None, size: int | None) -> Partitions:
    """About rows / size tasks (`e5`); the rows are a bound, so the count is one too."""
    if rows is None or size is None or size < 1:
        return Partitions.MANY
    return Partitions.of(max(1, -(-rows // size)))


def _added(parts: Sequence[Partitions]) -> Partitions:
    """Each side has at least one partition, so several sides have several."""
    counts = [part.count for part in parts if part.count is not None]
    if len(parts) == 1:
        return parts[0]
    return Partitions(PartitionsKind.MANY, sum(counts) if len(counts) == len(parts) else None)


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


def _multiplies_rows(step: Step) -> bool:
    """More rows leave the step than enter it: `explode`, as a method or a function, or a generator UDF."""
    if step.kind is StepKind.EXPLODE:
        return True
    return any(
        (e.kind is ExpressionKind.FUNCTION and e.name == "explode") or (e.udf is not None and e.udf.is_generator)
        for e in walk(step.outputs)
    )


# ---------------------------------------------------------------------------------------------------- facts of a path


def _pipeline(steps: tuple[Step, ...], end: End, facts: _Facts) -> Pipeline:
    context = facts.context
    source = steps[0]
    is_known = source.source is not None and source.source.kind is SourceKind.CALL
    return Pipeline(
        operators=_Path(steps, end.reads, facts).operators(),
        reads=end.reads,
        runner=context.runner,
        runner_is_set=context.runner_is_set,
        cluster=context.cluster,
        settings=context.settings,
        open_parameter=source in facts.from_parameter or (end.open_parameter and not is_known),
        morsel_size=context.morsel_size,
        script_pipelines=context.script_pipelines,
        constants=context.constants,
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """The bounds that hold between two operators, strongest first."""

    batches: Bound | None = None
    udf: Bound | None = None
    loose: Bound | None = None


class _Path:
    """One path, with what depends on it."""

    def __init__(self, steps: tuple[Step, ...], reads: Reads, facts: _Facts) -> None:
        self.steps = steps
        self.reads = reads
        self.facts = facts
        self.position = {step: index for index, step in enumerate(steps)}
        self.entered: dict[ColumnLineage, int] = {}
        self.first_heavy: dict[ColumnLineage, int | None] = {}
        self.batch_steps = [self._batch_size_of(step) for step in steps]
        self.stage = self._stages()

    def operators(self) -> tuple[Operator, ...]:
        """All operators of the path."""
        columns = self._columns()
        bounds = self._bounds()
        needs = self._needs()
        made: list[Operator] = []
        for index, step in enumerate(self.steps):
            before = self.steps[index - 1] if index else step
            calls = self._udf_calls(index, bounds[index], needs[index])
            made.append(
                Operator(
                    step=step,
                    index=index,
                    stage=self.stage[index],
                    columns_in=columns[index - 1] if index else {},
                    columns_out=columns[index],
                    rows_in=self.facts.rows[before] if index else None,
                    rows_out=self.facts.rows[step],
                    partitions_in=self.facts.partitions[before],
                    partitions_out=self.facts.partitions[step],
                    bound=bounds[index],
                    udf_calls=calls,
                    heavy_operations=self._heavy_operations(index, bounds[index], needs[index]),
                    exact_columns=self.facts.weights.table(step).unlisted is None,
                )
            )
        return tuple(made)

    # Stretches and bounds

    def _is_repartitioning(self, step: Step) -> bool:
        """The native runner ignores `repartition` and `into_partitions`, so they end no stage there."""
        if step.kind is StepKind.REPARTITION and self.facts.context.runner is Runner.NATIVE:
            return False
        return step.kind in REPARTITIONING

    def _stages(self) -> list[int]:
        numbers: list[int] = []
        number = 0
        for index, step in enumerate(self.steps):
            if index and (self._is_repartitioning(step) or step.kind is StepKind.COLLECT):
                number += 1
            numbers.append(number)
        return numbers

    def _batch_size_of(self, step: Step) -> tuple[int | None] | None:
        """The `batch_size` that a step's UDFs ask for (its value may not be known), None where none does."""
        for expression in walk((*step.outputs, *step.expressions)):
            udf = self.facts.weights.udf(expression)
            if udf is not None and udf.batch_size is not None:
                return (udf.batch_size.value,)
        return None

    def _carries_back(self) -> bool:
        """A later UDF's `batch_size` reaches the scan: files are read in such batches, memory is not."""
        source = self.steps[0].source
        if source is None:
            return False
        spec = catalog.SOURCES.get(source.name)
        return source.names_hint if spec is None else spec.carries_bound

    def _bounds(self) -> list[Bound]:
        """The bound at each operator. A repartitioning step evaluates its own expressions before it cuts."""
        later = self._later_bounds()
        morsel = self._morsel_bounds()
        held = self._held_by_source()
        bounds: list[Bound] = []
        for index, step in enumerate(self.steps):
            bounds.append(_strongest(held, later[index], morsel[self.stage[index]]))
            if index:
                held = self._held_after(step, held, self.batch_steps[index])
        return bounds

    def _later_bounds(self) -> list[Bound | None]:
        """The nearest later `batch_size` that reaches back, in the first stage only: what a repartitioning step
        leaves is in memory, and a UDF right behind a `sort` still got all 5,000 rows of its partition in one call."""
        later: list[Bound | None] = [None] * len(self.steps)
        if not self._carries_back():
            return later
        nearest: Bound | None = None
        for index in range(len(self.steps) - 1, -1, -1):
            if self.stage[index] == 0:
                later[index] = nearest
                size = self.batch_steps[index]
                if size is not None:
                    nearest = Bound(BoundKind.UDF, size[0], self.steps[index])
        return later

    def _morsel_bounds(self) -> list[Bound | None]:
        """For each stage, `default_morsel_size` where it is at or below what a rule would ask for there."""
        count = self.stage[-1] + 1
        size = self.facts.context.morsel_size
        if size is None:
            return [None] * count
        asked = [DEFAULT_BATCH_ROWS] * count
        cluster = self.facts.context.cluster
        spread = (cluster.total_concurrency or 1) / (cluster.nodes or 1)
        factor = max(1.0, spread if cluster.total_concurrency and cluster.nodes else 1.0)
        for number, given in zip(self.stage, self.batch_steps, strict=True):
            if given is not None and given[0] is not None:
                asked[number] = max(asked[number], int(given[0] * factor))
        return [Bound(BoundKind.BATCHES, size) if size <= most else None for most in asked]

    def _held_by_source(self) -> _Held:
        step = self.steps[0]
        spec = None if step.source is None else catalog.SOURCES.get(step.source.name)
        if spec is None:
            return _Held()
        sizes = [rows for keyword, rows in spec.batches_if.items() if step.options.get(keyword, True) is not False]
        batches = Bound(BoundKind.BATCHES, sizes[0], step) if sizes else None
        if spec.bytes_cut is not None:
            return _Held(batches, Bound(BoundKind.UDF, _rows_of_bytes(step, spec.bytes_cut), step))
        cut = _rows_cut_at(step, spec)
        return _Held(batches, None, None if cut is None else Bound(BoundKind.LOOSE, cut, step))

    def _held_after(self, step: Step, held: _Held, size: tuple[int | None] | None) -> _Held:
        if self._is_repartitioning(step) or step.kind is StepKind.COLLECT or self.facts.multiplies[step]:
            return _Held()
        if step.kind is StepKind.BATCHES:
            return _Held(Bound(BoundKind.BATCHES, None if step.count is None else step.count.value, step))
        if size is not None:
            # Measured: a UDF with `batch_size=16` hands on 16 rows at a time, and the next UDF is called with those.
            held = replace(held, udf=Bound(BoundKind.UDF, size[0], step))
        cut = _rows_cut((*step.outputs, *step.expressions))
        return held if cut is None else replace(held, loose=Bound(BoundKind.LOOSE, cut, step))

    def _call_bound(self, expression: Expression, own: int | None, has_own: bool, operator: Bound, index: int) -> Bound:
        if operator.kind is BoundKind.BATCHES:
            known = [rows for rows in (operator.rows, own) if rows is not None]
            return replace(operator, rows=min(known) if known else None)
        if has_own:
            return Bound(BoundKind.UDF, own)
        if operator.kind is BoundKind.UDF:
            return operator
        return self._bound_within(expression, operator, index)

    def _bound_within(self, expression: Expression, operator: Bound, index: int) -> Bound:
        """What the other calls in the same step bound: those inside this one, and those after it at the scan."""
        step = self.steps[index]
        reaches_back = self.stage[index] == 0 and self._carries_back()
        inside = set(walk(expression.inputs))
        passed = False
        for other in walk((*step.outputs, *step.expressions)):
            passed = passed or other is expression
            udf = self.facts.weights.udf(other)
            if udf is None or udf.batch_size is None or other is expression:
                continue
            if other in inside or (passed and reaches_back):
                return Bound(BoundKind.UDF, udf.batch_size.value, step)
        cut = _rows_cut(expression.inputs)
        return operator if cut is None else Bound(BoundKind.LOOSE, cut, step)

    # Columns

    def _columns(self) -> list[dict[str, Column]]:
        found: list[dict[str, Column]] = []
        for index, step in enumerate(self.steps):
            table = self.facts.weights.table(step)
            if index == 0 or len(step.parents) > 1:
                for _, lineage in table.known():
                    self.entered.setdefault(lineage, index)
            if index == 0 or table.changed is None:
                found.append({name: self._column(name, lineage) for name, lineage in table.known()})
                continue
            columns = found[-1]
            if table.changed:
                columns = dict(columns)
                for name in table.changed:
                    listed = table.listed[name]
                    if listed is None:
                        columns.pop(name, None)
                    else:
                        columns[name] = self._column(name, listed)
            found.append(columns)
        return found

    def _column(self, name: str, lineage: ColumnLineage) -> Column:
        index = self._inflated(lineage) if lineage.weight.heavy else None
        return Column(name, lineage.weight, lineage.step, None if index is None else self.steps[index])

    def _inflated(self, lineage: ColumnLineage) -> int | None:
        """Where on this path the data, or what it is made of, became heavy; what comes from elsewhere is heavy from
        the step where it enters."""
        known = self.first_heavy
        pending = [(lineage, False)]
        while pending:
            one, entered = pending.pop()
            if one in known:
                continue
            heavy = [i for i in one.inputs if i.weight.heavy]
            if not entered:
                pending.append((one, True))
                pending.extend((i, False) for i in heavy if i not in known)
                continue
            earlier = [index for i in heavy if (index := known[i]) is not None]
            here = self.position.get(one.step, self.entered.get(one))
            known[one] = min(earlier) if earlier else here
        return known[lineage]

    # Calls

    def _needs(self) -> list[Needs]:
        """For each operator, which columns are read after it."""
        needs = [sink_needs(self.reads)] * len(self.steps)
        for index in range(len(self.steps) - 1, 0, -1):
            step = self.steps[index]
            needs[index - 1] = needs_before(step, needs[index], runs_always=self.facts.multiplies[step])
        return needs

    def _live(self, index: int, needs: Needs) -> set[Expression]:
        """The expressions of an operator that are evaluated for something that is read."""
        if self.reads is Reads.NONE:
            return set()
        step = self.steps[index]
        if self.facts.multiplies[step]:
            return set(walk((*step.outputs, *step.expressions)))
        outputs = [e for e in step.outputs if e.spread or needs.has(e.output)]
        return set(walk((*outputs, *step.expressions)))

    def _udf_calls(self, index: int, bound: Bound, needs: Needs) -> tuple[UdfCall, ...]:
        step = self.steps[index]
        if index == 0 and step.parents:
            return ()
        weights = self.facts.weights
        roots = (*step.outputs, *step.expressions)
        calls = [e for e in walk(roots) if weights.udf(e) is not None]
        live = self._live(index, needs) if calls else set()
        return tuple(self._udf_call(e, index, bound, e in live) for e in calls)

    def _udf_call(self, expression: Expression, index: int, bound: Bound, read: bool) -> UdfCall:
        step = self.steps[index]
        weights = self.facts.weights
        udf = weights.udf(expression)
        made = weights.lineage(step, expression)
        if udf is None or made is None:
            raise AssertionError("a UDF call was weighed with its step")
        heavy, opens = [], False
        for position, (child, keyword) in enumerate(zip(expression.inputs, keywords_of(expression), strict=True)):
            lineage = weights.lineage(step, child)
            if lineage is not None and lineage.weight.heavy:
                heavy.append(self._column(_name_of(child), lineage))
            else:
                parameter = udf.parameter(position, keyword)
                opens = opens or (parameter is not None and parameter.opens)
        inflating, evidence = self._first_heavy_operation(heavy)
        if inflating is None and made.weight.heavy:
            inflating, evidence = step, made.weight.evidence
        size = udf.batch_size
        own = None if size is None else size.value
        return UdfCall(
            expression=expression,
            udf=udf,
            bound=self._call_bound(expression, own, size is not None, bound, index),
            heavy=tuple(heavy),
            makes=made.weight,
            inflating=inflating,
            evidence=evidence,
            read=read,
            opens=opens,
        )

    def _first_heavy_operation(self, heavy: Sequence[Column]) -> tuple[Step | None, Evidence | None]:
        """The first inflating step of the columns with more than a hint, or of all where hints are all there is."""
        sure = [c for c in heavy if _strength(c) > Strength.HINT] or list(heavy)
        steps = [c.inflated_by for c in sure if c.inflated_by is not None]
        if not steps:
            return None, None
        return min(steps, key=lambda step: self.position[step]), max(sure, key=_strength).weight.evidence

    def _heavy_operations(self, index: int, bound: Bound, needs: Needs) -> tuple[HeavyOperation, ...]:
        step = self.steps[index]
        if index == 0 and step.parents:
            return ()
        found = [e for e in walk((*step.outputs, *step.expressions)) if self._inflates(step, e)]
        live = self._live(index, needs) if found else set()
        return tuple(self._heavy_operation(e, step, bound, e in live) for e in found)

    def _inflates(self, step: Step, expression: Expression) -> bool:
        lineage = self.facts.weights.lineage(step, expression)
        if self.facts.weights.udf(expression) is not None or lineage is None:
            return False
        is_exploded = step.kind is StepKind.EXPLODE and (expression in step.outputs or expression in step.expressions)
        if is_exploded or (expression.kind is ExpressionKind.FUNCTION and expression.name == "explode"):
            return lineage.weight.heavy is True
        spec = spec_of(expression)
        return spec is not None and (spec.heavy_read or (spec.effect is Effect.HEAVY and lineage.weight.heavy is True))

    def _heavy_operation(self, expression: Expression, step: Step, bound: Bound, read: bool) -> HeavyOperation:
        lineage = self.facts.weights.lineage(step, expression)
        if lineage is None:
            raise AssertionError("an inflating function was weighed with its step")
        spec = spec_of(expression)
        if bound.kind is BoundKind.NONE:
            bound = self._bound_within(expression, bound, self.position[step])
        return HeavyOperation(expression, bound, lineage.weight, spec is not None and spec.heavy_read, read)


def _strongest(held: _Held, later: Bound | None, morsel: Bound | None) -> Bound:
    if held.batches is not None:
        known = [b.rows for b in (held.batches, morsel) if b is not None and b.rows is not None]
        return replace(held.batches, rows=min(known) if known else None)
    return morsel or held.udf or later or held.loose or Bound()


def _rows_cut(expressions: Iterable[Expression]) -> int | None:
    """Rows a call behind a built-in `download` among the expressions (`e7`)."""
    for expression in walk(expressions):
        spec = spec_of(expression)
        if spec is not None and spec.rows_cut is not None:
            return spec.rows_cut
    return None


def _rows_cut_at(step: Step, spec: catalog.SourceSpec) -> int | None:
    """Rows a call that a source leaves behind it; None where it leaves as many as there are, or an unknown number."""
    if spec.rows_cut_at is None:
        return spec.rows_cut
    (position, keyword), default = spec.rows_cut_at
    given = step.options.get(keyword, step.options.get(str(position), default))
    return given if isinstance(given, int) else None


def _rows_of_bytes(step: Step, size: int) -> int | None:
    """Rows of a batch that is full when it holds `size` bytes; None where the bytes of a row are not known."""
    columns = () if step.source is None else step.source.columns.values()
    row_bytes = sum(weight.row_bytes for weight in columns if weight.row_bytes is not None)
    return None if row_bytes <= 0 else -(-size // row_bytes)


def _strength(column: Column) -> int:
    evidence = column.weight.evidence
    return 0 if evidence is None else evidence.strength


def _name_of(expression: Expression) -> str:
    """The column's name; for a nested expression that has none, the name of the first column that it reads."""
    if expression.output is not None:
        return expression.output
    first = next((e.name for e in expression.walk() if e.kind is ExpressionKind.COLUMN and e.name), None)
    return first or expression.name or "?"
