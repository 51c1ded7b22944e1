"""SARIF 2.1.0, as code scanning services read it: findings, the rules' documentation, fixes as text regions.

`partialFingerprints` identify a finding while lines move (`daft_lint.adoption.fingerprint`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from urllib.parse import quote

from daft_lint import __version__
from daft_lint.adoption.fingerprint import fingerprints
from daft_lint.api.finding import Finding, FindingFix, Level, Span
from daft_lint.report.links import rule_page
from daft_lint.report.regions import FileRegions, Region
from daft_lint.source.printable import visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "daftLint/v1"
"""Its number rises when the same finding gets another fingerprint, so that old and new ones are never compared."""
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "note"}

_Json = dict[str, object]


def render(findings: Sequence[Finding], files: int, regions: FileRegions) -> str:
    """The findings as one SARIF run; columns count characters."""
    rules = _rules(findings)
    index = {str(rule["id"]): number for number, rule in enumerate(rules)}
    marks = fingerprints(findings, regions.lines)
    run = {
        "tool": {
            "driver": {
                "name": "daft-lint",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": rules,
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(f, mark, index[f.code], regions) for f, mark in zip(findings, marks, strict=True)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rules(findings: Sequence[Finding]) -> list[_Json]:
    """The descriptors of all rules that come with the linter, and of the plugins' rules that found something, by
    code."""
    from daft_lint.lint.documentation import summary, text
    from daft_lint.lint.registry import documented_rules

    described = {
        rule.code: _rule(rule.code, rule.name, rule.level, summary(rule), text(rule)) for rule in documented_rules()
    }
    for finding in findings:
        if finding.code not in described:
            described[finding.code] = _rule(finding.code, finding.name, finding.level, finding.name, finding.name)
    return [described[code] for code in sorted(described)]


def _rule(code: str, name: str, level: Level, summary: str, text: str) -> _Json:
    page = rule_page(code)
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "shortDescription": {"text": f"{code} {name}"},
        "fullDescription": {"text": summary},
        "help": {"text": text, "markdown": text},
        **({} if page is None else {"helpUri": page}),
        "defaultConfiguration": {"level": _LEVELS[level]},
        "properties": {"tags": ["daft", "correctness" if level is Level.ERROR else "performance"]},
    }


def _result(finding: Finding, fingerprint: str, rule: int, regions: FileRegions) -> _Json:
    result: _Json = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.level],
        "message": {"text": _text(finding.message)},
        "locations": [_location(finding.span, regions)],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_location(related.span, regions), "message": {"text": _text(related.message)}}
            for number, related in enumerate(finding.related, start=1)
        ]
    known = {"evidence": finding.evidence, "condition": finding.condition}
    if any(known.values()):
        result["properties"] = {name: value for name, value in known.items() if value is not None}
    if finding.fix is not None and (fix := _fix(finding.fix, regions)):
        result["fixes"] = [fix]
    return result


def _location(span: Span, regions: FileRegions) -> _Json:
    location: _Json = {
        "physicalLocation": {"artifactLocation": _artifact(span.path), "region": _region(regions.region(span))}
    }
    if span.cell is not None:
        location["logicalLocations"] = [{"name": f"cell {span.cell}", "kind": "module"}]
    return location


def _artifact(path: str) -> _Json:
    if os.path.isabs(path):
        return {"uri": "file://" + quote(os.fsencode(path))}
    return {"uri": quote(os.fsencode(path)), "uriBaseId": "%SRCROOT%"}


def _region(region: Region) -> _Json:
    return {
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }


def _fix(fix: FindingFix, regions: FileRegions) -> _Json | None:
    replacements = regions.replacements(fix)
    if not replacements:
        return None
    changes = [
        {
            "artifactLocation": _artifact(path),
            "replacements": [
                {"deletedRegion": _region(r.region), "insertedContent": {"text": r.text}}
                for r in replacements
                if r.path == path
            ],
        }
        for path in dict.fromkeys(r.path for r in replacements)
    ]
    unsafe = "" if fix.safe else f" (unsafe: {fix.why_unsafe})"
    return {
        "description": {"text": _text(fix.title + unsafe + (f": {', '.join(fix.effects)}" if fix.effects else ""))},
        "artifactChanges": changes,
        "properties": {"safe": fix.safe, "effects": list(fix.effects)},
    }


def _text(text: str) -> str:
    """A plain text message. `[x](y)` would be a link there: no text of a source may become one."""
    return visible(text).replace("](", "] (")
