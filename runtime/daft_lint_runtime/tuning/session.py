"""Runs a script with one value of a number after another, in turn, until what they differ by is more than the noise.

Every text is run on one Ray, with workers of its own. The first run is not timed: it warms Ray up, holds the rows that
every other value's must equal, and says how many rows, nodes and CPUs there are.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from daft_lint.config import Config
from daft_lint.source.document import Document
from daft_lint_runtime import measure
from daft_lint_runtime.capacity import shortage, with_capacity
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.compare.runs import Unsteady, compare_runs
from daft_lint_runtime.facts import measured_udfs
from daft_lint_runtime.harness import Run, run_text, workspace
from daft_lint_runtime.private_ray import PrivateRay
from daft_lint_runtime.report.text import location_of
from daft_lint_runtime.spec import ClusterSpec, RunOptions, VerifyError
from daft_lint_runtime.tuning.candidates import MOST_BEYOND, Candidates, Facts, candidates
from daft_lint_runtime.tuning.choice import changes
from daft_lint_runtime.tuning.numbers import NumberKind, TunableNumber, edited
from daft_lint_runtime.tuning.plateau import find_plateau
from daft_lint_runtime.tuning.results import Trial, TunedNumber, TuneResult
from daft_lint_runtime.verify import find_unsteady

MOST_ROUNDS = 9
PATIENCE, LEAST_PATIENCE = 10.0, 60.0
"""A value is given up in a run that takes so many times the first one's seconds, and at least so many more."""
Progress = Callable[[str, int, int], None]
"""Hears what is run next, the runs that are done and those that there will be at most."""


@dataclass(frozen=True)
class TuneOptions:
    """`run` says how each text is run. `rounds` are the most that are run; none is begun after `budget` seconds (None:
    no limit). `values` are tried in place of those that are worked out."""

    run: RunOptions = field(default_factory=RunOptions)
    rounds: int = MOST_ROUNDS
    budget: float | None = None
    values: tuple[int, ...] = ()


def tune(
    document: Document, numbers: Iterable[TunableNumber], config: Config, options: TuneOptions, progress: Progress
) -> TuneResult:
    """Measure the numbers of a script. Nothing of what the runs wrote is left afterwards.

    Raises `VerifyError` where the script as it is does not run, and lets KeyboardInterrupt through once everything
    that was started has ended.
    """
    began = time.monotonic()
    runner = "ray" if options.run.runner == "auto" else options.run.runner
    notes: tuple[str, ...] = ()
    run = options.run
    if runner == "ray":
        case = with_capacity(VerifyCase(document.path, document.raw, None), run.cluster, config)
        run, notes = replace(run, cluster=case.cluster or run.cluster), case.notes
    try:
        with workspace() as base, PrivateRay(base) as ray:
            session = _Session(document, replace(options, run=run), runner, base, ray, progress)
            session.warm_up()
            tuned = session.measure(tuple(numbers), config)
            together = session.together(tuned)
    except OSError as error:
        raise VerifyError(f"the files of a run cannot be written: {error}") from None
    place = location_of(session.first)
    return TuneResult(document.path, tuned, session.rounds, place, time.monotonic() - began, notes, together)


@dataclass
class _Tuning:
    """A number on its way: its trials by value, the text as it is among them."""

    number: TunableNumber
    found: Candidates
    trials: dict[int, Trial]

    @property
    def others(self) -> list[Trial]:
        return [trial for value, trial in self.trials.items() if value != self.number.value]

    def judged(self) -> TunedNumber:
        timings = {value: tuple(trial.seconds) for value, trial in self.trials.items() if not trial.problem}
        return TunedNumber(self.number, self.found, dict(self.trials), find_plateau(timings, self.number.value))


class _Session:
    """The runs of one script on one Ray."""

    first: Run

    def __init__(
        self, document: Document, options: TuneOptions, runner: str, base: Path, ray: PrivateRay, progress: Progress
    ) -> None:
        self.document = document
        self.options = options
        self.runner = runner
        self.base = base
        self.ray = ray
        self.progress = progress
        self.rounds = 0
        self.runs = 0
        self.planned = 1 + options.rounds
        self.unsteady: Unsteady = {}
        self.timeout = options.run.timeout
        self.began = time.monotonic()

    def warm_up(self) -> None:
        """The first run. Raises `VerifyError` where it fails."""
        self.first = self._run("as it is", "first", self.document.raw)
        if not self.first.ok:
            said = f"{self.document.path}: {self.first.status}: {self.first.message}"
            raise VerifyError(f"{said}\n{self.first.stderr}".rstrip())
        if not self.first.queries:
            raise VerifyError(f"{self.document.path}: the script ran no query of Daft: there is nothing to time")
        self.timeout = min(self.timeout, max(PATIENCE * self.first.wall, self.first.wall + LEAST_PATIENCE))

    @property
    def facts(self) -> Facts:
        """What the first run showed."""
        rows: dict[str, int] = {}
        for udf in measure.udf_stats(self.first.calls):
            rows[udf.short] = max(rows.get(udf.short, 0), udf.rows)
        costs = tuple((f"{os.path.abspath(file)}:{name}", c) for (file, name), c in measured_udfs(self.first).items())
        found = self.first.cluster
        return Facts(max(int(found.get("nodes", 1)), 1), max(int(found.get("cpus", 1)), 1), rows, costs)

    def measure(self, numbers: tuple[TunableNumber, ...], config: Config) -> tuple[TunedNumber, ...]:
        """Round after round until every value is settled, or the rounds or the seconds are used up."""
        present = Trial("as it is", self.document.raw)
        tunings = [_Tuning(number, self._candidates(number), {number.value: present}) for number in numbers]
        for tuning in tunings:
            for value in tuning.found.values:
                self._add(tuning, value, config)
        tuned: tuple[TunedNumber, ...] = ()
        while self.rounds < self.options.rounds and not self._is_late():
            self._round(present, [trial for tuning in tunings for trial in tuning.others])
            if self.rounds == 1 and not self.options.values:
                for tuning in tunings:
                    self._look_beyond(tuning, config)
            tuned = tuple(tuning.judged() for tuning in tunings)
            for one in tuned:
                one.give_up_what_is_slower(present)
            if all(one.plateau.settled or len(one.plateau.values) == 1 for one in tuned):
                break
        return tuned

    def together(self, tuned: tuple[TunedNumber, ...]) -> str:
        """What is wrong with all better numbers in one text, where there are several; "" for nothing."""
        found = changes(tuned)
        if len(found) < 2:
            return ""
        text = edited(self.document, [(one.number, choice.value) for one, choice in found]).raw
        trial = Trial("all together", text)
        self._timed(trial, is_present=False)
        return trial.problem

    def _candidates(self, number: TunableNumber) -> Candidates:
        if not self.options.values:
            return candidates(number, self.facts)
        return Candidates(tuple(sorted({*self.options.values, number.value})))

    def _add(self, tuning: _Tuning, value: int, config: Config) -> Trial:
        """The trial of a value; one whose actors the cluster does not hold is not run."""
        if value in tuning.trials:
            return tuning.trials[value]
        number = tuning.number
        text = edited(self.document, [(number, value)]).raw
        trial = tuning.trials[value] = Trial(f"{number.name} = {value:,}", text)
        if NumberKind.CONCURRENCY in number.kinds and self.runner == "ray":
            trial.problem = shortage(VerifyCase(self.document.path, text, None), self._cluster(), config)
        if not trial.problem:
            self.planned += self.options.rounds
        return trial

    def _look_beyond(self, tuning: _Tuning, config: Config) -> None:
        """In the first round: go on past an end of the values as long as it is as good as any."""
        for _ in range(MOST_BEYOND):
            seconds = {value: t.seconds[0] for value, t in tuning.trials.items() if not t.problem}
            value = tuning.found.beyond({v: s for v, s in seconds.items() if s is not None})
            if value is None or value in tuning.trials or self._is_late():
                return
            trial = self._add(tuning, value, config)
            trial.seconds.append(None if trial.problem else self._timed(trial, is_present=False))
            if trial.problem:
                return

    def _cluster(self) -> ClusterSpec:
        facts, found = self.facts, self.first.cluster
        return ClusterSpec(None, facts.nodes, facts.cpus // facts.nodes, int(found.get("gpus", 0)) // facts.nodes)

    def _is_late(self) -> bool:
        budget = self.options.budget
        return self.rounds > 0 and budget is not None and time.monotonic() - self.began > budget

    def _round(self, present: Trial, others: list[Trial]) -> None:
        """Run each text that is still in question once, in another order each time; the first time the script as it is
        comes first, and shows which of its results differ by themselves."""
        self.rounds += 1
        in_question = [trial for trial in others if not trial.problem and not trial.done]
        order = [present, *in_question]
        if self.rounds > 1:
            random.Random(self.rounds).shuffle(order)
        for trial in order:
            trial.seconds.append(self._timed(trial, is_present=trial is present))
        for trial in others:
            trial.seconds += [None] * (self.rounds - len(trial.seconds))

    def _timed(self, trial: Trial, *, is_present: bool) -> float | None:
        """The seconds of one more run; None, and a problem, where it fails or gives other rows."""
        run = self._run(trial.label, f"run-{self.runs}", trial.text)
        try:
            if not run.ok:
                if is_present:
                    raise VerifyError(f"{self.document.path}: {run.status}: {run.message}")
                trial.problem = f"{run.status}: {run.message}"
                return None
            if is_present and self.rounds == 1:
                self.unsteady = find_unsteady((self.first, run), self.options.run)
            elif not trial.memory and (problem := self._difference(run)):
                trial.problem = problem
                return None
            trial.memory.append(measure.worker_memory(run))
            return max(measure.query_seconds(run), 1e-3)
        finally:
            shutil.rmtree(run.out, ignore_errors=True)

    def _difference(self, run: Run) -> str:
        compared = compare_runs(self.first, run, self.options.run.compare, self.unsteady)
        return next((f"other results: {c.what}: {c.message}" for c in compared if not c.equal), "")

    def _run(self, what: str, label: str, text: bytes) -> Run:
        self.progress(f"round {self.rounds}: {what}" if self.rounds else what, self.runs, self.planned)
        self.runs += 1
        options = replace(self.options.run, timeout=self.timeout)
        return run_text(label, self.document.path, text, self.runner, options, self.base, self.ray)
