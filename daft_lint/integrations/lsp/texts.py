"""Texts with the positions of editors: lines from 0, columns in the units of the agreed encoding."""

from __future__ import annotations

import functools
import json
import re
from bisect import bisect_right
from collections.abc import Mapping

from daft_lint.api.finding import Span
from daft_lint.dataclass import dataclass
from daft_lint.source.document import Document
from daft_lint.source.edit import Edit

_LINE_END = re.compile(r"\r\n|\r|\n")

Position = tuple[int, int]
"""A line, from 0, and a column in units of the encoding, from 0."""
Range = tuple[Position, Position]


def units(text: str, encoding: str) -> int:
    """The length of a text in code units of `utf-8` or `utf-16`, for other encodings in characters."""
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    if encoding == "utf-16":
        return len(text) + sum(ord(character) > 0xFFFF for character in text)
    return len(text)


@dataclass(frozen=True)
class Text:
    """A text and where its lines begin. Only `\\n`, `\\r\\n` and `\\r` end a line."""

    text: str
    encoding: str = "utf-16"

    @functools.cached_property
    def starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def line(self, number: int) -> str:
        """A line, from 0, with its line break; "" beyond the last."""
        if not 0 <= number < len(self.starts):
            return ""
        return self.text[self.starts[number] : (*self.starts, len(self.text))[number + 1]]

    def position(self, offset: int) -> Position:
        """Where the character at `offset` stands."""
        line = bisect_right(self.starts, offset) - 1
        return line, units(self.text[self.starts[line] : offset], self.encoding)

    def position_of(self, line: int, column: int) -> Position:
        """The position of a line and a column that count from 1, in characters."""
        return line - 1, units(self.line(line - 1)[: column - 1], self.encoding)

    def offset(self, position: Position) -> int:
        """The offset of the character at a position; beyond a line's end, of that end."""
        number, column = position
        if number >= len(self.starts):
            return len(self.text)
        counted = 0
        line = self.line(number).rstrip("\r\n")
        for index, character in enumerate(line):
            if counted >= column:
                return self.starts[number] + index
            counted += units(character, self.encoding)
        return self.starts[number] + len(line)

    def replaced(self, range_: Range, new: str) -> str:
        """The text with a range replaced."""
        start, end = (self.offset(position) for position in range_)
        return self.text[:start] + new + self.text[end:]


@dataclass(frozen=True, eq=False)
class Page:
    """One text of the editor: a script, or a cell of a notebook."""

    uri: str
    version: int | None
    text: Text


@dataclass(frozen=True, eq=False)
class Buffer:
    """A file as the editor shows it, saved or not. `pages` are by the number of their cell, None for a script."""

    path: str
    pages: Mapping[int | None, Page]
    document: Document

    @classmethod
    def of_script(cls, path: str, page: Page) -> Buffer:
        return cls(path, {None: page}, Document.from_text(path, page.text.text))

    @classmethod
    def of_notebook(cls, path: str, pages: list[Page]) -> Buffer:
        """The notebook whose code cells are these."""
        cells = [{"cell_type": "code", "source": page.text.text} for page in pages]
        raw = json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()
        return cls(path, dict(enumerate(pages, 1)), Document.from_bytes(path, raw))

    def page(self, cell: int | None) -> Page | None:
        return self.pages.get(cell)

    def cell_of(self, uri: str) -> int | None:
        """The number of the cell that a page is; None for a script."""
        return next((number for number, page in self.pages.items() if page.uri == uri), None)

    def byte_of(self, cell: int | None, offset: int) -> int:
        """The offset, in the bytes of the cell's source, of a character of its page."""
        page = self.pages[cell]
        return len(page.text.text[:offset].removeprefix("\ufeff").encode("utf-8", "surrogatepass"))

    def range_of(self, span: Span) -> Range | None:
        """A span as a range of its page."""
        page = self.page(span.cell)
        if page is None:
            return None
        text = page.text
        return text.position_of(span.line, span.column), text.position_of(span.end_line, span.end_column)

    def range_of_edit(self, edit: Edit) -> Range | None:
        """The bytes that an edit replaces, as a range of its page."""
        page = self.page(edit.cell)
        if page is None:
            return None
        raw = self.document.raw
        encoding = self.document.encoding
        if edit.cell is not None:
            raw, encoding = page.text.text.encode("utf-8", "surrogatepass"), "utf-8"
        start, end = (len(raw[:byte].decode(encoding, "replace")) for byte in (edit.start, edit.end))
        return page.text.position(start), page.text.position(end)


def on_disk(path: str, uri: str, encoding: str) -> Buffer:
    """A file that is not open in the editor. Raises `OSError`."""
    document = Document.read(path)
    text = document.raw.decode(document.encoding, "replace")
    return Buffer(path, {None: Page(uri, None, Text(text, encoding))}, document)
