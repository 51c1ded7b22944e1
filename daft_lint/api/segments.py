"""Segments of a pipeline: the operators in which one bound on the rows of a call holds.

A segment ends where a stage does, and at an `explode`: it multiplies the rows that a bound let through.
"""

from __future__ import annotations

import functools

from daft_lint.pipeline.model import Operator, Pipeline


def boundary_of(pipeline: Pipeline, operator: Operator) -> Operator:
    """The last operator before `operator` behind which no earlier bound holds: a repartitioning step, a `collect`, an
    `explode`, the source.

    A repartitioning step evaluates its own expressions before it repartitions, so an operator is never its own
    boundary (but the source is).
    """
    return pipeline.operators[_boundaries(pipeline)[operator.index - 1] if operator.index else 0]


def is_boundary(pipeline: Pipeline, operator: Operator) -> bool:
    """Whether no bound that is set before this operator holds after it: it begins a stage, or it multiplies rows."""
    return _boundaries(pipeline)[operator.index] == operator.index


def segment_of(pipeline: Pipeline, boundary: Operator) -> tuple[Operator, ...]:
    """The operators that `boundary` is the boundary of, in order."""
    found: list[Operator] = []
    for operator in pipeline.operators[boundary.index + 1 :]:
        found.append(operator)
        if is_boundary(pipeline, operator):
            break
    return tuple(found)


@functools.lru_cache(maxsize=2)
def _boundaries(pipeline: Pipeline) -> tuple[int, ...]:
    """For each operator the last boundary up to it, itself included: looked for operator by operator, a pipeline of
    3,000 steps would take minutes."""
    found: list[int] = []
    last = 0
    for index, operator in enumerate(pipeline.operators):
        if index and (operator.stage != pipeline.operators[index - 1].stage or operator.step.multiplies_rows()):
            last = index
        found.append(last)
    return tuple(found)
