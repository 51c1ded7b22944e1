"""Notebooks: code cells as Python, with magics blanked, and edits written into the JSON text itself.

Nothing is loaded and dumped again: an edit changes the JSON strings of the lines that it touches, so key order,
indentation, outputs, metadata and escapes stay as they are.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import groupby

from daft_lint.source.edit import Edit, refuse_overlaps
from daft_lint.source.layout import CellText, Layout
from daft_lint.source.magics import without_magics
from daft_lint.source.notebook_json import TOO_DEEP, SourceRewriter, SourceSpan, escapes_all, is_too_deep, source_spans
from daft_lint.source.problems import ParseFailure


class NotebookLayout(Layout):
    """The code cells of a notebook that hold Python. Raises `ParseFailure` for what is no notebook."""

    def __init__(self, path: str, raw: bytes) -> None:
        self.raw = raw
        self.bom = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0
        notebook = _parsed(raw, self.bom)
        self.rewriters: dict[int, SourceRewriter] = {}
        cells: list[CellText] = []
        if _is_python(notebook):
            for number, text in _code_cells(notebook):
                source = without_magics(text)
                if source is not None:
                    cells.append(CellText(number, source, text))
        super().__init__(path, cells)

    @cached_property
    def spans(self) -> Mapping[int, SourceSpan]:
        """Where the cells' sources lie in the JSON, by number: for who edits them or points into the file."""
        return source_spans(self.raw, self.bom)

    def raw_offset(self, index: int, offset: int) -> int:
        return self._rewriter(self.cells[index].number).raw_offset(offset)

    def edit(self, index: int, start: int, end: int, text: str) -> Edit:
        """The edit of the cell's source: how JSON spells that is settled by `in_file`."""
        return Edit(self.path, self.cells[index].number, start, end, text)

    def in_file(self, edits: Sequence[Edit]) -> Sequence[Edit]:
        """One edit for each run of neighbouring JSON strings that edits touch."""
        lengths = {cell.number: len(cell.source) for cell in self.cells}
        in_file: list[Edit] = []
        for number, group in groupby(edits, key=lambda edit: edit.cell):
            of_cell = list(group)
            if number not in lengths:
                raise ValueError(f"{self.path} has no Python cell {number}")
            refuse_overlaps(of_cell, lengths[number])
            in_file += self._rewriter(number).apply(of_cell)
        return in_file

    def encode(self, text: str) -> bytes:
        return text.encode("utf-8", "surrogatepass")

    @cached_property
    def ascii_only(self) -> bool:
        return escapes_all(self.raw)

    def _rewriter(self, number: int | None) -> SourceRewriter:
        assert number is not None
        if number not in self.rewriters:
            self.rewriters[number] = SourceRewriter(self.path, self.raw, self.spans[number], ascii_only=self.ascii_only)
        return self.rewriters[number]


def _parsed(raw: bytes, bom: int) -> dict[str, object]:
    try:
        notebook = json.loads(raw[bom:].decode())
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, bom + error.start) + 1
        raise ParseFailure(line, 1, "bytes that are no UTF-8 text: this is no notebook") from None
    except RecursionError:
        raise ParseFailure(1, 1, TOO_DEEP) from None
    except json.JSONDecodeError as error:
        raise ParseFailure(error.lineno, error.colno, f"no valid JSON: {error.msg}") from None
    except ValueError as error:
        raise ParseFailure(1, 1, f"no valid JSON: {error}") from None
    if is_too_deep(notebook):
        raise ParseFailure(1, 1, TOO_DEEP)
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ParseFailure(1, 1, "no notebook of version 4: it has no list of cells")
    return notebook


def _is_python(notebook: dict[str, object]) -> bool:
    """By the kernel's language; a notebook that does not say is Python."""
    metadata = notebook.get("metadata")
    if not isinstance(metadata, dict):
        return True
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        entry = metadata.get(section)
        if isinstance(entry, dict) and isinstance(entry.get(key), str):
            return str(entry[key]).lower() in ("python", "ipython", "python3", "python2")
    return True


def _code_cells(notebook: dict[str, object]) -> list[tuple[int, bytes]]:
    found = []
    cells = notebook["cells"]
    assert isinstance(cells, list)
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if isinstance(source, str):
            found.append((number, source.encode("utf-8", "surrogatepass")))
    return found
