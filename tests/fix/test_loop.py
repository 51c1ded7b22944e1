"""The fix loop comes to an end and breaks nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest

from daft_lint.api.finding import Finding
from daft_lint.fix.diff import unified_diff
from daft_lint.fix.loop import fix_documents
from daft_lint.fix.results import FixReport
from daft_lint.source.document import Document
from tests.fix.fix_cases import both, finding, python, replacing


def text_of(report: FixReport, index: int = 0) -> str:
    return report.files[index].after.raw.decode()


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


def test_passes_that_come_nearer_to_an_end_are_not_counted() -> None:
    def shortening(document: Document) -> Iterator[Finding]:
        count = document.raw.count(b"a")
        if count > 1:
            yield from [finding(document, [(document.path, None, 5, 6, "")])]

    def ending(document: Document) -> Iterator[Finding]:
        for number in range(document.raw.count(b"a")):
            at = document.raw.index(b"a")
            yield finding(document, [(document.path, None, at, at + 1, "bb")], f"TST{number:03}")

    assert text_of(fix_documents([python("v = '" + "a" * 30 + "'\n")], shortening)) == "v = 'a'\n"
    assert text_of(fix_documents([python("v = '" + "a" * 30 + "'\n")], ending)) == f"v = '{'b' * 60}'\n"


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
