"""A file as Python cells: a script is one cell, a notebook one per code cell, a Markdown file one per fenced block.

A cell's source is UTF-8 text for the parser. `Cell.edit` says what a change of it means for the file, and
`Document.edited` makes such changes; everything else in the file stays byte for byte.
"""

from __future__ import annotations

import ast
import errno
import os
import stat
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import NoReturn, TypeVar, cast

from daft_lint.source import cst, scanner
from daft_lint.source.deep import in_deep_run, run_deep
from daft_lint.source.edit import Edit, refuse_overlaps
from daft_lint.source.kinds import Kind, kind_of
from daft_lint.source.layout import CellText, Layout, UnreadableLayout, codec_of
from daft_lint.source.problems import ParseFailure
from daft_lint.source.script import ScriptLayout, encoding_of, is_utf8

T = TypeVar("T")

_MAX_MARKS = 200_000
"""LibCST and the walk take 45 µs a mark of plain code: 9 s of 100,000 lines `x = 1`, 10 s of a list of 200,000 numbers
(measured on a 2-core machine). A module of 10,000 lines has some 50,000."""
_MARKS = tuple(bytes([mark]) for mark in b"\n;,.:=+-*/%<>&|@([{")
_TOO_LARGE = f"too large to be checked: more than {_MAX_MARKS:,} lines, operators and brackets"


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


class Cell:
    """Python text of a document, at `index` among its cells. `number` is None for a script, the 1-based cell of a
    notebook (all cells count), or the 1-based Python fence of a Markdown file. Cells are equal only to themselves."""

    is_incomplete = False
    """Its tree is a bare one, whose statements are completed one by one (`completion`)."""
    before: Cell | None = None
    """The cell that an edit made this one of, and whose nodes its tree has where the two are the same."""

    def __init__(self, document: Document, index: int, text: CellText) -> None:
        self.document = document
        self.index = index
        self.number = text.number
        self.source = text.source
        self.written = text.source if text.written is None else text.written
        """The text as users see it, of the same length: with the magics of a notebook, which `source` has blanked."""

    def __repr__(self) -> str:
        return f"Cell({self.document.path!r}, {self.number})"

    def edit(self, start: int, end: int, text: str) -> Edit:
        """The edit of the file that puts `text` in the place of the bytes `start:end` of `source`.

        Raises `ValueError` where it has no such bytes.
        """
        if not 0 <= start <= end <= len(self.source):
            raise ValueError(f"{self.document.path}: an edit of bytes {start} to {end} lies outside of its cell")
        return self.document.layout.edit(self.index, start, end, text)

    @cached_property
    def shape(self) -> scanner.Shape:
        """How deep the text goes, by a linear scan; a text with few brackets is not scanned."""
        return scanner.measure(self.source) if scanner.may_be_deep(self.source) else scanner.Shape()

    @property
    def is_deep(self) -> bool:
        """Any recursive walk over its tree needs `run_deep`; in a deep run nothing does any more."""
        return not in_deep_run() and self.shape.is_deep

    @property
    def is_parsed(self) -> bool:
        """Its tree is at hand."""
        return "module" in self.__dict__

    def forget_tree(self) -> None:
        """Drop the tree: it takes some hundred times the memory of the text."""
        self.__dict__.pop("module", None)
        self.__dict__.pop("parents", None)
        self.__dict__.pop("parents_below", None)
        self.__dict__.pop("_worked_out", None)
        self.__dict__.pop("_worked_out_below", None)

    def cannot_complete(self) -> NoReturn:
        """Raises `CannotComplete`: the document is to be parsed as a whole."""
        from daft_lint.source.bare_nodes import CannotComplete

        self.document.is_unfit = True
        raise CannotComplete

    def once(self, key: object, work_out: Callable[[], T]) -> T:
        """What others work out of the tree, by keys of theirs: the first result for a key, kept as long as the tree."""
        if key not in self._worked_out:
            self._worked_out[key] = work_out()
        return cast("T", self._worked_out[key])

    @cached_property
    def _worked_out(self) -> dict[object, object]:
        return {}

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The parent of each node of the tree; made when it is first asked for, and kept as long as the tree."""
        from daft_lint.source.tree import parents_of

        return parents_of(self.module, self.parents_below)

    @cached_property
    def parents_below(self) -> dict[cst.CSTNode, Mapping[cst.CSTNode, cst.CSTNode]]:
        """The parents by the top-level statement that they stand in, shared with `before`."""
        return {} if self.before is None else dict(self.before.parents_below)

    def once_for(self, statement: cst.CSTNode, key: object, work_out: Callable[[], T]) -> T:
        """As `once`, of a top-level statement; shared with `before`."""
        if (key, statement) not in self._worked_out_below:
            self._worked_out_below[key, statement] = work_out()
        return cast("T", self._worked_out_below[key, statement])

    @cached_property
    def _worked_out_below(self) -> dict[tuple[object, cst.CSTNode], object]:
        return {} if self.before is None else dict(self.before._worked_out_below)

    @cached_property
    def module(self) -> cst.Module:
        """The LibCST tree of the cell; a bare one in a bare document, where Python parses it.

        Raises `ParseFailure` where it does not parse, or goes deeper than the parser can take.
        """
        self._refuse_what_no_parser_takes()
        if self.document.is_bare:
            bare = self._bare_module()
            if bare is not None:
                return bare
        if self.before is not None:
            from daft_lint.source.statements import module_sharing

            shared = module_sharing(self.before, self)
            if shared is not None:
                return shared
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
            raise self._python_failure() or ParseFailure(1, 1, _one_line(str(error))) from None
        except RecursionError:
            raise ParseFailure(1, 1, "too deep to be read") from None

    @cached_property
    def spans(self) -> list[tuple[int, int]] | None:
        """See `spans_of_statements`."""
        from daft_lint.source.statements import spans_of_statements

        return spans_of_statements(self.source)

    def _bare_module(self) -> cst.Module | None:
        """The bare tree; None where Python or LibCST takes the text for something else."""
        from daft_lint.source.completion import unwritten
        from daft_lint.source.python_tree import module_of, parsed_by_python
        from daft_lint.source.statements import spans_in

        parsed, self.document.parsed = self.document.parsed, None
        text = self.source.decode()
        parsed = parsed or parsed_by_python(text)
        if parsed is None:
            return None
        bare = module_of(text, parsed, lambda index: unwritten(self, index))
        self.spans = spans_in(self.source, parsed)
        if bare is None or len(bare.body) != len(self.spans):
            return None
        self.is_incomplete = True
        return bare

    def _refuse_what_no_parser_takes(self) -> None:
        if self.document.failure is not None:
            raise self.document.failure
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

    def _python_failure(self) -> ParseFailure | None:
        """Python's own message and location; None where it finds nothing wrong or cannot say."""
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
        """LibCST gives no location for a tokenizer's error; Python's own message and location are better."""
        known = self._python_failure()
        if known is not None:
            return known
        return ParseFailure(max(error.editor_line, 1), max(error.editor_column, 1), _one_line(error.message))


def _one_line(message: str) -> str:
    return " ".join(message.split())


class Document:
    """A file: `path` as shown to users (with `/`), its `raw` bytes, its `kind` and its `cells`."""

    parsed: ast.Module | None = None
    """Python's own tree of a bare script, where it is at hand; until its cell's tree is made."""
    is_bare = False
    """Its trees are made of Python's own, which takes a quarter of the time (`python_tree`)."""
    is_unfit = False
    """It is bare, and was asked for what such a tree cannot be given: an analysis has to begin anew with another."""

    def __init__(self, path: str, raw: bytes, kind: Kind, layout: Layout, failure: ParseFailure | None = None) -> None:
        self.path = path
        self.raw = raw
        self.kind = kind
        self.layout = layout
        self.failure = failure
        """Why the file could not be split into cells; one empty cell stands for it."""
        self.cells = tuple(Cell(self, index, text) for index, text in enumerate(layout.cells))

    @classmethod
    def read(cls, path: str | Path, shown: str | None = None) -> Document:
        """Reads a file; `shown` is its path in reports. Raises `OSError`, for no regular file and no path too."""
        if "\0" in str(path):  # a cache that somebody wrote can name one
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        mode = os.stat(path).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
            raise OSError(errno.EINVAL, "neither a file nor a folder", str(path))
        return cls.from_bytes(shown if shown is not None else Path(path).as_posix(), Path(path).read_bytes())

    @classmethod
    def from_text(cls, path: str, text: str) -> Document:
        """The document that an editor shows as `text`, in the encoding that a cookie in it names, else in UTF-8."""
        raw = text.encode("utf-8", "surrogatepass")
        try:
            encoding = encoding_of(raw)
            return cls.from_bytes(path, raw if is_utf8(encoding) else text.encode(encoding))
        except (ParseFailure, UnicodeError):
            return cls.from_bytes(path, raw)  # what is wrong with it is found there

    @classmethod
    def from_bytes(cls, path: str, raw: bytes) -> Document:
        """The document that `raw` is, by the path's suffix: notebook, Markdown, else Python.

        A file that cannot be split into cells (an unknown encoding, a notebook that is no JSON), or holds more text
        than can be parsed in some ten seconds, has one empty cell, whose `module` raises the `ParseFailure`.
        """
        kind = kind_of(path)
        try:
            layout = _layout_of(kind, path, raw)
        except ParseFailure as failure:
            return cls(path, raw, kind, UnreadableLayout(path), failure)
        if _is_too_large(layout):
            return cls(path, raw, kind, UnreadableLayout(path, layout.encoding), ParseFailure(1, 1, _TOO_LARGE))
        return cls(path, raw, kind, layout)

    def bare(self, parsed: ast.Module | None = None) -> Document:
        """The same document with bare trees; as it is, where comments in it may state facts. `parsed` is Python's own
        tree of the raw text of a script, where that is at hand."""
        if b"daft-lint" in self.raw or self.failure is not None:
            return self
        if any(mark in cell.source for cell in self.cells for mark in (b"\r", b"\f")):
            return self  # LibCST's trees have these in places of their own
        document = Document(self.path, self.raw, self.kind, self.layout)
        document.is_bare = True
        if self.kind == "python" and self.cells[0].source == self.raw:
            document.parsed = parsed
        return document

    def sharing(self, before: Document) -> Document:
        """The same document, whose trees have the nodes of the document that it was made of by an edit where the two
        are the same, so that little is parsed; as it is, where comments in it may state facts, or a tree is deep."""
        alike = len(self.cells) == len(before.cells) and not (self.is_deep or before.is_deep)
        if alike and b"daft-lint" not in self.raw:
            for cell, old in zip(self.cells, before.cells, strict=True):
                cell.before = old if old.is_parsed else None
        return self

    @property
    def encoding(self) -> str:
        """What the raw text is written in, as Python names it: `utf-8-sig` for UTF-8 with a BOM."""
        return self.layout.encoding

    @property
    def text(self) -> str:
        """The raw text; a BOM stays in it, as U+FEFF. Raises `UnicodeDecodeError` for a file with a `failure`."""
        return self.raw.decode(codec_of(self.encoding))

    @property
    def is_deep(self) -> bool:
        """Some cell needs `run_deep`."""
        return any(cell.is_deep for cell in self.cells)

    def location(self, cell: Cell, line: int, column: int) -> tuple[int, int]:
        """The line and column in the file of those in a cell; for a notebook, in the cell. All count from 1."""
        return self.layout.location(cell.index, line, column)

    def raw_offset(self, cell: Cell, offset: int) -> int:
        """Where in the raw file the byte `offset` of a cell's source stands; for a notebook, in its JSON."""
        return self.layout.raw_offset(cell.index, offset)

    def in_file(self, edits: Iterable[Edit]) -> list[Edit]:
        """Edits of it as edits of the raw file, sorted. Raises `ValueError` as `edited` does."""
        in_file = sorted(self.layout.in_file(sorted(edits)))
        refuse_overlaps(in_file, len(self.raw))
        return in_file

    def edited(self, edits: Iterable[Edit]) -> Document:
        """The document with edits of it applied, which come in any order and do not overlap.

        Raises `ValueError` where edits overlap, lie outside of the text, or hold text that the file's encoding has no
        bytes for.
        """
        parts: list[bytes] = []
        position = 0
        for edit in self.in_file(edits):
            parts += (self.raw[position : edit.start], self.layout.encode(edit.text))
            position = edit.end
        parts.append(self.raw[position:])
        return Document.from_bytes(self.path, b"".join(parts))


def _layout_of(kind: Kind, path: str, raw: bytes) -> Layout:
    """Raises `ParseFailure` for a file that cannot be split into cells."""
    if kind == "notebook":
        from daft_lint.source.notebook import NotebookLayout

        return NotebookLayout(path, raw)
    if kind == "markdown":
        from daft_lint.source.markdown import MarkdownLayout

        return MarkdownLayout(path, raw)
    return ScriptLayout(path, raw)


def _is_too_large(layout: Layout) -> bool:
    """Whether the cells hold more than LibCST parses in some ten seconds, by the marks that tokens stand beside."""
    if sum(len(cell.source) for cell in layout.cells) <= _MAX_MARKS:
        return False
    return sum(cell.source.count(mark) for cell in layout.cells for mark in _MARKS) > _MAX_MARKS
