"""Reports of two verified scripts, one confirmed and one refuted."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.measure import quantity
from daft_lint_runtime.report import html, render, text
from daft_lint_runtime.report.charts import nice_step
from daft_lint_runtime.spec import RunOptions
from daft_lint_runtime.verify import VerifySummary, verify_cases
from rich.console import Console

from daft_lint.api.promises import Measure, Unit
from tests.runtime.runtime_cases import finding

SCRIPT = """
import daft

@daft.func
def name_of(x: int) -> str:
    return f"<{x}> & more"

df = daft.from_pydict({"x": list(range(4_000))})
df = df.with_column("name", name_of(df["x"]))
df.collect()
"""


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> VerifySummary:
    path = str(tmp_path_factory.mktemp("scripts") / "script.py")
    bounded = SCRIPT.replace("(4_000))})", "(4_000))}).into_batches(64)")
    wrong = bounded.replace("& more", "& {x % 7}")
    findings = (finding("DFT101", path, 9),)
    cases = [
        VerifyCase(
            path,
            SCRIPT.encode(),
            fixed.encode(),
            findings,
            ({("name_of", Measure.LARGEST_CALL): 4000}, {("name_of", Measure.LARGEST_CALL): 64}),
        )
        for fixed in (bounded, wrong)
    ]
    cases.append(VerifyCase(path, SCRIPT.encode() + b"raise ValueError('\x1b[31mred\x1b[0m')\n", None))
    return verify_cases(cases, RunOptions(runner="native", timeout=50))


def test_statuses(summary: VerifySummary) -> None:
    assert [r.status for r in summary.results] == ["mechanism only", "refuted", "failing"]


def test_json(summary: VerifySummary) -> None:
    data = json.loads(render("json", summary))
    assert (data["version"], data["exit_code"]) == (1, 1)
    confirmed, refuted, failing = data["scripts"]
    assert confirmed["verdicts"][0]["outcome"] == "mechanism only"
    largest = confirmed["verdicts"][0]["measures"][0]
    assert (largest["title"], largest["unit"], largest["direction"]) == ("largest call", "rows", 1)
    assert (largest["before"], largest["after"], largest["ratio"]) == (4000.0, 64.0, 0.016)
    assert confirmed["before"]["udfs"][0]["rows"] == 4000
    assert refuted["comparisons"][0]["kind"] == "rows"
    assert len(refuted["comparisons"][0]["only_before"]) == 5
    assert failing["before"]["status"] == "failed"
    assert failing["after"] is None


def test_junit(summary: VerifySummary) -> None:
    root = ET.fromstring(render("junit", summary).encode())
    suites = root.findall("testsuite")
    assert [(s.get("tests"), s.get("failures")) for s in suites] == [("2", "0"), ("2", "2"), ("1", "1")]
    failure = suites[1].find("testcase/failure")
    assert failure is not None
    assert "rows differ" in str(failure.get("message"))
    assert "\x1b" not in ET.tostring(root, encoding="unicode")


def test_markdown(summary: VerifySummary) -> None:
    lines = render("markdown", summary).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert {line.count("|") - line.count("\\|") for line in rows} == {7}
    assert "largest call | 4,000 rows | 64 rows |" in rows[2]
    assert "refuted" in rows[3]
    assert any(line.startswith("- {") for line in lines)


def test_terminal(summary: VerifySummary) -> None:
    out = io.StringIO()
    text.show(summary, Console(file=out, width=120))
    shown = out.getvalue()
    assert "DFT101 line 9: mechanism only: same rows; largest call 4,000 → 64 rows" in " ".join(shown.split())
    assert re.search(r"largest call +4,000 rows +64 rows +0\.02 +4,000 → 64", shown)
    assert "\x1b" not in shown
    assert "≠ result 1 (line 10)" in shown
    assert "3 scripts: 1 mechanism only, 1 refuted, 1 failing" in shown


class Checker(HTMLParser):
    """Collects what a page refers to, and checks that its tags close."""

    void = frozenset({"meta", "br", "img", "line", "rect", "path", "polyline"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.labels: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.links += [str(v) for k, v in attrs if k in ("src", "href")]
        if tag == "svg":
            self.labels.append(str(values.get("aria-label")))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.void:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [str(v) for k, v in attrs if k in ("src", "href")]


def test_the_page_is_whole_and_self_contained(summary: VerifySummary, tmp_path: Path) -> None:
    page = html.render(summary)
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert checker.links == []
    assert "http" not in page.replace("http://www.w3.org", "")
    assert "prefers-color-scheme: dark" in page
    assert any("Rows per UDF call" in label for label in checker.labels)
    assert any("Physical plan" in label for label in checker.labels)
    assert "&lt;0&gt; &amp; more" in page  # a row of the script, shown as text
    assert "<0> & more" not in page


HOSTILE = "x`y|<script>alert(1)</script>\x1b[31m\n## [a](b) @team #1 www.evil.org ]]>"


def hostile(summary: VerifySummary) -> VerifySummary:
    """The results, as if the script's path, what it printed and its rows were made to leave their places."""
    _, refuted, failing = summary.results
    assert failing.before is not None
    rows = tuple(f"```\n<script>{row}" for row in refuted.comparisons[0].only_before)
    different = replace(refuted.comparisons[0], what=HOSTILE, message=HOSTILE, only_before=rows)
    return replace(
        summary,
        results=(
            replace(refuted, case=replace(refuted.case, path=HOSTILE), comparisons=(different,)),
            replace(
                failing,
                case=replace(failing.case, path=HOSTILE),
                problem=HOSTILE,
                before=replace(failing.before, message=HOSTILE, stderr=HOSTILE),
            ),
        ),
    )


def test_nothing_that_a_script_says_leaves_its_place(summary: VerifySummary) -> None:
    shown = hostile(summary)
    lines = render("markdown", shown).splitlines()
    begin, end = (
        next(i for i, line in enumerate(lines) if re.fullmatch(form, line)) for form in ("`{4,}diff", "`{4,}")
    )
    assert all(line.startswith(("- ", "+ ")) for line in lines[begin + 1 : end])
    outside = [re.sub("</?code>", "", line) for line in (*lines[:begin], *lines[end + 1 :])]
    assert not [line for line in outside if re.search(r"[<>`@\[\]\x1b]|www\.", line)]
    assert {line.count("|") for line in outside if line.startswith("|")} == {7}
    assert [line for line in lines if line.startswith("## ")] == ["## daft-lint verify"]
    ET.fromstring(render("junit", shown).encode())
    page = html.render(shown)
    assert "<script" not in page
    checker = Checker()
    checker.feed(page)
    assert checker.open == []


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(4096, Unit.ROWS, "4,096 rows"), (1.5, Unit.COUNT, "1.5"), (0, Unit.BYTES, "0 bytes"),
     (1536, Unit.BYTES, "1.5 KiB"), (3 * 2**30, Unit.BYTES, "3.0 GiB"), (12.5, Unit.SECONDS, "12.5 s")],
)  # fmt: skip
def test_quantities(value: float, unit: Unit, shown: str) -> None:
    assert quantity(value, unit) == shown


def test_ticks_are_round() -> None:
    assert [nice_step(top) for top in (1, 4, 9, 37, 100)] == [0.5, 1.0, 5.0, 10.0, 50.0]
