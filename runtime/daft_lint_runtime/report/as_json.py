"""Results as JSON, for programs: one object with a list of scripts."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from daft_lint_runtime import measure
from daft_lint_runtime.compare.rows import Comparison
from daft_lint_runtime.effects import MeasuredChange
from daft_lint_runtime.harness import Run
from daft_lint_runtime.verdict import Verdict
from daft_lint_runtime.verify import CaseResult, VerifySummary

VERSION = 1
"""Raised when a field changes its meaning or goes away."""


def render(summary: VerifySummary) -> str:
    data = {"version": VERSION, "exit_code": summary.exit_code, "scripts": [case(r) for r in summary.results]}
    return json.dumps(data, indent=2) + "\n"


def case(result: CaseResult) -> dict[str, Any]:
    return {
        "path": result.case.path,
        "status": result.status,
        "problem": result.problem or None,
        "against": result.case.against,
        "notes": list(result.case.notes),
        "seconds": round(result.seconds, 3),
        "verdicts": [verdict(v) for v in result.verdicts],
        "comparisons": [comparison(c) for c in result.comparisons],
        "reason": result.reason or None,
        "effects": [change(c) for c in result.effects],
        "unsteady": list(result.unsteady),
        "predicted": [
            {f"{udf}: {measure.title}": value for (udf, measure), value in side.items()}
            for side in result.case.predicted
        ],
        "before": run(result.before),
        "after": run(result.after),
    }


def comparison(comparison: Comparison) -> dict[str, Any]:
    return {f.name: getattr(comparison, f.name) for f in fields(comparison) if f.name != "differing_columns"}


def verdict(verdict: Verdict) -> dict[str, Any]:
    finding = verdict.finding
    return {
        "code": finding.code,
        "line": finding.span.line,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "udfs": list(verdict.udfs),
        "measures": [change(c) for c in verdict.measures],
    }


def change(change: MeasuredChange) -> dict[str, Any]:
    return {
        "title": change.title,
        "unit": change.unit.value,
        "before": change.before,
        "after": change.after,
        "direction": change.direction,
        "main": change.counts,
        "ratio": change.ratio,
    }


def run(run: Run | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "status": run.status,
        "message": run.message or None,
        "exit_code": run.code,
        "wall_seconds": round(run.wall, 3),
        "query_seconds": round(measure.query_seconds(run), 3),
        "peak_bytes": run.peak,
        "cpu_seconds": round(sum(run.cpu.values()), 3),
        "object_store": run.object_store,
        "cluster": run.cluster,
        "versions": run.versions,
        "notes": list(run.notes),
        "udfs": [asdict(m) for m in measure.udf_stats(run.calls)],
        "operators": [asdict(op) for op in run.operators],
        "leftover_processes": run.leftovers,
    }
