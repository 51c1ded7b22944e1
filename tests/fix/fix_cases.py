"""Documents, and checks that want something replaced in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from daft_lint.api.finding import Finding, FindingFix, Level, Span
from daft_lint.fix.loop import Check
from daft_lint.source.document import Document
from daft_lint.source.edit import Edit


def finding(
    document: Document, edits: list[tuple[str, int | None, int, int, str]], code: str = "TST001", why: str | None = None
) -> Finding:
    _, cell, start, _, _ = edits[0]
    source = document.raw if cell is None else document.cells[cell - 1].source
    line = source[:start].count(b"\n") + 1
    fix = FindingFix("mend it", why, tuple(Edit(*edit) for edit in edits))
    span = Span(document.path, cell, line, 1, line, 2)
    return Finding(code, "test-rule", Level.WARNING, span, "seen", "costs", "write", fix=fix)


def replacing(pattern: str, new: str, code: str = "TST001", why: str | None = None) -> Check:
    """A rule that wants each match of the pattern replaced."""

    def observe(document: Document) -> Iterator[Finding]:
        texts: list[tuple[int | None, bytes]] = [(None, document.raw)]
        if document.kind == "notebook":
            texts = [(cell.number, cell.source) for cell in document.cells]
        for number, text in texts:
            for match in re.finditer(pattern.encode(), text):
                yield finding(document, [(document.path, number, *match.span(), new)], code, why)

    return observe


def both(*observes: Check) -> Check:
    return lambda document: [f for observe in observes for f in observe(document)]


def python(text: str | bytes, path: str = "a.py") -> Document:
    return Document.from_bytes(path, text.encode() if isinstance(text, str) else text)


def on_disk(tmp_path: Path, **files: str) -> list[Document]:
    documents = []
    for name, text in files.items():
        path = tmp_path / f"{name}.py"
        path.write_bytes(text.encode())
        documents.append(Document.from_bytes(str(path), text.encode()))
    return documents
