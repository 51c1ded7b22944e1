"""Results as one self-contained HTML page: no script, no file beside it, light and dark."""

from __future__ import annotations

import difflib
from typing import Any

import jinja2
from markupsafe import Markup

from daft_lint_runtime.harness import Run
from daft_lint_runtime.report import charts
from daft_lint_runtime.report.text import location_of, measure_rows
from daft_lint_runtime.verify import CaseResult, VerifySummary


def template(name: str) -> jinja2.Template:
    """A page of this folder."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("daft_lint_runtime.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name)


def render(summary: VerifySummary) -> str:
    return template("page.html.j2").render(
        cases=[_case(result) for result in summary.results], summary=summary, location_of=location_of
    )


def _case(result: CaseResult) -> dict[str, Any]:
    before, after = result.before, result.after
    drawn: dict[str, Any] = {
        "result": result,
        "rows": [],
        "memory": "",
        "histogram": "",
        "lanes": "",
        "plans": [],
        "diff": [],
    }
    if before is None:
        return drawn
    drawn["rows"] = measure_rows(result)
    drawn["memory"] = Markup(charts.memory(before, after))
    drawn["histogram"] = Markup(charts.histogram(before, after))
    drawn["lanes"] = Markup(charts.lanes(before, after))
    drawn["plans"] = _plans(before, after)
    drawn["diff"] = _diff(result)
    return drawn


def _plans(before: Run, after: Run | None) -> list[dict[str, Any]]:
    pairs = []
    others = list(after.queries) if after is not None else []
    for index, query in enumerate(before.queries):
        other = others[index] if index < len(others) else None
        pairs.append(
            {
                "title": f"query {index + 1}" + (f", line {query['line']}" if query["line"] else ""),
                "before": Markup(charts.plan(query, before.operators)),
                "after": Markup(charts.plan(other, after.operators)) if other is not None and after is not None else "",
                "size": sum(op.bytes_out for op in before.operators if op.query == query["index"]),
            }
        )
    heaviest = max((p["size"] for p in pairs), default=0)
    for pair in pairs:
        pair["open"] = pair["size"] == heaviest
    return [p for p in pairs if p["before"] or p["after"]]


def _diff(result: CaseResult) -> list[tuple[str, str]]:
    if result.case.fixed is None:
        return []
    old, new = (text.decode("utf-8", "replace").splitlines() for text in (result.case.original, result.case.fixed))
    lines = list(difflib.unified_diff(old, new, lineterm="", n=3))[2:]
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return [(kinds.get(line[:1], ""), line) for line in lines]
