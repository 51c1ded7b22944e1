"""Unified diffs of what was fixed."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from daft_lint.source.printable import visible

if TYPE_CHECKING:
    from daft_lint.fix.results import FixReport
    from daft_lint.source.document import Document


def unified_diff(report: FixReport) -> str:
    """The unified diff of all changed files; of a notebook, one for each cell."""
    return "".join(document_diff(file.before, file.after) for file in report.changed)


def document_diff(before: Document, after: Document) -> str:
    """The unified diff of one document."""
    if before.kind != "notebook":
        return text_diff(before.path, before.text, after.text)
    return "".join(
        text_diff(f"{before.path}:cell {old.number}", *(cell.written.decode(errors="replace") for cell in (old, new)))
        for old, new in zip(before.cells, after.cells, strict=True)
    )


def text_diff(name: str, before: str, after: str) -> str:
    """The unified diff of a file's text."""
    name = visible(name.lstrip("/"))
    lines = difflib.unified_diff(_lines(before), _lines(after), fromfile=f"a/{name}", tofile=f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """The lines with their `\\n`: a form feed or `\\x85` ends none."""
    return text.splitlines(keepends=True) if "\n" not in text else re.findall(r"[^\n]*\n|[^\n]+\Z", text)


def painted(diff: str) -> str:
    """A diff in a terminal's colours: bold names, cyan places, red and green lines."""
    return "".join(_painted_line(line) for line in diff.splitlines(keepends=True))


def _painted_line(line: str) -> str:
    for start, style in (("--- ", "1"), ("+++ ", "1"), ("@@", "36"), ("-", "31"), ("+", "32")):
        if line.startswith(start):
            text = line.rstrip("\n")
            return f"\x1b[{style}m{text}\x1b[0m{line[len(text) :]}"
    return line
