"""The measured facts come out again on Ray: how many partitions, how many calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from daft_lint_runtime import measure
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.cases import linted_case
from daft_lint_runtime.harness import run_text
from daft_lint_runtime.spec import ClusterSpec, RunOptions

from daft_lint.api.promises import Measure
from daft_lint.config import Config
from daft_lint.pipeline.model import Cluster, Settings
from tests.runtime.conftest import Verify
from tests.runtime.runtime_cases import KEPT, PAIRS, measured, pair

pytestmark = [pytest.mark.ray, pytest.mark.slow]
OPTIONS = RunOptions(timeout=60)


def test_too_many_partitions_starve_the_batches(verify: Verify) -> None:
    """e3: `repartition(1024)` 1,024 calls of 30 rows at most, `repartition(16)` 264 calls of 64."""
    (verdict,) = verify(pair("formula", "DFT201", "repartition")).verdicts
    assert verdict.outcome in KEPT, verdict.reason
    measures = {m.title: m for m in verdict.measures}
    assert (measures["tasks"].before, measures["tasks"].after) == (64, 4)
    assert measures["median call"].before < 16
    assert measures["median call"].after == 64
    assert measures["calls"].after < measures["calls"].before / 4


def test_one_piece_is_one_task(verify: Verify) -> None:
    """e3, e5: no fan-out is one task on one node; `repartition(8)` is eight."""
    (verdict,) = verify(pair("no_fan_out", "DFT203", "read(df")).verdicts
    assert verdict.outcome in KEPT, verdict.reason
    tasks = verdict.measures[0]
    assert (tasks.title, tasks.before, tasks.after) == ("tasks", 1, 8)


def test_batches_below_the_udfs_batch_size_multiply_the_calls(verify: Verify) -> None:
    """e3: `into_batches(16)` 1,024 calls, `into_batches(64)` 256."""
    (verdict,) = verify(pair("small_batches", "DFT103", "into_batches")).verdicts
    assert verdict.outcome in KEPT, verdict.reason
    calls, largest = verdict.measures
    assert (calls.before, calls.after) == (32, 8)
    assert (largest.before, largest.after) == (16, 64)


def test_what_the_model_predicts_is_what_ray_does(base: Path) -> None:
    """e5, e7: the partitions of sources and steps, and the rows that reach a call."""
    case = linted_case(PAIRS / "partitions.py", Config())
    predicted = case.predicted[0]
    assert ("behind_a_download", Measure.LARGEST_CALL) in predicted
    # 40 rows are left over, and may come before a batch: see `daft_lint.pipeline.dataflow.effects`.
    assert not [what for udf, what in predicted if udf == "behind_uneven_batches"]
    run = run_text("run", case.path, case.original, "ray", OPTIONS, base)
    assert run.ok, run.stderr
    assert measured(run, predicted) == dict(predicted)
    assert measure.largest_call(run, ["behind_uneven_batches"]) in (64, 104)
    assert measure.tasks(run, ["behind_uneven_batches"]) in (15, 16)


def test_an_order_that_the_script_asked_for_must_stay(verify: Verify) -> None:
    """e4: on Ray `repartition` keeps no order."""
    case = VerifyCase("order.py", (PAIRS / "order.py").read_bytes(), (PAIRS / "order.fixed.py").read_bytes())
    result = verify(case)
    assert result.status == "refuted"
    assert "in another order" in result.comparisons[0].message
    unsorted = [text.replace(b'.sort("id", desc=True)', b"") for text in (case.original, case.fixed or b"")]
    assert verify(VerifyCase("order.py", *unsorted)).status == "harmless"


def test_missing_actors_are_waited_for(base: Path) -> None:
    """e6: as long as the configuration says, 120 s where it says nothing; then those that fit do the work."""
    import daft

    assert daft.context.get_context().daft_execution_config.actor_udf_ready_timeout == 120
    path = PAIRS / "capacity.py"
    case = linted_case(path, Config(settings=Settings(cluster=Cluster(nodes=1, cpus_per_node=2))))
    assert [f.code for f in case.findings] == ["DFT303"]
    shortened = case.original.replace(b"\n\n\n@", b"\ndaft.set_execution_config(actor_udf_ready_timeout=20)\n\n\n@", 1)
    options = RunOptions(timeout=90, cluster=ClusterSpec(cpus_per_node=2))
    run = run_text("run", case.path, shortened, "ray", options, base)
    assert run.ok, run.stderr
    waited = measure.measured(Measure.FIRST_CALL, run)
    assert waited is not None
    assert 20 <= waited < 60
    assert len({call.actor for call in run.calls}) <= 2


def test_actors_with_gpus_spread_over_nodes_that_pretend_to_have_some(base: Path) -> None:
    text = b"""
import daft
from daft import DataType, Series

@daft.cls(max_concurrency=2, gpus=1)
class Model:
    @daft.method.batch(return_dtype=DataType.int64(), batch_size=16)
    def double(self, x: Series) -> Series:
        return Series.from_pylist([2 * v for v in x.to_pylist()])

df = daft.range(256).repartition(8)
df.select(Model().double(df["id"])).collect()
"""
    cluster = ClusterSpec(nodes=2, cpus_per_node=1, gpus_per_node=1)
    run = run_text("run", "gpus.py", text, "ray", RunOptions(timeout=60, cluster=cluster), base)
    assert run.ok, run.message
    assert run.cluster == {"nodes": 2.0, "cpus": 2.0, "gpus": 2.0}
    assert len({call.actor for call in run.calls}) == 2
    assert measure.nodes(run, ["Model.double"]) == 2
