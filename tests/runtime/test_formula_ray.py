"""The number of partitions to use, against what is best on a simulated cluster: e24 of the page of measurements.

4 nodes with 2 CPUs each and a UDF that sleeps, so that 8 calls run at once however few cores this machine has.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from daft_lint.api.formula import BatchCost, PartitionPlan, batch_rows_to_use
from tests.runtime.runtime_cases import ray_environment

pytestmark = [pytest.mark.facts, pytest.mark.ray, pytest.mark.slow]

NODES, CONCURRENCY, BATCH_SIZE = 4, 8, 32
AS_GOOD = 1.1
"""Times the best candidate's seconds that are as good as the best."""
FAR = 1.5
"""Times the best candidate's seconds that no number to use takes."""

CLUSTER = """
import json, sys, tempfile, time
from pathlib import Path
import daft, ray
from daft import DataType, col
from daft_lint_runtime.cluster import RayCluster, prepare_environment
from daft_lint_runtime.spec import ClusterSpec

def work(rows, seconds, skewed):
    # A UDF whose full batch takes `seconds`; of skewed rows an eighth, side by side, takes 8 times as long.
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

answers, sys.stdout = sys.stdout, sys.stderr
prepare_environment("local")
with tempfile.TemporaryDirectory() as folder:
    cluster = RayCluster(ClusterSpec(nodes=4, cpus_per_node=2), Path(folder) / "ray")
    cluster.start({}, ray.init)
    try:
        daft.set_runner_ray(noop_if_initialized=True)
        for rows in (4096, 32768):
            daft.range(rows).write_parquet(f"{folder}/{rows}")
        print(seconds_of(4096, 0.001, False, "repartition", 8), file=answers, flush=True)
        for line in sys.stdin:
            print(seconds_of(*json.loads(line)), file=answers, flush=True)
    finally:
        cluster.close(ray.shutdown)
"""


@dataclass(frozen=True)
class Case:
    """Rows, what a full batch of them takes, and how often each candidate is run."""

    rows: int
    cost: BatchCost
    repeats: int = 3

    def __str__(self) -> str:
        return f"{self.rows}-{self.cost.seconds:g}{'-skewed' if self.cost.skewed else ''}"

    @property
    def plan(self) -> PartitionPlan:
        return PartitionPlan.of(self.rows, NODES, CONCURRENCY, BATCH_SIZE, self.cost)

    @property
    def candidates(self) -> list[int]:
        """The nodes, the concurrency, the guide's number, the maximum, the number to use, and its double."""
        plan = self.plan
        return sorted({NODES, CONCURRENCY, plan.recommended, min(plan.maximum, 128), plan.use, 2 * plan.use})


CASES = (
    Case(4096, BatchCost(0.1)),
    Case(4096, BatchCost(0.001), repeats=9),
    Case(4096, BatchCost(0.02, skewed=True)),
    Case(32768, BatchCost(0.012)),
    Case(32768, BatchCost(0.001), repeats=5),
    Case(32768, BatchCost(0.004, skewed=True)),
)


@dataclass
class Simulated:
    """A simulated cluster that times one query after another. `ratios` are the seconds of the numbers to use, as
    multiples of the best candidate's."""

    process: subprocess.Popen[str]
    log: Path
    ratios: dict[Case, float] = field(default_factory=dict)

    def medians(self, case: Case, method: str, counts: Sequence[int]) -> dict[int, float]:
        """The median seconds with each count, of runs that are interleaved."""
        found: dict[int, list[float]] = {count: [] for count in counts}
        for count in [*counts] * case.repeats:
            found[count].append(self._seconds([case.rows, case.cost.seconds, case.cost.skewed, method, count]))
        return {count: sorted(seconds)[len(seconds) // 2] for count, seconds in found.items()}

    def ratio(self, case: Case) -> float:
        """That of a case, which is measured once."""
        if case not in self.ratios:
            seconds = self.medians(case, "repartition", case.candidates)
            print(case, "use", case.plan.use, {count: round(value, 2) for count, value in seconds.items()})
            self.ratios[case] = seconds[case.plan.use] / min(seconds.values())
        return self.ratios[case]

    def _seconds(self, query: list[object]) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(query) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> float:
        """The seconds of the query that has run; those of a first one come without being asked for."""
        assert self.process.stdout is not None
        answer = self.process.stdout.readline()
        assert answer, self.log.read_text(errors="replace")
        return float(answer)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    log = tmp_path_factory.mktemp("formula") / "log"
    with (
        open(log, "w") as errors,
        subprocess.Popen(
            [sys.executable, "-c", CLUSTER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=ray_environment(),
        ) as process,
    ):  # fmt: skip
        started = Simulated(process, log)
        started.answer()
        yield started


@pytest.mark.parametrize("case", CASES, ids=str)
def test_e24_the_number_to_use_is_near_the_best(simulated: Simulated, case: Case) -> None:
    assert simulated.ratio(case) <= FAR


def test_e24_the_number_to_use_is_within_a_tenth_of_the_best(simulated: Simulated) -> None:
    ratios = {str(case): round(simulated.ratio(case), 2) for case in CASES}
    assert sum(ratio <= AS_GOOD for ratio in ratios.values()) >= 5, ratios


def test_e24_batches_of_the_minimum_rows_cost_more_than_several_times_as_many(simulated: Simulated) -> None:
    case = Case(32768, BatchCost(0.001))
    minimum = case.plan.minimum_rows
    filled = batch_rows_to_use(BATCH_SIZE, CONCURRENCY, NODES)
    used = batch_rows_to_use(BATCH_SIZE, CONCURRENCY, NODES, None, case.cost)
    assert minimum < filled < used
    seconds = simulated.medians(case, "into_batches", (minimum, filled, used))
    print(seconds)
    assert seconds[filled] < 0.6 * seconds[minimum]
    assert seconds[used] < seconds[filled]
