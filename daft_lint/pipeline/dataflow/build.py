"""From the steps of a script to its pipelines: every path from a source to an end, with its facts.

What a step makes of columns, rows and partitions is the same on every path and is worked out once a step (`StepFacts`);
bounds, stages, the inflating step and what is read depend on the path. Nothing here recurses over steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from daft_lint.pipeline.dataflow.operators import PathOperators
from daft_lint.pipeline.dataflow.step_facts import ScriptContext, StepFacts
from daft_lint.pipeline.model import Pipeline, Reads, Step, StepKind

MAX_PATHS_PER_END = 64
MAX_OPERATORS = 100_000
"""Operators of all pipelines together: a bound on the work for scripts with very many sinks and branches."""


@dataclass(frozen=True, slots=True)
class PipelineEnd:
    """Where a DataFrame is read, returned or leaves the view; a SINK step is its own end."""

    step: Step
    reads: Reads


@dataclass(frozen=True, slots=True)
class _End:
    """An end and the number of the parent by which the paths to it come."""

    end: PipelineEnd
    parent: int


@dataclass(slots=True, eq=False)
class _PathTail:
    """A path from a step to its end, as a linked list: the paths to one end share their tails."""

    step: Step
    rest: _PathTail | None

    def steps(self) -> Iterator[Step]:
        """The steps, the first one first."""
        tail: _PathTail | None = self
        while tail is not None:
            yield tail.step
            tail = tail.rest


def build_pipelines(
    ends: Iterable[PipelineEnd], context: ScriptContext, limits: list[str] | None = None
) -> tuple[Pipeline, ...]:
    """Every path from a source to an end, as a pipeline with its facts.

    Each other side of a join is a pipeline of its own that ends at the join, and each `collect` ends one and begins
    the next. Caps that were reached are added to `limits`, in words.
    """
    given = tuple(dict.fromkeys(ends))
    order = _parents_first([end.step for end in given])
    facts = StepFacts(order, context)
    built: list[Pipeline] = []
    budget = MAX_OPERATORS
    for end in _all_ends(given, order):
        for number, path in enumerate(_paths(end)):
            if number == MAX_PATHS_PER_END or len(path) > budget:
                if limits is not None:
                    limits.append(f"paths to `{end.end.step.name}`")
                break
            budget -= len(path)
            built.append(_pipeline(path, end.end.reads, facts))
    context.script_pipelines.pipelines = tuple(built)
    return context.script_pipelines.pipelines


def _parents_first(roots: Iterable[Step]) -> list[Step]:
    """Every step that the roots rest on, each once, after its parents."""
    done: set[Step] = set()
    order: list[Step] = []
    for root in roots:
        pending = [(root, False)]
        while pending:
            step, entered = pending.pop()
            if entered:
                order.append(step)
            elif step not in done:
                done.add(step)
                pending.append((step, True))
                pending.extend((parent, False) for parent in reversed(step.parents))
    return order


def _all_ends(given: Sequence[PipelineEnd], order: Sequence[Step]) -> Iterator[_End]:
    """The given ends, and those that lie within: the other sides of joins, and each `collect`."""
    running = set(_parents_first([end.step for end in given if end.reads is not Reads.NONE]))
    ended = {end.step for end in given}
    inner = {parent for step in order for parent in step.parents if parent.kind is StepKind.COLLECT}
    for step in order:
        reads = Reads.ALL if step in running else Reads.NONE
        if step.kind is not StepKind.UNION:
            yield from (_End(PipelineEnd(step, reads), side) for side in range(1, len(step.parents)))
        if step in inner and step not in ended:
            yield _End(PipelineEnd(step, reads), 0)
    yield from (_End(end, 0) for end in given)


def _paths(end: _End) -> Iterator[tuple[Step, ...]]:
    """The paths to an end, first step first, by way of its parent (of any of them, for a union)."""
    last = end.end.step
    pending = [_PathTail(last, None)]
    while pending:
        tail = pending.pop()
        step = tail.step
        starts = not step.parents or (step.kind is StepKind.COLLECT and step is not last)
        if starts:
            yield tuple(tail.steps())
        elif step.kind is StepKind.UNION:
            pending.extend(_PathTail(parent, tail) for parent in reversed(tuple(dict.fromkeys(step.parents))))
        else:
            pending.append(_PathTail(step.parents[end.parent if step is last else 0], tail))


def _pipeline(steps: tuple[Step, ...], reads: Reads, facts: StepFacts) -> Pipeline:
    context = facts.context
    return Pipeline(
        operators=PathOperators(steps, reads, facts).operators(),
        reads=reads,
        runner=context.runner,
        runner_is_set=context.runner_is_set,
        cluster=context.cluster,
        settings=context.settings,
        open_parameter=steps[0] in facts.from_parameter,
        morsel_size=context.morsel_size,
        script_pipelines=context.script_pipelines,
        constants=context.constants,
    )
