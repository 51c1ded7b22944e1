"""Checks documents that change in memory, as `fix` and editors change them: imports are read from there, not from the
disk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from daft_lint.lint.engine import Checker
from daft_lint.lint.merge import merge
from daft_lint.lint.results import FileResult, Fixes
from daft_lint.source.prefilter import may_suppress, mentions_daft

if TYPE_CHECKING:
    from daft_lint.api.finding import Finding, Span
    from daft_lint.config.model import Configured
    from daft_lint.source.document import Document


class ProjectChecker:
    """Checks documents together, again and again; `overlay` and `observe` are what the fix loop asks for."""

    def __init__(self, config: Configured, fixes: Fixes = Fixes(), others: Iterable[str] = ()) -> None:
        self.config = config
        self.fixes = fixes
        self.others = others
        """Files of the tree that are no documents: they do not mention Daft."""
        self.documents: Mapping[str, Document] = {}
        self.results: dict[str, FileResult] = {}
        self.found: dict[str, list[Finding]] = {}

    @property
    def limits(self) -> tuple[str, ...]:
        """The caps that the last check hit, worded for the user."""
        return tuple(f"{path}: {limit}" for path, result in self.results.items() for limit in result.limits)

    def overlay(self, documents: Mapping[str, Document]) -> None:
        """Take the documents as they stand, and check those whose findings can have changed."""
        stale = [path for path, document in documents.items() if self._is_stale(path, document)]
        checkers: dict[int, Checker] = {}
        for path in stale:
            config = self.config.of(path)
            if id(config) not in checkers:
                checkers[id(config)] = Checker(config, documents, self.fixes)
            self.results[path] = checkers[id(config)].check(documents[path])
        self.documents = documents
        report = merge(
            self.results.values(), (), len(documents), self.config, self._suppressing(), self._called_without_daft()
        )
        origin = self._origins()
        self.found = {}
        for finding in report.findings:
            path = finding.span.path
            self.found.setdefault(path if path in documents else origin[finding.code, finding.span], []).append(finding)

    def observe(self, document: Document) -> Iterable[Finding]:
        """The findings in a document, and those that it led to in files that are not among the documents."""
        return self.found.get(document.path, ())

    def _is_stale(self, path: str, document: Document) -> bool:
        """It has changed, or it has findings (their edits may be in a file that has changed)."""
        before = self.documents.get(path)
        return before is None or before.raw != document.raw or bool(self.results[path].findings)

    def _called_without_daft(self) -> frozenset[str]:
        """The entries of methods whose function and module a file mentions that does not mention Daft."""
        entries = {raw.entry for result in self.results.values() for raw in result.findings if "|" in raw.entry}
        words = self._words_of_others if entries else ()
        return frozenset(entry for entry in entries if any(words_of(entry) <= text for text in words))

    @cached_property
    def _words_of_others(self) -> tuple[frozenset[bytes], ...]:
        found = []
        for file in self.others:
            with suppress(OSError):
                raw = Path(file).read_bytes()
                if b"import" in raw and not mentions_daft(raw):
                    found.append(frozenset(re.findall(rb"\w+", raw)))
        return tuple(found)

    def _suppressing(self) -> dict[str, Document]:
        return {path: document for path, document in self.documents.items() if may_suppress(document.raw)}

    def _origins(self) -> dict[tuple[str, Span], str]:
        """The document whose analysis gave each finding, by code and place."""
        return {
            (raw.finding.code, raw.finding.span): path
            for path, result in self.results.items()
            for raw in result.findings
        }


def words_of(entry: str) -> frozenset[bytes]:
    """The names of the module and of the function in `pkg/texts.py::clean|str.lower`."""
    path, _, function = entry.partition("|")[0].partition("::")
    return frozenset(name.encode() for name in (PurePath(path).stem, function.rpartition(".")[2]))
