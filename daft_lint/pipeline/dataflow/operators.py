"""The operators of one path: its columns, its UDF calls and the built-in functions that make heavy data."""

from __future__ import annotations

from collections.abc import Sequence

from daft_lint.pipeline.catalog import WeightEffect
from daft_lint.pipeline.dataflow.bounds import PathBounds
from daft_lint.pipeline.dataflow.functions import function_spec, input_keywords
from daft_lint.pipeline.dataflow.lineage import ColumnLineage
from daft_lint.pipeline.dataflow.liveness import Needs, needs_before, sink_needs
from daft_lint.pipeline.dataflow.resolved import ResolvedStep
from daft_lint.pipeline.dataflow.step_facts import StepFacts
from daft_lint.pipeline.model import (
    Column,
    Expression,
    ExpressionKind,
    HeavyOperation,
    Operator,
    Reads,
    Step,
    StepKind,
    Strength,
    UdfCall,
    walk,
)


class PathOperators:
    """One path from a source to an end, first step first, with what depends on it."""

    def __init__(self, path: tuple[ResolvedStep, ...], reads: Reads, facts: StepFacts) -> None:
        self._path = path
        self._steps = steps = tuple(resolved.step for resolved in path)
        self._reads = reads
        self._facts = facts
        self._position = {step: index for index, step in enumerate(steps)}
        self._entered: dict[ColumnLineage, int] = {}
        self._inflated_at: dict[ColumnLineage, int | None] = {}
        self._bounds = PathBounds(steps, facts)
        self._needs = self._all_needs()

    def operators(self) -> tuple[Operator, ...]:
        """All operators of the path."""
        columns = self._columns()
        facts = self._facts
        made: list[Operator] = []
        for index, step in enumerate(self._steps):
            after = self._path[index]
            before = self._path[index - 1] if index else after
            made.append(
                Operator(
                    step=step,
                    index=index,
                    stage=self._bounds.stages[index],
                    columns_in=columns[index - 1] if index else {},
                    columns_out=columns[index],
                    rows_in=facts.rows[before] if index else None,
                    rows_out=facts.rows[after],
                    partitions_in=facts.partitions[before],
                    partitions_out=facts.partitions[after],
                    bound=self._bounds.bounds[index],
                    udf_calls=self._udf_calls(index),
                    heavy_operations=self._heavy_operations(index),
                )
            )
        return tuple(made)

    # Columns

    def _columns(self) -> list[dict[str, Column]]:
        """The known columns behind each step; steps that change none share theirs."""
        found: list[dict[str, Column]] = []
        for index, step in enumerate(self._steps):
            known = self._facts.weights.columns(self._path[index])
            if index == 0 or len(step.parents) > 1:
                for _, lineage in known.known():
                    self._entered.setdefault(lineage, index)
            if index == 0 or known.changed is None:
                found.append({name: self._column(name, lineage) for name, lineage in known.known()})
                continue
            columns = found[-1]
            if known.changed:
                columns = dict(columns)
                for name in known.changed:
                    listed = known.listed[name]
                    if listed is None:
                        columns.pop(name, None)
                    else:
                        columns[name] = self._column(name, listed)
            found.append(columns)
        return found

    def _column(self, name: str, lineage: ColumnLineage) -> Column:
        index = self._inflation_of(lineage) if lineage.weight.heavy else None
        return Column(name, lineage.weight, lineage.step, None if index is None else self._steps[index])

    def _inflation_of(self, lineage: ColumnLineage) -> int | None:
        """Where on this path the data, or what it is made of, became heavy; what comes from elsewhere is heavy from
        the step where it enters."""
        known = self._inflated_at
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
            known[one] = min(earlier) if earlier else self._position.get(one.step, self._entered.get(one))
        return known[lineage]

    # What is read

    def _all_needs(self) -> list[Needs]:
        """For each step, which columns are read after it."""
        needs = [sink_needs(self._reads)] * len(self._steps)
        for index in range(len(self._steps) - 1, 0, -1):
            step = self._steps[index]
            runs_always = self._facts.multiplies_rows[step]
            needs[index - 1] = needs_before(step, needs[index], runs_always=runs_always)
        return needs

    def _live(self, index: int) -> set[Expression]:
        """The expressions of a step that are evaluated for something that is read."""
        if self._reads is Reads.NONE:
            return set()
        step = self._steps[index]
        if self._facts.multiplies_rows[step]:
            return set(step.walk())
        outputs = [e for e in step.outputs if e.spread or self._needs[index].has(e.output)]
        return set(walk((*outputs, *step.expressions)))

    # UDF calls

    def _is_evaluated_before(self, index: int) -> bool:
        """Whether the path begins with a `collect`: what that evaluates belongs to the pipeline that it ends."""
        return index == 0 and bool(self._steps[0].parents)

    def _udf_calls(self, index: int) -> tuple[UdfCall, ...]:
        if self._is_evaluated_before(index):
            return ()
        calls = [e for e in self._steps[index].walk() if self._facts.weights.udf(e) is not None]
        live = self._live(index) if calls else set()
        return tuple(self._udf_call(e, index, e in live) for e in calls)

    def _udf_call(self, expression: Expression, index: int, read: bool) -> UdfCall:
        step = self._steps[index]
        weights = self._facts.weights
        udf = weights.udf(expression)
        made = weights.lineage(self._path[index], expression)
        if udf is None or made is None:
            raise AssertionError("a UDF call was weighed with its step")
        heavy, opens = [], False
        for position, (child, keyword) in enumerate(zip(expression.inputs, input_keywords(expression), strict=True)):
            lineage = weights.lineage(self._path[index], child)
            if lineage is not None and lineage.weight.heavy:
                heavy.append(self._column(_label(child), lineage))
            else:
                parameter = udf.parameter(position, keyword)
                opens = opens or (parameter is not None and parameter.opens)
        surest = _surest(heavy)
        inflating = self._first_inflating(surest)
        evidence = None if inflating is None else max(surest, key=_strength).weight.evidence
        if inflating is None and made.weight.heavy:
            inflating, evidence = step, made.weight.evidence
        return UdfCall(
            expression=expression,
            udf=udf,
            bound=self._bounds.of_call(index, expression, udf.batch_size),
            heavy=tuple(heavy),
            makes=made.weight,
            inflating=inflating,
            evidence=evidence,
            read=read,
            opens=opens,
        )

    def _first_inflating(self, heavy: Sequence[Column]) -> Step | None:
        """The first of the steps at which the columns became heavy."""
        steps = [c.inflated_by for c in heavy if c.inflated_by is not None]
        return min(steps, key=lambda step: self._position[step], default=None)

    # Built-in functions

    def _heavy_operations(self, index: int) -> tuple[HeavyOperation, ...]:
        if self._is_evaluated_before(index):
            return ()
        step = self._steps[index]
        found = [e for e in step.walk() if self._is_heavy_operation(index, e)]
        live = self._live(index) if found else set()
        return tuple(self._heavy_operation(e, index, e in live) for e in found)

    def _is_heavy_operation(self, index: int, expression: Expression) -> bool:
        step = self._steps[index]
        lineage = self._facts.weights.lineage(self._path[index], expression)
        if self._facts.weights.udf(expression) is not None or lineage is None:
            return False
        heavy = lineage.weight.heavy is True
        is_exploded = step.kind is StepKind.EXPLODE and (expression in step.outputs or expression in step.expressions)
        if is_exploded or (expression.kind is ExpressionKind.FUNCTION and expression.name == "explode"):
            return heavy
        spec = function_spec(expression)
        return spec is not None and (spec.heavy_read or (spec.effect is WeightEffect.HEAVY and heavy))

    def _heavy_operation(self, expression: Expression, index: int, read: bool) -> HeavyOperation:
        lineage = self._facts.weights.lineage(self._path[index], expression)
        if lineage is None:
            raise AssertionError("a heavy operation was weighed with its step")
        spec = function_spec(expression)
        return HeavyOperation(
            expression=expression,
            bound=self._bounds.of_function(index, expression),
            weight=lineage.weight,
            heavy_read=spec is not None and spec.heavy_read,
            read=read,
        )


def _surest(heavy: Sequence[Column]) -> Sequence[Column]:
    """The columns with more than a hint, or all of them where hints are all there is."""
    return [c for c in heavy if _strength(c) > Strength.HINT] or heavy


def _strength(column: Column) -> int:
    evidence = column.weight.evidence
    return 0 if evidence is None else evidence.strength


def _label(expression: Expression) -> str:
    """The column's name; for a nested expression that has none, the name of the first column that it reads."""
    if expression.output is not None:
        return expression.output
    first = next((e.name for e in expression.walk() if e.kind is ExpressionKind.COLUMN and e.name), None)
    return first or expression.name or "?"
