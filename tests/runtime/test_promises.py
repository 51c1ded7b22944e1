"""What rules promise is measured and judged as they declare it: ours and those of plugins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from daft_lint_runtime import case as cases
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.effects import measured_effects
from daft_lint_runtime.harness import ModelLoad, ProcessMemory, Run, RunStatus, UdfCallRecord
from daft_lint_runtime.measure import METERS, measured
from daft_lint_runtime.memory_watch import Role as ProcessRole
from daft_lint_runtime.verdict import CaseRuns, Outcome, Verdict, judge

from daft_lint.api.promises import EXHAUSTION, Changes, Direction, Failure, Measure, Promise, Role, Symptom
from daft_lint.api.rule import Level, Rule
from daft_lint.lint.registry import rules
from tests.helpers import ROOT, install, python
from tests.runtime.runtime_cases import finding

LOWER, HIGHER = Direction.LOWER, Direction.HIGHER


def test_every_measure_can_be_measured() -> None:
    assert set(METERS) == set(Measure)
    for measure in Measure:
        value = measured(measure, run(calls=[8, 8], put=10))
        assert value is None or value >= 0


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_our_rules_declare_what_their_fix_is_for(rule: type[Rule]) -> None:
    codes = {other.code for other in rules()}
    assert set(rule.yields_to) <= codes - {rule.code}
    promised = [promise.measure for promise in rule.promises]
    assert len(set(promised)) == len(promised)
    if rule.fixable:
        assert rule.promises or rule.ends or rule.changes is not Changes.COST


# ---- verdicts on made-up runs


def run(
    calls: list[int] | None = None, put: int = 0, held: int = 0, status: RunStatus = RunStatus.OK, message: str = ""
) -> Run:
    """A run with a UDF call of each number of rows, `put` bytes in the object store, calls that held `held` bytes."""
    records = tuple(
        UdfCallRecord("f", "script.py", 1, "batch", 1, "", "", float(i), 1.0, rows, held, 0, 0, 0)
        for i, rows in enumerate(calls or [])
    )
    return Run("run", "native", status, message, Path(), 1.0, 0, 0, calls=records, object_store={"put_bytes": put})


def judged(
    monkeypatch: pytest.MonkeyPatch, before: Run, after: Run | None, fixed: str = "", **declared: object
) -> Verdict:
    """The verdict on a finding of a rule that declares this."""

    class Mine(Rule):
        """A rule."""

        code: ClassVar[str] = "ACM101"
        name: ClassVar[str] = "mine-only"
        level: ClassVar[Level] = Level.WARNING

    for name, value in declared.items():
        setattr(Mine, name, value)
    monkeypatch.setattr(cases, "rules", lambda _plugins: (Mine,))
    case = VerifyCase("script.py", b"f(1)\n", fixed.encode(), (finding("ACM101", "script.py", 1),))
    (verdict,) = judge(CaseRuns(case, before, after))
    return verdict


FEWER_CALLS = Promise(Measure.CALLS, LOWER)


def test_a_measure_that_moves_as_promised_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = judged(monkeypatch, run([8] * 10), run([40, 40]), promises=(FEWER_CALLS,))
    assert verdict.outcome is Outcome.MECHANISM
    assert verdict.reason.startswith("no results compared; calls 10 → 2; at this size it saves no")
    assert judged(monkeypatch, run([40, 40]), run([8] * 10), promises=(FEWER_CALLS,)).outcome is Outcome.REFUTED
    assert judged(monkeypatch, run([8] * 100), run([8] * 101), promises=(FEWER_CALLS,)).outcome is Outcome.HARMLESS


def test_a_rule_may_ask_for_more_than_the_usual_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    halved = replace(FEWER_CALLS, threshold=0.6)
    assert judged(monkeypatch, run([8] * 10), run([8] * 5), promises=(halved,)).outcome is Outcome.HARMLESS
    assert judged(monkeypatch, run([8] * 10), run([27] * 3), promises=(halved,)).outcome is Outcome.MECHANISM


@pytest.mark.parametrize(
    ("role", "outcome"),
    [
        (Role.DECIDES, Outcome.MECHANISM),
        (Role.LIMITS, Outcome.REFUTED),
        (Role.CONFIRMS, Outcome.MECHANISM),
        (Role.INFORMS, Outcome.MECHANISM),
    ],
)
def test_the_role_of_a_measure_that_gets_worse(monkeypatch: pytest.MonkeyPatch, role: Role, outcome: Outcome) -> None:
    promises = (FEWER_CALLS, Promise(Measure.OBJECT_STORE, LOWER, role))
    assert judged(monkeypatch, run([8] * 10, put=10), run([40] * 2, put=90), promises=promises).outcome is outcome


@pytest.mark.parametrize(
    ("role", "direction", "outcome"),
    [
        (Role.DECIDES, LOWER, Outcome.COSTLY),
        (Role.LIMITS, LOWER, Outcome.REFUTED),
        (Role.INFORMS, LOWER, Outcome.COSTLY),
        (Role.CONFIRMS, LOWER, Outcome.CONFIRMED),
        (Role.DECIDES, HIGHER, Outcome.CONFIRMED),
    ],
)
def test_what_got_clearly_worse_is_a_price_unless_the_rule_says_that_it_is_part_of_the_fix(
    monkeypatch: pytest.MonkeyPatch, role: Role, direction: Direction, outcome: Outcome
) -> None:
    promises = (FEWER_CALLS, Promise(Measure.OBJECT_STORE, direction, role))
    before, after = with_files([8] * 10, 750), replace(with_files([40] * 2, 1), object_store={"put_bytes": 2**30})
    verdict = judged(monkeypatch, before, after, promises=promises)
    assert verdict.outcome is outcome
    assert ("but object store 0 bytes → 1.0 GiB" in verdict.reason) is (outcome is Outcome.COSTLY)


@pytest.mark.parametrize(
    ("role", "outcome"),
    [
        (Role.DECIDES, Outcome.REFUTED),
        (Role.LIMITS, Outcome.REFUTED),
        (Role.CONFIRMS, Outcome.HARMLESS),
        (Role.INFORMS, Outcome.HARMLESS),
    ],
)
def test_the_role_of_the_only_measure(monkeypatch: pytest.MonkeyPatch, role: Role, outcome: Outcome) -> None:
    promises = (Promise(Measure.OBJECT_STORE, LOWER, role),)
    assert judged(monkeypatch, run(put=10), run(put=90), promises=promises).outcome is outcome


def test_calls_may_grow_up_to_the_batches_of_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    """1.8 times 64 rows are 115."""
    smaller = Promise(Measure.LARGEST_CALL, LOWER, Role.LIMITS, up_to_batches=True)
    promises = (smaller, Promise(Measure.TASKS, HIGHER))
    fixed = "df.into_batches(64)"
    small, within, beyond = run([10] * 10 + [4]), run([104]), run([103, 1])
    assert judged(monkeypatch, small, within, fixed, promises=promises).outcome is Outcome.HARMLESS
    assert judged(monkeypatch, small, beyond, "df.into_batches(57)", promises=promises).outcome is Outcome.REFUTED
    assert judged(monkeypatch, small, within, promises=promises).outcome is Outcome.REFUTED


def test_no_measure_is_excused_by_the_batches_of_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    smaller = Promise(Measure.LARGEST_CALL, LOWER, Role.LIMITS, up_to_batches=True)
    promises = (smaller, Promise(Measure.WORKER_MEMORY, LOWER, Role.LIMITS))
    before, after = (
        replace(run(calls), memory=(ProcessMemory(1, 0, gained * 2**20),))
        for calls, gained in (([10] * 10, 207), ([100], 1139))
    )
    verdict = judged(monkeypatch, before, after, "df.into_batches(64)", promises=promises)
    assert (verdict.outcome, "memory of a worker 207.0 MiB → 1.1 GiB" in verdict.reason) == (Outcome.REFUTED, True)


def with_files(calls: list[int], count: int) -> Run:
    return replace(run(calls), written_files=(10,) * count)


def test_what_got_worse_beside_the_promise_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = judged(monkeypatch, with_files([8] * 10, 1), with_files([40, 40], 750), promises=(FEWER_CALLS,))
    assert (verdict.outcome, verdict.reason[-25:]) == (Outcome.COSTLY, "but files written 1 → 750")
    verdict = judged(monkeypatch, with_files([8] * 10, 1), with_files([8] * 10, 750), promises=(FEWER_CALLS,))
    assert verdict.outcome is Outcome.REFUTED
    verdict = judged(monkeypatch, with_files([8] * 10, 750), with_files([40, 40], 1), promises=(FEWER_CALLS,))
    assert verdict.outcome is Outcome.CONFIRMED
    assert verdict.reason.endswith("; files written 750 → 1")


def test_only_the_failure_that_the_rule_names_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = (Failure("TypeError", "when the line runs"),)
    failed = run(status=RunStatus.FAILED, message="TypeError: num is missing")
    assert judged(monkeypatch, failed, run(), ends=ends).outcome is Outcome.CONFIRMED
    assert judged(monkeypatch, replace(failed, message="OSError: x"), run(), ends=ends).outcome is Outcome.HARMLESS
    assert judged(monkeypatch, run(), run(), ends=ends).reason == "the failure did not show in the run before either"
    assert judged(monkeypatch, run(), failed, ends=ends).outcome is Outcome.REFUTED
    assert judged(monkeypatch, failed, failed, ends=ends).outcome is Outcome.FAILING


@pytest.mark.parametrize("status", [RunStatus.MEMORY_LIMIT, RunStatus.TIMEOUT, RunStatus.KILLED])
def test_a_rule_that_saves_memory_or_time_ends_a_limit(monkeypatch: pytest.MonkeyPatch, status: RunStatus) -> None:
    ended = run(status=status, message="ended")
    assert judged(monkeypatch, ended, run(), ends=(EXHAUSTION,)).outcome is Outcome.CONFIRMED
    assert judged(monkeypatch, ended, run()).outcome is Outcome.HARMLESS
    broken = replace(ended, status=RunStatus.FAILED)
    assert judged(monkeypatch, broken, run(), ends=(EXHAUSTION,)).outcome is Outcome.HARMLESS


def test_a_symptom_shows_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    symptoms = (Symptom(Measure.CALLS, least=2, most=Measure.LARGEST_CALL),)
    promises = (FEWER_CALLS, Promise(Measure.OBJECT_STORE, LOWER, Role.INFORMS))

    def outcome(rows: list[int]) -> Outcome:
        return judged(monkeypatch, run(rows), None, symptoms=symptoms, promises=promises).outcome

    assert [outcome(rows) for rows in ([4], [4, 4], [1, 1])] == [
        Outcome.HARMLESS,
        Outcome.CONFIRMED,
        Outcome.HARMLESS,
    ]
    assert judged(monkeypatch, run([4, 4]), None, symptoms=symptoms, promises=promises).reason == "measured: calls 2"


def test_a_spelling_is_kept_where_the_script_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(monkeypatch, run(), run(), changes=Changes.SPELLING).outcome is Outcome.CONFIRMED
    assert judged(monkeypatch, run(), run()).outcome is Outcome.HARMLESS


def test_what_the_scheduler_takes_is_none_of_a_worker_s_memory() -> None:
    gained = {ProcessRole.SCHEDULER: 300, ProcessRole.WORKER: 90, ProcessRole.ACTOR: 80}
    memory = tuple(ProcessMemory(role, 0, most, role) for role, most in gained.items())
    found = replace(run([8]), runner="ray", memory=memory, peaks={"driver": 1000})
    assert measured(Measure.WORKER_MEMORY, found) == 90
    assert measured(Measure.ACTOR_MEMORY, found) == 80
    assert measured(Measure.DRIVER_MEMORY, found) == 1300


@pytest.mark.parametrize(
    ("before", "after", "calls", "direction"),
    [(2, 1, 8, -1), (8, 4, 16, -1), (2, 1, 3, 0), (4, 3, 64, 0), (1, 2, 8, 1), (2, 2, 8, 0)],
)
def test_idle_actors_count_where_there_was_work_for_all(before: int, after: int, calls: int, direction: int) -> None:
    def working(actors: int) -> Run:
        found = run([8] * calls)
        pool = tuple(ProcessMemory(pid, 0, 0, ProcessRole.ACTOR) for pid in range(actors))
        made = tuple(replace(c, pid=i % actors, actor=str(i % actors)) for i, c in enumerate(found.calls))
        return replace(found, calls=made, memory=pool)

    effects = measured_effects([working(before)], [working(after)])
    (found,) = (effect for effect in effects if effect.promise.measure is Measure.ACTORS)
    assert (found.before, found.after, found.direction) == (before, after, direction)


def loading(loads: int, processes: int) -> Run:
    """A run in which so many processes work and so many instances of a class are made."""
    (call,) = run([8]).calls
    calls = tuple(replace(call, pid=pid) for pid in range(processes))
    return replace(run(), calls=calls, loads=(ModelLoad("Model", 1.0),) * loads)


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        ((16, 1), (2, 2), 1),
        ((2, 2), (16, 1), -1),
        ((4, 4), (0, 4), 0),  # in the body of a function, where nobody counts
        ((0, 4), (4, 4), 0),
        ((0, 1), (4, 4), 0),
        ((0, 1), (16, 1), -1),
    ],
)
def test_loads_that_no_class_makes_are_not_none(
    before: tuple[int, int], after: tuple[int, int], direction: int
) -> None:
    effects = measured_effects([loading(*before)], [loading(*after)])
    (found,) = (effect for effect in effects if effect.promise.measure is Measure.MODEL_LOADS)
    assert (found.before, found.after, found.direction) == (before[0], after[0], direction)


# ---- the example plugin


def test_the_rule_of_a_plugin_is_verified_like_ours(tmp_path: Path) -> None:
    install(tmp_path / "site", "acme_rules", ROOT / "examples" / "plugin" / "acme_rules")
    (tmp_path / "daft-lint.toml").write_text('plugins = ["acme_rules"]\n', encoding="utf-8")
    text = "import daft\n\nwords = [f'{i} and {i}' for i in range(20_000)]\n"
    text += "daft.from_pydict({'text': words}).write_parquet('pages')\n"
    (tmp_path / "script.py").write_text(text, encoding="utf-8")
    done = python(tmp_path, "-m", "daft_lint", "verify", "script.py", "--runner", "native", path=tmp_path / "site")
    assert "ACM101 line 4: confirmed: same rows; bytes written" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0
