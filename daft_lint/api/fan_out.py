"""Fanning out: the partition formula, applied to the UDFs that a step's partitions reach."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from daft_lint.api.edits import ReplaceNode
from daft_lint.api.formula import BatchCost, PartitionPlan, batch_rows_to_use, minimum_rows
from daft_lint.api.nodes import method_location, replaceable
from daft_lint.api.rows import known_value
from daft_lint.api.rule import Fix
from daft_lint.api.wording import counted
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import Cluster, NodeRef, Operator, Pipeline, Runner, Settings, Step, StepKind, Udf

PARTITIONS_END = frozenset({StepKind.BATCHES, StepKind.LIMIT, StepKind.UNION, StepKind.COLLECT})
"""Steps in a stage after which its partitions are no longer those that began it."""


@dataclass(frozen=True, slots=True)
class PartitionDemand:
    """What a UDF needs of the partitions that reach it. `concurrency` counts calls at once in the whole cluster,
    `minimum_rows` is the rows that a partition needs to fill its batches, `rows` the most rows that reach it, `cost`
    what a profile says of its calls."""

    udf: Udf
    batch_size: int
    concurrency: int
    nodes: int
    minimum_rows: int
    rows: int | None
    cost: BatchCost | None = None

    @property
    def plan(self) -> PartitionPlan | None:
        """The bounds and the count to use; None where the rows are not known."""
        if self.rows is None:
            return None
        return PartitionPlan.of(self.rows, self.nodes, self.concurrency, self.batch_size, self.cost)

    @property
    def batch_rows(self) -> int:
        """The rows of an `into_batches` that feeds it, whatever the number of rows."""
        return batch_rows_to_use(self.batch_size, self.concurrency, self.nodes, None, self.cost)

    @property
    def explained(self) -> str:
        """The minimum rows with the numbers that make them."""
        return (
            f"{self.minimum_rows:,} rows (batch size {self.batch_size:,} x {self.concurrency:,} calls at once"
            f" / {counted(self.nodes, 'node')})"
        )


@dataclass(frozen=True, slots=True)
class PartitionCount:
    """A `repartition(n)` or `into_partitions(n)` with a known count, what its UDFs need, and the formula's answer."""

    operator: Operator
    count: int
    demand: PartitionDemand
    plan: PartitionPlan

    @property
    def step(self) -> Step:
        return self.operator.step

    @property
    def location(self) -> NodeRef:
        """The count, where it is spelled out at the call."""
        given = self.step.count
        return given.location if given is not None and given.location is not None else method_location(self.step)

    def fix(self) -> Fix | None:
        """The count to use in the place of this one; None where others than the script decide it."""
        if not replaceable(self.location):
            return None
        return Fix(
            title=f"Make {self.plan.use:,} partitions instead of {self.count:,}",
            actions=(ReplaceNode(self.location, str(self.plan.use)),),
        )


def concurrency_of(udf: Udf, cluster: Cluster) -> int | None:
    """Calls at once in the cluster: the UDF's actors, else the cluster fact.

    `max_concurrency` of an async UDF counts coroutines and not actors (Daft's `is_actor_pool_udf`), so it says
    nothing here.
    """
    actors = None if udf.is_async else known_value(udf.max_concurrency)
    return actors if actors is not None else cluster.total_concurrency


def batch_cost(udf: Udf, batch_size: int, settings: Settings) -> BatchCost | None:
    """What a profile says that a batch of the UDF takes, in proportion to its rows; None where none does."""
    if udf.definition is None or not settings.udfs:
        return None
    key = f"{os.path.abspath(udf.definition.cell.document.path)}:{udf.name}"
    facts = next((facts for name, facts in settings.udfs if name == key), None)
    if facts is None or not facts.seconds_per_batch:
        return None
    return BatchCost(facts.seconds_per_batch * batch_size / (facts.batch_rows or batch_size), facts.skewed)


def partition_counts(pipeline: Pipeline) -> Iterator[PartitionCount]:
    """The partition counts of a pipeline that the formula can judge; none on the native runner, which ignores them."""
    if pipeline.runner is Runner.NATIVE:
        return
    for operator in pipeline.operators:
        count = known_value(operator.step.count)
        if operator.step.kind is not StepKind.REPARTITION or count is None:
            continue
        demand = partition_demand(_partitions_reach(pipeline, operator), pipeline)
        plan = None if demand is None else demand.plan
        if demand is not None and plan is not None:
            yield PartitionCount(operator, count, demand, plan)


def partition_demand(operators: Iterable[Operator], pipeline: Pipeline) -> PartitionDemand | None:
    """The most demanding UDF among the operators: that with the largest minimum rows per partition.

    None where no UDF has a known batch size and concurrency, or the number of nodes is not known.
    """
    nodes = pipeline.cluster.nodes
    if nodes is None or nodes < 1:
        return None
    demands: list[PartitionDemand] = []
    for operator in operators:
        for call in operator.udf_calls:
            batch_size, concurrency = known_value(call.udf.batch_size), concurrency_of(call.udf, pipeline.cluster)
            if batch_size is not None and concurrency is not None and concurrency > 0:
                minimum = minimum_rows(batch_size, concurrency, nodes)
                cost = batch_cost(call.udf, batch_size, pipeline.settings)
                demands.append(
                    PartitionDemand(call.udf, batch_size, concurrency, nodes, minimum, operator.rows_in, cost)
                )
    return max(demands, key=lambda d: d.minimum_rows, default=None)


def _partitions_reach(pipeline: Pipeline, repartitioning: Operator) -> Iterator[Operator]:
    """The operators that work on the partitions that a repartitioning step makes, as long as these partitions last."""
    for operator in pipeline.operators[repartitioning.index + 1 :]:
        if operator.stage != repartitioning.stage or operator.step.kind in PARTITIONS_END:
            return
        yield operator
