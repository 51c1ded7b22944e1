"""Did the fix keep each rule's promise? The results are the same, and the measures moved as the rule declares.

What a finding's rule promises, which failure its fix ends and what shows that it is right stand in the rule's class
(`daft_lint.api.rule`); here it is measured and judged, for a plugin's rule as for one of ours.

On Ray a call may be larger than an `into_batches(n)` says, by less than 1.8 times: a task gathers what comes until it
has 0.8 n rows, and the last thing that comes may be a whole batch (Daft 0.7.26, `into_batches.rs`; 1,000 rows at 64
gave a call of 104).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from daft_lint.api.finding import Finding
from daft_lint.api.promises import Changes, Direction, Measure, Promise, Role, Symptom
from daft_lint.api.rule import Rule
from daft_lint_runtime import plans
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.compare.rows import Comparison, ComparisonKind
from daft_lint_runtime.effects import (
    MeasuredChange,
    clearly_better,
    clearly_worse,
    measured_effects,
    parallel_memory,
)
from daft_lint_runtime.harness import Run, RunStatus
from daft_lint_runtime.measure import measured
from daft_lint_runtime.script_text import as_script, batch_bound, involved_udfs
from daft_lint_runtime.spec import TextEnum

MOVED = 0.10
"""A measure has moved when it changed by more than this share, or by more than repeated runs of one text differ."""
MOVED_BY_MEASURE = {Measure.WORKER_MEMORY: 0.25}
"""As `MOVED`, where another share is noise: the peak of a worker's memory depends on which calls met."""
LEAST_CHANGE = {Measure.WORKER_MEMORY: 32.0 * 2**20, Measure.FIRST_CALL: 30.0, Measure.WALL: 0.5}
"""A change of no more than this, in the measure's unit, is noise: arenas of threads come and go by so many bytes, an
actor starts so many seconds sooner or later, and a query waits so long for a busy machine."""
BATCH_SLACK = 1.8
"""`into_batches(n)` makes batches of fewer than so many times n rows: see above."""


class Outcome(TextEnum):
    """What a verdict, or all of a script's, come to."""

    CONFIRMED = "confirmed"
    """The promise came true, and it saves something."""
    COSTLY = "confirmed, but"
    """The promise came true, and something else got clearly worse."""
    MECHANISM = "mechanism only"
    """The promise came true, and nothing that costs money moved: so it is with most small runs."""
    HARMLESS = "harmless"
    REFUTED = "refuted"
    FAILING = "failing"


@dataclass(frozen=True)
class Verdict:
    """`reason` completes the outcome in one line; `udfs` are those that the finding is about, empty for all."""

    finding: Finding
    outcome: Outcome
    reason: str
    measures: tuple[MeasuredChange, ...] = ()
    udfs: tuple[str, ...] = ()


PASSING = frozenset({Outcome.CONFIRMED, Outcome.MECHANISM, Outcome.HARMLESS})
"""Outcomes with exit status 0."""


@dataclass(frozen=True)
class CaseRuns:
    """What the verdicts of one case rest on. `again` are repeated runs of the two texts, for the noise."""

    case: VerifyCase
    before: Run
    after: Run | None
    comparisons: tuple[Comparison, ...] = ()
    again: tuple[tuple[Run, ...], tuple[Run, ...]] = field(default=((), ()))

    @property
    def effects(self) -> tuple[MeasuredChange, ...]:
        """What the change did to the runs, of whichever UDFs; nothing where one of them failed."""
        if self.after is None or not (self.before.ok and self.after.ok):
            return ()
        return measured_effects((self.before, *self.again[0]), (self.after, *self.again[1]))

    @property
    def differences(self) -> list[Comparison]:
        return [comparison for comparison in self.comparisons if not comparison.equal]


def judge(runs: CaseRuns) -> list[Verdict]:
    """A verdict for each finding of the case."""
    return [_Judge(finding, runs).verdict() for finding in runs.case.findings]


def judge_effects(effects: Sequence[MeasuredChange], same: str) -> tuple[Outcome, str]:
    """A change that no rule has promised anything of, by all that it did; `same` says that the results are."""
    worse, better = clearly_worse(effects), clearly_better(effects)
    if worse and better:
        return Outcome.COSTLY, f"{same}; {better[0]}; but {_listed(worse)}"
    if worse:
        return Outcome.REFUTED, f"{same}, but worse: {_listed(worse)}"
    if better:
        return Outcome.CONFIRMED, f"{same}; {_listed(better)}"
    return Outcome.HARMLESS, f"{same}, nothing that costs money moved"


def _listed(changes: Sequence[MeasuredChange]) -> str:
    return ", ".join(map(str, changes))


def what_is_same(comparisons: Sequence[Comparison]) -> str:
    """What equal comparisons show, in two words: less than the rows where these were not compared."""
    kinds = {c.kind for c in comparisons} - {ComparisonKind.NEEDLESS}
    if not kinds:
        return "no results compared"
    if kinds & {ComparisonKind.SKIPPED, ComparisonKind.UNSPECIFIED}:
        return "same as far as compared"
    return "same schema" if ComparisonKind.SAME_SCHEMA in kinds else "same rows"


class _Judge:
    """One finding before its rule's declarations."""

    def __init__(self, finding: Finding, runs: CaseRuns) -> None:
        self.finding = finding
        self.runs = runs
        self.rule: type[Rule] = runs.case.rule_of(finding)
        called = {call.udf for call in runs.before.calls}
        self.udfs = involved_udfs(finding, runs.case.original, called)

    def verdict(self) -> Verdict:
        before, after = self.runs.before, self.runs.after
        if after is None:
            return self._of_one_run(before)
        if not after.ok:
            if not before.ok:
                return self._say(Outcome.FAILING, f"fails before and after: {after.message}")
            return self._say(Outcome.REFUTED, f"fails after the fix: {after.message}")
        if not before.ok:
            return self._of_survival(before)
        if self.rule.changes is Changes.RESULTS:
            return self._of_plans(before, after)
        different = self.runs.differences
        changes = self._changes(after)
        if different and not any(self.runs.case.rule_of(f).changes is Changes.RESULTS for f in self.runs.case.findings):
            return self._say(Outcome.REFUTED, f"{different[0].what}: {different[0].message}", changes)
        return self._of_changes(changes, what_is_same(self.runs.comparisons))

    def _say(self, outcome: Outcome, reason: str, changes: tuple[MeasuredChange, ...] = ()) -> Verdict:
        return Verdict(self.finding, outcome, reason, changes, self.udfs)

    def _of_one_run(self, run: Run) -> Verdict:
        """A finding without a fix: does the run show what the rule says?"""
        values = [(promise, measured(promise.measure, run, self.udfs)) for promise in self.rule.promises]
        seen = tuple(MeasuredChange(promise, v, v, 0) for promise, v in values if v is not None)
        if not run.ok:
            return self._say(Outcome.CONFIRMED if self._foretold(run) else Outcome.FAILING, run.message, seen)
        if not self.rule.symptoms:
            return self._say(Outcome.HARMLESS, "ran; nothing to compare it with", seen)
        shows = all(self._shows(symptom, run) for symptom in self.rule.symptoms)
        facts = ", ".join(str(change) for change in seen if change.counts)
        return self._say(Outcome.CONFIRMED if shows else Outcome.HARMLESS, f"measured: {facts}", seen)

    def _shows(self, symptom: Symptom, run: Run) -> bool:
        value = measured(symptom.measure, run, self.udfs)
        most = symptom.most
        limit = measured(most, run, self.udfs) if isinstance(most, Measure) else most
        return value is not None and symptom.least <= value and (limit is None or value <= limit)

    def _foretold(self, run: Run) -> bool:
        """Whether a run failed with an exception that the rule names."""
        errors = [failure.error for failure in self.rule.ends if failure.error is not None]
        return any(error in run.message for error in errors)

    def _of_survival(self, before: Run) -> Verdict:
        """The fixed script runs, and the other did not."""
        limits = (RunStatus.MEMORY_LIMIT, RunStatus.TIMEOUT, RunStatus.KILLED)
        exhausted = before.status in limits and any(failure.error is None for failure in self.rule.ends)
        if exhausted or self._foretold(before):
            return self._say(Outcome.CONFIRMED, f"the failure is gone: {before.message}")
        reason = f"runs; before it did not, so nothing can be compared: {before.message}"
        return self._say(Outcome.HARMLESS, reason)

    def _of_plans(self, before: Run, after: Run) -> Verdict:
        """A fix that changes the results: does it change what is run?"""
        shapes = [[plans.outline(query["plan"]) for query in run.queries] for run in (before, after)]
        different = self.runs.differences
        if shapes[0] == shapes[1] and not different:
            return self._say(Outcome.HARMLESS, "the plans are the same: the fix has no effect on a result")
        effect = f"; {different[0].what}: {different[0].message}" if different else ""
        return self._say(Outcome.CONFIRMED, f"the fix takes effect{effect}")

    def _of_changes(self, changes: tuple[MeasuredChange, ...], same: str) -> Verdict:
        """`same` is what of the results was found to be the same."""
        side_effects = [effect for effect in clearly_worse(self.runs.effects) if not self._accepted(effect)]
        if self.rule.changes is Changes.SPELLING:
            said = f"the fixed script runs; {same}"
            if side_effects:
                return self._say(Outcome.COSTLY, f"{said}; but {_listed(side_effects)}", changes)
            return self._say(Outcome.CONFIRMED, said, changes)
        counting = [change for change in changes if change.counts]
        worse = [c for c in counting if c.direction < 0 and c.promise.role is not Role.CONFIRMS]
        over = next((c for c in worse if c.promise.role is Role.LIMITS), None)
        better = next((c for c in counting if c.direction > 0), None)
        if over is None and better is None and worse:
            over = worse[0]
        if over is not None:
            return self._say(Outcome.REFUTED, f"{same}, but worse: {over}", changes)
        if better is not None:
            return self._kept(better, f"{same}; {better}", changes, side_effects)
        if side_effects:
            said = f"{same}, nothing promised moved, but worse: {_listed(side_effects)}"
            return self._say(Outcome.REFUTED, said, changes)
        if not self.rule.promises and self.rule.ends:
            return self._say(Outcome.HARMLESS, "the failure did not show in the run before either", changes)
        if not counting:
            return self._say(Outcome.HARMLESS, f"{same}; the rule promises no measure", changes)
        return self._say(Outcome.HARMLESS, f"{same}, nothing moved: {counting[0]}", changes)

    def _accepted(self, effect: MeasuredChange) -> bool:
        """Whether the rule says that what got worse is part of its fix: it promises that, or that it means nothing."""
        own = [p for p in self.rule.promises if p.measure is effect.promise.measure]
        return any(p.role is Role.CONFIRMS or p.direction is not effect.promise.direction for p in own)

    def _kept(
        self, better: MeasuredChange, said: str, changes: tuple[MeasuredChange, ...], worse: Sequence[MeasuredChange]
    ) -> Verdict:
        """The promise came true: what does it save, and what does it cost?"""
        if worse:
            return self._say(Outcome.COSTLY, f"{said}; but {_listed(worse)}", changes)
        saved = [change for change in changes if change.costs and change.counts and change.direction > 0]
        found = {change.promise.measure for change in saved}
        saved += [effect for effect in clearly_better(self.runs.effects) if effect.promise.measure not in found]
        if not saved:
            return self._say(Outcome.MECHANISM, f"{said}; at this size it saves no memory, time or bytes", changes)
        more = [change for change in saved if change.promise.measure is not better.promise.measure]
        return self._say(Outcome.CONFIRMED, said + (f"; {_listed(more)}" if more else ""), changes)

    def _changes(self, after: Run) -> tuple[MeasuredChange, ...]:
        """The promised measures before and after. Rows that grew within the bound of an `into_batches` have not got
        worse."""
        found = [change for promise in self.rule.promises if (change := self._change(promise, after)) is not None]
        bound = BATCH_SLACK * batch_bound(as_script(self.runs.case.path, self.runs.case.fixed or b""))
        within = [c for c in found if c.promise.up_to_batches and c.direction < 0 and c.after < bound]
        return tuple(replace(change, direction=0) if change in within else change for change in found)

    def _change(self, promise: Promise, after: Run) -> MeasuredChange | None:
        """The medians of repeated runs; None where the runs have nothing to measure it by."""
        before, again = self.runs.before, self.runs.again
        olds, news = (
            sorted(value for run in runs if (value := measured(promise.measure, run, self.udfs)) is not None)
            for runs in ((before, *again[0]), (after, *again[1]))
        )
        if not olds or not news:
            return None
        old, new = olds[len(olds) // 2], news[len(news) // 2]
        share = promise.threshold or MOVED_BY_MEASURE.get(promise.measure, MOVED)
        spread = max(olds[-1] - olds[0], news[-1] - news[0])
        noise = max(spread, share * max(abs(old), abs(new)), LEAST_CHANGE.get(promise.measure, 0.0))
        if promise.measure is Measure.WORKER_MEMORY and new > old:
            # A fix that spreads the work makes several calls at a time where there was one, in one worker per node.
            noise = max(noise, parallel_memory(before, after, old, self.udfs))
        change = new - old
        moved = Direction.HIGHER if change > 0 else Direction.LOWER
        direction = 0 if abs(change) <= noise else 1 if moved is promise.direction else -1
        return MeasuredChange(promise, old, new, direction)
