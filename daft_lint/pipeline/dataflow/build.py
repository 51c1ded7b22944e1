"""From the steps of a script to its pipelines: every path from a source to an end, with its facts.

Where branches meet, each variant has a path of its own (`variants`). What a step makes of columns, rows and partitions
is the same wherever the same branches are taken before it and is worked out once (`StepFacts`); bounds, stages, the
inflating step and what is read depend on the path. Nothing here recurses over steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.dataflow.operators import PathOperators
from daft_lint.pipeline.dataflow.resolved import ResolvedStep, Resolver, decisions_before, parents_first
from daft_lint.pipeline.dataflow.step_facts import ScriptContext, StepFacts
from daft_lint.pipeline.model import Decision, Pipeline, Reads, Step, StepKind

MAX_PATHS_PER_END = 64
MAX_OPERATORS = 100_000
"""Operators of all pipelines together: a bound on the work for scripts with very many sinks and branches."""
MAX_COLUMNS = 400_000
"""Known columns before the operators of all pipelines together: 70 joins of a DataFrame with itself, each of which adds
columns, come to 250,000, which take two seconds."""


@dataclass(frozen=True, slots=True)
class PipelineEnd:
    """Where a DataFrame is read, returned or leaves the view; a SINK step is its own end."""

    step: Step
    reads: Reads


@dataclass(frozen=True, slots=True)
class _End:
    """An end and the number of the parent by which the paths to it come."""

    step: ResolvedStep
    reads: Reads
    parent: int


@dataclass(slots=True, eq=False)
class _PathTail:
    """A path from a step to its end, as a linked list: the paths to one end share their tails."""

    step: ResolvedStep
    rest: _PathTail | None

    def steps(self) -> Iterator[ResolvedStep]:
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
    resolver = Resolver(parents_first([end.step for end in given]))
    resolved = [_End(step, end.reads, 0) for end in given for step in resolver.resolved(end.step)]
    cut_short = dict.fromkeys(f"branches before `{step.name}`" for step in resolver.capped)
    order = parents_first([end.step for end in resolved])
    facts = StepFacts(order, context)
    built: list[Pipeline] = []
    budget, columns = MAX_OPERATORS, MAX_COLUMNS
    for end in _all_ends(resolved, order):
        decisions = decisions_before(end.step) if resolver.has_branches else ()
        for number, path in enumerate(_paths(end)):
            if number == MAX_PATHS_PER_END or len(path) > budget or columns < 0:
                cut_short[f"paths to `{end.step.step.name}`"] = None
                break
            pipeline = _pipeline(path, end.reads, facts, decisions)
            budget -= len(path)
            columns -= sum(len(operator.columns_in) for operator in pipeline.operators)
            built.append(pipeline)
    if limits is not None:
        limits += cut_short
    context.script_pipelines.pipelines = tuple(built)
    return context.script_pipelines.pipelines


def _all_ends(given: Sequence[_End], order: Sequence[ResolvedStep]) -> Iterator[_End]:
    """The given ends, and those that lie within: the other sides of joins, and each `collect`."""
    running = set(parents_first([end.step for end in given if end.reads is not Reads.NONE]))
    ended = {end.step for end in given}
    inner = {parent for one in order for parent in one.parents if parent.step.kind is StepKind.COLLECT}
    for one in order:
        reads = Reads.ALL if one in running else Reads.NONE
        if one.step.kind is not StepKind.UNION:
            yield from (_End(one, reads, side) for side in range(1, len(one.parents)))
        if one in inner and one not in ended:
            yield _End(one, reads, 0)
    yield from given


def _paths(end: _End) -> Iterator[tuple[ResolvedStep, ...]]:
    """The paths to an end, first step first, by way of its parent (of any of them, for a union)."""
    last = end.step
    pending = [_PathTail(last, None)]
    while pending:
        tail = pending.pop()
        one = tail.step
        starts = not one.parents or (one.step.kind is StepKind.COLLECT and one is not last)
        if starts:
            yield tuple(tail.steps())
        elif one.step.kind is StepKind.UNION:
            pending.extend(_PathTail(parent, tail) for parent in reversed(tuple(dict.fromkeys(one.parents))))
        else:
            pending.append(_PathTail(one.parents[end.parent if one is last else 0], tail))


def _pipeline(
    path: tuple[ResolvedStep, ...], reads: Reads, facts: StepFacts, decisions: tuple[Decision, ...]
) -> Pipeline:
    context = facts.context
    return Pipeline(
        operators=PathOperators(path, reads, facts).operators(),
        reads=reads,
        runner=context.runner,
        runner_is_set=context.runner_is_set,
        runner_is_sure=context.runner_is_sure,
        cluster=context.cluster,
        settings=context.settings,
        open_parameter=path[0] in facts.from_parameter,
        morsel_size=context.morsel_size,
        sizes_files=context.sizes_files,
        script_pipelines=context.script_pipelines,
        constants=context.constants,
        decisions=decisions,
    )
