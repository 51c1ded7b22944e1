"""GitLab's code quality report: a JSON array that a job uploads as the artifact `reports: codequality`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from daft_lint.adoption.fingerprint import digest, fingerprints
from daft_lint.api.finding import Finding, Level
from daft_lint.report.regions import FileRegions
from daft_lint.source.printable import visible

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "major", Level.ADVICE: "info"}


def render(findings: Sequence[Finding], files: int, regions: FileRegions) -> str:
    """The findings; a fingerprint is unique in the report and survives line shifts."""
    marks = fingerprints(findings, regions.lines)
    issues = [_issue(finding, mark, regions) for finding, mark in zip(findings, marks, strict=True)]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _issue(finding: Finding, mark: str, regions: FileRegions) -> dict[str, object]:
    region = regions.region(finding.span)
    cell = "" if finding.span.cell is None else f"Cell {finding.span.cell}: "
    return {
        "description": visible(f"{finding.code}: {cell}{finding.headline}"),
        "check_name": finding.code,
        "fingerprint": digest(finding.span.path, mark),
        "severity": _SEVERITIES[finding.level],
        "location": {"path": finding.span.path, "lines": {"begin": region.line, "end": region.end_line}},
    }
