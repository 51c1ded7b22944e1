"""Comments that speak to the linter, found by bytes: `# noqa` and `# daft-lint: ...`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from daft_lint.dataclass import dataclass
from daft_lint.source import scanner

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

_DIRECTIVE = re.compile(r"#\s*daft-lint:\s*(?P<body>[^#]*)")
IGNORE = re.compile(r"(?P<what>ignore(?:-file)?)\s*(?:\[(?P<codes>[^\]]*)\])?(?P<reason>.*)", re.DOTALL)
"""The body of a directive that suppresses findings; any other body states facts."""


@dataclass(frozen=True, slots=True)
class LinterComment:
    """A comment of a cell that speaks to the linter."""

    text: str
    line: int
    """In the cell, from 1."""
    column: int
    """In characters, from 1."""
    on_top: bool
    """Above the cell's first statement."""
    alone: bool
    """Nothing else on its line."""
    start: int
    """In bytes of the cell's source."""

    def directives(self) -> list[str]:
        """What stands behind each `daft-lint:` in it."""
        return [match["body"] for match in self.directive_matches()]

    def directive_matches(self) -> Iterator[re.Match[str]]:
        """Each `daft-lint:` in its text, with the group `body` behind it."""
        return _DIRECTIVE.finditer(self.text)


def linter_comments(cell: Cell) -> Sequence[LinterComment]:
    """The comments of a cell that speak to the linter, in order."""
    return cell.once(linter_comments, lambda: tuple(_linter_comments(cell)))


def _linter_comments(cell: Cell) -> Iterator[LinterComment]:
    if b"#" not in cell.source or not (b"daft-lint:" in cell.source or b"noqa" in cell.source.lower()):
        return
    starts = scanner.line_starts(cell.source)
    on_top = True
    for token in scanner.tokens(cell.source):
        if token.kind == "comment":
            raw = cell.source[token.start : token.end]
            if b"noqa" not in raw.lower() and b"daft-lint:" not in raw:
                continue
            line = scanner.line_of(starts, token.start)
            before = cell.source[starts[line - 1] : token.start]
            column = len(before.decode(errors="replace")) + 1
            yield LinterComment(raw.decode(errors="replace"), line, column, on_top, not before.strip(), token.start)
        elif token.kind not in ("newline", "string"):
            on_top = False
