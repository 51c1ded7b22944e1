"""DFT105 heavy-shuffle."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.edits import RemoveCall
from daft_lint.api.heavy import inflated_label, maker, read_after
from daft_lint.api.heavy_shuffles import batches_for_repartition, first_inflating, shuffled_columns
from daft_lint.api.insertion import move_call, point_before
from daft_lint.api.nodes import method_location
from daft_lint.api.order import why_unordered
from daft_lint.api.promises import EXHAUSTION, Direction, Measure, Promise, Role, Symptom
from daft_lint.api.remedies import remedies
from daft_lint.api.rule import Fix, Level, Need, Observation, PipelineRule, Remedy, Sinks, level_for
from daft_lint.pipeline.model import Column, NodeRef, Operator, Pipeline, StepKind

_VERBS = {"groupby": "Group", **dict.fromkeys(("distinct", "unique", "drop_duplicates"), "Deduplicate")}


class HeavyShuffle(PipelineRule):
    """A `repartition`, an `into_partitions` before a UDF, a `sort`, a `distinct` by some columns, a hash join of a
    DataFrame that carries a heavy column, or a `list_agg` of one: every image, document or tensor goes over the network
    and through the object store, although a few bytes would identify the rows.

    `repartition` and `into_partitions` are a *warning* (on the native runner they do nothing: DFT204); the others are
    *advice*. A broadcast join, a heavy column that is itself the key, and columns that nothing reads afterwards are not
    reported.

    ## Why

    A repartitioning step ends one set of tasks and starts another: those before it run to their end and put all that
    they made into the object store. Measured on Ray with 1,024 rows of 1 MB each, splitting the heavy rows after the
    inflating step took 38.6 s and 5,602 MB in a worker; splitting the light rows before it took 11.4 s and 3,530 MB.
    Shuffling 1,024 paths moves some 50 KB, shuffling what they point to moves 1 GB.

    ## Example

    ```python
    # before
    df = df.with_column("jpeg", download(df["url"])).repartition(16)

    # after
    df = df.repartition(16).with_column("jpeg", download(df["url"]))
    ```

    ## Fix

    The call is moved before the step that makes the column heavy. Where the source is heavy already, it is
    replaced by `.into_batches(n)`, which spreads the rows with no shuffle; where an `into_batches` spreads them
    already, it is removed. A fix is unsafe where something sees the row order, and where the number of partitions that
    the script asks for is given up. There is no fix where the count or
    a partition key may not be known at the earlier place, and none for the others: drop the heavy column before them,
    or fetch it afterwards.

    ## Options

    - `cluster.runner`: on `native`, `repartition` is not reported here.
    - `sources`: which columns are heavy in the source.
    - `heavy_row_bytes` (32 KiB): from which size on a row is heavy.
    """

    code = "DFT105"
    name = "heavy-shuffle"
    level = Level.WARNING
    needs = (Need.ALL_ROWS, Need.HEAVY)
    trigger_words = (
        *("repartition", "into_partitions", "sort", "join", "distinct", "unique", "drop_duplicates"),
        *("list_agg", "list_agg_distinct", "agg_list", "agg_set"),
    )
    fixable = True
    sinks = Sinks.ALL_ROWS
    promises = (
        Promise(Measure.SHUFFLED_BYTES, Direction.LOWER),
        Promise(Measure.OBJECT_STORE, Direction.LOWER, Role.INFORMS),
    )
    ends = (EXHAUSTION,)
    symptoms = (Symptom(Measure.SHUFFLED_BYTES, least=2**20 + 1),)

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each shuffle of a heavy column."""
        for operator, read in zip(pipeline.operators, read_after(pipeline), strict=True):
            heavy = shuffled_columns(pipeline, operator, read)
            if heavy:
                yield _observation(pipeline, operator, heavy)


def _observation(pipeline: Pipeline, operator: Operator, heavy: list[Column]) -> Observation:
    column = max(heavy, key=lambda c: c.weight.evidence.strength if c.weight.evidence is not None else 0)
    inflating = column.inflated_by
    evidence = column.weight.evidence
    names = ", ".join(f"`{c.name}`" for c in heavy)
    name = operator.step.name
    is_repartition = operator.step.kind is StepKind.REPARTITION
    reason = f" (heavy: {evidence.reason})" if evidence is not None else ""
    related: list[tuple[NodeRef, str]] = []
    if inflating is not None:
        related.append((inflating.call, inflated_label(pipeline, inflating)))
    remedy = _for_repartition(pipeline, operator, column) if is_repartition else Remedy(_advice(name, heavy), None)
    may_move = is_repartition and operator.step not in pipeline.author_cuts
    return Observation(
        location=method_location(operator.step),
        level=level_for(Level.WARNING if is_repartition else Level.ADVICE, pipeline, evidence),
        observed=f"`{name}` shuffles the heavy {'column' if len(heavy) == 1 else 'columns'} {names}{reason}",
        impact="All of it goes over the network and through the object store: in our measurement 1,024 rows of 1 MB"
        " that were repartitioned took 38.6 s and 5.6 GB, those that were repartitioned before they were heavy 11.4 s"
        " and 3.5 GB",
        suggestion=remedy.suggestion,
        evidence=evidence,
        related=tuple(related),
        remedies=remedies(pipeline, remedy, operator.index + 1) if may_move else (),
        operator=operator if is_repartition else None,
    )


def _advice(name: str, heavy: list[Column]) -> str:
    names = " and ".join(f"`{column.name}`" for column in heavy)
    them = "it" if len(heavy) == 1 else "them"
    return (
        f"{_VERBS.get(name, name.capitalize())} the light columns alone: drop {names} before the `{name}`, and fetch or"
        f" join {them} by key afterwards"
    )


def _for_repartition(pipeline: Pipeline, operator: Operator, column: Column) -> Remedy:
    inflating = pipeline.operator_of(column.inflated_by) if column.inflated_by is not None else None
    if inflating is None or not 0 < inflating.index < operator.index:
        return batches_for_repartition(pipeline, operator)
    first = first_inflating(pipeline, operator) or inflating
    by = first.bound.by
    if by is not None and by.kind is StepKind.BATCHES and not operator.step.expressions:
        fix = Fix(f"Remove `.{operator.step.name}(...)`", (RemoveCall(operator.step.call),))
        return Remedy(f"Drop it: the `into_batches` before `{maker(first)}` spreads the rows already", fix)
    return Remedy(f"Move it before `{maker(first)}`", _move(pipeline, operator, first))


def _move(pipeline: Pipeline, operator: Operator, inflating: Operator) -> Fix | None:
    point = point_before(pipeline, inflating)
    if point is None or not _keys_are_there(operator, inflating):
        return None
    why = (
        why_unordered(pipeline, point.index, "repartition", point.after)
        if operator.step.name == "repartition"
        else None
    )
    return move_call(operator, point, why)


def _keys_are_there(operator: Operator, inflating: Operator) -> bool:
    keys = {name for expression in operator.step.expressions for name in expression.columns()}
    return all(name is not None and name in inflating.columns_in for name in keys)
