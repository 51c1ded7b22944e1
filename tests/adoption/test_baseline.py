"""Baselines, through the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.adoption.adoption_runs import found, refused
from tests.helpers import BAD, lint, notebook


def test_a_baseline_hides_what_is_known_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    wrote = lint(tmp_path, "check", "--baseline", "known.json", "--update-baseline")
    assert (wrote.returncode, wrote.stdout) == (0, "")
    assert "Wrote 1 known finding to known.json." in wrote.stderr
    assert found(tmp_path, "--baseline", "known.json") == []
    (tmp_path / "a.py").write_text("# shifted\n\n" + BAD)
    assert found(tmp_path, "--baseline", "known.json") == []
    (tmp_path / "a.py").write_text("# shifted\n" + BAD.replace("df.show", "df.repartition(8)\ndf.show"))
    assert found(tmp_path, "--baseline", "known.json") == [("a.py", 6, "DFT401")]
    (tmp_path / "a.py").write_text(BAD.replace("(8)", "(9)"))
    assert found(tmp_path, "--baseline", "known.json") == [("a.py", 4, "DFT401")]
    (tmp_path / "b.py").write_text(BAD)
    (tmp_path / "a.py").unlink()
    assert found(tmp_path, "--baseline", "known.json") == [("b.py", 4, "DFT401")]


def test_a_baseline_counts_paths_from_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "a.py").write_text(BAD)
    lint(tmp_path, "check", "--baseline", "known.json", "--update-baseline")
    assert found(tmp_path / "jobs", "--baseline", "../known.json") == []
    assert found(tmp_path, str(tmp_path / "jobs" / "a.py"), "--baseline", str(tmp_path / "known.json")) == []


def test_an_update_keeps_what_was_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "b.py").write_text(BAD.replace("df.repartition(8)", "df = df.repartition()"))
    (tmp_path / "c.py").write_text(BAD)
    update = ("check", "--baseline", "known.json", "--update-baseline")
    lint(tmp_path, *update)
    (tmp_path / "c.py").unlink()
    lint(tmp_path, *update, "a.py", "--select", "DFT404")
    entries = json.loads((tmp_path / "known.json").read_text())["findings"]
    assert [(e["path"], e["code"]) for e in entries] == [("a.py", "DFT401"), ("b.py", "DFT404")]
    (tmp_path / "a.py").write_text("import daft\n")
    lint(tmp_path, *update, "a.py")
    assert [e["path"] for e in json.loads((tmp_path / "known.json").read_text())["findings"]] == ["b.py"]


def test_cells_of_a_notebook_may_move(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_text(notebook(BAD))
    lint(tmp_path, "check", "--baseline", "known.json", "--update-baseline")
    (tmp_path / "n.ipynb").write_text(notebook("x = 1\n", BAD))
    assert found(tmp_path, "--baseline", "known.json") == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2, "findings": []}', '{"version": 1, "findings": [1]}', "[" * 100_000, "\x00"]
)
def test_a_broken_baseline_is_one_line_and_stays(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "known.json").write_text(text)
    for arguments in ((), ("--update-baseline",)):
        assert "known.json" in refused(tmp_path, "--baseline", "known.json", *arguments)
    assert (tmp_path / "known.json").read_text() == text
    assert "--update-baseline" in refused(tmp_path, "--baseline", "none.json")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_baseline_is_written_through_no_link(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "target").write_text('{"version": 1, "findings": []}')
    (tmp_path / "known.json").symlink_to("target")
    assert "symbolic link" in refused(tmp_path, "--baseline", "known.json", "--update-baseline")
    assert (tmp_path / "target").read_text() == '{"version": 1, "findings": []}'
