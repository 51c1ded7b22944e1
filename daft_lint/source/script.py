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
_HOST_NAMES = frozenset({"idna", "punycode"})


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
        except UnicodeError:  # without a place: codecs that are written in Python
            raise ParseFailure(1, 1, f"bytes that are no {encoding} text") from None
        self.transcoded = not is_utf8(encoding)
        self.source = text.encode("utf-8", "surrogatepass") if self.transcoded else body
        super().__init__(path, (CellText(None, self.source),), encoding)
        self.body = body
        if self.transcoded and not _stands_alone(text, body, encoding):
            self.uneditable = f"text in {encoding} cannot be edited in place: its other bytes could change"

    def raw_offset(self, index: int, offset: int) -> int:
        if self.transcoded:
            return self.bom + len(self.source[:offset].decode().encode(self.encoding))
        return self.bom + offset

    def in_file(self, edits: Sequence[Edit]) -> Sequence[Edit]:
        if edits and self.uneditable is not None:
            raise ValueError(f"{self.path}: {self.uneditable}")
        if self.transcoded:
            for edit in edits:
                self._refuse_another_text(edit)
        return edits

    def _refuse_another_text(self, edit: Edit) -> None:
        """Raises `ValueError` where the bytes of an edit's text mean another text between those around it."""
        before, after = self.body[: edit.start - self.bom], self.body[edit.end - self.bom :]
        written = before + self.encode(edit.text) + after
        try:
            wanted = before.decode(self.encoding) + edit.text + after.decode(self.encoding)
            same = written.decode(self.encoding) == wanted
        except UnicodeError:
            same = False
        if not same:
            raise ValueError(f"{self.path}: {self.encoding} has no bytes for {edit.text!r} there")


def _stands_alone(text: str, body: bytes, encoding: str) -> bool:
    """Whether each character has bytes of its own, whatever stands around it: utf-7 and ISO 2022 shift between states,
    and some spell one character in several ways."""
    try:
        of = {character: character.encode(encoding) for character in set(text)}
    except UnicodeError:
        return False
    return b"".join(map(of.__getitem__, text)) == body


def is_utf8(encoding: str) -> bool:
    """Whether text in the encoding is UTF-8 as it is."""
    return encoding in _UTF8_NAMES


def encoding_of(raw: bytes) -> str:
    """The encoding by BOM or cookie (PEP 263), UTF-8 without one. Raises `ParseFailure` where there is none such."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw[:10_000]).readline)
        if codecs.lookup(encoding).name in _HOST_NAMES:
            raise LookupError(f"{encoding} is an encoding of host names, not of files")
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
