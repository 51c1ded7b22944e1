"""The documents of one `fix` as they are now, in memory: what they import from each other is read from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from daft_lint.lint import engine
from daft_lint.lint.results import Result
from daft_lint.source.prefilter import may_suppress

if TYPE_CHECKING:
    from daft_lint.api.finding import Finding
    from daft_lint.config import Config
    from daft_lint.source.document import Document


class ProjectChecker:
    """Checks documents that change between two looks; `overlay` and `observe` are what `fixing.run_fix` asks for."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.documents: Mapping[str, Document] = {}
        self.results: dict[str, Result] = {}
        self.found: dict[str, list[Finding]] = {}

    @property
    def limits(self) -> tuple[str, ...]:
        """The caps that were hit in the last look, in words."""
        return tuple(f"{path}: {limit}" for path, result in self.results.items() for limit in result.limits)

    def overlay(self, documents: Mapping[str, Document]) -> None:
        """Take the documents as they are now, and check those whose findings can have changed."""
        stale = [path for path, document in documents.items() if self._is_stale(path, document)]
        self.documents = documents
        checker = engine.Checker(self.config, documents)
        for path in stale:
            self.results[path] = checker.check(documents[path])
        report = engine.merge(self.results.values(), (), len(documents), self.config, self._suppressing())
        origin = self._origins()
        self.found = {}
        for finding in report.findings:
            path = finding.span.path
            self.found.setdefault(path if path in documents else origin[finding], []).append(finding)

    def observe(self, document: Document) -> Iterable[Finding]:
        """The findings in a document, and those in files out of the tree that it led to."""
        return self.found.get(document.path, ())

    def _is_stale(self, path: str, document: Document) -> bool:
        """It has changed, or it has findings (their edits may be in a file that has changed)."""
        before = self.documents.get(path)
        return before is None or before.raw != document.raw or bool(self.results[path].raised)

    def _suppressing(self) -> dict[str, Document]:
        return {path: document for path, document in self.documents.items() if may_suppress(document.raw)}

    def _origins(self) -> dict[Finding, str]:
        """The document that each finding was raised from."""
        return {one.finding: path for path, result in self.results.items() for one in result.raised}
