"""What an editor shows for the word under the pointer: a rule's documentation, or a DataFrame's pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from daft_lint.dataclass import dataclass
from daft_lint.lint.documentation import page
from daft_lint.lint.registry import documented_rules
from daft_lint.pipeline.dataflow.build import PipelineEnd, build_pipelines
from daft_lint.pipeline.dataflow.step_facts import ScriptContext
from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.model import NodeRef, Operator, Pipeline, Reads, Script
from daft_lint.report.plan import outline
from daft_lint.source import scanner
from daft_lint.source.document import Cell, Document, run_as_deep_as_needed
from daft_lint.source.positions import Positions
from daft_lint.source.problems import ParseFailure

if TYPE_CHECKING:
    from daft_lint.config import Config
    from daft_lint.pipeline.interpreter.project import Project

_CODE = re.compile(rb"[A-Z]{3}[0-9]{3}")
_NAME = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")


def hover(document: Document, number: int | None, offset: int, config: Config, project: Project) -> str | None:
    """Markdown about the word at a byte of a cell; None where there is nothing to say."""
    cell = next((cell for cell in document.cells if cell.number == number or len(document.cells) == 1), None)
    if cell is None:
        return None
    for token in scanner.tokens(cell.source):
        if token.kind == "comment" and token.start <= offset <= token.end:
            return _of_code(_word_at(_CODE, cell.source, offset), config)
    name = _word_at(_NAME, cell.source, offset)
    if name is None or b"daft" not in document.raw:
        return None
    try:
        return run_as_deep_as_needed(document, lambda: _of_name(name, cell, offset, document, config, project))
    except ParseFailure:
        return None


def _word_at(pattern: re.Pattern[bytes], source: bytes, offset: int) -> str | None:
    start = source.rfind(b"\n", 0, offset) + 1
    end = source.find(b"\n", offset)
    for match in pattern.finditer(source, start, len(source) if end < 0 else end):
        if match.start() <= offset <= match.end():
            return match.group().decode(errors="replace")
    return None


def _of_code(code: str | None, config: Config) -> str | None:
    rule = next((rule for rule in documented_rules(config.plugins) if rule.code == code), None)
    return None if rule is None else page(rule)


@dataclass(frozen=True, slots=True)
class _State:
    """A DataFrame as it is after an operator of one of its pipelines."""

    pipeline: Pipeline
    operator: Operator


def _of_name(name: str, cell: Cell, offset: int, document: Document, config: Config, project: Project) -> str | None:
    script = interpret(document, config.settings, project)
    states = list(_states(script, name, cell, offset, project))
    if not states:
        return None
    distinct = list(dict.fromkeys(_described(name, state) for state in states))
    more = f"\n\nOne of {len(distinct)} plans that it can have here." if len(distinct) > 1 else ""
    return distinct[0] + more


def _states(script: Script, name: str, cell: Cell, offset: int, project: Project) -> Iterator[_State]:
    """The states that a name can have at a place: what a call on it starts from, or what the statement assigns to it;
    else what the last assignment before it gave."""
    here = (cell.number or 0, offset)
    assigned: list[tuple[tuple[int, int], _State]] = []
    exact: list[_State] = []
    positions = project.positions_of(cell)
    for pipeline in (*script.pipelines, *_unread(script)):
        for operator in pipeline.operators:
            step = operator.step
            if operator.index and _covers(step.receiver, cell, offset, positions):
                before = pipeline.operators[operator.index - 1]
                if step.follows(before.step):
                    exact.append(_State(pipeline, before))
            for target in _targets(step.statement, cell):
                if target.node.value == name and _is_last(pipeline, operator):
                    start, end = project.positions_of(target.cell).span(target.node)
                    assigned.append(((target.cell.number or 0, start), _State(pipeline, operator)))
                    if target.cell is cell and start <= offset <= end:
                        exact.append(_State(pipeline, operator))
    if exact:
        yield from exact
        return
    last = max((start for start, _ in assigned if start <= here), default=None)
    yield from (state for start, state in assigned if start == last)


def _unread(script: Script) -> tuple[Pipeline, ...]:
    """The pipelines of DataFrames that nothing reads yet."""
    known = {operator.step for pipeline in script.pipelines for operator in pipeline.operators}
    left = [step for step in script.steps if step not in known]
    inner = {parent for step in left for parent in step.parents}
    ends = [PipelineEnd(step, Reads.NONE) for step in left if step not in inner]
    return build_pipelines(ends, ScriptContext(script.runner, script.runner_is_set, script.cluster, script.settings))


def _covers(location: NodeRef | None, cell: Cell, offset: int, positions: Positions) -> bool:
    if location is None or location.cell is not cell or not isinstance(location.node, cst.Name):
        return False
    start, end = positions.span(location.node)
    return start <= offset <= end


def _is_last(pipeline: Pipeline, operator: Operator) -> bool:
    """No later step of the pipeline stands in the same statement."""
    following = pipeline.operators[operator.index + 1 : operator.index + 2]
    return all(after.step.statement != operator.step.statement for after in following)


@dataclass(frozen=True, slots=True)
class _Target:
    """A name that a statement assigns to."""

    cell: Cell
    node: cst.Name


def _targets(statement: NodeRef | None, cell: Cell) -> Iterator[_Target]:
    """The names that a statement of the same file assigns to."""
    if statement is None or statement.cell.document is not cell.document:
        return
    node = statement.node
    for small in node.body if isinstance(node, cst.SimpleStatementLine) else (node,):
        if isinstance(small, cst.Assign):
            yield from (_Target(statement.cell, t.target) for t in small.targets if isinstance(t.target, cst.Name))
        elif isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
            yield _Target(statement.cell, small.target)


def _described(name: str, state: _State) -> str:
    pipeline, operator = state.pipeline, state.operator
    runner = f"runner {pipeline.runner.value}, {'set by the script' if pipeline.runner_is_set else 'the target'}"
    heavy = [f"`{column.name}`" for column in operator.heavy_columns_out()]
    carried = f"carries {', '.join(heavy)}, heavy" if heavy else "no column is known to be heavy"
    open_parameter = "; its rows come from a parameter with no caller in view" if pipeline.open_parameter else ""
    head = f"**`{name}`** after `{operator.step.name}`: {carried} ({runner}{open_parameter})"
    return f"{head}\n\n```text\n{outline(pipeline, operator)}```"
