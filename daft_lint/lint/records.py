"""Results as JSON, for the cache: lists in the order of the fields.

Decoding raises one of `MISREAD` for what is not such a record.
"""

from __future__ import annotations

from typing import Any

from daft_lint.api.finding import Finding, FindingFix, Level, Related, Span
from daft_lint.lint.results import FileResult, RawFinding, Report
from daft_lint.source.edit import Edit

MISREAD = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError)
"""What decoding a record can raise."""


def encode_result(result: FileResult) -> list[object]:
    return [
        [[encode_finding(raw.finding), raw.entry] for raw in result.findings],
        sorted(result.called),
        list(result.limits),
    ]


def decode_result(path: str, record: Any) -> FileResult:
    findings, called, limits = record
    made = tuple(RawFinding(decode_finding(finding), _text(entry)) for finding, entry in findings)
    return FileResult(path, made, (), frozenset(_text(c) for c in called), tuple(_text(limit) for limit in limits))


def encode_report(report: Report) -> list[object]:
    return [[encode_finding(finding) for finding in report.findings], report.files, list(report.limits)]


def decode_report(record: Any) -> Report:
    findings, files, limits = record
    made = tuple(decode_finding(finding) for finding in findings)
    return Report(made, (), _number(files), tuple(_text(limit) for limit in limits))


def encode_finding(finding: Finding) -> list[object]:
    fix = finding.fix
    return [
        finding.code,
        finding.name,
        int(finding.level),
        encode_span(finding.span),
        finding.observed,
        finding.impact,
        finding.suggestion,
        finding.evidence,
        [[encode_span(related.span), related.message] for related in finding.related],
        None
        if fix is None
        else [
            fix.title,
            fix.why_unsafe,
            [[e.path, e.cell, e.start, e.end, e.text] for e in fix.edits],
            list(fix.effects),
            fix.removes_comments,
            fix.waits,
        ],
        finding.condition,
    ]


def decode_finding(record: Any) -> Finding:
    code, name, level, span, observed, impact, suggestion, evidence, related, fix, condition = record
    return Finding(
        _text(code),
        _text(name),
        Level(level),
        decode_span(span),
        _text(observed),
        _text(impact),
        _text(suggestion),
        None if evidence is None else _text(evidence),
        tuple(Related(decode_span(location), _text(message)) for location, message in related),
        None if fix is None else decode_fix(fix),
        None if condition is None else _text(condition),
    )


def decode_fix(record: Any) -> FindingFix:
    title, why_unsafe, edits, effects, removes_comments, waits = record
    made = tuple(
        Edit(_text(path), None if cell is None else _number(cell), _number(start), _number(end), _text(text))
        for path, cell, start, end, text in edits
    )
    why = None if why_unsafe is None else _text(why_unsafe)
    said = tuple(_text(effect) for effect in effects)
    return FindingFix(_text(title), why, made, said, removes_comments is True, waits is True)


def encode_span(span: Span) -> list[object]:
    return [span.path, span.cell, span.line, span.column, span.end_line, span.end_column]


def decode_span(record: Any) -> Span:
    path, cell, *numbers = record
    line, column, end_line, end_column = map(_number, numbers)
    return Span(_text(path), None if cell is None else _number(cell), line, column, end_line, end_column)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("not a number")
    return value
