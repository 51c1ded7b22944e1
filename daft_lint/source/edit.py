"""The one form of a change to a file, which rendering makes, reports show and `Document.edited` applies."""

from __future__ import annotations

from collections.abc import Sequence

from daft_lint.dataclass import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Put `text` in the place of the bytes `start:end`: of the file at `path` or, where `cell` is the number of a
    notebook's cell, of that cell's source in UTF-8.

    The order of the edits of one file is that in which they stand in it.
    """

    path: str
    cell: int | None
    start: int
    end: int
    text: str

    def overlaps(self, other: Edit) -> bool:
        """Whether the two cannot both be made: they change the same bytes, or one inserts where the other begins or
        ends. Equal edits can, and those of bytes side by side."""
        if self == other or (self.path, self.cell) != (other.path, other.cell):
            return False
        start, end = max(self.start, other.start), min(self.end, other.end)
        return start <= end if self.start == self.end or other.start == other.end else start < end


def refuse_overlaps(edits: Sequence[Edit], length: int) -> None:
    """Raises `ValueError` where sorted edits of a text of `length` bytes overlap or lie outside of it."""
    position = 0
    for edit in edits:
        if not position <= edit.start <= edit.end <= length:
            where = edit.path if edit.cell is None else f"{edit.path}, cell {edit.cell}"
            raise ValueError(f"{where}: the edit of bytes {edit.start} to {edit.end} overlaps another or lies outside")
        position = edit.end
