"""Steps as one choice of branches leaves them: no MERGE among them, each with the parents that it has there.

A step's facts depend on the branches that are taken before it and on nothing else, so that steps above every
branch, or within one, are resolved once for all choices and their facts are worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from daft_lint.pipeline.dataflow.variants import Variants
from daft_lint.pipeline.model import Branch, Decision, Step, StepKind


class ResolvedStep:
    """A step with its parents on some paths; `taken` are the branches between it and each parent, the nearest first."""

    __slots__ = ("parents", "step", "taken")

    def __init__(
        self, step: Step, parents: tuple[ResolvedStep, ...], taken: tuple[tuple[Branch, ...], ...] = ()
    ) -> None:
        self.step = step
        self.parents = parents
        self.taken = taken


_T = TypeVar("_T", Step, ResolvedStep)


def parents_first(roots: Iterable[_T]) -> list[_T]:
    """Everything that the roots rest on, each once, after its parents."""
    done: set[_T] = set()
    order: list[_T] = []
    for root in roots:
        pending = [(root, False)]
        while pending:
            one, entered = pending.pop()
            if entered:
                order.append(one)
            elif one not in done:
                done.add(one)
                pending.append((one, True))
                pending.extend((parent, False) for parent in reversed(one.parents))
    return order


def decisions_before(end: ResolvedStep) -> tuple[Decision, ...]:
    """The decisions on all the ways to a step, the first ones first, each once."""
    found: dict[tuple[object, bool], Decision] = {}
    cuts: dict[tuple[object, bool], dict[Step, None]] = {}
    for one in parents_first([end]):
        for branches in one.taken:
            for branch in reversed(branches):
                for decision in branch.decisions:
                    key = (decision.test, decision.holds)
                    found.setdefault(key, decision)
                    if decision.cuts:
                        cuts.setdefault(key, {}).update(dict.fromkeys(decision.cuts))
    return tuple(replace(one, cuts=tuple(cuts[key])) if key in cuts else one for key, one in found.items())


class Resolver:
    """Resolves the steps of a script; `order` has each step after its parents."""

    def __init__(self, order: Sequence[Step]) -> None:
        self._variants = Variants(order)
        self._fixed: dict[Step, ResolvedStep] = {}
        self._made: dict[tuple[object, ...], ResolvedStep] = {}
        for step in order:
            if step not in self._variants.branching:
                self._fixed[step] = ResolvedStep(step, tuple(self._fixed[parent] for parent in step.parents))

    @property
    def has_branches(self) -> bool:
        """Whether branches meet anywhere."""
        return bool(self._variants.branching)

    @property
    def capped(self) -> Iterable[Step]:
        """The steps before which there are too many branches to take each."""
        return self._variants.capped

    def resolved(self, step: Step) -> Iterator[ResolvedStep]:
        """The step as each variant leaves it; the same object where two variants do not differ before it."""
        if step in self._fixed:
            yield self._fixed[step]
            return
        seen: set[ResolvedStep] = set()
        for choices in self._variants.of(step):
            one = self._resolve(step, choices)
            if one not in seen:
                seen.add(one)
                yield one

    def _resolve(self, end: Step, choices: Mapping[Step, int]) -> ResolvedStep:
        done: dict[Step, ResolvedStep] = {}
        end, _ = _behind_merges(end, choices)
        pending = [(end, False)]
        while pending:
            step, entered = pending.pop()
            if step in self._fixed or (step in done and not entered):
                continue
            found = [_behind_merges(parent, choices) for parent in step.parents]
            if not entered:
                pending.append((step, True))
                pending.extend((parent, False) for parent, _ in reversed(found))
                continue
            parents = tuple(self._fixed.get(parent) or done[parent] for parent, _ in found)
            taken = tuple(branches for _, branches in found)
            key = (step, parents, taken)
            one = self._made.get(key)
            if one is None:
                one = self._made[key] = ResolvedStep(step, parents, taken)
            done[step] = one
        return self._fixed.get(end) or done[end]


def _behind_merges(step: Step, choices: Mapping[Step, int]) -> tuple[Step, tuple[Branch, ...]]:
    """The step that is taken where it is a MERGE, and by which branches."""
    taken: list[Branch] = []
    while step.kind is StepKind.MERGE:
        index = choices[step]
        taken.append(step.branches[index])
        step = step.parents[index]
    return step, tuple(taken)
