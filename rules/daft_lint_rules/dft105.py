"""DFT105 heavy-shuffle."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint import cst
from daft_lint.edits import MoveCall, RemoveCall, ReplaceNode
from daft_lint.pipeline.model import BoundKind, Column, Pipeline, Place, Runner, Stage, StepKind
from daft_lint.pipeline.order import order_seen
from daft_lint.places import method_place
from daft_lint.rule import Fix, Level, Observation, PipelineRule, level_for
from daft_lint_rules._streaming import (
    before,
    boundary_of,
    evaluates_earlier,
    inflated_label,
    is_boundary,
    maker,
    reads_few,
    rows_to_ask,
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

    A re-cut ends one set of tasks and starts another: those before it run to their end and put all that they made
    into the object store. Measured on Ray with 1,024 rows of 1 MB each, cutting behind the inflating step took 38.6 s
    and 5,602 MB in a worker; cutting the light rows before it took 11.4 s and 3,530 MB. Shuffling 1,024 paths moves
    some 50 KB, shuffling what they point to moves 1 GB.

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
    words = ("repartition", "sort", "join")
    fixable = True

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each shuffle of a heavy column."""
        if reads_few(pipeline):
            return
        for stage in pipeline.stages:
            heavy = shuffled_columns(pipeline, stage)
            if heavy:
                yield _observation(pipeline, stage, heavy)


def shuffled_columns(pipeline: Pipeline, stage: Stage) -> list[Column]:
    """The heavy columns that a step shuffles and that something reads afterwards; none where the rows are few."""
    if not _shuffles(stage) or (stage.step.name == "repartition" and pipeline.runner is Runner.NATIVE):
        return []
    if rows_to_ask(pipeline, segment_of(pipeline, stage)).are_enough_for(stage.rows_in):
        return []
    return [
        column
        for column in stage.columns_in.values()
        if column.weight.heavy and used_after(pipeline, stage.index, column.name)
    ]


def replaced_repartition(pipeline: Pipeline, stage: Stage) -> tuple[str, Fix] | None:
    """What to write, and the fix, where a `repartition` of a heavy source is to become `into_batches`; DFT101 says
    and does the same, or its own `into_batches` would make the `repartition` redundant."""
    if stage.step.name != "repartition":
        return None
    heavy = shuffled_columns(pipeline, stage)
    if not heavy or _first_inflating(pipeline, stage) is not None:
        return None
    write, fix = _replacement(pipeline, stage)
    return None if fix is None else (write, fix)


def _shuffles(stage: Stage) -> bool:
    step = stage.step
    if step.name in ("repartition", "sort"):
        return True
    options = step.options
    return (
        step.kind is StepKind.JOIN
        and step.name == "join"
        and options.get("strategy") in (None, "hash")
        and options.get("how") != "cross"
    )


def _observation(pipeline: Pipeline, stage: Stage, heavy: list[Column]) -> Observation:
    column = max(heavy, key=lambda c: c.weight.evidence.strength if c.weight.evidence is not None else 0)
    inflating = column.inflated_by
    evidence = column.weight.evidence
    names = ", ".join(f"`{c.name}`" for c in heavy)
    name = stage.step.name
    is_repartition = name == "repartition"
    reason = f" (heavy: {evidence.reason})" if evidence is not None else ""
    related: list[tuple[Place, str]] = []
    if inflating is not None:
        related.append((inflating.call, inflated_label(pipeline, inflating)))
    write, fix = _repartition_fix(pipeline, stage, column) if is_repartition else (_advice(name, heavy), None)
    return Observation(
        place=method_place(stage.step),
        level=level_for(Level.WARNING if is_repartition else Level.ADVICE, pipeline, evidence),
        seen=f"`{name}` shuffles the heavy {'column' if len(heavy) == 1 else 'columns'} {names}{reason}",
        costs="All of it goes over the network and through the object store: in our measurement 1,024 rows of 1 MB that"
        " were cut anew took 38.6 s and 5.6 GB, those that were cut before they were heavy 11.4 s and 3.5 GB",
        write=sentence(write),
        evidence=evidence,
        related=tuple(related),
        fix=fix,
    )


def _advice(name: str, heavy: list[Column]) -> str:
    names = " and ".join(f"`{column.name}`" for column in heavy)
    them = "it" if len(heavy) == 1 else "them"
    return (
        f"{name} the light columns alone: drop {names} before the `{name}`, and fetch or join {them} by key afterwards"
    )


def _repartition_fix(pipeline: Pipeline, stage: Stage, column: Column) -> tuple[str, Fix | None]:
    inflating = pipeline.stage_of(column.inflated_by) if column.inflated_by is not None else None
    if inflating is not None and 0 < inflating.index < stage.index:
        first = _first_inflating(pipeline, stage) or inflating
        by = first.bound.by
        if by is not None and by.kind is StepKind.BATCHES and not stage.step.expressions:
            fix = Fix("Remove `.repartition(...)`", (RemoveCall(stage.step.call),))
            return f"drop it: the `into_batches` before `{maker(first)}` spreads the rows already", fix
        return f"move it before `{maker(first)}`", _move(pipeline, stage, first)
    return _replacement(pipeline, stage)


def _first_inflating(pipeline: Pipeline, stage: Stage) -> Stage | None:
    """The earliest step of this path that makes a column heavy which the shuffle carries."""
    stages = [
        inflating
        for column in stage.columns_in.values()
        if column.weight.heavy and column.inflated_by is not None
        for inflating in (pipeline.stage_of(column.inflated_by),)
        if inflating is not None and 0 < inflating.index < stage.index
    ]
    return min(stages, key=lambda s: s.index, default=None)


def _move(pipeline: Pipeline, stage: Stage, inflating: Stage) -> Fix | None:
    spot = before(pipeline, inflating)
    if spot is None or not isinstance(stage.step.call.node, cst.Call):
        return None
    if not evaluates_earlier(stage.step.count, spot.after) or not _keys_are_there(stage, inflating):
        return None
    return Fix(
        f"Move `.repartition(...)` {spot.words}",
        (MoveCall(stage.step.call, spot.after),),
        _why_unsafe(pipeline, spot.index, "repartition", spot.after),
    )


def _keys_are_there(stage: Stage, inflating: Stage) -> bool:
    keys = {name for expression in stage.step.expressions for name in expression.columns()}
    return all(name is not None and name in inflating.columns_in for name in keys)


def _replacement(pipeline: Pipeline, stage: Stage) -> tuple[str, Fix | None]:
    """`into_batches` in the place of a `repartition` of a heavy source; none is added where one follows."""
    segment = segment_of(pipeline, stage)
    follower = next((s for s in segment if s.step.kind is StepKind.BATCHES), None)
    calls_before = any(s.udf_calls for s in segment if follower is not None and s.index < follower.index)
    already = stage.bound.kind is BoundKind.BATCHES and stage.bound.by is not None
    boundary = boundary_of(pipeline, stage)
    why = _why_unsafe(pipeline, stage.index, "into_batches")
    if (follower is not None and not calls_before) or (already and not is_boundary(pipeline, boundary)):
        return "drop it: `into_batches` spreads the rows already", Fix(
            "Remove `.repartition(...)`", (RemoveCall(stage.step.call),), why
        )
    rows = rows_to_ask(pipeline, segment)
    place = method_place(stage.step)
    text = spelled(pipeline, rows, place)
    write = f"write `.into_batches({text})` instead, which spreads the rows with no shuffle"
    node = stage.step.call.node
    if not isinstance(node, cst.Call) or len(node.args) != 1 or node.args[0].star or place == stage.step.call:
        return write, None
    argument = node.args[0]
    target = argument.value if argument.keyword is None else argument
    actions = (ReplaceNode(place, "into_batches"), ReplaceNode(Place(place.cell, target), text))
    return write, Fix(f"Replace `.repartition(...)` by `.into_batches({text})`", actions, why)


def _why_unsafe(pipeline: Pipeline, index: int, call: str, after: Place | None = None) -> str | None:
    seen = order_seen(pipeline, index, after)
    return None if seen is None else f"on Ray `{call}` does not keep the row order, and {seen}"
