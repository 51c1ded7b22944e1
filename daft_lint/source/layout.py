"""How the Python cells of a file lie in its bytes: what each kind of file must be able to tell."""

from __future__ import annotations

import abc
from bisect import bisect_right
from collections.abc import Sequence

from daft_lint.dataclass import dataclass
from daft_lint.source.edit import Edit


@dataclass(frozen=True, slots=True)
class CellText:
    """The Python text of one cell, in UTF-8. `number` is None for a script, the 1-based cell of a notebook (all cells
    count), or the 1-based Python fence of a Markdown file."""

    number: int | None
    source: bytes
    written: bytes | None = None
    """The cell as users see it, with IPython's magics, which `source` has blanked; None: as `source`."""


class Layout(abc.ABC):
    """The cells of the file at `path`, and how they are mapped onto its bytes; methods take a cell's index.

    What is written here holds where a cell is a part of the file's text.
    """

    def __init__(self, path: str, cells: Sequence[CellText], encoding: str = "utf-8") -> None:
        self.path = path
        self.cells = tuple(cells)
        self.encoding = encoding
        """What the file is written in, as Python names it: `utf-8-sig` for UTF-8 with a BOM."""
        self.uneditable: str | None = None
        """Why no edit of the file would keep its other bytes; None where edits do."""

    def location(self, index: int, line: int, column: int) -> tuple[int, int]:
        """The line and column in the file of those in a cell; for a notebook, in the cell. All count from 1."""
        return line, column

    @abc.abstractmethod
    def raw_offset(self, index: int, offset: int) -> int:
        """Where in the raw file the byte `offset` of a cell's source stands."""

    def edit(self, index: int, start: int, end: int, text: str) -> Edit:
        """The edit that puts `text` in the place of the bytes `start:end` of a cell's source."""
        return Edit(self.path, None, self.raw_offset(index, start), self.raw_offset(index, end), text)

    def in_file(self, edits: Sequence[Edit]) -> Sequence[Edit]:
        """Sorted edits as edits of the raw file. Raises `ValueError` where it cannot be edited so."""
        return edits

    def encode(self, text: str) -> bytes:
        """The bytes of an edit's text. Raises `ValueError` where the file's encoding has none."""
        codec = codec_of(self.encoding)
        try:
            return text.encode(codec)
        except UnicodeEncodeError as error:
            raise ValueError(f"{codec} has no bytes for {text[error.start : error.end]!r}") from None


class UnreadableLayout(Layout):
    """The layout of a file that could not be split into cells. One cell stands for it, and nothing can be edited."""

    def __init__(self, path: str, encoding: str = "utf-8") -> None:
        super().__init__(path, (CellText(None, b""),), encoding)

    def raw_offset(self, index: int, offset: int) -> int:
        return offset

    def in_file(self, edits: Sequence[Edit]) -> Sequence[Edit]:
        if edits:
            raise ValueError(f"{self.path} cannot be edited: it was not understood")
        return edits


def codec_of(encoding: str) -> str:
    """The codec that reads and writes any part of a file: a BOM is none of its business."""
    return "utf-8" if encoding == "utf-8-sig" else encoding


class LineMap:
    """Where the lines of a cell lie in the raw file: pairs of byte offsets, in step."""

    def __init__(self, cell_starts: Sequence[int], raw_starts: Sequence[int]) -> None:
        self.cell_starts = cell_starts
        self.raw_starts = raw_starts

    def raw(self, offset: int) -> int:
        """The raw offset of a cell's byte offset."""
        index = bisect_right(self.cell_starts, offset) - 1
        return self.raw_starts[index] + offset - self.cell_starts[index]
