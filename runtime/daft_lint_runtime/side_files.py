"""Files that a script writes by itself, beside what it writes with Daft: a report, a list of ids, a picture.

They are written where the script says, in every run; what they hold when the script is done is kept for the comparison.
"""

from __future__ import annotations

import contextlib
import os
import sys
from hashlib import blake2b
from pathlib import Path
from typing import Any

KEPT_BYTES = 2**20
"""Of a larger file only the digest is kept."""
WRITING_MODES = frozenset("wax+")
WRITING_FLAGS = os.O_WRONLY | os.O_RDWR
BY_TOOLS = frozenset({"__pycache__", "node_modules"})
"""Folders that hold no file of a script; hidden ones are left out as well."""


class SideFiles:
    """Hears of each file that this process opens for writing below one of `roots` and not below `apart`, and of each
    that it moves there: from Python's audit events, which `open`, `os.open` and `os.replace` raise (PEP 578)."""

    def __init__(self, roots: tuple[str, ...], apart: str) -> None:
        self._roots = tuple({os.path.realpath(root) for root in roots})
        self._apart = os.path.realpath(apart)
        self._starts: dict[str, int] = {}
        """By file, where what this run wrote begins, in bytes."""

    def watch(self) -> None:
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = WRITING_MODES.intersection(mode) if isinstance(mode, str) else flags & WRITING_FLAGS
            if writes:
                self._note(path, appends="a" in mode if isinstance(mode, str) else bool(flags & os.O_APPEND))
        elif event == "os.rename":
            self._note(arguments[1], appends=False)

    def _note(self, path: object, appends: bool) -> None:
        if not isinstance(path, (str, os.PathLike)):
            return
        file = os.path.realpath(os.fspath(path))
        if isinstance(file, str) and self._is_ours(file):
            with contextlib.suppress(OSError):
                self._starts.setdefault(file, os.path.getsize(file) if appends and os.path.exists(file) else 0)

    def _is_ours(self, file: str) -> bool:
        root = next((root for root in self._roots if file.startswith(root + os.sep)), None)
        if root is None or file.startswith(self._apart + os.sep):
            return False
        return not any(part.startswith(".") or part in BY_TOOLS for part in file[len(root) + 1 :].split(os.sep))

    def keep(self, folder: Path) -> list[dict[str, Any]]:
        """The files that are there now, by path from the working directory, with their digests; small ones are copied
        to `folder`."""
        found: list[dict[str, Any]] = []
        for file, start in sorted(self._starts.items()):
            with contextlib.suppress(OSError), open(file, "rb") as content:
                content.seek(start)
                digest, first = blake2b(digest_size=16), content.read(KEPT_BYTES + 1)
                digest.update(first)
                while more := content.read(KEPT_BYTES):
                    digest.update(more)
                name = f"{len(found)}.side"
                if len(first) <= KEPT_BYTES:
                    (folder / name).write_bytes(first)
                copy = name if len(first) <= KEPT_BYTES else None
                found.append({"path": os.path.relpath(file), "digest": digest.hexdigest(), "copy": copy})
        return found
