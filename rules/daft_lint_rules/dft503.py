"""DFT503: a `collect` that nothing needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from daft_lint.api import cst
from daft_lint.api.edits import RemoveCall, ReplaceNode
from daft_lint.api.nodes import Cell, code, method_location
from daft_lint.api.promises import Changes, Direction, Measure, Promise
from daft_lint.api.rows import FEW_ROWS
from daft_lint.api.rule import Fix, Level, Observation, Prescan, ScriptRule, in_pipelines, level_for
from daft_lint.api.scopes import ModuleScopes, nodes_in
from daft_lint.pipeline.model import NodeRef, Pipeline, Projection, Reads, Script, Step, StepKind

MATERIALIZING = frozenset({"collect", "to_pandas", "to_pydict", "to_pylist", "to_arrow"})
PROFILERS = frozenset({"memray", "tracemalloc", "memory_profiler", "timeit", "cProfile", "pyinstrument", "scalene"})
CLOCKS = frozenset({"time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "process_time", "now"})
COSTLY = "All rows, with all their columns, are held in memory at once"
COUNTED = {
    **dict.fromkeys(("to_pandas", "to_pydict", "to_pylist", "to_arrow"), "`len(df.to_pandas())` took 2.8 s and 670 MB"),
    "collect": "`len(df.collect())` took 2.1 s and 480 MB",
}


class CollectedForNothing(ScriptRule):
    """A `collect()` right before the one sink that reads its rows, or rows that are brought to the driver only to be
    counted: `len(df.collect())`, `df.to_pandas().shape[0]`, `len(df.to_pydict()["id"])`.

    It is a *warning* where a column is heavy, else *advice*. A DataFrame in a variable that other statements read is
    left alone, and so are few rows and what a clock or a profiler measures.

    ## Why
    A sink runs its plan and hands the rows on as they come; `collect` holds them all first: 1,000 blobs of 1 MB were
    written with 775 MB, and with 1,395 MB where they were collected (experiment e31). A count needs no column: of
    200,000 rows of 1 KB, `len(df.to_pandas())` took 2.8 s and 670 MB, `count_rows()` 0.06 s and 10 MB; a UDF whose
    column nobody reads runs on no row (experiment e14).

    ## Example

        df.collect().write_parquet("s3://lake/clean")
        print(len(df.to_pandas()))

    becomes

        df.write_parquet("s3://lake/clean")
        print(df.count_rows())

    ## Fix
    Removes the `collect()`, or writes `count_rows()`. The count is unsafe where a UDF is in the plan: it does not run
    it, and what it does besides returning a value would not happen.

    ## Options
    None.
    """

    code = "DFT503"
    name = "collected-for-nothing"
    level = Level.WARNING
    trigger_words = ("collect", "to_pandas", "to_pydict", "to_pylist", "to_arrow")
    fixable = True
    changes = Changes.REPEATED_WORK
    promises = (Promise(Measure.WORKER_MEMORY, Direction.LOWER),)

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        return in_pipelines(prescan, cls.trigger_words)

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for pipeline in script.pipelines:
            step = pipeline.sink.step
            if step.name not in MATERIALIZING or pipeline.reads is not Reads.ALL or id(step.call.node) in seen:
                continue
            rows = pipeline.sink.rows_in
            if rows is not None and rows <= FEW_ROWS:
                continue
            found = _counted(pipeline, step) or _before_sink(script, pipeline, step)
            if found is not None:
                seen.add(id(step.call.node))
                yield found


def _counted(pipeline: Pipeline, step: Step) -> Observation | None:
    """`len(...)` of all rows, of the variable that holds them alone, or `.shape[0]` of them."""
    if b"len" not in step.call.cell.source and b"shape" not in step.call.cell.source:
        return None
    above = _count_of(step)
    if above is None or _is_read_later(step):
        return None
    if not PROFILERS.isdisjoint(ModuleScopes.of(step.call.cell).names):
        return None  # all rows are wanted: how dear they are is the question
    receiver = "" if step.receiver is None else code(step.receiver.node)
    plain = _holds(above, step.call.node) and bool(receiver) and "\n" not in receiver and "#" not in receiver
    why = "a UDF in the plan does not run for a count, and what else it does would not happen"
    replace = ReplaceNode(NodeRef(step.call.cell, above), f"{receiver}.count_rows()")
    return Observation(
        location=method_location(step),
        level=_level(pipeline),
        observed=f"`{step.name}()` brings all rows to the driver, and only their number is used",
        impact=f"{COSTLY}: {COUNTED[step.name]} in our measurement (200,000 rows of 1 KB), `count_rows()` 0.06 s and"
        " 10 MB",
        suggestion="Write `count_rows()`",
        fix=Fix(
            "Count the rows with `count_rows()`",
            (replace,),
            why if _may_have_effects(pipeline) else None,
            ("all rows -> their number at the driver",),
        )
        if plain
        else None,
    )


def _count_of(step: Step) -> cst.Call | cst.Subscript | None:
    """The expression that counts the rows of a sink, and is all that reads them."""
    parents = step.call.cell.parents
    above = parents.get(step.call.node)
    if step.name == "to_pydict":
        return _counting(above, parents) if isinstance(above, cst.Subscript) else None
    if not isinstance(above, cst.Assign):
        return _counting(step.call.node, parents)
    target = above.targets[0].target
    if (
        len(above.targets) != 1
        or not isinstance(target, cst.Name)
        or _may_be_read_elsewhere(target.value, step.call.cell)
    ):
        return None
    scopes = ModuleScopes.of(step.call.cell)
    scope, binders = scopes.resolve(target.value, target)
    uses = [n for n in scopes.names[target.value] if n is not target and scopes.resolve(n.value, n)[0] is scope]
    if len(binders) != 1 or len(uses) != 1 or scopes.is_in_loop(uses[0], scope):
        return None
    return _counting(uses[0], parents)


def _counting(rows: cst.CSTNode, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> cst.Call | cst.Subscript | None:
    """`len(rows)` or `rows.shape[0]` around rows."""
    above = parents.get(rows)
    if isinstance(above, cst.Attribute) and above.value is rows and above.attr.value == "shape":
        first = parents.get(above)
        index = first.slice[0].slice if isinstance(first, cst.Subscript) and len(first.slice) == 1 else None
        is_first = isinstance(index, cst.Index) and isinstance(index.value, cst.Integer) and index.value.value == "0"
        return first if isinstance(first, cst.Subscript) and is_first else None
    call = parents.get(above) if isinstance(above, cst.Arg) else None
    is_len = isinstance(call, cst.Call) and isinstance(call.func, cst.Name) and call.func.value == "len"
    return call if isinstance(call, cst.Call) and is_len and len(call.args) == 1 else None


def _holds(outer: cst.CSTNode, inner: cst.CSTNode) -> bool:
    return any(node is inner for node in nodes_in(outer))


def _before_sink(script: Script, pipeline: Pipeline, step: Step) -> Observation | None:
    """A `collect()` that one sink is called on right away."""
    if step.name != "collect":
        return None
    # a loop runs one call at each turn: what reads the rows of a turn before counts as well
    readers = [s for s in script.steps if any(p.call.node is step.call.node for p in s.parents)]
    if len({id(s.call.node) for s in readers}) != 1 or readers[0].kind is not StepKind.SINK:
        return None
    if readers[0].reads is Reads.NONE:
        return None
    sink = readers[0]
    if not _is_only_reader(step, sink) or _is_timed(step, sink):
        return None
    effects = _may_have_effects(pipeline)
    if (sink.reads is Reads.COUNT and effects) or any(
        o.step.kind is StepKind.SHUFFLE and o.step.projection is Projection.ONLY and o.step.name != "groupby"
        for o in pipeline.operators
    ):
        return None  # it runs what the count would not run, or keeps one row of aggregates
    why = "a UDF in the plan then runs for a few rows only, and what else it does would not happen for the others"
    collects = sink.name in MATERIALIZING
    brings: tuple[str, ...] = ()
    if collects:
        impact = f"`{sink.name}` collects the rows itself: the call does nothing"
    else:
        few = sink.reads is Reads.FEW
        brings = ("all rows in memory -> the few that are shown" if few else "all rows in memory -> those in flight",)
        impact = f"{COSTLY}, " + ("for the few that are shown" if few else "where the sink takes them as they come")
        impact += ": 1,000 blobs of 1 MB were written with 775 MB, collected before with 1,395 MB in our measurement"
    return Observation(
        location=method_location(step),
        level=Level.ADVICE if collects else _level(pipeline),
        observed=f"`collect()` stands right before `{sink.name}`, which runs the plan itself",
        impact=impact,
        suggestion="Leave it out",
        related=((method_location(sink), f"`{sink.name}` is the one sink that reads the rows"),),
        fix=Fix(
            "Remove `.collect()`",
            (RemoveCall(step.call),),
            why if effects and sink.reads is Reads.FEW else None,
            brings,
        ),
    )


def _may_have_effects(pipeline: Pipeline) -> bool:
    """Whether the plan calls a UDF, or uploads something."""
    return any(o.udf_calls or any(e.name == "upload" for e in o.step.walk()) for o in pipeline.operators)


def _level(pipeline: Pipeline) -> Level:
    heavy = pipeline.sink.columns_in.values()
    evidence = next((column.weight.evidence for column in heavy if column.weight.heavy), None)
    return level_for(Level.WARNING if evidence is not None else Level.ADVICE, pipeline, evidence)


def _is_only_reader(step: Step, sink: Step) -> bool:
    """Whether the sink is called on the `collect()`, or on its variable, which nothing else reads."""
    if sink.receiver is None:
        return False
    if sink.receiver.node is step.call.node:
        return not _is_read_later(step)
    assignment = step.call.cell.parents.get(step.call.node)
    receiver = sink.receiver.node
    if not isinstance(assignment, cst.Assign) or len(assignment.targets) != 1 or not isinstance(receiver, cst.Name):
        return False
    target = assignment.targets[0].target
    if not isinstance(target, cst.Name) or target.value != receiver.value or sink.receiver.cell is not step.call.cell:
        return False
    if _may_be_read_elsewhere(target.value, step.call.cell):
        return False
    scopes = ModuleScopes.of(step.call.cell)
    scope, _ = scopes.resolve(receiver.value, receiver)
    after = max(scopes.order[node] for node in nodes_in(assignment))
    uses = [n for n in scopes.names[receiver.value] if scopes.order[n] > after]
    own = step.receiver.node if step.receiver is not None else None
    is_other = isinstance(own, cst.Name) and own.value != receiver.value and _is_read_later(step)
    return uses == [receiver] and not is_other and not scopes.is_in_loop(receiver, scope)


def _is_timed(step: Step, sink: Step) -> bool:
    """Whether a clock is read between the `collect()` and the sink: it times the run, which the sink would do later."""
    scopes = ModuleScopes.of(step.call.cell)
    first, last = scopes.order[step.call.node], max(scopes.order.get(n, 0) for n in nodes_in(sink.call.node))
    return any(first < scopes.order[name] < last for clock in CLOCKS for name in scopes.names.get(clock, ()))


def _is_read_later(step: Step) -> bool:
    """Whether the variable that the rows are collected in is mentioned again: the `collect` keeps its rows for that."""
    root = None if step.receiver is None else step.receiver.node
    if not isinstance(root, cst.Name):
        return isinstance(root, cst.Attribute | cst.Subscript)
    scopes = ModuleScopes.of(step.call.cell)
    scope, binders = scopes.resolve(root.value, root)
    here, last = scopes.order[root], max((scopes.order[b] for b in binders), default=0)
    uses = (n for n in scopes.names[root.value] if n is not root)
    in_loop = scopes.is_in_loop(root, scope) and last < here
    return in_loop or _may_be_read_elsewhere(root.value, step.call.cell) or any(scopes.order[n] > here for n in uses)


def _may_be_read_elsewhere(name: str, cell: Cell) -> bool:
    """Whether a later cell of a notebook mentions a name; of the fences of a Markdown file it cannot be told."""
    document = cell.document
    if document.kind != "notebook":
        return document.kind != "python"
    word = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b")
    return any(word.search(later.source) for later in document.cells[cell.index + 1 :])
