"""Which values of a number are worth a run: the present one, the formula's, and some on either side of both."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from daft_lint.api.fan_out import PartitionDemand, partition_demand
from daft_lint.api.rows import known_value
from daft_lint.pipeline.model import Cluster, Operator, StepKind, UdfFacts
from daft_lint_runtime.tuning.numbers import NumberKind, TunableNumber, Use

LADDER = (0.25, 0.5, 1, 2, 4)
"""Multiples of the present value that are tried."""
AROUND = (0.5, 1, 2)
"""Multiples of the formula's value that are tried."""
MOST = 7
"""Values of one number that are tried: each costs at least `plateau.LEAST_ROUNDS` runs."""
MOST_BEYOND = 4
"""Values beyond those that are tried where the plateau may reach an end of them."""
EDGE = 1.25
"""So many times the best's seconds, in one run, make an end of the values: the plateau lies within."""


@dataclass(frozen=True)
class Facts:
    """What the first run of the script as it is showed: nodes and CPUs of its Ray, the CPUs of all nodes together, the
    rows that reached each UDF, by the last part of its name, and what its calls cost, by file and name as `Settings`
    has them."""

    nodes: int = 1
    cpus: int = 1
    rows: Mapping[str, int] | None = None
    udfs: tuple[tuple[str, UdfFacts], ...] = ()

    def rows_of(self, name: str) -> int | None:
        return (self.rows or {}).get(name.rpartition(".")[2])

    @property
    def cluster(self) -> Cluster:
        return Cluster(nodes=self.nodes, total_concurrency=self.cpus)

    def demand(self, use: Use) -> PartitionDemand | None:
        """What the UDFs behind a step need of its partitions on this cluster."""
        settings = replace(use.pipeline.settings, udfs=(*self.udfs, *use.pipeline.settings.udfs))
        found = partition_demand(_behind(use), replace(use.pipeline, cluster=self.cluster, settings=settings))
        return None if found is None else replace(found, rows=_rows(use, self))


@dataclass(frozen=True)
class Candidates:
    """The values to try, ascending, the present one among them. `formula` are those of the partition formula, the one
    that rules advise first, `most` is the largest value that makes a difference."""

    values: tuple[int, ...]
    formula: tuple[int, ...] = ()
    most: int = 10**9

    def beyond(self, seconds: Mapping[int, float]) -> int | None:
        """The value to try next, once each has taken so many seconds: twice the last or half the first one, where that
        one may be as good as the best. None where slower ones lie on both sides, or nothing lies beyond."""
        first, last, limit = min(seconds), max(seconds), min(seconds.values()) * EDGE
        if seconds[last] <= limit and last < self.most:
            return min(2 * last, self.most)
        if seconds[first] <= limit and first > 1:
            return first // 2
        return None


def candidates(number: TunableNumber, facts: Facts) -> Candidates:
    """The values to try of a number."""
    least, most = _bounds(number, facts)
    by_formula = dict.fromkeys(_whole(value) for use in number.uses for value in _formula(use, facts))
    formula = tuple(value for value in by_formula if least <= value <= most)
    steps = {_whole(min(number.value, most) * factor) for factor in LADDER}
    steps |= {_whole(value * factor) for value in formula for factor in AROUND}
    anchors = (number.value, *formula[:1])
    others = (v for v in steps if least <= v <= most and v not in (number.value, *formula))
    nearest = sorted(others, key=lambda v: (min(abs(math.log(v / anchor)) for anchor in anchors), v))
    fixed = list(dict.fromkeys((number.value, *formula)))[:MOST]
    return Candidates(tuple(sorted(fixed + nearest[: max(MOST - len(fixed), 0)])), formula, most)


def _whole(value: float) -> int:
    return max(round(value), 1)


def _bounds(number: TunableNumber, facts: Facts) -> tuple[int, int]:
    """A batch of more rows than there are is no other batch, and an actor needs its CPUs: Daft waits 120 s for those
    that do not fit."""
    most = [10**9]
    for use in number.uses:
        if use.kind is NumberKind.CONCURRENCY:
            most.append(_actors(use, facts))
        rows = _rows(use, facts)
        if rows:
            most.append(rows)
    return 1, min(most)


def _actors(use: Use, facts: Facts) -> int:
    """How many actors of the UDF the CPUs hold, at least one."""
    return max(facts.cpus // max(known_value(use.udf.cpus if use.udf else None) or 1, 1), 1)


def _rows(use: Use, facts: Facts) -> int | None:
    """The rows that the number is to cut or spread: those of the UDF, or the most of any UDF behind the step."""
    names = [use.udf.name] if use.udf is not None else [c.udf.name for o in _behind(use) for c in o.udf_calls]
    known = [rows for name in names if (rows := facts.rows_of(name)) is not None]
    return max(known, default=None)


def _behind(use: Use) -> Iterator[Operator]:
    """The operators that work on what a step makes, up to the next one that repartitions."""
    for operator in use.pipeline.operators[use.operator.index + 1 :]:
        if operator.step.kind in (StepKind.REPARTITION, StepKind.SHUFFLE, StepKind.JOIN, StepKind.COLLECT):
            return
        yield operator


def _formula(use: Use, facts: Facts) -> Iterator[int]:
    """For partitions the count to use and one a CPU, for `into_batches` the rows to use and the fewest that fill the
    batches of a node, for actors as many as there are CPUs."""
    if use.kind is NumberKind.CONCURRENCY:
        yield _actors(use, facts)
        return
    if use.kind is NumberKind.BATCH_SIZE:
        return
    demand = facts.demand(use)
    if use.kind is NumberKind.PARTITIONS:
        if demand is not None and demand.plan is not None:
            yield demand.plan.use
        yield facts.cpus
    elif demand is not None:
        yield demand.batch_rows
        yield demand.minimum_rows
