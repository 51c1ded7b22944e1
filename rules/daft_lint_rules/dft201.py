"""DFT201: more partitions than the rows can fill."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.nodes import udf_related
from daft_lint.api.rule import Level, Observation, PipelineRule, level_for
from daft_lint.pipeline.model import Pipeline
from daft_lint_rules._fanout import cuts


class TooManyPartitions(PipelineRule):
    """A `repartition(n)` or `into_partitions(n)` that cuts the rows into more partitions than the UDF behind it can
    fill its batches from.

    ## Why
    A batch never spans two partitions. The rows that a partition needs are

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
    The count becomes the recommended one: a quarter of the maximum, to one significant digit, and never fewer than the
    nodes. It is safe: it changes how the rows are cut, not what they are.

    There is none where the count is a parameter, an attribute or a call (`args.n`, `os.environ.get(...)`): others
    decide it.

    ## Options
    - `[tool.daft-lint.cluster]`: `nodes` and `total_concurrency`, where the script does not say them
      (`max_concurrency=` on the UDF counts first).
    - `[tool.daft-lint.sources]` or `# daft-lint: rows=1_000_000` on the source's line: the rows.

    With one of rows, batch size, concurrency or nodes not known the rule is silent.
    """

    code = "DFT201"
    name = "too-many-partitions"
    level = Level.WARNING
    trigger_words = ("repartition", "into_partitions")
    fixable = True

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        for cut in cuts(pipeline):
            if cut.count <= cut.plan.maximum:
                continue
            need = cut.need
            rows = f"about {cut.rows // cut.count:,} rows" if cut.rows > cut.count else "a row or none"
            yield Observation(
                location=cut.location,
                level=level_for(self.level, pipeline, None),
                observed=f"`{cut.step.name}({cut.count})` cuts {cut.rows:,} rows into partitions of {rows}, and "
                f"`{need.udf.name}` needs partitions of {need.spelled}, so at most {cut.plan.maximum:,}",
                impact="Batches never span partitions, so the UDF is called more often with fewer rows: sixteen times "
                "the maximum took 39 s instead of 18 s in our measurement",
                suggestion=f"Write `{cut.step.name}({cut.plan.recommended})`",
                related=udf_related(need.udf),
                fix=cut.fix(),
            )
