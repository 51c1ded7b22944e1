"""Comments that suppress findings.

x = 1  # noqa: CODE
x = 1  # daft-lint: ignore[CODE] kept for the benchmark
x = 1  # daft-lint: ignore[name-of-a-rule] kept for the benchmark
# daft-lint: ignore-file[CODE] at the top of the file
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import field
from typing import TYPE_CHECKING

from daft_lint.api.finding import Finding, FindingFix, Span
from daft_lint.dataclass import dataclass
from daft_lint.lint.engine_rules import UnusedSuppression
from daft_lint.lint.unused_comments import CommentPart
from daft_lint.pipeline.facts.comments import comment_facts
from daft_lint.source import scanner
from daft_lint.source.comments import IGNORE, LinterComment, linter_comments

if TYPE_CHECKING:
    from daft_lint.config import Selection
    from daft_lint.source.document import Cell, Document

_NOQA = re.compile(r"#\s*noqa(?P<list>\s*:\s*(?P<codes>[A-Z]+[0-9]*(?:[\s,]+[A-Z]+[0-9]+)*))?(?![\w-])", re.IGNORECASE)
_NAME = re.compile("[a-z0-9]+(-[a-z0-9]+)+")
_CODE = re.compile(r"(?P<letters>[A-Z]{3})[0-9]{0,3}\Z")

_HIDES_LATER = "A later finding would go unnoticed"


def unused_finding(span: Span, observed: str, impact: str, suggestion: str, fix: FindingFix | None = None) -> Finding:
    """A finding about a comment that does nothing."""
    rule = UnusedSuppression
    return Finding(rule.code, rule.name, rule.level, span, observed, impact, suggestion, fix=fix)


@dataclass(frozen=True, slots=True)
class _Malformed:
    """A `# daft-lint:` comment that means nothing, and what is wrong with it."""

    span: Span
    message: str


@dataclass(slots=True, eq=False)
class Suppression:
    """A comment that silences findings. `codes` are prefixes; None silences every rule.

    `lines` are the first and last lines of the statement that it stands on; None where it holds for the whole file.
    """

    span: Span
    codes: tuple[str, ...] | None
    lines: tuple[int, int] | None
    is_noqa: bool
    part: CommentPart
    used: set[str] = field(default_factory=set)

    def covers(self, finding: Finding) -> bool:
        """Whether it silences `finding`."""
        span = finding.span
        if self.lines is not None:
            if span.cell != self.span.cell:
                return False
            first, last = self.lines
            on_edge = self.span.line in (first, last) and first <= span.line <= last
            if not on_edge and self.span.line not in (span.line, span.end_line):
                return False
        return self.codes is None or any(finding.code.startswith(code) for code in self.codes)


class Statements:
    """The logical lines of a text that are longer than one physical line."""

    def __init__(self, source: bytes) -> None:
        self.spans = list(scanner.logical_lines(source))
        self.firsts = [first for first, _ in self.spans]

    def around(self, line: int) -> tuple[int, int]:
        """The first and the last line, from 1, of the statement that a line is in."""
        index = bisect_right(self.firsts, line) - 1
        if index >= 0 and line <= self.spans[index][1]:
            return self.spans[index]
        return line, line


class Suppressions:
    """The suppressions of one document. A file without the words is not scanned.

    `letters` are those that codes begin with; other codes in a `# noqa` are for other tools. The rules of `plugins` can
    be named too.
    """

    def __init__(self, document: Document, letters: Collection[str] = ("DFT",), plugins: tuple[str, ...] = ()) -> None:
        self.letters = letters
        self.plugins = plugins
        self.items: list[Suppression] = []
        self.by_line: dict[tuple[int | None, int], list[Suppression]] = {}
        """The items on each line of a cell, and on an edge of the statement that the line is in."""
        self.whole_file: list[Suppression] = []
        self.malformed: list[_Malformed] = []
        if b"noqa" in document.raw.lower() or b"daft-lint:" in document.raw:
            for cell in document.cells:
                self._read(cell)
                facts = comment_facts(cell)
                self.malformed += [_Malformed(comment_span(cell, one.comment), one.message) for one in facts.malformed]

    def hides(self, finding: Finding) -> bool:
        """Whether some comment silences `finding`; that comment counts as used from then on."""
        span = finding.span
        lines = {span.line, span.end_line}
        candidates = [item for line in lines for item in self.by_line.get((span.cell, line), ())]
        covering = [item for item in (*self.whole_file, *candidates) if item.covers(finding)]
        for item in covering:
            for code in item.codes or ("",):
                if finding.code.startswith(code):
                    item.used.add(code)
        return bool(covering)

    def unused(self, selection: Selection) -> Iterator[Finding]:
        """A finding for each comment that silenced nothing or is not understood, once `hides` was asked of every
        finding.

        Codes of rules that did not run are left out. A bare `# noqa` may be meant for another tool and is not reported.
        """
        for wrong in self.malformed:
            yield unused_finding(
                wrong.span, f"This daft-lint comment is not understood: {wrong.message}", "It has no effect", ""
            )
        for item in self.items:
            if item.codes is None:
                if not item.is_noqa and not item.used:
                    fix = item.part.without(None)
                    yield unused_finding(
                        item.span, "This comment silences no finding", _HIDES_LATER, "Remove the comment", fix
                    )
                continue
            unused = [code for code in item.codes if code not in item.used and selection.runs(code)]
            if unused:
                words = ", ".join(item.part.words_for(unused))
                observed, fix = f"This comment silences no finding of {words}", item.part.without(unused)
                yield unused_finding(item.span, observed, _HIDES_LATER, f"Remove {words}", fix)

    def _read(self, cell: Cell) -> None:
        statements: Statements | None = None
        for comment in linter_comments(cell):
            for suppression in self._suppressions(cell, comment):
                if suppression.lines is not None:
                    if statements is None:
                        statements = Statements(cell.source)
                    lines = statements.around(comment.line)
                    shown = [cell.document.location(cell, line, 1)[0] for line in lines]
                    suppression.lines = (shown[0], shown[1])
                    self._file(suppression)
                elif not comment.on_top:
                    self.malformed.append(_Malformed(suppression.span, "ignore-file belongs at the top of the file"))
                    continue
                else:
                    self.whole_file.append(suppression)
                self.items.append(suppression)

    def _file(self, item: Suppression) -> None:
        """Puts an item under the lines of findings that it may cover: of its statement, if it is on an edge of it."""
        assert item.lines is not None
        first, last = item.lines
        on_edge = item.span.line in item.lines
        for line in range(first, last + 1) if on_edge else (item.span.line,):
            self.by_line.setdefault((item.span.cell, line), []).append(item)

    def _suppressions(self, cell: Cell, comment: LinterComment) -> Iterator[Suppression]:
        """What a comment silences: `# noqa: E501  # daft-lint: ignore[CODE] reason` speaks to two tools. The lines are
        those of the cell."""
        span = comment_span(cell, comment)
        on_line = (comment.line, comment.line)
        noqa = _NOQA.search(comment.text)
        if noqa:
            listed = tuple(code for code in re.split(r"[\s,]+", noqa["codes"] or "") if code)
            codes = tuple(code.upper() for code in listed if code.upper()[:3] in self.letters)
            if codes or noqa["list"] is None:
                part = CommentPart(cell, comment, *noqa.span(), *noqa.span("codes"), listed)
                yield Suppression(span, codes or None, on_line, True, part)
        for match in comment.directive_matches():
            ignore = IGNORE.match(match["body"])
            if ignore is None:
                continue
            words = tuple(word.strip() for word in (ignore["codes"] or "").split(",") if word.strip())
            named = {word: code for word in words if not self._is_code(word) and (code := self._code_of(word))}
            wrong = [word for word in words if word not in named and not self._is_code(word)]
            if wrong or (ignore["codes"] is not None and not words) or ignore["reason"].lstrip().startswith("["):
                what = f"{wrong[0]} is neither a rule's code nor its name" if wrong else "it names no rule"
                self.malformed.append(_Malformed(span, f"{what}; write # daft-lint: {ignore['what']}[CODE] reason"))
                continue
            first, last = (match.start("body") + offset for offset in ignore.span("codes"))
            part = CommentPart(cell, comment, *match.span(), first, last, words, named)
            codes = tuple(dict.fromkeys(named.get(word, word) for word in words))
            yield Suppression(span, codes or None, None if ignore["what"] == "ignore-file" else on_line, False, part)

    def _is_code(self, code: str) -> bool:
        match = _CODE.match(code)
        return match is not None and match["letters"] in self.letters

    def _code_of(self, name: str) -> str | None:
        """The code of the rule with this name; the rules are imported for it."""
        if not _NAME.fullmatch(name):
            return None
        from daft_lint.lint.registry import documented_rules

        return next((rule.code for rule in documented_rules(self.plugins) if rule.name == name), None)


def comment_span(cell: Cell, comment: LinterComment) -> Span:
    """Where a comment stands."""
    line, column = cell.document.location(cell, comment.line, comment.column)
    number = cell.number if cell.document.kind == "notebook" else None
    return Span(cell.document.path, number, line, column, line, column + len(comment.text.rstrip()))
