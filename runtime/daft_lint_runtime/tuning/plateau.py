"""Which of several values are equal within the noise, by the seconds that each took in rounds of runs.

In a round every value is run once, so that values are compared within a round and what slows the whole machine for a
while drops out. The interval of a ratio is that of the sign test: order statistics, true whatever the distribution of
the noise. The value that the others are held to is itself the luckiest of several equal ones, so that a value counts as
slower only where its whole interval lies beyond the noise, too: of six equal values, at a noise between 5 % and 30 %,
fewer than one choice in ten calls any slower (`tests/runtime/test_plateau.py`).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
LEAST_ROUNDS = 5
"""Rounds before anything is said: the range of five ratios holds the true one in 94 % of all cases."""
MARGIN = 0.05
"""Values that differ by no more than this share count as equal: nobody would write another number for it."""
TRIED_OUT_ROUNDS, TRIED_OUT = 3, 1.5
"""A value is given up that takes so many times the best in each of so many rounds."""

Timings = Mapping[int, Sequence[float | None]]
"""The seconds of each value, by round; None where it was not run. The present value has all rounds."""


@dataclass(frozen=True)
class Standing:
    """A value beside the best: `ratio` is the median of its seconds over the best's in the same rounds, `low` and
    `high` hold the true one. `settled`: more rounds would not change what is said of it."""

    value: int
    ratio: float
    low: float
    high: float
    rounds: int
    slower: bool
    settled: bool


@dataclass(frozen=True)
class Plateau:
    """`standings` by value. `noise` is the share by which a ratio typically differs from one round to the next."""

    standings: tuple[Standing, ...]
    best: int
    noise: float

    @property
    def values(self) -> tuple[int, ...]:
        """Those that are equal within the noise."""
        return tuple(s.value for s in self.standings if not s.slower)

    @property
    def settled(self) -> bool:
        return all(s.settled for s in self.standings)

    @property
    def rounds(self) -> int:
        """The most that a value was run in."""
        return max(s.rounds for s in self.standings)

    def standing(self, value: int) -> Standing:
        return next(s for s in self.standings if s.value == value)


def find_plateau(timings: Timings, present: int) -> Plateau:
    """Judge the values; each has at least one round, `present` all of them."""
    scores = {value: statistics.median(ratios(timings, value, present)) for value in timings}
    best = min(scores, key=lambda value: (scores[value], value))
    noise = _noise(timings, best)
    standings = tuple(_standing(timings, value, best, noise) for value in sorted(timings))
    return Plateau(standings, best, noise)


def ratios(timings: Timings, value: int, other: int) -> list[float]:
    """The seconds of one value over those of another, of each round in which both were run."""
    pairs = zip(timings[value], timings[other], strict=True)
    return [mine / its for mine, its in pairs if mine is not None and its is not None]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """What holds the true median with `CONFIDENCE`; the whole range where the values are too few for that."""
    ordered, count = sorted(values), len(values)
    left_out, tail = 0, 1.0
    while True:
        tail += math.comb(count, left_out + 1)
        if 1 - 2 * tail / 2**count < CONFIDENCE:
            return ordered[left_out], ordered[-1 - left_out]
        left_out += 1


def _noise(timings: Timings, best: int) -> float:
    deviations = []
    for value in timings:
        logs = [math.log(ratio) for ratio in ratios(timings, value, best)] if value != best else []
        deviations += [abs(log - statistics.median(logs)) for log in logs]
    return math.expm1(statistics.median(deviations)) if deviations else 0.0


def _standing(timings: Timings, value: int, best: int, noise: float) -> Standing:
    found = ratios(timings, value, best)
    low, high = interval(found)
    margin = 1 + max(MARGIN, noise)
    tried_out = len(found) >= TRIED_OUT_ROUNDS and min(found) > TRIED_OUT
    slower = tried_out or (len(found) >= LEAST_ROUNDS and low > margin)
    settled = tried_out or (len(found) >= LEAST_ROUNDS and (low > margin or high < 1 + 2 * MARGIN))
    return Standing(value, statistics.median(found), low, high, len(found), slower, settled)


# In words


def sentence(plateau: Plateau) -> str:
    """`32 to 64 are equal within noise; 16 and 128 and more are 20 to 30 % slower`."""
    order = [s.value for s in plateau.standings]
    equal = plateau.values
    slower = [s for s in plateau.standings if s.slower]
    if len(order) == 1:
        return f"only {order[0]:,} could be measured"
    if not slower and plateau.rounds < LEAST_ROUNDS:
        few = "1 round is" if plateau.rounds == 1 else f"{plateau.rounds} rounds are"
        return f"{few} too few to tell {_listed(order, order)} apart: it takes at least {LEAST_ROUNDS}"
    if len(equal) == 1:
        first = f"{equal[0]:,} is fastest beyond noise"
    else:
        first = f"{_listed(order, equal)} are equal within noise"
    if not slower:
        return first
    verb = "is" if len(slower) == 1 else "are"
    beside = _listed(order, [s.value for s in slower], is_open=True)
    return f"{first}; {beside} {verb} {_slower([s.ratio for s in slower])}"


def _listed(order: Sequence[int], members: Sequence[int], *, is_open: bool = False) -> str:
    """Members among all values in their order, neighbours as a range; `is_open`: it goes on where the values end."""
    runs: list[list[int]] = []
    for index, value in enumerate(order):
        if value not in members:
            continue
        if index and order[index - 1] in members:
            runs[-1].append(value)
        else:
            runs.append([value])
    return " and ".join(_run(run, order, is_open=is_open) for run in runs)


def _run(run: Sequence[int], order: Sequence[int], *, is_open: bool) -> str:
    if len(run) == 1:
        return f"{run[0]:,}"
    if is_open and run[-1] == order[-1]:
        return f"{run[0]:,} and more"
    if is_open and run[0] == order[0]:
        return f"{run[-1]:,} and fewer"
    return f"{run[0]:,} to {run[-1]:,}"


def _slower(found: Sequence[float]) -> str:
    low, high = min(found), max(found)
    if high >= 2:
        return f"{low:.1f} times as slow" if f"{low:.1f}" == f"{high:.1f}" else f"{low:.1f} to {high:.1f} times as slow"
    percent = [round((ratio - 1) * 100) for ratio in (low, high)]
    return f"{percent[0]} % slower" if percent[0] == percent[1] else f"{percent[0]} to {percent[1]} % slower"
