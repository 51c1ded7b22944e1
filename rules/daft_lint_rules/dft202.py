"""DFT202: fewer partitions than nodes."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.fan_out import partition_counts
from daft_lint.api.nodes import udf_related
from daft_lint.api.promises import Direction, Measure, Promise, Role
from daft_lint.api.remedies import remedies
from daft_lint.api.rule import Level, Need, Observation, PipelineRule, Remedy, level_for
from daft_lint.api.wording import counted, written_call
from daft_lint.pipeline.model import Pipeline


class TooFewPartitions(PipelineRule):
    """A `repartition(n)` or `into_partitions(n)` that makes fewer partitions than the cluster has nodes, although the
    rows would fill more.

    ## Why
    A partition is a task, and a task runs on one node: with fewer partitions than nodes, some nodes and their actors
    have nothing to do. Measured (experiment e3) on 4 nodes with 16 actors, whose start takes about 13 s of the time:

    | plan | wall | actors used | nodes used |
    |---|---|---|---|
    | no fan-out | 23.3 s | 4 | 1 |
    | `repartition(2)` | 18.0 s | 8 | 2 |
    | `repartition(4)` | 15.7 s | 16 | 4 |

    The lower bound is the number of nodes, but never more than the rows can fill
    (rows / (batch size x concurrency / nodes)).

    ## Example
    1,000,000 rows, 4 nodes, 16 actors with batches of 64:

        df.into_partitions(2).with_column("vector", Embedder()(df["text"]))       # 2 nodes idle

    becomes

        df.into_partitions(1000).with_column("vector", Embedder()(df["text"]))

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

    code = "DFT202"
    name = "too-few-partitions"
    level = Level.WARNING
    needs_ray = True
    needs = (Need.RAY, Need.ROWS, Need.BATCH_SIZE, Need.CONCURRENCY, Need.NODES)
    trigger_words = ("repartition", "into_partitions")
    fixable = True
    promises = (
        Promise(Measure.TASKS, Direction.HIGHER),
        Promise(Measure.PROCESSES, Direction.HIGHER, Role.INFORMS),
        Promise(Measure.NODES, Direction.HIGHER, Role.INFORMS),
    )

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        for given in partition_counts(pipeline):
            if given.count >= given.plan.fewest:
                continue
            demand, plan = given.demand, given.plan
            idle = demand.nodes - given.count
            suggestion = f"Write `{given.step.name}({plan.use})`"
            yield Observation(
                location=given.location,
                level=level_for(self.level, pipeline, None),
                observed=f"`{written_call(given.step)}` makes {counted(given.count, 'partition')} for {demand.nodes:,}"
                f" nodes, and the {plan.rows:,} rows would fill {plan.maximum:,} partitions of {demand.explained}",
                impact=f"A partition is a task on one node: {idle:,} {'node has' if idle == 1 else 'nodes have'} "
                f"nothing to do while `{demand.udf.name}` runs. In our measurement on 4 nodes, 2 partitions used 8 of "
                "16 actors and 4 partitions all of them",
                suggestion=suggestion,
                related=udf_related(demand.udf),
                remedies=remedies(pipeline, Remedy(suggestion, given.fix()), given.operator.index + 1),
            )
