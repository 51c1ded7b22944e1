"""A run on the native runner: what the script sees, what is kept of it, and how it ends in bad cases."""

from __future__ import annotations

import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.harness import workspace
from daft_lint_runtime.processes import marked
from daft_lint_runtime.spec import MARKER_ENV, RunOptions, VerifyError
from daft_lint_runtime.supervise import shared_memory_prefix
from daft_lint_runtime.verify import verify_case

from tests.runtime.conftest import RunScript


def assert_nothing_is_left(base: Path) -> None:
    marker = (base / "run" / "spec.json").read_text().partition('"marker": "')[2].partition('"')[0]
    assert len(marker) == 24
    assert marked(marker) == []
    assert glob.glob(f"/dev/shm{shared_memory_prefix(marker)}*") == []


QUERY = """
import daft

@daft.func
def double(x: int) -> int:
    return 2 * x

df = daft.from_pydict({"x": list(range(10))})
df = df.with_column("y", double(df["x"])).collect()
"""


def test_the_script_is_main_and_gets_its_arguments(run_script: RunScript, tmp_path: Path) -> None:
    run = run_script(
        """
        import inspect, os, sys

        def here():
            return 1

        print(__name__, sys.argv[1:], os.path.basename(__file__), sys.path[0] == os.path.dirname(__file__))
        print(inspect.getsource(here).strip().splitlines()[-1].strip(), here.__module__)
        """,
        script_args=("--rows", "3"),
    )
    assert run.ok, run.message
    assert run.stdout.splitlines() == ["__main__ ['--rows', '3'] script.py True", "return 1 __main__"]


def test_rows_calls_metrics_and_memory_are_kept(run_script: RunScript, base: Path) -> None:
    run = run_script(QUERY)
    assert run.ok, run.message
    (query,) = run.queries
    assert (query["line"], query["rows"], query["complete"]) == (9, 10, True)
    assert query["schema"] == [["x", "Int64"], ["y", "Int64"]]
    (call,) = run.calls
    assert (call.udf, call.kind, call.rows, call.line) == ("double", "row", 10, 4)
    assert (call.bytes_in, call.bytes_out) == (80, 80)
    assert call.base > 10 * 2**20
    assert call.peak > 0.9 * call.base  # the system keeps the peak less exactly than the present
    assert any(op.rows_out == 10 for op in run.operators)
    assert run.peak > 2**20
    assert run.leftovers == 0
    assert_nothing_is_left(base)


def test_every_kind_of_udf_is_seen_with_the_rows_of_its_calls(run_script: RunScript) -> None:
    run = run_script(
        """
        import daft, warnings
        from collections.abc import Iterator
        warnings.simplefilter("ignore")
        INT = daft.DataType.int64()

        @daft.func
        def row(x: int) -> int: return x
        @daft.func.batch(return_dtype=INT)
        def batch(x): return x
        @daft.func
        async def later(x: int) -> int: return x
        @daft.func
        def many(x: int) -> Iterator[int]:
            yield x
            yield x
        @daft.func(use_process=True)
        def apart(x: int) -> int: return x
        @daft.udf(return_dtype=INT, batch_size=50)
        def legacy(x): return x
        @daft.cls
        class Model:
            def __init__(self, k): self.k = k
            @daft.method(return_dtype=INT)
            def one(self, x: int): return x
            @daft.method.batch(return_dtype=INT)
            async def all(self, x): return x
        def plain(x): return x

        df = daft.from_pydict({"x": list(range(300))}).into_batches(100)
        x, model = daft.col("x"), Model(1)
        calls = [row(x), batch(x), later(x), many(x), apart(x), legacy(x), model.one(x), model.all(x)]
        for call in [*calls, x.apply(plain, INT)]:
            df.with_column("y", call).collect()
        """
    )
    assert run.ok, run.stderr
    rows: dict[str, list[int]] = {}
    for call in run.calls:
        rows.setdefault(call.udf, []).append(call.rows)
    assert set(rows) == {"row", "batch", "later", "many", "apart", "legacy", "Model.one", "Model.all", "plain"}
    assert {name: sum(counts) for name, counts in rows.items()} == dict.fromkeys(rows, 300)
    assert max(rows["legacy"]) == 50
    assert all(max(counts) == 100 for name, counts in rows.items() if name != "legacy")
    assert len({c.pid for c in run.calls}) >= 2  # `apart` ran in a process of its own


def test_the_calls_of_a_killed_process_are_kept(run_script: RunScript) -> None:
    run = run_script("""
        import daft, os, signal
        from daft import DataType, Series

        @daft.func.batch(return_dtype=DataType.int64(), batch_size=1)
        def deadly(x: Series) -> Series:
            if x.to_pylist()[0] == 1500:
                os.kill(os.getpid(), signal.SIGKILL)
            return x

        df = daft.range(2000)
        df.select(deadly(df["id"])).collect()
    """)
    assert run.status == "killed"
    assert [c.rows for c in run.calls] == [1] * len(run.calls)
    assert len(run.calls) >= 1024


def test_sinks_are_redirected_and_read_back(run_script: RunScript, tmp_path: Path) -> None:
    run = run_script(
        f"""
        import daft
        df = daft.from_pydict({{"x": [1, 2, 3]}})
        df.write_parquet("{tmp_path}/out")
        print(daft.read_parquet("{tmp_path}/out/*.parquet").count_rows())
        """
    )
    assert run.ok, run.stderr
    assert run.stdout.strip() == "3"
    assert not (tmp_path / "out").exists()
    (sink,) = run.sinks
    assert (sink["name"], sink["to"], sink["line"]) == ("write_parquet", f"{tmp_path}/out", 4)
    assert list((run.out / "sinks" / sink["folder"]).glob("*.parquet"))


def test_a_write_that_cannot_be_redirected_stops_the_run_before_it_starts(run_script: RunScript) -> None:
    text = "import daft\ndf = daft.from_pydict({'x': [1]})\ndf.write_sql('t', 'sqlite://')\n"
    with pytest.raises(VerifyError, match=r"script\.py:3: write_sql cannot be redirected"):
        run_script(text)


WRITES = """
import daft
from daft import col

df = daft.from_pydict({{
    "id": [1, 2, 3, 4, None],
    "x": [1.5, {x!r}, None, 2.0, 0.1],
    "s": ["a;b", None, "", {s!r}, "\\n"],
    "n": [{{"a": 1, "b": None}}, None, {{"a": None, "b": [0.5]}}, {{"a": 2, "b": [1.0]}}, None],
}})
df.select("id", "x", "s").write_csv("csv", partition_cols=[col("id") % 2], delimiter=";")
df.select("id", "s").write_csv("bare", header=False, write_mode="overwrite")
df.write_json("json", partition_cols=["s"])
df.write_json("json")
df.write_parquet("parquet", partition_cols=["id"])
print(daft.read_parquet("parquet/**").count_rows())
"""


@pytest.mark.parametrize(
    ("x", "s", "differing"),
    [
        (0.3, "c", []),
        (0.1 + 0.2, "c", []),
        (0.4, "c", ["write_csv 1", "write_json 3", "write_json 4", "write_parquet 5"]),
        (0.3, "d", ["write_csv 1", "write_csv 2", "write_json 3", "write_json 4", "write_parquet 5"]),
    ],
)
def test_whatever_is_written_is_compared(tmp_path: Path, x: float, s: str, differing: list[str]) -> None:
    texts = [WRITES.format(x=x, s=s).encode() for x, s in ((0.3, "c"), (x, s))]
    result = verify_case(VerifyCase(str(tmp_path / "w.py"), *texts), RunOptions(runner="native", timeout=50))
    assert result.before is not None
    assert result.before.ok, result.before.stderr
    assert len(result.comparisons) == 6
    assert [c.what.partition(" (")[0] for c in result.comparisons if not c.equal] == differing
    assert list(tmp_path.iterdir()) == []


UPLOAD = """
import daft
from daft.functions import upload
df = daft.from_pydict({{"blob": [b"one", b"two"], "to": ["{folder}/a", "{folder}/b"]}})
print(df.select(upload(df["blob"], {to})).to_pydict())
"""


def test_uploads_go_elsewhere_and_their_bytes_are_compared(tmp_path: Path) -> None:
    texts = [UPLOAD.format(folder=tmp_path, to=repr(str(tmp_path / "up"))).replace("two", two) for two in ("two", "2")]
    for changed, status in ((texts[0], "harmless"), (texts[1], "refuted")):
        case = VerifyCase(str(tmp_path / "up.py"), texts[0].encode(), changed.encode())
        result = verify_case(case, RunOptions(runner="native", timeout=50))
        assert result.status == status, result
        assert [c.what for c in result.comparisons] == ["result 1 (line 5)", "upload 1 (line 5)"]
        assert [c.equal for c in result.comparisons] == [True, status == "harmless"]
    assert not (tmp_path / "up").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("daft.Session().drop_table('t')", "line 4: drop_table cannot be redirected"),
        ("from daft import write_table; write_table('t', df)", "line 4: write_table cannot be redirected"),
    ],
)
def test_what_changes_a_catalog_is_stopped(run_script: RunScript, change: str, said: str) -> None:
    run = run_script(f"""
        import daft
        df = daft.from_pydict({{"x": [1]}})
        {change}
    """)
    assert run.status == "failed"
    assert run.message.startswith(said)


def test_an_upload_to_the_places_of_a_column_is_stopped(run_script: RunScript, tmp_path: Path) -> None:
    run = run_script(UPLOAD.format(folder=tmp_path, to='df["to"]'))
    assert run.message.startswith("line 5: upload to the places of a column cannot be redirected")
    assert list(tmp_path.iterdir()) == []


def test_sources_are_replaced_and_rows_capped(run_script: RunScript, tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("x\n" + "\n".join(map(str, range(50))) + "\n")
    run = run_script(
        """
        import daft
        from daft import read_csv
        print(read_csv("s3://bucket/2026/*.csv").count_rows())
        """,
        sources={"s3://bucket/*": str(tmp_path / "small.csv")},
        limit_rows=20,
    )
    assert run.ok, run.stderr
    assert run.stdout.strip() == "20"


def test_the_scripts_own_runner_is_answered_and_noted(run_script: RunScript) -> None:
    run = run_script("import daft\ndaft.set_runner_ray()\n" + textwrap.dedent(QUERY))
    assert run.ok, run.stderr
    assert run.queries[0]["runner"] == "native"
    assert any("set_runner_ray() gets the native runner" in note for note in run.notes)


@pytest.mark.parametrize(
    ("ending", "status", "message"),
    [
        ("raise ValueError('no such thing')", "failed", "ValueError: no such thing"),
        ("import sys; sys.exit(3)", "failed", "exit code 3"),
        ("import sys; sys.exit('bad input')", "failed", "exit code 1"),
        ("import sys; sys.exit(0)", "ok", ""),
        ("import os; os._exit(0)", "ok", ""),
        ("import os; os._exit(4)", "failed", "exit code 4"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed", "ended by SIGKILL"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "killed", "ended by SIGSEGV"),
        ("this is no Python", "failed", "SyntaxError"),
    ],
)
def test_how_a_script_ends(run_script: RunScript, base: Path, ending: str, status: str, message: str) -> None:
    run = run_script(ending)
    assert run.status == status, run.stderr
    assert message in run.message
    assert_nothing_is_left(base)


def test_a_timeout_ends_the_whole_tree(run_script: RunScript, base: Path) -> None:
    began = time.monotonic()
    run = run_script(
        """
        import signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        time.sleep(600)
        """,
        timeout=3.0,
    )
    assert run.status == "timeout"
    assert "not done after 3 s" in run.message
    assert time.monotonic() - began < 20
    assert_nothing_is_left(base)


def test_a_daemon_that_leaves_the_tree_is_ended(run_script: RunScript, base: Path) -> None:
    run = run_script(
        """
        import os, sys, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
        os.wait()
        print("done", flush=True)
        """
    )
    assert run.ok, run.message
    assert run.leftovers == 1
    assert_nothing_is_left(base)


def test_a_memory_limit_ends_the_run(run_script: RunScript, base: Path) -> None:
    run = run_script(
        """
        import time
        held = []
        while True:
            held.append(bytearray(b"x") * 10_000_000)
            time.sleep(0.01)
        """,
        memory_limit=300 * 2**20,
    )
    assert run.status == "memory limit"
    assert "more than 300 MiB" in run.message
    assert_nothing_is_left(base)


def test_results_that_do_not_fit_the_disk_fail_with_a_clear_line(run_script: RunScript, base: Path) -> None:
    run = run_script(
        """
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        import daft
        daft.from_pydict({"x": list(range(100_000))}).with_column("y", daft.col("x") + 1).collect()
        """
    )
    assert run.status == "failed"
    assert "OSError" in run.message
    assert_nothing_is_left(base)


@pytest.fixture
def tiny_disk() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tiny-", dir="/tmp"))  # a longer path would not be taken: sockets go there
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("a file system of its own size can be mounted by root only")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


def test_a_full_disk_is_a_clear_line(tiny_disk: Path, tmp_path: Path) -> None:
    script = tmp_path / "large.py"
    script.write_text("import daft\ndf = daft.range(2_000_000)\ndf.with_column('y', df['id'] * 2).collect()\n")
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), TMPDIR=str(tiny_disk))
    command = [sys.executable, "-m", "daft_lint", "verify", str(script), "--runner", "native", "--format", "json"]
    for filled in (False, True):  # by the run, and before it
        if filled:
            (tiny_disk / "full").write_bytes(bytes(shutil.disk_usage(tiny_disk).free - 4096))
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        (found,) = json.loads(done.stdout)["scripts"]
        assert found["status"] == "failing"
        said = found["problem"] if filled else found["before"]["message"]
        assert "No space left" in said or "is full" in said
    assert [file.name for file in tiny_disk.iterdir()] == ["full"]


SLEEPER = """
import subprocess, sys, time
from pathlib import Path
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
Path({flag!r}).touch()
time.sleep(600)
"""

VERIFY = """
import signal, sys
from pathlib import Path
from daft_lint_runtime.cli import _end_on_signals
from daft_lint_runtime.harness import run_text, workspace
from daft_lint_runtime.spec import RunOptions

signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a shell it would be ignored
_end_on_signals()
script = Path(sys.argv[1])
with workspace() as base:
    print(base, flush=True)
    run_text("run", str(script), script.read_bytes(), "native", RunOptions(), base)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_verify_is_ended_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    flag = tmp_path / "running"
    script = tmp_path / "sleeper.py"
    script.write_text(SLEEPER.format(flag=str(flag)))
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    verify = subprocess.Popen(
        [sys.executable, "-c", VERIFY, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    )
    assert verify.stdout is not None
    folder = Path(verify.stdout.readline().strip())
    _wait_for(flag.exists)
    members = _members(folder)
    assert members
    verify.send_signal(number)
    verify.communicate(timeout=30)
    _wait_for(lambda: not folder.exists())
    _wait_for(lambda: not any(psutil.pid_exists(pid) and _is_ours(pid) for pid in members))


def test_a_second_interrupt_leaves_nothing_either(monkeypatch: pytest.MonkeyPatch) -> None:
    remove = shutil.rmtree
    interrupts = [KeyboardInterrupt()]

    def interrupted(*arguments: object, **options: object) -> None:
        if interrupts:
            raise interrupts.pop()
        remove(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt), workspace() as base:  # noqa: PT012
        (base / "run").mkdir()
        raise KeyboardInterrupt
    assert not base.exists()


def _members(folder: Path) -> list[int]:
    text = (folder / "run" / "spec.json").read_text()
    marker = text.partition('"marker": "')[2].partition('"')[0]
    return [process.pid for process in marked(marker)]


def _is_ours(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return MARKER_ENV in process.environ() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _wait_for(condition: object, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def test_a_killed_supervisor_takes_its_run_along(run_script: RunScript, base: Path) -> None:
    run = run_script(
        """
        import os, psutil, signal, time
        parent = psutil.Process(os.getppid())
        assert "daft_lint_runtime.supervise" in parent.cmdline()
        os.kill(parent.pid, signal.SIGKILL)
        time.sleep(600)
        """
    )
    assert run.status == "killed"
    assert "supervisor was killed" in run.message
    assert_nothing_is_left(base)


def test_a_workspace_has_a_path_that_is_short_enough_for_sockets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deep = tmp_path / ("x" * 60)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with workspace() as folder:
        assert len(str(folder)) < 50
    assert not folder.exists()
