"""`daft-lint tune` on a private Ray, as a user starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.runtime.test_harness import _wait_for

pytestmark = [pytest.mark.ray, pytest.mark.slow]

SCRIPT = """
import pathlib
import time

import daft
from daft import DataType, Series, col

PARTITIONS = 2


@daft.cls(max_concurrency=1)
class Model:
    @daft.method.batch(return_dtype=DataType.int64(), batch_size=4)
    def score(self, x: Series) -> Series:
        time.sleep(0.1)
        pathlib.Path("FLAG").touch()
        return x


df = daft.range(64).repartition(PARTITIONS)
df.with_column("score", Model().score(col("id"))).write_parquet("out")
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path, for Ray's sockets: it holds the script and, in `t`, what a command leaves among temporary files."""
    with tempfile.TemporaryDirectory(dir="/tmp") as base:
        (Path(base) / "t").mkdir()
        (Path(base) / "job.py").write_text(SCRIPT.replace("FLAG", f"{base}/scoring"))
        yield Path(base)


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "from daft_lint.cli import main\nsys.exit(main(sys.argv[1:]))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(folder / "t")}
    return subprocess.Popen(
        [sys.executable, "-c", code, "tune", "job.py", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_batch_is_tuned_on_ray_and_nothing_is_left(folder: Path) -> None:
    options = ("--only", "batch_size", "--values", "64", "--rounds", "1", "--format", "json", "--apply")
    with start(folder, *options, "--html", "page.html") as tune:
        out, err = tune.communicate(timeout=400)
    assert tune.returncode == 0, err
    (number,) = json.loads(out)["numbers"]
    assert number["uses"] == ["batch_size of Model.score"]
    assert 64 in number["plateau"]
    assert {standing["value"] for standing in number["values"]} == {4, 64}
    assert all(standing["memory_bytes"] > 0 for standing in number["values"])
    assert f"batch_size={number['choice']['value']})" in (folder / "job.py").read_text()
    assert list((folder / "t").iterdir()) == []
    assert not (folder / "out").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_tune_is_ended_and_leaves_nothing(folder: Path, number: signal.Signals) -> None:
    tune = start(folder, "--only", "PARTITIONS")
    try:
        _wait_for((folder / "scoring").exists, 90)
        members = psutil.Process(tune.pid).children(recursive=True)
        assert len(members) > 5
        tune.send_signal(number)
        tune.communicate(timeout=60)
    finally:
        tune.send_signal(signal.SIGTERM)
        tune.wait(timeout=60)
    assert tune.returncode == (130 if number == signal.SIGINT else -number)
    _wait_for(lambda: not any(process.is_running() for process in members), 60)
    _wait_for(lambda: not [p for p in (folder / "t").iterdir() if p.name.startswith("dl-")], 60)
