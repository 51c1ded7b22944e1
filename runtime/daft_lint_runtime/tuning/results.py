"""What was measured of the numbers of a script."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from daft_lint_runtime.tuning.candidates import Candidates
from daft_lint_runtime.tuning.numbers import TunableNumber
from daft_lint_runtime.tuning.plateau import Plateau


@dataclass
class Trial:
    """A text with one other value. `seconds` are those of its queries by round, None where it was not run; `memory`
    what a worker gained in each run (bytes). `problem` says why it is out of the question."""

    label: str
    text: bytes
    seconds: list[float | None] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    problem: str = ""
    done: bool = False

    @property
    def peak(self) -> float:
        """The median memory (bytes) of its runs."""
        return statistics.median(self.memory) if self.memory else 0.0


@dataclass(frozen=True)
class TunedNumber:
    """What was measured of one number: its trials by value, and the plateau among those that gave the right rows."""

    number: TunableNumber
    candidates: Candidates
    trials: dict[int, Trial]
    plateau: Plateau

    def give_up_what_is_slower(self, present: Trial) -> None:
        """No further runs of values that are slower beyond doubt; the script as it is stays the measure of all."""
        for value, trial in self.trials.items():
            if trial is not present and not trial.problem:
                trial.done = self.plateau.standing(value).slower


@dataclass(frozen=True)
class TuneResult:
    """`numbers` in the order of their lines; `rounds` were run, at `place`, in `seconds`. `together` is what is wrong
    with all better numbers written together, where there are several: each is measured alone."""

    path: str
    numbers: tuple[TunedNumber, ...]
    rounds: int
    place: str
    seconds: float
    notes: tuple[str, ...] = ()
    together: str = ""
