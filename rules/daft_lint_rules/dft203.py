"""DFT203: a heavy read, or other expensive work, whose light rows come in one partition."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.checkpoints import has_checkpoint
from daft_lint.api.edits import InsertCall
from daft_lint.api.expensive import why_expensive
from daft_lint.api.fan_out import PartitionDemand, partition_demand
from daft_lint.api.nodes import source_label, udf_related
from daft_lint.api.order import why_unordered
from daft_lint.api.promises import EXHAUSTION, Direction, Measure, Promise, Role, Symptom
from daft_lint.api.remedies import remedies
from daft_lint.api.rows import FEW_ROWS, is_row_wise, is_sample, known_value
from daft_lint.api.rule import Fix, Level, Need, Observation, PipelineRule, Remedy, Sinks, level_for
from daft_lint.api.wording import written_call
from daft_lint.pipeline.model import (
    DEFAULT_BATCH_ROWS,
    REPARTITIONING,
    BoundKind,
    Expression,
    Operator,
    PartitionsKind,
    Pipeline,
    Runner,
    Step,
    StepKind,
    Udf,
    UdfCall,
)


class LightReadWithoutFanOut(PipelineRule):
    """Paths, URLs or file references in one partition, and a step that opens what they point to: a `download`,
    `video_frames`, `decode_image_file`, or a UDF that opens the path it is given. So are light rows in one partition
    before a UDF that is expensive without opening anything: a class that runs a model, an AI function, a request.

    ## Why
    The table of paths is small, so one file, a glob or a `from_pydict` makes one task of it (experiment e5), however
    much data the paths point to. One task runs on one node. Measured (experiment e3) on 4 nodes with 16 actors and a
    batch size of 64; the start of the actors takes about 13 s of the time:

    | plan | wall | actors used | nodes used |
    |---|---|---|---|
    | no fan-out | 23.3 s | 4 | 1 |
    | `repartition(4)` | 15.7 s | 16 | 4 |
    | `into_partitions(16)` | 15.9 s | 16 | 4 |
    | `into_batches(256)`, batch size x concurrency / nodes | 15.1 s | 16 | 4 |

    A `batch_size=` on the UDF does not help: it bounds a call, but does not spread the work.

    ## Example

        df = daft.from_glob_path("s3://bucket/scans/*.tif")              # 400,000 paths, one task
        df = df.with_column("data", download(df["path"]))

    becomes

        df = daft.from_glob_path("s3://bucket/scans/*.tif")
        df = df.repartition(400).with_column("data", download(df["path"]))

    ## Fix
    Inserts `.repartition(n)` before the heavy read, with the n that `daft-lint partitions` says to use, where rows,
    batch size, concurrency and nodes are known; where only the rows are not known, `.into_batches(n)` with 4 times the
    minimum rows (with a profile, the rows that make a task's 26 ms less than 5 % of its work), for the minimum itself
    makes the most tasks that the formula allows: 18.0 s against 4.9 s for a fast UDF (experiment e24);
    otherwise there is no fix, and the message says what to write. On Ray both lose the row order of a single partition:
    the fix is unsafe where something after it sees the order (`limit`, `show`, `to_pandas`, ...). `into_partitions`
    keeps the order.

    On the native runner one thread works on one partition, so that a row-wise UDF that opens files or is expensive uses
    one core: there the fix is `.into_batches(64)`, unsafe before a write, whose rows then come in another order.

    ## Options
    - `fan_out = "into_partitions"`: insert that instead of `repartition`.
    - `[tool.daft-lint.cluster]`: `nodes`, `total_concurrency`, `runner`.
    - `[tool.daft-lint.sources]` or `# daft-lint: rows=400_000` on the source's line: rows and files.

    It is a warning where the source is known to make one partition, advice where the count is not known (a folder, a
    wildcard, a table, a DataFrame parameter). It is silent where the rows fit one batch, where the sink reads a few
    rows only, where nothing reads the column, where the source has a checkpoint, behind which no call may spread rows,
    and where a class of `max_concurrency=1` opens the files: one actor is wanted. Work that opens no file, such as an
    AI function, counts only where something says that the script is for Ray.
    """

    code = "DFT203"
    name = "light-read-without-fan-out"
    level = Level.WARNING
    needs_ray = True
    needs = (Need.ALL_ROWS, Need.RAY, Need.WORK, Need.ONE_PARTITION)
    trigger_words = (
        *("download", "video_frames", "video_keyframes", "decode_image_file", "audio_file"),
        *("udf", "func", "cls", "apply"),
        *("embed_text", "embed_image", "classify_text", "classify_image", "prompt", "llm_generate"),
    )
    fixable = True
    sinks = Sinks.ALL_ROWS
    promises = (
        Promise(Measure.TASKS, Direction.HIGHER),
        Promise(Measure.PROCESSES, Direction.HIGHER, Role.INFORMS),
        Promise(Measure.NODES, Direction.HIGHER, Role.INFORMS),
    )
    ends = (EXHAUSTION,)
    symptoms = (Symptom(Measure.TASKS, least=1, most=1),)

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        if pipeline.declined_cut or has_checkpoint(pipeline):
            return
        if pipeline.runner is Runner.NATIVE:
            yield from _on_one_thread(pipeline)
            return
        reported: set[int] = set()
        for operator in pipeline.operators:
            if operator.stage in reported or operator.partitions_in.kind is PartitionsKind.MANY:
                continue
            read = _heavy_read(operator) or _expensive_call(operator, is_for_ray=pipeline.runner_is_sure)
            if read is None:
                continue
            reported.add(operator.stage)
            following = (s for s in pipeline.stage_of(operator) if s.index >= operator.index)
            demand = partition_demand(following, pipeline)
            if not _fits_one_batch(pipeline, operator, demand):
                yield self._observation(pipeline, operator, *read, demand)

    def _observation(
        self,
        pipeline: Pipeline,
        operator: Operator,
        expression: Expression,
        udf: Udf | None,
        demand: PartitionDemand | None,
    ) -> Observation:
        one = operator.partitions_in.kind is PartitionsKind.ONE
        call = _inserted(pipeline, operator, demand)
        origin = pipeline.operators[0]
        name = udf.name if udf is not None else expression.name
        rows = "the rows that reach it" + ("" if operator.rows_in is None else f", at most {operator.rows_in:,},")
        partitions = (
            "are one partition" if one else "may be one partition: how many partitions the source makes is not known"
        )
        return Observation(
            location=expression.location or operator.step.call,
            level=level_for(self.level if one else Level.ADVICE, pipeline, None),
            observed=f"`{name}` {_work(expression, udf)}, and {rows} {partitions}",
            impact=f"A partition is one task on one node{_idle(pipeline.cluster.nodes)}: on 4 nodes, 4 of 16 actors"
            " did all the work, 23.3 s against 15.7 s with a fan-out in our measurement",
            suggestion=_advice(pipeline, operator, demand) if call is None else f"Write `.{call}` before it",
            related=((origin.step.call, source_label(origin)),) + (() if udf is None else udf_related(udf)),
            operator=operator,
            remedies=() if call is None else tuple(_remedies(pipeline, operator, call)),
        )


def _remedies(pipeline: Pipeline, operator: Operator, call: str) -> Iterator[Remedy]:
    """The call; where the order of the rows matters, `into_partitions`, which keeps it."""
    for written in dict.fromkeys((call, call.replace("repartition(", "into_partitions("))):
        yield from remedies(pipeline, _inserting(pipeline, operator, written), operator.index)


def _inserting(pipeline: Pipeline, operator: Operator, call: str) -> Remedy:
    suggestion = f"Write `.{call}` before it"
    if operator.step.receiver is None:
        return Remedy(suggestion, None)
    method = call.partition("(")[0]
    why = None if method == "into_partitions" else why_unordered(pipeline, operator.index, method)
    return Remedy(
        suggestion,
        Fix(f"Insert `.{call}` before the heavy read", (InsertCall(operator.step.receiver, call),), why),
    )


def _idle(nodes: int | None) -> str:
    if nodes is None:
        return ", and all other nodes wait"
    if nodes == 1:
        return ", however many calls could run there"
    return ", and the other one waits" if nodes == 2 else f", and the other {nodes - 1:,} wait"


def _heavy_read(operator: Operator) -> tuple[Expression, Udf | None] | None:
    """The first expression of a step that opens what a light column points to, and that somebody reads."""
    for heavy_operation in operator.heavy_operations:
        if heavy_operation.heavy_read and heavy_operation.read:
            return heavy_operation.expression, None
    for call in operator.udf_calls:
        if call.opens and call.read and not _wants_one_actor(call.udf):
            return call.expression, call.udf
    return None


def _expensive_call(operator: Operator, *, is_for_ray: bool) -> tuple[Expression, Udf | None] | None:
    """The first UDF call of a step that is expensive on light rows, which are known to come in one partition on Ray."""
    if operator.partitions_in.kind is not PartitionsKind.ONE or not is_for_ray:
        return None
    for call in operator.udf_calls:
        if call.read and not call.is_heavy and not _wants_one_actor(call.udf) and why_expensive(call.udf):
            return call.expression, call.udf
    return None


def _wants_one_actor(udf: Udf) -> bool:
    return udf.is_class and known_value(udf.max_concurrency) == 1


def _work(expression: Expression, udf: Udf | None) -> str:
    """What an expression does with the light rows, in words."""
    columns = [f"`{column}`" for column in dict.fromkeys(_opened(expression, udf)) if column is not None]
    if not columns and udf is not None:
        return why_expensive(udf) or "opens what its column points to"
    return f"opens what {' and '.join(columns or ['its column'])} {'point' if len(columns) > 1 else 'points'} to"


def _on_one_thread(pipeline: Pipeline) -> Iterator[Observation]:
    """On the native runner: the first row-wise UDF that is slow, over light rows in one partition that nothing cuts."""
    for operator in pipeline.operators if pipeline.runner_is_sure else ():
        if operator.partitions_in.kind is not PartitionsKind.ONE:
            continue
        for call in operator.udf_calls:
            udf = call.udf
            is_slow = call.opens or why_expensive(udf) is not None
            if not (is_slow and call.read and is_row_wise(udf)) or udf.is_async or udf.is_class or call.is_heavy:
                continue
            if call.bound.kind is BoundKind.NONE and not _fits_one_batch(pipeline, operator, None):
                yield _single_threaded(pipeline, operator, call)
                return


def _single_threaded(pipeline: Pipeline, operator: Operator, call: UdfCall) -> Observation:
    written = f"into_batches({DEFAULT_BATCH_ROWS})"
    receiver = operator.step.receiver
    is_written = pipeline.sink.step.name.startswith("write_")
    why = "the rows of a written file come in another order" if is_written else None
    fix = None if receiver is None else Fix(f"Insert `.{written}` before it", (InsertCall(receiver, written),), why)
    return Observation(
        location=call.expression.location or operator.step.call,
        level=level_for(Level.WARNING, pipeline, None),
        observed=f"`{call.udf.name}` {_work(call.expression, call.udf)}, and the rows that reach it are one partition",
        impact="On the native runner one thread calls it for all of them, and the other cores wait",
        suggestion=f"Write `.{written}` before it",
        related=((pipeline.operators[0].step.call, source_label(pipeline.operators[0])), *udf_related(call.udf)),
        fix=fix,
        operator=operator,
    )


def _opened(expression: Expression, udf: Udf | None) -> Iterator[str | None]:
    """The columns that a heavy read opens: of a UDF, those that meet a parameter which its body opens."""
    if udf is None:
        yield from expression.columns()
        return
    for index, given in enumerate(expression.inputs):
        keyword = expression.keywords[index] if index < len(expression.keywords) else None
        parameter = udf.parameter(index, keyword)
        if parameter is not None and parameter.opens:
            yield from given.columns()


def _fits_one_batch(pipeline: Pipeline, operator: Operator, demand: PartitionDemand | None) -> bool:
    """Whether the rows are known, and no more than one partition should have."""
    if operator.rows_in is None:
        return False
    plan = None if demand is None else demand.plan
    if plan is not None and plan.use <= 1:
        return True
    enough = FEW_ROWS if is_sample(pipeline) else DEFAULT_BATCH_ROWS
    return operator.rows_in <= (enough if demand is None else demand.minimum_rows)


def _inserted(pipeline: Pipeline, operator: Operator, demand: PartitionDemand | None) -> str | None:
    """The call that fans the rows out, with its number; None where a fact is missing."""
    if demand is None:
        return None
    if operator.rows_in is None or demand.plan is None:
        return f"into_batches({demand.batch_rows})"
    return f"{pipeline.settings.fan_out}({demand.plan.use})"


def _gathered_before(pipeline: Pipeline, operator: Operator) -> Step | None:
    """The script's own `into_partitions(1)` or `repartition(1)` that makes the one partition."""
    stages = (o.step for o in reversed(pipeline.operators[: operator.index]) if o.step.kind in REPARTITIONING)
    last = next(stages, None)
    return last if last is not None and last.kind is StepKind.REPARTITION and known_value(last.count) == 1 else None


def _advice(pipeline: Pipeline, operator: Operator, demand: PartitionDemand | None) -> str:
    gathered = _gathered_before(pipeline, operator)
    if gathered is not None:
        return f"Put the `{written_call(gathered)}` behind it, right before the write or the sink that wants it"
    missing = [] if operator.rows_in is not None else ["the rows (`# daft-lint: rows=...` on the source's line)"]
    if demand is None:
        missing.append("batch size, concurrency and nodes")
    ways = "`.repartition(n)`, or `.into_batches(4 x batch size x concurrency / nodes)`, on the light rows before it"
    if any(earlier.step.name == "sort" for earlier in pipeline.operators[: operator.index]):
        ways = "`.into_partitions(n)`, which keeps the order of the `sort`, on the light rows before it"
    return f"Write {ways}; for the number, daft-lint lacks {' and '.join(missing)}"
