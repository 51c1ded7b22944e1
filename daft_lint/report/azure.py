"""Annotations of Azure Pipelines: logging commands that the agent reads from a step's output."""

from __future__ import annotations

from collections.abc import Sequence

from daft_lint.api.finding import Finding, Level
from daft_lint.report import Summary
from daft_lint.report.regions import FileRegions
from daft_lint.source.printable import visible

_TYPES = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "warning"}
"""The agent knows these two types."""
_DATA = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ";": "%3B", "]": "%5D"}


def render(findings: Sequence[Finding], files: int, regions: FileRegions) -> str:
    """One command per finding, and the closing line."""
    return "".join(f"{_command(f, regions)}\n" for f in findings) + Summary.of(findings, files).sentence() + "\n"


def _command(finding: Finding, regions: FileRegions) -> str:
    region = regions.region(finding.span)
    cell = "" if finding.span.cell is None else f"Cell {finding.span.cell}: "
    properties = {
        "type": _TYPES[finding.level],
        "sourcepath": finding.span.path,
        "linenumber": str(region.line),
        "columnnumber": str(region.column),
        "code": finding.code,
    }
    shown = "".join(f"{key}={_escaped(value, _PROPERTY)};" for key, value in properties.items())
    return f"##vso[task.logissue {shown}]{_escaped(cell + finding.headline, _DATA)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return visible("".join(table.get(character, character) for character in text))
