"""Files that a script writes by itself: which are seen, and what differs by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.compare.side_files import compare_side_files
from daft_lint_runtime.spec import RunOptions
from daft_lint_runtime.verify import verify_case

from tests.runtime.conftest import RunScript

NATIVE = RunOptions(runner="native", timeout=50)


def test_which_files_are_seen(run_script: RunScript, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.txt").write_text("of another day\n")
    run = run_script(
        """
        import os, pathlib, tempfile

        here = pathlib.Path("results")
        here.mkdir()
        (here / "ids.txt").write_text("1 2 3")
        (here / "large.bin").write_bytes(bytes(2**20 + 1))
        with open("log.txt", "a") as log:
            log.write("of today")
        with open("report.part", "w") as part:
            part.write("done")
        os.replace("report.part", "report.json")
        os.close(os.open("by_number.txt", os.O_WRONLY | os.O_CREAT))
        pathlib.Path(".cache").write_text("hidden")
        pathlib.Path(tempfile.gettempdir(), "scratch.txt").write_text("temporary")
        pathlib.Path("gone.txt").write_text("gone")
        os.unlink("gone.txt")
        open("log.txt").read()
        """
    )
    assert run.ok, run.stderr
    kept = {file["path"]: file["copy"] and (run.out / file["copy"]).read_text() for file in run.side_files}
    assert kept == {
        "by_number.txt": "",
        "log.txt": "of today",
        "report.json": "done",
        "results/ids.txt": "1 2 3",
        "results/large.bin": None,
    }
    assert all(c.kind == "same" for c in compare_side_files(run, run, "rows", frozenset()))


def test_what_differs_by_itself_is_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = b"""
import pathlib, secrets, tempfile, time
import daft

df = daft.from_pydict({"x": [1, 2, 3]})
df.write_parquet(f"out/{time.time_ns()}")
df.write_parquet(tempfile.mkdtemp())
pathlib.Path("token.txt").write_text(secrets.token_hex())
pathlib.Path(f"run-{time.time_ns()}.txt").write_text("stays")
pathlib.Path("stays.txt").write_text("0.30000000000000004")
if not pathlib.Path("once.txt").exists():
    pathlib.Path("once.txt").write_text("made")
"""
    after = text.replace(b"0.30000000000000004", b"0.3")
    result = verify_case(VerifyCase(str(tmp_path / "script.py"), text, after), NATIVE)
    kinds = {c.what.partition(" (")[0]: str(c.kind) for c in result.comparisons}
    assert result.status == "harmless", result.comparisons
    assert kinds == {
        "write_parquet 1": "same",
        "write_parquet 2": "same",
        "file once.txt": "skipped",
        "file run-*.txt": "same",
        "file stays.txt": "same",
        "file token.txt": "skipped",
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('write_text("1 2")', 'write_text("1 3")', "holds something else"),
        ('write_text("a")', 'write_text("c")', "holds something else"),
        ("part-1.txt", "part-2.txt", "only the run before the change writes it"),
        ("ids.txt", "other.txt", "only the run before the change writes it"),
        ('df.write_parquet("out-1")', 'df.write_parquet("out-2")', "written to out-2, was out-1"),
    ],
)
def test_what_the_change_makes_other_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        'import pathlib\nimport daft\n\ndf = daft.from_pydict({"x": [1]})\ndf.write_parquet("out-1")\n'
        'pathlib.Path("ids.txt").write_text("1 2")\n'
        'pathlib.Path("part-1.txt").write_text("a")\npathlib.Path("part-2.txt").write_text("b")\n'
    )
    assert old in text
    case = VerifyCase(str(tmp_path / "script.py"), text.encode(), text.replace(old, new).encode())
    result = verify_case(case, NATIVE)
    assert result.status == "refuted"
    assert said in [c.message for c in result.comparisons if not c.equal]
