"""What identifies a finding while the lines around it move: its rule, the text of its line, and its number among equal
ones. Baselines, SARIF and GitLab reports share it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from daft_lint.api.finding import Finding
from daft_lint.lint.source_lines import Lines

_LENGTH = 20
"""Hexadecimal digits that are kept: 80 bits, so that a million findings still collide with a chance below 1e-12."""


def content(finding: Finding, lines: Lines) -> str:
    """The line that the finding begins in, as it is compared: indentation and runs of white space do not count."""
    return " ".join((lines(finding.span) or "").split())


def fingerprints(findings: Sequence[Finding], lines: Lines) -> list[str]:
    """For each finding, a hash of its code, its line's content and the number of equal findings before it in the file.

    Neither the path nor the number of a notebook's cell is part of it: cells are inserted as lines are.
    """
    seen: dict[tuple[str, str, str], int] = {}
    found = []
    for finding in findings:
        text = content(finding, lines)
        key = (finding.span.path, finding.code, text)
        occurrence = seen.get(key, 0)
        seen[key] = occurrence + 1
        found.append(digest(finding.code, text, str(occurrence)))
    return found


def digest(*parts: str) -> str:
    """A hash of the parts, in hexadecimal digits."""
    joined = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:_LENGTH]
