"""A Markdown table, for job summaries and comments. Nothing in a source can become markup, a link or a mention."""

from __future__ import annotations

import re
from collections.abc import Sequence

from daft_lint.api.finding import Finding
from daft_lint.report import Summary
from daft_lint.report.concise import location
from daft_lint.report.locations import Locations
from daft_lint.source.printable import visible

_CODE = re.compile(r"`([^`]*)`")


def render(findings: Sequence[Finding], files: int, locations: Locations) -> str:
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
        code(location(finding.span)),
        _message(finding.message),
        _message(fix),
    )
    return f"| {' | '.join(cells)} |"


def _message(text: str) -> str:
    """A rule's message, in which it marks code with backticks."""
    partitions, position = [], 0
    for match in _CODE.finditer(text):
        partitions += [prose(text[position : match.start()]), code(match[1])]
        position = match.end()
    return "".join([*partitions, prose(text[position:])])


def prose(text: str) -> str:
    """Text outside of code. A service looks for names behind `@` and numbers behind `#` in what is shown, so that an
    entity alone does not keep it from that; in code it does not look."""
    return re.sub("&#(?:64|35);", r"<code>\g<0></code>", escaped(text))


def code(text: str) -> str:
    """Text as code, of which nothing is looked up."""
    return f"<code>{escaped(text)}</code>"


def escaped(text: str) -> str:
    """Text that Markdown and HTML show as it is: every punctuation mark that either could read is an entity, and so is
    what makes a link of an address."""
    entities = "".join(f"&#{ord(c)};" if c in _READ else c for c in visible(text))
    return _LINK.sub(lambda match: f"&#{ord(match[0])};", entities)


_LINK = re.compile(r"(?<=www)\.|:(?=//)", re.IGNORECASE)
_READ = frozenset("\\`*_{}[]<>#|~@&!$\"'")
