"""Suppressions that `--add-ignores` writes, and what does not go together with them."""

from __future__ import annotations

import json
import os
import subprocess
import tokenize
from pathlib import Path

import pytest

from tests.adoption.adoption_runs import CODES, SECOND, commit, found, refused
from tests.helpers import BAD, HEAVY, ROOT, lint, notebook


def ignored(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return lint(folder, "check", *CODES, "--add-ignores", "--reason", "kept until #12", *arguments)


COMMENT = "  # daft-lint: ignore[DFT401] kept until #12"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("df.repartition(8)", f"df.repartition(8){COMMENT}"),
        ("df.repartition(8)   ", f"df.repartition(8){COMMENT}   "),
        ("df.repartition(8)  # why", f"df.repartition(8)  # why{COMMENT}"),
        ("df.repartition(8)  # noqa: E501", f"df.repartition(8)  # noqa: E501{COMMENT}"),
        ("df.repartition(8)  # daft-lint: rows=5", f"df.repartition(8)  # daft-lint: rows=5{COMMENT}"),
        (
            "df.repartition(8)  # daft-lint: ignore[DFT101] old",
            "df.repartition(8)  # daft-lint: ignore[DFT101, DFT401] old",
        ),
        ("df.repartition(\n    8,\n)", f"df.repartition({COMMENT}\n    8,\n)"),
        ("df \\\n  .repartition(8)", f"df \\\n  .repartition(8){COMMENT}"),
        ("df.repartition(8, '''a\nb''')", f"df.repartition(8, '''a\nb'''){COMMENT}"),
    ],
)
def test_a_suppression_stands_beside_its_finding(tmp_path: Path, line: str, expected: str) -> None:
    before = BAD.replace("df.repartition(8)", line)
    for name, encode in (("a.py", str.encode), ("crlf.py", lambda text: text.replace("\n", "\r\n").encode())):
        (tmp_path / name).write_bytes(encode(before))
    run = ignored(tmp_path, "--ignore", "DFT002")
    assert run.returncode == 0, run.stderr
    assert "Suppressed 2 findings in 2 files." in run.stderr
    after = BAD.replace("df.repartition(8)", expected)
    assert (tmp_path / "a.py").read_bytes() == after.encode()
    assert (tmp_path / "crlf.py").read_bytes() == after.replace("\n", "\r\n").encode()
    assert found(tmp_path, "--ignore", "DFT002") == []


def test_suppressions_in_notebooks_and_markdown(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_text(notebook("!pip list\n", BAD))
    (tmp_path / "g.md").write_text(
        f"# Guide\n\n- see\n\n  ```python\n  {BAD.strip().replace(chr(10), chr(10) + '  ')}\n  ```\n"
    )
    assert ignored(tmp_path, "n.ipynb", "g.md").returncode == 0
    cells = json.loads((tmp_path / "n.ipynb").read_text())["cells"]
    assert [cell["source"][-1] for cell in cells] == ["!pip list\n", "df.show()\n"]
    assert cells[1]["source"][3] == f"df.repartition(8){COMMENT}\n"
    assert f"\n  df.repartition(8){COMMENT}\n" in (tmp_path / "g.md").read_text()
    assert found(tmp_path, "n.ipynb", "g.md") == []


def test_one_comment_for_all_rules_of_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(HEAVY)
    before = lint(tmp_path, "check", "--format", "json")
    codes = {f["code"] for f in json.loads(before.stdout)["findings"]}
    assert {"DFT101", "DFT401"} <= codes
    run = lint(tmp_path, "check", "--add-ignores", "--reason", "old")
    assert run.returncode == 0, run.stdout
    text = (tmp_path / "a.py").read_text()
    assert all(line.count("daft-lint:") <= 1 for line in text.splitlines())
    assert lint(tmp_path, "check", "--fail-on", "advice").returncode == 0
    bare = "\n".join(line.split("  # daft-lint")[0] for line in text.splitlines()) + "\n"
    assert bare == HEAVY


def test_what_no_comment_can_silence_stays(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import daft\ndaft.func(\n")
    (tmp_path / "b.py").write_text("import daft\nx = 1  # noqa: DFT401\n")
    run = lint(tmp_path, "check", "--add-ignores", "--reason", "old")
    assert run.returncode == 1
    assert "DFT001" in run.stdout
    assert "DFT002" in run.stdout
    assert "Suppressed 0 findings in 0 files." in run.stderr


def test_suppressions_go_with_a_baseline_and_with_since(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    commit(tmp_path)
    (tmp_path / "a.py").write_text(SECOND)
    run = ignored(tmp_path, "--since", "HEAD")
    assert "Suppressed 1 finding in 1 file." in run.stderr
    assert (tmp_path / "a.py").read_text() == SECOND.replace("(9)", f"(9){COMMENT}")


@pytest.mark.skipif(os.name == "nt", reason="rights are otherwise there")
def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "a.py").chmod(0o444)
    run = ignored(tmp_path)
    assert run.returncode == 2
    assert "read-only" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--add-ignores",), "--reason"),
        (("--add-ignores", "--reason", " "), "--reason"),
        (("--add-ignores", "--reason", "[x]"), "plain text"),
        (("--add-ignores", "--reason", "see # noqa"), "plain text"),
        (("--add-ignores", "--reason", "a\x1bb"), "plain text"),
        (("--reason", "x"), "--add-ignores"),
        (("--update-baseline",), "--baseline"),
        (("--update-baseline", "--baseline", "b", "--since", "HEAD"), "--since"),
        (("-", "--add-ignores", "--reason", "x"), "pass paths"),
        (("-", "--since", "HEAD"), "pass paths"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "a.py").write_text(BAD)
    assert words in refused(tmp_path, *arguments)
    assert (tmp_path / "a.py").read_text() == BAD


@pytest.mark.slow
def test_every_fixture_can_be_silenced_and_known(tmp_path: Path) -> None:
    fixtures = sorted((ROOT / "fixtures" / "rules").glob("DFT*/found_*.py"))
    for path in fixtures:
        if not path.name.endswith(".fixed.py"):
            (tmp_path / f"{path.parent.name}_{path.name}").write_bytes(path.read_bytes())
    every = ("--select", "ALL", "--ignore", "DFT002", "--fail-on", "advice")
    before = json.loads(lint(tmp_path, "check", *every, "--format", "json").stdout)["findings"]
    assert len(before) > 100
    lint(tmp_path, "check", *every, "--baseline", "known.json", "--update-baseline")
    entries = json.loads((tmp_path / "known.json").read_text())["findings"]
    assert len(entries) == len(before)
    code = {path: tokens(path) for path in tmp_path.glob("*.py")}
    for path in code:
        path.write_bytes(b"# above\n" + path.read_bytes())
    assert lint(tmp_path, "check", *every, "--baseline", "known.json").returncode == 0
    run = lint(tmp_path, "check", *every, "--add-ignores", "--reason", "old")
    assert (run.returncode, run.stderr.startswith(f"Suppressed {len(before)} findings in ")) == (0, True), run.stderr
    assert lint(tmp_path, "check", *every).returncode == 0
    assert {path: tokens(path) for path in code} == code


def tokens(path: Path) -> list[str]:
    with tokenize.open(path) as stream:
        return [
            t.string for t in tokenize.generate_tokens(stream.readline) if t.type not in (tokenize.COMMENT, tokenize.NL)
        ]
