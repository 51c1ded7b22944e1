"""What moves heavy data: repartitions, sorts, joins and their kin; and `into_batches` to replace a `repartition`."""

from __future__ import annotations

from daft_lint.api.batching import recommended_batch_rows
from daft_lint.api.edits import RemoveCall
from daft_lint.api.insertion import replace_call
from daft_lint.api.nodes import method_location
from daft_lint.api.order import why_unordered
from daft_lint.api.rule import Fix, Remedy
from daft_lint.api.segments import boundary_of, is_boundary, segment_of
from daft_lint.pipeline.dataflow.liveness import Needs
from daft_lint.pipeline.model import BoundKind, Column, ExpressionKind, Operator, Pipeline, Runner, Step, StepKind

_BY_KEYS = frozenset({"sort", "distinct", "unique", "drop_duplicates"})
_COLLECTING = frozenset({"list_agg", "list_agg_distinct"})


def shuffled_columns(pipeline: Pipeline, operator: Operator, read: Needs) -> list[Column]:
    """The heavy columns that a step shuffles and that are `read` afterwards, keys left out; none where the rows are
    few."""
    is_grouped = operator.step.name == "groupby"
    if not is_grouped and not _shuffles(pipeline, operator):
        return []
    if recommended_batch_rows(pipeline, segment_of(pipeline, operator)).covers(operator.rows_in):
        return []
    heavy = [column for column in operator.columns_in.values() if column.weight.heavy]
    if is_grouped:
        listed = _listed(operator.step)
        return [c for c in heavy if c.name in listed and read.has(listed[c.name])]
    keys = {name for expression in operator.step.expressions for name in expression.columns()}
    return [c for c in heavy if c.name not in keys and read.has(c.name)]


def _listed(step: Step) -> dict[str, str]:
    """The columns whose values a `groupby` collects into lists, each with the name of its list."""
    found: dict[str, str] = {}
    for output in step.outputs:
        collects = any(e.kind is ExpressionKind.FUNCTION and e.name in _COLLECTING for e in output.walk())
        if collects and output.output is not None:
            found.update({name: output.output for name in output.columns() if name is not None})
    return found


def _shuffles(pipeline: Pipeline, operator: Operator) -> bool:
    """Whether the step moves rows. An `into_partitions` with no UDF behind it says how many files there are to be."""
    step = operator.step
    if step.kind is StepKind.REPARTITION:
        works = any(s.udf_calls for s in pipeline.operators[operator.index :])
        return pipeline.runner is not Runner.NATIVE and (step.name == "repartition" or works)
    if step.name in _BY_KEYS:
        # Without keys, whole rows are what is compared.
        return step.name == "sort" or bool(step.expressions)
    options = step.options
    return (
        step.kind is StepKind.JOIN
        and step.name == "join"
        and options.get("strategy") in (None, "hash")
        and options.get("how") != "cross"
    )


def first_inflating(pipeline: Pipeline, operator: Operator) -> Operator | None:
    """The earliest step of this path that makes a column heavy which the shuffle carries; None for the source."""
    operators = [
        inflating
        for column in operator.columns_in.values()
        if column.weight.heavy and column.inflated_by is not None
        for inflating in (pipeline.operator_of(column.inflated_by),)
        if inflating is not None and 0 < inflating.index < operator.index
    ]
    return min(operators, key=lambda s: s.index, default=None)


def batches_for_repartition(pipeline: Pipeline, operator: Operator) -> Remedy:
    """`into_batches` in the place of a `repartition` of a heavy source; where one follows, the `repartition` goes."""
    segment = segment_of(pipeline, operator)
    follower = next((s for s in segment if s.step.kind is StepKind.BATCHES), None)
    calls_before = any(s.udf_calls for s in segment if follower is not None and s.index < follower.index)
    already = operator.bound.kind is BoundKind.BATCHES and operator.bound.by is not None
    boundary = boundary_of(pipeline, operator)
    why = why_unordered(pipeline, operator.index, "into_batches")
    why = why or "the number of partitions that the script asks for is no longer that"
    if (follower is not None and not calls_before) or (already and not is_boundary(pipeline, boundary)):
        fix = Fix(f"Remove `.{operator.step.name}(...)`", (RemoveCall(operator.step.call),), why)
        return Remedy("Drop it: `into_batches` spreads the rows already", fix)
    rows = recommended_batch_rows(pipeline, segment).written_at(method_location(operator.step), pipeline)
    actions = replace_call(operator.step, "into_batches", rows)
    title = f"Replace `.{operator.step.name}(...)` by `.into_batches({rows})`"
    return Remedy(
        f"Write `.into_batches({rows})` instead, which spreads the rows with no shuffle",
        None if actions is None else Fix(title, actions, why),
    )
