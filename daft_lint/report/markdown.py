"""A Markdown table, for job summaries and comments. No text of a source can become markup, a link or a mention."""

from __future__ import annotations

import re
from collections.abc import Sequence

from daft_lint.api.finding import Finding
from daft_lint.report import Summary
from daft_lint.report.concise import location
from daft_lint.report.regions import FileRegions
from daft_lint.source.printable import visible

_CODE = re.compile(r"`([^`]*)`")


def render(findings: Sequence[Finding], files: int, regions: FileRegions) -> str:
    """The closing line as a paragraph, and below it a table with a row per finding."""
    lines = [escaped(Summary.of(findings, files).sentence()), ""]
    if findings:
        lines += ["| level | rule | place | finding | fix |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *map(_row, findings)]).rstrip("\n") + "\n"


def _row(finding: Finding) -> str:
    fix = "" if finding.fix is None else finding.fix.title + ("" if finding.fix.safe else " (unsafe)")
    cells = (
        finding.level.name.lower(),
        f"{finding.code} {escaped(finding.name)}",
        code(location(finding.span)),
        _message(finding.message),
        _message(fix),
    )
    return f"| {' | '.join(cells)} |"


def _message(text: str) -> str:
    """A rule's message, in which it marks code with backticks."""
    parts, position = [], 0
    for match in _CODE.finditer(text):
        parts += [prose(text[position : match.start()]), code(match[1])]
        position = match.end()
    return "".join([*parts, prose(text[position:])])


def prose(text: str) -> str:
    """Text outside of code. A service looks for names behind `@` and numbers behind `#` in the rendered text, so
    entities alone do not stop it; it does not look into code."""
    return re.sub("&#(?:64|35);", r"<code>\g<0></code>", escaped(text))


def code(text: str) -> str:
    """Text as code, in which nothing becomes a link or a mention."""
    return f"<code>{escaped(text)}</code>"


def escaped(text: str) -> str:
    """Text that Markdown and HTML show literally: every punctuation mark that means something to either is an entity,
    and so is what turns an address into a link."""
    entities = "".join(f"&#{ord(c)};" if c in _READ else c for c in visible(text))
    return _LINK.sub(lambda match: f"&#{ord(match[0])};", entities)


_LINK = re.compile(r"(?<=www)\.|:(?=//)", re.IGNORECASE)
_READ = frozenset("\\`*_{}[]<>#|~@&!$\"'")
