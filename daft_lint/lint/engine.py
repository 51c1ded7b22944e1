"""From documents to findings: which rules run, what they observe, what is suppressed.

Rules are found by name: every module `daft_lint_rules.dft*` holds one. The engine knows none of them.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from daft_lint.api.finding import Finding, FindingFix, FixEdit, Level, Related, Span
from daft_lint.api.rule import Observation, PipelineRule, Rule, ScriptRule
from daft_lint.config import Config
from daft_lint.config.selection import Selection
from daft_lint.lint.precedence import Precedence, in_order
from daft_lint.lint.results import RawFinding, Report, Result
from daft_lint.lint.suppressions import Suppressions
from daft_lint.source.discovery import Problem
from daft_lint.source.document import Cell, Document, ParseFailure, run_as_deep_as_needed
from daft_lint.source.modules import Modules, TransitiveCheck
from daft_lint.source.prescan import Prescan, uses_daft

if TYPE_CHECKING:
    import libcst as cst

    from daft_lint.api.edits import Edit
    from daft_lint.pipeline.interpreter.project import Project
    from daft_lint.pipeline.model import NodeRef, Script

RULES_PACKAGE = "daft_lint_rules"
SYNTAX = "DFT001"
UNUSED = "DFT002"
OURS = frozenset({"DFT"})


def rules(plugins: tuple[str, ...] = ()) -> tuple[type[Rule], ...]:
    """Every rule of ours and of the plugins that are named, by code.

    Raises `plugins.PluginError` for a plugin that cannot be used.
    """
    if not plugins:
        return own_rules()
    from daft_lint.lint.plugins import PluginError, load, twice

    found = sorted((*own_rules(), *load(plugins)), key=lambda rule: rule.code)
    clash = twice(found)
    if clash is not None:
        raise PluginError(clash)
    return tuple(found)


@functools.cache
def own_rules() -> tuple[type[Rule], ...]:
    """The rules that come with the linter, by code."""
    package = importlib.import_module(RULES_PACKAGE)
    found: list[type[Rule]] = []
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("dft"):
            loaded = importlib.import_module(f"{RULES_PACKAGE}.{module.name}")
            found.extend(
                value
                for value in vars(loaded).values()
                # The module first: on Python 3.10 an alias such as `tuple[int, ...]` passes for a type.
                if isinstance(value, type) and value.__module__ == loaded.__name__ and issubclass(value, Rule)
            )
    return tuple(sorted(found, key=lambda rule: rule.code))


def selected_rules(config: Config) -> tuple[type[Rule], ...]:
    """The rules that the configuration asks for."""
    selection = Selection(config)
    return tuple(rule for rule in rules(config.plugins) if selection.runs(rule.code, rule.default))


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
        """The tree that the documents are in; LibCST is imported for it, and so only for a file that needs a parse."""
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

    def check(self, document: Document) -> Result:
        """What one document gives, findings in modules that it calls included."""
        if not self.needs_analysis(document.path, document.raw):
            return Result(document.path)
        return self.analyse(document)

    def analyse(self, document: Document) -> Result:
        """What one document gives that `concerns`."""
        analysis = Analysis(document, self.config, self.project, self.chosen)
        try:
            return run_as_deep_as_needed(document, analysis.run)
        except ParseFailure as failure:
            return Result(document.path, (), (Problem(document.path, failure.message),))


def check_document(document: Document, config: Config) -> Report:
    """Check one document alone, as an editor or standard input gives it."""
    return merge([Checker(config).check(document)], (), 1, config, {document.path: document})


class Analysis:
    """One document on its way to findings."""

    def __init__(self, document: Document, config: Config, project: Project, chosen: Sequence[type[Rule]]) -> None:
        self.document = document
        self.config = config
        self.project = project
        self.chosen = chosen
        self.limits: list[str] = []
        self.precedence = Precedence()

    def run(self) -> Result:
        from daft_lint.pipeline.interpreter.interpret import interpret

        path = self.document.path
        settings = self.config.settings
        if any(rule.knows_versions for rule in self.chosen):
            from daft_lint.pipeline.facts.target import target_daft

            settings = replace(settings, target_daft=target_daft(self.config.target_daft, path))
        try:
            script = interpret(self.document, settings, self.project)
        except ParseFailure as failure:
            return Result(path, (RawFinding(self.syntax(failure)),) if Selection(self.config).runs(SYNTAX) else ())
        raised: list[RawFinding] = []
        problems: list[Problem] = []
        for rule in in_order(self.chosen, rules(self.config.plugins)):
            found, problem = self.guarded(rule, script)
            raised += found if rule in self.chosen else []
            problems += [] if problem is None else [problem]
        limits = (*script.limits_hit, *self.limits, *self.left_out())
        return Result(
            path, tuple(strongest(every_verdict(raised))), tuple(problems), script.called, limits, bool(problems)
        )

    def left_out(self) -> Iterable[str]:
        """The blocks of a guide and the cells of a notebook that do not parse, in words: snippets and drafts are no
        errors, but whoever wonders why nothing was found there can see it."""
        for cell in self.document.cells:
            failure = self.project.left_out.get(cell)
            if failure is not None:
                line, _ = self.document.location(cell, failure.line, failure.column)
                where = f"cell {cell.number}, line {line}" if self.document.kind == "notebook" else f"line {line}"
                yield f"{where}: left out, it does not parse: {failure.message}"

    def syntax(self, failure: ParseFailure) -> Finding:
        """DFT001: the file does not parse."""
        line, column = self.document.location(self.document.cells[0], failure.line, failure.column)
        return Finding(
            SYNTAX,
            "syntax-error",
            Level.ERROR,
            Span(self.document.path, None, line, column, line, column + 1),
            f"This file does not parse: {failure.message}",
            "Nothing in it can be checked",
            "",
        )

    def guarded(self, rule: type[Rule], script: Script) -> tuple[list[RawFinding], Problem | None]:
        """What one rule has to say, or how it failed: its mistake hides no other rule's findings."""
        try:
            return list(self.observed(rule, script)), None
        except Exception as error:  # noqa: BLE001  # a rule can be anybody's
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            return [], Problem(self.document.path, f"rule {rule.code} failed: {reason}")

    def observed(self, rule: type[Rule], script: Script) -> Iterable[RawFinding]:
        """What one rule has to say, as findings."""
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
        from daft_lint.api.edits import EditError, render_all

        edits: list[FixEdit] = []
        try:
            rendered = render_all(observation.fix.actions, self.project.positions_of)
        except EditError as error:
            self.limits.append(f"a fix of {self.document.path} was left out: {error}")
            return None
        for cell, changes in rendered.items():
            edits.extend(self.fix_edit(cell, change) for change in changes)
        if not edits:
            return None
        return FindingFix(observation.fix.title, observation.fix.why_unsafe, tuple(edits))

    def fix_edit(self, cell: Cell, edit: Edit) -> FixEdit:
        """An edit in the bytes of the file; in those of the cell's source for a notebook."""
        document = cell.document
        if document.kind == "notebook":
            return FixEdit(document.path, cell.number, edit.start, edit.end, edit.text)
        start, end = document.file_span(cell, edit.start, edit.end)
        return FixEdit(document.path, None, start, end, edit.text)


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


def strongest(raised: Iterable[RawFinding]) -> list[RawFinding]:
    """One for each code and place: one that rests on no open parameter first, then the highest level."""
    kept: dict[tuple[str, Span], RawFinding] = {}
    for one in raised:
        key = (one.finding.code, one.finding.span)
        before = kept.get(key)
        if before is None or rank(one) > rank(before):
            kept[key] = one
    return list(kept.values())


def rank(raised: RawFinding) -> tuple[bool, Level]:
    return (not raised.entry, raised.finding.level)


def every_verdict(raised: Iterable[RawFinding]) -> Iterable[RawFinding]:
    """What was raised, each fix unsafe where one at the same bytes is: the sink of one path does not see the row order
    that the sink of another sees."""
    raised = list(raised)
    fixes = [one.finding.fix for one in raised]
    unsafe = {insertion_points_of(fix): fix.why_unsafe for fix in fixes if fix is not None and not fix.safe}
    for one, fix in zip(raised, fixes, strict=True):
        if fix is not None and fix.safe and insertion_points_of(fix) in unsafe:
            fix = replace(fix, why_unsafe=unsafe[insertion_points_of(fix)])
            one = replace(one, finding=replace(one.finding, fix=fix))
        yield one


def insertion_points_of(fix: FindingFix) -> tuple[tuple[str, int | None, int, int], ...]:
    """Which bytes a fix changes."""
    return tuple((edit.path, edit.cell, edit.start, edit.end) for edit in fix.edits)


def merge(
    results: Iterable[Result], problems: Sequence[Problem], files: int, config: Config, sources: Mapping[str, Document]
) -> Report:
    """One report of all documents: what rests on a parameter with no caller counts only where no other file calls."""
    results = list(results)
    called = frozenset(entry for result in results for entry in result.called)
    seen = (one for result in results for one in result.raised if one.entry not in called)
    raised = strongest(every_verdict(seen))
    findings: list[Finding] = []
    selection = Selection(config)
    letters = code_letters(config)
    suppressions = {path: Suppressions(document, letters) for path, document in sources.items()}
    for finding in sorted((one.finding for one in raised), key=order):
        if selection.ignores_in(finding.span.path, finding.code):
            continue
        table = suppressions.get(finding.span.path)
        if table is None or not table.hides(finding):
            findings.append(finding)
    if selection.runs(UNUSED):
        for table in suppressions.values():
            findings.extend(table.unused(selection))
    return Report(
        tuple(sorted(findings, key=order)),
        (*problems, *(p for result in results for p in result.problems)),
        files,
        tuple(f"{result.path}: {limit}" for result in results for limit in result.limits),
        any(result.failed for result in results),
    )


def code_letters(config: Config) -> frozenset[str]:
    """The letters that the codes of the rules in use begin with."""
    return frozenset({SYNTAX[:3], *(rule.code[:3] for rule in rules(config.plugins))}) if config.plugins else OURS


def order(finding: Finding) -> tuple[Span, str]:
    return (finding.span, finding.code)
