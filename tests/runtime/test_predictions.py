"""What the model predicts of 40 pipelines that no fixture knows is what Ray does: calls, tasks, nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from daft_lint_runtime import measure
from daft_lint_runtime.cases import predictions
from daft_lint_runtime.harness import Run, run_text
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


def test_predictions_of_pipelines_that_no_fixture_knows_hold_on_ray(tmp_path: Path, base: Path) -> None:
    for rows in FILE_ROWS:
        pq.write_table(pa.table({"id": range(rows)}), tmp_path / f"{rows}.parquet")
    pipelines = list(drawn(SEED, PIPELINES, tmp_path))
    options = RunOptions(timeout=90, cluster=ClusterSpec(nodes=NODES, cpus_per_node=1))
    results: list[Compared] = []
    with PrivateRay(base) as ray:
        for start in range(0, PIPELINES, OF_A_SCRIPT):
            some = pipelines[start : start + OF_A_SCRIPT]
            run = run_text(f"run-{start}", "generated.py", script(some).encode(), "ray", options, base, ray)
            assert run.ok, f"{run.message}\n{run.stderr}"
            results += compared(run, some)
    made = Counter(result.measure for result in results)
    exact = Counter(result.measure for result in results if result.predicted == result.measured)
    share = {what: exact[what] / made[what] for what in MEASURES}
    print(share, made, *(result for result in results if result.predicted is None), sep="\n")
    assert [str(result) for result in results if result.wrong] == []
    assert share[Measure.LARGEST_CALL] >= 0.6
    assert share[Measure.TASKS] >= 0.9
