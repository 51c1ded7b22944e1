"""IPython's magics, shell lines and help requests in the text of a notebook's cell."""

from __future__ import annotations

import re

from daft_lint.source import scanner

_PYTHON_CELL_MAGICS = frozenset({"time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "python", "python3"})
"""Cell magics whose cell is Python all the same."""
_LINE_MAGIC = re.compile(rb"[ \t]*[%!]|[ \t]*\?{1,2}[\w%]|[ \t]*[%\w.*\[\]'\"()]+\?{1,2}[ \t]*(?:\r?\n|\Z)")
_ASSIGNED_MAGIC = re.compile(rb"(?P<target>[ \t]*[\w.\[\]()*, \t'\"]+=[ \t]*)(?P<magic>[!%])")
_TIME = re.compile(rb"%time[ \t]+(?=\S)(?!-)")
_PHYSICAL_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")


def without_magics(text: bytes) -> bytes | None:
    """A cell's text with IPython's magics, shell lines and help requests blanked, at the same length.

    A magic that stands as a statement becomes `pass`, one that is assigned becomes the unknown name `_`; `%time` keeps
    its statement. None where a cell magic says that the cell is not Python.
    """
    start = len(text) - len(text.lstrip())
    if text.startswith(b"%%", start):
        name = re.match(rb"\w*", text[start + 2 :])
        assert name is not None
        if name.group().decode(errors="replace") not in _PYTHON_CELL_MAGICS:
            return None
        end = _line_end(text, start)
        text = text[:start] + _blank(text[start:end]) + text[end:]
    if b"%" not in text and b"!" not in text and b"?" not in text:
        return text
    pieces: list[bytes] = []
    position = 0
    while position < len(text):
        blanked, end = _blanked_line(text, position)
        pieces.append(blanked)
        position = end
    return b"".join(pieces)


def _blanked_line(text: bytes, position: int) -> tuple[bytes, int]:
    """The logical line at `position`, blanked where it is a magic, and where it ends."""
    if _LINE_MAGIC.match(text, position):
        end = _magic_end(text, position)
        line = text[position:end]
        indent = len(line) - len(line.lstrip(b" \t"))
        timed = _TIME.match(line, indent)
        if timed:
            # `0;` keeps the statement on its line: an indented one would not parse.
            return line[:indent] + b"0;".ljust(timed.end() - indent) + line[timed.end() :], end
        return line[:indent] + _statement(line[indent:]), end
    assigned = _ASSIGNED_MAGIC.match(text, position)
    if assigned and b"==" not in assigned.group("target"):
        end = _magic_end(text, position)
        target, value = text[position : assigned.end("target")], text[assigned.end("target") : end]
        timed = _TIME.match(value)
        if timed:
            return target + b" " * timed.end() + value[timed.end() :], end
        return target + b"_" + _blank(value)[1:], end
    end = scanner.logical_line_end(text, position)
    return text[position:end], end


def _statement(line: bytes) -> bytes:
    """A statement that does nothing, as long as the magic that it stands for."""
    statement = b"pass" if _line_end(line.rstrip(b"\r\n"), 0) >= 4 else b"0"
    return statement + _blank(line)[len(statement) :]


def _blank(text: bytes) -> bytes:
    """Spaces of the same length; line breaks stay."""
    return re.sub(rb"[^\r\n]", b" ", text)


def _line_end(text: bytes, position: int) -> int:
    match = _PHYSICAL_LINE.match(text, position)
    return match.end() if match else len(text)


def _magic_end(text: bytes, position: int) -> int:
    """The end of a magic's line, with the lines that a backslash at the end adds."""
    end = _line_end(text, position)
    while text[position:end].rstrip(b"\r\n").endswith(b"\\") and end < len(text):
        position = end
        end = _line_end(text, position)
    return end
