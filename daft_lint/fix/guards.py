"""What no fix may do to a text: break its syntax, or lose a comment."""

from __future__ import annotations

import io
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from daft_lint.source import scanner
from daft_lint.source.problems import ParseFailure

if TYPE_CHECKING:
    from daft_lint.source.document import Cell, Document

_TOP_LEVEL_AWAIT = 0x2000  # ast.PyCF_ALLOW_TOP_LEVEL_AWAIT: notebooks await in cells


def damage(before: Document, after: Document, removed: Iterable[str] = ()) -> str | None:
    """What is wrong with the text that fixes made, in words; None where nothing is. `removed` are comments that they
    are for removing."""
    may_go = Counter(removed)
    if len(before.cells) != len(after.cells):
        return "the code blocks of the file are no longer the same"
    for old, new in zip(before.cells, after.cells, strict=True):
        if old.source != new.source and (reason := _cell_damage(old, new, may_go)):
            return reason
    return None


def _cell_damage(old: Cell, new: Cell, may_go: Counter[str]) -> str | None:
    if _parses(old) and not _parses(new):
        return "the result does not parse"
    if _compiles(old) and not _compiles(new):
        return "the result does not compile"
    lost = _comments(old) - _comments(new) - may_go
    if lost:
        return f"the comment {next(iter(lost))!r} would be lost"
    return None


def _parses(cell: Cell) -> bool:
    try:
        cell.module  # noqa: B018  parses on first use
    except ParseFailure:
        return False
    return True


def _compiles(cell: Cell) -> bool:
    flags = _TOP_LEVEL_AWAIT if cell.number is not None else 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # As text: the source is UTF-8, whatever a cookie in it says.
            compile(cell.source.decode("utf-8"), "<fix>", "exec", flags=flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _comments(cell: Cell) -> Counter[str]:
    """The comments of a cell, with Python's tokenizer where it can: fixes are rendered with the scanner."""
    if b"#" not in cell.source:
        return Counter()
    try:
        tokens = tokenize.generate_tokens(io.StringIO(cell.source.decode("utf-8"), newline="").readline)
        return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, SyntaxError):
        return Counter(
            cell.source[token.start : token.end].decode(errors="replace") for token in scanner.comments(cell.source)
        )
