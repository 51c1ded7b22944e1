"""The measured facts come out again on Ray: heavy data and where its batches are cut."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from daft_lint_runtime.case import VerifyCase

from tests.runtime.conftest import Verify
from tests.runtime.runtime_cases import KEPT, PAIRS, finding, pair

pytestmark = [pytest.mark.ray, pytest.mark.slow]


def test_batches_bound_the_calls_and_the_memory_of_a_heavy_udf(verify: Verify) -> None:
    """e1: no batching 9,003 MB, `into_batches(32)` 3,530 MB."""
    (verdict,) = verify(pair("heavy_udf", "DFT101", "brightness(df")).verdicts
    assert verdict.outcome in KEPT, verdict.reason
    assert verdict.udfs == ("brightness",)
    rows, tasks, size, memory, _ = verdict.measures
    assert (tasks.before, tasks.after) == (1, 8)
    assert (rows.before, rows.after) == (256, 32)
    assert size.ratio == pytest.approx(1 / 8, rel=0.01)
    assert memory.ratio is not None
    assert memory.ratio < 0.7


def test_batches_belong_before_the_step_that_makes_the_data_heavy(verify: Verify) -> None:
    """e2: cut after it 5,602 MB, before it 3,530 MB; float32 from bytes is four times the size."""
    (verdict,) = verify(pair("placement", "DFT102", "df.into_batches")).verdicts
    assert verdict.outcome in KEPT, verdict.reason
    measures = {m.title: m for m in verdict.measures}
    assert measures["bytes rebatched"].ratio == pytest.approx(0.25, rel=0.01)
    assert measures["object store"].ratio == pytest.approx(0.25, rel=0.05)
    assert measures["memory of a worker"].after < measures["memory of a worker"].before


def test_a_shuffle_that_is_cut_again_is_for_nothing(verify: Verify) -> None:
    """e8: 816 MB shuffled by both, 410 MB by the second alone."""
    (verdict,) = verify(pair("shuffle", "DFT205", "repartition(16)")).verdicts
    assert verdict.outcome in KEPT, verdict.reason
    measures = {m.title: m for m in verdict.measures}
    assert (measures["shuffles"].before, measures["shuffles"].after) == (2, 1)
    assert measures["bytes shuffled"].ratio == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize("runner", ["native", "ray"])
def test_a_class_loads_once_what_a_function_loads_in_each_call(runner: str) -> None:
    """e9: 16 loads for 256 rows in calls of 16, and one."""
    command = [sys.executable, str(PAIRS / "load.py")]
    environment = {**os.environ, "DAFT_RUNNER": runner, "RAY_AUTH_MODE": "disabled", "RAY_ADDRESS": "local"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert run.stdout.splitlines()[-1:] == ["16 1"], run.stderr


def test_images_that_the_engine_decodes_weigh_on_its_workers_alone(verify: Verify) -> None:
    """Without a UDF nothing is recorded of calls; the pages of the object store that a worker maps are not its own."""
    text = """
import daft, io, numpy as np
from PIL import Image
from daft.functions import decode_image

out = io.BytesIO()
Image.fromarray(np.random.default_rng(0).integers(0, 255, (256, 256, 3), dtype=np.uint8)).save(out, "PNG")
df = daft.from_pydict({"d": [out.getvalue()] * 512})
df.with_column("i", decode_image(df["d"])).write_parquet("out")
"""
    cut = text.replace("df.with_column", "df.into_batches(32).with_column")
    case = VerifyCase("images.py", text.encode(), cut.encode(), (finding("DFT106", "images.py", 9),))
    (verdict,) = verify(case).verdicts
    assert verdict.outcome == "confirmed, but", verdict.reason
    assert verdict.reason.endswith("but files written 1 → 16")
    rows, memory, _ = verdict.measures
    assert (rows.before, rows.after) == (512, 32)
    assert memory.title == "memory of a worker"
    assert memory.before > 512 * 256 * 256 * 3
    assert memory.after < memory.before / 2
