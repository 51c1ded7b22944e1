"""Runs on a Ray of somebody else: two nodes, of which one has folders that nobody else sees."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from daft_lint_runtime import processes
from daft_lint_runtime.cases import linted_case
from daft_lint_runtime.harness import run_text, workspace
from daft_lint_runtime.spec import MARKER_ENV, ClusterSpec, RunOptions
from daft_lint_runtime.tuning.numbers import find_numbers
from daft_lint_runtime.tuning.session import TuneOptions, tune
from daft_lint_runtime.verify import verify_case

from daft_lint.config import Config
from daft_lint.source.document import Document
from tests.runtime.runtime_cases import KEPT

pytestmark = [pytest.mark.ray, pytest.mark.slow]

JOB = """
import daft, time
from daft import DataType, Series

@daft.func.batch(return_dtype=DataType.int64(), batch_size=64)
def double(x: Series) -> Series:
    time.sleep(0.05)
    return Series.from_pylist([v * 2 for v in x.to_pylist()])

df = daft.range(1024).into_batches(16)
df = df.with_column("y", double(df["id"]))  # noqa: DFT501
df.write_parquet("out")
print(df.agg(daft.col("y").sum()).to_pydict())
"""


@dataclass
class Foreign:
    port: int
    client_port: int
    folder: Path
    """The second node's temporary folder, as this process sees it; its own where the system lets it have one."""
    marker: str

    def session(self) -> list[int]:
        """The processes that a stopped cluster would lack: its raylets and its control store."""
        found = processes.marked(self.marker)
        return sorted(p.pid for p in found if p.name() in ("raylet", "gcs_server"))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _may_unshare() -> bool:
    tried = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.fixture(scope="module")
def foreign(request: pytest.FixtureRequest) -> Iterator[Foreign]:
    """A cluster of two nodes with one CPU each, started by `ray start` from an environment without this project;
    the parameter is Ray's authentication mode."""
    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_AUTH_MODE", request.param)
    if request.param == "token":
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
    patch.delenv("RAY_ADDRESS", raising=False)
    home = Path(tempfile.mkdtemp(prefix="rc-", dir="/tmp"))
    patch.setenv("RAY_TMPDIR", str(home))
    marker = secrets.token_hex(8)
    environment = {**os.environ, MARKER_ENV: marker, "RAY_USAGE_STATS_ENABLED": "0", "TMPDIR": "/tmp"}
    environment.pop("PYTHONPATH", None)
    ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--num-cpus=1", "--object-store-memory=150000000"]
    port, client_port = _free_port(), _free_port()
    head = ["--head", f"--port={port}", f"--ray-client-server-port={client_port}", f"--temp-dir={home}"]
    # Worker ports of its own, below those that the system hands out: the second node, on this host too, has Ray's.
    head += ["--include-dashboard=false", "--min-worker-port=20000", "--max-worker-port=20200"]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        if subprocess.run([*ray, *head], env=environment, cwd="/", check=False, **streams).returncode:
            processes.end_all(marker)  # on a busy machine Ray gives up after a minute
            subprocess.run([*ray, *head], env=environment, cwd="/", check=True, **streams)
        apart = _may_unshare()
        start = [*ray, f"--address=127.0.0.1:{port}", "--block"]
        script = 'mount -t tmpfs tmpfs /tmp && exec "$@"'
        command = ["unshare", "-m", "sh", "-c", script, "sh", *start] if apart else start
        second = subprocess.Popen(command, env=environment, cwd="/", **streams)
        folder = Path(f"/proc/{second.pid}/root/tmp") if apart else Path("/tmp")
        found = Foreign(port, client_port, folder, marker)
        until = time.monotonic() + 30
        while not (len(found.session()) == 3 and _listens(client_port)) and time.monotonic() < until:
            time.sleep(0.2)
        time.sleep(2)  # until the raylet has joined
        yield found
        processes.end_all(marker)
        second.wait()
    finally:
        processes.end_all(marker)
        shutil.rmtree(home, ignore_errors=True)
        patch.undo()


PLAIN, CLIENT = "127.0.0.1:{0.port}", "ray://127.0.0.1:{0.client_port}"


@pytest.mark.parametrize(
    ("foreign", "address"),
    [("token", PLAIN), ("token", CLIENT), ("token", "auto"), ("disabled", PLAIN)],
    indirect=["foreign"],
)
def test_what_the_nodes_hold_comes_home_and_the_cluster_stays(foreign: Foreign, tmp_path: Path, address: str) -> None:
    running = foreign.session()
    assert len(running) == 3
    script = tmp_path / "job.py"
    script.write_text(JOB)
    options = RunOptions(timeout=60, cluster=ClusterSpec(address=address.format(foreign)))
    result = verify_case(linted_case(script, Config()), options)
    (verdict,) = result.verdicts
    assert (verdict.finding.code, verdict.outcome in KEPT) == ("DFT103", True), verdict.reason
    assert [c.message for c in result.comparisons] == ["1 rows, all the same", "1,024 rows, all the same"]
    for run in (result.before, result.after):
        assert run is not None
        assert sum(call.rows for call in run.calls) == 2048
        assert len({call.node for call in run.calls}) == 2
        assert run.leftovers == 0
    assert foreign.session() == running
    assert not [name for name in os.listdir(foreign.folder) if name.startswith(("dl-", "daft-lint-"))]


@pytest.mark.parametrize("foreign", ["token"], indirect=True)
def test_a_run_that_is_ended_leaves_the_cluster_as_it_was(foreign: Foreign, tmp_path: Path) -> None:
    running = foreign.session()
    options = RunOptions(timeout=45, cluster=ClusterSpec(address=f"127.0.0.1:{foreign.port}"))
    text = textwrap.dedent(JOB).replace("0.05", "10")
    with workspace() as base:
        run = run_text("run", str(tmp_path / "job.py"), text.encode(), "ray", options, base)
    assert run.status == "timeout"
    assert run.calls
    assert foreign.session() == running
    assert not [name for name in os.listdir(foreign.folder) if name.startswith(("dl-", "daft-lint-"))]


@pytest.mark.parametrize("foreign", ["token"], indirect=True)
def test_a_cluster_that_nobody_named_is_left_alone(
    foreign: Foreign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = foreign.session()
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{foreign.port}")
    text = JOB + "import ray\nray.init(address='auto')\n"
    with workspace() as base:
        run = run_text("run", str(tmp_path / "job.py"), text.encode(), "ray", RunOptions(timeout=60), base)
    assert run.ok, run.message
    assert run.cluster["nodes"] == 1
    assert len({call.node for call in run.calls}) == 1
    assert foreign.session() == running


@pytest.mark.parametrize("foreign", ["token"], indirect=True)
def test_numbers_are_tuned_on_a_cluster_that_stays(foreign: Foreign, tmp_path: Path) -> None:
    running = foreign.session()
    script = tmp_path / "job.py"
    script.write_text(JOB)
    address = ClusterSpec(address=f"127.0.0.1:{foreign.port}")
    document = Document.read(script)
    numbers = [n for n in find_numbers(document, Config()).numbers if n.answers_to("into_batches")]
    options = TuneOptions(RunOptions(timeout=90, cluster=address), rounds=1, values=(64,))
    result = tune(document, numbers, Config(), options, lambda *_: None)
    (tuned,) = result.numbers
    assert result.place == "Ray, 2 × 1 CPUs"
    assert {value: (len(t.memory), t.problem) for value, t in tuned.trials.items()} == {16: (1, ""), 64: (1, "")}
    assert foreign.session() == running
    assert not [name for name in os.listdir(foreign.folder) if name.startswith(("dl-", "daft-lint-"))]
