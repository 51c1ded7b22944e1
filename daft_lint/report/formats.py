"""The formats of a report by their names; each module is imported when its format is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daft_lint.api.finding import Finding

FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "rdjson", "azure")


def render(
    form: str,
    findings: Sequence[Finding],
    files: int,
    given: Mapping[str, bytes],
    *,
    colour: bool = False,
    width: int | None = None,
) -> str:
    """The report of findings in one of `FORMATS`. `files` is the number of files that were looked at, `given` the bytes
    of files that are not read from the disk, by path; `width` the columns of a terminal that text wraps at."""
    if form == "json":
        from daft_lint.report import json

        return json.render(findings, files)
    if form == "concise":
        from daft_lint.report import concise

        return concise.render(findings, files)
    if form == "text":
        from daft_lint.lint.source_lines import SourceLines
        from daft_lint.report import text

        return text.render(findings, files, SourceLines(given), colour=colour, width=width)
    from daft_lint.report.regions import FileRegions

    rendered: str = importlib.import_module(f"daft_lint.report.{form}").render(findings, files, FileRegions(given))
    return rendered
