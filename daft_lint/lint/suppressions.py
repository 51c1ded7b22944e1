"""Comments that speak to the linter: suppressions and source facts.

df.repartition(8)  # noqa: DFT401
df.repartition(8)  # daft-lint: ignore[DFT401] kept for the benchmark
# daft-lint: ignore-file[DFT2] on top of the file
df = daft.read_parquet(path)  # daft-lint: rows=1_000_000 heavy=img
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from daft_lint.api.finding import Finding, Level, Span
from daft_lint.pipeline.model import SourceFacts
from daft_lint.source import scanner

if TYPE_CHECKING:
    from daft_lint.config.selection import Selection
    from daft_lint.source.document import Cell, Document

_NOQA = re.compile(r"#\s*noqa(?P<list>\s*:\s*(?P<codes>[A-Z]+[0-9]*(?:[\s,]+[A-Z]+[0-9]+)*))?(?![\w-])", re.IGNORECASE)
_OURS = re.compile(r"#\s*daft-lint:\s*(?P<body>[^#]*)")
_IGNORE = re.compile(r"(?P<what>ignore(?:-file)?)\s*(?:\[(?P<codes>[^\]]*)\])?(?P<reason>.*)", re.DOTALL)
_CODE = re.compile(r"(?P<letters>[A-Z]{3})[0-9]{0,3}\Z")
_SPOKEN = re.compile(rb"#[^\r\n]*?(?:[nN][oO][qQ][aA]|daft-lint:)")
"""Some comment may speak to the linter."""
_FACT = re.compile(r"(?P<key>[A-Za-z_-]+)\s*=\s*(?P<value>[^\s=]+)")
_NUMBERS = ("rows", "files", "row_bytes")
_NAMES = ("heavy", "light")


_HIDES_LATER = "A later one would go unseen"
NAME = "unused-suppression"


def _advice(span: Span, observed: str, impact: str, suggestion: str) -> Finding:
    return Finding("DFT002", NAME, Level.ADVICE, span, observed, impact, suggestion)


@dataclass(frozen=True, slots=True)
class Malformed:
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


class Suppressions:
    """The suppressions of one document. A file without the words is not scanned.

    `letters` are those that codes begin with; other codes in a `# noqa` are for other tools.
    """

    def __init__(self, document: Document, letters: Collection[str] = ("DFT",)) -> None:
        self.letters = letters
        self.items: list[Suppression] = []
        self.malformed: list[Malformed] = []
        if b"noqa" in document.raw.lower() or b"daft-lint:" in document.raw:
            for cell in document.cells:
                self._read(cell)
                self.malformed += malformed_facts(cell)

    def hides(self, finding: Finding) -> bool:
        """Whether some comment silences `finding`; that comment counts as used from then on."""
        covering = [item for item in self.items if item.covers(finding)]
        for item in covering:
            for code in item.codes or ("",):
                if finding.code.startswith(code):
                    item.used.add(code)
        return bool(covering)

    def unused(self, selection: Selection) -> Iterator[Finding]:
        """DFT002 for each comment that silenced nothing or means nothing, once every finding was asked for.

        What did not run has no say. A bare `# noqa` may be meant for another tool and is not reported.
        """
        for wrong in self.malformed:
            yield _advice(
                wrong.span, f"A daft-lint comment that means nothing: {wrong.message}", "It has no effect", ""
            )
        for item in self.items:
            if item.codes is None:
                if not item.is_noqa and not item.used:
                    yield _advice(item.span, "This comment silences no finding", _HIDES_LATER, "Remove the comment")
                continue
            unused = [code for code in item.codes if code not in item.used and selection.runs(code)]
            if unused:
                codes = ", ".join(unused)
                yield _advice(
                    item.span, f"This comment silences no finding of {codes}", _HIDES_LATER, f"Remove {codes}"
                )

    def _read(self, cell: Cell) -> None:
        statements: list[tuple[int, int]] | None = None
        for comment in _comments(cell):
            for suppression in _suppressions(comment, self.malformed, self.letters):
                if suppression.lines is not None:
                    if statements is None:
                        statements = list(scanner.logical_lines(cell.source))
                    lines = next((s for s in statements if s[0] <= comment.line <= s[1]), (comment.line, comment.line))
                    shown = [cell.document.location(cell, line, 1)[0] for line in lines]
                    suppression.lines = (shown[0], shown[1])
                elif not comment.on_top:
                    self.malformed.append(Malformed(suppression.span, "ignore-file belongs on top of the file"))
                    continue
                self.items.append(suppression)


@dataclass(frozen=True, slots=True)
class _Comment:
    text: str
    line: int
    """In the cell."""
    span: Span
    on_top: bool
    """Above the cell's first statement."""
    alone: bool
    """Nothing else on its line."""


def _comments(cell: Cell) -> Iterator[_Comment]:
    if _SPOKEN.search(cell.source) is None:
        return
    starts = scanner.line_starts(cell.source)
    on_top = True
    for token in scanner.tokens(cell.source):
        if token.kind == "comment":
            raw = cell.source[token.start : token.end]
            if b"noqa" not in raw.lower() and b"daft-lint:" not in raw:
                continue
            line = scanner.line_of(starts, token.start)
            before = cell.source[starts[line - 1] : token.start]
            text = raw.decode(errors="replace")
            column = len(before.decode(errors="replace")) + 1
            shown_line, shown_column = cell.document.location(cell, line, column)
            number = cell.number if cell.document.kind == "notebook" else None
            span = Span(
                cell.document.path, number, shown_line, shown_column, shown_line, shown_column + len(text.rstrip())
            )
            yield _Comment(text, line, span, on_top, not before.strip())
        elif token.kind not in ("newline", "string"):
            on_top = False


def _suppressions(comment: _Comment, malformed: list[Malformed], letters: Collection[str]) -> Iterator[Suppression]:
    """What a comment silences: `# noqa: E501  # daft-lint: ignore[DFT101] reason` speaks to two tools."""
    on_line = (comment.line, comment.line)
    noqa = _NOQA.search(comment.text)
    if noqa:
        listed = re.split(r"[\s,]+", noqa["codes"] or "")
        codes = tuple(code.upper() for code in listed if code.upper()[:3] in letters)
        if codes or noqa["list"] is None:
            yield Suppression(comment.span, codes or None, on_line, True)
    for ours in _OURS.finditer(comment.text):
        ignore = _IGNORE.match(ours["body"])
        if ignore is None:
            continue
        codes = tuple(code.strip() for code in (ignore["codes"] or "").split(",") if code.strip())
        wrong = [code for code in codes if not _is_code(code, letters)]
        if wrong or (ignore["codes"] is not None and not codes) or ignore["reason"].lstrip().startswith("["):
            what = f"{wrong[0]} is no rule code" if wrong else "it names no rule"
            malformed.append(Malformed(comment.span, f"{what}; write # daft-lint: {ignore['what']}[DFT101] reason"))
            continue
        yield Suppression(comment.span, codes or None, None if ignore["what"] == "ignore-file" else on_line, False)


def _is_code(code: str, letters: Collection[str]) -> bool:
    match = _CODE.match(code)
    return match is not None and match["letters"] in letters


def facts_on_line(cell: Cell) -> Mapping[int, SourceFacts]:
    """The source facts that comments state, by the line in the cell that they are about: their own, or the next one
    for a comment that is alone on its line."""
    return _facts(cell)[0]


def malformed_facts(cell: Cell) -> tuple[Malformed, ...]:
    """The `# daft-lint:` comments that are neither a suppression nor facts."""
    return _facts(cell)[1]


def _facts(cell: Cell) -> tuple[dict[int, SourceFacts], tuple[Malformed, ...]]:
    found: dict[int, SourceFacts] = {}
    malformed: list[Malformed] = []
    if b"daft-lint:" not in cell.source:
        return found, ()
    for comment in _comments(cell):
        bodies = (ours["body"] for ours in _OURS.finditer(comment.text))
        body = next((body for body in bodies if not _IGNORE.match(body)), None)
        if body is None:
            continue
        try:
            facts = parse_facts(body)
        except ValueError as error:
            malformed.append(Malformed(comment.span, str(error)))
            continue
        found[comment.line + comment.alone] = replace(facts, origin=f"line {comment.span.line}")
    return found, tuple(malformed)


def parse_facts(body: str) -> SourceFacts:
    """Facts as a comment spells them: `rows=1_000_000 files=1 row_bytes=4096 heavy=img,audio light=url`.

    Raises `ValueError`, in words for the user.
    """
    facts = SourceFacts()
    position = 0
    text = body.strip()
    while position < len(text):
        match = _FACT.match(text, position)
        if match is None:
            raise ValueError(f"cannot read {text[position:].split()[0]!r}; write # daft-lint: rows=1_000_000 heavy=img")
        key = match["key"].replace("-", "_")
        if key in _NUMBERS:
            if not re.fullmatch(r"[0-9](?:[0-9_,]*[0-9])?", match["value"]):
                raise ValueError(f"{key} must be a whole number, not {match['value']!r}")
            facts = replace(facts, **{key: int(re.sub("[_,]", "", match["value"])[:18])})  # type: ignore[arg-type]
        elif key in _NAMES:
            facts = replace(facts, **{key: tuple(n for n in match["value"].split(",") if n)})  # type: ignore[arg-type]
        else:
            raise ValueError(f"unknown fact {key}; known are rows, files, row_bytes, heavy, light")
        position = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
    if facts == SourceFacts():
        raise ValueError("it says nothing; write # daft-lint: ignore[DFT101] reason or # daft-lint: rows=1_000_000")
    return facts
