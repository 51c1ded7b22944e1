"""How verification results are shown: a small module a form."""

from __future__ import annotations

from daft_lint_runtime.verify import VerifySummary

FORMATS = ("text", "json", "junit", "markdown")


def render(form: str, summary: VerifySummary) -> str:
    """The results in one of `FORMATS` but "text", which is printed by `report.text`. Raises KeyError for others."""
    from daft_lint_runtime.report import as_json, junit, markdown

    return {"json": as_json.render, "junit": junit.render, "markdown": markdown.render}[form](summary)
