"""Sinks that a loop runs at each turn, on a DataFrame that was made before the loop."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.nodes import Cell, enclosing
from daft_lint.api.runs import KEEPING_SINKS, Run
from daft_lint.api.udf_code import binding_of, called_function, dotted, own_nodes
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import NodeRef, Operator, Pipeline

_CLOCKS = frozenset({"perf_counter", "perf_counter_ns", "monotonic", "process_time", "time_ns"})


@dataclass(frozen=True, slots=True, eq=False)
class LoopRun:
    """A path of a run that goes through a loop: `given` is the last operator before the loop, whose DataFrame each turn
    works on."""

    run: Run
    pipeline: Pipeline
    loop: NodeRef
    given: Operator


def loop_runs_of(run: Run) -> Iterator[LoopRun]:
    """The paths of a run that a loop of more than one turn repeats from the same DataFrame. A loop that something may
    end early, as one that tries again, is none."""
    for pipeline in run.paths:
        for before, operator in zip(pipeline.operators, pipeline.operators[1:], strict=False):
            loop = _loop_over_given(operator) or _loop_around_helper(before, operator)
            if loop is not None:
                if _is_run_in(loop, operator, run) and not _may_end_early(loop) and _is_work(loop):
                    yield LoopRun(run, pipeline, loop, before)
                break


def _loop_over_given(operator: Operator) -> NodeRef | None:
    """The loop in whose body an operator works on a variable that nothing in the loop binds."""
    call, receiver = operator.step.call, operator.step.receiver
    if receiver is None or not isinstance(receiver.node, cst.Name) or b"for" not in call.cell.source:
        return None
    inside: cst.CSTNode = call.node
    for above in enclosing(call):
        if isinstance(above, cst.FunctionDef | cst.Lambda | cst.BaseComp):
            return None
        if isinstance(above, cst.For) and inside is above.body:
            binding = binding_of(receiver.node.value, receiver)
            binders = () if binding is None else binding.binders
            is_given = bool(binders) and not any(_is_within(NodeRef(call.cell, b), above) for b in binders)
            return NodeRef(call.cell, above) if is_given else None
        inside = above
    return None


def _loop_around_helper(before: Operator, operator: Operator) -> NodeRef | None:
    """The loop in whose body a function is given the DataFrame of `before` that an operator in it works on."""
    receiver = operator.step.receiver
    if receiver is None or not isinstance(receiver.node, cst.Name) or b"for" not in before.step.call.cell.source:
        return None
    binding = binding_of(receiver.node.value, receiver)
    binder = binding.binders[0] if binding is not None and len(binding.binders) == 1 else None
    if binding is None or not isinstance(binder, cst.Param) or binding.location.cell is not before.step.call.cell:
        return None
    cell = before.step.call.cell
    outer = next(enclosing(before.step.call, cst.FunctionDef, cst.Lambda), cell.module)
    for loop in (node for node in own_nodes(outer) if isinstance(node, cst.For)):
        for call in (node for node in own_nodes(loop.body) if isinstance(node, cst.Call)):
            helper = called_function(call, NodeRef(cell, call))
            if helper is not None and helper.node is binding.location.node and _is_handed_given(call, loop, cell):
                return NodeRef(cell, loop)
    return None


def _is_handed_given(call: cst.Call, loop: cst.For, cell: Cell) -> bool:
    """Whether the first argument of a call is a name that nothing in the loop binds."""
    first = call.args[0].value if call.args else None
    binding = binding_of(first.value, NodeRef(cell, first)) if isinstance(first, cst.Name) else None
    return binding is not None and not any(_is_within(NodeRef(cell, b), loop) for b in binding.binders)


def _is_within(location: NodeRef, loop: cst.CSTNode) -> bool:
    return any(above is loop for above in enclosing(location))


def _is_run_in(loop: NodeRef, first: Operator, run: Run) -> bool:
    """Whether the sink stands in the loop, or in a function that the loop hands the DataFrame to; and keeps no rows for
    the next turn."""
    if run.sink is first.step:
        return run.sink.name not in KEEPING_SINKS
    if _is_within(run.sink.call, loop.node) or not _is_within(first.step.call, loop.node):
        return True
    above = first.step.call.cell.parents.get(first.step.call.node)
    handed = isinstance(above, cst.Arg) and isinstance(first.step.call.cell.parents.get(above), cst.Call)
    return handed and run.place.function is not next(enclosing(loop, cst.FunctionDef, cst.Lambda), None)


def _may_end_early(loop: NodeRef) -> bool:
    assert isinstance(loop.node, cst.For)
    return any(isinstance(node, cst.Break | cst.Return) for node in own_nodes(loop.node.body))


def _is_work(loop: NodeRef) -> bool:
    """Whether a loop may turn more than once, and takes no times: one that does runs a plan again on purpose."""
    assert isinstance(loop.node, cst.For)
    iterated = loop.node.iter
    if isinstance(iterated, cst.List | cst.Tuple | cst.Set) and len(iterated.elements) < 2:
        return False
    called = (dotted(node.func) for node in own_nodes(loop.node.body) if isinstance(node, cst.Call))
    return not any(name == "time.time" or name.rpartition(".")[2] in _CLOCKS for name in called)
