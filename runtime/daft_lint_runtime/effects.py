"""What a change does to a run whether a rule promises it or not: each effect before and after, and when it counts.

An effect counts as moved only where it moved clearly: by a share of itself and by an amount, both beyond the noise of
repeated runs. The shares and amounts are what small runs on a busy machine do not reach by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daft_lint.api.promises import Direction, Measure, Promise, Role, Unit
from daft_lint_runtime.harness import Run
from daft_lint_runtime.measure import Names, measured, pool_calls, quantity

MIB = 2.0**20


@dataclass(frozen=True)
class Effect:
    """A measure that is judged in every pair of runs. It has moved where the larger value is more than `factor` times
    the smaller and more than `least` above it (in its unit). `costs` is whether it is paid for in money: memory, time,
    files, bytes, work."""

    measure: Measure
    better: Direction
    factor: float
    least: float
    costs: bool = True


EFFECTS = (
    Effect(Measure.WORKER_MEMORY, Direction.LOWER, 4 / 3, 32 * MIB),
    Effect(Measure.ACTOR_MEMORY, Direction.LOWER, 4 / 3, 32 * MIB),
    Effect(Measure.WALL, Direction.LOWER, 2.0, 5.0),
    Effect(Measure.MODEL_LOADS, Direction.LOWER, 2.0, 2.0),
    Effect(Measure.WRITTEN_FILES, Direction.LOWER, 4.0, 8.0),
    Effect(Measure.WRITTEN_BYTES, Direction.LOWER, 1.25, 64 * 2.0**10),
    Effect(Measure.ROW_GROUPS, Direction.LOWER, 4.0, 8.0),
    Effect(Measure.ROW_GROUP_BYTES, Direction.LOWER, 4.0, 128 * MIB),
    # Samples can miss what the driver mapped of the object store: 100 MiB of a run that wrote as much.
    Effect(Measure.DRIVER_MEMORY, Direction.LOWER, 4 / 3, 128 * MIB),
    Effect(Measure.OBJECT_STORE, Direction.LOWER, 1.25, 32 * MIB),
    Effect(Measure.SHUFFLED_BYTES, Direction.LOWER, 1.25, 32 * MIB),
    Effect(Measure.UDF_ROWS, Direction.LOWER, 1.25, 16.0),
    Effect(Measure.CALL_BYTES, Direction.LOWER, 2.0, 16 * MIB, costs=False),
    Effect(Measure.FIRST_CALL, Direction.LOWER, 1.5, 30.0),
    Effect(Measure.NODES, Direction.HIGHER, 1.0, 0.0),
    Effect(Measure.ACTORS, Direction.HIGHER, 1.9, 0.0, costs=False),
    Effect(Measure.CALLS, Direction.LOWER, 4.0, 64.0, costs=False),
    Effect(Measure.TASKS, Direction.HIGHER, 1.1, 0.0, costs=False),
    Effect(Measure.LARGEST_CALL, Direction.LOWER, 2.0, 16.0, costs=False),
)
"""Most important first. Of tasks only as many count as work at once: more of them than CPUs are no gain."""
COSTS = frozenset(effect.measure for effect in EFFECTS if effect.costs) | {Measure.REBATCHED_BYTES, Measure.PROCESSES}
WORSE_ALONE = frozenset({Measure.TASKS, Measure.ACTORS, Measure.CALLS, Measure.CALL_BYTES})
"""Effects that cost nothing by themselves, but are worth a word where they get worse: idle CPUs, calls by the dozen,
calls that hold more."""
CALLS_EACH = 2
"""Fewer calls than so many for each actor may leave some without any."""


@dataclass(frozen=True)
class MeasuredChange:
    """A measure before and after. `direction` is 1 where it moved for the better, or as promised, -1 against it, 0
    where it stayed."""

    promise: Promise
    before: float
    after: float
    direction: int

    @property
    def title(self) -> str:
        return self.promise.measure.title

    @property
    def unit(self) -> Unit:
        return self.promise.measure.unit

    @property
    def counts(self) -> bool:
        """Whether it may decide the verdict."""
        return self.promise.role is not Role.INFORMS

    @property
    def costs(self) -> bool:
        """Whether it is paid for in money, and not only the way in which rows are cut and spread."""
        return self.promise.measure in COSTS

    @property
    def ratio(self) -> float | None:
        """After over before; None where there is nothing to divide by."""
        return self.after / self.before if self.before else None

    def __str__(self) -> str:
        after = quantity(self.after, self.unit)
        if self.direction == 0 and self.before == self.after:
            return f"{self.title} {after}"
        before = quantity(self.before, Unit.COUNT if self.unit is Unit.ROWS else self.unit)
        return f"{self.title} {before} → {after}"


def measured_effects(befores: Sequence[Run], afters: Sequence[Run], udfs: Names = None) -> tuple[MeasuredChange, ...]:
    """Every effect that both texts have anything to measure by, as the medians of their runs; time as the shortest, for
    what else the machine does only adds to it."""
    found = (_change(effect, befores, afters, udfs) for effect in EFFECTS)
    return tuple(change for change in found if change is not None)


def clearly_worse(effects: Sequence[MeasuredChange]) -> list[MeasuredChange]:
    """The effects that cost more than before."""
    return [e for e in effects if e.direction < 0 and (e.costs or e.promise.measure in WORSE_ALONE)]


def clearly_better(effects: Sequence[MeasuredChange]) -> list[MeasuredChange]:
    """The effects that cost less than before."""
    return [effect for effect in effects if effect.costs and effect.direction > 0]


def _change(effect: Effect, befores: Sequence[Run], afters: Sequence[Run], udfs: Names) -> MeasuredChange | None:
    olds, news = (
        sorted(value for run in runs if (value := measured(effect.measure, run, udfs)) is not None)
        for runs in (befores, afters)
    )
    if not olds or not news:
        return None
    old, new = olds[len(olds) // 2], news[len(news) // 2]
    if effect.measure is Measure.WALL:
        old, new = olds[0], news[0]
    counted_old, counted_new = _counted(effect.measure, (old, new), befores[0], afters[0], udfs)
    least = max(effect.least, olds[-1] - olds[0], news[-1] - news[0])
    if effect.measure is Measure.WORKER_MEMORY:
        least = max(least, parallel_memory(befores[0], afters[0], old, udfs))
    low, high = sorted((counted_old, counted_new))
    moved = high > low * effect.factor and high - low > least
    up = counted_new > counted_old
    direction = 0 if not moved else 1 if up is (effect.better is Direction.HIGHER) else -1
    return MeasuredChange(Promise(effect.measure, effect.better, Role.CONFIRMS), old, new, direction)


def _counted(
    measure: Measure, values: tuple[float, float], before: Run, after: Run, udfs: Names
) -> tuple[float, float]:
    """The two values of a measure as they count against each other."""
    old, new = values
    if measure is Measure.TASKS:
        return tasks_at_once(before, udfs), tasks_at_once(after, udfs)
    if measure is Measure.ACTORS and len(pool_calls(after, udfs)) < CALLS_EACH * old:
        return old, max(old, new)
    if measure is Measure.MODEL_LOADS and not old:
        # What is loaded by no class is not seen: at best once in each process that works.
        old = max(measured(Measure.PROCESSES, run, udfs) or 0.0 for run in (before, after))
    if measure is Measure.MODEL_LOADS and not new:
        new = old
    return old, new


def parallel_memory(before: Run, after: Run, memory: float, udfs: Names) -> float:
    """What more memory (bytes) a worker may take because it has more tasks at once: each node has one worker."""
    return memory * max(tasks_at_once(after, udfs) / tasks_at_once(before, udfs) - 1, 0.0)


def tasks_at_once(run: Run, udfs: Names) -> float:
    """How many tasks may work at once in a worker: each node has one (Daft 0.7.26), with a thread for each CPU."""
    cpus = run.cluster.get("cpus", 1.0) / max(run.cluster.get("nodes", 1.0), 1.0)
    return max(min(measured(Measure.TASKS, run, udfs) or 0.0, cpus), 1.0)
