"""The fix loop comes to an end and breaks nothing; a file on disk is old or new, whatever happens."""

from __future__ import annotations

import io
import json
import os
import random
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daft_lint.api.finding import Finding, FindingFix, FixEdit, Span
from daft_lint.api.rule import Level
from daft_lint.fix.loop import (
    FixOptions,
    FixReport,
    Observe,
    Problem,
    damage,
    fix_documents,
    run_fix,
    unified_diff,
    write,
    write_atomically,
)
from daft_lint.source.document import Document


def finding(
    document: Document, edits: list[tuple[str, int | None, int, int, str]], code: str = "TST001", why: str | None = None
) -> Finding:
    _, cell, start, _, _ = edits[0]
    source = document.raw if cell is None else document.cells[cell - 1].source
    line = source[:start].count(b"\n") + 1
    fix = FindingFix("mend it", why, tuple(FixEdit(*edit) for edit in edits))
    span = Span(document.path, cell, line, 1, line, 2)
    return Finding(code, "test-rule", Level.WARNING, span, "seen", "costs", "write", fix=fix)


def replacing(pattern: str, new: str, code: str = "TST001", why: str | None = None) -> Observe:
    """A rule that wants each match of the pattern replaced."""

    def observe(document: Document) -> Iterator[Finding]:
        texts: list[tuple[int | None, bytes]] = [(None, document.raw)]
        if document.kind == "notebook":
            texts = [(cell.number, cell.source) for cell in document.cells]
        for number, text in texts:
            for match in re.finditer(pattern.encode(), text):
                yield finding(document, [(document.path, number, *match.span(), new)], code, why)

    return observe


def both(*observes: Observe) -> Observe:
    return lambda document: [f for observe in observes for f in observe(document)]


def python(text: str | bytes, path: str = "a.py") -> Document:
    return Document.from_bytes(path, text.encode() if isinstance(text, str) else text)


def text_of(report: FixReport, index: int = 0) -> str:
    return report.files[index].after.raw.decode()


# the loop


def test_all_fixes_of_one_pass_and_what_they_uncover() -> None:
    observe = both(replacing("one", "two", "TST001"), replacing("two", "three", "TST002"))
    report = fix_documents([python("one = two\n")], observe)
    assert text_of(report) == "three = three\n"
    assert report.counts() == {"a.py": {"TST001": 1, "TST002": 2}}
    assert report.problems == ()
    assert report.files[0].remaining == ()


def test_nothing_to_do() -> None:
    report = fix_documents([python("a = 1\n")], replacing("zzz", "y"))
    assert report.changed == ()
    assert unified_diff(report) == ""


def test_overlapping_fixes_wait_for_the_next_pass() -> None:
    seen: list[bytes] = []

    def observe(document: Document) -> Iterator[Finding]:
        seen.append(document.raw)
        yield from replacing("ab", "x", "TST001")(document)
        yield from replacing("bc", "y", "TST002")(document)

    report = fix_documents([python("v = 'abc'\n")], observe)
    assert text_of(report) == "v = 'xc'\n"
    assert seen == [b"v = 'abc'\n", b"v = 'xc'\n"]


def test_the_order_of_findings_does_not_matter() -> None:
    rules = [replacing("ab", "x", "TST001"), replacing("bc", "y", "TST002"), replacing("c'", "z'", "TST003")]
    results = set()
    for seed in range(6):
        shuffled = random.Random(seed).sample(rules, 3)
        results.add(text_of(fix_documents([python("v = 'abc'\n")], both(*shuffled))))
    assert len(results) == 1


def test_the_same_edit_of_two_findings_is_made_once() -> None:
    def observe(document: Document) -> Iterator[Finding]:
        if b"import" not in document.raw:
            at = document.raw.index(b"a")
            for code in ("TST001", "TST002"):
                path = document.path
                yield finding(document, [(path, None, 0, 0, "import daft\n"), (path, None, at, at + 1, "b")], code)

    assert text_of(fix_documents([python("a = 1\n")], observe)) == "import daft\nb = 1\n"


def test_two_imports_at_one_place_need_one_pass() -> None:
    def observe(document: Document) -> Iterator[Finding]:
        for i in range(20):
            line = f"from m import n{i:02}\n"
            if line.encode() not in document.raw:
                yield finding(document, [(document.path, None, 0, 0, line)])

    assert text_of(fix_documents([python("a = 1\n")], observe)).count("import") == 20


def test_rules_that_undo_each_other_are_a_problem_and_leave_the_file() -> None:
    observe = both(replacing(r"\bup\b", "down", "TST001"), replacing(r"\bdown\b", "up", "TST002"))
    report = fix_documents([python("v = up\n"), python("v = 1\n", "b.py")], observe)
    assert report.changed == ()
    assert report.files[0].applied == ()
    assert [p.path for p in report.problems] == ["a.py"]
    assert "undo each other" in report.problems[0].message
    assert "TST001, TST002" in report.problems[0].message


def test_fixes_without_end_are_a_problem_and_leave_the_file() -> None:
    report = fix_documents([python("v = 'a'\n")], replacing("a'", "aa'"))
    assert report.changed == ()
    assert "10 passes" in report.problems[0].message


def test_exactly_ten_passes_are_enough() -> None:
    def observe(document: Document) -> Iterator[Finding]:
        count = document.raw.count(b"a")
        if count > 1:
            yield from [finding(document, [(document.path, None, 5, 6, "")])]

    assert text_of(fix_documents([python("v = '" + "a" * 10 + "'\n")], observe)) == "v = 'a'\n"


def test_unsafe_fixes_only_where_they_are_asked_for() -> None:
    observe = replacing("one", "two", why="the order changes")
    assert fix_documents([python("one = 1\n")], observe).changed == ()
    report = fix_documents([python("one = 1\n")], observe, unsafe=True)
    assert text_of(report) == "two = 1\n"
    assert report.files[0].applied[0].why_unsafe == "the order changes"


@pytest.mark.parametrize(
    ("pattern", "new", "reason"),
    [
        (r"\(1\)", "(1", "does not parse"),
        ("x = 1", "return 1", "does not compile"),
        ("# keep", "", "the comment '# keep' would be lost"),
        ("# keep", "# kept", "the comment '# keep' would be lost"),
    ],
)
def test_a_fix_that_breaks_something_is_dropped_and_the_others_stay(pattern: str, new: str, reason: str) -> None:
    observe = both(replacing(pattern, new, "TST666"), replacing("one", "two"))
    report = fix_documents([python("one = (1)  # keep\nx = 1\n")], observe)
    assert text_of(report) == "two = (1)  # keep\nx = 1\n"
    assert len(report.problems) == 1
    assert "TST666" in report.problems[0].message
    assert reason in report.problems[0].message


def test_what_did_not_compile_before_need_not_after() -> None:
    report = fix_documents([python("return one\n")], replacing("one", "two"))
    assert text_of(report) == "return two\n"


def test_a_fix_of_two_files_is_whole_or_not_at_all() -> None:
    def observe(document: Document) -> Iterator[Finding]:
        if document.path == "a.py" and b"one" in document.raw:
            yield finding(document, [("a.py", None, 0, 3, "two"), ("b.py", None, 0, 3, "two")])

    files = [python("one = 1\n"), python("one = 2\n", "b.py")]
    report = fix_documents(files, observe)
    assert [f.after.raw for f in report.files] == [b"two = 1\n", b"two = 2\n"]
    assert report.files[0].applied[0].also == ("b.py",)
    alone = fix_documents(files[:1], observe)
    assert alone.changed == ()
    assert "b.py" in alone.problems[0].message


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbfone = '\xc3\xa9'\r\n# \xc3\xa9 one\r\n",
        "# -*- coding: latin-1 -*-\none = 'é'\n# end".encode("latin-1"),
        b"\f\none = 1\n\fx = 2\n",
        b"if 1:\n\tone = 1",
    ],
)
def test_all_other_bytes_stay(raw: bytes) -> None:
    report = fix_documents([python(raw)], replacing("one =", "zwei ="))
    assert report.files[0].after.raw == raw.replace(b"one =", b"zwei =")
    assert report.problems == ()


def test_text_goes_in_in_the_encoding_of_the_file() -> None:
    raw = "# -*- coding: latin-1 -*-\none = 'é'\n".encode("latin-1")
    report = fix_documents([python(raw)], replacing("one", "größe"))
    assert report.files[0].after.raw == "# -*- coding: latin-1 -*-\ngröße = 'é'\n".encode("latin-1")


def test_text_that_the_encoding_cannot_hold_is_a_problem() -> None:
    report = fix_documents([python(b"# coding: latin-1\none = 1\n")], replacing("one", "\N{GREEK SMALL LETTER PI}"))
    assert report.changed == ()
    assert "latin" in report.problems[0].message or "8859" in report.problems[0].message


def test_a_finding_that_two_files_raise_is_mended_once() -> None:
    files = [python("one = 1\n"), python("x = 2\n", "b.py")]

    def observe(document: Document) -> Iterator[Finding]:
        if document.path == "b.py" or document.raw == files[0].raw:
            yield finding(files[0], [("a.py", None, 0, 3, "two")])

    report = fix_documents(files, observe)
    assert text_of(report) == "two = 1\n"
    assert len(report.files[0].applied) == 1


def test_an_overlay_shows_the_other_files_as_they_are_now() -> None:
    now: dict[str, Document] = {}

    def observe(document: Document) -> Iterator[Finding]:
        other = now["b.py"]
        if document.path == "a.py" and (at := other.raw.find(b"x")) >= 0:
            yield finding(document, [("b.py", None, at, at + 1, "yyy")])

    report = fix_documents([python("a = 1\n"), python("x = x\n", "b.py")], observe, overlay=now.update)
    assert text_of(report, 1) == "yyy = yyy\n"
    assert report.files[0].remaining == ()


def notebook(*sources: str) -> bytes:
    cells = [
        {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "outputs": [],
            "source": s.splitlines(keepends=True),
        }
        for s in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode() + b"\n"


def test_a_notebook_is_fixed_cell_by_cell() -> None:
    document = Document.from_bytes("a.ipynb", notebook("one = 1\n# é", "x = one\nawait f()"))
    report = fix_documents([document], replacing("one", "two"))
    assert report.files[0].after.raw == notebook("two = 1\n# é", "x = two\nawait f()")
    diff = unified_diff(report)
    assert "--- a/a.ipynb:cell 1\n" in diff
    assert "--- a/a.ipynb:cell 2\n" in diff
    assert "-one = 1\n+two = 1\n" in diff


def test_damage_sees_each_kind() -> None:
    assert damage(python("a = 1\n"), python("a = 2\n")) is None
    assert damage(python("a = 1 # c\n# c\n"), python("a = 2 # c\n")) == "the comment '# c' would be lost"
    assert damage(python("a = '# no'\n"), python("a = ''\n")) is None


# the diff


def test_the_diff_applies(tmp_path: Path) -> None:
    before = "one = 1\r\n" + "x = 2\r\n" * 10 + "y = one"
    (tmp_path / "a.py").write_bytes(before.encode())
    report = fix_documents([python(before)], replacing("one", "two"))
    diff = unified_diff(report)
    assert diff.startswith("--- a/a.py\n+++ b/a.py\n@@ -1,4 +1,4 @@\n-one = 1\r\n+two = 1\r\n x = 2\r\n")
    assert diff.endswith("-y = one\n\\ No newline at end of file\n+y = two\n\\ No newline at end of file\n")
    (tmp_path / "d.diff").write_bytes(diff.encode())
    subprocess.run(["git", "apply", "d.diff"], cwd=tmp_path, check=True)
    assert (tmp_path / "a.py").read_bytes() == before.replace("one", "two").encode()


# the command


def run(options: FixOptions, documents: list[Document], observe: Observe, answers: str = "") -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = run_fix(options, documents, observe, stdin=io.StringIO(answers), stdout=out, stderr=err)
    return status, out.getvalue(), err.getvalue()


def on_disk(tmp_path: Path, **files: str) -> list[Document]:
    documents = []
    for name, text in files.items():
        path = tmp_path / f"{name}.py"
        path.write_bytes(text.encode())
        documents.append(Document.from_bytes(str(path), text.encode()))
    return documents


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
    assert run(FixOptions(apply=True, fail_on=Level.ERROR), documents, unsafe)[0] == 0
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
    assert "Apply this fix? [y/n/a/q]" in err


# writing


def fixed(path: Path, observe: Observe | None = None) -> FixReport:
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


def test_a_failed_write_leaves_no_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_text("one = 1\n")

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        write_atomically(str(path), b"one = 1\n", b"two = 1\n")
    assert path.read_text() == "one = 1\n"
    assert [p.name for p in tmp_path.iterdir()] == ["a.py"]


def start_writer(folder: Path) -> int:
    """A child process that writes the files of a folder over and over; its process id.

    It is forked, so that a hundred of them do not start Python a hundred times.
    """
    child = os.fork()
    if child:
        return child
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        while True:
            for file in sorted(folder.glob("*.py")):
                before = file.read_bytes()
                after = (b"old" if before.startswith(b"new") else b"new") * 20_000
                write_atomically(str(file), before, after)
    except KeyboardInterrupt:
        os._exit(130)
    finally:
        os._exit(1)  # never back into the test runner


def old_files(folder: Path) -> None:
    for i in range(8):
        (folder / f"f{i}.py").write_bytes(b"old" * 20_000)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_killed_run_leaves_each_file_old_or_new(tmp_path: Path) -> None:
    """A hundred times, at a random moment; what a kill leaves is looked at before the next writer starts."""
    whole = {b"old" * 20_000, b"new" * 20_000}
    old_files(tmp_path)
    chance = random.Random(7)
    changed = 0
    for _ in range(100):
        before = {p: p.read_bytes() for p in tmp_path.glob("*.py")}
        child = start_writer(tmp_path)
        time.sleep(chance.uniform(0.0005, 0.02))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the writer ended by itself"
        after = {p: p.read_bytes() for p in tmp_path.glob("*.py")}
        assert after.keys() == before.keys()
        assert set(after.values()) <= whole
        changed += before != after
        left = [p.name for p in tmp_path.iterdir() if p.suffix != ".py"]
        assert all(name.startswith(".f") and name.endswith(".daft-lint-tmp") for name in left)
    assert changed > 10, "the kills came before anything was written"


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_an_interrupted_run_cleans_up(tmp_path: Path) -> None:
    old_files(tmp_path)
    child = start_writer(tmp_path)
    time.sleep(0.05)
    os.kill(child, signal.SIGINT)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    assert {p.suffix for p in tmp_path.iterdir()} == {".py"}
    assert {p.read_bytes()[:3] for p in tmp_path.iterdir()} <= {b"old", b"new"}
