"""One line per finding: `path:line:column: level: CODE what was observed`, as compilers write it, so that editors can
read it; in a notebook `path:cell 3:line:column`."""

from __future__ import annotations

from collections.abc import Sequence

from daft_lint.api.finding import Finding, Span
from daft_lint.report import Summary
from daft_lint.source.printable import visible, visible_path


def location(span: Span) -> str:
    """Where a span begins, as an editor or a terminal can jump to it."""
    cell = "" if span.cell is None else f"cell {span.cell}:"
    return f"{visible_path(span.path)}:{cell}{span.line}:{span.column}"


def line(finding: Finding) -> str:
    """A finding on one line."""
    level = finding.level.name.lower()
    return f"{location(finding.span)}: {level}: {finding.code} {visible(finding.headline)}"


def render(findings: Sequence[Finding], files: int) -> str:
    """The findings and the closing line."""
    return "\n".join([*map(line, findings), Summary.of(findings, files).sentence()]) + "\n"
