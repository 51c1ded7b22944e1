"""The source lines that findings begin in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from daft_lint.api.finding import Span

Lines = Callable[[Span], "str | None"]
"""The source line that a span begins in; None where it can no longer be read."""


class SourceLines:
    """Reads files, each once. `given` are the bytes of files that are not read from the disk, by path."""

    def __init__(self, given: Mapping[str, bytes] | None = None) -> None:
        self.given = dict(given or {})
        self.known: dict[tuple[str, int | None], list[str]] = {}

    def __call__(self, span: Span) -> str | None:
        key = (span.path, span.cell)
        if key not in self.known:
            self.known.update(self._read(span.path))
        lines = self.known.get(key, [])
        return lines[span.line - 1] if 0 < span.line <= len(lines) else None

    def _read(self, path: str) -> dict[tuple[str, int | None], list[str]]:
        from daft_lint.source.document import Document

        try:
            document = Document.from_bytes(path, self.given[path]) if path in self.given else Document.read(path)
        except OSError:
            return {(path, None): []}
        if document.kind == "markdown":
            return {(path, None): _split(document.raw)}
        number = {cell: cell.number for cell in document.cells}
        found = {(path, number[cell]): _split(cell.written) for cell in document.cells}
        return found or {(path, None): []}


def _split(source: bytes) -> list[str]:
    """Lines as positions count them: a form feed ends none."""
    text = source.decode(errors="replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
