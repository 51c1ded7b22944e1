"""The fix for a comment that silences nothing: it goes, or loses the codes that are for nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from daft_lint.api.finding import FindingFix
from daft_lint.dataclass import dataclass
from daft_lint.source import scanner

if TYPE_CHECKING:
    from daft_lint.source.comments import LinterComment
    from daft_lint.source.document import Cell

WHY_UNSAFE = "a file that is not checked together with this one may lead to a finding here"


@dataclass(frozen=True, slots=True)
class CommentPart:
    """What silences findings in a comment, which can also speak to other tools: the characters `start:end` of its text,
    and in them the codes `first:last` (equal: it names none)."""

    cell: Cell
    comment: LinterComment
    start: int
    end: int
    first: int
    last: int
    listed: tuple[str, ...]
    """The codes as they are written, those for other tools included."""

    def without(self, codes: Collection[str] | None) -> FindingFix:
        """Take out these codes, in capitals; all of the part for None, or where no code is left."""
        text = self.comment.text
        kept = [] if codes is None else [code for code in self.listed if code.upper() not in codes]
        if kept:
            left = text[: self.first] + ", ".join(kept) + text[self.last :]
            return self._fix(f"Remove {', '.join(codes or ())} from the comment", left)
        before, after = text[: self.start].rstrip(), text[self.end :].strip()
        if after and not after.startswith("#"):
            after = f"# {after}"
        return self._fix("Remove the comment", "  ".join(part for part in (before, after) if part.strip("# \t")))

    def _fix(self, title: str, left: str) -> FindingFix:
        source = self.cell.source
        start = self.comment.start
        end = start + len(self.comment.text.encode())
        if not left and not self.comment.alone:
            start = len(source[:start].rstrip(b" \t"))
        elif not left:
            starts = [*scanner.line_starts(source), len(source)]
            start, end = starts[self.comment.line - 1], starts[self.comment.line]
        return FindingFix(title, WHY_UNSAFE, (self.cell.edit(start, end, left),), removes_comments=True)
