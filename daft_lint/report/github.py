"""Annotations of GitHub Actions: workflow commands that the runner reads from a step's output."""

from __future__ import annotations

from collections.abc import Sequence

from daft_lint.api.finding import Finding, Level
from daft_lint.report import Summary
from daft_lint.report.regions import FileRegions
from daft_lint.source.printable import visible

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "notice"}
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def render(findings: Sequence[Finding], files: int, regions: FileRegions) -> str:
    """One command per finding, and the closing line."""
    return "".join(f"{_command(f, regions)}\n" for f in findings) + Summary.of(findings, files).sentence() + "\n"


def _command(finding: Finding, regions: FileRegions) -> str:
    region = regions.region(finding.span)
    cell = "" if finding.span.cell is None else f"Cell {finding.span.cell}: "
    properties = {"file": finding.span.path, "line": str(region.line), "endLine": str(region.end_line)}
    if region.line == region.end_line:
        # Columns of a span of several lines are refused.
        properties |= {"col": str(region.column), "endColumn": str(region.end_column)}
    properties["title"] = f"{finding.code} {finding.name}"
    shown = ",".join(f"{key}={_escaped(value, _PROPERTY)}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.level]} {shown}::{_escaped(cell + finding.headline, _DATA)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    escaped = "".join(table.get(character, character) for character in text)
    return visible(escaped)
