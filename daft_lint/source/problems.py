"""What can be wrong with a file, each in one line for the user."""

from __future__ import annotations

from daft_lint.dataclass import dataclass


class ParseFailure(Exception):
    """A file or a cell that cannot be read as Python: 1-based line and column in the cell (for a file that is not even
    split into cells: in the file), and what is wrong in one line."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(line, column, message)
        self.line = line
        self.column = column
        self.message = message

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that could not be done with the file at `path`: read it, check it, write it."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"
