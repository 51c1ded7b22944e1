"""Variants: which branch is taken wherever branches meet.

Branches that exclude each other are never taken together (`Branch.implies`). Up to `MAX_EXACT` variants all are taken;
else a covering array of strength two, so that the work grows with the number of branches and not with their product:
every branch occurs, and of two optional steps all four combinations do, where the script allows them. It is filled up
to `MAX_EXACT` with scattered ones, which tell a condition of one branch from one that needs three. Of branches that
exclude each other, as those of a long `elif`, at most `MAX_VARIANTS` more are taken.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from daft_lint.pipeline.model import Branch, Step, StepKind

MAX_EXACT = 16
"""Variants of one DataFrame up to which all are taken."""
MAX_VARIANTS = 64
"""Variants of one DataFrame that are taken besides its array, for branches that exclude each other: each walks past all
those that it does not take."""
MAX_IN_SCRIPT = 512
"""Variants of all DataFrames of a script from which on each of them has `MAX_EXACT` besides its array."""
MAX_REPEATED = 64
"""Rows of a covering array up to which it is repeated for each branch of the widest branching."""

Choices = dict[Step, int]
Pick = Callable[[Step, Sequence[int]], int]
"""Picks one of the branches of a MERGE that are left."""


class Variants:
    """The variants of a script's DataFrames; `order` has each step after its parents.

    `branching` are the steps that are a MERGE or rest on one, `capped` those of which a branch was left out.
    """

    def __init__(self, order: Sequence[Step]) -> None:
        self._order = order
        self.capped: dict[Step, None] = {}
        self._number = 0
        self.branching: set[Step] = set()
        for step in order:
            if step.kind is StepKind.MERGE or any(parent in self.branching for parent in step.parents):
                self.branching.add(step)

    def of(self, end: Step) -> list[Choices]:
        """The variants of what `end` rests on: for each MERGE that is reached, the number of the parent taken."""
        exact = list(itertools.islice(self._all(end), MAX_EXACT + 1))
        found = exact if len(exact) <= MAX_EXACT else self._covering(end)
        self._number += len(found)
        return found

    def _walk(self, end: Step, pick: Pick) -> Choices:
        """Walk up from the end, picking a branch at each MERGE."""
        known: dict[object, object] = {}
        choices: Choices = {}
        seen: set[Step] = set()
        pending = [end]
        while pending:
            step = pending.pop()
            if step in seen or step not in self.branching:
                continue
            seen.add(step)
            if step.kind is not StepKind.MERGE:
                pending.extend(reversed(step.parents))
                continue
            left = [i for i, branch in enumerate(step.branches) if _is_possible(branch, known)]
            index = choices[step] = pick(step, left or range(len(step.parents)))
            known.update(step.branches[index].implies)
            pending.append(step.parents[index])
        return choices

    def _all(self, end: Step) -> Iterator[Choices]:
        """Every variant, those with the first branch of the last MERGE first."""
        given: list[int] = []
        while True:
            numbers: list[tuple[int, int]] = []

            def pick(
                _step: Step, left: Sequence[int], numbers: list[tuple[int, int]] = numbers, given: list[int] = given
            ) -> int:
                number = given[len(numbers)] if len(numbers) < len(given) else 0
                numbers.append((number, len(left)))
                return left[number]

            yield self._walk(end, pick)
            while numbers and numbers[-1][0] + 1 == numbers[-1][1]:
                numbers.pop()
            if not numbers:
                return
            given = [number for number, _ in numbers[:-1]] + [numbers[-1][0] + 1]

    # Covering arrays

    def _covering(self, end: Step) -> list[Choices]:
        above = self._above(end)
        merges = [step for step in above if step.kind is StepKind.MERGE]
        below = _below(above)
        array = _CoveringArray(merges)
        found = [self._walk(end, array.row(number)) for number in range(array.rows)]
        open_branches = {step: set(range(len(step.parents))) for step in merges}
        _cover(open_branches, found)
        while open_branches:
            if len(found) - array.rows >= (MAX_VARIANTS if self._number < MAX_IN_SCRIPT else MAX_EXACT):
                self.capped[end] = None
                break
            choices = self._walk(end, _preferring(merges, open_branches, array.row(len(found))))
            if not _cover(open_branches, [choices]):
                step, left = next(iter(open_branches.items()))
                choices = self._walk(end, _leading(end, below, step, min(left), array.row(len(found))))
                if not _cover(open_branches, [choices]):
                    left.discard(min(left))  # the script does not allow it
                    if not left:
                        del open_branches[step]
                    continue
            found.append(choices)
        found += [self._walk(end, array.scattered(number)) for number in range(len(found), MAX_EXACT)]
        return found

    def _above(self, end: Step) -> list[Step]:
        """The branching steps that the end rests on, parents first."""
        above = {end}
        pending = [end]
        while pending:
            for parent in pending.pop().parents:
                if parent in self.branching and parent not in above:
                    above.add(parent)
                    pending.append(parent)
        return [step for step in self._order if step in above]


def _below(above: Sequence[Step]) -> dict[Step, tuple[Step, int]]:
    """For each of the steps one that rests on it, and as which of its parents."""
    below: dict[Step, tuple[Step, int]] = {}
    for step in above:
        for index, parent in enumerate(step.parents):
            below.setdefault(parent, (step, index))
    return below


def _preferring(merges: Sequence[Step], open_branches: Mapping[Step, set[int]], otherwise: Pick) -> Pick:
    """Take branches that no variant has, or that lead straight to a MERGE with such ones."""
    waiting: set[Step] = set()
    for step in merges:
        if step in open_branches or not waiting.isdisjoint(step.parents):
            waiting.add(step)

    def pick(step: Step, left: Sequence[int]) -> int:
        is_open = open_branches.get(step, ())
        own = next((i for i in left if i in is_open), None)
        if own is None:
            own = next((i for i in left if step.parents[i] in waiting), None)
        return otherwise(step, left) if own is None else own

    return pick


def _leading(end: Step, below: Mapping[Step, tuple[Step, int]], target: Step, branch: int, otherwise: Pick) -> Pick:
    """Take the way that leads from the end to one branch of one MERGE."""
    wanted = {target: branch}
    step = target
    while step is not end:
        step, index = below[step]
        wanted.setdefault(step, index)

    def pick(step: Step, left: Sequence[int]) -> int:
        return wanted[step] if wanted.get(step) in left else otherwise(step, left)

    return pick


def _is_possible(branch: Branch, known: Mapping[object, object]) -> bool:
    return known.keys().isdisjoint(branch.implies) or all(
        known.get(subject, value) == value for subject, value in branch.implies.items()
    )


def _cover(open_branches: dict[Step, set[int]], found: Sequence[Choices]) -> bool:
    """Take what the variants choose off the open branches; whether one of these was open."""
    covered = False
    for choices in found:
        for step, index in choices.items():
            left = open_branches.get(step)
            if left is not None and index in left:
                covered = True
                left.remove(index)
                if not left:
                    del open_branches[step]
    return covered


class _CoveringArray:
    """Which branch each MERGE takes in each row.

    Two-way branchings get distinct columns of `rows` bits with a 0 first and equally many ones, more than half of the
    rest: any two of them show 00, 01, 10 and 11 (Kleitman and Spencer 1973, Katona 1973), and the rows grow with the
    logarithm of the columns. Branchings on one test share a column. Wider branchings go round.
    """

    def __init__(self, merges: Sequence[Step]) -> None:
        names = dict.fromkeys(_column_name(step) for step in merges if len(step.parents) == 2)
        self._size = next(n for n in itertools.count(4) if math.comb(n - 1, (n + 1) // 2) >= len(names))
        ones = itertools.combinations(range(1, self._size), (self._size + 1) // 2)
        self._columns = {name: frozenset(column) for name, column in zip(names, ones, strict=False)}
        self._numbers = {name: number for number, name in enumerate(names)}
        self._offsets = {step: number for number, step in enumerate(merges)}
        widest = max(len(step.parents) for step in merges)
        repeated = widest if widest > 2 and widest * self._size <= MAX_REPEATED else 1
        self.rows = self._size * repeated

    def row(self, number: int) -> Pick:
        """What a row takes; beyond the last one they go round."""
        block, within = divmod(number, self._size)

        def pick(step: Step, left: Sequence[int]) -> int:
            if len(step.parents) == 2:
                index = int(within in self._columns[_column_name(step)])
            else:
                index = (within + block + self._offsets[step]) % len(step.parents)
            return index if index in left else left[index % len(left)]

        return pick

    def scattered(self, number: int) -> Pick:
        """Branches that hang on nothing; the same for branchings on one test."""

        def pick(step: Step, left: Sequence[int]) -> int:
            column = self._numbers.get(_column_name(step), self._offsets[step])
            index = _mixed(number, column) % len(step.parents)
            return index if index in left else left[index % len(left)]

        return pick


def _mixed(row: int, column: int) -> int:
    """A number that seems random, by the finalizer of MurmurHash3."""
    mixed = (row * 0x9E3779B1 + column * 0x7F4A7C15) & 0xFFFFFFFF
    mixed = (mixed ^ mixed >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    mixed = (mixed ^ mixed >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return mixed ^ mixed >> 16


def _column_name(step: Step) -> object:
    decisions = step.branches[-1].decisions
    test = decisions[0].test if decisions else None
    return step if test is None else test
