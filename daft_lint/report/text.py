"""Findings for people: the source line with the span underlined, related places, the three parts of the message."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TextIO

from daft_lint.api.finding import Finding, Level, Span
from daft_lint.dataclass import dataclass
from daft_lint.lint.source_lines import Lines
from daft_lint.report import Summary
from daft_lint.report.concise import location
from daft_lint.report.links import rule_page
from daft_lint.source.printable import visible

_TAB = 4
_WIDEST = 160
"""The most terminal columns of a source line to show; the rest is cut off."""
_NARROWEST = 20
"""Columns: no text is wrapped at less."""
_CODES = {"bold": "1", "red": "1;31", "yellow": "1;33", "blue": "1;34", "cyan": "36", "dim": "2"}
_LEVELS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.ADVICE: "cyan"}


def wants_colour(stream: TextIO, environment: Mapping[str, str] = os.environ, *, choice: str = "auto") -> bool:
    """Whether to use colour: as `choice` says, "always" or "never"; for "auto" on a terminal, or if FORCE_COLOR is set;
    never if NO_COLOR is."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def render(
    findings: Sequence[Finding], files: int, lines: Lines, *, colour: bool = False, width: int | None = None
) -> str:
    """The findings, each followed by a blank line, and the closing line. `width`: the columns to wrap at."""
    writer = _Writer(lines, colour, width)
    blocks = [writer.finding(finding) for finding in findings]
    return "\n".join([*blocks, Summary.of(findings, files).sentence() + "\n"])


class _Writer:
    def __init__(self, lines: Lines, colour: bool, width: int | None) -> None:
        self.lines = lines
        self.width = width
        self.colour = colour

    def paint(self, style: str, text: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.colour and text else text

    def linked(self, text: str, address: str | None) -> str:
        """A text that leads to an address in terminals that know OSC 8; others show the text alone."""
        return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if self.colour and address else text

    def finding(self, finding: Finding) -> str:
        level = _LEVELS[finding.level]
        code = self.linked(self.paint(level, finding.code), rule_page(finding.code))
        head = f"{self.paint('bold', location(finding.span))}: {code} {finding.name}"
        locations = [finding.span, *(related.span for related in finding.related)]
        gutter = max(len(str(span.line)) for span in locations)
        rows = [f"{head} [{finding.level.name.lower()}]", *self.frame(finding.span, gutter, level, "^")]
        for related in finding.related:
            rows.append(
                f"{' ' * gutter} {self.paint('blue', '::')} {location(related.span)}: {visible(related.message)}"
            )
            rows += self.frame(related.span, gutter, "blue", "-")
        for part in (finding.observed, finding.impact, finding.suggestion):
            if part:
                rows += self.note(gutter, f"{visible(part)}.")
        if finding.fix is not None:
            how = "" if finding.fix.safe else f" (unsafe: {visible(finding.fix.why_unsafe or '')})"
            rows += self.note(gutter, f"fix: {visible(finding.fix.title)}{how}")
            if finding.fix.effects:
                rows += self.note(gutter, f"effect: {visible(', '.join(finding.fix.effects))}")
        return "\n".join(rows) + "\n"

    def note(self, gutter: int, text: str) -> list[str]:
        """A sentence behind `=`; in a terminal it wraps at words, and keeps its indent."""
        mark = f"{' ' * gutter} {self.paint('blue', '=')} "
        if self.width is None:
            return [mark + text]
        import textwrap

        indent = gutter + 3
        width = max(self.width - indent, _NARROWEST)
        lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
        return [mark + lines[0], *(" " * indent + line for line in lines[1:])]

    def frame(self, span: Span, gutter: int, style: str, mark: str) -> list[str]:
        """The line that a span begins in, with marks below the part of the span on that line."""
        line = self.lines(span)
        if line is None:
            return []
        bar = self.paint("blue", "|")
        end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
        laid_out = _laid_out(line, span.column - 1, end)
        marks = self.paint(style, mark * max(laid_out.marked, 1))
        return [
            f"{' ' * gutter} {bar}",
            f"{self.paint('blue', str(span.line).rjust(gutter))} {bar} {laid_out.text}".rstrip(),
            f"{' ' * gutter} {bar} {' ' * laid_out.before}{marks}",
        ]


@dataclass(frozen=True, slots=True)
class _LaidOut:
    """A line as a terminal shows it; the columns before what is marked, and those of what is marked."""

    text: str
    before: int
    marked: int


def _laid_out(line: str, start: int, end: int) -> _LaidOut:
    """The line, marked from the character `start` to `end`."""
    shown: list[str] = []
    widths = [0]
    for character in line:
        if character == "\t":
            text = " " * (_TAB - widths[-1] % _TAB)
        else:
            text = visible(character)
        shown.append(text)
        widths.append(widths[-1] + (_width(character) if text == character else len(text)))
    start, end = min(start, len(line)), min(end, len(line))
    first = _first_shown(widths, start)
    last = next((i for i in range(first, len(line)) if widths[i + 1] - widths[first] > _WIDEST), len(line))
    lead, tail = "… " if first else "", " …" if last < len(line) else ""
    before = widths[start] - widths[first] + len(lead)
    marked = widths[min(max(end, start), last)] - widths[start]
    return _LaidOut(lead + "".join(shown[first:last]) + tail, before, marked)


def _first_shown(widths: Sequence[int], start: int) -> int:
    """The first character to show of a line that is too long: some way before the span."""
    if widths[start] < _WIDEST * 2 // 3:
        return 0
    return next(i for i in range(start + 1) if widths[start] - widths[i] <= _WIDEST // 3)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
