"""Where a call that bounds or spreads rows belongs, and the fixes that insert it there, move it or replace another."""

from __future__ import annotations

from daft_lint.api import cst
from daft_lint.api.batching import BatchSize
from daft_lint.api.constants import means_the_same
from daft_lint.api.edits import Action, InsertCall, MoveCall, ReplaceNode
from daft_lint.api.heavy import maker
from daft_lint.api.nodes import method_location
from daft_lint.api.order import why_unordered
from daft_lint.api.rule import Fix, Remedy
from daft_lint.api.segments import boundary_of
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import NodeRef, Operator, Pipeline, Step, StepKind


@dataclass(frozen=True, slots=True)
class InsertionPoint:
    """Where a call belongs: right after the DataFrame expression `after`, ahead of `operators[index]`.

    `where` completes "write `.into_batches(64)` …".
    """

    index: int
    after: NodeRef
    where: str


def insertion_point_for(pipeline: Pipeline, boundary: Operator, inflating: Step | None) -> InsertionPoint | None:
    """Where an `into_batches` belongs for data that `inflating` makes heavy: just before that step, or an earlier one
    that opens files of light rows, on the far side of the last boundary; right after the boundary where the data is
    heavy already, but never behind an `explode` of it. None where no place is known."""
    heavy_from = pipeline.operator_of(inflating) if inflating is not None else None
    while heavy_from is not None and boundary.index >= max(heavy_from.index, 1) and boundary.step.multiplies_rows():
        boundary = boundary_of(pipeline, boundary)
    if heavy_from is not None and heavy_from.index > boundary.index:
        between = pipeline.operators[boundary.index + 1 : heavy_from.index]
        return point_before(pipeline, next(filter(_opens_files, between), heavy_from))
    return _point_behind(pipeline, boundary)


def _opens_files(operator: Operator) -> bool:
    """Whether tasks of its own would spread the work of an operator as well: it opens what light rows point to."""
    reads = any(operation.heavy_read and operation.read for operation in operator.heavy_operations)
    return operator.index > 0 and (reads or any(call.opens and call.read for call in operator.udf_calls))


def point_before(pipeline: Pipeline, operator: Operator) -> InsertionPoint | None:
    """The place right before an operator; None where no expression of the script is the DataFrame there."""
    step, previous = operator.step, pipeline.operators[operator.index - 1]
    where = f"before `{maker(operator)}`"
    if step.receiver is not None and step.follows(previous.step):
        return InsertionPoint(operator.index, step.receiver, where)
    if _yields_frame(previous):
        return InsertionPoint(operator.index, previous.step.call, where)
    return None


def _point_behind(pipeline: Pipeline, boundary: Operator) -> InsertionPoint | None:
    if _yields_frame(boundary):
        return InsertionPoint(boundary.index + 1, boundary.step.call, f"right after `{boundary.step.name}`")
    if boundary.index + 1 < len(pipeline.operators):
        following = pipeline.operators[boundary.index + 1].step
        if following.receiver is not None and following.follows(boundary.step):
            collects = boundary.step.kind is StepKind.COLLECT
            where = f"right after `{boundary.step.name}`" if collects else f"before `{following.name}`"
            return InsertionPoint(boundary.index + 1, following.receiver, where)
    return None


def _yields_frame(operator: Operator) -> bool:
    """Whether a call can be put behind the step's own. `df.collect()` often stands alone, its result unused."""
    return operator.step.kind is not StepKind.COLLECT and isinstance(operator.step.call.node, cst.Call | cst.Subscript)


def insert_batches(pipeline: Pipeline, point: InsertionPoint, batch_size: BatchSize) -> Fix | None:
    """The fix that puts `.into_batches(n)` there; on Ray it loses the row order (`e4`). None where the script decides
    the number when it runs, and has no name for it there, or where the author has cut the rows to a number."""
    if pipeline.author_cut_before(point.index) is not None or not batch_size.is_known_at(point.after, pipeline):
        return None
    call = f"into_batches({batch_size.written_at(point.after, pipeline)})"
    why = why_unordered(pipeline, point.index, "into_batches", point.after)
    return Fix(f"Insert `.{call}` {point.where}", (InsertCall(point.after, call),), why)


def batches_remedy(pipeline: Pipeline, point: InsertionPoint, batch_size: BatchSize) -> Remedy:
    """`.into_batches(n)` there as advice, with the fix that writes it, or with what speaks against one."""
    suggestion = f"Write `.into_batches({batch_size.written_at(point.after, pipeline)})` {point.where}"
    cut = pipeline.author_cut_before(point.index)
    if cut is not None:
        suggestion += f" (no fix: it would undo the author's own `{cut.name}`)"
    elif not batch_size.is_known_at(point.after, pipeline):
        suggestion = f"Write `.into_batches(n)` {point.where}, with the `batch_size` of the UDF for n"
        suggestion += " (no fix: what that is when the script runs is not known)"
    return Remedy(suggestion, insert_batches(pipeline, point, batch_size))


def replace_call(step: Step, method: str, argument: str) -> tuple[Action, ...] | None:
    """The actions that make `.method(argument)` of a step's call; None where the call has not exactly one argument."""
    node, location = step.call.node, method_location(step)
    if not isinstance(node, cst.Call) or len(node.args) != 1 or node.args[0].star or location == step.call:
        return None
    given = node.args[0]
    replaced = given.value if given.keyword is None else given
    return ReplaceNode(location, method), ReplaceNode(NodeRef(step.call.cell, replaced), argument)


def move_call(operator: Operator, point: InsertionPoint | None, why_unsafe: str | None = None) -> Fix | None:
    """The fix that moves an operator's call to an earlier place; None where its count may not be known there."""
    step = operator.step
    if point is None or not isinstance(step.call.node, cst.Call):
        return None
    if step.count is None or step.count.location is None or not means_the_same(step.count.location, point.after):
        return None
    return Fix(f"Move `.{step.name}(...)` {point.where}", (MoveCall(step.call, point.after),), why_unsafe)
