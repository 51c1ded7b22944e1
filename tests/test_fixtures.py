"""What every example must survive, whatever its rule: fixtures/rules/<CODE>/*.py, each in every variation.

A case is named `variation-CODE/fixture`. The expected findings are the `# expect: CODE level` markers at the ends of
lines; `found_x.fixed.py` is what `fix --unsafe --select CODE` must make of `found_x.py`.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from variations import VARIATIONS, Variation, local_names, rename

from daft_lint import config as configuration
from daft_lint import engine
from daft_lint.document import Document
from daft_lint.finding import Finding
from daft_lint.fixing import FixReport, Observe, fix_documents

FIXTURES = Path(__file__).parent.parent / "fixtures" / "rules"
MARKER = re.compile(r"# expect: (.*?)\s*(?:  # c\d+)?$")
FIXED = ".fixed.py"


@dataclass(frozen=True)
class Fixture:
    """A file under fixtures/rules/<code>."""

    path: Path

    @property
    def code(self) -> str:
        return self.path.parent.name

    @property
    def name(self) -> str:
        return f"{self.code}/{self.path.stem}"

    @property
    def is_found(self) -> bool:
        return self.path.name.startswith("found_")

    @functools.cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @functools.cached_property
    def fixed_text(self) -> str | None:
        path = self.path.with_name(self.path.stem + FIXED)
        return path.read_text(encoding="utf-8") if path.exists() else None

    @functools.cached_property
    def config(self) -> configuration.Config:
        """The configuration in the comments at the fixture's top, with the fixture's own rule on."""
        lines = self.text.splitlines()
        table: list[str] = []
        if "# daft-lint.toml:" in lines:
            for line in lines[lines.index("# daft-lint.toml:") + 1 :]:
                if not line.startswith("#"):
                    break
                table.append(line.removeprefix("#").removeprefix(" "))
        config = configuration.parse("\n".join(table), Path("daft-lint.toml"))
        return dataclasses.replace(config, select=("ALL", self.code))


def fixtures() -> list[Fixture]:
    found = sorted(FIXTURES.glob("DFT*/*.py"))
    return [Fixture(path) for path in found if not path.name.endswith(FIXED) and path.name != "__init__.py"]


def cases() -> Iterator[tuple[Variation, Fixture]]:
    for fixture in fixtures():
        for variation in VARIATIONS:
            if (fixture.is_found or variation.of_silent) and variation.change(fixture.text) is not None:
                yield variation, fixture


CASES = {f"{variation.name}-{fixture.name}": (variation, fixture) for variation, fixture in cases()}


def check(document: Document, config: configuration.Config) -> tuple[Finding, ...]:
    report = engine.check_document(document, config)
    assert report.problems == ()
    return report.findings


def expected(text: str) -> Counter[tuple[int, str, str]]:
    """The findings that the markers ask for: line, code, level."""
    found: Counter[tuple[int, str, str]] = Counter()
    for number, line in enumerate(text.split("\n"), 1):
        if match := MARKER.search(line):
            for marker in match.group(1).split(","):
                code, level = marker.split()
                found[number, code, level] += 1
    return found


def seen(findings: tuple[Finding, ...]) -> Counter[tuple[int, str, str]]:
    return Counter((f.span.line, f.code, f.level.name.lower()) for f in findings)


def without_lines(found: Counter[tuple[int, str, str]]) -> Counter[tuple[str, str]]:
    return Counter((code, level) for _, code, level in found.elements())


def comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def shown(findings: tuple[Finding, ...]) -> str:
    return "\n".join(f"{f.span.line}:{f.span.column} {f.code} {f.level.name.lower()} {f.message}" for f in findings)


@pytest.mark.parametrize("case", CASES)
def test_fixture(case: str) -> None:
    variation, fixture = CASES[case]
    text = variation.change(fixture.text)
    assert text is not None
    raw = variation.encode(text)
    document = Document.from_bytes(f"{fixture.code}_{fixture.path.name}", raw)
    checked: dict[bytes, tuple[Finding, ...]] = {}

    def all_findings(document: Document) -> tuple[Finding, ...]:
        if document.raw not in checked:
            checked[document.raw] = check(document, fixture.config)
        return checked[document.raw]

    findings = all_findings(document)
    if variation.same_lines:
        assert seen(findings) == expected(text), f"{shown(findings)}\n{text}"
    else:
        assert without_lines(seen(findings)) == without_lines(expected(text)), f"{shown(findings)}\n{text}"
    if not fixture.is_found:
        return

    def of_this_rule(document: Document) -> list[Finding]:
        return [finding for finding in all_findings(document) if finding.code == fixture.code]

    report = fix_documents([document], of_this_rule, unsafe=True)
    assert report.problems == ()
    fixed = report.files[0].after
    assert_right(variation, fixture, text, fixed)
    assert_settled(fixture, findings, all_findings(fixed), fixed, of_this_rule)
    assert_gentle(document, fixed, report)


def assert_right(variation: Variation, fixture: Fixture, text: str, fixed: Document) -> None:
    """The fixed text is the expected one, changed as the variation does."""
    wanted = text if fixture.fixed_text is None and variation.same_lines else None
    if fixture.fixed_text is not None and variation.maps_fixed:
        wanted = variation.change(fixture.fixed_text)
    if fixture.fixed_text is not None and variation.name == "renamed":
        wanted = rename(fixture.fixed_text, {name: f"zz_{name}" for name in local_names(fixture.text)})
    if wanted is not None:
        got, want = fixed.raw, variation.encode(wanted)
        expected_lines, lines = (raw.decode("utf-8", "replace").splitlines() for raw in (want, got))
        assert got == want, "\n".join(difflib.unified_diff(expected_lines, lines, "expected", "fixed", lineterm=""))


def assert_settled(
    fixture: Fixture,
    before: tuple[Finding, ...],
    after: tuple[Finding, ...],
    fixed: Document,
    observe: Observe,
) -> None:
    """What had a fix is gone, nothing new is there, and a second fix changes nothing."""
    codes = Counter(f.code for f in before)
    fixable = Counter(f.code for f in before if f.fix is not None)[fixture.code]
    left = Counter(f.code for f in after)
    assert left[fixture.code] == codes[fixture.code] - fixable, shown(after)
    assert not left - codes, f"new findings:\n{shown(after)}\n{fixed.raw.decode('utf-8', 'replace')}"
    again = fix_documents([fixed], observe, unsafe=True)
    assert again.changed == ()


def assert_gentle(before: Document, after: Document, report: FixReport) -> None:
    """It compiles, every comment is there, the line breaks are the file's own, and only lines with edits differ."""
    compile(after.raw, before.path, "exec")
    if not report.changed:
        return
    old, new = before.cells[0].source.decode(), after.cells[0].source.decode()
    assert not comments(old) - comments(new)
    assert ("\r\n" in old) == ("\r\n" in new)
    assert new.count("\n") - new.count("\r\n") == (0 if "\r\n" in old else new.count("\n"))
    assert old.endswith("\n") == new.endswith("\n")
    assert before.raw.startswith(b"\xef\xbb\xbf") == after.raw.startswith(b"\xef\xbb\xbf")


def test_every_fixture_says_what_it_shows() -> None:
    for fixture in fixtures():
        assert fixture.text.startswith('"""'), f"{fixture.name} has no docstring"
        has_markers = bool(expected(fixture.text))
        assert not fixture.is_found or has_markers, f"{fixture.name} expects nothing"
        mine = [code for _, code, _ in expected(fixture.text) if code == fixture.code]
        assert bool(mine) == fixture.is_found, f"{fixture.name}: found_* and only found_* expects {fixture.code}"


def test_every_fixed_file_has_its_fixture() -> None:
    for path in FIXTURES.glob(f"DFT*/*{FIXED}"):
        assert path.with_name(path.name.removesuffix(FIXED) + ".py").exists(), path


def test_every_rule_has_fixtures() -> None:
    have = {(fixture.code, fixture.is_found) for fixture in fixtures()}
    for rule in engine.rules():
        assert (rule.code, True) in have, f"{rule.code} has no found_*.py"
        assert (rule.code, False) in have, f"{rule.code} has no silent_*.py"
        if rule.fixable:
            assert any(f.fixed_text for f in fixtures() if f.code == rule.code), f"{rule.code} has no *.fixed.py"
