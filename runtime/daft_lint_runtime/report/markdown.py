"""Results as Markdown, for a CI job's summary. Nothing that a script says can become markup, a link or a mention."""

from __future__ import annotations

import re
from collections.abc import Iterable

from daft_lint.report.markdown import code, prose
from daft_lint.source.printable import visible
from daft_lint_runtime.effects import MeasuredChange
from daft_lint_runtime.measure import quantity
from daft_lint_runtime.verdict import Outcome
from daft_lint_runtime.verify import CaseResult, VerifySummary

SIGNS = {
    Outcome.CONFIRMED: "✅",
    Outcome.COSTLY: "⚠️",
    Outcome.MECHANISM: "☑️",
    Outcome.HARMLESS: "➖",
    Outcome.REFUTED: "❌",
    Outcome.FAILING: "💥",
}


def render(summary: VerifySummary) -> str:
    lines = [
        "## daft-lint verify",
        "",
        "| script | finding | verdict | measure | before | after |",
        "|---|---|---|---|--:|--:|",
    ]
    for result in summary.results:
        lines += _rows(result)
    for result in summary.results:
        lines += _details(result)
    return "\n".join(lines) + "\n"


def _rows(result: CaseResult) -> list[str]:
    if not result.verdicts:
        return [
            _row(code(result.case.path), "", f"{SIGNS[result.status]} {result.status}", _line(result.problem), "", "")
        ]
    rows = []
    for index, verdict in enumerate(result.verdicts):
        measures = sorted((m for m in verdict.measures if m.counts), key=lambda m: not m.direction)
        main: MeasuredChange | None = next(iter(measures), None)  # what moved says more than what stayed
        rows.append(
            _row(
                code(result.case.path) if index == 0 else "",
                f"{prose(verdict.finding.code)} line {verdict.finding.span.line}",
                f"{SIGNS[verdict.outcome]} {verdict.outcome}",
                _line(main.title if main else verdict.reason),
                quantity(main.before, main.unit) if main else "",
                quantity(main.after, main.unit) if main else "",
            )
        )
    return rows


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _details(result: CaseResult) -> list[str]:
    different = [c for c in result.comparisons if not c.equal]
    failed = [run for run in (result.before, result.after) if run is not None and not run.ok]
    if not different and not failed:
        return []
    lines = ["", f"### {code(result.case.path)}"]
    for comparison in different:
        lines += ["", f"**{_line(comparison.what)}**: {_line(comparison.message)}"]
        if comparison.only_before or comparison.only_after:
            rows = [*(f"- {r}" for r in comparison.only_before), *(f"+ {r}" for r in comparison.only_after)]
            lines += ["", *_fenced([visible(row) for row in rows])]
    for run in failed:
        lines += ["", f"**{run.label}** {run.status}: {_line(run.message)}"]
    return lines


def _line(text: str) -> str:
    return prose(" ".join(text.split()))


def _fenced(rows: list[str]) -> Iterable[str]:
    """A block that no row ends: its fence is longer than any in the rows."""
    longest = max((len(found) for row in rows for found in re.findall("`+", row)), default=0)
    fence = "`" * max(3, longest + 1)
    return (f"{fence}diff", *rows, fence)
