"""From the results of single files to one report: duplicates merged, suppressed findings left out, all in order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from daft_lint.api.finding import Finding, FindingFix, Span
from daft_lint.config.selection import Selections
from daft_lint.lint.engine_rules import SyntaxErrorRule, UnusedSuppression
from daft_lint.lint.registry import code_letters
from daft_lint.lint.results import FileResult, RawFinding, Report
from daft_lint.lint.suppressions import Suppressions

if TYPE_CHECKING:
    from daft_lint.config.model import Configured
    from daft_lint.source.document import Document
    from daft_lint.source.problems import Problem


def merge(
    results: Iterable[FileResult],
    problems: Sequence[Problem],
    files: int,
    config: Configured,
    documents: Mapping[str, Document],
    called_elsewhere: Collection[str] = (),
) -> Report:
    """One report for all files.

    A finding that rests on a parameter with no caller in view is left out where another file calls that function. What
    the configuration of the file that a finding is in leaves out is left out, whichever file led there.
    `documents` are those that may hold suppressions, by path; `problems` those met before any analysis;
    `called_elsewhere` entries of methods whose functions are called in files that need no analysis.
    """
    results = list(results)
    called = frozenset((*called_elsewhere, *(entry for result in results for entry in result.called)))
    founded = _founded((raw for result in results for raw in result.findings), called)
    selections = Selections(config)
    settled = strongest(agree_on_safety(founded))
    unread = {raw.finding.span.path for raw in settled if raw.finding.code == SyntaxErrorRule.code}
    found = [
        raw.finding
        for raw in settled
        if selections.of(raw.finding.span.path).reports(raw.finding.span.path, raw.finding.code)
    ]
    return Report(
        tuple(sorted(_unsuppressed(found, selections, documents, unread), key=report_order)),
        (*problems, *(problem for result in results for problem in result.problems)),
        files,
        tuple(f"{result.path}: {limit}" for result in results for limit in result.limits),
        any(result.failed for result in results),
    )


def _unsuppressed(
    findings: Iterable[Finding],
    selections: Selections,
    documents: Mapping[str, Document],
    unread: Collection[str],
) -> Iterator[Finding]:
    """The findings that no comment suppresses, and one for each comment that suppresses none; in the files `unread`,
    which do not parse, no rule has looked for any."""
    configs = {path: selections.of(path).config for path in documents}
    suppressions = {
        path: Suppressions(document, code_letters(configs[path]), configs[path].plugins)
        for path, document in documents.items()
    }
    for finding in findings:
        table = suppressions.get(finding.span.path)
        if table is None or not table.hides(finding):
            yield finding
    for path, table in suppressions.items():
        if path not in unread and selections.of(path).reports(path, UnusedSuppression.code):
            yield from table.unused(selections.of(path))


def _founded(findings: Iterable[RawFinding], called: Collection[str]) -> Iterator[RawFinding]:
    """The findings that other files do not take the ground from. A method that is called there on something else than
    Daft's keeps its finding, and loses its fix."""
    for raw in findings:
        if raw.entry not in called or ("|" in raw.entry and raw.finding.fix is None):
            yield raw
        elif "|" in raw.entry:
            why = f"{raw.finding.suggestion} by hand: in another file the function gets something else"
            yield replace(raw, finding=replace(raw.finding, fix=None, suggestion=why), proposals=())


def strongest(findings: Iterable[RawFinding]) -> list[RawFinding]:
    """One finding for each code and place: the one of the highest rank, the first of equal ones."""
    kept: dict[tuple[str, Span], RawFinding] = {}
    for raw in findings:
        key = (raw.finding.code, raw.finding.span)
        before = kept.get(key)
        if before is None or raw.rank > before.rank:
            kept[key] = raw
    return list(kept.values())


def agree_on_safety(findings: Iterable[RawFinding]) -> Iterator[RawFinding]:
    """The findings, with each fix unsafe where another fix of the same bytes is: the sink of one path does not see the
    row order that the sink of another path sees."""
    findings = list(findings)
    unsafe: dict[object, str | None] = {}
    for raw in findings:
        unsafe |= {_changed_bytes(fix): fix.why_unsafe for fix in _fixes(raw) if not fix.safe}

    def agreed(fix: FindingFix) -> FindingFix:
        why = unsafe.get(_changed_bytes(fix)) if fix.safe else None
        return fix if why is None else replace(fix, why_unsafe=why)

    for raw in findings:
        if not any(fix.safe and _changed_bytes(fix) in unsafe for fix in _fixes(raw)):
            yield raw
            continue
        fix = raw.finding.fix
        finding = raw.finding if fix is None else replace(raw.finding, fix=agreed(fix))
        proposals = tuple(replace(proposal, fix=agreed(proposal.fix)) for proposal in raw.proposals)
        yield replace(raw, finding=finding, proposals=proposals)


def _fixes(raw: RawFinding) -> tuple[FindingFix, ...]:
    own = () if raw.finding.fix is None else (raw.finding.fix,)
    return (*own, *(proposal.fix for proposal in raw.proposals))


def _changed_bytes(fix: FindingFix) -> tuple[tuple[str, int | None, int, int], ...]:
    return tuple((edit.path, edit.cell, edit.start, edit.end) for edit in fix.edits)


def report_order(finding: Finding) -> tuple[str, int, int, int, int, int, str]:
    """The order of a report: by place, then by code."""
    span = finding.span
    # Spans with and without a cell, which a spoiled cache can have in one file, cannot be compared.
    return (span.path, span.cell or 0, span.line, span.column, span.end_line, span.end_column, finding.code)
