"""DFT201: more partitions than the rows can fill."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.fan_out import partition_counts
from daft_lint.api.nodes import udf_related
from daft_lint.api.promises import Direction, Measure, Promise, Role
from daft_lint.api.rule import Level, Need, Observation, PipelineRule, level_for
from daft_lint.api.wording import written_call
from daft_lint.pipeline.model import Pipeline


class TooManyPartitions(PipelineRule):
    """A `repartition(n)` or `into_partitions(n)` that splits the rows into so many partitions that the UDF after it
    cannot fill its batches.

    ## Why
    A batch never spans two partitions. The rows that a partition needs, and how many partitions that allows:

        minimum rows = batch size x (total concurrency / nodes), rounded up
        maximum partitions = rows / minimum rows, rounded down, at least 1

    Above the maximum every call of the UDF gets less than its batch, and there are more calls. Measured (experiment e3)
    with 16,384 rows, 4 nodes, 16 actors and a batch size of 64, so at most 64 partitions:

    | plan | wall | UDF calls | largest batch |
    |---|---|---|---|
    | `repartition(16)` | 18.2 s | 264 | 64 |
    | `repartition(64)`, the maximum | 17.7 s | 289 | 64 |
    | `repartition(256)` | 19.8 s | 375 | 64 |
    | `repartition(1024)` | 39.1 s | 1,024 | 30 |

    ## Example
    1,000,000 rows, 4 nodes:

        @daft.cls(max_concurrency=16)
        class Embedder:
            @daft.method.batch(return_dtype=DataType.embedding(DataType.float32(), 384), batch_size=64)
            def __call__(self, text: daft.Series): ...

        df.repartition(20_000).with_column("vector", Embedder()(df["text"]))    # 50 rows a partition

    becomes

        df.repartition(1000).with_column("vector", Embedder()(df["text"]))      # 1,000 rows a partition

    ## Fix
    The count becomes the one that `daft-lint partitions` says to use: a quarter of the maximum, to one significant
    digit, never fewer than the nodes and never more than 64 times the total concurrency. Where a profile gives the
    seconds of a batch, enough to even out uneven rows, as far as a task's 26 ms are below 5 % of its work. It is safe:
    it changes how the rows are split, not what they are.

    There is none where the count is a parameter, an attribute or a call (`args.n`, `os.environ.get(...)`): it is
    decided elsewhere.

    ## Options
    - `[tool.daft-lint.cluster]`: `nodes` and `total_concurrency`, where the script does not say them
      (`max_concurrency=` on the UDF counts first).
    - `[tool.daft-lint.sources]` or `# daft-lint: rows=1_000_000` on the source's line: the rows.

    Where one of rows, batch size, concurrency or nodes is not known, the rule is silent.
    """

    code = "DFT201"
    name = "too-many-partitions"
    level = Level.WARNING
    needs_ray = True
    needs = (Need.RAY, Need.ROWS, Need.BATCH_SIZE, Need.CONCURRENCY, Need.NODES)
    trigger_words = ("repartition", "into_partitions")
    fixable = True
    promises = (
        Promise(Measure.TASKS, Direction.LOWER),
        Promise(Measure.MEDIAN_CALL, Direction.HIGHER),
        Promise(Measure.CALLS, Direction.LOWER, Role.INFORMS),
    )

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        for given in partition_counts(pipeline):
            if given.count <= given.plan.maximum:
                continue
            demand, total = given.demand, given.plan.rows
            rows = f"about {total // given.count:,} rows" if total > given.count else "a row or none"
            yield Observation(
                location=given.location,
                level=level_for(self.level, pipeline, None),
                observed=f"`{written_call(given.step)}` splits {total:,} rows into partitions of {rows}, and "
                f"`{demand.udf.name}` needs partitions of {demand.explained}, so at most {given.plan.maximum:,}",
                impact="Batches never span partitions, so the UDF is called more often with fewer rows: sixteen times "
                "the maximum took 39 s instead of 18 s in our measurement",
                suggestion=f"Write `{given.step.name}({given.plan.use})`",
                related=udf_related(demand.udf),
                fix=given.fix(),
            )
