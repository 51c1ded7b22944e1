"""A file as Python cells: a script is one cell, a notebook one per code cell, a Markdown file one per fenced block.

A cell's source is UTF-8 text for the parser. Edits are byte spans of it, and `Document.replace` writes them into the
raw file, in which everything else stays byte for byte.
"""

from __future__ import annotations

import ast
import codecs
import errno
import io
import os
import stat
import sys
import threading
import tokenize
import warnings
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from daft_lint.source import scanner

if TYPE_CHECKING:
    import libcst as cst

    from daft_lint.api.edits import Edit

T = TypeVar("T")

MARKDOWN_SUFFIXES = frozenset({".md", ".markdown", ".qmd"})
_STACK_BYTES = (512 << 20, 128 << 20, 32 << 20)
"""Stack sizes to try for a deep tree; LibCST's walk of 1,000 calls fits the first with room to spare."""
_RECURSION_LIMIT = 200_000
_MOST_MARKS = 200_000
"""LibCST and the walk take 45 µs a mark of plain code: 9 s of 100,000 lines `x = 1`, 10 s of a list of 200,000 numbers
(measured on a 2-core machine). A module of 10,000 lines has some 50,000."""
_MARKS = tuple(bytes([mark]) for mark in b"\n;,.:=+-*/%<>&|@([{")
_TOO_LARGE = f"too large to be checked: more than {_MOST_MARKS:,} lines, operators and brackets"
_UTF8_NAMES = frozenset({"utf-8", "utf-8-sig", "ascii"})


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


class _Deep(threading.local):
    active = False


_deep = _Deep()
_deep_lock = threading.Lock()


def run_deep(function: Callable[[], T]) -> T:
    """Runs `function` in a thread with a large stack and a high recursion limit: for what `is_deep`.

    Raises what `function` raises. Inside another deep run it is a plain call.
    """
    if _deep.active:
        return function()
    results: list[T] = []
    failures: list[BaseException] = []

    def work() -> None:
        _deep.active = True
        try:
            results.append(function())
        except BaseException as failure:  # noqa: BLE001  # handed on to the caller's thread below
            failures.append(failure)

    # The recursion limit and the size of new stacks belong to the whole process: one deep run at a time.
    with _deep_lock:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
        try:
            thread = _start_with_stack(work)
            thread.join()
        finally:
            sys.setrecursionlimit(limit)
    if failures:
        raise failures[0]
    return results[0]


def run_as_deep_as_needed(document: Document, function: Callable[[], T]) -> T:
    """Runs `function`, which may run twice, where the tree of `document` can be walked: the scan of the text that
    `is_deep` goes by can miss what only the evaluation of the text makes deep.

    Raises `ParseFailure` for what no stack is large enough for, and what `function` raises.
    """
    if not document.is_deep:
        try:
            return function()
        except RecursionError:
            pass  # once more, with a larger stack
    try:
        return run_deep(function)
    except RecursionError:
        raise ParseFailure(1, 1, "too deep to be checked") from None


def _start_with_stack(work: Callable[[], None]) -> threading.Thread:
    """Starts a thread with the largest stack that the system grants."""
    before = threading.stack_size()
    try:
        for size in _STACK_BYTES:
            thread = threading.Thread(target=work, name="daft-lint-deep", daemon=True)
            try:
                threading.stack_size(size)
                thread.start()
            except (RuntimeError, ValueError):
                continue
            return thread
    finally:
        threading.stack_size(before)
    thread = threading.Thread(target=work, name="daft-lint-deep", daemon=True)
    thread.start()
    return thread


class Cell:
    """Python text of a document. `number` is None for a script, the 1-based cell of a notebook (all cells count), or
    the 1-based Python fence of a Markdown file. Cells are equal only to themselves."""

    def __init__(
        self, document: Document, number: int | None, source: bytes, failure: ParseFailure | None = None
    ) -> None:
        self.document = document
        self.number = number
        self.source = source
        self.failure = failure
        """Why the whole file could not be split into cells; this cell stands for it."""

    def __repr__(self) -> str:
        return f"Cell({self.document.path!r}, {self.number})"

    @cached_property
    def shape(self) -> scanner.Shape:
        """How deep the text goes, by a linear scan; a text with few brackets is not scanned."""
        return scanner.measure(self.source) if _may_be_deep(self.source) else scanner.Shape()

    @property
    def is_deep(self) -> bool:
        """Its tree wants `run_deep` for any recursive walk; in a deep run nothing does any more."""
        return not _deep.active and self.shape.is_deep

    def forget_tree(self) -> None:
        """Drop the tree: it takes some hundred times the memory of the text."""
        self.__dict__.pop("module", None)
        self.__dict__.pop("parents", None)

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The parent of each node of the tree; made when it is first asked for, and kept as long as the tree."""
        from daft_lint.source.tree import parents_of

        return parents_of(self.module)

    @cached_property
    def module(self) -> cst.Module:
        """The LibCST tree of the cell.

        Raises `ParseFailure` where it does not parse, or goes deeper than the parser can take.
        """
        self._refuse_what_no_parser_takes()
        import libcst as cst

        try:
            # The encoding is given, or a cookie in the text would have LibCST decode UTF-8 as something else.
            config: cst.PartialParserConfig = cst.PartialParserConfig(encoding="utf-8")
            if self.is_deep:
                return run_deep(lambda: cst.parse_module(self.source, config))
            return cst.parse_module(self.source, config)
        except cst.ParserSyntaxError as error:
            raise self._syntax_failure(error) from None
        except cst.CSTValidationError as error:
            # What the parser takes and the tree does not: text beside bytes, `"a" b"b"`.
            raise self._tree_failure(error) from None
        except RecursionError:
            raise ParseFailure(1, 1, "too deep to be read") from None

    def _refuse_what_no_parser_takes(self) -> None:
        if self.failure is not None:
            raise self.failure
        nul = self.source.find(b"\0")
        if nul >= 0:
            raise self._failure(nul, "a NUL byte: this is no Python text")
        try:
            self.source.decode()
        except UnicodeDecodeError as error:
            raise self._failure(error.start, "text that is no valid Unicode") from None
        if scanner.may_be_too_deep(self.source) and self.shape.too_deep is not None:
            raise self._failure(self.shape.offset, f"too deep: {self.shape.too_deep}")

    def _failure(self, offset: int, message: str) -> ParseFailure:
        starts = scanner.line_starts(self.source)
        line = scanner.line_of(starts, offset)
        column = len(self.source[starts[line - 1] : offset].decode(errors="replace")) + 1
        return ParseFailure(line, column, message)

    def _tree_failure(self, error: cst.CSTValidationError) -> ParseFailure:
        return self._pythons_failure() or ParseFailure(1, 1, _one_line(str(error)))

    def _pythons_failure(self) -> ParseFailure | None:
        """Python's own message and place, None where it finds nothing wrong or cannot say."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(self.source.decode())
        except SyntaxError as known:
            if known.lineno:
                return ParseFailure(known.lineno, max(known.offset or 1, 1), _one_line(known.msg))
        except (RecursionError, MemoryError, ValueError):
            return None
        return None

    def _syntax_failure(self, error: cst.ParserSyntaxError) -> ParseFailure:
        """LibCST gives no place for a tokenizer's error; Python's own message and place are better."""
        known = self._pythons_failure()
        if known is not None:
            return known
        return ParseFailure(max(error.editor_line, 1), max(error.editor_column, 1), _one_line(error.message))


def _may_be_deep(source: bytes) -> bool:
    """A sieve before the scan, at C speed: what is deep has this many links or branches, or indentations."""
    links = sum(source.count(mark) for mark in (b"(", b"[", b"{", b".", b"+", b'"', b"'"))
    return links > scanner.DEEP


def _is_too_large(cells: Sequence[Cell]) -> bool:
    """Whether the cells hold more than LibCST parses in some ten seconds, by the marks that tokens stand beside."""
    if sum(len(cell.source) for cell in cells) <= _MOST_MARKS:
        return False
    return sum(cell.source.count(mark) for cell in cells for mark in _MARKS) > _MOST_MARKS


def _one_line(message: str) -> str:
    return " ".join(message.split())


class _Layout(Protocol):
    """How the cells of a document lie in its raw bytes."""

    def make_cells(self, document: Document) -> tuple[Cell, ...]: ...

    def location(self, cell: Cell, line: int, column: int) -> tuple[int, int]: ...

    def span(self, cell: Cell, start: int, end: int) -> tuple[int, int]: ...

    def raw_offset(self, cell: Cell, offset: int) -> int: ...

    def replacements(self, cell: Cell, edits: Sequence[Edit]) -> list[tuple[int, int, bytes]]: ...


class Document:
    """A file: `path` as shown to users (with `/`), its `raw` bytes, its `kind` and its `cells`."""

    def __init__(self, path: str, raw: bytes, kind: str) -> None:
        self.path = path
        self.raw = raw
        self.kind = kind
        self.cells: tuple[Cell, ...] = ()
        self.encoding = "utf-8"
        """What the raw text is written in, a BOM not counted."""
        self._layout: _Layout = _NoLayout()

    @classmethod
    def read(cls, path: str | Path, shown: str | None = None) -> Document:
        """Reads a file; `shown` is its path in reports. Raises `OSError`, for what is no regular file too."""
        if stat.S_ISFIFO(os.stat(path).st_mode) or stat.S_ISCHR(os.stat(path).st_mode):
            raise OSError(errno.EINVAL, "neither a file nor a folder", str(path))
        return cls.from_bytes(shown if shown is not None else Path(path).as_posix(), Path(path).read_bytes())

    @classmethod
    def from_text(cls, path: str, text: str) -> Document:
        """The document that an editor shows as `text`, in the encoding that a cookie in it names, else in UTF-8."""
        raw = text.encode("utf-8", "surrogatepass")
        try:
            encoding = _encoding(raw)
            return cls.from_bytes(path, raw if encoding in _UTF8_NAMES else text.encode(encoding))
        except (ParseFailure, UnicodeEncodeError):
            return cls.from_bytes(path, raw)  # what is wrong with it is found there

    @classmethod
    def from_bytes(cls, path: str, raw: bytes) -> Document:
        """The document that `raw` is, by the path's suffix: notebook, Markdown, else Python.

        A file that cannot be split into cells (an unknown encoding, a notebook that is no JSON), or holds more text
        than can be parsed in some ten seconds, has one empty cell, whose `module` raises the `ParseFailure`.
        """
        kind, make = _layout_by(path)
        document = cls(path, raw, kind)
        try:
            document._layout = layout = make(raw)
            document.encoding = layout.encoding if isinstance(layout, _ScriptLayout) else "utf-8"
        except ParseFailure as failure:
            document.cells = (Cell(document, None, b"", failure),)
        else:
            document.cells = document._layout.make_cells(document)
        if _is_too_large(document.cells):
            document._layout = _NoLayout()
            document.cells = (Cell(document, None, b"", ParseFailure(1, 1, _TOO_LARGE)),)
        return document

    @property
    def is_deep(self) -> bool:
        """Some cell wants `run_deep`."""
        return any(cell.is_deep for cell in self.cells)

    def location(self, cell: Cell, line: int, column: int) -> tuple[int, int]:
        """The line and column in the file of a place in a cell; for a notebook, in the cell. All count from 1."""
        return self._layout.location(cell, line, column)

    def file_span(self, cell: Cell, start: int, end: int) -> tuple[int, int]:
        """The bytes of the raw file that `cell.source[start:end]` stands for; for a notebook, of the cell's source."""
        return self._layout.span(cell, start, end)

    def raw_offset(self, cell: Cell, offset: int) -> int:
        """Where in the raw file the byte `offset` of a cell's source stands; for a notebook, in its JSON."""
        return self._layout.raw_offset(cell, offset)

    def replace(self, edits: Mapping[Cell, Sequence[Edit]]) -> bytes:
        """The raw file with edits applied: byte spans of each cell's `source` that do not overlap.

        Edits that only insert at one place are applied in the order given. Raises `ValueError` where edits overlap,
        lie outside the cell, or hold text that the file's encoding has no bytes for.
        """
        changes: list[tuple[int, int, bytes]] = []
        for cell, cell_edits in edits.items():
            ordered = sorted(cell_edits, key=lambda edit: (edit.start, edit.end))
            _refuse_overlaps(cell, ordered)
            if ordered:
                changes += self._layout.replacements(cell, ordered)
        changes.sort(key=lambda change: (change[0], change[1]))
        pieces: list[bytes] = []
        position = 0
        for start, end, text in changes:
            pieces += (self.raw[position:start], text)
            position = end
        pieces.append(self.raw[position:])
        return b"".join(pieces)


def _refuse_overlaps(cell: Cell, ordered: Sequence[Edit]) -> None:
    position = 0
    for edit in ordered:
        if edit.start < position or edit.end < edit.start or edit.end > len(cell.source):
            raise ValueError(f"edit {edit.start}:{edit.end} overlaps another or lies outside of {cell!r}")
        position = edit.end


def _layout_by(path: str) -> tuple[str, Callable[[bytes], _Layout]]:
    """The kind of a file by its suffix, and what reads its layout."""
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    suffix = name[name.rfind(".") :] if "." in name else ""
    if suffix == ".ipynb":
        from daft_lint.source.notebook import NotebookLayout

        return "notebook", NotebookLayout
    if suffix in MARKDOWN_SUFFIXES:
        from daft_lint.source.markdown import MarkdownLayout

        return "markdown", MarkdownLayout
    return "python", _ScriptLayout


class _NoLayout:
    """The layout of a file that could not be split into cells: places count in the file, and nothing can be edited."""

    def make_cells(self, document: Document) -> tuple[Cell, ...]:
        return ()

    def location(self, cell: Cell, line: int, column: int) -> tuple[int, int]:
        return line, column

    def span(self, cell: Cell, start: int, end: int) -> tuple[int, int]:
        return start, end

    def raw_offset(self, cell: Cell, offset: int) -> int:
        return offset

    def replacements(self, cell: Cell, edits: Sequence[Edit]) -> list[tuple[int, int, bytes]]:
        raise ValueError(f"{cell.document.path} cannot be edited: it was not understood")


class _ScriptLayout:
    """A .py file: its text, in whatever encoding, is one cell."""

    def __init__(self, raw: bytes) -> None:
        self.bom = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0
        self.encoding = _encoding(raw)
        body = raw[self.bom :]
        self.transcoded = self.encoding not in _UTF8_NAMES
        self.reversible = True
        try:
            text = body.decode(self.encoding)
        except UnicodeDecodeError as error:
            line = body.count(b"\n", 0, error.start) + 1
            column = error.start - (body.rfind(b"\n", 0, error.start) + 1) + 1
            raise ParseFailure(line, column, f"bytes that are no {self.encoding} text") from None
        if self.transcoded:
            self.source = text.encode("utf-8", "surrogatepass")
            self.reversible = text.encode(self.encoding, "replace") == body
        else:
            self.source = body

    def make_cells(self, document: Document) -> tuple[Cell, ...]:
        return (Cell(document, None, self.source),)

    def location(self, cell: Cell, line: int, column: int) -> tuple[int, int]:
        return line, column

    def span(self, cell: Cell, start: int, end: int) -> tuple[int, int]:
        if not self.transcoded:
            return start + self.bom, end + self.bom
        first = len(self.source[:start].decode().encode(self.encoding))
        return first + self.bom, first + self.bom + len(self.source[start:end].decode().encode(self.encoding))

    def raw_offset(self, cell: Cell, offset: int) -> int:
        return self.span(cell, offset, offset)[0]

    def replacements(self, cell: Cell, edits: Sequence[Edit]) -> list[tuple[int, int, bytes]]:
        if not self.reversible:
            raise ValueError(f"{cell.document.path}: text in {self.encoding} cannot be edited in place")
        return [(*self.span(cell, e.start, e.end), self._encoded(e.text)) for e in edits]

    def _encoded(self, text: str) -> bytes:
        encoding = self.encoding if self.transcoded else "utf-8"
        try:
            return text.encode(encoding)
        except UnicodeEncodeError as error:
            raise ValueError(f"{encoding} has no bytes for {text[error.start : error.end]!r}") from None


def _encoding(raw: bytes) -> str:
    """The encoding by BOM or cookie (PEP 263), UTF-8 without one."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw[:10_000]).readline)
        codecs.lookup(encoding)
        "".encode(encoding)
    except (SyntaxError, LookupError, ValueError) as error:
        head = b"".join(raw.splitlines(keepends=True)[:2])
        try:
            head.decode()
        except UnicodeDecodeError as undecodable:
            if b"coding" not in head:
                line = raw.count(b"\n", 0, undecodable.start) + 1
                raise ParseFailure(line, 1, "bytes that are no utf-8 text, and no coding cookie says what") from None
        raise ParseFailure(1, 1, _one_line(str(error))) from None
    return encoding


class LineMap:
    """Where the lines of a cell lie in the raw file: pairs of byte offsets, in step."""

    def __init__(self, cell_starts: Sequence[int], raw_starts: Sequence[int]) -> None:
        self.cell_starts = cell_starts
        self.raw_starts = raw_starts

    def raw(self, offset: int) -> int:
        """The raw offset of a cell's byte offset."""
        index = bisect_right(self.cell_starts, offset) - 1
        return self.raw_starts[index] + offset - self.cell_starts[index]
