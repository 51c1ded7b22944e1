"""The diagnostics of reviewdog, as one JSON object; it comments on a review, and offers the fixes as suggestions."""

from __future__ import annotations

import json
from collections.abc import Sequence

from daft_lint.api.finding import Finding, Level
from daft_lint.report.links import rule_page
from daft_lint.report.regions import FileRegions, Region
from daft_lint.source.printable import visible

_SEVERITIES = {Level.ERROR: "ERROR", Level.WARNING: "WARNING", Level.ADVICE: "INFO"}

_Json = dict[str, object]


def render(findings: Sequence[Finding], files: int, regions: FileRegions) -> str:
    """The findings; columns count bytes of UTF-8, as reviewdog's format has it."""
    document = {"source": {"name": "daft-lint"}, "diagnostics": [_diagnostic(f, regions) for f in findings]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _diagnostic(finding: Finding, regions: FileRegions) -> _Json:
    path = finding.span.path
    cell = "" if finding.span.cell is None else f"Cell {finding.span.cell}: "
    link = rule_page(finding.code)
    found: _Json = {
        "message": visible(cell + finding.headline),
        "location": {"path": path, "range": _range(path, regions.region(finding.span), regions)},
        "severity": _SEVERITIES[finding.level],
        "code": {"value": finding.code, **({} if link is None else {"url": link})},
    }
    suggestions = _suggestions(finding, regions)
    return {**found, "suggestions": suggestions} if suggestions else found


def _suggestions(finding: Finding, regions: FileRegions) -> list[_Json]:
    """The fix, if it is a safe one of a single edit: a reviewer takes over suggestions one by one."""
    if finding.fix is None or not finding.fix.safe:
        return []
    replacements = regions.replacements(finding.fix)
    if len(replacements) != 1 or replacements[0].path != finding.span.path:
        return []
    (one,) = replacements
    return [{"range": _range(one.path, one.region, regions), "text": one.text}]


def _range(path: str, region: Region, regions: FileRegions) -> _Json:
    return {
        "start": {"line": region.line, "column": regions.byte_column(path, region.line, region.column)},
        "end": {"line": region.end_line, "column": regions.byte_column(path, region.end_line, region.end_column)},
    }
