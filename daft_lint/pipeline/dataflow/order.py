"""Row order: who sees that an inserted `into_batches` or `repartition` loses it on Ray."""

from __future__ import annotations

from daft_lint.pipeline import catalog
from daft_lint.pipeline.model import ExpressionKind, NodeRef, Pipeline, Reads, Runner, Step, StepKind

_ORDER_FUNCTIONS = frozenset({"monotonically_increasing_id", "row_number"})


def order_seen(pipeline: Pipeline, index: int, after: NodeRef | None = None) -> str | None:
    """What sees the loss of row order if an `into_batches` is put ahead of `operators[index]`, in words; None where
    nothing can. Every pipeline that shares the place counts: the step itself, or the one before it
    where the call is put right `after` that."""
    if pipeline.runner is Runner.NATIVE and pipeline.runner_is_set:
        return None
    behind = index > 0 and after is not None and after == pipeline.operators[index - 1].step.call
    shared = pipeline.operators[index - 1 if behind else index].step
    for other in (pipeline, *pipeline.script_pipelines.sharing(shared)):
        operator = other.operator_of(shared)
        if operator is not None and other.reads is not Reads.NONE:
            seen = _order_seen(other, operator.index + behind)
            if seen is not None:
                return seen
    return None


def _order_seen(pipeline: Pipeline, index: int) -> str | None:
    if not _has_order(pipeline, index):
        return None
    for operator in pipeline.operators[index:]:
        step = operator.step
        spec = catalog.STEPS.get(step.name)
        if _numbers_rows(step):
            return f"`{step.name}` numbers the rows"
        if spec is not None and spec.sees_order:
            return f"`{step.name}` sees the row order"
        if spec is not None and not spec.keeps_order:
            return None
    if pipeline.sink.step.kind is StepKind.SINK:
        return None
    return "who gets this DataFrame may see the row order"


def _has_order(pipeline: Pipeline, index: int) -> bool:
    """Whether the rows have a promised order ahead of `operators[index]`: one partition, or a `sort` since the last
    loss."""
    ordered = pipeline.source.partitions_out.kind.value != "many"
    for operator in pipeline.operators[1:index]:
        spec = catalog.STEPS.get(operator.step.name)
        if operator.step.name == "sort":
            ordered = True
        elif spec is not None and not spec.keeps_order:
            ordered = False
    return ordered


def _numbers_rows(step: Step) -> bool:
    return any(
        e.kind is ExpressionKind.FUNCTION and e.name in _ORDER_FUNCTIONS
        for root in (*step.outputs, *step.expressions)
        for e in root.walk()
    )
