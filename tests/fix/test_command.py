"""What the command shows, writes and says; a file that cannot be written is one line."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from daft_lint.api.finding import Level
from daft_lint.fix.command import FixOptions, run_fix, write
from daft_lint.fix.loop import Check, fix_documents
from daft_lint.fix.results import FixReport
from daft_lint.source.document import Document
from daft_lint.source.problems import Problem
from tests.fix.fix_cases import both, on_disk, python, replacing


def run(options: FixOptions, documents: list[Document], observe: Check, answers: str = "") -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = run_fix(options, documents, observe, stdin=io.StringIO(answers), stdout=out, stderr=err)
    return status, out.getvalue(), err.getvalue()


def test_without_apply_it_shows_a_diff_and_writes_nothing(tmp_path: Path) -> None:
    documents = on_disk(tmp_path, a="one = 1\n", b="x = 1\n")
    status, out, err = run(FixOptions(), documents, replacing("one", "two"))
    assert status == 1
    assert "-one = 1\n+two = 1\n" in out
    assert err == f"{documents[0].path}: TST001 1 fix\nWould apply 1 fix in 1 file.\n"
    assert (tmp_path / "a.py").read_text() == "one = 1\n"
    assert run(FixOptions(), documents[1:], replacing("one", "two")) == (0, "", "Nothing to fix.\n")


def test_apply_writes_and_says_what_remains(tmp_path: Path) -> None:
    documents = on_disk(tmp_path, a="one = 1; one = 2\n")
    status, out, err = run(FixOptions(apply=True), documents, replacing("one", "two"))
    assert (status, out) == (0, "")
    assert err.endswith("TST001 2 fixes\nApplied 2 fixes in 1 file.\n")
    assert (tmp_path / "a.py").read_text() == "two = 1; two = 2\n"
    unsafe = replacing("two", "three", why="it may matter")
    documents = on_disk(tmp_path, a="two = 1\n")
    assert run(FixOptions(apply=True), documents, unsafe)[0] == 1
    assert run(FixOptions(apply=True, fails=lambda finding: finding.level is Level.ERROR), documents, unsafe)[0] == 0
    assert run(FixOptions(apply=True, unsafe=True), documents, unsafe)[0] == 0
    assert (tmp_path / "a.py").read_text() == "three = 1\n"


def test_output_and_standard_input(tmp_path: Path) -> None:
    documents = [python("one = 1\r\n", "stdin.py")]
    target = tmp_path / "out.diff"
    assert run(FixOptions(output=str(target)), documents, replacing("one", "two"))[:2] == (1, "")
    assert target.read_bytes().endswith(b"-one = 1\r\n+two = 1\r\n")
    assert run(FixOptions(stdin=True, apply=True), documents, replacing("one", "two"))[:2] == (0, "two = 1\r\n")
    status, out, _ = run(FixOptions(stdin=True), documents, replacing("one", "two"))
    assert (status, out.startswith("--- a/stdin.py\n")) == (1, True)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("y\nn\ny\n", "two1 = one2 = two3 = 0\n"),
        ("n\na\n", "one1 = two2 = two3 = 0\n"),
        ("y\nq\n", "two1 = one2 = one3 = 0\n"),
        ("what\ny\n", "two1 = one2 = one3 = 0\n"),
        ("", "one1 = one2 = one3 = 0\n"),
    ],
)
def test_interactive_asks_for_each(tmp_path: Path, answers: str, expected: str) -> None:
    observe = both(*(replacing(f"one{i}", f"two{i}") for i in (1, 2, 3)))
    documents = on_disk(tmp_path, a="one1 = one2 = one3 = 0\n")
    _, _, err = run(FixOptions(apply=True, interactive=True), documents, observe, answers)
    assert (tmp_path / "a.py").read_text() == expected
    assert "Apply this fix? [y/n/a/q/?]" in err


def fixed(path: Path, observe: Check | None = None) -> FixReport:
    return fix_documents([Document.from_bytes(str(path), path.read_bytes())], observe or replacing("one", "two"))


def test_mode_owner_and_links_are_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "real.py", tmp_path / "link.py"
    real.write_text("one = 1\n")
    real.chmod(0o750)
    if os.geteuid() == 0:
        os.chown(real, 12345, 23456)
    link.symlink_to("real.py")
    before = real.stat()
    assert write(fixed(link)) == []
    after = real.stat()
    assert link.is_symlink()
    assert real.read_text() == "two = 1\n"
    assert stat.S_IMODE(after.st_mode) == 0o750
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.py", "real.py"]


def test_a_file_that_changed_meanwhile_is_not_written_and_the_others_are(tmp_path: Path) -> None:
    documents = on_disk(tmp_path, a="one = 1\n", b="one = 2\n")
    report = fix_documents(documents, replacing("one", "two"))
    (tmp_path / "a.py").write_text("mine = 1\n")
    problems = write(report)
    assert problems == [Problem(str(tmp_path / "a.py"), "not written: the file has changed since it was read")]
    assert (tmp_path / "a.py").read_text() == "mine = 1\n"
    assert (tmp_path / "b.py").read_text() == "two = 2\n"


def test_a_file_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    documents = on_disk(tmp_path, a="one = 1\n")
    report = fix_documents(documents, replacing("one", "two"))
    (tmp_path / "a.py").unlink()
    assert len(write(report)) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_file_is_one_line_and_the_others_are_done(tmp_path: Path) -> None:
    documents = on_disk(tmp_path, a="one = 1\n", b="one = 2\n")
    (tmp_path / "a.py").chmod(0o444)
    status, _, err = run(FixOptions(apply=True), documents, replacing("one", "two"))
    assert status == 2
    assert err.count("a.py") == 1
    assert f"{tmp_path / 'a.py'}: not written: the file is read-only\n" in err
    assert (tmp_path / "a.py").read_text() == "one = 1\n"
    assert (tmp_path / "b.py").read_text() == "two = 2\n"


def test_a_read_only_folder_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    documents = on_disk(folder, a="one = 1\n")
    folder.chmod(0o555)
    try:
        assert write(fix_documents(documents, replacing("one", "two"))) == [
            Problem(str(folder / "a.py"), "not written: its folder is read-only")
        ]
        assert [p.name for p in folder.iterdir()] == ["a.py"]
    finally:
        folder.chmod(0o755)
