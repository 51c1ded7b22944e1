"""The partition formula, applied to the UDFs that a step's pieces reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from daft_lint.edits import ReplaceNode
from daft_lint.formula import PartitionPlan, minimum_rows
from daft_lint.pipeline.model import Cluster, Count, Pipeline, Place, Runner, Stage, Step, StepKind, Udf
from daft_lint.places import method_place, replaceable
from daft_lint.rule import Fix

PIECES_END = frozenset({StepKind.BATCHES, StepKind.LIMIT, StepKind.UNION, StepKind.COLLECT})
"""Steps in a stretch after which its pieces are no longer those that began it."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a UDF needs of the pieces that reach it. `concurrency` counts calls at once in the whole cluster,
    `minimum_rows` is the rows that a partition needs to fill its batches, `rows` the most rows that reach it."""

    udf: Udf
    batch_size: int
    concurrency: int
    nodes: int
    minimum_rows: int
    rows: int | None

    @property
    def plan(self) -> PartitionPlan | None:
        """The bounds and the recommended count; None where the rows are not known."""
        if self.rows is None:
            return None
        return PartitionPlan.of(self.rows, self.nodes, self.concurrency, self.batch_size)

    @property
    def spelled(self) -> str:
        """The minimum rows with the numbers that make them."""
        return (
            f"{self.minimum_rows:,} rows (batch size {self.batch_size:,} x {self.concurrency:,} calls at once"
            f" / {self.nodes:,} {'node' if self.nodes == 1 else 'nodes'})"
        )


def known(count: Count | None) -> int | None:
    """The value of a count that is given, known and positive."""
    return count.value if count is not None and count.value is not None and count.value > 0 else None


def concurrency_of(udf: Udf, cluster: Cluster) -> int | None:
    """Calls at once in the cluster: the UDF's actors, else the cluster fact.

    `max_concurrency` of an async UDF counts coroutines and not actors (Daft's `is_actor_pool_udf`), so it says
    nothing here.
    """
    actors = None if udf.is_async else known(udf.max_concurrency)
    return actors if actors is not None else cluster.total_concurrency


def pieces_reach(pipeline: Pipeline, recut: Stage) -> Iterator[Stage]:
    """The stages that work on the pieces that a re-cut makes, as long as these pieces last."""
    for stage in pipeline.stages[recut.index + 1 :]:
        if stage.stretch != recut.stretch or stage.step.kind in PIECES_END:
            return
        yield stage


@dataclass(frozen=True, slots=True)
class Cut:
    """A `repartition(n)` or `into_partitions(n)` with a known count, what its UDFs need, and the formula's answer."""

    step: Step
    count: int
    need: Demand
    plan: PartitionPlan
    rows: int

    @property
    def place(self) -> Place:
        """The count, where it is spelled out at the call."""
        given = self.step.count
        return given.place if given is not None and given.place is not None else method_place(self.step)

    def fix(self) -> Fix | None:
        """The recommended count in the place of this one; None where others than the script decide it."""
        if not replaceable(self.place):
            return None
        return Fix(
            title=f"Cut into {self.plan.recommended:,} partitions instead of {self.count:,}",
            actions=(ReplaceNode(self.place, str(self.plan.recommended)),),
        )


def cuts(pipeline: Pipeline) -> Iterator[Cut]:
    """The partition counts of a pipeline that the formula can judge; none on the native runner, which ignores them."""
    if pipeline.runner is Runner.NATIVE:
        return
    for stage in pipeline.stages:
        count = known(stage.step.count)
        if stage.step.kind is not StepKind.PARTITIONS or count is None:
            continue
        need = demand(pieces_reach(pipeline, stage), pipeline.cluster)
        plan = None if need is None else need.plan
        if need is not None and plan is not None and need.rows is not None:
            yield Cut(stage.step, count, need, plan, need.rows)


def demand(stages: Iterable[Stage], cluster: Cluster) -> Demand | None:
    """The most demanding UDF among the stages: that with the largest minimum rows per partition.

    None where no UDF has a known batch size and concurrency, or the number of nodes is not known.
    """
    nodes = cluster.nodes
    if nodes is None or nodes < 1:
        return None
    demands: list[Demand] = []
    for stage in stages:
        for call in stage.udf_calls:
            batch_size, concurrency = known(call.udf.batch_size), concurrency_of(call.udf, cluster)
            if batch_size is not None and concurrency is not None and concurrency > 0:
                minimum = minimum_rows(batch_size, concurrency, nodes)
                demands.append(Demand(call.udf, batch_size, concurrency, nodes, minimum, stage.rows_in))
    return max(demands, key=lambda d: d.minimum_rows, default=None)
