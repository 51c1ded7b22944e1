"""A Markdown table, for job summaries and comments. Nothing in a source can become markup, a link or a mention."""

from __future__ import annotations

import re
from collections.abc import Sequence

from daft_lint.finding import Finding
from daft_lint.report import Summary, visible
from daft_lint.report.concise import place
from daft_lint.report.places import Places

_CODE = re.compile(r"`([^`]*)`")


def render(findings: Sequence[Finding], files: int, places: Places) -> str:
    """The closing line as a paragraph, and a row a finding below it."""
    lines = [escaped(Summary.of(findings, files).sentence()), ""]
    if findings:
        lines += ["| level | rule | place | finding | fix |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *map(_row, findings)]).rstrip("\n") + "\n"


def _row(finding: Finding) -> str:
    fix = "" if finding.fix is None else finding.fix.title + ("" if finding.fix.safe else " (unsafe)")
    cells = (
        finding.level.name.lower(),
        f"{finding.code} {escaped(finding.name)}",
        escaped(place(finding.span)),
        _message(finding.message),
        _message(fix),
    )
    return f"| {' | '.join(cells)} |"


def _message(text: str) -> str:
    """A rule's message, in which it marks code with backticks."""
    pieces, position = [], 0
    for match in _CODE.finditer(text):
        pieces += [escaped(text[position : match.start()]), f"<code>{escaped(match[1])}</code>"]
        position = match.end()
    return "".join([*pieces, escaped(text[position:])])


def escaped(text: str) -> str:
    """Text that Markdown and HTML show as it is: every punctuation mark that either could read is an entity."""
    return "".join(f"&#{ord(c)};" if c in _READ else c for c in visible(text)).replace("://", "&#58;//")


_READ = frozenset("\\`*_{}[]<>#|~@&!$\"'")
