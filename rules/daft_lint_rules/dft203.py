"""DFT203: a heavy read whose light rows come in one piece."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.edits import InsertCall
from daft_lint.pipeline.model import Expression, PiecesKind, Pipeline, Runner, Stage, Udf
from daft_lint.pipeline.order import order_seen
from daft_lint.places import source_label, udf_related
from daft_lint.rule import Fix, Level, Observation, PipelineRule, level_for
from daft_lint_rules._fanout import Demand, demand
from daft_lint_rules._streaming import DEFAULT_BATCH_ROWS, FEW_ROWS, is_sample, reads_few


class LightReadWithoutFanOut(PipelineRule):
    """Paths, URLs or file references in one piece, and a step that opens what they point to: a `download`,
    `video_frames`, `decode_image_file`, or a UDF that opens the path it is given.

    ## Why
    The table of paths is small, so one file, a glob or a `from_pydict` makes one task of it (experiment e5), however
    much data the paths point to. One task runs on one node. Measured (experiment e3) on 4 nodes with 16 actors, batch
    size 64, of which about 13 s is the start of the actors:

    | plan | wall | actors used | nodes used |
    |---|---|---|---|
    | no fan-out | 23.3 s | 4 | 1 |
    | `repartition(4)` | 15.7 s | 16 | 4 |
    | `into_partitions(16)` | 15.9 s | 16 | 4 |
    | `into_batches(256)`, batch size x concurrency / nodes | 15.1 s | 16 | 4 |

    `batch_size=` on the UDF does not help: it bounds a call, it does not spread the work.

    ## Example

        df = daft.from_glob_path("s3://bucket/scans/*.tif")              # 400,000 paths, one task
        df = df.with_column("data", download(df["path"]))

    becomes

        df = daft.from_glob_path("s3://bucket/scans/*.tif")
        df = df.repartition(400).with_column("data", download(df["path"]))

    ## Fix
    Inserts `.repartition(n)` before the heavy read, with the n that the partition formula recommends, where rows,
    batch size, concurrency and nodes are known; `.into_batches(minimum rows)` where the rows alone are not known;
    else there is no fix, and the message says what to write. On Ray both lose the row order of a single piece: the
    fix is unsafe where something after it sees the order (`limit`, `show`, `to_pandas`, ...). `into_partitions` keeps
    the order.

    ## Options
    - `fan_out = "into_partitions"`: insert that in the place of `repartition`.
    - `[tool.daft-lint.cluster]`: `nodes`, `total_concurrency`; `runner = "native"` silences the rule.
    - `[tool.daft-lint.sources]` or `# daft-lint: rows=400_000` on the source's line: rows and files.

    It is a warning where the source is known to make one piece, advice where the count is not known (a folder, a
    wildcard, a table, a DataFrame parameter). It is silent where the rows fit one batch, where the sink reads a few
    rows only, and where nothing reads the column.
    """

    code = "DFT203"
    name = "light-read-without-fan-out"
    level = Level.WARNING
    words = (
        *("download", "video_frames", "video_keyframes", "decode_image_file", "audio_file"),
        *("udf", "func", "cls", "apply"),
    )
    fixable = True

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        if pipeline.runner is Runner.NATIVE or reads_few(pipeline):
            return
        reported: set[int] = set()
        for stage in pipeline.stages:
            if stage.stretch in reported or stage.pieces_in.kind is PiecesKind.MANY:
                continue
            read = _heavy_read(stage)
            if read is None:
                continue
            reported.add(stage.stretch)
            need = demand((s for s in pipeline.stretch_of(stage) if s.index >= stage.index), pipeline.cluster)
            if not _fits_one_batch(pipeline, stage, need):
                yield self._observation(pipeline, stage, *read, need)

    def _observation(
        self, pipeline: Pipeline, stage: Stage, expression: Expression, udf: Udf | None, need: Demand | None
    ) -> Observation:
        one = stage.pieces_in.kind is PiecesKind.ONE
        call = _inserted(pipeline, stage, need)
        origin = pipeline.stages[0]
        name = udf.name if udf is not None else expression.name
        columns = [f"`{column}`" for column in dict.fromkeys(_opened(expression, udf)) if column is not None]
        points = " and ".join(columns or ["its column"]) + (" point" if len(columns) > 1 else " points")
        rows = "the rows that reach it" + ("" if stage.rows_in is None else f", at most {stage.rows_in:,},")
        pieces = "are one piece" if one else "may be one piece: how many pieces the source makes is not known"
        return Observation(
            place=expression.place or stage.step.call,
            level=level_for(self.level if one else Level.ADVICE, pipeline, None),
            seen=f"`{name}` opens what {points} to, and {rows} {pieces}",
            costs=f"A piece is one task on one node{_idle(pipeline.cluster.nodes)}: on 4 nodes, 4 of 16 actors"
            " did all the work, 23.3 s"
            " against 15.7 s with a fan-out in our measurement",
            write=f"Write `.{call}` before it" if call is not None else _advice(stage, need),
            related=((origin.step.call, source_label(origin)),) + (() if udf is None else udf_related(udf)),
            fix=None if call is None else self._fix(pipeline, stage, call),
        )

    def _fix(self, pipeline: Pipeline, stage: Stage, call: str) -> Fix | None:
        if stage.step.receiver is None:
            return None
        seen = None if call.startswith("into_partitions") else order_seen(pipeline, stage.index)
        return Fix(
            title=f"Insert `.{call}` before the heavy read",
            actions=(InsertCall(stage.step.receiver, call),),
            why_unsafe=None
            if seen is None
            else f"on Ray `{call.partition('(')[0]}` does not keep the row order, and {seen}",
        )


def _idle(nodes: int | None) -> str:
    if nodes is None:
        return ", and all other nodes wait"
    if nodes == 1:
        return ", however many calls could run there"
    return ", and the other one waits" if nodes == 2 else f", and the other {nodes - 1:,} wait"


def _heavy_read(stage: Stage) -> tuple[Expression, Udf | None] | None:
    """The first expression of a step that opens what a light column points to, and that somebody reads."""
    for inflation in stage.inflations:
        if inflation.heavy_read and inflation.read:
            return inflation.expression, None
    for call in stage.udf_calls:
        if call.opens and call.read:
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


def _fits_one_batch(pipeline: Pipeline, stage: Stage, need: Demand | None) -> bool:
    """Whether the rows are known, and no more than one piece should have."""
    if stage.rows_in is None:
        return False
    plan = None if need is None else need.plan
    if plan is not None and plan.recommended <= 1:
        return True
    enough = FEW_ROWS if is_sample(pipeline) else DEFAULT_BATCH_ROWS
    return stage.rows_in <= (enough if need is None else need.minimum_rows)


def _inserted(pipeline: Pipeline, stage: Stage, need: Demand | None) -> str | None:
    """The call that fans the rows out, with its number; None where a fact is missing."""
    if need is None:
        return None
    if stage.rows_in is None or need.plan is None:
        return f"into_batches({need.minimum_rows})"
    return f"{pipeline.settings.fan_out}({need.plan.recommended})"


def _advice(stage: Stage, need: Demand | None) -> str:
    missing = [] if stage.rows_in is not None else ["the rows (`# daft-lint: rows=...` on the source's line)"]
    if need is None:
        missing.append("batch size, concurrency and nodes")
    return (
        "Write `.repartition(n)`, or `.into_batches(batch size x concurrency / nodes)`, on the light rows"
        " before it; for the"
        f" number, daft-lint lacks {' and '.join(missing)}"
    )
