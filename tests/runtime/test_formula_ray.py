"""The number of partitions to use, against what is best on a simulated cluster: e24 of the page of measurements.

4 nodes with 2 CPUs each and a UDF that sleeps, so that 8 calls run at once however few cores this machine has.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from daft_lint.api.formula import BatchCost, PartitionPlan, batch_rows_to_use
from tests.runtime.runtime_cases import experiment

pytestmark = [pytest.mark.facts, pytest.mark.ray, pytest.mark.slow]

NODES, CONCURRENCY, BATCH_SIZE = 4, 8, 32
REPEATS = 3

EXPERIMENT = '''
import json, sys, tempfile, time
from pathlib import Path
import daft, ray
from daft import DataType, col
from daft_lint_runtime.cluster import RayCluster, prepare_environment
from daft_lint_runtime.spec import ClusterSpec

def work(rows, seconds, skewed):
    """A UDF whose full batch takes `seconds`; of skewed rows an eighth, side by side, takes 8 times as long."""
    first, last = (rows // 4, rows // 4 + rows // 8) if skewed else (0, 0)
    @daft.func.batch(return_dtype=DataType.int64(), batch_size=32)
    def work(x):
        ids = x.to_pylist()
        time.sleep(seconds * sum(8 if first <= i < last else 1 for i in ids) / 32)
        return x
    return work

def seconds_of(rows, seconds, skewed, method, count):
    # Rows that stand side by side stay there: `repartition` would mix them.
    method = "into_partitions" if skewed and method == "repartition" else method
    df = getattr(daft.read_parquet(f"{folder}/{rows}/*.parquet"), method)(count)
    begin = time.perf_counter()
    df.with_column("y", work(rows, seconds, skewed)(col("id"))).collect()
    return time.perf_counter() - begin

prepare_environment("local")
with tempfile.TemporaryDirectory() as folder:
    cluster = RayCluster(ClusterSpec(nodes=4, cpus_per_node=2), Path(folder) / "ray")
    cluster.start({}, ray.init)
    try:
        daft.set_runner_ray(noop_if_initialized=True)
        for rows in (4096, 32768):
            daft.range(rows).write_parquet(f"{folder}/{rows}")
        seconds_of(4096, 0.001, False, "repartition", 8)
        runs = json.loads(RUNS)
        found = [[seconds_of(*run) for run in runs] for _ in range(REPEATS)]
    finally:
        cluster.close(ray.shutdown)
print(json.dumps(found))
'''


@dataclass(frozen=True)
class Case:
    """Rows, and what a full batch of them takes."""

    rows: int
    cost: BatchCost

    @property
    def plan(self) -> PartitionPlan:
        return PartitionPlan.of(self.rows, NODES, CONCURRENCY, BATCH_SIZE, self.cost)

    @property
    def candidates(self) -> list[int]:
        """The nodes, the concurrency, the guide's number, the maximum, the number to use, and its double."""
        plan = self.plan
        return sorted({NODES, CONCURRENCY, plan.recommended, min(plan.maximum, 128), plan.use, 2 * plan.use})

    def run(self, method: str, count: int) -> list[object]:
        return [self.rows, self.cost.seconds, self.cost.skewed, method, count]


CASES = (
    Case(4096, BatchCost(0.1)),
    Case(4096, BatchCost(0.001)),
    Case(4096, BatchCost(0.02, skewed=True)),
    Case(32768, BatchCost(0.03)),
    Case(32768, BatchCost(0.001)),
    Case(32768, BatchCost(0.01, skewed=True)),
)


def medians(runs: list[list[object]]) -> list[float]:
    """The median seconds of each run, of some that are interleaved on one cluster."""
    text = EXPERIMENT.replace("RUNS)", f"{json.dumps(json.dumps(runs))})").replace("REPEATS", str(REPEATS))
    return [sorted(each)[REPEATS // 2] for each in zip(*experiment(text), strict=True)]


def test_e24_the_number_to_use_is_within_a_tenth_of_the_best() -> None:
    tried = [(case, count) for case in CASES for count in case.candidates]
    seconds = dict(zip(tried, medians([case.run("repartition", count) for case, count in tried]), strict=True))
    within = []
    for case in CASES:
        of_case = {count: seconds[case, count] for count in case.candidates}
        print(case, "use", case.plan.use, {count: round(value, 2) for count, value in of_case.items()})
        within.append(of_case[case.plan.use] <= 1.1 * min(of_case.values()))
    assert sum(within) >= 5, within


def test_e24_batches_of_the_minimum_rows_cost_more_than_several_times_as_many() -> None:
    case = Case(32768, BatchCost(0.001))
    minimum = case.plan.minimum_rows
    filled = batch_rows_to_use(BATCH_SIZE, CONCURRENCY, NODES)
    used = batch_rows_to_use(BATCH_SIZE, CONCURRENCY, NODES, None, case.cost)
    assert minimum < filled < used
    of_minimum, of_filled, of_used = medians([case.run("into_batches", rows) for rows in (minimum, filled, used)])
    print({minimum: of_minimum, filled: of_filled, used: of_used})
    assert of_filled < 0.6 * of_minimum
    assert of_used < of_filled
