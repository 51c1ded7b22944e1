"""Why a rule says nothing of a line: which facts it needs are missing there, and how to state them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from daft_lint.api.missing import missing
from daft_lint.api.rule import Rule
from daft_lint.config import Selection
from daft_lint.dataclass import dataclass
from daft_lint.lint.engine import check_document

if TYPE_CHECKING:
    from daft_lint.config import Config
    from daft_lint.pipeline.interpreter.project import Project
    from daft_lint.pipeline.model import NodeRef, Operator, Pipeline
    from daft_lint.source.document import Document


def why_silent(
    document: Document, config: Config, rule: type[Rule], line: int, cell: int | None = None
) -> Iterator[str]:
    """What keeps a rule from speaking of a line of a document, or what it says there: sentences with no full stop. Of
    a notebook the line is one of the `cell`, counted from 1, and of any where that is None.

    Raises `ParseFailure`.
    """
    reported = [f for f in check_document(document, config).findings if cell is None or f.span.cell == cell]
    on_line = [f for f in reported if f.span.line <= line <= f.span.end_line and f.span.path == document.path]
    here = [f for f in on_line if f.code == rule.code]
    if here:
        yield from (f"{f.code} is reported here as {f.level.name.lower()}: {f.observed}" for f in here)
        return
    selection = Selection(config)
    if not selection.runs(rule.code, rule.default):
        yield f"{rule.code} is not selected: `--extend-select {rule.code}`"
    elif rule.preview and not selection.previews(rule.code):
        yield f"{rule.code} is in preview: `--extend-select {rule.code}`, or `preview = true` in the configuration"
    from daft_lint.pipeline.facts.ray_signs import ray_in_project
    from daft_lint.pipeline.interpreter.interpreter import interpret
    from daft_lint.pipeline.interpreter.project import Project

    project = Project()
    settings = replace(config.settings, for_ray=ray_in_project(document.path))
    pipelines = interpret(document, settings, project).pipelines
    asked = _Line(document, project, line, cell)
    steps = tuple(asked.steps(pipelines))
    if not steps:
        steps = tuple(asked.steps_calling(pipelines))
        calling = {operator.step for _, operator in steps}
        for f in reported:
            its_line = _Line(document, project, f.span.line, f.span.cell)
            found = its_line.steps(pipelines) if f.code == rule.code else ()
            if any(operator.step in calling for _, operator in found):
                yield f"{f.code} is reported on line {f.span.line}, where it is called: {f.observed}"
                return
    reasons = [tuple(missing(pipeline, operator, rule.needs)) for pipeline, operator in steps]
    if not reasons:
        yield f"no step of a pipeline in view stands on line {line}, nor a UDF that one calls"
        return
    # Of several steps or paths, the one that lacks least.
    fewest = min(reasons, key=len)
    yield from fewest
    others = ", ".join(dict.fromkeys(f.code for f in on_line))
    if others:
        yield f"{others} has the word on this line: where one remedy serves for both, one of them is reported"
    elif not fewest:
        yield f"what it looks for is not there: `daft-lint explain {rule.code}` says what that is"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a document; of a notebook it is one of the `cell`, counted from 1, and of any where that is None."""

    document: Document
    project: Project
    line: int
    cell: int | None

    def steps(self, pipelines: tuple[Pipeline, ...]) -> Iterator[tuple[Pipeline, Operator]]:
        """The steps that stand on it, each with its pipeline."""
        for pipeline in pipelines:
            for operator in pipeline.operators:
                places = [operator.step.call, *(e.location for e in operator.step.walk() if e.location is not None)]
                if any(self._has_name_of(place) for place in places):
                    yield pipeline, operator

    def steps_calling(self, pipelines: tuple[Pipeline, ...]) -> Iterator[tuple[Pipeline, Operator]]:
        """The steps that call a UDF in whose definition it is."""
        for pipeline in pipelines:
            for operator in pipeline.operators:
                definitions = (call.udf.definition for call in operator.udf_calls)
                if any(d is not None and self._is_within(d) for d in definitions):
                    yield pipeline, operator

    def _is_within(self, definition: NodeRef) -> bool:
        if not self._can_be_in(definition):
            return False
        positions = self.project.positions_of(definition.cell)
        start, end = positions.span(definition.node)
        decorators = getattr(definition.node, "decorators", ())
        start = min([start, *(positions.span(decorator)[0] for decorator in decorators)])
        first, last = (self.document.location(definition.cell, *positions.line_column(at))[0] for at in (start, end))
        return first <= self.line <= last

    def _has_name_of(self, place: NodeRef) -> bool:
        """Whether the name of a step, or an expression of it, stands on the line."""
        import libcst as cst

        if not self._can_be_in(place):
            return False
        node = place.node
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            node = node.func.attr
        positions = self.project.positions_of(place.cell)
        start, _ = positions.span(node)
        return self.document.location(place.cell, *positions.line_column(start))[0] == self.line

    def _can_be_in(self, place: NodeRef) -> bool:
        return place.cell.document.path == self.document.path and self.cell in (None, place.cell.number)
