"""Findings as one JSON object; `version` changes when a key changes its meaning or is removed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from daft_lint.api.finding import Finding, FindingFix, Span
from daft_lint.report import Summary

VERSION = 1


def render(findings: Sequence[Finding], files: int) -> str:
    """The findings as JSON text. Lines and columns count from 1; a finding in a notebook has a `cell` too."""
    summary = asdict(Summary.of(findings, files))
    document = {"version": VERSION, "findings": [as_object(finding) for finding in findings], "summary": summary}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_object(finding: Finding) -> dict[str, object]:
    """A finding as a JSON object."""
    return {
        "code": finding.code,
        "name": finding.name,
        "level": finding.level.name.lower(),
        "evidence": finding.evidence,
        "condition": finding.condition,
        **_span(finding.span),
        "message": finding.message,
        "related": [{**_span(related.span), "message": related.message} for related in finding.related],
        "fix": None if finding.fix is None else _fix(finding.fix),
    }


def _span(span: Span) -> dict[str, object]:
    found = asdict(span)
    if span.cell is None:
        del found["cell"]
    return found


def _fix(fix: FindingFix) -> dict[str, object]:
    edits = []
    for edit in fix.edits:
        found = asdict(edit)
        if edit.cell is None:
            del found["cell"]
        edits.append(found)
    return {
        "title": fix.title,
        "safe": fix.safe,
        "why_unsafe": fix.why_unsafe,
        "effects": list(fix.effects),
        "edits": edits,
    }
