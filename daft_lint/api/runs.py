"""What each sink of a script runs: every sink runs its whole plan again, from the last rows that are kept."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.nodes import enclosing
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import (
    REPARTITIONING,
    NodeRef,
    Operator,
    Pipeline,
    Reads,
    Script,
    Step,
    StepKind,
    Udf,
    UdfKind,
)

KEEPING_SINKS = frozenset({"collect", "to_pydict", "to_pylist", "to_pandas"})
"""Sinks that keep the rows in the DataFrame for those after them (docs/pages/measurements.md, e14)."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What one sink runs: `steps` are those that it evaluates, in the order of the script, without itself."""

    sink: Step
    steps: tuple[Step, ...]

    def pipelines_through(self, script: Script, step: Step) -> Iterator[tuple[Pipeline, Operator]]:
        """The paths of this run through a step, with the step's operator; where the step is on the other side of a
        join, the paths that end there."""
        own = [p for p in script.pipelines if p.sink.step is self.sink]
        paths = [p for p in own if p.operator_of(step) is not None]
        if not paths:
            ends = {id(s) for s in self.steps}
            paths = [p for p in script.pipelines if id(p.sink.step) in ends and p.operator_of(step) is not None]
        for pipeline in paths:
            operator = pipeline.operator_of(step)
            if operator is not None:
                yield pipeline, operator


def runs_of(script: Script) -> tuple[Run, ...]:
    """The runs of a script in their order. Sinks that need no rows (`schema`) run nothing."""
    ending = {pipeline.sink.step for pipeline in script.pipelines if pipeline.reads is not Reads.NONE}
    kept: set[Step] = set()
    found: list[Run] = []
    position = {step: index for index, step in enumerate(script.steps)}
    for sink in script.steps:
        if sink not in ending or sink.kind not in (StepKind.SINK, StepKind.COLLECT):
            continue
        found.append(Run(sink, tuple(sorted(_evaluated(sink, kept), key=lambda s: position.get(s, -1)))))
        if sink.name in KEEPING_SINKS:
            kept.update(sink.parents)
    return tuple(found)


def _evaluated(sink: Step, kept: set[Step]) -> set[Step]:
    found: set[Step] = set()
    pending = list(sink.parents)
    while pending:
        step = pending.pop()
        if step not in found and step not in kept and step.kind is not StepKind.COLLECT:
            found.add(step)
            pending.extend(step.parents)
    return found


def runs_all_rows(pipeline: Pipeline, operator: Operator) -> bool:
    """Whether the sink needs all rows of a step, and not only the few that a `show` or a `limit` asks for."""
    after = pipeline.operators[operator.index + 1 :]
    few = pipeline.reads is Reads.FEW
    for later in reversed(after):
        few = few or later.step.kind is StepKind.LIMIT
        if later.step.kind in REPARTITIONING:
            few = False
    return not few


def may_both_run(first: NodeRef, second: NodeRef) -> bool:
    """Whether one pass through the code can reach both places: they are in the same function, and in no two branches
    that exclude each other. False where it cannot be told."""
    one, other = list(enclosing(first)), list(enclosing(second))
    if _function(one) is not _function(other):
        return False
    if first.cell is not second.cell:
        return first.cell.document.kind == "notebook"
    ids = {id(node) for node in other}
    common = next((node for node in one if id(node) in ids), None)
    if common is None:
        return False
    below_one, below_other = _child_below(first.node, one, common), _child_below(second.node, other, common)
    if isinstance(common, cst.If):
        return common.test in (below_one, below_other)
    if isinstance(common, cst.Match):
        return False
    if isinstance(common, cst.Try | cst.TryStar):
        return not any(isinstance(n, cst.ExceptHandler | cst.ExceptStarHandler) for n in (below_one, below_other))
    return not _leaves(first.node, one, common)


def _function(above: list[cst.CSTNode]) -> cst.CSTNode | None:
    return next((node for node in above if isinstance(node, cst.FunctionDef | cst.Lambda)), None)


def _child_below(node: cst.CSTNode, above: list[cst.CSTNode], common: cst.CSTNode) -> cst.CSTNode:
    """The child of `common` that holds the node, or is it."""
    for parent in above:
        if parent is common:
            return node
        node = parent
    return node


def _leaves(node: cst.CSTNode, above: list[cst.CSTNode], common: cst.CSTNode) -> bool:
    """Whether control leaves the blocks between a node and `common` other than by their end."""
    for parent in above:
        if parent is common:
            return False
        if isinstance(parent, cst.IndentedBlock) and parent.body:
            last = parent.body[-1]
            if isinstance(last, cst.SimpleStatementLine) and any(
                isinstance(s, cst.Return | cst.Raise | cst.Continue | cst.Break) for s in last.body
            ):
                return True
    return False


def is_one_liner(udf: Udf) -> bool:
    """Whether a UDF's body is one `return`, with no object behind it: a run of it costs little."""
    if udf.is_class or udf.kind is UdfKind.AI or any(p.opens for p in udf.parameters):
        return False
    node = None if udf.definition is None else udf.definition.node
    if isinstance(node, cst.Lambda):
        return True
    if not isinstance(node, cst.FunctionDef):
        return False
    lines = [s for s in node.body.body if not _is_docstring(s)]
    if len(lines) != 1 or not isinstance(lines[0], cst.SimpleStatementLine | cst.Return):
        return False
    line = lines[0]
    return isinstance(line, cst.Return) or all(isinstance(s, cst.Return) for s in line.body)


def _is_docstring(statement: cst.CSTNode) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and len(statement.body) == 1
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, cst.SimpleString)
    )
