"""What each sink of a script runs: every sink runs its whole plan again, from the last rows that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
class Place:
    """Where a node stands: `above` is what encloses it, innermost first, `function` the innermost function of that.
    What one says of two places of one `block` is the same: it is the block that a simple statement stands in, else the
    node itself."""

    location: NodeRef
    above: tuple[cst.CSTNode, ...]
    function: cst.CSTNode | None
    block: cst.CSTNode

    @staticmethod
    def of(location: NodeRef) -> Place:
        above = tuple(enclosing(location))
        function = next((node for node in above if isinstance(node, cst.FunctionDef | cst.Lambda)), None)
        return Place(location, above, function, _block(location.node, above))


def _block(node: cst.CSTNode, above: Sequence[cst.CSTNode]) -> cst.CSTNode:
    for parent in above:
        if isinstance(parent, cst.BaseSuite | cst.Module):
            return parent
        if isinstance(parent, cst.BaseCompoundStatement | cst.Lambda):
            break
    return node


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What one sink runs: `steps` are those that it evaluates, in the order of the script, without itself, `paths` the
    pipelines that end in it."""

    sink: Step
    steps: tuple[Step, ...]
    paths: tuple[Pipeline, ...]
    place: Place

    def pipelines_through(self, script: Script, step: Step) -> Iterator[tuple[Pipeline, Operator]]:
        """The paths of this run through a step, with the step's operator; where the step is on the other side of a
        join, the paths that end there."""
        paths = [p for p in self.paths if p.operator_of(step) is not None]
        if not paths:
            ends = set(self.steps)
            paths = [p for p in script.pipelines if p.sink.step in ends and p.operator_of(step) is not None]
        for pipeline in paths:
            operator = pipeline.operator_of(step)
            if operator is not None:
                yield pipeline, operator


def runs_of(script: Script) -> tuple[Run, ...]:
    """The runs of a script in their order. Sinks that need no rows (`schema`) run nothing."""
    ending: dict[Step, list[Pipeline]] = {}
    for pipeline in script.pipelines:
        ending.setdefault(pipeline.sink.step, []).append(pipeline)
    kept: set[Step] = set()
    found: list[Run] = []
    position = {step: index for index, step in enumerate(script.steps)}
    for sink in script.steps:
        paths = ending.get(sink, ())
        if sink.kind not in (StepKind.SINK, StepKind.COLLECT) or all(path.reads is Reads.NONE for path in paths):
            continue
        steps = tuple(sorted(_evaluated(sink, kept), key=lambda s: position.get(s, -1)))
        found.append(Run(sink, steps, tuple(paths), Place.of(sink.call)))
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


def may_both_run(first: Place, second: Place) -> bool:
    """Whether one pass through the code can reach both places: they are in the same function, and in no two branches
    that exclude each other. False where it cannot be told."""
    if first.function is not second.function:
        return False
    one, other = first.location, second.location
    if one.cell is not other.cell:
        return one.cell.document.kind == "notebook"
    ids = {id(node) for node in second.above}
    common = next((node for node in first.above if id(node) in ids), None)
    if common is None:
        return False
    below_one, below_other = (_child_below(place, common) for place in (first, second))
    if isinstance(common, cst.If):
        return common.test in (below_one, below_other)
    if isinstance(common, cst.Match):
        return False
    if isinstance(common, cst.Try | cst.TryStar):
        return not any(isinstance(n, cst.ExceptHandler | cst.ExceptStarHandler) for n in (below_one, below_other))
    return not _leaves(first, common)


def _child_below(place: Place, common: cst.CSTNode) -> cst.CSTNode:
    """The child of `common` that holds the place's node, or is it."""
    node = place.location.node
    for parent in place.above:
        if parent is common:
            return node
        node = parent
    return node


def _leaves(place: Place, common: cst.CSTNode) -> bool:
    """Whether control leaves the blocks between a place and `common` other than by their end."""
    for parent in place.above:
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
