"""The baseline: findings that a code base has already, in a JSON file that is committed.

A finding is recognized by its file, its rule, the text of its line and its number among equal ones: it stays known when
lines move, and does not when its line changes (`daft_lint.adoption.fingerprint`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from daft_lint.adoption.fingerprint import content, fingerprints
from daft_lint.api.finding import Finding
from daft_lint.config.selection import Selections
from daft_lint.dataclass import dataclass
from daft_lint.lint.source_lines import Lines
from daft_lint.source.writing import write_report

VERSION = 1
_SHOWN = 120
"""Characters of a line that the file repeats for its reviewers."""


class BaselineError(Exception):
    """A baseline that cannot be read or written: says the file and why, in one line."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One known finding. `path` is relative to the baseline's folder; `line` is for people only."""

    path: str
    code: str
    fingerprint: str
    line: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known findings of one baseline file."""

    file: Path
    entries: frozenset[Entry] = frozenset()

    @classmethod
    def load(cls, file: Path) -> Baseline:
        """Reads a baseline. Raises `BaselineError`."""
        try:
            document = json.loads(file.read_bytes().decode())
        except OSError as error:
            how = "; write it with --update-baseline" if isinstance(error, FileNotFoundError) else ""
            raise BaselineError(f"{file}: cannot be read: {error.strerror or error}{how}") from None
        except (ValueError, RecursionError):
            raise BaselineError(f"{file}: not a baseline: it is not JSON") from None
        entries = document.get("findings") if isinstance(document, Mapping) else None
        if not isinstance(entries, list) or document.get("version") != VERSION:
            raise BaselineError(f"{file}: not a baseline of version {VERSION}")
        return cls(file, frozenset(_entry(file, entry) for entry in entries))

    def described(self, findings: Sequence[Finding], lines: Lines) -> list[Entry]:
        """The entries that make these findings known, in their order."""
        marks = fingerprints(findings, lines)
        return [
            Entry(self.relative(f.span.path), f.code, mark, content(f, lines)[:_SHOWN])
            for f, mark in zip(findings, marks, strict=True)
        ]

    def unknown(self, findings: Sequence[Finding], lines: Lines) -> list[Finding]:
        """The findings that are not in the baseline."""
        described = self.described(findings, lines)
        return [f for f, entry in zip(findings, described, strict=True) if entry not in self.entries]

    def updated(
        self, findings: Sequence[Finding], lines: Lines, checked: Iterable[str], selections: Selections
    ) -> Baseline:
        """The baseline of these findings. Entries that were not checked stay: those of files that exist but were left
        out, and of rules that did not run."""
        looked_at = {self.relative(path) for path in checked}
        kept = (e for e in self.entries if self._stays(e, looked_at, selections))
        return Baseline(self.file, frozenset([*self.described(findings, lines), *kept]))

    def _stays(self, entry: Entry, checked: set[str], selections: Selections) -> bool:
        if entry.path in checked:
            return not selections.of(str(self.file.parent / entry.path)).runs(entry.code)
        return (self.file.parent / entry.path).exists()

    def relative(self, path: str) -> str:
        """A path relative to the baseline's folder, so that it does not matter where a run starts."""
        return os.path.relpath(path, self.file.parent).replace(os.sep, "/")

    def write(self) -> None:
        """Writes the file, whole or not at all, and through no symbolic link. Raises `BaselineError`."""
        findings = [
            {"path": e.path, "code": e.code, "fingerprint": e.fingerprint, "line": e.line}
            for e in sorted(self.entries, key=lambda e: (e.path, e.code, e.line, e.fingerprint))
        ]
        text = json.dumps({"version": VERSION, "findings": findings}, indent=2) + "\n"
        try:
            write_report(str(self.file), text.encode())
        except OSError as error:
            raise BaselineError(f"{self.file}: cannot be written: {error.strerror or error}") from None


def _entry(file: Path, entry: object) -> Entry:
    values = [entry.get(key) for key in ("path", "code", "fingerprint")] if isinstance(entry, Mapping) else [None]
    if not all(isinstance(value, str) for value in values):
        raise BaselineError(f"{file}: not a baseline: a finding has no path, code or fingerprint")
    path, code, fingerprint = map(str, values)
    return Entry(path, code, fingerprint, str(entry.get("line", "")) if isinstance(entry, Mapping) else "")
