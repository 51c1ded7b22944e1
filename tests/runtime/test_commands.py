"""The commands as a user calls them."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from daft_lint_runtime import cluster
from daft_lint_runtime.cli import Size, profile, tune, verify
from daft_lint_runtime.output import write

from daft_lint.cli.app import run
from daft_lint.config import parse
from daft_lint.init.installation import how_to_add

SCRIPT = """
import sys

import daft
import numpy as np
from daft import DataType, Series


@daft.func.batch(return_dtype=DataType.float64())
def mean(blob: Series) -> Series:
    return Series.from_pylist([float(np.frombuffer(b, dtype=np.uint8).mean()) for b in blob.to_pylist()])


df = daft.read_parquet("blobs.parquet")
df = df.with_column("mean", mean(df["blob"]))
df.select("id", "mean").write_parquet("out")
print("arguments", sys.argv[1:])
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    blobs = [bytes([i % 256]) * 40_000 for i in range(200)]
    pq.write_table(pa.table({"id": range(200), "blob": pa.array(blobs, pa.binary())}), tmp_path / "blobs.parquet")
    (tmp_path / "script.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_verify_fixes_in_memory_and_confirms(project: Path) -> None:
    result = CliRunner().invoke(verify, ["script.py", "--runner", "native", "--html", "page.html", "--", "a", "b"])
    assert result.exit_code == 0, result.output
    assert "DFT101 line 15: mechanism only: same rows; largest call 200 → 64 rows" in result.output
    assert "largest call" in result.output
    assert (project / "script.py").read_text() == SCRIPT
    assert not (project / "out").exists()
    assert (project / "page.html").read_text().startswith("<!doctype html>")


def test_verify_against_a_revision_refutes(project: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments], check=True, capture_output=True
        )

    git("init", "-q")
    git("add", "script.py")
    git("commit", "-qm", "first")
    (project / "script.py").write_text(SCRIPT.replace(".mean())", ".mean()) + 1"))
    arguments = ["script.py", "--runner", "native", "--against", "HEAD", "--format", "json"]
    result = CliRunner().invoke(verify, arguments, standalone_mode=False)
    assert result.return_value == 1, result.output
    data = json.loads(result.stdout)
    assert data["scripts"][0]["against"] == "HEAD"
    assert "200 of 200 rows differ" in data["scripts"][0]["comparisons"][0]["message"]


def test_nothing_to_verify(project: Path) -> None:
    (project / "other.py").write_text("print(1)\n")
    result = CliRunner().invoke(verify, ["missing.py"])
    assert result.exit_code != 0
    result = CliRunner().invoke(verify, ["script.py", "--against", "no-such-revision"])
    assert result.exit_code != 0
    assert "no-such-revision is not a file" in result.output


@pytest.mark.parametrize("command", [verify, profile, tune])
@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_cluster_that_is_not_there_is_said_at_once(project: Path, command: click.Command, scheme: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"{scheme}127.0.0.1:{free.getsockname()[1]}"
        result = CliRunner().invoke(command, ["script.py", "--address", address])
    assert result.exit_code != 0
    assert f"no Ray at {address}: " in result.output


@pytest.mark.parametrize("scheme", ["", "ray://"])
@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([], "no answer within 0.2 s"),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "something else answers there"),
        ([b"?"], "no answer within 0.2 s"),
        ([b"\0\0\0\4\0", b"\0\0\0\0"], None),
    ],
)
def test_what_listens_but_is_no_ray_is_said_at_once(
    scheme: str, answers: list[bytes], said: str | None, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray itself would try for minutes. The last answer is that of a gRPC server, in two parts."""
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        address = f"{scheme}127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                for part in answers:
                    connection.sendall(part)
                connection.settimeout(5)
                while connection.recv(100):
                    pass  # until the other side has had enough

        pool.submit(answer)
        if said is None:
            cluster.refuse_dead_address(address)
        else:
            result = CliRunner().invoke(verify, ["script.py", "--address", address])
            assert result.exit_code != 0
            assert result.output.splitlines() == [f"Error: no Ray at {address}: {said}"]


def test_a_client_address_without_a_port_is_refused(project: Path) -> None:
    result = CliRunner().invoke(verify, ["script.py", "--address", "ray://127.0.0.1"])
    assert result.exit_code != 0
    assert result.output == "Error: --address ray://127.0.0.1: add the port of Ray's client server, mostly 10001\n"


def test_auto_is_no_cluster_that_nobody_noted(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    result = CliRunner().invoke(verify, ["script.py", "--address", "auto"])
    assert result.exit_code != 0
    assert "--address auto: no Ray is noted on this machine" in result.output
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text("127.0.0.1:1")
    result = CliRunner().invoke(verify, ["script.py", "--address", "auto"])
    assert "no Ray at 127.0.0.1:1: " in result.output
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:2")
    result = CliRunner().invoke(verify, ["script.py", "--address", "auto"])
    assert "no Ray at 127.0.0.1:2: " in result.output


def test_profile_writes_facts_that_the_configuration_reads(project: Path) -> None:
    result = CliRunner().invoke(profile, ["script.py", "--runner", "native"])
    assert result.exit_code == 0, result.output
    facts = (project / "daft-lint.facts.toml").read_text()
    settings = parse(facts, project / "daft-lint.facts.toml").settings
    ((udf, learned),) = settings.udfs
    assert udf == f"{project / 'script.py'}:mean"
    assert learned.seconds_per_batch is not None
    assert (learned.batch_rows, learned.skewed) == (200, False)
    ((pattern, source),) = settings.sources
    assert pattern == "blobs.parquet"
    assert (source.rows, source.files, source.heavy) == (200, 1, ("blob",))
    assert source.row_bytes == pytest.approx(40_012, abs=20)


@pytest.mark.parametrize(("text", "size"), [("2GiB", 2**31), ("500MB", 500_000_000), ("1.5k", 1500), ("7", 7)])
def test_sizes(text: str, size: int) -> None:
    assert Size().convert(text, None, None) == size


def test_without_the_extra_verify_says_how_to_get_it(project: Path) -> None:
    code = "import sys; sys.modules['daft'] = None\nfrom daft_lint_runtime import cli\ncli.verify.main(['script.py'])"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == f"Error: this command needs daft: {how_to_add('runtime')}\n"


def test_check_and_fix_do_not_import_the_runtime() -> None:
    code = (
        "import daft_lint.lint.engine, daft_lint.fix.loop, daft_lint.cli.app\n"
        "print([m for m in sys.modules if m.partition('.')[0] in ('daft_lint_runtime', 'daft', 'ray')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


SPREAD = """
import daft
from daft import DataType, Series


@daft.cls(max_concurrency=16)
class Scorer:
    @daft.method.batch(return_dtype=DataType.int64(), batch_size=64)
    def score(self, number: Series) -> Series:
        return Series.from_pylist([n + 1 for n in number.to_pylist()])


df = daft.read_parquet("numbers.parquet")
df = df.repartition(1000)
print(df.select(Scorer().score(df["number"]).alias("score")).agg(daft.col("score").sum()).to_pydict())
"""


@pytest.mark.parametrize("command", ["profile", "verify"])
def test_a_run_gives_check_the_rows_that_it_lacked(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "numbers").mkdir()
    pq.write_table(pa.table({"number": range(16_384)}), tmp_path / "numbers" / "0.parquet")
    # No footer is read of files that a wildcard stands for.
    (tmp_path / "spread.py").write_text(SPREAD.replace("numbers.parquet", "numbers/*.parquet"))
    (tmp_path / "daft-lint.toml").write_text("[cluster]\nnodes = 4\n")
    monkeypatch.chdir(tmp_path)
    check = ["check", "spread.py", "--select", "DFT201", "--format", "concise"]
    assert run(check) == 0
    assert "DFT201" not in capsys.readouterr().out
    assert run([command, "spread.py", "--runner", "native"]) == 0
    told = capsys.readouterr()
    assert "daft-lint.facts.toml: 1 source, 1 UDF\n" in told.out + told.err
    assert "rows = 16384" in (tmp_path / "daft-lint.facts.toml").read_text()
    assert run(check) == 1
    found = capsys.readouterr().out
    assert "DFT201" in found
    # Batches that take microseconds pay for no more tasks than one for each of the 4 nodes.
    assert run(["fix", "spread.py", "--select", "DFT201"]) == 1
    assert "+df = df.repartition(4)" in capsys.readouterr().out


def test_what_verify_has_learned_of_a_udf_is_what_check_advises_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """16,384 rows / (64 x 16 / 4) rows = 64 partitions at most: by the guide a quarter of it to one digit, 20. But
    256 batches of 0.1 s pay for 49 tasks, and 2.5 x 16 = 40 even out what differs."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"number": range(16_384)}), tmp_path / "numbers.parquet")
    facts = tmp_path / "daft-lint.facts.toml"
    slow = SPREAD.replace("        return", "        time.sleep(0.1)\n        return").replace(
        "import daft", "import time, daft", 1
    )
    (tmp_path / "slow.py").write_text(slow.replace('parquet")', 'parquet")  # daft-lint: rows=16384', 1))
    (tmp_path / "daft-lint.toml").write_text("[cluster]\nnodes = 4\n")
    monkeypatch.chdir(tmp_path)
    fix = ["fix", "slow.py", "--select", "DFT201"]
    assert run(fix) == 1
    assert "+df = df.repartition(20)" in capsys.readouterr().out
    facts.write_text('[sources."other/*"]\nrows = 7\n')
    assert (
        run(["verify", "slow.py", "--runner", "native", "--select", "DFT4", "--limit-rows", "1024", "--no-facts"]) == 0
    )
    assert "udfs" not in facts.read_text()
    assert run(["verify", "slow.py", "--runner", "native", "--select", "DFT4", "--limit-rows", "1024"]) == 0
    assert "daft-lint.facts.toml: 1 UDF" in capsys.readouterr().err
    learned = parse(facts.read_text(), facts).settings
    assert [pattern for pattern, _ in learned.sources] == ["other/*"]
    assert learned.udfs[0][1].batch_rows == 64
    assert run(fix) == 1
    assert "+df = df.repartition(40)" in capsys.readouterr().out


def test_the_configuration_speaks_where_the_command_line_does_not(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "script.py").write_text(SCRIPT.replace('"blobs.parquet"', '"s3://bucket/blobs.parquet"'))
    configuration = project / "daft-lint.toml"
    configuration.write_text(
        '[verify]\nrunner = "native"\nlimit-rows = 50\n[verify.sources]\n"s3://bucket/*" = "blobs.parquet"\n'
    )
    assert run(["verify", "script.py", "--verbose"]) == 0
    assert "50 rows, all the same" in capfd.readouterr().out
    assert run(["verify", "script.py", "--verbose", "--limit-rows", "60"]) == 0
    assert "60 rows, all the same" in capfd.readouterr().out
    configuration.write_text('[verify]\nmemory-limit = "much"\n')
    assert run(["verify", "script.py"]) == 2
    assert "much is no size" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("installed", "how"),
    [
        ("", "pip install 'daft-lint[runtime]'"),
        ("'{\"url\": \"https://h/d.git\", \"vcs_info\": {\"vcs\": \"git\", \"commit_id\": \"abc\"}}'",
         "pip install 'daft-lint[runtime] @ git+https://h/d.git@abc'"),
        ("PackageNotFoundError", "pip install '.[runtime]' in its checkout: this copy of daft-lint was not installed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("package", "message"), [("daft", "daft-lint verify needs daft"), ("ray", "this command needs ray")]
)
def test_without_a_package_the_command_says_how_to_get_it(
    package: str, message: str, installed: str, how: str, tmp_path: Path
) -> None:
    code = f"""
import importlib.util as u
from importlib.metadata import PackageNotFoundError
from daft_lint.init import installation
find = u.find_spec
u.find_spec = lambda name, *a: None if name == {package!r} else find(name, *a)
class Distribution:
    def read_text(self, name):
        return {installed if installed.startswith("'") else None}
def distribution(name):
    {"raise PackageNotFoundError" if installed == "PackageNotFoundError" else "return Distribution()"}
installation.distribution = distribution
from daft_lint.cli.app import run
sys.exit(run(['verify', 'x.py']))
"""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(f"daft-lint: {message}: {how}")
    assert done.stderr.count("\n") == 1


def test_reports_are_written_through_no_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    (tmp_path / "report.md").symlink_to(target)
    with pytest.raises(click.ClickException, match=r"report\.md: cannot be written: .*symbolic link"):
        write(tmp_path / "report.md", "report")
    assert target.read_text() == "kept"


@pytest.mark.ray
@pytest.mark.slow
def test_the_demo_finds_changes_and_measures() -> None:
    root = Path(__file__).parent.parent.parent
    command = ["make", "--no-print-directory", "demo", "-o", ".venv/.ready", f"BIN={Path(sys.executable).parent}"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "+++ b/fixtures/pipelines/inflated_blobs.py" in done.stdout
    verdicts = " ".join(done.stdout.split())  # lines are wrapped
    assert re.search(r"line 36: confirmed: same rows; [^:]*memory of a worker", verdicts)
    assert re.search(r"line 47: confirmed, but: same rows; [^:]*model loads", verdicts)


TUNED = """
import time

import daft
from daft import DataType, Series, col

BATCH = 8


@daft.func.batch(return_dtype=DataType.int64(), batch_size=BATCH)
def score(x: Series) -> Series:
    time.sleep(0.02)
    return Series.from_pylist([v + 1 for v in x.to_pylist()])


df = daft.range(512).with_column("a", score(col("id")))
df.repartition(4).write_parquet("out")
"""


@pytest.fixture
def tuned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "job.py").write_text(TUNED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_tune_finds_a_better_batch_and_writes_it(tuned: Path) -> None:
    arguments = ["job.py", "--runner", "native", "--values", "64", "--rounds", "5", "--html", "page.html", "--apply"]
    result = CliRunner().invoke(tune, arguments, standalone_mode=False)
    assert result.return_value == 0, result.output
    assert "tune runs job.py, your code, many times on Daft's native runner: BATCH = 8 (line 7)" in result.output
    assert "repartition is left out: the native runner ignores partitions" in result.output
    assert "64 is fastest beyond noise; 8 is " in result.output
    assert (tuned / "job.py").read_text() == TUNED.replace("BATCH = 8", "BATCH = 64")
    assert "<svg" in (tuned / "page.html").read_text()
    assert sorted(path.name for path in tuned.iterdir()) == ["job.py", "page.html"]


@pytest.fixture
def notebook(tuned: Path) -> Path:
    """The script as a notebook, with a magic, in two cells."""
    sources = ("%pip install daft\n" + TUNED).split("\n\n\n", 1)
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1, "source": s} for s in sources]
    file = tuned / "job.ipynb"
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return file


@pytest.mark.slow
def test_a_notebook_is_tuned(notebook: Path) -> None:
    before = notebook.read_text()
    arguments = ["job.ipynb", "--runner", "native", "--values", "64", "--rounds", "5", "--apply"]
    result = CliRunner().invoke(tune, arguments, standalone_mode=False)
    assert result.return_value == 0, result.output
    assert "BATCH = 8 (cell 1, line 8)" in result.output
    assert "job.ipynb:cell 1:8: BATCH 8 → 64" in result.output
    assert notebook.read_text() == before.replace("BATCH = 8", "BATCH = 64")


def test_a_notebook_is_verified_and_profiled(notebook: Path) -> None:
    checked = CliRunner().invoke(verify, ["job.ipynb", "--runner", "native"], standalone_mode=False)
    assert checked.return_value == 0, checked.output
    assert "harmless  native runner" in checked.output
    facts = notebook.with_name("daft-lint.facts.toml")
    assert '[udfs."job.ipynb:score"]\n' in facts.read_text()
    facts.unlink()
    measured = CliRunner().invoke(profile, ["job.ipynb", "--runner", "native"], standalone_mode=False)
    assert measured.return_value == 0, measured.output
    assert '[udfs."job.ipynb:score"]\n' in facts.read_text()


@pytest.mark.slow
def test_a_number_that_changes_the_rows_is_out_of_the_question(tuned: Path) -> None:
    (tuned / "job.py").write_text(TUNED.replace("v + 1 for", "v + BATCH for"))
    arguments = ["job.py", "--runner", "native", "--values", "64", "--rounds", "1", "--format", "json"]
    result = CliRunner().invoke(tune, arguments, standalone_mode=False)
    assert result.return_value == 0, result.output
    (number,) = json.loads(result.stdout)["numbers"]
    assert "other results" in number["problems"]["64"]
    assert number["plateau"] == [8]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["job.py", "--only", "limit"], "--only limit leaves none of BATCH (line 7), repartition (line 17)"),
        (["job.py", "--only", "repartition", "--limit-rows", "5"], "not tuned on a sample"),
        (["job.py", "--values", "1.5"], "write whole numbers from 1 on"),
        (["none.py"], "none.py"),
    ],
)
def test_what_cannot_be_tuned_is_said(tuned: Path, arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(tune, arguments)
    assert result.exit_code != 0
    assert said in " ".join(result.output.split())
