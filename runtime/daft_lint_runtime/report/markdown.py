"""Results as Markdown, for a CI job's summary."""

from __future__ import annotations

from daft_lint_runtime.verdict import Moved, quantity
from daft_lint_runtime.verify import CaseResult, Summary

SIGNS = {"confirmed": "✅", "harmless": "➖", "refuted": "❌", "failing": "💥"}


def render(summary: Summary) -> str:
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
        return [_row(f"`{result.case.path}`", "", f"{SIGNS[result.status]} {result.status}", result.problem, "", "")]
    rows = []
    for index, verdict in enumerate(result.verdicts):
        main: Moved | None = next((m for m in verdict.measures if m.main), None)
        rows.append(
            _row(
                f"`{result.case.path}`" if index == 0 else "",
                f"{verdict.finding.code} line {verdict.finding.span.line}",
                f"{SIGNS[verdict.outcome]} {verdict.outcome}",
                main.title if main else verdict.reason,
                quantity(main.before, main.unit) if main else "",
                quantity(main.after, main.unit) if main else "",
            )
        )
    return rows


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _details(result: CaseResult) -> list[str]:
    different = [c for c in result.comparisons if not c.equal]
    failed = [run for run in (result.before, result.after) if run is not None and not run.ok]
    if not different and not failed:
        return []
    lines = ["", f"### {result.case.path}"]
    for comparison in different:
        lines += ["", f"**{comparison.what}**: {comparison.message}"]
        if comparison.only_before or comparison.only_after:
            lines += [
                "",
                "```diff",
                *(f"- {r}" for r in comparison.only_before),
                *(f"+ {r}" for r in comparison.only_after),
                "```",
            ]
    for run in failed:
        lines += ["", f"**{run.label}** {run.status}: {run.message}"]
    return lines
