"""DFT507: whole rows in the driver, of which a few columns are used."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.edits import InsertCall
from daft_lint.api.nodes import is_in_test_file, method_location
from daft_lint.api.promises import Changes, Direction, Measure, Promise, Role
from daft_lint.api.rule import Fix, Level, Observation, PipelineRule, Sinks, level_for
from daft_lint.pipeline.model import NodeRef, Operator, Pipeline, Projection, Source, StepKind


class WholeFrameToDriver(PipelineRule):
    """`to_pydict()["x"]`, `to_pandas()["x"]` or `to_pandas()[["x", "y"]]`: all columns are brought to the driver, and
    one or two of them are used.

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
    Inserts the `select`. It is safe where the plan has no UDF and nothing else reads the DataFrame; else unsafe: a UDF
    of a column that is not used does not run, and `to_pydict` and `to_pandas` keep their rows for what follows.

    ## Options
    None.
    """

    code = "DFT507"
    name = "whole-frame-to-driver"
    level = Level.WARNING
    trigger_words = ("to_pydict", "to_pandas")
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
        if sink.step.name not in ("to_pydict", "to_pandas") or sink.step.receiver is None:
            return
        used = _picked(sink)
        if used and _has_more(pipeline, frozenset(used)):
            yield _observation(pipeline, used)


def _picked(sink: Operator) -> tuple[str, ...]:
    """The columns that a subscript with literal names takes from the result; none where it is used as a whole."""
    above = sink.step.call.cell.parents.get(sink.step.call.node)
    if not isinstance(above, cst.Subscript) or above.value is not sink.step.call.node or len(above.slice) != 1:
        return ()
    index = above.slice[0].slice
    value = index.value if isinstance(index, cst.Index) else None
    listed = [e.value for e in value.elements] if isinstance(value, cst.List) else [value]
    names = [v.evaluated_value for v in listed if isinstance(v, cst.SimpleString)]
    return tuple(n for n in names if isinstance(n, str)) if len(names) == len(listed) else ()


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
        impact="Every column is read, computed and turned into Python objects: an id and 1 KB of text of 200,000 rows"
        " took 4.3 s and 640 MB in our measurement, the id alone 0.14 s and 23 MB",
        suggestion=f"Write `.select({names})` before it",
        evidence=evidence,
        fix=fix,
        operator=sink,
    )
