"""What the model predicts of 40 pipelines that no fixture knows is what Ray does: calls, tasks, nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from daft_lint_runtime import measure
from daft_lint_runtime.cases import predictions
from daft_lint_runtime.harness import Run, run_text, workspace
from daft_lint_runtime.private_ray import PrivateRay
from daft_lint_runtime.spec import ClusterSpec, RunOptions

from daft_lint.api.promises import Measure
from daft_lint.config import Config
from daft_lint.pipeline.model import Cluster, Runner, Settings
from daft_lint.source.document import Document
from tests.runtime.generated_pipelines import FILE_ROWS, Drawn, drawn, script

pytestmark = [pytest.mark.ray, pytest.mark.slow]

SEED, PIPELINES, OF_A_SCRIPT = 12, 40, 10
NODES = 2
MEASURES = (Measure.LARGEST_CALL, Measure.TASKS, Measure.NODES)
STARTS = range(0, PIPELINES, OF_A_SCRIPT)
OPTIONS = RunOptions(timeout=90, cluster=ClusterSpec(nodes=NODES, cpus_per_node=1))
CONFIG = Config(settings=Settings(cluster=Cluster(nodes=NODES, runner=Runner.RAY)))


@dataclass(frozen=True)
class Compared:
    """A measure of one UDF: what was predicted (None: nothing) and what a run showed."""

    pipeline: Drawn
    udf: str
    measure: Measure
    predicted: int | None
    measured: float

    @property
    def wrong(self) -> bool:
        return self.predicted is not None and self.predicted != self.measured

    def __str__(self) -> str:
        what = f"{self.udf} {self.measure.name}: predicted {self.predicted}, measured {self.measured:g}"
        return f"{what}\n{chr(10).join(self.pipeline.lines)}"


def compared(run: Run, pipelines: list[Drawn]) -> Iterator[Compared]:
    """Every measure of every UDF that was called. A pool of actors does not say whose it is: each query is looked at on
    its own."""
    for query, pipeline in enumerate(pipelines):
        text = script([pipeline]).encode()
        foreseen = predictions(Document.from_bytes("generated.py", text), CONFIG)
        own = replace(run, operators=tuple(op for op in run.operators if op.query == query))
        for udf in pipeline.udfs:
            names = sorted({call.udf for call in run.calls if call.udf.rpartition(".")[2] == udf})
            for what in MEASURES if names else ():
                found = measure.measured(what, own, names)
                assert found is not None
                yield Compared(pipeline, udf, what, foreseen.get((udf, what)), found)


@dataclass
class Measurements:
    """What runs of the pipelines showed, in scripts of a few, on one Ray; each script runs once."""

    folder: Path
    base: Path
    ray: PrivateRay
    found: dict[int, list[Compared]] = field(default_factory=dict)

    def of(self, start: int) -> list[Compared]:
        """Those of the script that begins with the pipeline `start`."""
        if start not in self.found:
            some = list(drawn(SEED, PIPELINES, self.folder))[start : start + OF_A_SCRIPT]
            text = script(some).encode()
            run = run_text(f"run-{start}", "generated.py", text, "ray", OPTIONS, self.base, self.ray)
            assert run.ok, f"{run.message}\n{run.stderr}"
            self.found[start] = list(compared(run, some))
        return self.found[start]


@pytest.fixture(scope="module")
def measurements(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measurements]:
    folder = tmp_path_factory.mktemp("files")
    for rows in FILE_ROWS:
        pq.write_table(pa.table({"id": range(rows)}), folder / f"{rows}.parquet")
    with workspace() as base, PrivateRay(base) as ray:
        ray.session(OPTIONS.cluster, base)
        yield Measurements(folder, base, ray)


@pytest.mark.parametrize("start", STARTS)
def test_no_prediction_of_pipelines_that_no_fixture_knows_is_wrong(measurements: Measurements, start: int) -> None:
    assert [str(result) for result in measurements.of(start) if result.wrong] == []


def test_most_is_predicted(measurements: Measurements) -> None:
    results = [result for start in STARTS for result in measurements.of(start)]
    made = Counter(result.measure for result in results)
    exact = Counter(result.measure for result in results if result.predicted == result.measured)
    share = {what: exact[what] / made[what] for what in MEASURES}
    print(share, made, *(result for result in results if result.predicted is None), sep="\n")
    assert share[Measure.LARGEST_CALL] >= 0.6
    assert share[Measure.TASKS] >= 0.9
