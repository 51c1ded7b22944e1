from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BAD = "import daft\n\ndf = daft.read_parquet('s3://b/*.parquet')\ndf.repartition(8)\ndf.show()\n"


def lint(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(str(ROOT / part) for part in (".", "rules", "runtime"))
    environment = {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "daft_lint", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, input=stdin, capture_output=True, text=True, check=False
    )


def test_check_finds_and_fails(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    run = lint(tmp_path, "check")
    assert (run.returncode, run.stderr) == (1, "")
    assert "a.py:4:4: DFT401" in run.stdout
    assert lint(tmp_path, "check", "--fail-on", "never").returncode == 0
    assert lint(tmp_path, "check", "--ignore", "DFT4").returncode == 0
    found = json.loads(lint(tmp_path, "check", "--format", "json", "--select", "DFT401").stdout)
    assert [(f["code"], f["path"], f["line"]) for f in found["findings"]] == [("DFT401", "a.py", 4)]
    assert found["summary"]["errors"] == 1


def test_stdin_and_output(tmp_path: Path) -> None:
    run = lint(
        tmp_path, "check", "-", "--stdin-filename", "x/y.py", "--format", "json", "--output", "o.json", stdin=BAD
    )
    assert run.returncode == 1
    assert "x/y.py:4:4" in run.stdout
    assert json.loads((tmp_path / "o.json").read_text())["findings"][0]["path"] == "x/y.py"


def test_unparsable_text_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import daft\ndaft.func(\n")
    run = lint(tmp_path, "check", "--format", "concise")
    assert run.returncode == 1
    assert run.stdout.startswith("a.py:2:10: DFT001")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "no.py"), ("no.py", "No such file")),
        (("check", "--select", "E501"), ("E501",)),
        (("check", "--format", "xml"), ("xml",)),
        (("check", "-", "a.py"), ("standard input",)),
        (("check", "--stdin-filename", "a.py"), ("give -",)),
        (("check", "--config", "no.toml"), ("no.toml", "cannot be read")),
        (("explain", "DFT999"), ("DFT999",)),
        (("plan", "no.py"), ("no.py",)),
        (("partitions", "--rows", "1"), ("--nodes",)),
        (("partitions", "--rows", "1", "--nodes", "0", "--concurrency", "1", "--batch-size", "1"), ("--nodes",)),
        (("nonsense",), ("nonsense",)),
    ],
)
def test_misuse_is_one_line_and_2(tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    run = lint(tmp_path, *arguments)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert all(word in run.stderr for word in words)


def test_the_other_commands(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    assert "read_parquet" in lint(tmp_path, "plan", "a.py").stdout
    assert json.loads(lint(tmp_path, "plan", "a.py", "--format", "json").stdout)["pipelines"]
    assert lint(tmp_path, "plan", "a.py", "--format", "mermaid").stdout.startswith("flowchart")
    assert "DFT401" in lint(tmp_path, "explain").stdout
    assert "## Why" in lint(tmp_path, "explain", "dft401").stdout
    for code in ("DFT001", "DFT002"):
        assert code in lint(tmp_path, "explain").stdout
        assert lint(tmp_path, "explain", code).stdout.startswith(f"# {code} ")
    numbers = ("--rows", "1000000", "--nodes", "4", "--concurrency", "16", "--batch-size", "64")
    assert "1,000" in lint(tmp_path, "partitions", *numbers).stdout


def test_version_imports_next_to_nothing(tmp_path: Path) -> None:
    code = "import sys\nfrom daft_lint.cli import main\n"
    code += "try:\n    main(['--version'])\nfinally:\n    print(sorted(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("daft-lint 0.1.0\n")
    assert not any(name in run.stdout for name in ("'click'", "'libcst'", "'importlib.metadata'"))


def test_a_tree_without_daft_needs_no_libcst(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import polars\n")
    code = "import sys\nfrom daft_lint.cli.commands import run\n"
    code += "assert run(['check', '.']) == 0\nprint('libcst' in sys.modules)"
    path = os.pathsep.join(str(ROOT / part) for part in (".", "rules", "runtime"))
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines()[-1] == "False"


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise there")
def test_a_reader_that_goes_is_no_traceback(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"a{number}.py").write_text(BAD)
    path = os.pathsep.join(str(ROOT / part) for part in (".", "rules", "runtime"))
    command = f"{sys.executable} -m daft_lint check | head -n 1"
    run = subprocess.run(
        command,
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""


def test_paths_of_the_configured_src_are_relative_to_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "daft-lint.toml").write_text('per-file-ignores = {"quiet.py" = ["DFT"]}')
    (tmp_path / "jobs").mkdir()
    for name in ("a.py", "quiet.py", "jobs/b.py"):
        (tmp_path / name).write_text(BAD)
    found = json.loads(lint(tmp_path / "jobs", "check", "--format", "json").stdout)["findings"]
    assert {finding["path"] for finding in found} == {"../a.py", "b.py"}
