"""The fix for a comment that silences nothing: it goes, or loses the codes that are for nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from daft_lint.api.finding import FindingFix
from daft_lint.dataclass import dataclass
from daft_lint.source import scanner

if TYPE_CHECKING:
    from daft_lint.source.comments import LinterComment
    from daft_lint.source.document import Cell

WHY_UNSAFE = "a file that imports this one, and is not checked together with it, may lead to a finding here"


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
    """The codes and names as they are written, those for other tools included."""
    named: Mapping[str, str] = field(default_factory=dict)
    """The codes of the rules that are listed by name."""

    def words_for(self, codes: Collection[str]) -> list[str]:
        """What stands there for these codes."""
        return [word for word in self.listed if self.named.get(word, word.upper()) in codes]

    def without(self, codes: Collection[str] | None) -> FindingFix:
        """Take out these codes, in capitals; all of the part for None, or where no code is left."""
        text = self.comment.text
        gone = self.listed if codes is None else self.words_for(codes)
        kept = [word for word in self.listed if word not in gone]
        if kept:
            left = text[: self.first] + ", ".join(kept) + text[self.last :]
            return self._fix(f"Remove {', '.join(gone)} from the comment", left)
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
        # Of all documents only scripts can be imported.
        why_unsafe = WHY_UNSAFE if self.cell.document.kind == "python" else None
        return FindingFix(title, why_unsafe, (self.cell.edit(start, end, left),), removes_comments=True)
