"""`check --add-ignores --reason "..."`: writes a comment beside each finding that suppresses it, so that a code base
with old findings can be checked from then on.

The comment stands on the finding's line, or, where that line ends within a string or with a backslash, on another line
that counts for it. Only comments are added: the tokens of the code stay the same. A comment that would not suppress its
finding is not written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from daft_lint.dataclass import dataclass
from daft_lint.lint.engine_rules import ENGINE_RULES
from daft_lint.lint.suppressions import Statements, Suppressions
from daft_lint.source import scanner
from daft_lint.source.edit import Edit
from daft_lint.source.problems import Problem

if TYPE_CHECKING:
    from daft_lint.api.finding import Finding
    from daft_lint.source.document import Cell, Document

NOT_SUPPRESSED = frozenset(rule.code for rule in ENGINE_RULES)
"""What no comment can answer: a file that does not parse, and a comment that silences nothing."""

_CODES = re.compile(rb"#\s*daft-lint:\s*ignore\s*\[(?P<codes>[^\]#]*)\]")


@dataclass(frozen=True, slots=True)
class Added:
    """What was written: the findings that are suppressed, in how many files, and what went wrong."""

    silenced: tuple[Finding, ...] = ()
    files: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Commented:
    """A document with its new comments."""

    document: Document
    silenced: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()


def checked_reason(reason: str | None) -> str:
    """The reason as a comment holds it. Raises `ValueError`, in words for the user."""
    text = " ".join((reason or "").split())
    if not text:
        raise ValueError('give a reason, such as --reason "kept until the migration"')
    if not text.isprintable() or text.startswith("[") or "noqa" in text.lower() or "daft-lint:" in text:
        raise ValueError(
            "a reason is plain text without control characters, noqa or daft-lint:, and does not begin with ["
        )
    return text


def add(findings: Iterable[Finding], documents: Mapping[str, Document], reason: str) -> Added:
    """Write the comments into the files. A file that cannot take them, or cannot be written, is left as it was."""
    from daft_lint.source.writing import write_atomically

    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.code not in NOT_SUPPRESSED:
            by_path.setdefault(finding.span.path, []).append(finding)
    silenced: list[Finding] = []
    problems: list[Problem] = []
    files = 0
    for path, found in by_path.items():
        before = documents.get(path)
        if before is None:
            problems.append(Problem(path, "no suppression added: the file is not among those that are checked"))
            continue
        commented = _commented(before, found, reason)
        problems += commented.problems
        if commented.document.raw == before.raw:
            continue
        try:
            write_atomically(path, before.raw, commented.document.raw)
        except OSError as error:
            problems.append(Problem(path, f"not written: {error.strerror or error}"))
            continue
        files += 1
        silenced += commented.silenced
    return Added(tuple(silenced), files, tuple(problems))


def _commented(before: Document, findings: Sequence[Finding], reason: str) -> _Commented:
    """The document with a comment for each finding. One that would not be silenced gets none."""
    lines = _Lines(before)
    locations: dict[tuple[Cell, int], dict[str, None]] = {}
    placed: list[Finding] = []
    problems: list[Problem] = []
    for finding in findings:
        location = lines.location_for(finding)
        if location is None:
            problems.append(Problem(before.path, f"line {finding.span.line}: no line can hold the suppression"))
            continue
        locations.setdefault(location, {})[finding.code] = None
        placed.append(finding)
    try:
        after = before.edited(lines.edit(*location, list(codes), reason) for location, codes in locations.items())
    except ValueError as error:
        return _Commented(before, (), (*problems, Problem(before.path, f"no suppression added: {error}")))
    wrong = _damage(before, after, placed)
    if wrong is not None:
        return _Commented(before, (), (*problems, Problem(before.path, f"no suppression added: {wrong}")))
    return _Commented(after, tuple(placed), tuple(problems))


def _damage(before: Document, after: Document, findings: Iterable[Finding]) -> str | None:
    """What is wrong with the new text, in words. No line moves, so the findings are where they were."""
    if [_code(cell) for cell in before.cells] != [_code(cell) for cell in after.cells]:
        return "the code would change"
    findings = list(findings)
    table = Suppressions(after, {finding.code[:3] for finding in findings})
    loud = next((finding for finding in findings if not table.hides(finding)), None)
    return None if loud is None else f"line {loud.span.line}: a comment there would not silence {loud.code}"


def _code(cell: Cell) -> list[tuple[str, bytes]]:
    """The tokens of a cell that are no comments."""
    tokens = scanner.tokens(cell.source)
    return [(token.kind, cell.source[token.start : token.end]) for token in tokens if token.kind != "comment"]


@dataclass(slots=True)
class _CellLines:
    """What there is to know of the lines of one cell, from 1."""

    starts: list[int]
    statements: Statements
    blocked: set[int] = field(default_factory=set)
    """Lines whose end belongs to a string or a backslash."""
    comments: dict[int, tuple[int, int]] = field(default_factory=dict)


class _Lines:
    """The lines of a document's cells, and where on them a comment can stand."""

    def __init__(self, document: Document) -> None:
        self.cells: dict[Cell, _CellLines] = {}
        self.at: dict[tuple[int | None, int], tuple[Cell, int]] = {}
        """The cell and its line, by what findings say: the notebook's cell, and the line as it is shown."""
        for cell in document.cells:
            self.cells[cell] = self._read(cell)
            number = cell.number if document.kind == "notebook" else None
            for line in range(1, len(self.cells[cell].starts) + 1):
                self.at.setdefault((number, document.location(cell, line, 1)[0]), (cell, line))

    @staticmethod
    def _read(cell: Cell) -> _CellLines:
        known = _CellLines(scanner.line_starts(cell.source), Statements(cell.source))
        for token in scanner.tokens(cell.source):
            first = scanner.line_of(known.starts, token.start)
            if token.kind in ("string", "stray", "continued"):
                known.blocked.update(range(first, scanner.line_of(known.starts, token.end)))
            elif token.kind == "comment":
                known.comments[first] = (token.start, token.end)
        return known

    def location_for(self, finding: Finding) -> tuple[Cell, int] | None:
        """The cell and the line that a comment for a finding stands on."""
        span = finding.span
        for cell, line in self._candidates((span.cell, span.line), (span.cell, span.end_line)):
            if line not in self.cells[cell].blocked:
                return cell, line
        return None

    def _candidates(self, *shown: tuple[int | None, int]) -> Iterator[tuple[Cell, int]]:
        known = [self.at[key] for key in shown if key in self.at]
        yield from known
        for cell, line in known[:1]:
            first, last = self.cells[cell].statements.around(line)
            yield cell, last
            yield cell, first

    def edit(self, cell: Cell, line: int, codes: Sequence[str], reason: str) -> Edit:
        """The edit that adds a comment to a line, or codes to one that is there."""
        known = self.cells[cell]
        comment = known.comments.get(line)
        if comment is not None:
            text = cell.source[comment[0] : comment[1]]
            listed = _CODES.search(text)
            if listed and listed["codes"].strip():
                at = comment[0] + listed.end("codes")
                return cell.edit(at, at, "".join(f", {code}" for code in codes))
            at = comment[0] + len(text.rstrip())
        else:
            end = known.starts[line] if line < len(known.starts) else len(cell.source)
            at = known.starts[line - 1] + len(cell.source[known.starts[line - 1] : end].rstrip())
        return cell.edit(at, at, f"  # daft-lint: ignore[{', '.join(codes)}] {reason}")
