"""DFT105 heavy-shuffle."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.edits import MoveCall, RemoveCall, ReplaceNode
from daft_lint.api.nodes import method_location
from daft_lint.api.order import order_seen
from daft_lint.api.rule import Fix, Level, Observation, PipelineRule, level_for
from daft_lint.pipeline.model import BoundKind, Column, NodeRef, Operator, Pipeline, Runner, StepKind
from daft_lint_rules._streaming import (
    before,
    boundary_of,
    evaluates_earlier,
    inflated_label,
    is_boundary,
    maker,
    reads_few,
    recommended_batch_rows,
    segment_of,
    sentence,
    spelled,
    used_after,
)


class HeavyShuffle(PipelineRule):
    """A `repartition`, a `sort` or a hash join of a DataFrame that carries a heavy column: every image, document
    or tensor goes over the network and through the object store, to move rows that a few bytes would name.

    `repartition` is a *warning* (on the native runner it does nothing, which is DFT204's business); `sort` and joins
    are *advice*. A broadcast join and columns that nothing reads afterwards are not reported.

    ## Why

    A repartitioning step ends one set of tasks and starts another: those before it run to their end and put all that
    they made into the object store. Measured on Ray with 1,024 rows of 1 MB each, cutting behind the inflating step
    took 38.6 s and 5,602 MB in a worker; cutting the light rows before it took 11.4 s and 3,530 MB. Shuffling 1,024
    paths moves some 50 KB, shuffling what they point to moves 1 GB.

    ## Example

    ```python
    # before
    df = df.with_column("jpeg", download(df["url"])).repartition(16)

    # after
    df = df.repartition(16).with_column("jpeg", download(df["url"]))
    ```

    ## Fix

    `repartition` is moved before the step that makes the column heavy. Where the source is heavy already, it is
    replaced by `.into_batches(n)`, which spreads the rows with no shuffle; where an `into_batches` spreads them
    already, it is removed. A fix is unsafe only where something sees the row order. There is no fix where the count or
    a partition key may not be known at the earlier place, and none for `sort` and joins: drop the heavy column before
    them, or fetch it afterwards.

    ## Options

    - `cluster.runner`: on `native`, `repartition` is not reported here.
    - `sources`: which columns are heavy in the source.
    - `heavy_row_bytes` (32 KiB): from which size on a row is heavy.
    """

    code = "DFT105"
    name = "heavy-shuffle"
    level = Level.WARNING
    trigger_words = ("repartition", "sort", "join")
    fixable = True

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each shuffle of a heavy column."""
        if reads_few(pipeline):
            return
        for operator in pipeline.operators:
            heavy = shuffled_columns(pipeline, operator)
            if heavy:
                yield _observation(pipeline, operator, heavy)


def shuffled_columns(pipeline: Pipeline, operator: Operator) -> list[Column]:
    """The heavy columns that a step shuffles and that something reads afterwards; none where the rows are few."""
    if not _shuffles(operator) or (operator.step.name == "repartition" and pipeline.runner is Runner.NATIVE):
        return []
    if recommended_batch_rows(pipeline, segment_of(pipeline, operator)).are_enough_for(operator.rows_in):
        return []
    return [
        column
        for column in operator.columns_in.values()
        if column.weight.heavy and used_after(pipeline, operator.index, column.name)
    ]


def replaced_repartition(pipeline: Pipeline, operator: Operator) -> tuple[str, Fix] | None:
    """What to write, and the fix, where a `repartition` of a heavy source is to become `into_batches`; DFT101 says
    and does the same, or its own `into_batches` would make the `repartition` redundant."""
    if operator.step.name != "repartition" or operator.step in pipeline.author_cuts:
        return None
    heavy = shuffled_columns(pipeline, operator)
    if not heavy or _first_inflating(pipeline, operator) is not None:
        return None
    write, fix = _replacement(pipeline, operator)
    return None if fix is None else (write, fix)


def _shuffles(operator: Operator) -> bool:
    step = operator.step
    if step.name in ("repartition", "sort"):
        return True
    options = step.options
    return (
        step.kind is StepKind.JOIN
        and step.name == "join"
        and options.get("strategy") in (None, "hash")
        and options.get("how") != "cross"
    )


def _observation(pipeline: Pipeline, operator: Operator, heavy: list[Column]) -> Observation:
    column = max(heavy, key=lambda c: c.weight.evidence.strength if c.weight.evidence is not None else 0)
    inflating = column.inflated_by
    evidence = column.weight.evidence
    names = ", ".join(f"`{c.name}`" for c in heavy)
    name = operator.step.name
    is_repartition = name == "repartition"
    reason = f" (heavy: {evidence.reason})" if evidence is not None else ""
    related: list[tuple[NodeRef, str]] = []
    if inflating is not None:
        related.append((inflating.call, inflated_label(pipeline, inflating)))
    write, fix = _repartition_fix(pipeline, operator, column) if is_repartition else (_advice(name, heavy), None)
    return Observation(
        location=method_location(operator.step),
        level=level_for(Level.WARNING if is_repartition else Level.ADVICE, pipeline, evidence),
        observed=f"`{name}` shuffles the heavy {'column' if len(heavy) == 1 else 'columns'} {names}{reason}",
        impact="All of it goes over the network and through the object store: in our measurement 1,024 rows of 1 MB"
        " that were cut anew took 38.6 s and 5.6 GB, those that were cut before they were heavy 11.4 s and 3.5 GB",
        suggestion=sentence(write),
        evidence=evidence,
        related=tuple(related),
        fix=None if operator.step in pipeline.author_cuts else fix,
    )


def _advice(name: str, heavy: list[Column]) -> str:
    names = " and ".join(f"`{column.name}`" for column in heavy)
    them = "it" if len(heavy) == 1 else "them"
    return (
        f"{name} the light columns alone: drop {names} before the `{name}`, and fetch or join {them} by key afterwards"
    )


def _repartition_fix(pipeline: Pipeline, operator: Operator, column: Column) -> tuple[str, Fix | None]:
    inflating = pipeline.operator_of(column.inflated_by) if column.inflated_by is not None else None
    if inflating is not None and 0 < inflating.index < operator.index:
        first = _first_inflating(pipeline, operator) or inflating
        by = first.bound.by
        if by is not None and by.kind is StepKind.BATCHES and not operator.step.expressions:
            fix = Fix("Remove `.repartition(...)`", (RemoveCall(operator.step.call),))
            return f"drop it: the `into_batches` before `{maker(first)}` spreads the rows already", fix
        return f"move it before `{maker(first)}`", _move(pipeline, operator, first)
    return _replacement(pipeline, operator)


def _first_inflating(pipeline: Pipeline, operator: Operator) -> Operator | None:
    """The earliest step of this path that makes a column heavy which the shuffle carries."""
    operators = [
        inflating
        for column in operator.columns_in.values()
        if column.weight.heavy and column.inflated_by is not None
        for inflating in (pipeline.operator_of(column.inflated_by),)
        if inflating is not None and 0 < inflating.index < operator.index
    ]
    return min(operators, key=lambda s: s.index, default=None)


def _move(pipeline: Pipeline, operator: Operator, inflating: Operator) -> Fix | None:
    insertion_point = before(pipeline, inflating)
    if insertion_point is None or not isinstance(operator.step.call.node, cst.Call):
        return None
    if not evaluates_earlier(operator.step.count, insertion_point.after) or not _keys_are_there(operator, inflating):
        return None
    return Fix(
        f"Move `.repartition(...)` {insertion_point.words}",
        (MoveCall(operator.step.call, insertion_point.after),),
        _why_unsafe(pipeline, insertion_point.index, "repartition", insertion_point.after),
    )


def _keys_are_there(operator: Operator, inflating: Operator) -> bool:
    keys = {name for expression in operator.step.expressions for name in expression.columns()}
    return all(name is not None and name in inflating.columns_in for name in keys)


def _replacement(pipeline: Pipeline, operator: Operator) -> tuple[str, Fix | None]:
    """`into_batches` in the place of a `repartition` of a heavy source; none is added where one follows."""
    segment = segment_of(pipeline, operator)
    follower = next((s for s in segment if s.step.kind is StepKind.BATCHES), None)
    calls_before = any(s.udf_calls for s in segment if follower is not None and s.index < follower.index)
    already = operator.bound.kind is BoundKind.BATCHES and operator.bound.by is not None
    boundary = boundary_of(pipeline, operator)
    why = _why_unsafe(pipeline, operator.index, "into_batches")
    if (follower is not None and not calls_before) or (already and not is_boundary(pipeline, boundary)):
        return "drop it: `into_batches` spreads the rows already", Fix(
            "Remove `.repartition(...)`", (RemoveCall(operator.step.call),), why
        )
    rows = recommended_batch_rows(pipeline, segment)
    location = method_location(operator.step)
    text = spelled(pipeline, rows, location)
    write = f"write `.into_batches({text})` instead, which spreads the rows with no shuffle"
    node = operator.step.call.node
    if not isinstance(node, cst.Call) or len(node.args) != 1 or node.args[0].star or location == operator.step.call:
        return write, None
    argument = node.args[0]
    target = argument.value if argument.keyword is None else argument
    actions = (ReplaceNode(location, "into_batches"), ReplaceNode(NodeRef(location.cell, target), text))
    return write, Fix(f"Replace `.repartition(...)` by `.into_batches({text})`", actions, why)


def _why_unsafe(pipeline: Pipeline, index: int, call: str, after: NodeRef | None = None) -> str | None:
    seen = order_seen(pipeline, index, after)
    return None if seen is None else f"on Ray `{call}` does not keep the row order, and {seen}"
