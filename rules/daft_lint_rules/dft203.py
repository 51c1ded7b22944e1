"""DFT203: a heavy read whose light rows come in one partition."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.edits import InsertCall
from daft_lint.api.fan_out import PartitionDemand, partition_demand
from daft_lint.api.nodes import source_label, udf_related
from daft_lint.api.order import why_unordered
from daft_lint.api.promises import EXHAUSTION, Direction, Measure, Promise, Role, Symptom
from daft_lint.api.remedies import remedies
from daft_lint.api.rows import FEW_ROWS, is_sample, known_value
from daft_lint.api.rule import Fix, Level, Observation, PipelineRule, Remedy, Sinks, level_for
from daft_lint.pipeline.model import DEFAULT_BATCH_ROWS, Expression, Operator, PartitionsKind, Pipeline, Runner, Udf


class LightReadWithoutFanOut(PipelineRule):
    """Paths, URLs or file references in one partition, and a step that opens what they point to: a `download`,
    `video_frames`, `decode_image_file`, or a UDF that opens the path it is given.

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
    Inserts `.repartition(n)` before the heavy read, with the n that the partition formula recommends, where rows,
    batch size, concurrency and nodes are known; `.into_batches(minimum rows)` where only the rows are not known;
    otherwise there is no fix, and the message says what to write. On Ray both lose the row order of a single partition:
    the fix is unsafe where something after it sees the order (`limit`, `show`, `to_pandas`, ...). `into_partitions`
    keeps the order.

    ## Options
    - `fan_out = "into_partitions"`: insert that instead of `repartition`.
    - `[tool.daft-lint.cluster]`: `nodes`, `total_concurrency`; `runner = "native"` silences the rule.
    - `[tool.daft-lint.sources]` or `# daft-lint: rows=400_000` on the source's line: rows and files.

    It is a warning where the source is known to make one partition, advice where the count is not known (a folder, a
    wildcard, a table, a DataFrame parameter). It is silent where the rows fit one batch, where the sink reads a few
    rows only, where nothing reads the column, and where a class of `max_concurrency=1` opens the files: one actor is
    wanted.
    """

    code = "DFT203"
    name = "light-read-without-fan-out"
    level = Level.WARNING
    trigger_words = (
        *("download", "video_frames", "video_keyframes", "decode_image_file", "audio_file"),
        *("udf", "func", "cls", "apply"),
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
        if pipeline.runner is Runner.NATIVE or pipeline.declined_cut:
            return
        reported: set[int] = set()
        for operator in pipeline.operators:
            if operator.stage in reported or operator.partitions_in.kind is PartitionsKind.MANY:
                continue
            read = _heavy_read(operator)
            if read is None:
                continue
            reported.add(operator.stage)
            following = (s for s in pipeline.stage_of(operator) if s.index >= operator.index)
            demand = partition_demand(following, pipeline.cluster)
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
        columns = [f"`{column}`" for column in dict.fromkeys(_opened(expression, udf)) if column is not None]
        points = " and ".join(columns or ["its column"]) + (" point" if len(columns) > 1 else " points")
        rows = "the rows that reach it" + ("" if operator.rows_in is None else f", at most {operator.rows_in:,},")
        partitions = (
            "are one partition" if one else "may be one partition: how many partitions the source makes is not known"
        )
        return Observation(
            location=expression.location or operator.step.call,
            level=level_for(self.level if one else Level.ADVICE, pipeline, None),
            observed=f"`{name}` opens what {points} to, and {rows} {partitions}",
            impact=f"A partition is one task on one node{_idle(pipeline.cluster.nodes)}: on 4 nodes, 4 of 16 actors"
            " did all the work, 23.3 s against 15.7 s with a fan-out in our measurement",
            suggestion=_advice(operator, demand) if call is None else f"Write `.{call}` before it",
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
        wants_one_actor = known_value(call.udf.max_concurrency) == 1 and call.udf.is_class
        if call.opens and call.read and not wants_one_actor:
            return call.expression, call.udf
    return None


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
    if plan is not None and plan.recommended <= 1:
        return True
    enough = FEW_ROWS if is_sample(pipeline) else DEFAULT_BATCH_ROWS
    return operator.rows_in <= (enough if demand is None else demand.minimum_rows)


def _inserted(pipeline: Pipeline, operator: Operator, demand: PartitionDemand | None) -> str | None:
    """The call that fans the rows out, with its number; None where a fact is missing."""
    if demand is None:
        return None
    if operator.rows_in is None or demand.plan is None:
        return f"into_batches({demand.minimum_rows})"
    return f"{pipeline.settings.fan_out}({demand.plan.recommended})"


def _advice(operator: Operator, demand: PartitionDemand | None) -> str:
    missing = [] if operator.rows_in is not None else ["the rows (`# daft-lint: rows=...` on the source's line)"]
    if demand is None:
        missing.append("batch size, concurrency and nodes")
    return (
        "Write `.repartition(n)`, or `.into_batches(batch size x concurrency / nodes)`, on the light rows"
        " before it; for the"
        f" number, daft-lint lacks {' and '.join(missing)}"
    )
