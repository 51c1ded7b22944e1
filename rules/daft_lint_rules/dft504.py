"""DFT504: a plan that grows, or runs again, at each turn of a loop."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from daft_lint.api import cst
from daft_lint.api.nodes import Cell, enclosing, method_location, short_code
from daft_lint.api.promises import Direction, Measure, Promise, Role
from daft_lint.api.rule import Level, Observation, Prescan, ScriptRule, in_pipelines, level_for
from daft_lint.api.runs import KEEPING_SINKS
from daft_lint.api.scopes import ModuleScopes, nodes_in
from daft_lint.api.udf_code import dotted, values_of
from daft_lint.pipeline.model import NodeRef, Operator, Pipeline, Reads, Script, SourceKind, Step, StepKind, Turn

FEW_TURNS = 4
MANY_TURNS = 30
"""Turns from which on it is a warning (docs/pages/measurements.md, e16)."""
_LOOP = re.compile(rb"(?m)^[ \t]*(?:async[ \t]+)?(?:for|while)\b")
_ONE_EXPRESSION = "Build one expression in the loop, and call `with_column` or `with_columns` once behind it"
_SAME_LENGTH = frozenset({"list", "tuple", "sorted", "reversed", "enumerate", "tqdm"})
"""Functions that go through as many elements as they are given."""
_SHUFFLING = frozenset({StepKind.SHUFFLE, StepKind.JOIN})
CONCATENATING = frozenset({"concat", "union_all", "union_all_by_name"})


class PlanGrownInALoop(ScriptRule):
    """A query for one value at each turn of a loop (`where(col("id") == i)` and a sink), or a DataFrame that a loop
    makes longer by a `concat`, a `join`, a `with_column` of the same column, or a shuffle in a function that it calls.

    It is a *warning* where the loop is known to turn often, else *advice*. A loop over a few literal items, one over a
    list of DataFrames that no loop has filled, and a query of collected rows are left alone.

    ## Why
    Each turn with a sink runs the whole plan from its source. Measured (experiment e16) with 40 files: thirty queries
    for one value each took 1.2 s, one `is_in` of all thirty 0.03 s. A `concat` at each turn makes a plan as deep as the
    loop is long, which is planned and optimized as a whole. So does a `join` with what the turn before has made, and
    each sink in the loop runs all turns once more: `collect()` what a turn hands on to the next one. `with_column` on
    one column fifty times took 0.3 s to plan, seventy-five times 1.4 s.

    ## Example

        for user in users:
            rows[user] = df.where(col("user") == user).to_pylist()

    becomes

        found = df.where(col("user").is_in(users)).to_pylist()

    and

        for path in paths:
            df = df.concat(daft.read_parquet(path))

    becomes

        df = daft.read_parquet(paths)

    ## Fix
    None: what the loop does with each result has to change with it.

    ## Options
    None.
    """

    code = "DFT504"
    name = "plan-grown-in-a-loop"
    level = Level.WARNING
    trigger_words = (
        *("where", "filter", "join", "concat", "union_all", "union_all_by_name"),
        *("with_column", "with_columns", "groupby", "distinct"),
    )
    promises = (Promise(Measure.WALL, Direction.LOWER, Role.CONFIRMS, threshold=0.5),)

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        """A test can make a DataFrame longer, too."""
        return not prescan.identifiers.isdisjoint(CONCATENATING) or in_pipelines(prescan, cls.trigger_words)

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for step in script.steps:
            if step.name in CONCATENATING and id(step.call.node) not in seen:
                seen.add(id(step.call.node))
                loop = _growing_loop(step) or _reduced(step)
                if loop is not None:
                    remedy = (
                        "Give the reader the list of all paths, or `concat` the parts once behind the loop, from a list"
                    )
                    yield _grown(step, loop, "is planned and optimized as a whole", remedy)
        joined = list(_joined(script))
        yield from joined
        yield from _handed_on(script, {_loop_around(o.location) for o in joined})
        yield from _chained(script)
        for pipeline in script.pipelines:
            found = _queried(pipeline)
            if found is not None and id(found[0].step.call.node) not in seen:
                seen.add(id(found[0].step.call.node))
                yield _repeated(pipeline, *found)


def _joined(script: Script) -> Iterator[Observation]:
    """The first `join` of each loop that works on what it made itself a turn before, with nothing that keeps rows
    between the two."""
    kept = {parent for step in script.steps if step.name in KEEPING_SINKS for parent in step.parents}
    seen: set[NodeRef] = set()
    for step in script.steps:
        loop = _loop_around(step.call) if step.kind is StepKind.JOIN else None
        if loop is None or loop in seen or _turns(loop, few=True) or not _is_made_of_itself(step, kept):
            continue
        seen.add(loop)
        remedy = "`collect()` what a turn hands on to the next one"
        yield _grown(step, loop, "each sink in it runs all turns before once more", remedy)


def _handed_on(script: Script, told: Container[NodeRef | None]) -> Iterator[Observation]:
    """Each DataFrame that a loop makes of the last turn's by a shuffle, in functions that it calls, and runs at each
    turn with nothing that keeps its rows."""
    kept = {parent for step in script.steps if step.name in KEEPING_SINKS for parent in step.parents}
    kept |= {step for step in script.steps if step.kind is StepKind.COLLECT}
    seen: set[NodeRef] = set()
    for turn in script.turns:
        if turn.loop in told or turn.loop in seen or _turns(turn.loop, few=True) or turn.given in kept:
            continue
        made = _above(turn.left, kept) | {turn.left}
        shuffled = any(s.kind in _SHUFFLING and s in turn.steps for s in made)
        runs = [s for s in turn.steps if s.kind is StepKind.SINK and s.reads is not Reads.NONE]
        sink = next((s for s in runs if any(p is turn.given or turn.given in _above(p, kept) for p in s.parents)), None)
        known = any(s.source is not None and s.source.kind is not SourceKind.UNKNOWN for s in _above(turn.left, set()))
        if sink is not None and shuffled and known and turn.given in made:
            seen.add(turn.loop)
            yield _run_again(turn, sink)


def _run_again(turn: Turn, sink: Step) -> Observation:
    loop = turn.loop.node
    bound = [n for n in nodes_in(loop) if isinstance(n, cst.Assign) and _binds(n, turn.name)]
    return Observation(
        location=NodeRef(turn.loop.cell, bound[-1] if bound else loop),
        level=Level.WARNING if _turns(turn.loop, few=False) else Level.ADVICE,
        observed=f"Each turn of this loop makes `{turn.name}` of the last one's, and `{sink.name}` runs it",
        impact="Each turn runs all turns before once more, and the plan becomes as deep as the loop is long",
        suggestion=f"`collect()` what is given to `{turn.name}`, or write it and read it back",
        related=((method_location(sink), f"`{sink.name}` runs it at each turn"),),
    )


def _binds(assignment: cst.Assign, name: str) -> bool:
    return any(isinstance(t.target, cst.Name) and t.target.value == name for t in assignment.targets)


def _chained(script: Script) -> Iterator[Observation]:
    """Each `df = df.with_column("a", ...)` that a loop of many turns calls, or that works on one column at each turn of
    any loop over data."""
    seen: set[NodeRef] = set()
    for step in script.steps:
        if step.name not in ("with_column", "with_columns") or step.call in seen:
            continue
        seen.add(step.call)
        loop = _growing_loop(step)
        if loop is None or not isinstance(loop.node, cst.For):
            continue
        made = step.outputs[0] if len(step.outputs) == 1 else None
        again = made is not None and made.output is not None and made.output in set(made.columns())
        target = step.call.node.args[0].value if isinstance(step.call.node, cst.Call) and step.call.node.args else None
        if _turns(loop, few=False) or (again and isinstance(target, cst.SimpleString)):
            yield _grown(step, loop, "seventy-five on one column took 1.4 s to plan, fifty 0.3 s", _ONE_EXPRESSION)


def _is_made_of_itself(step: Step, kept: set[Step]) -> bool:
    """Whether a step of the same call is among those that are run again with this one, and a DataFrame of Daft's."""
    is_known = any(s.source is not None and s.source.kind is not SourceKind.UNKNOWN for s in _above(step, set()))
    collected = {s for s in _above(step, set()) if s.kind is StepKind.COLLECT}
    return is_known and any(s.call.node is step.call.node for s in _above(step, kept | collected))


def _above(step: Step, ends: set[Step]) -> set[Step]:
    """The steps that make the rows of a step, up to those where they are kept."""
    found: set[Step] = set()
    pending = list(step.parents)
    while pending:
        above = pending.pop()
        if above not in found and above not in ends:
            found.add(above)
            pending.extend(above.parents)
    return found


def _growing_loop(step: Step) -> NodeRef | None:
    """The loop at each turn of which `df = df.concat(...)` makes the DataFrame longer; None for one of a few turns."""
    node = step.call.node
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute) or not _has_loops(step.call):
        return None
    receiver = node.func.value
    assignment = next(enclosing(step.call, cst.Assign), None)
    if not isinstance(receiver, cst.Name) or not isinstance(assignment, cst.Assign):
        return None
    value = assignment.value
    branches = (value.body, value.orelse) if isinstance(value, cst.IfExp) else (value,)
    targets = [t.target.value for t in assignment.targets if isinstance(t.target, cst.Name)]
    if node not in branches or receiver.value not in targets:
        return None
    loop = _loop_around(step.call)
    if loop is None or _turns(loop, few=True):
        return None
    # the DataFrames may be in a list already, of which a script has few by name
    is_listed = any(_is_name_of(loop.node, argument.value) for argument in node.args)
    iterated = loop.node.iter if isinstance(loop.node, cst.For) else None
    is_filled = iterated is not None and _is_filled_by_loop(NodeRef(loop.cell, iterated))
    return None if is_listed and not is_filled else loop


def _reduced(step: Step) -> NodeRef | None:
    """The `reduce(lambda a, b: a.concat(b), frames)` that a step stands in, where a loop has filled the list."""
    function = next(enclosing(step.call, cst.Lambda, cst.FunctionDef), None)
    argument = None if function is None else step.call.cell.parents.get(function)
    call = None if argument is None else step.call.cell.parents.get(argument)
    if (
        not isinstance(function, cst.Lambda)
        or not isinstance(call, cst.Call)
        or dotted(call.func).rpartition(".")[2] != "reduce"
    ):
        return None
    is_filled = len(call.args) > 1 and _is_filled_by_loop(NodeRef(step.call.cell, call.args[1].value))
    return NodeRef(step.call.cell, call) if is_filled else None


def _is_filled_by_loop(frames: NodeRef) -> bool:
    """Whether an expression is a list of readers that a comprehension or a loop has made, one a path."""
    made = frames.node
    while isinstance(made, cst.Subscript):
        made = made.value
    name = made.value if isinstance(made, cst.Name) else ""
    if name:
        values = [value.node for value in values_of(name, NodeRef(frames.cell, made))]
        if len(values) != 1:
            return False
        made = values[0]
    if isinstance(made, cst.ListComp | cst.GeneratorExp):
        return _reads_files(made.elt) and _length(NodeRef(frames.cell, made)) is None
    if not isinstance(made, cst.List) or made.elements:
        return False
    added = [
        use
        for use in ModuleScopes.of(frames.cell).names.get(name, ())
        for call in [_append_of(use, frames.cell)]
        if call is not None
        and _loop_around(NodeRef(frames.cell, call)) is not None
        and _reads_files(call.args[0].value)
    ]
    return bool(added)


def _append_of(name: cst.Name, cell: Cell) -> cst.Call | None:
    """`frames.append(part)`, by its `frames`."""
    method = cell.parents.get(name)
    call = cell.parents.get(method) if isinstance(method, cst.Attribute) and method.attr.value == "append" else None
    return call if isinstance(call, cst.Call) and len(call.args) == 1 else None


def _reads_files(made: cst.BaseExpression) -> bool:
    return any(
        isinstance(node, cst.Attribute) and node.attr.value.startswith(("read_", "from_"))
        for node in (made, *nodes_in(made))
    )


def _is_name_of(loop: cst.CSTNode, node: cst.CSTNode) -> bool:
    target = loop.target if isinstance(loop, cst.For) else None
    return isinstance(node, cst.Name) and isinstance(target, cst.Name) and node.value == target.value


def _loop_around(place: NodeRef) -> NodeRef | None:
    """The innermost loop of the place's function that holds it."""
    if not _has_loops(place):
        return None
    for above in enclosing(place, cst.For, cst.While, cst.FunctionDef, cst.Lambda):
        return NodeRef(place.cell, above) if isinstance(above, cst.For | cst.While) else None
    return None


def _around(place: NodeRef) -> cst.CSTNode | None:
    """The innermost loop or comprehension of the place's function that holds it."""
    for above in enclosing(place):
        if isinstance(above, cst.FunctionDef | cst.Lambda):
            return None
        if isinstance(above, cst.For | cst.While | cst.BaseComp):
            return above
    return None


def _has_loops(place: NodeRef) -> bool:
    """Whether there is a loop in its cell, by the text: what encloses a node costs a walk over the whole tree."""
    return place.cell.once(_has_loops, lambda: _LOOP.search(place.cell.source) is not None)


def _turns(loop: NodeRef, *, few: bool) -> bool:
    """Whether the loop is known to turn a few times, or many times."""
    node = loop.node
    number = _length(NodeRef(loop.cell, node.iter)) if isinstance(node, cst.For | cst.CompFor) else None
    return number is not None and (number <= FEW_TURNS if few else number >= MANY_TURNS)


def _length(iterated: NodeRef) -> int | None:
    """The elements of what a loop goes through: a display, one several times, `range`, or a name for one of these."""
    node = iterated.node
    if isinstance(node, cst.Name):
        values = tuple(values_of(node.value, iterated))
        only = values[0] if len(values) == 1 else None
        return None if only is None or isinstance(only.node, cst.Name) else _length(only)
    if isinstance(node, cst.List | cst.Tuple | cst.Set):
        return len(node.elements)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Multiply):
        once = _length(NodeRef(iterated.cell, node.left))
        return once * node.right.evaluated_value if once is not None and isinstance(node.right, cst.Integer) else None
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in _SAME_LENGTH:
        return _length(NodeRef(iterated.cell, node.args[0].value)) if len(node.args) == 1 else None
    if isinstance(node, cst.ListComp) and not node.for_in.ifs and node.for_in.inner_for_in is None:
        return _length(NodeRef(iterated.cell, node.for_in.iter))
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "range":
        bounds = [a.value.evaluated_value for a in node.args if isinstance(a.value, cst.Integer)]
        if len(bounds) == len(node.args) and 0 < len(bounds) < 3:
            return bounds[-1] - (bounds[0] if len(bounds) == 2 else 0)
    return None


def _queried(pipeline: Pipeline) -> tuple[Operator, NodeRef] | None:
    """A filter for the value of a loop's variable, in a plan that the loop runs from a source outside of it."""
    sink, source = pipeline.sink.step, pipeline.source.step
    if sink.kind not in (StepKind.SINK, StepKind.COLLECT) or pipeline.reads in (Reads.NONE, Reads.FEW):
        return None
    if source.kind is not StepKind.SOURCE or source.source is None or source.source.kind is not SourceKind.CALL:
        return None
    if not source.source.paths:
        return None
    whole = _around(sink.call)
    loop = NodeRef(sink.call.cell, whole.for_in) if isinstance(whole, cst.BaseComp) else _loop_around(sink.call)
    if loop is None or not isinstance(loop.node, cst.For | cst.CompFor) or _turns(loop, few=True):
        return None
    if any(above is whole for above in enclosing(source.call)):
        return None
    names = {node.value for node in (loop.node.target, *nodes_in(loop.node.target)) if isinstance(node, cst.Name)}
    for operator in pipeline.operators[1:]:
        in_loop = any(above is whole for above in enclosing(operator.step.call))
        if operator.step.kind is StepKind.FILTER and in_loop and _asks_for(operator.step, names):
            return operator, loop
    return None


def _asks_for(step: Step, names: set[str]) -> bool:
    """Whether the step's condition compares something with one of the names for equality."""
    for node in nodes_in(step.call.node):
        if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
            target = node.comparisons[0]
            sides = (node.left, target.comparator)
            if isinstance(target.operator, cst.Equal) and any(
                isinstance(s, cst.Name) and s.value in names for s in sides
            ):
                return True
    return False


def _grown(step: Step, loop: NodeRef, cost: str, suggestion: str) -> Observation:
    kind = "`reduce`" if isinstance(loop.node, cst.Call) else "loop"
    return Observation(
        location=method_location(step),
        level=Level.WARNING if _turns(loop, few=False) else Level.ADVICE,
        observed=f"`{step.name}` makes the plan longer at each turn of this {kind}",
        impact=f"The plan becomes as deep as the loop is long, and {cost}",
        suggestion=suggestion,
    )


def _repeated(pipeline: Pipeline, operator: Operator, loop: NodeRef) -> Observation:
    step = operator.step
    assert isinstance(loop.node, cst.For | cst.CompFor)
    level = Level.WARNING if _turns(loop, few=False) else Level.ADVICE
    return Observation(
        location=method_location(step),
        level=level_for(level, pipeline, None),
        observed=f"A query for each turn of a loop over `{short_code(loop.node.iter)}`",
        impact=f"`{pipeline.sink.step.name}` runs the plan from its source at each turn: in our measurement thirty"
        " queries took 1.2 s, one for all thirty values 0.03 s",
        suggestion="Ask once: `where(col(...).is_in(values))` or a `groupby`, and part the rows afterwards",
        related=((method_location(pipeline.sink.step), f"`{pipeline.sink.step.name}` runs it"),),
        operator=operator,
    )
