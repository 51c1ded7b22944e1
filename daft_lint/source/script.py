"""Python files: one cell, in whatever encoding the file declares."""

from __future__ import annotations

import codecs
import io
import tokenize
from collections.abc import Sequence

from daft_lint.source.edit import Edit
from daft_lint.source.layout import CellText, Layout
from daft_lint.source.problems import ParseFailure

_UTF8_NAMES = frozenset({"utf-8", "utf-8-sig", "ascii"})


class ScriptLayout(Layout):
    """A .py file: its text is one cell. Raises `ParseFailure` for what is no text in its encoding."""

    def __init__(self, path: str, raw: bytes) -> None:
        encoding = encoding_of(raw)
        self.bom = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0
        body = raw[self.bom :]
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError as error:
            line = body.count(b"\n", 0, error.start) + 1
            column = error.start - (body.rfind(b"\n", 0, error.start) + 1) + 1
            raise ParseFailure(line, column, f"bytes that are no {encoding} text") from None
        self.transcoded = not is_utf8(encoding)
        self.source = text.encode("utf-8", "surrogatepass") if self.transcoded else body
        self.reversible = not self.transcoded or text.encode(encoding, "replace") == body
        super().__init__(path, (CellText(None, self.source),), encoding)

    def raw_offset(self, index: int, offset: int) -> int:
        if self.transcoded:
            return self.bom + len(self.source[:offset].decode().encode(self.encoding))
        return self.bom + offset

    def in_file(self, edits: Sequence[Edit]) -> Sequence[Edit]:
        if edits and not self.reversible:
            raise ValueError(f"{self.path}: text in {self.encoding} cannot be edited in place")
        return edits


def is_utf8(encoding: str) -> bool:
    """Whether text in the encoding is UTF-8 as it is."""
    return encoding in _UTF8_NAMES


def encoding_of(raw: bytes) -> str:
    """The encoding by BOM or cookie (PEP 263), UTF-8 without one. Raises `ParseFailure` where there is none such."""
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
        raise ParseFailure(1, 1, " ".join(str(error).split())) from None
    return encoding
