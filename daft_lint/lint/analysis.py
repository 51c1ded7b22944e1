"""One document on its way to findings: interpreted, shown to each rule, and what the rules observe as plain data."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from daft_lint.api.finding import Finding, FindingFix, Related, Span
from daft_lint.api.promises import EXHAUSTION, Changes
from daft_lint.api.rows import gets_few_rows
from daft_lint.api.rule import Fix, Observation, PipelineRule, Remedy, Rule, ScriptRule, Sinks, without_a_sign
from daft_lint.config import Selection
from daft_lint.lint.conditions import condition, operator_at
from daft_lint.lint.engine_rules import SyntaxErrorRule, UnusedSuppression
from daft_lint.lint.merge import agree_on_safety, strongest
from daft_lint.lint.precedence import Precedence, in_order
from daft_lint.lint.registry import rules
from daft_lint.lint.results import FileResult, Fixes, Proposal, RawFinding
from daft_lint.lint.suppressions import comment_span, unused_finding
from daft_lint.pipeline.facts.footers import can_read_footers, named_file
from daft_lint.pipeline.facts.settings import Footers
from daft_lint.source.code import code_in
from daft_lint.source.document import Document
from daft_lint.source.problems import ParseFailure, Problem

if TYPE_CHECKING:
    import libcst as cst

    from daft_lint.config import Config
    from daft_lint.lint.outlook import Outlook, TouchedPipelines
    from daft_lint.pipeline.interpreter.project import Project
    from daft_lint.pipeline.model import NodeRef, Pipeline, Script, Settings
    from daft_lint.source.edit import Edit


FACTS_FOR_NOTHING = (
    "No source is read on the line that this comment is about",
    "Its facts have no effect",
    "Put it on the line of the call that reads the source, or alone on the line before",
)


class Analysis:
    """The analysis of one document by the rules `chosen`; `project` is the tree that the document is in."""

    def __init__(
        self,
        document: Document,
        config: Config,
        project: Project,
        chosen: Sequence[type[Rule]],
        fixes: Fixes = Fixes(),
        *,
        looks_ahead: bool = True,
    ) -> None:
        self.document = document
        self.looks_ahead = looks_ahead
        """Fixes that wait for others are asked for in the text that these leave; not again in that text."""
        self.fixes = fixes
        self.config = config
        self.project = project
        self.chosen = chosen
        self.limits: list[str] = []
        self.precedence = Precedence()
        self.touched: TouchedPipelines | None = None

    def settings(self) -> Settings:
        """The settings of the configuration, with what the document's own project says."""
        from daft_lint.pipeline.facts.ray_signs import ray_in_project

        path = self.document.path
        settings = replace(self.config.settings, for_ray=ray_in_project(path))
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
                is_upgrade=before is not None,
            )
        return settings

    def run(self) -> FileResult:
        """What the document gives; where a data file that it names lies here, with the footers."""
        path = self.document.path
        settings = self.settings()
        named_only = settings.footers is Footers.NAMED
        try:
            used = without_footers(settings)
            judged = self.judged(used)
            if named_only:
                files = self.project.modules.data[path] = named_files(judged.script)
                if any_to_read(files):
                    self.limits, self.precedence = [], Precedence()
                    used, judged = settings, self.judged(settings)
        except ParseFailure as failure:
            return FileResult(path, (RawFinding(self.syntax_error(failure)),))
        script, problems = judged.script, judged.problems
        offered = self.offered(strongest(agree_on_safety(judged.findings)), judged, used)
        limits = (*script.limits_hit, *self.limits, *self.left_out())
        return FileResult(path, tuple(offered), tuple(problems), script.called, limits, bool(problems))

    def judged(self, settings: Settings) -> Judged:
        """What the rules find with these settings. Raises `ParseFailure`."""
        from daft_lint.pipeline.interpreter.interpreter import interpret

        script = interpret(self.document, settings, self.project)
        self.touched = None
        findings: list[RawFinding] = list(self.facts_for_nothing(script))
        problems: list[Problem] = []
        seen: list[tuple[type[Rule], Observed]] = []
        for rule in in_order(self.chosen, rules(self.config.plugins)):
            made, found, problem = self.guarded(rule, script)
            seen += [(rule, one) for one in made]
            findings += found
            problems += [] if problem is None else [problem]
        return Judged(script, findings, problems, seen)

    def offered(self, findings: list[RawFinding], judged: Judged, settings: Settings) -> list[RawFinding]:
        """The findings with the fixes that make nothing worse."""
        if not any(raw.proposals for raw in findings):
            return findings
        from daft_lint.lint.gate import Gate

        def foresee(edits: Sequence[Edit]) -> Outlook:
            self.fixes.before_trial()
            return self.foreseen(edits, settings)

        weighed = frozenset(rule.code for rule in self.chosen if is_weighed(rule))
        operators = sum(len(pipeline.operators) for pipeline in judged.script.pipelines)
        size = 1 + self.document.raw.count(b"\n") + operators
        later = self.fixed_later if self.looks_ahead else None
        gate = Gate(lambda: self.outlook(judged.script, judged.seen), foresee, later, weighed, size)
        settled = gate.settled(findings)
        if gate.exhausted:
            self.limits.append(f"fixes of {self.document.path}")
        return list(agree_on_safety(settled))

    def foreseen(self, edits: Sequence[Edit], settings: Settings) -> Outlook:
        """What the document does once edits are made. Raises `ParseFailure` or `ValueError`."""
        from daft_lint.pipeline.interpreter.interpreter import interpret
        from daft_lint.pipeline.interpreter.project import Project
        from daft_lint.source.modules import Modules

        edited = self.edited(edits)
        document = edited.get(self.document.path, self.document)
        project = self.project
        if set(edited) != {self.document.path}:
            project = Project(Modules({**self.project.modules.overlay, **edited}))
        try:
            script = interpret(document, settings, project)
            return self.outlook(script, self.observations(script))
        finally:
            if document is not self.document:
                project.release(document)

    def fixed_later(self, edits: Sequence[Edit]) -> Counter[tuple[str, str]]:
        """What the findings are about that have a fix once edits are made, by code. Raises as `foreseen`."""
        from daft_lint.pipeline.interpreter.project import Project
        from daft_lint.source.modules import Modules

        edited = self.edited(edits)
        document = edited.get(self.document.path, self.document)
        project = Project(Modules({**self.project.modules.overlay, **edited}))
        found = Analysis(document, self.config, project, self.chosen, self.fixes, looks_ahead=False).run().findings
        return Counter(raw.key for raw in found if raw.finding.fix is not None)

    def edited(self, edits: Sequence[Edit]) -> dict[str, Document]:
        """The documents that edits change, by path."""
        edited: dict[str, Document] = {}
        for path in dict.fromkeys(edit.path for edit in edits):
            known = self.project.modules.overlay.get(path) or self.project.documents.get(path)
            document = self.document if path == self.document.path else known or Document.read(path)
            edited[path] = document.edited([edit for edit in edits if edit.path == path]).sharing(document)
        return edited

    def observations(self, script: Script) -> Iterator[tuple[type[Rule], Observed]]:
        """What each rule observes in an edited script; one that fails observes nothing more."""
        precedence = Precedence()
        for rule in in_order(self.chosen, rules(self.config.plugins)):
            with contextlib.suppress(Exception):
                for seen in observed(rule, script, precedence):
                    yield rule, seen

    def outlook(self, script: Script, seen: Iterable[tuple[type[Rule], Observed]]) -> Outlook:
        """What a script does, with what the chosen rules observe in it, and of that what yields to others."""
        from daft_lint.lint.outlook import Counted, Outlook, TouchedPipelines

        touched = TouchedPipelines(script)
        shown: dict[tuple[str, NodeRef], set[int]] = {}
        hidden: dict[tuple[str, NodeRef], set[int]] = {}
        numbers = {id(pipeline): number for number, pipeline in enumerate(script.pipelines)}
        for rule, one in seen:
            if rule in self.chosen:
                at = one.observation.location
                found = (shown if one.admitted else hidden).setdefault((rule.code, at), set())
                found |= (touched.around(at) or set()) if one.pipeline is None else {numbers[id(one.pipeline)]}

        def counted(found: dict[tuple[str, NodeRef], set[int]]) -> list[Counted]:
            return [Counted(rule, code_in(at.cell, at.node), frozenset(of)) for (rule, at), of in found.items()]

        yielding = {key: pipelines for key, pipelines in hidden.items() if key not in shown}
        return Outlook.of(script, counted(shown), counted(yielding))

    def left_out(self) -> Iterable[str]:
        """The Markdown blocks and notebook cells that do not parse, in words: snippets and drafts are no errors, but
        whoever wonders why nothing was found in them can see it."""
        for cell in self.document.cells:
            failure = self.project.left_out.get(cell)
            if failure is not None:
                line, _ = self.document.location(cell, failure.line, failure.column)
                where = f"cell {cell.number}, line {line}" if self.document.kind == "notebook" else f"line {line}"
                yield f"{where}: left out, it does not parse: {failure.message}"

    def facts_for_nothing(self, script: Script) -> Iterable[RawFinding]:
        """A finding for each comment whose facts no source has, where all of the file was evaluated."""
        if script.limits_hit or not Selection(self.config).runs(UnusedSuppression.code):
            return
        from daft_lint.pipeline.facts.comments import comment_facts

        for cell in self.document.cells:
            used = self.project.facts_used.get(cell, set())
            for line, comment in comment_facts(cell).comments.items():
                if line not in used and cell not in self.project.left_out:
                    yield RawFinding(unused_finding(comment_span(cell, comment), *FACTS_FOR_NOTHING))

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

    def guarded(self, rule: type[Rule], script: Script) -> tuple[list[Observed], list[RawFinding], Problem | None]:
        """What one rule observes, its findings, or how it failed: a failing rule hides no other rule's findings."""
        try:
            made = list(observed(rule, script, self.precedence))
            admitted = [one for one in made if one.admitted and rule in self.chosen]
            return made, self.raw_findings(rule, script, admitted), None
        except Exception as error:  # noqa: BLE001  # a rule can be anybody's
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            return [], [], Problem(self.document.path, f"rule {rule.code} failed: {reason}")

    def raw_findings(self, rule: type[Rule], script: Script, found: Sequence[Observed]) -> list[RawFinding]:
        """What a rule observed, each with the condition under which the paths through its place have it."""
        paths: dict[NodeRef, list[Pipeline]] = {}
        for seen in found:
            if seen.pipeline is not None:
                paths.setdefault(seen.observation.location, []).append(seen.pipeline)
        when = {location: condition(pipelines, location) for location, pipelines in paths.items()}
        return [self.raw_finding(rule, script, seen, when.get(seen.observation.location)) for seen in found]

    def raw_finding(self, rule: type[Rule], script: Script, seen: Observed, when: str | None) -> RawFinding:
        """An observation as plain data, with the fixes to choose from."""
        observation = seen.observation
        proposals = tuple(self.proposals(observation, script)) if self.fixes.offered else ()
        finding = self.finding(rule, observation, when)
        if proposals:
            finding = replace(finding, fix=proposals[0].fix, suggestion=proposals[0].suggestion)
        at = observation.location
        return RawFinding(finding, seen.entry, proposals, code_in(at.cell, at.node))

    def finding(self, rule: type[Rule], observation: Observation, when: str | None) -> Finding:
        """An observation as plain data; `when` says on which paths it holds, None on all."""
        evidence = observation.evidence
        return Finding(
            rule.code,
            rule.name,
            observation.level,
            self.span(observation.location),
            observation.observed if when is None else f"{observation.observed}, {when}",
            observation.impact,
            observation.suggestion,
            evidence.strength.name.lower() if evidence is not None else None,
            tuple(
                Related(self.span(location), message)
                for location, message in observation.related
                if location != observation.location
            ),
            condition=when,
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

    def proposals(self, observation: Observation, script: Script) -> Iterable[Proposal]:
        """What the observation offers as edits, in order; fixes that cannot be rendered are left out."""
        from daft_lint.lint.outlook import TouchedPipelines

        for remedy in observation.remedies or (Remedy(observation.suggestion, observation.fix),):
            fix = None if remedy.fix is None else self.rendered(remedy.fix)
            if fix is not None and remedy.fix is not None:
                self.touched = self.touched or TouchedPipelines(script)
                yield Proposal(fix, remedy.suggestion, self.touched.by(remedy.fix.actions))

    def rendered(self, fix: Fix) -> FindingFix | None:
        from daft_lint.fix.rendering import EditError, render

        try:
            edits = render(fix.actions, self.project.positions_of)
        except EditError as error:
            self.limits.append(f"a fix of {self.document.path} was left out: {error}")
            return None
        return FindingFix(fix.title, fix.why_unsafe, edits, fix.effects) if edits else None


def is_weighed(rule: type[Rule]) -> bool:
    """Whether the rule's fixes have to make a script cheaper; others make it run, or mean what it says."""
    return rule.changes is Changes.COST and not any(failure is not EXHAUSTION for failure in rule.ends)


def named_files(script: Script) -> set[str]:
    """The local data files that the sources of a script name."""
    sources = (pipeline.source.step.source for pipeline in script.pipelines)
    paths = {path for source in sources if source is not None for path in source.paths}
    return {file for path in paths if (file := named_file(path, ".")) is not None}


def any_to_read(files: Iterable[str]) -> bool:
    """Whether one of these data files is there, and what reads its footer."""
    return any(map(os.path.isfile, files)) and can_read_footers()


def without_footers(settings: Settings) -> Settings:
    """The settings for a first look, which tells what files a script names; where all are to be read, as they are."""
    return replace(settings, footers=Footers.NONE) if settings.footers is Footers.NAMED else settings


class Judged(NamedTuple):
    """What the rules find in a script, before it is settled which fixes are offered, and the rules that failed."""

    script: Script
    findings: list[RawFinding]
    problems: list[Problem]
    seen: list[tuple[type[Rule], Observed]]
    """What each rule observed, admitted or not."""


class Observed(NamedTuple):
    """What a rule observed of a script, of one of its pipelines where the rule asks those. `entry` is the function that
    it rests on (`RawFinding.entry`); `admitted`: no rule that this one yields to has the word."""

    entry: str
    observation: Observation
    admitted: bool
    pipeline: Pipeline | None = None


def observed(rule: type[Rule], script: Script, precedence: Precedence) -> Iterable[Observed]:
    """What one rule observes."""
    made = rule()
    if isinstance(made, PipelineRule):
        for number, pipeline in enumerate(script.pipelines):
            entry = pipeline.entry if pipeline.open_parameter else ""
            for observation in made.check(pipeline) if made.applies_to(pipeline) else ():
                if made.sinks is Sinks.ALL_ROWS and _is_about_few_rows(pipeline, observation):
                    continue
                if rule.needs_ray and not pipeline.runner_is_sure:
                    observation = without_a_sign(observation)
                yield Observed(entry, observation, precedence.admits(rule, observation, number), pipeline)
    elif isinstance(made, ScriptRule):
        for observation in made.check(script):
            yield Observed(observation.entry, observation, precedence.admits(rule, observation))


def _is_about_few_rows(pipeline: Pipeline, observation: Observation) -> bool:
    """Whether the step that an observation is about gets a few rows, whatever the others of its pipeline get."""
    operator = observation.operator or operator_at(pipeline, observation.location.node)
    return operator is not None and gets_few_rows(pipeline, operator)


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
