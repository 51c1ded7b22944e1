"""DFT501: a plan that several sinks run from its beginning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daft_lint.api import cst
from daft_lint.api.edits import InsertCall
from daft_lint.api.loop_runs import LoopRun, loop_runs_of
from daft_lint.api.nodes import enclosing, method_location, short_code
from daft_lint.api.promises import Changes, Direction, Measure, Promise
from daft_lint.api.random_values import random_draw
from daft_lint.api.rows import FEW_ROWS
from daft_lint.api.rule import Fix, Level, Observation, Prescan, ScriptRule, in_pipelines, level_for
from daft_lint.api.runs import Place, Run, is_one_liner, may_both_run, runs_all_rows, runs_of
from daft_lint.api.wording import counted
from daft_lint.pipeline.model import (
    DEFAULT_MORSEL_ROWS,
    Column,
    ExpressionKind,
    NodeRef,
    Operator,
    Pipeline,
    Reads,
    Script,
    SourceKind,
    Step,
    StepKind,
)

RANDOM = frozenset({"uuid", "random_int"})
"""Built-in functions that give other values at each run."""


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """A step that a run evaluates: what it does there that is dear, its random columns that the run keeps, and what its
    UDF draws at random."""

    pipeline: Pipeline
    dear: str | None
    random: str | None
    drawn: NodeRef | None = None


class RecomputedPipeline(ScriptRule):
    """Two or more sinks of one DataFrame that nothing collects, or one in a loop: each of them, and each turn, runs the
    UDFs, downloads and AI functions before it once more.

    It is an *error* where a `uuid` or another random value reaches several sinks: no two of them see the same ids. A
    `show` or a `limit(n)` that needs only a few rows is no run that counts, and neither is a `count_rows` that the
    UDF's column does not matter to; so are a few literal rows, unless the UDF draws random values. `collect`,
    `to_pydict`, `to_pylist` and `to_pandas` keep their rows for the sinks after them; `write_*`, `to_arrow` and
    iteration do not.

    ## Why
    A DataFrame is a plan, and a sink runs all of it. Measured (experiment e14): a UDF over 100 rows was called for 200
    where two writes, two branches or two loops over its rows read its frame, and for 100 where the frame was collected
    before. Of 100 `uuid()` in two files none was the same.

    ## Example

        scored = daft.read_parquet("s3://lake/pages/*.parquet").with_column("score", score(col("text")))
        scored.where(col("score") > 0.5).write_parquet("s3://lake/good")
        scored.where(col("score") <= 0.5).write_parquet("s3://lake/bad")

    becomes

        scored = daft.read_parquet("s3://lake/pages/*.parquet").with_column("score", score(col("text"))).collect()
        scored.where(col("score") > 0.5).write_parquet("s3://lake/good")
        scored.where(col("score") <= 0.5).write_parquet("s3://lake/bad")

    ## Fix
    `.collect()` where the sinks part, if no column there is known to be heavy. It keeps all rows in memory, so it is
    unsafe unless their number is known to be small. Where a column is heavy there is no fix: write it once and read it
    back, or `select` the light columns before the `collect`.

    ## Options
    None.
    """

    code = "DFT501"
    name = "recomputed-pipeline"
    level = Level.ERROR
    trigger_words = (
        "func",
        "cls",
        "udf",
        "apply",
        "method",
        "download",
        "uuid",
        "random_int",
        "functions",
        "video_frames",
        "decode_image_file",
    )
    fixable = True
    changes = Changes.REPEATED_WORK
    promises = (Promise(Measure.CALLS, Direction.LOWER),)

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        return in_pipelines(prescan, cls.trigger_words)

    def check(self, script: Script) -> Iterator[Observation]:
        """One observation for each place where sinks part behind something dear."""
        evaluators: dict[Step, list[tuple[Run, _Work]]] = {}
        working = _working(script)
        runs = runs_of(script) if working else ()
        for run in runs:
            for step in (one for one in run.steps if one in working):
                work = _work_of(script, run, step)
                if work is not None:
                    evaluators.setdefault(step, []).append((run, work))
        forks: dict[Step, list[tuple[list[Run], _Work]]] = {}
        parted: dict[tuple[Run, ...], tuple[dict[Run, None], Step | None]] = {}
        for found in evaluators.values():
            evaluating = tuple(run for run, _ in found)
            if evaluating not in parted:
                both = _together(evaluating)
                parted[evaluating] = both, _fork(tuple(both))
            together, fork = parted[evaluating]
            if fork is not None:
                works = [work for run, work in found if run in together]
                random = [work.random for work in works if work.random is not None]
                dear = [work for work in works if work.dear is not None]
                if len(random) > 1 or len(dear) > 1:
                    shown = _Work(
                        works[0].pipeline,
                        dear[0].dear if dear else None,
                        random[0] if len(random) > 1 else None,
                        dear[0].drawn if dear else None,
                    )
                    forks.setdefault(fork, []).append(([*together], shown))
        for fork, behind in forks.items():
            yield _observation(script, fork, behind)
        told = {run.sink for behind in forks.values() for several, _ in behind for run in several}
        for run in runs:
            if run.sink not in told:
                yield from _in_loop(script, run, working)


def _in_loop(script: Script, run: Run, working: dict[Step, None]) -> Iterator[Observation]:
    """The dear or random work before a loop, each turn of which runs it again."""
    for found in loop_runs_of(run):
        before = [o.step for o in found.pipeline.operators[: found.given.index + 1] if o.step in working]
        works = [work for work in (_work_of(script, run, step) for step in before) if work is not None]
        if works:
            yield _repeated(found, works)
            return


def _repeated(found: LoopRun, works: list[_Work]) -> Observation:
    run, fork = found.run, found.given.step
    random = next((work.random for work in works if work.random is not None), None)
    names = " and ".join(dict.fromkeys(f"`{work.dear}`" for work in works if work.dear is not None))
    if random is not None:
        observed = f"The random values of `{random}` are made anew at each turn of the loop that runs `{run.sink.name}`"
        impact = "No two turns see the same values: of 100 `uuid()` in two files none was the same"
    else:
        observed = f"Each turn of a loop runs {names} once more, for `{run.sink.name}`"
        impact = (
            "Nothing keeps the rows between the turns: in our measurement 100 rows cost 200 calls of the UDF for two"
        )
        impact += " sinks, and 100 where they were collected"
    heavy = found.given.heavy_columns_out()
    effect = f"a run of {names or f'`{random}`'} for each turn -> 1"
    return Observation(
        location=method_location(fork),
        level=Level.ERROR if random is not None else level_for(Level.WARNING, found.pipeline, None),
        observed=observed,
        impact=impact,
        suggestion=_suggestion(heavy, "before the loop"),
        related=((run.sink.call, f"`{run.sink.name}` runs it at each turn"),),
        fix=_fix(fork, [run], found.given, heavy, effect),
        operator=found.given,
    )


def _working(script: Script) -> dict[Step, None]:
    """The steps that may do something dear or random, whoever runs them, in order."""
    operators = (operator for pipeline in script.pipelines for operator in pipeline.operators)
    return {o.step: None for o in operators if o.udf_calls or o.heavy_operations or _makes_random(o.step)}


def _makes_random(step: Step) -> bool:
    return any(e.kind is ExpressionKind.FUNCTION and e.name in RANDOM for e in step.walk())


def _work_of(script: Script, run: Run, step: Step) -> _Work | None:
    for pipeline, operator in run.pipelines_through(script, step):
        if not runs_all_rows(pipeline, operator):
            continue
        rows = operator.rows_in if operator.index else operator.rows_out
        dear, drawn = _dear(operator), _drawn(operator)
        if rows is not None and rows <= FEW_ROWS and drawn is None:
            dear = None
        random = _random(pipeline, operator) if run.sink.kind is StepKind.SINK else None
        if dear is not None or random is not None:
            return _Work(pipeline, dear, random, drawn)
    return None


def _drawn(operator: Operator) -> NodeRef | None:
    """Where a UDF whose column is read draws a random value."""
    found = (random_draw(call.udf) for call in operator.udf_calls if call.read)
    return next((place for place in found if place is not None), None)


def _dear(operator: Operator) -> str | None:
    """What costs something at an operator, by name."""
    for heavy in operator.heavy_operations:
        if heavy.heavy_read and heavy.read:
            return heavy.expression.name
    return next((c.udf.name for c in operator.udf_calls if c.read and not is_one_liner(c.udf)), None)


def _random(pipeline: Pipeline, operator: Operator) -> str | None:
    """The column of random values that an operator makes and the sink gets."""
    if pipeline.reads is not Reads.ALL or pipeline.sink.index == operator.index:
        return None
    for output in operator.step.outputs:
        is_random = any(e.kind is ExpressionKind.FUNCTION and e.name in RANDOM for e in output.walk())
        column = pipeline.sink.columns_in.get(output.output or "")
        if is_random and column is not None and column.made_by is operator.step:
            return column.name
    return None


def _together(runs: Sequence[Run]) -> dict[Run, None]:
    """The runs that one pass through the script can all do; sinks written once count once."""
    chosen: dict[Run, None] = {}
    calls: set[NodeRef] = set()
    places: dict[cst.CSTNode, Place] = {}
    for run in runs:
        call, block = run.sink.call, run.place.block
        others = () if block in places else places.values()
        if call not in calls and all(may_both_run(other, run.place) for other in others):
            chosen[run] = None
            calls.add(call)
            places.setdefault(block, run.place)
    return chosen


def _fork(runs: Sequence[Run]) -> Step | None:
    """The last step that all runs evaluate, whichever branches they take; None where it is no call that another could
    follow."""
    if len(runs) < 2:
        return None
    shared = set(runs[0].steps).intersection(*(run.steps for run in runs[1:]))
    common = _on_all_paths(runs, [step for step in runs[0].steps if step in shared])
    followed = {parent for step in common for parent in step.parents}
    last = next((step for step in reversed(common) if step not in followed), None)
    if last is None or (last.source is not None and last.source.kind is not SourceKind.CALL):
        return None
    return last


def _on_all_paths(runs: Sequence[Run], steps: Sequence[Step]) -> list[Step]:
    """The steps that no path of the runs from one of their sources leads around."""
    through: dict[Step, Counter[Step]] = {step: Counter() for step in steps}
    all_paths: Counter[Step] = Counter()
    for path in (path for run in runs for path in run.paths):
        all_paths[path.source.step] += 1
        for operator in path.operators:
            if operator.step in through:
                through[operator.step][path.source.step] += 1
    return [
        step
        for step, paths in through.items()
        if paths and all(number == all_paths[source] for source, number in paths.items())
    ]


def _observation(script: Script, fork: Step, behind: list[tuple[list[Run], _Work]]) -> Observation:
    runs, work = next(((runs, work) for runs, work in behind if work.random is not None), behind[0])
    pipeline = work.pipeline
    names = list(dict.fromkeys(f"`{w.dear}`" for _, w in behind if w.dear is not None))
    operator = next(o for run in runs for _, o in run.pipelines_through(script, fork))
    heavy = operator.heavy_columns_out()
    sinks = ", ".join(f"`{run.sink.name}`" for run in runs)
    if work.random is not None:
        observed = f"The random values of `{work.random}` are made anew for each of {sinks}"
        impact = "No two of them see the same values: of 100 `uuid()` in two files none was the same"
    else:
        observed = f"{counted(len(runs), 'sink')} ({sinks}) run {' and '.join(names)} once more each"
        impact = "Nothing keeps the rows between them: in our measurement 100 rows cost 200 calls of the UDF, and 100"
        impact += " where they were collected"
        if work.drawn is not None:
            impact += f"; `{short_code(work.drawn.node)}` draws anew for each, so that they need not see the same rows"
    level = Level.ERROR if work.random is not None else level_for(Level.WARNING, pipeline, None)
    first = runs[0].sink
    is_imported = fork.call.cell.document is not first.call.cell.document
    return Observation(
        location=method_location(first if is_imported else fork),
        level=level,
        observed=observed,
        impact=impact,
        suggestion=_suggestion(heavy),
        related=tuple((run.sink.call, f"`{run.sink.name}` runs it") for run in runs),
        fix=_fix(
            fork, runs, operator, heavy, f"{len(runs)} -> 1 runs" + (f" of {' and '.join(names)}" if names else "")
        ),
        operator=operator,
    )


def _suggestion(heavy: tuple[Column, ...], where: str = "where the sinks part") -> str:
    if not heavy:
        return f"Call `collect()` {where}"
    names = " and ".join(f"`{column.name}`" for column in heavy)
    return f"Write the rows once and read them back, or drop {names} and `collect()` the rest {where}"


def _fix(fork: Step, runs: list[Run], operator: Operator, heavy: tuple[Column, ...], effect: str) -> Fix | None:
    if heavy or not _same_function(fork, runs[0].sink):
        return None
    few = operator.rows_out is not None and operator.rows_out <= DEFAULT_MORSEL_ROWS
    return Fix(
        title="Collect the rows where the sinks part" if len(runs) > 1 else "Collect the rows before the loop",
        actions=(InsertCall(fork.call, "collect()"),),
        why_unsafe=None if few else "all rows are kept in memory, and how many there are is not known",
        effects=(effect,),
    )


def _same_function(step: Step, sink: Step) -> bool:
    """Whether both are written in one function: what a helper returns may have other readers."""
    places = [next(enclosing(s.call, cst.FunctionDef, cst.Lambda), None) for s in (step, sink)]
    return places[0] is places[1]
