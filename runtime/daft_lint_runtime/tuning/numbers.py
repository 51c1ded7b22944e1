"""The numbers of a script that decide how its rows are cut and spread: where they stand, and what they are for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from daft_lint.api.edits import ReplaceNode
from daft_lint.config import Config
from daft_lint.fix.rendering import render
from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import Count, NodeRef, Operator, Pipeline, Reads, StepKind, Udf
from daft_lint.source.document import Document, run_as_deep_as_needed
from daft_lint.source.edit import Edit
from daft_lint.source.problems import ParseFailure
from daft_lint_runtime.spec import TextEnum, VerifyError


class NumberKind(TextEnum):
    """What a number decides; the value is how messages and `--only` call it."""

    BATCH_SIZE = "batch_size"
    CONCURRENCY = "max_concurrency"
    BATCHES = "into_batches"
    PARTITIONS = "repartition"
    """Also that of `into_partitions`."""


STEP_KINDS = {StepKind.BATCHES: NumberKind.BATCHES, StepKind.REPARTITION: NumberKind.PARTITIONS}


@dataclass(frozen=True)
class Use:
    """What a number is used for: a step's count, or an option of a UDF that an operator calls."""

    kind: NumberKind
    pipeline: Pipeline
    operator: Operator
    udf: Udf | None = None

    def __str__(self) -> str:
        return self.operator.step.name if self.udf is None else f"{self.kind} of {self.udf.name}"


@dataclass(frozen=True)
class TunableNumber:
    """A whole number in the script's text. `literal` is where it is spelled out, at its use or where the constant
    `constant` ("" for none) gets its value; `line` is there."""

    project: Project
    literal: NodeRef
    value: int
    line: int
    constant: str
    uses: tuple[Use, ...]

    @cached_property
    def kinds(self) -> frozenset[NumberKind]:
        return frozenset(use.kind for use in self.uses)

    @property
    def place(self) -> str:
        """Where it stands, as messages say it: `line 3`, in a notebook `cell 2, line 3`."""
        cell = self.literal.cell.number
        return f"line {self.line}" if cell is None else f"cell {cell}, line {self.line}"

    @property
    def location(self) -> str:
        """The same behind the path of its file: `3`, in a notebook `cell 2:3`."""
        cell = self.literal.cell.number
        return f"{self.line}" if cell is None else f"cell {cell}:{self.line}"

    @property
    def name(self) -> str:
        """How reports call it: its constant, else what it is used for."""
        return self.constant or ", ".join(dict.fromkeys(map(str, self.uses)))

    @property
    def purpose(self) -> str:
        """What it is used for, each use once."""
        return ", ".join(dict.fromkeys(map(str, self.uses)))

    def answers_to(self, word: str) -> bool:
        """Whether `--only WORD` means it: by its line, its constant, a kind, or a step's or UDF's name."""
        names = {str(self.line), self.constant, *self.kinds}
        names |= {use.operator.step.name if use.udf is None else use.udf.name for use in self.uses}
        return bool(word) and word in names


@dataclass(frozen=True)
class FoundNumbers:
    """`skipped` says of each number that cannot be tried why, a line each."""

    numbers: tuple[TunableNumber, ...]
    skipped: tuple[str, ...] = ()


def find_numbers(document: Document, config: Config) -> FoundNumbers:
    """The numbers of a script, in the order of their lines. Raises `VerifyError` where it does not parse."""
    project = Project()
    try:
        script = run_as_deep_as_needed(document, lambda: interpret(document, config.settings, project))
    except ParseFailure as failure:
        raise VerifyError(f"{document.path}:{failure}") from None
    found: dict[NodeRef, list[tuple[Count, Use]]] = {}
    skipped: dict[str, None] = {}
    for count, use in _uses(script.pipelines):
        literal = _literal(count, document)
        if literal is None:
            line = None if count.location is None else _line(project, count.location)
            at = f"line {line}: " if line is not None and _is_in(count.location, document) else ""
            skipped[f"{at}{use} is no number that the script's own text spells out"] = None
        else:
            found.setdefault(literal, []).append((count, use))
    numbers = (_number(project, literal, uses) for literal, uses in found.items())
    return FoundNumbers(tuple(sorted(numbers, key=lambda n: (n.literal.cell.index, n.line, n.name))), tuple(skipped))


def edited(document: Document, values: Iterable[tuple[TunableNumber, int]]) -> Document:
    """The document with other values in the places of numbers; digits are grouped where they were."""
    edits: list[Edit] = []
    for number, value in values:
        old = number.literal.node
        text = f"{value:_}" if isinstance(old, cst.Integer) and "_" in old.value else str(value)
        edits += render((ReplaceNode(number.literal, text),), number.project.positions_of)
    return document.edited(edits)


def _uses(pipelines: Iterable[Pipeline]) -> Iterator[tuple[Count, Use]]:
    """Every count that is given, in pipelines that run; an asynchronous UDF's `max_concurrency` bounds nothing."""
    for pipeline in pipelines:
        for operator in pipeline.operators if pipeline.reads is not Reads.NONE else ():
            kind = STEP_KINDS.get(operator.step.kind)
            if kind is not None and operator.step.count is not None:
                yield operator.step.count, Use(kind, pipeline, operator)
            for call in operator.udf_calls:
                if call.udf.batch_size is not None:
                    yield call.udf.batch_size, Use(NumberKind.BATCH_SIZE, pipeline, operator, call.udf)
                if call.udf.max_concurrency is not None and not call.udf.is_async:
                    yield call.udf.max_concurrency, Use(NumberKind.CONCURRENCY, pipeline, operator, call.udf)


def _literal(count: Count, document: Document) -> NodeRef | None:
    """The integer behind a count: the argument itself, or what is assigned to the constant that it is."""
    if count.location is None or count.value is None or count.value < 1:
        return None
    place: NodeRef | None = count.location
    if not isinstance(count.location.node, cst.Integer):
        place = None if count.origin is None else _assigned(count.origin)
    if place is None or not _is_in(place, document) or not isinstance(place.node, cst.Integer):
        return None
    return place if place.node.evaluated_value == count.value else None


def _assigned(target: NodeRef) -> NodeRef | None:
    """What the assignment to a name gives it, where nothing else is assigned with it."""
    parents = target.cell.parents
    statement = parents.get(target.node)
    if isinstance(statement, cst.AssignTarget):
        statement = parents.get(statement)
    if isinstance(statement, cst.Assign | cst.AnnAssign) and statement.value is not None:
        return NodeRef(target.cell, statement.value)
    return None


def _is_in(place: NodeRef | None, document: Document) -> bool:
    return place is not None and place.cell.document is document


def _line(project: Project, place: NodeRef) -> int:
    positions = project.positions_of(place.cell)
    line, column = positions.line_column(positions.span(place.node)[0])
    return place.cell.document.location(place.cell, line, column)[0]


def _number(project: Project, literal: NodeRef, uses: list[tuple[Count, Use]]) -> TunableNumber:
    first, _ = uses[0]
    origin = next((count.origin for count, _ in uses if count.location != literal), None)
    constant = "" if origin is None else cst.Module(body=[]).code_for_node(origin.node)
    distinct: dict[tuple[NumberKind, object, object], Use] = {}
    for _, use in uses:
        distinct.setdefault((use.kind, use.operator.step, use.udf), use)
    assert first.value is not None
    return TunableNumber(project, literal, first.value, _line(project, literal), constant, tuple(distinct.values()))
