"""The keys and values of a YAML file by line, as far as job files need them.

By hand: a place in the file is wanted for each value, which safe loaders drop, and templates of Helm are no YAML.
Read are block mappings and lists, quoted and plain values, and flow mappings of one level; the rest is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from daft_lint.dataclass import dataclass

_KEY = re.compile(r"""(?P<quote>["']?)(?P<key>[\w./-]+)(?P=quote)[ ]*:(?:[ ]+(?P<value>.*))?\Z""")
_ITEM = re.compile(r"-(?P<gap>[ ]+)")
_FLOW = re.compile(r"""["']?(?P<key>[\w./-]+)["']?\s*:\s*["']?(?P<value>[^,"'}]*)""")
_VALUE = re.compile(r"""(?P<quote>["'])(?P<text>[^"']*)(?P=quote)""")

Path = tuple[str | int, ...]
"""Keys, and places in lists, from the top of a document."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a document. `line` counts from 1."""

    path: Path
    value: str
    line: int


def documents(text: str) -> Iterator[list[Entry]]:
    """The entries of each document of a file, in order."""
    outline = _Outline()
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("---"):
            yield outline.entries
            outline = _Outline()
        else:
            outline.read(line.rstrip(), number)
    yield outline.entries


class _Outline:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.open: list[tuple[int, str | int]] = []
        """The keys and items that the next line may be in, each with its indent."""
        self.scalar: int | None = None
        """The indent of the key whose text of several lines is passed over."""

    def read(self, line: str, number: int) -> None:
        rest = line.lstrip(" ")
        indent = len(line) - len(rest)
        if not rest or rest.startswith("#"):
            return
        if self.scalar is not None:
            if indent > self.scalar:
                return
            self.scalar = None
        while item := _ITEM.match(line, indent):
            self._item(indent)
            indent = item.end()
        found = _KEY.match(line, indent)
        if found is not None:
            self._key(found["key"], (found["value"] or "").strip(), indent, number)

    def _item(self, indent: int) -> None:
        before = -1
        # The items of a list may stand below the first letter of its key.
        while self.open and (self.open[-1][0] > indent or (self.open[-1][0] == indent and self._in_item())):
            _, part = self.open.pop()
            if isinstance(part, int):
                before = part
        self.open.append((indent, before + 1))

    def _in_item(self) -> bool:
        return isinstance(self.open[-1][1], int)

    def _key(self, key: str, value: str, indent: int, number: int) -> None:
        while self.open and self.open[-1][0] >= indent:
            self.open.pop()
        self.open.append((indent, key))
        path = tuple(part for _, part in self.open)
        if value[:1] in ("|", ">"):
            self.scalar = indent
        elif value.startswith("{") and not value.startswith("{{"):
            self.entries += [Entry((*path, one["key"]), one["value"].strip(), number) for one in _FLOW.finditer(value)]
        elif value and not value.startswith("#"):
            quoted = _VALUE.match(value)
            self.entries.append(Entry(path, quoted["text"] if quoted else value.partition(" #")[0].strip(), number))
