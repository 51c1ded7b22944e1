"""Did the fix keep each rule's promise? Same rows, and the rule's own measure moved as promised.

What DFT101 promises is that calls are bounded, or, where a `batch_size` bounds them already, that the work is spread
over more tasks. So either is enough: fewer rows a call, or more tasks. Calls may grow up to what the inserted
`into_batches(n)` allows, which on Ray is less than 1.8 n rows: a task gathers what comes until it has 0.8 n, and the
last thing that comes may be a whole batch (Daft 0.7.26, `into_batches.rs`; 1,000 rows at 64 gave a call of 104). A
call above that is refuted, whatever else moved.

The rules on heavy data promise less memory as well: what a worker's peak (VmHWM) gained over its start. It decides
beyond what runs of a few seconds gain and lose by themselves, and what more tasks at once explain: a fix that spreads
the work makes several calls at a time where there was one, in one worker a node.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from daft_lint.api.finding import Finding
from daft_lint_runtime import measure, plans
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.compare import SAME_SCHEMA, SKIPPED, UNSPECIFIED, Comparison
from daft_lint_runtime.harness import Run

CONFIRMED, HARMLESS, REFUTED, FAILING = "confirmed", "harmless", "refuted", "failing"

MOVED = 0.10
"""A measure has moved when it changed by more than this share, or by more than repeated runs of one text differ."""
LEAST_BYTES = 32 * 2**20
"""Memory of a worker has moved only by more than this: threads' arenas come and go by so much."""
MEMORY_MOVED = 0.25
"""As `MOVED`, for the memory of a worker: its peak depends on which calls met."""

BATCH_SLACK = 1.8
"""`into_batches(n)` makes batches of fewer than so many times n rows: see above."""
SILENCE = 100.0
"""Seconds before a UDF's first call that only missing actors explain: Daft waits 120 s for them (e6)."""
SEEN_BYTES = 2**20
"""A shuffle of less is no shuffle of heavy data."""

FAILURES = frozenset({"DFT301", "DFT302", "DFT402", "DFT404"})
"""Rules whose promise is that a failure is gone."""
HEAVY = frozenset({"DFT101", "DFT102", "DFT105", "DFT106", "DFT203"})
"""Rules whose fix lets a script survive a limit of memory or time."""

Names = Sequence[str] | None
Measurer = Callable[[Run, Names], float]


@dataclass(frozen=True)
class Promise:
    """One measure that a rule speaks of. `better` is -1 where less is better, 1 where more is.

    Only a `main` one decides; the others are shown. `unit` is "rows", "bytes" or "".
    """

    title: str
    of: Measurer
    better: int
    unit: str = ""
    main: bool = True


def _of_run(function: Callable[[Run], float]) -> Measurer:
    return lambda run, _names: function(run)


CALL = "largest call"
LARGEST = partial(Promise, CALL, measure.largest_call, unit="rows")
HELD = partial(Promise, CALL, measure.most_held, unit="bytes")
GROWTH = Promise("memory of a worker", _of_run(measure.growth), -1, "bytes")
PUT = Promise("object store", _of_run(lambda run: float(run.object_store.get("put_bytes", 0))), -1, "bytes", main=False)
TASKS = partial(Promise, "tasks", measure.tasks)
CALLS = partial(Promise, "calls", measure.calls)
MEDIAN = partial(Promise, "median call", measure.median_call, unit="rows")
PROCESSES = Promise("processes", measure.processes, 1, main=False)
NODES = Promise("nodes", measure.nodes, 1, main=False)
SHUFFLED = Promise("bytes shuffled", _of_run(measure.bytes_shuffled), -1, "bytes")

PROMISES: dict[str, tuple[Promise, ...]] = {
    "DFT101": (LARGEST(-1), TASKS(1), HELD(-1), GROWTH),
    "DFT102": (
        Promise("bytes shuffled", _of_run(measure.bytes_cut), -1, "bytes"),
        LARGEST(-1, main=False),
        PUT,
        GROWTH,
    ),
    "DFT103": (CALLS(-1), LARGEST(1)),
    "DFT104": (CALLS(-1), Promise("ragged calls", measure.ragged_calls, -1)),
    "DFT105": (SHUFFLED, PUT),
    "DFT106": (Promise("rows a task", _of_run(measure.rows_per_task), -1, "rows"), GROWTH, PUT),
    "DFT201": (TASKS(-1), MEDIAN(1), CALLS(-1, main=False)),
    "DFT202": (TASKS(1), PROCESSES, NODES),
    "DFT203": (TASKS(1), PROCESSES, NODES),
    "DFT204": (Promise("repartitions that do nothing", _of_run(measure.planned_repartitions), -1),),
    "DFT205": (Promise("shuffles", _of_run(measure.shuffles), -1), SHUFFLED),
}


@dataclass(frozen=True)
class Moved:
    """A measure before and after. `direction` is 1 where it moved as promised, -1 against it, 0 where it stayed."""

    title: str
    unit: str
    before: float
    after: float
    direction: int
    main: bool

    @property
    def ratio(self) -> float | None:
        """After over before; None where there is nothing to divide by."""
        return self.after / self.before if self.before else None


@dataclass(frozen=True)
class Verdict:
    """`outcome` is "confirmed", "harmless", "refuted" or "failing"; `reason` completes it in one line."""

    finding: Finding
    outcome: str
    reason: str
    measures: tuple[Moved, ...] = ()
    udfs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What the verdicts of one case rest on. `again` are repeated runs of the two texts, for the noise."""

    case: VerifyCase
    before: Run
    after: Run | None
    comparisons: tuple[Comparison, ...] = ()
    again: tuple[tuple[Run, ...], tuple[Run, ...]] = field(default=((), ()))


def judge(evidence: Evidence) -> list[Verdict]:
    """A verdict for each finding of the case."""
    return [_judge(finding, evidence) for finding in evidence.case.findings]


def _judge(finding: Finding, evidence: Evidence) -> Verdict:
    before, after = evidence.before, evidence.after
    names = involved_udfs(finding, evidence.case, before)
    if after is None:
        return _judge_alone(finding, before, names)
    if not after.ok:
        if not before.ok:
            return Verdict(finding, FAILING, f"fails before and after: {after.message}", udfs=names)
        return Verdict(finding, REFUTED, f"fails after the fix: {after.message}", udfs=names)
    if not before.ok:
        return _judge_survival(finding, before, names)
    moved = [_moved(p, evidence, names) for p in PROMISES.get(finding.code, ())]
    measures = _within_bound(moved, finding, _batch_bound(evidence.case.fixed or b""))
    different = [c for c in evidence.comparisons if not c.equal]
    if finding.code == "DFT401":
        return _judge_discarded(finding, before, after, different)
    if different and not any(f.code == "DFT401" for f in evidence.case.findings):
        return Verdict(finding, REFUTED, f"{different[0].what}: {different[0].message}", measures, names)
    return _judge_measures(finding, measures, names, what_is_same(evidence.comparisons))


def what_is_same(comparisons: Sequence[Comparison]) -> str:
    """What equal comparisons show, in two words: less than the rows where these were not compared."""
    kinds = {c.kind for c in comparisons}
    if not kinds:
        return "no results compared"
    if kinds & {SKIPPED, UNSPECIFIED}:
        return "same as far as compared"
    return "same schema" if any(c.kind == SAME_SCHEMA for c in comparisons) else "same rows"


def _judge_survival(finding: Finding, before: Run, names: tuple[str, ...]) -> Verdict:
    by_limit = before.status in ("memory limit", "timeout", "killed")
    if finding.code in FAILURES or (by_limit and finding.code in HEAVY):
        return Verdict(finding, CONFIRMED, f"the failure is gone: {before.message}", udfs=names)
    return Verdict(
        finding, HARMLESS, f"runs; before it did not, so nothing can be compared: {before.message}", udfs=names
    )


def _judge_discarded(finding: Finding, before: Run, after: Run, different: Sequence[Comparison]) -> Verdict:
    shapes = [[plans.outline(q["plan"]) for q in run.queries] for run in (before, after)]
    if shapes[0] == shapes[1]:
        return Verdict(finding, HARMLESS, "the plans are the same: the step still has no effect on a result")
    effect = f"; {different[0].what}: {different[0].message}" if different else ""
    return Verdict(finding, CONFIRMED, f"the step takes effect now{effect}")


def _judge_measures(finding: Finding, measures: tuple[Moved, ...], names: tuple[str, ...], same: str) -> Verdict:
    """`same` is what of the results was found to be the same."""
    main = [m for m in measures if m.main]
    if finding.code == "DFT403":
        return Verdict(finding, CONFIRMED, f"the current spelling runs; {same}", measures, names)
    if finding.code in FAILURES:
        return Verdict(finding, HARMLESS, "the failure did not show in the run before either", measures, names)
    # A call's bytes show no more than that it holds less: a slice of a larger batch weighs as much as the batch.
    worse = [m for m in main if m.direction < 0 and (m.title, m.unit) != (CALL, "bytes")]
    bounds = [m for m in worse if m.title == GROWTH.title or (finding.code == "DFT101" and m.title == CALL)]
    if bounds:
        return Verdict(finding, REFUTED, f"{same}, but worse: {_sentence(bounds[0])}", measures, names)
    better = [m for m in main if m.direction > 0]
    if worse and not better:
        return Verdict(finding, REFUTED, f"{same}, but worse: {_sentence(worse[0])}", measures, names)
    if better:
        return Verdict(finding, CONFIRMED, f"{same}; {_sentence(better[0])}", measures, names)
    if not main:
        return Verdict(finding, HARMLESS, f"{same}; the rule has no measure of its own", measures, names)
    return Verdict(finding, HARMLESS, f"{same}, nothing moved: {_sentence(main[0])}", measures, names)


def _judge_alone(finding: Finding, run: Run, names: tuple[str, ...]) -> Verdict:
    """A finding without a fix: does the run show what the rule says?"""
    promises = PROMISES.get(finding.code, ())
    seen = tuple(Moved(p.title, p.unit, v := p.of(run, names), v, 0, p.main) for p in promises)
    if not run.ok:
        outcome = CONFIRMED if finding.code in FAILURES | {"DFT303"} else FAILING
        return Verdict(finding, outcome, run.message, seen, names)
    if finding.code == "DFT303":
        return _judge_capacity(finding, run, names)
    value = {m.title: m.before for m in seen}
    shows = {
        "DFT101": measure.calls(run, names) <= measure.tasks(run, names),
        "DFT105": value.get("bytes shuffled", 0) > SEEN_BYTES,
        "DFT203": value.get("tasks", 0) == 1,
    }.get(finding.code)
    if shows is None:
        return Verdict(finding, HARMLESS, "ran; nothing to compare it with", seen, names)
    facts = ", ".join(f"{m.title} {quantity(m.before, m.unit)}" for m in seen if m.main)
    return Verdict(finding, CONFIRMED if shows else HARMLESS, f"measured: {facts}", seen, names)


def _judge_capacity(finding: Finding, run: Run, names: tuple[str, ...]) -> Verdict:
    waited = measure.seconds_to_first_call(run, names)
    if waited is None or waited < SILENCE:
        return Verdict(finding, HARMLESS, "ran; all actors that were asked for came at once", udfs=names)
    actors = int(measure.processes(run, names))
    return Verdict(finding, CONFIRMED, f"{waited:.0f} s before the first call, then {actors} actors", udfs=names)


def _moved(promise: Promise, evidence: Evidence, names: tuple[str, ...]) -> Moved:
    assert evidence.after is not None
    before = [promise.of(run, names) for run in (evidence.before, *evidence.again[0])]
    after = [promise.of(run, names) for run in (evidence.after, *evidence.again[1])]
    old, new = sorted(before)[len(before) // 2], sorted(after)[len(after) // 2]
    noise = max(max(before) - min(before), max(after) - min(after), MOVED * max(abs(old), abs(new)))
    if promise is GROWTH:
        noise = max(noise, LEAST_BYTES, MEMORY_MOVED * max(old, new))
        if new > old:
            old_share, new_share = _tasks_at_once(evidence.before, names), _tasks_at_once(evidence.after, names)
            noise = max(noise, old * max(new_share / old_share - 1, 0.0))
    change = new - old
    direction = 0 if abs(change) <= noise else promise.better * (1 if change > 0 else -1)
    return Moved(promise.title, promise.unit, old, new, direction, promise.main)


def _tasks_at_once(run: Run, names: Names) -> float:
    """How many tasks may work at once in a worker: each node has one (Daft 0.7.26), with a thread for each CPU."""
    cpus = run.cluster.get("cpus", 1.0) / max(run.cluster.get("nodes", 1.0), 1.0)
    return max(min(measure.tasks(run, names), cpus), 1.0)


def _within_bound(measures: Sequence[Moved], finding: Finding, bound: int) -> tuple[Moved, ...]:
    """A call may grow up to the bound that the fix sets: the engine had cut it smaller by chance, not by promise. Its
    bytes and the memory grow with it."""
    grown = [m for m in measures if finding.code == "DFT101" and m.unit == "rows" and m.direction < 0]
    if not grown or any(m.after >= BATCH_SLACK * bound for m in grown):
        return tuple(measures)
    return tuple(replace(m, direction=max(m.direction, 0)) for m in measures)


def _batch_bound(text: bytes) -> int:
    """The largest n of the text's `into_batches(n)`, a literal or a constant of the module; 0 where there is none."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return 0
    constants = {
        target.id: statement.value.value
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    found = [0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "into_batches":
            for argument in node.args[:1]:
                value = argument.value if isinstance(argument, ast.Constant) else None
                value = constants.get(argument.id) if isinstance(argument, ast.Name) else value
                found += [value] if isinstance(value, int) else []
    return max(found)


def _sentence(moved: Moved) -> str:
    if moved.direction == 0 and moved.before == moved.after:
        return f"{moved.title} {quantity(moved.before, moved.unit)}"
    before = quantity(moved.before, "" if moved.unit == "rows" else moved.unit)
    return f"{moved.title} {before} → {quantity(moved.after, moved.unit)}"


def quantity(value: float, unit: str) -> str:
    """A measure as people read it: `4,096 rows`, `1.5 MiB`, `12`."""
    if unit == "bytes":
        for name, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
            if abs(value) >= size:
                return f"{value / size:,.1f} {name}"
        return f"{value:,.0f} bytes"
    number = f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
    return f"{number} {unit}".strip()


# Which UDFs a finding is about


def involved_udfs(finding: Finding, case: VerifyCase, run: Run) -> tuple[str, ...]:
    """The UDFs, by qualified name, that the finding points at: the one that is called at its place, or whose
    definition is a related place. Empty where none can be told; then all count."""
    called = {c.udf for c in run.calls}
    words = _names_at(case.original, finding.span.line, finding.span.end_line)
    at_place = tuple(sorted(n for n in called if words.intersection(n.split("."))))
    if at_place:
        return at_place
    lines = [r.span.line for r in finding.related if r.span.path == finding.span.path]
    defined = _definitions(case.original)
    return tuple(
        sorted(
            n for n in called for line in lines if any(a <= line <= b and n.endswith(name) for name, a, b in defined)
        )
    )


def _names_at(text: bytes, first: int, last: int) -> set[str]:
    """The names in the calls of some lines, and the classes behind names that are instances (`model = Model()`)."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    names: set[str] = set()
    classes: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
            classes.update({t.id: node.value.func.id for t in node.targets if isinstance(t, ast.Name)})
        if isinstance(node, ast.Call) and first <= node.lineno and (node.end_lineno or node.lineno) <= max(last, first):
            names.update(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name))
            names.update(n.attr for n in ast.walk(node.func) if isinstance(n, ast.Attribute))
    return names | {classes[n] for n in names if n in classes}


def _definitions(text: bytes) -> list[tuple[str, int, int]]:
    """Functions and methods with their lines, decorators included."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    return [
        (node.name, min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
