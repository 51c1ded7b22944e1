"""One document on its way to findings: interpreted, shown to each rule, and what the rules observe as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from daft_lint.api.finding import Finding, FindingFix, Related, Span
from daft_lint.api.rule import Observation, PipelineRule, Rule, ScriptRule
from daft_lint.config import Selection
from daft_lint.lint.engine_rules import SyntaxErrorRule
from daft_lint.lint.merge import agree_on_safety, strongest
from daft_lint.lint.precedence import Precedence, in_order
from daft_lint.lint.registry import rules
from daft_lint.lint.results import FileResult, RawFinding
from daft_lint.source.document import Document
from daft_lint.source.problems import ParseFailure, Problem

if TYPE_CHECKING:
    import libcst as cst

    from daft_lint.config import Config
    from daft_lint.pipeline.interpreter.project import Project
    from daft_lint.pipeline.model import NodeRef, Script


class Analysis:
    """The analysis of one document by the rules `chosen`; `project` is the tree that the document is in."""

    def __init__(self, document: Document, config: Config, project: Project, chosen: Sequence[type[Rule]]) -> None:
        self.document = document
        self.config = config
        self.project = project
        self.chosen = chosen
        self.limits: list[str] = []
        self.precedence = Precedence()

    def run(self) -> FileResult:
        from daft_lint.pipeline.interpreter.interpreter import interpret

        path = self.document.path
        settings = self.config.settings
        if any(rule.knows_versions for rule in self.chosen):
            from daft_lint.pipeline.facts.target import daft_range, range_of

            wanted = daft_range(self.config.target_daft, path)
            before = self.config.written_for
            written_for = wanted if before is None else range_of(f"daft{before}") if before else daft_range(None, path)
            settings = replace(
                settings,
                target_daft=wanted.oldest,
                newest_daft=wanted.newest,
                written_for=written_for.oldest,
            )
        try:
            script = interpret(self.document, settings, self.project)
        except ParseFailure as failure:
            reported = Selection(self.config).runs(SyntaxErrorRule.code)
            return FileResult(path, (RawFinding(self.syntax_error(failure)),) if reported else ())
        findings: list[RawFinding] = []
        problems: list[Problem] = []
        for rule in in_order(self.chosen, rules(self.config.plugins)):
            found, problem = self.guarded(rule, script)
            findings += found if rule in self.chosen else []
            problems += [] if problem is None else [problem]
        limits = (*script.limits_hit, *self.limits, *self.left_out())
        return FileResult(
            path, tuple(strongest(agree_on_safety(findings))), tuple(problems), script.called, limits, bool(problems)
        )

    def left_out(self) -> Iterable[str]:
        """The Markdown blocks and notebook cells that do not parse, in words: snippets and drafts are no errors, but
        whoever wonders why nothing was found in them can see it."""
        for cell in self.document.cells:
            failure = self.project.left_out.get(cell)
            if failure is not None:
                line, _ = self.document.location(cell, failure.line, failure.column)
                where = f"cell {cell.number}, line {line}" if self.document.kind == "notebook" else f"line {line}"
                yield f"{where}: left out, it does not parse: {failure.message}"

    def syntax_error(self, failure: ParseFailure) -> Finding:
        """The finding for a file that does not parse."""
        line, column = self.document.location(self.document.cells[0], failure.line, failure.column)
        return Finding(
            SyntaxErrorRule.code,
            SyntaxErrorRule.name,
            SyntaxErrorRule.level,
            Span(self.document.path, None, line, column, line, column + 1),
            f"This file does not parse: {failure.message}",
            "Nothing in it can be checked",
            "",
        )

    def guarded(self, rule: type[Rule], script: Script) -> tuple[list[RawFinding], Problem | None]:
        """What one rule observes, or how it failed: a failing rule hides no other rule's findings."""
        try:
            return list(self.observed(rule, script)), None
        except Exception as error:  # noqa: BLE001  # a rule can be anybody's
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            return [], Problem(self.document.path, f"rule {rule.code} failed: {reason}")

    def observed(self, rule: type[Rule], script: Script) -> Iterable[RawFinding]:
        """What one rule observes, as findings."""
        made = rule()
        if isinstance(made, PipelineRule):
            for number, pipeline in enumerate(script.pipelines):
                entry = pipeline.entry if pipeline.open_parameter else ""
                for observation in made.check(pipeline) if made.applies_to(pipeline) else ():
                    if self.precedence.admits(rule, observation, number):
                        yield RawFinding(self.finding(rule, observation), entry)
        elif isinstance(made, ScriptRule):
            for observation in made.check(script):
                if self.precedence.admits(rule, observation):
                    yield RawFinding(self.finding(rule, observation))

    def finding(self, rule: type[Rule], observation: Observation) -> Finding:
        """An observation as plain data."""
        evidence = observation.evidence
        return Finding(
            rule.code,
            rule.name,
            observation.level,
            self.span(observation.location),
            observation.observed,
            observation.impact,
            observation.suggestion,
            evidence.strength.name.lower() if evidence is not None else None,
            tuple(Related(self.span(location), message) for location, message in observation.related),
            self.fix(observation),
        )

    def span(self, location: NodeRef) -> Span:
        """Where a node is. A chain of calls is pointed at from its last method's name, a definition at its name."""
        cell = location.cell
        positions = self.project.positions_of(cell)
        first, last = pointed_at(location.node)
        start, end = positions.span(first)[0], positions.span(last)[1]
        if first is not last and starts_with_name(location.node):
            whole = positions.span(location.node)[0]
            start = whole if positions.line_column(whole)[0] == positions.line_column(start)[0] else start
        line, column = cell.document.location(cell, *positions.line_column(start))
        end_line, end_column = cell.document.location(cell, *positions.line_column(end))
        number = cell.number if cell.document.kind == "notebook" else None
        return Span(cell.document.path, number, line, column, end_line, end_column)

    def fix(self, observation: Observation) -> FindingFix | None:
        if observation.fix is None:
            return None
        from daft_lint.fix.rendering import EditError, render

        try:
            edits = render(observation.fix.actions, self.project.positions_of)
        except EditError as error:
            self.limits.append(f"a fix of {self.document.path} was left out: {error}")
            return None
        return FindingFix(observation.fix.title, observation.fix.why_unsafe, edits) if edits else None


def pointed_at(node: cst.CSTNode) -> tuple[cst.CSTNode, cst.CSTNode]:
    """The first and the last node of what a finding underlines."""
    import libcst as cst

    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return node.func.attr, node
    if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
        return node.name, node.name
    if isinstance(node, cst.Param):
        return node.name, node.name
    return node, node


def starts_with_name(node: cst.CSTNode) -> bool:
    """`df.where(...)` and `model.predict(...)`, but not a link of a longer chain."""
    import libcst as cst

    from daft_lint.source.syntax import dotted

    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and bool(dotted(node.func.value))
