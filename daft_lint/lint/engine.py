"""From a document to its findings: whether it needs an analysis at all, and what the analysis gives."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from daft_lint.lint.results import FileResult, Fixes
from daft_lint.source.modules import Modules
from daft_lint.source.prefilter import Prefilter
from daft_lint.source.problems import ParseFailure, Problem

if TYPE_CHECKING:
    from daft_lint.api.rule import Rule
    from daft_lint.config import Config
    from daft_lint.lint.results import Report
    from daft_lint.pipeline.interpreter.project import Project
    from daft_lint.source.document import Document


FEW = 8
"""Files up to which each is parsed as a whole: bare trees save a tenth of the time of one script."""


class Checker:
    """What checks of several documents share: the rules, the names of the tree, and the filter before the parse. What
    only an analysis needs is imported for the first file that needs one.

    `overlay` has the documents, by path, that stand for what is on the disk; `fixes` says whether findings get theirs.
    """

    def __init__(self, config: Config, overlay: Mapping[str, Document] | None = None, fixes: Fixes = Fixes()) -> None:
        self.config = config
        self.fixes = fixes
        self.modules = Modules(overlay)
        self.prefilter = Prefilter(self.modules, lambda: self.chosen)

    @functools.cached_property
    def chosen(self) -> tuple[type[Rule], ...]:
        """The rules that run; they are imported for a file that uses Daft."""
        from daft_lint.lint.registry import selected_rules

        return selected_rules(self.config)

    @functools.cached_property
    def project(self) -> Project:
        """The tree that the documents are in. It imports LibCST, so it is made for the first file that needs a
        parse."""
        from daft_lint.pipeline.interpreter.project import Project

        return Project(self.modules)

    @functools.cached_property
    def bare_project(self) -> Project:
        """The same tree, with bare trees of its files."""
        from daft_lint.pipeline.interpreter.project import Project

        return Project(self.modules, bare=True)

    def analyse_bare(self, path: str, raw: bytes) -> FileResult | None:
        """What one file gives, by a bare tree of it: in a fraction of the time of a whole parse. None where such a tree
        cannot tell."""
        from daft_lint.lint.analysis import Analysis
        from daft_lint.source.bare_nodes import CannotComplete
        from daft_lint.source.document import run_as_deep_as_needed

        if self.config.plugins:
            return None  # their rules may read what a bare tree lacks
        project = self.bare_project
        document = project.document_of(path, raw, self.prefilter.parsed(raw))
        if not document.is_bare:
            return None
        try:
            analysis = Analysis(document, self.config, project, self.chosen, self.fixes)
            result = run_as_deep_as_needed(document, analysis.run)
        except (ParseFailure, CannotComplete):
            return None
        finally:
            project.release(document)
        return None if project.any_unfit(document) else result

    def check(self, document: Document) -> FileResult:
        """What one document gives, findings in modules that it calls included."""
        if not self.prefilter.needs_analysis(document.path, document.raw):
            return FileResult(document.path)
        return self.analyse(document)

    def analyse(self, document: Document) -> FileResult:
        """What one document gives that needs an analysis."""
        from daft_lint.lint.analysis import Analysis
        from daft_lint.source.document import run_as_deep_as_needed

        analysis = Analysis(document, self.config, self.project, self.chosen, self.fixes)
        try:
            return run_as_deep_as_needed(document, analysis.run)
        except ParseFailure as failure:
            return FileResult(document.path, (), (Problem(document.path, failure.message),))


def check_document(document: Document, config: Config) -> Report:
    """Check one document alone, as an editor or standard input gives it."""
    from daft_lint.lint.merge import merge

    return merge([Checker(config).check(document)], (), 1, config, {document.path: document})
