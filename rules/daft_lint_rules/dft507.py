"""DFT507: whole rows in the driver, of which a few columns are used."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.edits import InsertCall
from daft_lint.api.nodes import Cell, enclosing, is_in_test_file, method_location
from daft_lint.api.promises import Changes, Direction, Measure, Promise, Role
from daft_lint.api.rule import Fix, Level, Observation, PipelineRule, Sinks, level_for
from daft_lint.api.scopes import ModuleScopes, nodes_in
from daft_lint.api.udf_code import dotted
from daft_lint.pipeline.model import NodeRef, Operator, Pipeline, Projection, Source, StepKind

_BY_COLUMN = frozenset({"to_pydict", "to_pandas"})
_BRINGING = _BY_COLUMN | {"to_pylist", "iter_rows"}
_MOST_COLUMNS = 4
"""Columns that are few, whatever else there is."""
_COST = (
    "Every column is read, computed and turned into Python objects: an id and 1 KB of text of 200,000 rows took 4.3 s"
    " and 640 MB in our measurement, the id alone 0.14 s and 23 MB"
)


class WholeFrameToDriver(PipelineRule):
    """`to_pydict()["x"]`, `to_pandas()[["x", "y"]]`, `[row["x"] for row in df.to_pylist()]`, or a variable that holds
    the result and is used in no other way: all columns are brought to the driver, and a few of them are used. Or all
    rows are, and pandas filters them: `rows = df.to_pandas()`, `rows[rows["x"] > 1]`.

    It is *advice*, and a *warning* where a column that is not used is heavy. Aggregates, a few rows and DataFrames
    that a `select` has cut to these columns are left alone.

    ## Why
    Daft reads and computes only the columns that a plan needs: a UDF whose column nobody reads runs on no row
    (experiment e14). The plan does not see what Python picks from its result, so that every column is read, computed,
    sent to the driver and turned into Python objects there: for the ids of 200,000 rows with 1 KB of text,
    `to_pydict()["id"]` took 4.3 s and 640 MB, after `select("id")` 0.14 s and 23 MB (experiment e31).

    ## Example

        scores = df.to_pydict()["score"]

    becomes

        scores = df.select("score").to_pydict()["score"]

    ## Fix
    Inserts the `select`; for a filter there is none. It is safe where the plan has no UDF and nothing else reads the
    DataFrame; else unsafe: a UDF of a column that is not used does not run, and `to_pydict` and `to_pandas` keep their
    rows for what follows.

    ## Options
    None.
    """

    code = "DFT507"
    name = "whole-frame-to-driver"
    level = Level.WARNING
    trigger_words = ("to_pydict", "to_pandas", "to_pylist", "iter_rows")
    fixable = True
    changes = Changes.REPEATED_WORK
    promises = (
        Promise(Measure.WORKER_MEMORY, Direction.LOWER, Role.CONFIRMS),
        Promise(Measure.UDF_ROWS, Direction.LOWER, Role.CONFIRMS),
    )
    yields_to = ("DFT503",)
    sinks = Sinks.ALL_ROWS

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation where the sink's rows are picked from right away."""
        sink = pipeline.sink
        if sink.step.name not in _BRINGING or sink.step.receiver is None:
            return
        used = _picked(sink)
        if used and _has_more(pipeline, frozenset(used)):
            yield _observation(pipeline, used)
        elif sink.step.name == "to_pandas" and not used and _is_filtered(sink) and _has_more(pipeline, frozenset()):
            yield _filtered(pipeline)


def _picked(sink: Operator) -> tuple[str, ...]:
    """The columns that subscripts with literal names take from the result, from the variable that it is given to, or
    from each row in a comprehension; none where it is used as a whole."""
    cell, call = sink.step.call.cell, sink.step.call.node
    above = cell.parents.get(call)
    if isinstance(above, cst.Subscript) and sink.step.name in _BY_COLUMN:
        return _names_of(above) if above.value is call else ()
    uses: list[cst.Name] = []
    if isinstance(above, cst.Assign) and sink.step.name in _BY_COLUMN:
        uses = _uses(above, cell)
    elif isinstance(above, cst.CompFor) and above.iter is call and sink.step.name not in _BY_COLUMN:
        whole = cell.parents.get(above)
        target = above.target
        if isinstance(target, cst.Name) and isinstance(whole, cst.BaseComp):
            uses = [
                n for n in nodes_in(whole) if isinstance(n, cst.Name) and n.value == target.value and n is not target
            ]
    parents = [cell.parents.get(use) for use in uses]
    picked = [
        (_names_of(parent), _is_list(parent)) if isinstance(parent, cst.Subscript) else ((), False)
        for parent in parents
    ]
    names = tuple(dict.fromkeys(name for found, _ in picked for name in found))
    # one name after the other may be all that there are, a list says that there are more
    chosen = len(names) == 1 or all(is_list for _, is_list in picked)
    return names if chosen and all(found for found, _ in picked) and len(names) <= _MOST_COLUMNS else ()


def _is_list(picked: cst.Subscript) -> bool:
    index = picked.slice[0].slice
    return isinstance(index, cst.Index) and isinstance(index.value, cst.List)


def _names_of(picked: cst.Subscript) -> tuple[str, ...]:
    """The literal names of a subscript, `["x"]` or `[["x", "y"]]`."""
    index = picked.slice[0].slice if len(picked.slice) == 1 else None
    value = index.value if isinstance(index, cst.Index) else None
    listed = [e.value for e in value.elements] if isinstance(value, cst.List) else [value]
    names = [v.evaluated_value for v in listed if isinstance(v, cst.SimpleString)]
    return tuple(n for n in names if isinstance(n, str)) if len(names) == len(listed) else ()


def _uses(assignment: cst.Assign, cell: Cell) -> list[cst.Name]:
    """What reads the one variable that the rows are given to, up to where it is bound again; none where a loop, a
    nested function or another cell may read it, too."""
    target = assignment.targets[0].target
    if len(assignment.targets) != 1 or not isinstance(target, cst.Name) or cell.document.kind != "python":
        return []
    scopes = ModuleScopes.of(cell)
    scope, binders = scopes.resolve(target.value, target)
    order = scopes.order
    own = {id(b.target) for b in binders if isinstance(b, cst.AssignTarget)}
    if len(own) != len(binders) or scopes.is_in_loop(target, scope):
        return []
    later = min((order[b] for b in binders if order[b] > order[target]), default=None)
    names = [n for n in scopes.names[target.value] if order[n] > order[target] and id(n) not in own]
    if any(scopes.scope_of(n) is not scope for n in names):
        return []
    if later is not None:
        again = next(b for b in binders if order[b] == later)
        last = cell.parents.get(again)
        ends = max(order[n] for n in nodes_in(last)) if last is not None else later
        names = [n for n in names if order[n] <= ends]
    return names


def _is_filtered(sink: Operator) -> bool:
    """Whether all that is done with the rows is to keep some: `rows[rows["score"] > 0.5]`."""
    cell = sink.step.call.cell
    above = cell.parents.get(sink.step.call.node)
    uses = _uses(above, cell) if isinstance(above, cst.Assign) else []
    return bool(uses) and all(_is_in_filter(use, cell) for use in uses)


def _is_in_filter(use: cst.Name, cell: Cell) -> bool:
    """Whether a name is what is filtered, or what the filter compares."""
    location = NodeRef(cell, use)
    for above in (use, *enclosing(location, cst.Subscript)):
        around = cell.parents.get(above) if above is use else above
        if isinstance(around, cst.Subscript) and dotted(around.value) == use.value and len(around.slice) == 1:
            index = around.slice[0].slice
            value = index.value if isinstance(index, cst.Index) else None
            if isinstance(value, cst.Comparison | cst.BinaryOperation) and any(
                isinstance(n, cst.Name) and n.value == use.value for n in nodes_in(value)
            ):
                return True
    return False


def _filtered(pipeline: Pipeline) -> Observation:
    sink = pipeline.sink
    heavy = [c for c in sink.columns_in.values() if c.weight.heavy]
    evidence = heavy[0].weight.evidence if heavy else None
    carried = f", the heavy `{heavy[0].name}` among their columns" if heavy else ""
    return Observation(
        location=method_location(sink.step),
        level=level_for(Level.WARNING if heavy else Level.ADVICE, pipeline, evidence),
        observed=f"`{sink.step.name}` brings all rows to the driver{carried}, and they are filtered there",
        impact="All rows are computed and turned into Python objects, those too that the filter drops: 200,000 rows of"
        " an id and 1 KB of text took 4.3 s and 640 MB in our measurement",
        suggestion="Write the condition as `.where(...)` before it",
        evidence=evidence,
        operator=sink,
    )


def _reads(source: Source, call: NodeRef) -> bool:
    """Whether rows are read, and not in memory already; files whose path is not in view are those of its own in a test,
    a few rows."""
    return bool(source.paths) or (source.name.startswith("read_") and not is_in_test_file(call))


def _has_more(pipeline: Pipeline, used: frozenset[str]) -> bool:
    """Whether the rows are known, or likely, to have more columns: not those of a `select` of these, nor aggregates."""
    source = pipeline.source.step.source
    if source is None or not _reads(source, pipeline.source.step.call):
        return False
    for operator in reversed(pipeline.operators[1:-1]):
        step = operator.step
        if step.kind is StepKind.SHUFFLE and step.projection is not Projection.KEEP:
            return False
        if any(output.output is None or output.spread for output in step.outputs):
            return False
        made = {str(output.output) for output in step.outputs}
        if made - used:
            return True
        if step.projection is Projection.ONLY:
            return False
        if step.projection is not Projection.KEEP:
            return False
    return not source.closed or bool(set(source.columns) - used)


def _observation(pipeline: Pipeline, used: tuple[str, ...]) -> Observation:
    sink = pipeline.sink
    names = ", ".join(f'"{name}"' for name in used)
    heavy = [c for c in sink.columns_in.values() if c.weight.heavy and c.name not in used]
    evidence = heavy[0].weight.evidence if heavy else None
    shown = " and ".join(f"`{name}`" for name in used)
    carried = f", the heavy `{heavy[0].name}` among them" if heavy else ""
    shared = (
        len(pipeline.script_pipelines.sharing(pipeline.operators[-2].step)) > 1
        if len(pipeline.operators) > 1
        else False
    )
    unsafe = shared or any(operator.udf_calls for operator in pipeline.operators)
    why = "a UDF of another column does not run then, and other readers of the DataFrame find no rows that are kept"
    receiver = sink.step.receiver
    fix = None
    if receiver is not None:
        inserted = InsertCall(receiver, f"select({names})")
        brings = (f"all columns -> {len(used)} at the driver",)
        fix = Fix(f"Select {shown} first", (inserted,), why if unsafe else None, brings)
    return Observation(
        location=method_location(sink.step),
        level=level_for(Level.WARNING if heavy else Level.ADVICE, pipeline, evidence),
        observed=f"`{sink.step.name}` brings all columns to the driver{carried}, and {shown} is all that is used"
        if len(used) == 1
        else f"`{sink.step.name}` brings all columns to the driver{carried}, and {shown} are all that are used",
        impact=_COST,
        suggestion=f"Write `.select({names})` before it",
        evidence=evidence,
        fix=fix,
        operator=sink,
    )
