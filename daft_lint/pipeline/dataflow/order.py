"""Row order: whether anything depends on it where an inserted `into_batches` or `repartition` loses it on Ray."""

from __future__ import annotations

from collections.abc import Iterable

from daft_lint.pipeline import catalog
from daft_lint.pipeline.dataflow.functions import function_spec
from daft_lint.pipeline.model import NodeRef, PartitionsKind, Pipeline, Reads, Runner, Step, StepKind


def order_seen(pipeline: Pipeline, index: int, after: NodeRef | None = None) -> str | None:
    """What sees it if an `into_batches` ahead of `operators[index]` loses the row order, in words; None where nothing
    can.

    Every pipeline of the script counts that shares the step, or the one before it where the call is put right `after`
    that one's.
    """
    if pipeline.runner is Runner.NATIVE and pipeline.runner_is_set:
        return None
    behind = index > 0 and after is not None and after == pipeline.operators[index - 1].step.call
    shared = pipeline.operators[index - 1 if behind else index].step
    return _seen_by((pipeline,), shared, behind) or pipeline.script_pipelines.once(
        _seen_behind if behind else _seen_from, shared
    )


def _seen_from(sharing: Iterable[Pipeline], shared: Step) -> str | None:
    return _seen_by(sharing, shared, behind=False)


def _seen_behind(sharing: Iterable[Pipeline], shared: Step) -> str | None:
    return _seen_by(sharing, shared, behind=True)


def _seen_by(pipelines: Iterable[Pipeline], shared: Step, behind: bool) -> str | None:
    for pipeline in pipelines:
        operator = pipeline.operator_of(shared)
        if operator is not None and pipeline.reads is not Reads.NONE:
            seen = _order_seen(pipeline, operator.index + behind)
            if seen is not None:
                return seen
    return None


def _order_seen(pipeline: Pipeline, index: int) -> str | None:
    """What in this pipeline sees it."""
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


def _has_order(pipeline: Pipeline, index: int, passed: frozenset[Step] = frozenset()) -> bool:
    """Whether the rows have a defined order ahead of `operators[index]`: they come in one partition, or a `sort` stands
    behind the last step that loses it, also one ahead of the `collect` that kept them."""
    start = pipeline.source.step
    ordered = pipeline.source.partitions_out.kind is not PartitionsKind.MANY or (
        start not in passed
        and any(_has_order(other, len(other.operators), passed | {start}) for other in pipeline.kept_from)
    )
    for operator in pipeline.operators[1:index]:
        spec = catalog.STEPS.get(operator.step.name)
        if operator.step.name == "sort":
            ordered = True
        elif spec is not None and not spec.keeps_order:
            ordered = False
    return ordered


def _numbers_rows(step: Step) -> bool:
    specs = (function_spec(expression) for expression in step.walk())
    return any(spec is not None and spec.numbers_rows for spec in specs)
