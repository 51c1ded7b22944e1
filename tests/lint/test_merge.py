"""From the results of single files to one report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daft_lint.api.finding import Finding, FindingFix, Level, Span
from daft_lint.config import Config
from daft_lint.lint.merge import agree_on_safety, merge, strongest
from daft_lint.lint.results import FileResult, RawFinding, Report
from daft_lint.source.document import Document
from daft_lint.source.edit import Edit
from daft_lint.source.problems import Problem


def span(line: int = 1, path: str = "a.py") -> Span:
    return Span(path, None, line, 1, line, 9)


def raw(
    code: str = "DFT101",
    *,
    level: Level = Level.WARNING,
    where: Span | None = None,
    entry: str = "",
    fix: FindingFix | None = None,
    observed: str = "",
) -> RawFinding:
    finding = Finding(code, "a-name", level, where or span(), observed, "", "", fix=fix)
    return RawFinding(finding, entry)


def fix(start: int, why_unsafe: str | None = None, *, path: str = "a.py", title: str = "a fix") -> FindingFix:
    return FindingFix(title, why_unsafe, (Edit(path, None, start, start + 3, title),))


class TestStrongest:
    def test_one_finding_is_kept_for_each_code_and_place(self) -> None:
        findings = [raw(), raw("DFT102"), raw(where=span(2)), raw(where=span(path="b.py")), raw()]
        assert strongest(findings) == findings[:4]

    def test_the_higher_level_counts_wherever_it_stands(self) -> None:
        low, high = raw(level=Level.ADVICE), raw(level=Level.ERROR)
        assert strongest([low, high]) == strongest([high, low]) == [high]

    def test_one_that_rests_on_no_open_parameter_counts_more_than_a_level(self) -> None:
        open_one, closed = raw(level=Level.ERROR, entry="a.py:run"), raw(level=Level.ADVICE)
        assert strongest([open_one, closed]) == strongest([closed, open_one]) == [closed]

    def test_the_first_of_equal_ones_counts_and_keeps_its_place_in_the_order(self) -> None:
        first, other, again = raw(observed="one"), raw("DFT102"), raw(observed="two")
        assert strongest([first, other, again]) == [first, other]


class TestAgreeOnSafety:
    def test_a_fix_is_unsafe_where_another_fix_of_the_same_bytes_is(self) -> None:
        safe, unsafe = raw(fix=fix(5)), raw("DFT102", fix=fix(5, "the row order"))
        for findings in ([safe, unsafe], [unsafe, safe]):
            fixes = [one.finding.fix for one in agree_on_safety(findings)]
            assert [one.why_unsafe for one in fixes if one is not None] == ["the row order"] * 2

    def test_other_bytes_other_files_and_findings_without_a_fix_stay(self) -> None:
        findings = [raw(fix=fix(6)), raw(fix=fix(5, path="b.py")), raw(), raw(fix=fix(5, "why"))]
        assert list(agree_on_safety(findings)) == findings

    def test_nothing_but_the_safety_changes(self) -> None:
        mine, unsafe = fix(5, title="mine"), raw(fix=fix(5, "why", title="other"))
        changed, same = agree_on_safety([raw(entry="f", fix=mine), unsafe])
        assert changed == raw(entry="f", fix=replace(mine, why_unsafe="why"))
        assert same is unsafe


def merged(*results: FileResult, config: Config | None = None, text: str = "", path: str = "a.py") -> Report:
    documents = {path: Document.from_bytes(path, text.encode())} if text else {}
    return merge(results, (), len(results), config or Config(), documents)


class TestMerge:
    def test_findings_of_all_files_come_in_order(self) -> None:
        first, second, third = raw("DFT101"), raw("DFT102"), raw(where=span(path="b.py"))
        report = merged(FileResult("b.py", (third,)), FileResult("a.py", (second, first)))
        assert report.findings == (first.finding, second.finding, third.finding)
        assert report.files == 2

    def test_places_with_and_without_a_cell_have_an_order(self) -> None:
        made = FileResult("a.py", (raw(where=replace(span(2), cell=1)), raw(where=span(3)), raw(where=span(4))))
        report = merge([made], (), 1, Config(), {})
        assert [finding.span.line for finding in report.findings] == [3, 4, 2]

    def test_files_that_find_the_same_in_a_shared_module_report_it_once(self) -> None:
        shared = span(7, "shared.py")
        weak = raw(where=shared, level=Level.ADVICE, fix=fix(5, path="shared.py"))
        strong = raw(where=shared, level=Level.ERROR, fix=fix(5, path="shared.py"))
        unsafe = raw("DFT102", where=shared, fix=fix(5, "the row order", path="shared.py"))
        report = merged(FileResult("a.py", (weak,)), FileResult("b.py", (strong, unsafe)))
        assert [(f.code, f.level) for f in report.findings] == [("DFT101", Level.ERROR), ("DFT102", Level.WARNING)]
        assert [f.fix.why_unsafe for f in report.findings if f.fix] == ["the row order"] * 2

    def test_what_rests_on_a_parameter_is_left_out_where_another_file_calls_the_function(self) -> None:
        uncertain = FileResult("lib.py", (raw(where=span(path="lib.py"), entry="lib.py:save"),))
        assert merged(uncertain).findings
        assert not merged(uncertain, FileResult("main.py", called=frozenset({"lib.py:save"}))).findings

    def test_a_finding_of_a_called_function_gives_way_before_duplicates_are_merged(self) -> None:
        uncertain = raw(level=Level.ERROR, entry="a.py:save")
        known = raw(level=Level.ADVICE)
        report = merged(FileResult("a.py", (uncertain,)), FileResult("b.py", (known,), called=frozenset({"a.py:save"})))
        assert report.findings == (known.finding,)

    @pytest.mark.parametrize(
        ("comment", "codes"),
        [
            ("", ["DFT101"]),
            ("  # noqa: DFT101", []),
            ("  # noqa: DFT102", ["DFT101", "DFT002"]),
            ("  # daft-lint: ignore[DFT1] why", []),
        ],
    )
    def test_comments_suppress_and_those_that_do_not_are_reported(self, comment: str, codes: list[str]) -> None:
        report = merged(FileResult("a.py", (raw(),)), text=f"x = daft{comment}\n")
        assert [finding.code for finding in report.findings] == codes

    def test_per_file_ignores_and_the_selection_of_the_engines_own_rule_count(self) -> None:
        config = Config(per_file_ignores=(("a.py", ("DFT101",)),), ignore=("DFT002",))
        assert not merged(FileResult("a.py", (raw(),)), config=config, text="x = daft  # noqa: DFT102\n").findings

    def test_problems_limits_and_failures_are_passed_on(self) -> None:
        before, met = Problem("x.py", "cannot be read"), Problem("a.py", "rule failed")
        result = FileResult("a.py", (), (met,), limits=("4 paths",), failed=True)
        report = merge([FileResult("b.py"), result], [before], 3, Config(), {})
        assert report == Report((), (before, met), 3, ("a.py: 4 paths",), True)
