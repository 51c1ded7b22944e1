"""From a document to its findings: whether it needs an analysis at all, and what the analysis gives."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from daft_lint.api.rule import Rule
from daft_lint.config import Config
from daft_lint.lint.analysis import Analysis
from daft_lint.lint.merge import merge
from daft_lint.lint.registry import selected_rules
from daft_lint.lint.results import FileResult, Report
from daft_lint.source.discovery import Problem
from daft_lint.source.document import Document, ParseFailure, run_as_deep_as_needed
from daft_lint.source.modules import Modules, TransitiveCheck
from daft_lint.source.prescan import Prescan, uses_daft

if TYPE_CHECKING:
    from daft_lint.pipeline.interpreter.project import Project


class Checker:
    """What checks of several documents share: the rules and the names of the tree.

    `overlay` has the documents, by path, that stand for what is on the disk.
    """

    def __init__(self, config: Config, overlay: Mapping[str, Document] | None = None) -> None:
        self.config = config
        self.modules = Modules(overlay)
        self.findings = TransitiveCheck(self.modules, self.can_match)

    @functools.cached_property
    def chosen(self) -> tuple[type[Rule], ...]:
        """The rules that run; they are imported for a file that uses Daft."""
        return selected_rules(self.config)

    @functools.cached_property
    def project(self) -> Project:
        """The tree that the documents are in. It imports LibCST, so it is made for the first file that needs a
        parse."""
        from daft_lint.pipeline.interpreter.project import Project

        return Project(self.modules)

    def needs_analysis(self, path: str, raw: bytes) -> bool:
        """Whether a file can have a finding: the sieves before the parse."""
        prescan = Prescan(path, raw)
        if not self.modules.use_daft(prescan):
            return False
        return self.findings.holds(prescan) or (prescan.is_broken and uses_daft(prescan))

    def can_match(self, prescan: Prescan) -> bool:
        """Whether what stands in a file can give a finding."""
        return any(rule.can_match(prescan) for rule in self.chosen)

    def check(self, document: Document) -> FileResult:
        """What one document gives, findings in modules that it calls included."""
        if not self.needs_analysis(document.path, document.raw):
            return FileResult(document.path)
        return self.analyse(document)

    def analyse(self, document: Document) -> FileResult:
        """What one document gives that `needs_analysis`."""
        analysis = Analysis(document, self.config, self.project, self.chosen)
        try:
            return run_as_deep_as_needed(document, analysis.run)
        except ParseFailure as failure:
            return FileResult(document.path, (), (Problem(document.path, failure.message),))


def check_document(document: Document, config: Config) -> Report:
    """Check one document alone, as an editor or standard input gives it."""
    return merge([Checker(config).check(document)], (), 1, config, {document.path: document})
