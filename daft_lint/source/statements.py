"""The top-level statements of a text, found by Python's own parser in a tenth of the time of LibCST's: what an edit
leaves as it was is neither parsed nor written again."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from daft_lint.source import cst, scanner


class Text(Protocol):
    """A text with its tree, as a cell of a document is."""

    source: bytes

    @property
    def module(self) -> cst.Module: ...

    @property
    def spans(self) -> list[tuple[int, int]] | None: ...


def spans_of_statements(source: bytes) -> list[tuple[int, int]] | None:
    """The bytes of the lines of each top-level statement, with the lines above it that belong to no other; those on one
    line count as one. None where this Python does not parse the text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = ast.parse(source.decode())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return spans_in(source, parsed)


def spans_in(source: bytes, parsed: ast.Module) -> list[tuple[int, int]]:
    """The same for a text that Python has parsed."""
    last_lines: list[int] = []
    for node in parsed.body:
        if last_lines and node.lineno <= last_lines[-1]:
            last_lines.pop()
        last_lines.append(node.end_lineno or node.lineno)
    starts = [*scanner.line_starts(source), len(source)]
    return list(pairwise([0, *(starts[line] for line in last_lines)]))


def module_sharing(before: Text, cell: Text) -> cst.Module | None:
    """The tree of a text that has the very nodes of an earlier text's tree for the statements that are the same in
    both; what stands in neither's statements stays as it was. None where it has to be parsed whole."""
    old, source, module = before.spans, cell.source, before.module
    if old is None or len(old) != len(module.body):
        return None
    body = _with_one_changed(before, old, source)
    if body is not None:
        return module.with_changes(body=body)
    new = cell.spans
    if new is None:
        return None
    known: dict[bytes, list[cst.CSTNode]] = {}
    for (start, end), node in zip(reversed(old), reversed(module.body), strict=True):
        known.setdefault(before.source[start:end], []).append(node)
    body = []
    for start, end in new:
        text = source[start:end]
        same = known.get(text)
        if same:
            body.append(same.pop())
            continue
        made = parsed_part(text, module.default_indent, is_first=start == 0)
        if made is None:
            return None
        body += made
    return module.with_changes(body=body)


def _with_one_changed(before: Text, old: list[tuple[int, int]], source: bytes) -> list[cst.CSTNode] | None:
    """The statements of a text that differs from an earlier one in one statement, in whose place others may stand; None
    where it differs in more. Nothing is parsed but these: what parses by itself is whole statements."""
    longer = len(source) - len(before.source)
    changed = next((i for i, (start, end) in enumerate(old) if source[start:end] != before.source[start:end]), None)
    if changed is None:
        return None
    start, end = old[changed]
    if source[end + longer :] != before.source[end:] or end + longer <= start:
        return None
    made = parsed_part(source[start : end + longer], before.module.default_indent, is_first=start == 0)
    body = before.module.body
    return None if made is None else [*body[:changed], *made, *body[changed + 1 :]]


_INDENTED = re.compile(rb"[\r\n][ \t]")
_ABOVE = b"pass\n"
"""Stands above the statements of a part: comments above the first statement of a text belong to the text."""


def parsed_part(text: bytes, indent: str, *, is_first: bool) -> Sequence[cst.CSTNode] | None:
    """The statements of a part of a text, indented as the whole is, by `indent`; None where that has to be seen as a
    whole."""
    config: cst.PartialParserConfig = cst.PartialParserConfig(encoding="utf-8")
    try:
        module = cst.parse_module(text if is_first else _ABOVE + text, config)
    except cst.ParserSyntaxError:
        return None
    if _INDENTED.search(text) and module.default_indent != indent:
        return None
    return module.body if is_first else module.body[1:]
