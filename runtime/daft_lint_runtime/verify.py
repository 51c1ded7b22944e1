"""Verifies cases: runs the two texts of each, compares, measures, judges."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from daft_lint.api.promises import Changes, Measure
from daft_lint.pipeline.model import Runner
from daft_lint_runtime.case import THE_FIX, VerifyCase
from daft_lint_runtime.compare.rows import Comparison, ComparisonKind
from daft_lint_runtime.compare.runs import Unsteady, compare_runs
from daft_lint_runtime.effects import MeasuredChange, measured_effects
from daft_lint_runtime.harness import Run, run_text, workspace
from daft_lint_runtime.private_ray import PrivateRay
from daft_lint_runtime.spec import RunOptions, VerifyError
from daft_lint_runtime.verdict import PASSING, CaseRuns, Outcome, Verdict, judge, judge_effects, what_is_same


@dataclass(frozen=True)
class CaseResult:
    """What came out of one script. `status` is the worst of its verdicts; for a script without findings "confirmed"
    is not given: it is "harmless" where it runs and gives the same rows. `effects` are all that the change did, and
    `reason` what they come to where no rule promised them. `problem` says why it could not be run."""

    case: VerifyCase
    status: Outcome
    before: Run | None = None
    after: Run | None = None
    comparisons: tuple[Comparison, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    effects: tuple[MeasuredChange, ...] = ()
    reason: str = ""
    unsteady: tuple[str, ...] = ()
    problem: str = ""
    seconds: float = 0.0

    @property
    def as_it_is(self) -> Run | None:
        """A run of the text that the file has; None where none ended well."""
        own = self.before if self.case.against == THE_FIX else self.after
        return own if own is not None and own.ok else None

    @property
    def passed(self) -> bool:
        return self.status in PASSING


@dataclass
class VerifySummary:
    """What came out of all scripts."""

    results: list[CaseResult] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 where every script has passed, else 1."""
        return 0 if all(r.passed for r in self.results) else 1


def verify_cases(
    cases: Iterable[VerifyCase], options: RunOptions, progress: Callable[[str], None] = lambda _text: None
) -> VerifySummary:
    """Verify one case after another on one private Ray; `progress` hears what is being run. Nothing of what the runs
    wrote is left afterwards."""
    with verifier(options, progress) as verify:
        return VerifySummary([verify(case) for case in cases])


def verify_case(
    case: VerifyCase, options: RunOptions, progress: Callable[[str], None] = lambda _text: None
) -> CaseResult:
    """As `verify_cases`, for one."""
    (result,) = verify_cases([case], options, progress).results
    return result


@contextmanager
def verifier(
    options: RunOptions, progress: Callable[[str], None] = lambda _text: None
) -> Iterator[Callable[[VerifyCase], CaseResult]]:
    """What verifies a case; all its cases share a folder and a private Ray, which are gone afterwards."""
    try:
        folder = ExitStack()
        base = folder.enter_context(workspace())
    except OSError as error:
        problem = f"the files of a run cannot be written: {error}"
        yield lambda case: CaseResult(case, Outcome.FAILING, problem=problem)
        return
    with folder, PrivateRay(base) as ray:
        yield lambda case: _verify(case, options, progress, base, ray)


def _verify(
    case: VerifyCase, options: RunOptions, progress: Callable[[str], None], base: Path, ray: PrivateRay
) -> CaseResult:
    """Run both texts of a case and judge."""
    try:
        return _verify_in(base, case, options, progress, ray)
    except OSError as error:
        return CaseResult(case, Outcome.FAILING, problem=f"the files of a run cannot be written: {error}")


def _verify_in(
    base: Path, case: VerifyCase, options: RunOptions, progress: Callable[[str], None], ray: PrivateRay
) -> CaseResult:
    began = time.monotonic()
    if case.cluster is not None:
        options = replace(options, cluster=case.cluster)
    runner = choose_runner(case, options)
    try:
        texts = _Texts(case.path, runner, options, base, ray, progress)
        befores = texts.run("before", case.original)
        afters = () if case.fixed is None else texts.run("after", case.fixed)
        if case.fixed is not None and time_moved_by_one_run(befores, afters):
            befores = texts.once_more("before", case.original, befores, "for the time")
            afters = texts.once_more("after", case.fixed, afters, "for the time")
        result = judged_case(case, befores, afters, options, time.monotonic() - began)
        if len(befores) == 1 and may_differ_by_itself(result):
            befores = texts.once_more("before", case.original, befores, "for what differs by itself")
            result = judged_case(case, befores, afters, options, time.monotonic() - began)
    except VerifyError as error:
        return CaseResult(case, Outcome.FAILING, problem=str(error), seconds=time.monotonic() - began)
    return result


def may_differ_by_itself(result: CaseResult) -> bool:
    """Whether the runs gave other rows or files for which the change need not be the reason: a model that samples, rows
    that are equal where a `limit` cuts a sort, a file with the time in it. Another run of the first text then differs
    from it as well."""
    meant = any(result.case.rule_of(finding).changes is Changes.RESULTS for finding in result.case.findings)
    return not meant and any(not c.equal and c.kind is not ComparisonKind.SCHEMA for c in result.comparisons)


def time_moved_by_one_run(befores: tuple[Run, ...], afters: tuple[Run, ...]) -> bool:
    """Whether one run of each text says that the second is clearly slower or faster: what else the machine does may be
    why, or that the first was the first."""
    alone = len(afters) == 1 and befores[0].ok and afters[0].ok
    effects = measured_effects(befores, afters) if alone else ()
    return any(effect.promise.measure is Measure.WALL and effect.direction for effect in effects)


def judged_case(
    case: VerifyCase, befores: tuple[Run, ...], afters: tuple[Run, ...], options: RunOptions, seconds: float = 0.0
) -> CaseResult:
    """What the runs of both texts come to; their folders must still be there."""
    unsteady = find_unsteady(befores, options)
    after = afters[0] if afters else None
    comparisons: tuple[Comparison, ...] = ()
    if after is not None and befores[0].ok and after.ok:
        needed = any(case.rule_of(finding).changes is Changes.REPEATED_WORK for finding in case.findings)
        comparisons = tuple(compare_runs(befores[0], after, options.compare, unsteady, needed))
    runs = CaseRuns(case, befores[0], after, comparisons, (befores[1:], afters[1:]))
    verdicts, effects = tuple(judge(runs)), runs.effects
    outcomes, reason = {v.outcome for v in verdicts}, ""
    if effects and not runs.differences and (not verdicts or case.against != THE_FIX):
        outcome, reason = judge_effects(effects, what_is_same(comparisons))
        outcomes.add(outcome)
    return CaseResult(
        case=case,
        status=_status(case, befores[0], after, comparisons, verdicts, outcomes),
        before=befores[0],
        after=after,
        comparisons=comparisons,
        verdicts=verdicts,
        effects=effects,
        reason=reason,
        unsteady=tuple(sorted(unsteady)),
        seconds=seconds,
    )


def choose_runner(case: VerifyCase, options: RunOptions) -> str:
    """The runner that both texts get: as asked; on its own, native only for a rule about it."""
    if options.runner != "auto":
        return options.runner
    about_native = any(case.rule_of(finding).runner is Runner.NATIVE for finding in case.findings)
    return "native" if about_native else "ray"


@dataclass(frozen=True)
class _Texts:
    """How the texts of a case are run."""

    path: str
    runner: str
    options: RunOptions
    base: Path
    ray: PrivateRay
    progress: Callable[[str], None]

    def run(self, label: str, text: bytes) -> tuple[Run, ...]:
        """The runs of one text, up to the first that fails."""
        runs = []
        times = self.options.repeat
        for index in range(times):
            self.progress(f"{self.path}: {label}" + (f" ({index + 1} of {times})" if times > 1 else ""))
            name = label if index == 0 else f"{label}-{index + 1}"
            runs.append(run_text(name, self.path, text, self.runner, self.options, self.base, self.ray))
            if not runs[-1].ok:
                break
        return tuple(runs)

    def once_more(self, label: str, text: bytes, runs: tuple[Run, ...], why: str) -> tuple[Run, ...]:
        """The runs of a text, and one more if it ends well."""
        self.progress(f"{self.path}: {label} (once more, {why})")
        name = f"{label}-{len(runs) + 1}"
        run = run_text(name, self.path, text, self.runner, self.options, self.base, self.ray)
        return (*runs, run) if run.ok else runs


def find_unsteady(runs: tuple[Run, ...], options: RunOptions) -> Unsteady:
    """The results that differ between runs of one text, and in which columns: its UDFs are not deterministic, or its
    plan is not."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for other in runs[1:]:
        if runs[0].ok and other.ok:
            for compared in compare_runs(runs[0], other, options.compare):
                if not compared.equal:
                    found.setdefault(compared.what, []).append(compared.differing_columns())
    return {what: frozenset[str]().union(*each) if all(each) else frozenset() for what, each in found.items()}


def _status(
    case: VerifyCase,
    before: Run,
    after: Run | None,
    comparisons: tuple[Comparison, ...],
    verdicts: tuple[Verdict, ...],
    outcomes: set[Outcome],
) -> Outcome:
    for outcome in (Outcome.REFUTED, Outcome.FAILING):
        if outcome in outcomes:
            return outcome
    if after is not None and not after.ok:
        return Outcome.FAILING if not before.ok else Outcome.REFUTED
    if after is None and not before.ok and not verdicts:
        return Outcome.FAILING
    if (not verdicts or case.against != THE_FIX) and any(not c.equal for c in comparisons):
        return Outcome.REFUTED
    return next((o for o in (Outcome.COSTLY, Outcome.CONFIRMED, Outcome.MECHANISM) if o in outcomes), Outcome.HARMLESS)
