"""Markdown: the fenced Python blocks of a guide, in lists and quotes too."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from daft_lint.dataclass import dataclass
from daft_lint.source.edit import Edit
from daft_lint.source.layout import CellText, Layout, LineMap
from daft_lint.source.problems import ParseFailure

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_OPENING = re.compile(
    rb"(?P<prefix>(?:[ \t]*>)*[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\r\n]*)"
)
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_PYTHON = re.compile(rb"\{?\.?(?:python3?|py|ipython3?)\b(?!-)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Block:
    source: bytes
    map: LineMap
    lines: tuple[int, ...]
    """The 1-based line in the file of each line of the block."""
    prefixes: tuple[bytes, ...]
    """What stands before each line in the file: indentation, `>`."""


class MarkdownLayout(Layout):
    """The Python blocks of a Markdown file, numbered from 1; interpreter sessions (`>>>`) are left out.

    Raises `ParseFailure` for what is no UTF-8 text.
    """

    def __init__(self, path: str, raw: bytes) -> None:
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise ParseFailure(line, 1, "bytes that are no utf-8 text") from None
        self.blocks = tuple(_blocks(raw))
        super().__init__(path, [CellText(number, block.source) for number, block in enumerate(self.blocks, start=1)])

    def location(self, index: int, line: int, column: int) -> tuple[int, int]:
        block = self.blocks[index]
        known = min(line, len(block.lines)) - 1
        return block.lines[known] + line - 1 - known, column + len(block.prefixes[known].decode())

    def raw_offset(self, index: int, offset: int) -> int:
        return self.blocks[index].map.raw(offset)

    def edit(self, index: int, start: int, end: int, text: str) -> Edit:
        """Each new line begins with what the block's lines begin with in the file: its indentation, `>`."""
        prefix = next((prefix.decode() for prefix in self.blocks[index].prefixes if prefix), "")
        return super().edit(index, start, end, _LINE_BREAK.sub(lambda found: found.group() + prefix, text))


def _blocks(raw: bytes) -> list[_Block]:
    found: list[_Block] = []
    position = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0
    lines = [(m.start(), m.end()) for m in _LINE.finditer(raw, position)]
    index = 0
    while index < len(lines):
        opening = _OPENING.match(raw, *lines[index])
        index += 1
        if opening is None or (opening["fence"][:1] == b"`" and b"`" in opening["info"]):
            continue
        first = index
        index, is_closed = _end(raw, lines, first, opening["prefix"], opening["fence"])
        if _PYTHON.match(opening["info"]):
            block = _block(raw, lines, first, index, opening["prefix"])
            if not block.source.lstrip().startswith(b">>>"):
                found.append(block)
        index += is_closed
    return found


def _end(raw: bytes, lines: Sequence[tuple[int, int]], first: int, prefix: bytes, fence: bytes) -> tuple[int, bool]:
    """The line after a block's last one, and whether it is the fence that closes it. A quote's end closes a block in it
    too, and a fence that is indented by four columns more than the first is text."""
    closing = re.compile(rb"(?P<indent>[ \t]*)" + fence + fence[:1] + rb"*[ \t]*\r?\n?\Z")
    quotes = re.compile(rb"[ \t]*>" * prefix.count(b">"))
    deepest = _columns(prefix[prefix.rfind(b">") + 1 :]) + 3
    for index in range(first, len(lines)):
        quoted = quotes.match(raw, *lines[index])
        if quoted is None:
            return index, False
        closed = closing.match(raw, quoted.end(), lines[index][1])
        if closed is not None and _columns(closed["indent"]) <= deepest:
            return index, True
    return len(lines), False


def _columns(indent: bytes) -> int:
    return len(indent.expandtabs(4))


def _block(raw: bytes, lines: Sequence[tuple[int, int]], first: int, last: int, opening: bytes) -> _Block:
    # In a list item the block is indented as far as the item's text.
    prefix = re.sub(rb"[^>\t]", b" ", opening)
    source = bytearray()
    cell_starts, raw_starts, numbers, prefixes = [], [], [], []
    for index in range(first, last):
        start, end = lines[index]
        skipped = _skipped(raw[start:end], prefix)
        cell_starts.append(len(source))
        raw_starts.append(start + skipped)
        numbers.append(index + 1)
        prefixes.append(raw[start : start + skipped])
        source += raw[start + skipped : end]
    at_end = lines[last][0] if last < len(lines) else len(raw)
    if not cell_starts or source.endswith((b"\n", b"\r")):
        cell_starts.append(len(source))
        raw_starts.append(at_end)
        numbers.append(last + 1)
        prefixes.append(b"")
    return _Block(bytes(source), LineMap(cell_starts, raw_starts), tuple(numbers), tuple(prefixes))


def _skipped(line: bytes, prefix: bytes) -> int:
    """How much of a line's beginning belongs to the Markdown around the block: at most what the fence itself has."""
    position = 0
    quotes = prefix.count(b">")
    for _ in range(quotes):
        match = re.match(rb"[ \t]*>", line[position:])
        if match is None:
            break
        position += match.end()
    indent = len(prefix) - (prefix.rfind(b">") + 1)
    while indent and line[position : position + 1] in (b" ", b"\t"):
        position += 1
        indent -= 1
    return position
