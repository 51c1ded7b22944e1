"""Where findings and fixes stand in the file itself, for reports that know only files and lines.

A span in a notebook counts lines in its cell, but services show annotations in the JSON of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from daft_lint.api.finding import FindingFix, Span
from daft_lint.dataclass import dataclass
from daft_lint.lint.source_lines import SourceLines
from daft_lint.source import scanner
from daft_lint.source.document import Document
from daft_lint.source.edit import Edit


@dataclass(frozen=True, slots=True)
class Region:
    """Lines and columns of a file from 1, columns in characters, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Replacement:
    """Put `text` in the place of a region of the file `path`."""

    path: str
    region: Region
    text: str


class FileRegions:
    """Reads the files that findings are in, each once. `given` are the bytes of files that are not read from the disk,
    by path."""

    def __init__(self, given: Mapping[str, bytes] | None = None) -> None:
        self.given = dict(given or {})
        self.lines = SourceLines(self.given)
        self.files: dict[str, _File | None] = {}

    def region(self, span: Span) -> Region:
        """The span as a region of the file; unchanged where the file can no longer be read."""
        file = self._file(span.path) if span.cell is not None else None
        return file.region_of(span) if file is not None else _as_it_is(span)

    def replacements(self, fix: FindingFix) -> tuple[Replacement, ...]:
        """The edits of a fix as regions of the files; none where a file can no longer be read."""
        found: list[Replacement] = []
        for path in dict.fromkeys(edit.path for edit in fix.edits):
            file = self._file(path)
            if file is None:
                return ()
            edits = [edit for edit in fix.edits if edit.path == path]
            found += [Replacement(path, region, text) for region, text in file.replacements(edits)]
        return tuple(found)

    def byte_column(self, path: str, line: int, column: int) -> int:
        """A column of a file in bytes of UTF-8 instead of characters; unchanged where the file can no longer be
        read."""
        file = self._file(path)
        return column if file is None else len(file.line(line)[: column - 1].encode(errors="replace")) + 1

    def _file(self, path: str) -> _File | None:
        if path not in self.files:
            try:
                known = self.given.get(path)
                document = Document.read(path) if known is None else Document.from_bytes(path, known)
            except OSError:
                self.files[path] = None
            else:
                self.files[path] = _File(document)
        return self.files[path]


def _as_it_is(span: Span) -> Region:
    return Region(span.line, span.column, span.end_line, span.end_column)


class _File:
    """One document, and where the lines of its raw bytes begin."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.cells = {cell.number: cell for cell in document.cells}
        self.starts = scanner.line_starts(document.raw)

    def region_of(self, span: Span) -> Region:
        cell = self.cells.get(span.cell)
        if cell is None:
            return _as_it_is(span)
        starts = scanner.line_starts(cell.source)
        offsets = []
        for line, column in ((span.line, span.column), (span.end_line, span.end_column)):
            start = starts[min(line, len(starts)) - 1]
            text = cell.source[start:].split(b"\n", 1)[0].decode(errors="replace")
            offsets.append(self.document.raw_offset(cell, start + len(text[: column - 1].encode())))
        return self.between(*offsets)

    def between(self, start: int, end: int) -> Region:
        """The region of the raw bytes `start:end`."""
        return Region(*self.location(start), *self.location(end))

    def line(self, line: int) -> str:
        """The text of a line, from 1."""
        start = self.starts[min(line, len(self.starts)) - 1]
        end = self.document.raw.find(b"\n", start)
        text = self.document.raw[start : end if end >= 0 else None]
        return text.decode(self.document.encoding, errors="replace").lstrip("\ufeff")

    def location(self, offset: int) -> tuple[int, int]:
        line = scanner.line_of(self.starts, offset)
        before = self.document.raw[self.starts[line - 1] : offset]
        return line, len(before.decode(self.document.encoding, errors="replace").lstrip("\ufeff")) + 1

    def replacements(self, edits: Sequence[Edit]) -> list[tuple[Region, str]]:
        if self.document.kind != "notebook":
            return [(self.between(edit.start, edit.end), edit.text) for edit in edits]
        # JSON strings are rewritten whole: what differs of each is replaced.
        return [self._trimmed(edit) for edit in self.document.in_file(edits)]

    def _trimmed(self, edit: Edit) -> tuple[Region, str]:
        """An edit of the file without what it leaves as it is, as a region and its new text."""
        before = self.document.raw[edit.start : edit.end].decode()
        start = _common(before, edit.text)
        end = _common(before[start:][::-1], edit.text[start:][::-1])
        first = edit.start + len(before[:start].encode())
        last = edit.end - len(before[len(before) - end :].encode())
        return self.between(first, last), edit.text[start : len(edit.text) - end]


def _common(one: str, other: str) -> int:
    """The length of the common beginning, in characters."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
