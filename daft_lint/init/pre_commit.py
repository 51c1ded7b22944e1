"""Adds an entry to a `.pre-commit-config.yaml` line by line: every existing byte stays.

No more YAML is read than the lines of a block list below `repos:` need. A file with another layout is refused.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from daft_lint.dataclass import dataclass

FILE = ".pre-commit-config.yaml"

_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_KEY = re.compile(r"""(?P<quote>["']?)(?P<name>[\w-]+)(?P=quote)[ ]*:(?P<rest>[ ].*)?\Z""")
_ITEM = re.compile(r"(?P<indent> *)-(?P<gap> +)(?P<rest>\S.*)\Z")


class NotUnderstood(Exception):
    """The line of a file whose layout is not understood, and why."""


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    """Without its end."""

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip(" "))

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()

    @property
    def is_content(self) -> bool:
        return not self.is_blank and not self.text.lstrip(" ").startswith("#")


@dataclass(frozen=True)
class _Style:
    """How the lists of a file are indented: columns before a dash, and spaces after it."""

    indent: int = 2
    gap: int = 1
    inner_indent: int = 2
    """Columns from `hooks:` to the dashes of its list."""
    inner_gap: int = 1
    separated: bool = False
    """A blank line stands between entries."""


def has_hook(raw: bytes) -> bool:
    """Whether the file already runs daft-lint."""
    return any(b"daft-lint" in line.split(b" #")[0] for line in raw.splitlines() if not line.lstrip().startswith(b"#"))


def with_hook(raw: bytes, hook: Mapping[str, str]) -> bytes:
    """The file with another local hook at the end of `repos:`, indented like its other entries.

    `hook` has the keys of the hook in order, their values as YAML. Raises `NotUnderstood`.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NotUnderstood("it is not UTF-8") from None
    ends = _LINE.findall(text)
    lines = [_Line(n, line.rstrip("\r\n")) for n, line in enumerate(ends, 1)]
    first, after = _block(lines)
    style, last = _read(lines[first + 1 : after])
    end = "\r\n" if ends[first].endswith("\r\n") else "\n"
    at = last.number if last is not None else first + 1
    entry = "".join(f"{line}{end}" for line in _entry(hook, style))
    gap = "" if ends[at - 1].endswith("\n") else end
    return ("".join(ends[:at]) + gap + (end if style.separated else "") + entry + "".join(ends[at:])).encode()


def _block(lines: list[_Line]) -> tuple[int, int]:
    """The indexes of the line of `repos:` and of the line after its list."""
    keys: list[tuple[str, int]] = []
    for index, line in enumerate(lines):
        text = line.text.removeprefix("\ufeff") if index == 0 else line.text
        if "\r" in text or "\t" in text[: len(text) - len(text.lstrip())]:
            raise NotUnderstood(f"line {line.number} has a tab before its text, or a carriage return in it")
        if not line.is_content or text.startswith(" ") or (text.rstrip() == "---" and not keys):
            continue
        if match := _KEY.match(text):
            keys.append((match["name"], index))
            if match["name"] == "repos" and (match["rest"] or "").split(" #")[0].strip():
                raise NotUnderstood(
                    f"line {line.number}: `repos:` is not followed by a list with a line for each entry"
                )
        elif not keys or not _ITEM.match(text):
            raise NotUnderstood(f"line {line.number} is neither a key nor a list entry")
    found = [number for number, (name, _) in enumerate(keys) if name == "repos"]
    if len(found) != 1:
        raise NotUnderstood("it has no `repos:`" if not found else "it has more than one `repos:`")
    following = [index for _, index in keys[found[0] + 1 :]]
    return keys[found[0]][1], following[0] if following else len(lines)


def _read(block: list[_Line]) -> tuple[_Style, _Line | None]:
    """How the list is indented, and its last line; None if it is empty."""
    content = [line for line in block if line.is_content]
    if not content:
        return _Style(), None
    start = _ITEM.match(content[0].text)
    if start is None:
        raise NotUnderstood(f"line {content[0].number} does not begin a list entry")
    indent = len(start["indent"])
    items = [line for line in content if line.indent <= indent]
    for line in items:
        if line.indent < indent or not _ITEM.match(line.text):
            raise NotUnderstood(f"line {line.number} is indented less than its list")
    # A comment that is indented deeper than the dash belongs to the entry, or is text of a scalar.
    last = [line for line in block if line.is_content or (not line.is_blank and line.indent > indent)][-1]
    inner_indent, inner_gap = _inner(content)
    gap = len(start["gap"])
    return _Style(indent, gap, inner_indent, inner_gap, _is_separated(block, items)), last


def _inner(content: list[_Line]) -> tuple[int, int]:
    """How the first list below `hooks:` is indented: the columns from that key to its dashes, and the spaces after
    them."""
    for line, below in itertools.pairwise(content):
        item = _ITEM.match(below.text)
        if item is not None and line.text.lstrip(" -").split(" #")[0].rstrip() == "hooks:":
            column = len(line.text) - len(line.text.lstrip(" -"))
            if len(item["indent"]) >= column:
                return len(item["indent"]) - column, len(item["gap"])
    return _Style.inner_indent, _Style.inner_gap


def _is_separated(block: list[_Line], items: list[_Line]) -> bool:
    """Whether a blank line stands before the last entry, or before the comments above it."""
    before = [line for line in block if line.number < items[-1].number]
    while before and not before[-1].is_blank and not before[-1].is_content:
        before.pop()
    return len(items) > 1 and bool(before) and before[-1].is_blank


def _entry(hook: Mapping[str, str], style: _Style) -> list[str]:
    outer, dash = " " * style.indent, "-" + " " * style.gap
    column = outer + " " * len(dash)
    inner, inner_dash = column + " " * style.inner_indent, "-" + " " * style.inner_gap
    keys = [f"{key}: {value}" for key, value in hook.items()]
    rest = [f"{inner}{' ' * len(inner_dash)}{key}" for key in keys[1:]]
    return [f"{outer}{dash}repo: local", f"{column}hooks:", f"{inner}{inner_dash}{keys[0]}", *rest]
