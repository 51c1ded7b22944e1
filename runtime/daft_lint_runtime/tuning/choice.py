"""Which value of a plateau to write: time decides what is on it, memory what is left, and never luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daft_lint.api.promises import Measure, Unit
from daft_lint_runtime.effects import EFFECTS
from daft_lint_runtime.measure import quantity
from daft_lint_runtime.tuning.plateau import LEAST_ROUNDS, MARGIN
from daft_lint_runtime.tuning.results import TunedNumber

MEMORY = next(effect for effect in EFFECTS if effect.measure is Measure.WORKER_MEMORY)


@dataclass(frozen=True)
class Choice:
    """The value to write, and why in words. `changes`: it is not the present one."""

    value: int
    changes: bool
    reason: str


def choose(tuned: TunedNumber) -> Choice:
    """The present value where it is among the good ones; else, of those whose median is no further from the best than
    the noise, the formula's, else the middle one."""
    present, plateau = tuned.number.value, tuned.plateau.values
    good = [value for value in plateau if not takes_more(tuned, value)]
    if present in good:
        few = tuned.plateau.rounds < LEAST_ROUNDS and len(plateau) > 1
        return Choice(present, False, "too few rounds for a change" if few else "none is faster: nothing to change")
    near = [v for v in good if tuned.plateau.standing(v).ratio <= 1 + max(MARGIN, tuned.plateau.noise)] or good
    by_formula = [value for value in tuned.candidates.formula if value in near]
    chosen = by_formula[0] if by_formula else near[(len(near) - 1) // 2]
    which = "the formula's, " if by_formula else "in the middle of the plateau, " if len(near) > 2 else ""
    if present in plateau:
        saved = quantity(tuned.trials[present].peak - tuned.trials[chosen].peak, Unit.BYTES)
        return Choice(chosen, True, f"{which}as fast as {present:,}, and a worker needs {saved} less memory")
    times = tuned.plateau.standing(present).ratio / tuned.plateau.standing(chosen).ratio
    more = f"{times:.1f} times as long" if times >= 2 else f"{(times - 1) * 100:.0f} % longer"
    return Choice(chosen, True, f"{which}{present:,} takes {more}")


def takes_more(tuned: TunedNumber, value: int) -> bool:
    """Whether a worker needs clearly more memory with it than with the most modest value of the plateau, by the
    threshold of `verify`."""
    least = min(tuned.trials[v].peak for v in tuned.plateau.values)
    peak = tuned.trials[value].peak
    return peak > least * MEMORY.factor and peak - least > MEMORY.least


def changes(numbers: Sequence[TunedNumber]) -> list[tuple[TunedNumber, Choice]]:
    """What would be written."""
    chosen = ((tuned, choose(tuned)) for tuned in numbers)
    return [(tuned, choice) for tuned, choice in chosen if choice.changes]
