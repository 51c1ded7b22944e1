"""Notebooks: code cells as Python, with magics blanked, and edits written into the JSON text itself.

Nothing is loaded and dumped again: an edit changes the JSON strings of the lines that it touches, so key order,
indentation, outputs, metadata and escapes stay as they are.
"""

from __future__ import annotations

import codecs
import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daft_lint.source import scanner
from daft_lint.source.document import Cell, ParseFailure

if TYPE_CHECKING:
    from daft_lint.api.edits import Edit
    from daft_lint.source.document import Document

_JSON_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_JSON_CHARACTER = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\\x80-\xff]|[\xc0-\xff][\x80-\xbf]*",
    re.DOTALL,
)
_PYTHON_CELL_MAGICS = frozenset({"time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "python", "python3"})
"""Cell magics whose cell is Python all the same."""
_LINE_MAGIC = re.compile(rb"[ \t]*[%!]|[ \t]*\?{1,2}[\w%]|[ \t]*[%\w.*\[\]'\"()]+\?{1,2}[ \t]*(?:\r?\n|\Z)")
_ASSIGNED_MAGIC = re.compile(rb"(?P<target>[ \t]*[\w.\[\]()*, \t'\"]+=[ \t]*)(?P<magic>[!%])")
_TIME = re.compile(rb"%time[ \t]+(?=\S)(?!-)")
_PHYSICAL_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class _Source:
    """The `source` of one cell: the raw spans of its strings' contents (without the quotes)."""

    number: int
    strings: tuple[tuple[int, int], ...]
    start: int
    """Where the value begins: a `[` or a `"`."""


class NotebookLayout:
    """The code cells of a notebook and where their text lies. Raises `ParseFailure` for what is no Python notebook."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        bom = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0
        notebook = _parsed(raw, bom)
        self.sources: dict[int, _Source] = {}
        self.texts: dict[int, bytes] = {}
        if not _is_python(notebook):
            return
        spans = _source_spans(raw, bom)
        for number, text in _code_cells(notebook):
            if number in spans:
                self.sources[number] = spans[number]
                self.texts[number] = text

    def make_cells(self, document: Document) -> tuple[Cell, ...]:
        """The cells that hold Python, cells of another language left out."""
        cells = []
        for number, text in self.texts.items():
            source = without_magics(text)
            if source is not None:
                cells.append(Cell(document, number, source))
        return tuple(cells)

    def location(self, cell: Cell, line: int, column: int) -> tuple[int, int]:
        return line, column

    def span(self, cell: Cell, start: int, end: int) -> tuple[int, int]:
        return start, end

    def raw_offset(self, cell: Cell, offset: int) -> int:
        assert cell.number is not None
        return _Rewriter(self.raw, self.sources[cell.number]).raw_offset(offset)

    def replacements(self, cell: Cell, edits: Sequence[Edit]) -> list[tuple[int, int, bytes]]:
        """One replacement for each run of neighbouring JSON strings that edits touch."""
        assert cell.number is not None
        return _Rewriter(self.raw, self.sources[cell.number]).apply(edits)


def _parsed(raw: bytes, bom: int) -> dict[str, object]:
    try:
        notebook = json.loads(raw[bom:].decode())
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, bom + error.start) + 1
        raise ParseFailure(line, 1, "bytes that are no UTF-8 text: this is no notebook") from None
    except RecursionError:
        raise ParseFailure(1, 1, "JSON that nests too deep: this is no notebook") from None
    except json.JSONDecodeError as error:
        raise ParseFailure(error.lineno, error.colno, f"no valid JSON: {error.msg}") from None
    except ValueError as error:
        raise ParseFailure(1, 1, f"no valid JSON: {error}") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ParseFailure(1, 1, "no notebook of version 4: it has no list of cells")
    return notebook


def _is_python(notebook: dict[str, object]) -> bool:
    """By the kernel's language; a notebook that does not say is Python."""
    metadata = notebook.get("metadata")
    if not isinstance(metadata, dict):
        return True
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        entry = metadata.get(section)
        if isinstance(entry, dict) and isinstance(entry.get(key), str):
            return str(entry[key]).lower() in ("python", "ipython", "python3", "python2")
    return True


def _code_cells(notebook: dict[str, object]) -> list[tuple[int, bytes]]:
    found = []
    cells = notebook["cells"]
    assert isinstance(cells, list)
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if isinstance(source, str):
            found.append((number, source.encode("utf-8", "surrogatepass")))
    return found


def _source_spans(raw: bytes, position: int) -> dict[int, _Source]:
    """Where each cell's `source` lies, by the cell's number. `raw` is valid JSON; of a repeated key the last counts."""
    found: dict[int, _Source] = {}
    # One entry an open container: "{" or "[", the key or the index that is being read, and whether a key comes next.
    containers: list[bytes] = []
    keys: list[bytes | int] = []
    expects_key = False
    strings: list[tuple[int, int]] = []
    value_start = 0
    for match in _JSON_TOKEN.finditer(raw, position):
        token = match.group()
        first = token[:1]
        at_source = (
            len(keys) >= 3 and keys[0] == b'"cells"' and keys[2] == b'"source"' and containers[:3] == [b"{", b"[", b"{"]
        )
        if first in b"{[":
            if at_source and len(keys) == 3:
                value_start = match.start()
                strings = []
            containers.append(first)
            keys.append(b"" if first == b"{" else 0)
            expects_key = first == b"{"
        elif first in b"}]":
            containers.pop()
            keys.pop()
            expects_key = False
            if len(keys) == 3 and at_source:
                found[_number(keys)] = _Source(_number(keys), tuple(strings), value_start)
        elif first == b",":
            expects_key = containers[-1] == b"{"
            if not expects_key:
                index = keys[-1]
                assert isinstance(index, int)
                keys[-1] = index + 1
        elif first == b":":
            expects_key = False
        elif first == b'"' and expects_key:
            keys[-1] = b'"' + json.loads(token).encode("utf-8", "surrogatepass") + b'"' if b"\\" in token else token
        elif first == b'"' and at_source:
            if len(keys) == 3:
                found[_number(keys)] = _Source(_number(keys), ((match.start() + 1, match.end() - 1),), match.start())
            elif len(keys) == 4:
                strings.append((match.start() + 1, match.end() - 1))
    return found


def _number(keys: Sequence[bytes | int]) -> int:
    index = keys[1]
    assert isinstance(index, int)
    return index + 1


class _Rewriter:
    """Applies edits to one cell's JSON strings."""

    def __init__(self, raw: bytes, source: _Source) -> None:
        self.raw = raw
        self.source = source
        self.is_list = raw[source.start : source.start + 1] == b"["
        self.ascii_only = raw.isascii() and re.search(rb"\\u(?!00[0-7])[0-9a-fA-F]{4}", raw) is not None
        self.starts: list[int] = []
        """The byte offset in the cell's text at which each string begins."""
        self.lengths: list[int] = []
        offset = 0
        for start, end in source.strings:
            self.starts.append(offset)
            length = len(_decoded(raw[start:end]))
            self.lengths.append(length)
            offset += length

    def apply(self, edits: Sequence[Edit]) -> list[tuple[int, int, bytes]]:
        if not self.source.strings:
            return self._fill_empty(edits)
        changed: dict[int, bytes] = {}
        runs: list[tuple[int, int]] = []
        for first, last, group in self._grouped(edits):
            runs.append((first, last))
            changed[first] = self._rewritten(first, last, group)
        return [
            (self.source.strings[first][0], self.source.strings[last][1], self._as_strings(changed[first], last))
            for first, last in runs
        ]

    def raw_offset(self, offset: int) -> int:
        """Where in the file a byte offset of the cell's text stands."""
        if not self.source.strings:
            return self.source.start + 1
        index = self._index(offset)
        start, end = self.source.strings[index]
        inside = offset - self.starts[index]
        return start + _raw_offsets(self.raw[start:end], [inside])[inside]

    def _fill_empty(self, edits: Sequence[Edit]) -> list[tuple[int, int, bytes]]:
        text = self._escaped("".join(edit.text for edit in edits))
        position = self.source.start + 1
        return [(position, position, b'"' + b'", "'.join(_lines(text)) + b'"')]

    def _index(self, offset: int) -> int:
        return max(bisect_right(self.starts, offset) - 1, 0)

    def _grouped(self, edits: Sequence[Edit]) -> list[tuple[int, int, list[Edit]]]:
        """Edits with the run of strings that they change, runs that meet joined."""
        groups: list[tuple[int, int, list[Edit]]] = []
        for edit in edits:
            first = self._index(edit.start)
            last = max(self._index(edit.end - 1 if edit.end > edit.start else edit.end), first)
            if groups and first <= groups[-1][1]:
                before = groups.pop()
                first, last, group = before[0], max(before[1], last), [*before[2], edit]
            else:
                group = [edit]
            groups.append(self._completed(first, last, group))
        return self._merged(groups)

    def _completed(self, first: int, last: int, group: list[Edit]) -> tuple[int, int, list[Edit]]:
        """Takes neighbours in where the new text would end in mid-line, or be nothing at all."""
        if not self.is_list:
            return first, last, group
        text = self._rewritten(first, last, group)
        count = len(self.source.strings)
        if last + 1 < count and not text.endswith(b"\\n"):
            return first, last + 1, group
        if not text and first:
            return first - 1, last, group
        return first, last, group

    def _merged(self, groups: list[tuple[int, int, list[Edit]]]) -> list[tuple[int, int, list[Edit]]]:
        merged: list[tuple[int, int, list[Edit]]] = []
        for first, last, group in groups:
            while merged and first <= merged[-1][1]:
                before = merged.pop()
                first, last, group = before[0], max(before[1], last), [*before[2], *group]
            merged.append((first, last, group))
        return merged

    def _rewritten(self, first: int, last: int, edits: Sequence[Edit]) -> bytes:
        """The escaped text of the strings `first` to `last` with the edits applied."""
        raw = b"".join(self.raw[start:end] for start, end in self.source.strings[first : last + 1])
        base = self.starts[first]
        wanted = sorted({offset - base for edit in edits for offset in (edit.start, edit.end)})
        at = _raw_offsets(raw, wanted)
        pieces: list[bytes] = []
        position = 0
        for edit in edits:
            pieces += (raw[position : at[edit.start - base]], self._escaped(edit.text))
            position = at[edit.end - base]
        pieces.append(raw[position:])
        return b"".join(pieces)

    def _escaped(self, text: str) -> bytes:
        return json.dumps(text, ensure_ascii=self.ascii_only)[1:-1].encode("utf-8", "surrogatepass")

    def _as_strings(self, text: bytes, last: int) -> bytes:
        """The text as list items, one a line, set apart as the list's other items are."""
        if not self.is_list:
            return text
        return self._separator().join(_lines(text))

    def _separator(self) -> bytes:
        strings = self.source.strings
        if len(strings) > 1:
            return self.raw[strings[0][1] : strings[1][0]]
        lead = self.raw[self.source.start + 1 : strings[0][0] - 1]
        return b'",' + (lead or b" ") + b'"'


def _lines(escaped: bytes) -> list[bytes]:
    """Escaped text cut after each line break; at least one piece."""
    lines: list[bytes] = []
    start = 0
    for match in _JSON_CHARACTER.finditer(escaped):
        if match.group() == b"\\n":
            lines.append(escaped[start : match.end()])
            start = match.end()
    if start < len(escaped) or not lines:
        lines.append(escaped[start:])
    return lines


def _decoded(escaped: bytes) -> bytes:
    text: str = json.loads(b'"' + escaped + b'"')
    return text.encode("utf-8", "surrogatepass")


def _raw_offsets(escaped: bytes, wanted: Sequence[int]) -> dict[int, int]:
    """The offsets in escaped text of byte offsets in the text that it stands for."""
    found: dict[int, int] = {}
    remaining = iter(wanted)
    target = next(remaining, None)
    offset = 0
    for match in _JSON_CHARACTER.finditer(escaped):
        while target is not None and target <= offset:
            found[target] = match.start()
            target = next(remaining, None)
        token = match.group()
        offset += len(_decoded(token)) if token[:1] == b"\\" else len(token)
    while target is not None:
        found[target] = len(escaped)
        target = next(remaining, None)
    return found


def without_magics(text: bytes) -> bytes | None:
    """A cell's text with IPython's magics, shell lines and help requests blanked, at the same length.

    A magic that stands as a statement becomes `pass`, one that is assigned becomes the unknown name `_`; `%time` keeps
    its statement. None where a cell magic says that the cell is not Python.
    """
    start = len(text) - len(text.lstrip())
    if text.startswith(b"%%", start):
        name = re.match(rb"\w*", text[start + 2 :])
        assert name is not None
        if name.group().decode(errors="replace") not in _PYTHON_CELL_MAGICS:
            return None
        end = _line_end(text, start)
        text = text[:start] + _blank(text[start:end]) + text[end:]
    if b"%" not in text and b"!" not in text and b"?" not in text:
        return text
    pieces: list[bytes] = []
    position = 0
    while position < len(text):
        blanked, end = _blanked_line(text, position)
        pieces.append(blanked)
        position = end
    return b"".join(pieces)


def _blanked_line(text: bytes, position: int) -> tuple[bytes, int]:
    """The logical line at `position`, blanked where it is a magic, and where it ends."""
    if _LINE_MAGIC.match(text, position):
        end = _magic_end(text, position)
        line = text[position:end]
        indent = len(line) - len(line.lstrip(b" \t"))
        timed = _TIME.match(line, indent)
        if timed:
            # `0;` keeps the statement on its line: an indented one would not parse.
            return line[:indent] + b"0;".ljust(timed.end() - indent) + line[timed.end() :], end
        return line[:indent] + _statement(line[indent:]), end
    assigned = _ASSIGNED_MAGIC.match(text, position)
    if assigned and b"==" not in assigned.group("target"):
        end = _magic_end(text, position)
        target, value = text[position : assigned.end("target")], text[assigned.end("target") : end]
        timed = _TIME.match(value)
        if timed:
            return target + b" " * timed.end() + value[timed.end() :], end
        return target + b"_" + _blank(value)[1:], end
    end = scanner.logical_line_end(text, position)
    return text[position:end], end


def _statement(line: bytes) -> bytes:
    """A statement that does nothing, as long as the magic that it stands for."""
    statement = b"pass" if _line_end(line.rstrip(b"\r\n"), 0) >= 4 else b"0"
    return statement + _blank(line)[len(statement) :]


def _blank(text: bytes) -> bytes:
    """Spaces of the same length; line breaks stay."""
    return re.sub(rb"[^\r\n]", b" ", text)


def _line_end(text: bytes, position: int) -> int:
    match = _PHYSICAL_LINE.match(text, position)
    return match.end() if match else len(text)


def _magic_end(text: bytes, position: int) -> int:
    """The end of a magic's line, with the lines that a backslash at the end adds."""
    end = _line_end(text, position)
    while text[position:end].rstrip(b"\r\n").endswith(b"\\") and end < len(text):
        position = end
        end = _line_end(text, position)
    return end
