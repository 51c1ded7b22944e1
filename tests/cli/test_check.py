"""`daft-lint check` as a user runs it: the real entry point, in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers import BAD, lint


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


def test_paths_of_the_configured_src_are_relative_to_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "daft-lint.toml").write_text('per-file-ignores = {"quiet.py" = ["DFT"]}')
    (tmp_path / "jobs").mkdir()
    for name in ("a.py", "quiet.py", "jobs/b.py"):
        (tmp_path / name).write_text(BAD)
    found = json.loads(lint(tmp_path / "jobs", "check", "--format", "json").stdout)["findings"]
    assert {finding["path"] for finding in found} == {"../a.py", "b.py"}
