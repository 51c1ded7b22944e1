from __future__ import annotations

import io
import json
from dataclasses import replace

from daft_lint.api.finding import Finding, FindingFix, Related, Span
from daft_lint.api.rule import Level
from daft_lint.lint.source_lines import SourceLines
from daft_lint.report import Summary, concise, text
from daft_lint.report import json as as_json
from daft_lint.source.edit import Edit


def at(line: int, column: int, end: int, cell: int | None = None) -> Span:
    return Span("a.py", cell, line, column, line, end)


FIX = FindingFix("Insert it", "the row order", (Edit("a.py", None, 3, 3, "x"),), ("1 -> 16 tasks", "1 -> 16 files"))
FOUND = Finding(
    "DFT101",
    "some-name",
    Level.WARNING,
    at(1, 5, 8),
    "Seen",
    "Costs",
    "Write",
    "hint",
    (Related(at(2, 1, 3), "here"),),
    FIX,
)
SOURCE = SourceLines({"a.py": "日\t= abc\nx\x1b[31m\n".encode()})


def test_text_frames() -> None:
    assert text.render([FOUND], 1, SOURCE).splitlines() == [
        "a.py:1:5: DFT101 some-name [warning]",
        "  |",
        "1 | 日  = abc",
        "  |       ^^^",
        "  :: a.py:2:1: here",
        "  |",
        "2 | x\\x1b[31m",
        "  | -----",
        "  = Seen.",
        "  = Costs.",
        "  = Write.",
        "  = fix: Insert it (unsafe: the row order)",
        "  = effect: 1 -> 16 tasks, 1 -> 16 files",
        "",
        "1 finding (1 warning) in 1 file. 1 finding can be fixed with daft-lint fix --unsafe.",
    ]


def test_what_the_same_command_would_fix_is_counted_and_the_rest_named_apart() -> None:
    safe = replace(FOUND, fix=replace(FIX, why_unsafe=None))
    assert Summary.of([safe], 1).sentence().endswith(" 1 finding can be fixed with daft-lint fix.")
    both = Summary.of([safe, FOUND, replace(FOUND, fix=None)], 1).sentence()
    assert both.endswith(" 1 finding can be fixed with daft-lint fix (1 more with --unsafe).")


def test_colour_only_where_it_is_wanted() -> None:
    assert "\x1b[" in text.render([FOUND], 1, SOURCE, colour=True)
    assert not text.wants_colour(io.StringIO(), {})
    assert text.wants_colour(io.StringIO(), {"FORCE_COLOR": "1"})
    assert not text.wants_colour(io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"})


def test_json_shape() -> None:
    found = json.loads(as_json.render([FOUND], 3))
    assert list(found) == ["version", "findings", "summary"]
    assert found["summary"] == {"files": 3, "errors": 0, "warnings": 1, "advice": 0, "fixable": 1, "unsafe": 1}
    (one,) = found["findings"]
    assert list(one) == [
        *("code", "name", "level", "evidence", "condition", "path", "line", "column", "end_line", "end_column"),
        *("message", "related", "fix"),
    ]
    assert one["message"] == "Seen. Costs. Write."
    assert one["fix"]["effects"] == ["1 -> 16 tasks", "1 -> 16 files"]
    assert one["fix"]["edits"] == [{"path": "a.py", "start": 3, "end": 3, "text": "x"}]


def test_concise() -> None:
    in_cell = Finding("DFT1", "n", Level.ERROR, at(1, 5, 8, 3), "S", "", "")
    assert concise.render([in_cell], 0).splitlines()[0] == "a.py:cell 3:1:5: error: DFT1 S."
