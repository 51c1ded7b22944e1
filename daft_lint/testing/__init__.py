"""Fixtures for rules, and what every one of them must survive: for the rules of this project and of plugins alike.

A folder has one folder for each rule's code. `found_*.py` has findings, each marked where it is reported by
`# expect: CODE level` at the end of the line (several with commas); `silent_*.py` has none of that rule;
`found_x.fixed.py` is what `fix --unsafe --select CODE` must make of `found_x.py`. A configuration can stand in comments
on top, below a line `# daft-lint.toml:`.

    from pathlib import Path
    import pytest
    from daft_lint.testing import Fixtures

    FIXTURES = Fixtures(Path(__file__).parent / "fixtures", plugins=("my_rules",))

    @pytest.mark.parametrize("fixture", FIXTURES.fixtures(), ids=str)
    def test_fixture(fixture):
        fixture.check()

    def test_the_fixtures_are_complete():
        FIXTURES.check_complete()

Nothing here needs pytest: what is wrong is an `AssertionError` with the variation's name and the texts in it.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from daft_lint import config as configuration
from daft_lint.api.finding import Finding
from daft_lint.api.rule import Rule
from daft_lint.dataclass import dataclass
from daft_lint.fix.loop import Check, fix_documents
from daft_lint.fix.results import FixReport
from daft_lint.lint.analysis import is_weighed
from daft_lint.lint.engine import check_document
from daft_lint.lint.outlook import harm_between
from daft_lint.lint.registry import rules
from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.source.document import Document
from daft_lint.source.prescan import Prescan
from daft_lint.testing.variations import VARIATIONS, Variation, local_names, rename

__all__ = ["Fixture", "Fixtures", "Variation"]

_MARKER = re.compile(r"# expect: (.*?)\s*(?:  # c\d+)?$")
_FIXED = ".fixed.py"


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


@dataclass(frozen=True)
class Fixture:
    """A file in the folder of a rule. `plugins` are those whose rules run besides ours."""

    path: Path
    plugins: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The rule that it is about."""
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
        path = self.path.with_name(self.path.stem + _FIXED)
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
        versioned = {rule.code for rule in rules(self.plugins) if rule.knows_versions}
        # What is spelled for which Daft depends on the project around: for the fixtures of those rules alone.
        ignored = () if self.code in versioned else tuple(versioned)
        return dataclasses.replace(
            config, select=("ALL", self.code), ignore=(*config.ignore, *ignored), plugins=self.plugins
        )

    @functools.cached_property
    def expected(self) -> Counter[tuple[int, str, str]]:
        """The findings that its markers ask for: line, code, level."""
        return expected(self.text)

    def __str__(self) -> str:
        return self.name

    def check(self) -> None:
        """Checks the fixture in each variation that means something for it: the findings are the expected ones; the
        fix makes the expected text, leaves nothing to fix, breaks nothing.

        Raises `AssertionError`, which names the variations that fail.
        """
        wrong: list[str] = []
        for variation in VARIATIONS:
            if self.is_found or variation.of_silent:
                try:
                    _check_variation(self, variation)
                except AssertionError as error:
                    wrong.append(f"{variation.name}: {error}")
        _require(not wrong, "\n\n".join(wrong))


@dataclass(frozen=True)
class Fixtures:
    """All fixtures below a folder: `folder/<CODE>/*.py`."""

    folder: Path
    plugins: tuple[str, ...] = ()

    def fixtures(self) -> list[Fixture]:
        """Every fixture, sorted by its path."""
        files = sorted(self.folder.glob("[A-Z][A-Z][A-Z][0-9]*/*.py"))
        taken = (path for path in files if not path.name.endswith(_FIXED) and path.name != "__init__.py")
        return [Fixture(path, self.plugins) for path in taken]

    def rules(self) -> tuple[type[Rule], ...]:
        """The rules that these fixtures are for: those of the plugins, or ours where there are none."""
        own = set(rules()) if self.plugins else set()
        return tuple(rule for rule in rules(self.plugins) if rule not in own)

    def check_complete(self) -> None:
        """Each rule has a found_*.py, a silent_*.py and, with a fix, a found_*.fixed.py; each fixture says what it
        shows and is named for what it has. Raises `AssertionError`."""
        fixtures = self.fixtures()
        for path in self.folder.glob(f"*/*{_FIXED}"):
            _require(path.with_name(path.name.removesuffix(_FIXED) + ".py").exists(), f"{path} has no fixture")
        for fixture in fixtures:
            _require(fixture.text.startswith('"""'), f"{fixture.name} has no docstring")
            mine = any(code == fixture.code for _, code, _ in fixture.expected)
            _require(mine == fixture.is_found, f"{fixture.name}: found_* and only found_* expects {fixture.code}")
        for rule in self.rules():
            _require_covered(rule, [fixture for fixture in fixtures if fixture.code == rule.code])


def _check_variation(fixture: Fixture, variation: Variation) -> None:
    """The findings are the expected ones; the fix makes the expected text, leaves nothing to fix, breaks nothing."""
    text = variation.change(fixture.text)
    if text is None:
        return
    document = Document.from_bytes(f"{fixture.code}_{fixture.path.name}", variation.encode(text))
    checked: dict[bytes, tuple[Finding, ...]] = {}

    def all_findings(document: Document) -> tuple[Finding, ...]:
        if document.raw not in checked:
            checked[document.raw] = _check(document, fixture.config)
        return checked[document.raw]

    findings = all_findings(document)
    found, wanted = _seen(findings), expected(text)
    same = found == wanted if variation.same_lines else _without_lines(found) == _without_lines(wanted)
    _require(same, f"expected {sorted(wanted.elements())}, found\n{_shown(findings)}\n{text}")
    if not fixture.is_found:
        return
    prescan = Prescan(document.path, document.raw)
    (rule,) = (rule for rule in rules(fixture.plugins) if rule.code == fixture.code)
    _require(rule.can_match(prescan), f"the sieve of {rule.code} leaves out\n{text}")

    def of_this_rule(document: Document) -> list[Finding]:
        return [finding for finding in all_findings(document) if finding.code == fixture.code]

    report = fix_documents([document], of_this_rule, unsafe=True)
    _require(report.problems == (), "\n".join(map(str, report.problems)))
    fixed = report.files[0].after
    _require_right(variation, fixture, text, fixed)
    _require_settled(fixture, findings, all_findings(fixed), fixed, of_this_rule)
    _require_gentle(document, fixed, report)
    if is_weighed(rule):
        _require_no_harm(document, fixed, fixture.config)


def _require_no_harm(before: Document, after: Document, config: configuration.Config) -> None:
    """No effect is worse on any path: rows of a call, tasks, nodes, model loads, heavy data that is moved, files, row
    order, what a checkpoint allows, the author's own fan-out."""
    if before.raw == after.raw:
        return
    old, new = (interpret(document, config.settings, Project()) for document in (before, after))
    harm = harm_between(old, new)
    _require(not harm, f"worse: {'; '.join(harm)}\n{after.raw.decode('utf-8', 'replace')}")


def _require_covered(rule: type[Rule], fixtures: Iterable[Fixture]) -> None:
    fixtures = list(fixtures)
    _require(any(fixture.is_found for fixture in fixtures), f"{rule.code} has no found_*.py")
    _require(any(not fixture.is_found for fixture in fixtures), f"{rule.code} has no silent_*.py")
    for fixture in fixtures:
        seen = rule.can_match(Prescan(fixture.path.name, fixture.text.encode()))
        _require(
            seen or not fixture.is_found,
            f"{fixture.name} has none of the trigger words of {rule.code}: {rule.trigger_words}",
        )
    fixed = any(fixture.fixed_text for fixture in fixtures)
    _require(fixed or not rule.fixable, f"{rule.code} has no *{_FIXED}")


def expected(text: str) -> Counter[tuple[int, str, str]]:
    """The findings that the markers in a text ask for: line, code, level."""
    found: Counter[tuple[int, str, str]] = Counter()
    for number, line in enumerate(text.split("\n"), 1):
        if match := _MARKER.search(line):
            for marker in match.group(1).split(","):
                code, level = marker.split()
                found[number, code, level] += 1
    return found


def _check(document: Document, config: configuration.Config) -> tuple[Finding, ...]:
    report = check_document(document, config)
    _require(report.problems == (), f"{report.problems}")
    return report.findings


def _seen(findings: Iterable[Finding]) -> Counter[tuple[int, str, str]]:
    return Counter((f.span.line, f.code, f.level.name.lower()) for f in findings)


def _without_lines(found: Counter[tuple[int, str, str]]) -> Counter[tuple[str, str]]:
    return Counter((code, level) for _, code, level in found.elements())


def _comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def _shown(findings: Iterable[Finding]) -> str:
    return "\n".join(f"{f.span.line}:{f.span.column} {f.code} {f.level.name.lower()} {f.message}" for f in findings)


def _require_right(variation: Variation, fixture: Fixture, text: str, fixed: Document) -> None:
    """The fixed text is the expected one, changed as the variation does."""
    wanted = text if fixture.fixed_text is None and variation.same_lines else None
    if fixture.fixed_text is not None and variation.maps_fixed:
        wanted = variation.change(fixture.fixed_text)
    if fixture.fixed_text is not None and variation.name == "renamed":
        wanted = rename(fixture.fixed_text, {name: f"zz_{name}" for name in local_names(fixture.text)})
    if wanted is not None:
        got, want = fixed.raw, variation.encode(wanted)
        expected_lines, lines = (raw.decode("utf-8", "replace").splitlines() for raw in (want, got))
        diff = "\n".join(difflib.unified_diff(expected_lines, lines, "expected", "fixed", lineterm=""))
        _require(got == want, diff or f"other bytes: {got!r}")


def _require_settled(
    fixture: Fixture, before: Iterable[Finding], after: tuple[Finding, ...], fixed: Document, observe: Check
) -> None:
    """What had a fix is gone, nothing new is there, and a second fix changes nothing."""
    before = list(before)
    codes, left = (Counter(f.code for f in findings) for findings in (before, after))
    fixable = sum(f.code == fixture.code and f.fix is not None for f in before)
    shown = f"{_shown(after)}\n{fixed.raw.decode('utf-8', 'replace')}"
    _require(left[fixture.code] == codes[fixture.code] - fixable, f"not gone:\n{shown}")
    _require(not left - codes, f"new findings:\n{shown}")
    again = fix_documents([fixed], observe, unsafe=True)
    _require(again.changed == (), f"a second fix changes it again:\n{shown}")


def _require_gentle(before: Document, after: Document, report: FixReport) -> None:
    """It compiles, every comment is there, and the line breaks and the BOM are the file's own."""
    compile(after.raw, before.path, "exec")
    if not report.changed:
        return
    old, new = before.cells[0].source.decode(), after.cells[0].source.decode()
    lost = _comments(old) - _comments(new)
    _require(not lost, f"lost comments: {', '.join(lost)}")
    breaks = new.count("\n") - new.count("\r\n") == (0 if "\r\n" in old else new.count("\n"))
    _require(("\r\n" in old) == ("\r\n" in new) and breaks, "other line breaks")
    _require(old.endswith("\n") == new.endswith("\n"), "another end of the file")
    _require(before.raw.startswith(b"\xef\xbb\xbf") == after.raw.startswith(b"\xef\xbb\xbf"), "another BOM")
