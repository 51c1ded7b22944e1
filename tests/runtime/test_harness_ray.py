"""Runs on a private Ray: what is answered, and what is left when something dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from daft_lint_runtime.harness import run_text
from daft_lint_runtime.measure import measured
from daft_lint_runtime.private_ray import PrivateRay
from daft_lint_runtime.spec import RunOptions

from daft_lint.api.promises import Measure
from tests.runtime.conftest import RunScript
from tests.runtime.test_harness import VERIFY, _wait_for, assert_nothing_is_left

pytestmark = [pytest.mark.ray, pytest.mark.slow]


@pytest.mark.parametrize("mode", ["token", "disabled"])
def test_a_private_ray_with_and_without_tokens(
    run_script: RunScript, base: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", mode)
    run = run_script(
        """
        import os
        os.environ["SET_BY_THE_SCRIPT"] = "yes"
        import daft, ray
        ray.init(num_cpus=64, runtime_env={"env_vars": {"GIVEN": "yes"}})
        daft.set_runner_ray()

        @daft.func
        def seen(x: int) -> str:
            return os.environ.get("SET_BY_THE_SCRIPT", "no") + os.environ.get("GIVEN", "no")

        df = daft.from_pydict({"x": list(range(64))}).repartition(4)
        print(set(df.select(seen(df["x"]).alias("s")).to_pydict()["s"]), ray.cluster_resources()["CPU"])
        ray.shutdown()
        print(df.count_rows())
        """,
        runner="ray",
    )
    assert run.ok, run.stderr
    assert run.stdout.splitlines() == [f"{{'yesyes'}} {run.cluster['cpus']}", "64"]
    assert any(note.startswith("ray.init(num_cpus=64)") for note in run.notes)
    assert sum(c.rows for c in run.calls) == 64
    assert all(c.node and c.actor for c in run.calls)
    assert run.object_store["put_bytes"] > 0
    assert run.leftovers == 0
    assert_nothing_is_left(base)


def test_a_worker_that_dies_fails_the_run_and_leaves_nothing(run_script: RunScript, base: Path) -> None:
    run = run_script(
        """
        import daft, os, signal

        @daft.func
        def deadly(x: int) -> int:
            os.kill(os.getpid(), signal.SIGKILL)
            return x

        df = daft.from_pydict({"x": [1, 2, 3]})
        df.select(deadly(df["x"])).collect()
        """,
        runner="ray",
        stall=8.0,
    )
    assert run.status in ("failed", "killed")
    if run.status == "killed":
        assert run.message.startswith("a worker process of Ray died, killed or out of memory, and Daft waited for it")
    assert_nothing_is_left(base)


def test_a_failure_on_ray_is_said_by_its_cause_among_no_progress_bars(run_script: RunScript) -> None:
    run = run_script(
        """
        import daft, time
        from daft import DataType, Series, col

        @daft.func.batch(return_dtype=DataType.int64(), batch_size=10)
        def fail(x: Series) -> Series:
            time.sleep(0.3)
            return Series.from_pylist([1 // (v - 77) for v in x.to_pylist()])

        daft.range(100).into_batches(10).select(fail(col("id"))).collect()
        """,
        runner="ray",
    )
    assert (run.status, run.message) == ("failed", "ZeroDivisionError: integer division or modulo by zero")
    assert "it/s]" not in run.stdout + run.stderr


RAY_SLEEPER = """
import daft, time
from pathlib import Path

@daft.func
def slow(x: int) -> int:
    Path({flag!r}).touch()
    time.sleep(600)
    return x

df = daft.from_pydict({{"x": [1]}})
df.select(slow(df["x"])).collect()
"""


@pytest.mark.parametrize(
    ("victim", "number"),
    [
        ("verify", signal.SIGINT),
        ("verify", signal.SIGKILL),
        ("daft_lint_runtime.supervise", signal.SIGKILL),
        ("daft_lint_runtime.ray_owner", signal.SIGKILL),
    ],
)
def test_whoever_is_ended_in_a_query_ray_ends_too(tmp_path: Path, victim: str, number: signal.Signals) -> None:
    flag, script = tmp_path / "running", tmp_path / "sleeper.py"
    script.write_text(RAY_SLEEPER.format(flag=str(flag)))
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    verify = subprocess.Popen(
        [sys.executable, "-c", VERIFY.replace('"native"', '"ray"'), str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    )
    assert verify.stdout is not None
    folder = Path(verify.stdout.readline().strip())
    _wait_for(flag.exists, 40)
    # Ray's agents write over their environment, so that they are told by their parents alone.
    members = psutil.Process(verify.pid).children(recursive=True)
    assert len(members) > 5
    target = next((p for p in members if victim in p.cmdline()), psutil.Process(verify.pid))
    assert (target.pid == verify.pid) is (victim == "verify")
    target.send_signal(number)
    verify.communicate(timeout=40)
    _wait_for(lambda: not folder.exists())
    _wait_for(lambda: not any(process.is_running() for process in members))


def test_each_run_takes_workers_of_its_own_that_started_ahead(base: Path, tmp_path: Path) -> None:
    text = """
import daft, os, psutil, ray
from daft import DataType, Series, col

@daft.func.batch(return_dtype=DataType.float64())
def work(x: Series) -> Series:
    held = os.urandom(1) * {size}
    return Series.from_pylist([psutil.Process().create_time()] * len(x))

(row,) = daft.range(1).select(work(col("id")).alias("started")).to_pylist()
print(row["started"], dict(ray.get_runtime_context().runtime_env))
"""
    with PrivateRay(base) as ray:
        runs = []
        for label, size in (("first", 400_000_000), ("second", 10)):
            script = text.replace("{size}", str(size)).encode()
            runs.append(run_text(label, str(tmp_path / "job.py"), script, "ray", RunOptions(timeout=60), base, ray))
    first, second = runs
    for run in runs:
        started, environment = run.stdout.split(maxsplit=1)
        assert environment.strip() == "{}"  # one of its own would need other workers than those that are there
        assert float(started) < run.queries[0]["began"]
    assert not {p.pid for p in first.memory} & {p.pid for p in second.memory}
    large, small = (measured(Measure.WORKER_MEMORY, run) or 0.0 for run in runs)
    assert large - small > 200_000_000
