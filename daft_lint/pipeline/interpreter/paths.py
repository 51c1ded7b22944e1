"""Paths that a script makes of constants, with `pathlib` or `os.path`: a path is its text here, whatever holds it."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from daft_lint.pipeline.interpreter.arithmetic import MAX_TEXT, ended, is_text
from daft_lint.pipeline.interpreter.values import UNKNOWN, Literal, literal_value

PATH_MAKERS = frozenset("os.path.join pathlib.Path pathlib.PurePath pathlib.PosixPath os.fspath".split())
"""Calls that make a path of its parts."""
SAME_FILE = frozenset("os.path.abspath os.path.realpath os.path.normpath".split())
"""Calls that spell a path in another way: where scripts are run in the working directory, it names the same file."""
SAME_FILE_METHODS = frozenset({"resolve", "absolute", "as_posix"})
"""Methods that do."""


def path_of(parts: Sequence[object]) -> object:
    """The path that its parts make; what is known of its end where some are not."""
    if len(parts) == 1:
        return parts[0] if is_text(parts[0]) else UNKNOWN
    known = [part for part in parts if isinstance(part, Literal) and isinstance(part.value, str)]
    if len(known) == len(parts):
        # What comes before an absolute part is dropped, as both modules do.
        joined = posixpath.join(*("" if part.value == "." else str(part.value) for part in known))
        joined = joined.rstrip("/") or joined
        return Literal(joined, sure=all(part.sure for part in known)) if len(joined) <= MAX_TEXT else UNKNOWN
    path: object = UNKNOWN
    for part in parts:
        path = ended(path, part) if is_text(part) else UNKNOWN
    return path


def parent_of(path: object) -> object:
    """`path.parent`, `os.path.dirname(path)`."""
    text = literal_value(path)
    if not isinstance(path, Literal) or not isinstance(text, str):
        return UNKNOWN
    return Literal(posixpath.dirname(text) or ".", sure=path.sure)
