"""The JSON text of a notebook: where the source of each cell lies in it, and edits of a cell written into it."""

from __future__ import annotations

import functools
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from daft_lint.dataclass import dataclass
from daft_lint.source.edit import Edit

MAX_NESTING = 500
"""Containers in containers that are read: Python's own reader ends at what its recursion limit leaves, which is another
number in each thread."""
TOO_DEEP = "JSON that nests too deep: this is no notebook"
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_ESCAPE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SourceSpan:
    """The `source` of one cell: the raw spans of its strings' contents (without the quotes)."""

    number: int
    strings: tuple[tuple[int, int], ...]
    start: int
    """Where the value begins: a `[` or a `"`."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Edits, and the first and the last of the neighbouring strings that they change."""

    first: int
    last: int
    edits: list[Edit]


def is_too_deep(value: object) -> bool:
    """Whether JSON, as it was read, nests deeper than `MAX_NESTING`."""
    level = [value]
    for _ in range(MAX_NESTING):
        level = [part for one in level for part in _parts(one) if isinstance(part, (dict, list))]
        if not level:
            return False
    return True


def _parts(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def source_spans(raw: bytes, position: int) -> dict[int, SourceSpan]:
    """Where each cell's `source` lies, by the cell's number. `raw` is valid JSON; of a repeated key the last counts."""
    found: dict[int, SourceSpan] = {}
    # One entry an open container: "{" or "[", the key or the index that is being read, and whether a key comes next.
    containers: list[bytes] = []
    keys: list[bytes | int] = []
    expects_key = False
    strings: list[tuple[int, int]] = []
    value_start = 0
    for match in _TOKEN.finditer(raw, position):
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
                found[_number(keys)] = SourceSpan(_number(keys), tuple(strings), value_start)
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
                found[_number(keys)] = SourceSpan(_number(keys), ((match.start() + 1, match.end() - 1),), match.start())
            elif len(keys) == 4:
                strings.append((match.start() + 1, match.end() - 1))
    return found


def _number(keys: Sequence[bytes | int]) -> int:
    index = keys[1]
    assert isinstance(index, int)
    return index + 1


class SourceRewriter:
    """Writes edits of one cell's source, in bytes of its UTF-8 text, into its JSON strings. `ascii_only`: other
    characters are escaped, as `escapes_all` tells of a file."""

    def __init__(self, path: str, raw: bytes, source: SourceSpan, *, ascii_only: bool) -> None:
        self.path = path
        self.raw = raw
        self.source = source
        self.is_list = raw[source.start : source.start + 1] == b"["
        self.ascii_only = ascii_only
        self.starts: list[int] = []
        """The byte offset in the cell's text at which each string begins."""
        offset = 0
        for start, end in source.strings:
            self.starts.append(offset)
            offset += len(_decoded(raw[start:end]))

    def apply(self, edits: Sequence[Edit]) -> list[Edit]:
        """The edits of the file that sorted edits of the cell come to."""
        strings = self.source.strings
        if not strings:
            return [self._filled(edits)]
        return [
            self._file_edit(strings[run.first][0], strings[run.last][1], self._as_strings(self._rewritten(run)))
            for run in self._runs(edits)
        ]

    def raw_offset(self, offset: int) -> int:
        """Where in the file a byte offset of the cell's text stands."""
        if not self.source.strings:
            return self.source.start + 1
        index = self._index(offset)
        start, end = self.source.strings[index]
        inside = offset - self.starts[index]
        return start + _raw_offsets(self.raw[start:end], [inside])[inside]

    def _file_edit(self, start: int, end: int, text: bytes) -> Edit:
        return Edit(self.path, None, start, end, text.decode("utf-8", "surrogatepass"))

    def _filled(self, edits: Sequence[Edit]) -> Edit:
        """The edit that puts text into an empty list."""
        text = self._escaped("".join(edit.text for edit in edits))
        position = self.source.start + 1
        return self._file_edit(position, position, b'"' + b'", "'.join(_lines(text)) + b'"')

    def _index(self, offset: int) -> int:
        return max(bisect_right(self.starts, offset) - 1, 0)

    def _runs(self, edits: Sequence[Edit]) -> list[_Run]:
        """Edits by the strings that they change, runs that meet joined."""
        runs: list[_Run] = []
        for edit in edits:
            first = self._index(edit.start)
            last = max(self._index(edit.end - 1 if edit.end > edit.start else edit.end), first)
            run = _Run(first, last, [edit])
            if runs and first <= runs[-1].last:
                run = _joined(runs.pop(), run)
            runs.append(self._completed(run))
        merged: list[_Run] = []
        for run in runs:
            while merged and run.first <= merged[-1].last:
                run = _joined(merged.pop(), run)
            merged.append(run)
        return merged

    def _completed(self, run: _Run) -> _Run:
        """Takes a neighbour in where the new text would end in mid-line, or be nothing at all."""
        if not self.is_list:
            return run
        text = self._rewritten(run)
        if run.last + 1 < len(self.source.strings) and not text.endswith(b"\\n"):
            return _Run(run.first, run.last + 1, run.edits)
        if not text and run.first:
            return _Run(run.first - 1, run.last, run.edits)
        return run

    def _rewritten(self, run: _Run) -> bytes:
        """The escaped text of a run of strings with its edits applied."""
        raw = b"".join(self.raw[start:end] for start, end in self.source.strings[run.first : run.last + 1])
        base = self.starts[run.first]
        wanted = sorted({offset - base for edit in run.edits for offset in (edit.start, edit.end)})
        at = _raw_offsets(raw, wanted)
        parts: list[bytes] = []
        position = 0
        for edit in run.edits:
            parts += (raw[position : at[edit.start - base]], self._escaped(edit.text))
            position = at[edit.end - base]
        parts.append(raw[position:])
        return b"".join(parts)

    def _escaped(self, text: str) -> bytes:
        return json.dumps(text, ensure_ascii=self.ascii_only)[1:-1].encode("utf-8", "surrogatepass")

    def _as_strings(self, text: bytes) -> bytes:
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


def _joined(before: _Run, run: _Run) -> _Run:
    return _Run(before.first, max(before.last, run.last), [*before.edits, *run.edits])


def _lines(escaped: bytes) -> list[bytes]:
    """Escaped text cut after each line break; at least one."""
    lines: list[bytes] = []
    start = 0
    for match in _ESCAPE.finditer(escaped):
        if match.group() == b"\\n":
            lines.append(escaped[start : match.end()])
            start = match.end()
    if start < len(escaped) or not lines:
        lines.append(escaped[start:])
    return lines


def _decoded(escaped: bytes) -> bytes:
    text: str = json.loads(b'"' + escaped + b'"')
    return text.encode("utf-8", "surrogatepass")


def escapes_all(raw: bytes) -> bool:
    """Whether a notebook's JSON escapes what is not ASCII."""
    return raw.isascii() and re.search(rb"\\u(?!00[0-7])[0-9a-fA-F]{4}", raw) is not None


def _raw_offsets(escaped: bytes, wanted: Sequence[int]) -> dict[int, int]:
    """The offsets in escaped text of byte offsets in the text that it stands for."""
    escapes = _escapes(escaped)
    found: dict[int, int] = {}
    for target in wanted:
        index = bisect_right(escapes.text_ends, target) - 1
        offset = escapes.ends[index] + target - escapes.text_ends[index]
        if index + 1 < len(escapes.ends) and offset > escapes.starts[index + 1]:
            offset = escapes.ends[index + 1]  # in the middle of a character: after it
        found[target] = min(offset, len(escaped))
    return found


class _Escapes(NamedTuple):
    """The escapes of a text, after an empty one at its beginning: where each begins and ends, and where the text that
    it stands for ends."""

    starts: list[int]
    ends: list[int]
    text_ends: list[int]


@functools.lru_cache(maxsize=4)
def _escapes(escaped: bytes) -> _Escapes:
    """Kept for the next edit: a cell may be one string with an edit on each line."""
    escapes = _Escapes([0], [0], [0])
    for match in _ESCAPE.finditer(escaped):
        text_start = escapes.text_ends[-1] + match.start() - escapes.ends[-1]
        escapes.starts.append(match.start())
        escapes.ends.append(match.end())
        escapes.text_ends.append(text_start + len(_decoded(match.group())))
    return escapes
