"""DFT502: the same call twice in one plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from daft_lint.api import cst
from daft_lint.api.nodes import code, method_location, short_code
from daft_lint.api.promises import Direction, Measure, Promise, Symptom
from daft_lint.api.rule import Level, Observation, PipelineRule, Sinks, level_for
from daft_lint.api.runs import is_one_liner
from daft_lint.pipeline.model import Expression, ExpressionKind, NodeRef, Operator, Pipeline, StepKind, Udf

Key = tuple[object, ...]

_MEETING = frozenset({StepKind.JOIN, StepKind.UNION})


class ComputedTwice(PipelineRule):
    """The same UDF, `download` or AI function, called twice on the same columns in one plan; and one that stands before
    the place where a DataFrame parts, whose parts a `join` or `concat` brings together again.

    One expression that is kept in a variable and stands twice runs once where both are columns with nothing but columns
    between, else twice; a column that is read twice runs once. Calls with other arguments, and a column that was
    written anew between them, are left alone.

    ## Why
    Daft has no common subexpressions across calls. Measured (experiment e15): two calls of a UDF on one column ran it
    for 200 of 100 rows, in one step, in two steps, or in `where` and as a column; one expression that stood twice as
    a column ran it for 100, in `where` and as a column for 200. Nor does it keep a common part of two sides: a UDF
    before a self-join, or before two filters whose rows `concat` puts together, ran for 200 of 100 rows.

    ## Example

        df = df.where(quality(col("text")) > 0.5).with_column("quality", quality(col("text")))

    becomes

        df = df.with_column("quality", quality(col("text"))).where(col("quality") > 0.5)

    For two fields of what a call returns, make one column of it, and `unnest` that or `get` the fields of the column.

        scored = pages.with_column("score", score(col("text")))
        scored.join(scored.groupby("site").agg(col("score").mean().alias("usual")), on="site").write_parquet(out)

    runs `score` once with `.collect()` behind its column.

    ## Fix
    None: the column needs a name, and a place before both.

    ## Options
    None.
    """

    code = "DFT502"
    name = "computed-twice"
    level = Level.WARNING
    trigger_words = ("func", "cls", "udf", "method", "apply", "download", "functions")
    sinks = Sinks.ALL_ROWS
    promises = (Promise(Measure.CALLS, Direction.LOWER),)
    symptoms = (Symptom(Measure.CALLS, least=2),)

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each call that an earlier one has the result of."""
        first: dict[Key, tuple[Expression, NodeRef, Operator]] = {}
        told: set[NodeRef] = set()
        for operator in pipeline.operators:
            for expression, udf in _calls(operator):
                key, location = _key(expression, udf, operator), expression.location
                if key is None or location is None:
                    continue
                earlier = first.setdefault(key, (expression, location, operator))
                if earlier[0] is not expression and earlier[1] != location:
                    yield _observation(pipeline, operator, _name(expression, udf), earlier[1], location)
                elif operator.step.call not in told and not _is_one_projection(pipeline, earlier[2], operator):
                    told.add(operator.step.call)
                    yield _of_variable(pipeline, earlier[2], operator, expression, _name(expression, udf))
            if operator.step.kind in _MEETING and operator.index:
                twice = [one for one in _on_both_sides(pipeline, operator) if one[1] not in told]
                told.update(location for _, location in twice)
                if twice:
                    yield _of_both_sides(pipeline, operator, twice)


def _is_one_projection(pipeline: Pipeline, first: Operator, second: Operator) -> bool:
    """Whether two operators are one, or columns with nothing but columns between, which Daft computes in one step."""
    between = pipeline.operators[first.index : second.index + 1]
    return first is second or all(operator.step.kind is StepKind.PROJECT for operator in between)


def _of_variable(
    pipeline: Pipeline, first: Operator, second: Operator, expression: Expression, name: str
) -> Observation:
    assert expression.location is not None
    return Observation(
        location=method_location(second.step),
        level=level_for(Level.WARNING, pipeline, None),
        observed=f"`{second.step.name}` computes `{short_code(expression.location.node)}` a second time in this plan",
        impact=f"Daft runs `{name}` for each of the two steps: in our measurement for 200 of 100 rows",
        suggestion="Make a column of it before both, and read the column twice",
        related=((method_location(first.step), "the first time is here"), (expression.location, "the call is here")),
        operator=second,
    )


def _on_both_sides(pipeline: Pipeline, meeting: Operator) -> list[tuple[str, NodeRef]]:
    """What another side of a join or union runs as well as this one, with nothing that keeps its rows: name and
    place."""
    if meeting.step.options.get("how") in ("semi", "anti"):
        return []  # the other side needs no more than its keys
    found: dict[NodeRef, str] = {}
    for other in pipeline.script_pipelines.sharing(meeting.step):
        there = other.operator_of(meeting.step)
        if there is None or not there.index or not _is_other_side(pipeline, meeting, other, there):
            continue
        shared = {operator.step: operator for operator in other.operators[: there.index]}
        for operator in pipeline.operators[: meeting.index]:
            if operator.step in shared:
                again = {expression for expression, _ in _calls(shared[operator.step])}
                for expression, udf in _calls(operator):
                    is_cheap = udf is not None and is_one_liner(udf)
                    if expression in again and not is_cheap and expression.location is not None:
                        found[expression.location] = _name(expression, udf)
    return [(name, location) for location, name in found.items()]


def _is_other_side(pipeline: Pipeline, meeting: Operator, other: Pipeline, there: Operator) -> bool:
    """Whether the other pipeline comes to the join or union by another of its parents, on a way that can be taken
    together with this one."""
    is_end = other.sink is there and pipeline.sink is not meeting
    before = pipeline.operators[meeting.index - 1].step is not other.operators[there.index - 1].step
    apart = is_end if meeting.step.kind is StepKind.JOIN else before
    tests = {d.test: d.holds for d in pipeline.decisions if d.test is not None}
    return apart and all(tests.get(d.test, d.holds) is d.holds for d in other.decisions)


def _of_both_sides(pipeline: Pipeline, meeting: Operator, twice: Sequence[tuple[str, NodeRef]]) -> Observation:
    names = " and ".join(dict.fromkeys(f"`{name}`" for name, _ in twice))
    return Observation(
        location=method_location(meeting.step),
        level=level_for(Level.WARNING, pipeline, None),
        observed=f"Two sides of this `{meeting.step.name}` come from one DataFrame behind {names}",
        impact="Daft runs what they share for each of them: in our measurement a UDF for 200 of 100 rows",
        suggestion="`collect()` the DataFrame before it parts, with light columns only, or write it and read it back",
        related=tuple((location, f"`{name}` runs twice") for name, location in twice),
        operator=meeting,
    )


def _calls(operator: Operator) -> Iterator[tuple[Expression, Udf | None]]:
    """The calls at an operator that cost something and whose result is read."""
    yield from ((call.expression, call.udf) for call in operator.udf_calls if call.read)
    yield from ((o.expression, None) for o in operator.heavy_operations if o.heavy_read and o.read)


def _name(expression: Expression, udf: Udf | None) -> str:
    return expression.name or "" if udf is None else udf.name


def _key(expression: Expression, udf: Udf | None, operator: Operator) -> Key | None:
    """What two calls share that have the same result; None where that cannot be told."""
    location = expression.location
    if location is None or not isinstance(location.node, cst.Call) or any(a.star for a in location.node.args):
        return None
    inputs = _inputs_key(expression.inputs, operator)
    if inputs is None or not inputs:
        return None
    function = "".join(code(location.node.func).split()) if udf is not None else expression.name
    of = None if udf is None or udf.definition is None else udf.definition
    return (function, of, inputs, _other_arguments(location.node, expression.inputs))


def _other_arguments(node: cst.Call, inputs: Sequence[Expression]) -> tuple[str, ...]:
    """The arguments that are no columns, as they are written."""
    named = (e for e in inputs if e.kind is ExpressionKind.COLUMN)
    columns = {id(e.location.node) for e in named if e.location is not None}
    return tuple(
        f"{'' if a.keyword is None else a.keyword.value}={''.join(code(a.value).split())}"
        for a in node.args
        if id(a.value) not in columns
    )


def _inputs_key(inputs: Sequence[Expression], operator: Operator) -> Key | None:
    """The columns that a call takes, each with the step that made it; None where one of them is not a plain column."""
    found: list[object] = []
    for expression in inputs:
        if expression.kind is ExpressionKind.LITERAL:
            continue  # compared as it is written
        if expression.kind is not ExpressionKind.COLUMN or expression.name in (None, "*"):
            return None
        column = operator.columns_in.get(str(expression.name))
        if column is None:
            return None
        found.append((expression.name, id(column.made_by)))
    return tuple(found)


def _observation(pipeline: Pipeline, operator: Operator, name: str, first: NodeRef, second: NodeRef) -> Observation:
    return Observation(
        location=second,
        level=level_for(Level.WARNING, pipeline, None),
        observed=f"`{short_code(second.node)}` is computed a second time in this plan",
        impact=f"Daft runs `{name}` for each of the two calls: in our measurement for 200 of 100 rows",
        suggestion="Make a column of it before both, and read the column twice",
        related=((first, "the first call is here"),),
        operator=operator,
    )
