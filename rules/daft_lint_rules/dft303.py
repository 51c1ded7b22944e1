"""DFT303: more actors than the cluster holds, and GPUs that cannot be had."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from daft_lint.api import cst
from daft_lint.api.nodes import udf_related
from daft_lint.api.promises import Direction, Failure, Measure, Promise, Role, Symptom
from daft_lint.api.rows import known_value
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.api.udf_code import constant
from daft_lint.api.wording import counted
from daft_lint.pipeline.model import Cluster, Count, NodeRef, Runner, Script, Udf, UdfKind

ACTOR_KINDS = frozenset({UdfKind.METHOD, UdfKind.METHOD_BATCH, UdfKind.LEGACY})
CPUS_PER_ACTOR = 1.0
"""What Daft 0.7 asks of Ray for an actor where the UDF says nothing (`actor_udf.rs`)."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """`each` of a resource for every actor, `total` in the cluster, which `fits` actors."""

    resource: str
    each: float
    total: float
    fits: int


class ConcurrencyAboveCapacity(ScriptRule):
    """A `max_concurrency` that asks for more actors, or with its `cpus` and `gpus` for more CPUs and GPUs, than the
    cluster facts hold; or `gpus` alone that no node has. And `gpus` above 1 that are no whole number, as *error*.

    ## Why
    Daft starts that many actors and waits for them before the first row. Those that fit nowhere never start: Daft
    waits 120 s without a message, then goes on with the actors that fit. Measured (experiment e6): 10 actors on 4 CPUs
    took 121 s, 2 actors a few seconds (also Daft issue 7112). On a metered cluster you pay for two minutes of every
    GPU, at each start.

    One GPU can be shared by several actors (`gpus=0.5`), one and a half can not: Daft raises a ValueError when the
    class is decorated (experiment e19).

    ## Example
    4 nodes with 2 GPUs each:

        @daft.cls(max_concurrency=16, gpus=1)       # 16 GPUs asked for, 8 there
        class Captioner: ...

    becomes

        @daft.cls(max_concurrency=8, gpus=1)
        class Captioner: ...

    ## Fix
    None: whether to change the script or the cluster is your decision.

    ## Options
    - `[tool.daft-lint.cluster]`: `nodes`, `cpus_per_node`, `gpus_per_node`. `ray.init(num_cpus=..., num_gpus=...)` in
      the script counts first.

    An actor takes 1 CPU where the UDF does not say. It has to fit on one node: two nodes of 3 CPUs hold two actors of
    2 CPUs, not three. Without the facts the rule is silent, and so it is for async functions, whose `max_concurrency`
    counts coroutines, and on the native runner.
    """

    code = "DFT303"
    name = "concurrency-above-capacity"
    level = Level.ERROR
    trigger_words = ("concurrency", "max_concurrency", "with_concurrency", "gpus", "num_gpus")
    promises = (
        Promise(Measure.FIRST_CALL, Direction.LOWER),
        Promise(Measure.PROCESSES, Direction.HIGHER, Role.INFORMS),
    )
    ends = (
        Failure("RuntimeError", "when no actor has started after 120 s"),
        Failure("ValueError", "when the class is decorated"),
    )
    symptoms = (Symptom(Measure.FIRST_CALL, least=100),)

    def check(self, script: Script) -> Iterator[Observation]:
        yield from _fractions(script)
        if script.runner is Runner.NATIVE:
            return
        seen: set[int] = set()
        for udf in script.udfs:
            alone = udf.max_concurrency is None and udf.gpus is not None
            actors = 1 if alone else known_value(udf.max_concurrency)
            if actors is None or udf.kind not in ACTOR_KINDS or udf.is_async:
                continue
            location = _location(udf)
            shortage = _shortage(udf, actors, script.cluster)
            if location is None or shortage is None or id(location.node) in seen:
                continue
            seen.add(id(location.node))
            yield self._observation(udf, actors, shortage, script.cluster, location, alone)

    def _observation(
        self, udf: Udf, actors: int, shortage: Shortage, cluster: Cluster, location: NodeRef, alone: bool
    ) -> Observation:
        nodes = cluster.nodes or 1
        return Observation(
            location=location,
            level=Level.WARNING,
            observed=f"`{udf.name}` asks for {_asked(actors, shortage, alone)};"
            f" the cluster has {shortage.total:g}"
            f" ({counted(nodes, 'node')} x {shortage.total / nodes:g}), room for"
            f" {shortage.fits:,}",
            impact="Daft waits 120 s for the actors that cannot start, with no message, then goes on with the others"
            if shortage.fits
            else "No node has as many: its tasks are never started, and the run does not end"
            if alone
            else "No actor fits: Daft waits 120 s with no message, then fails",
            suggestion=f"Write `max_concurrency={shortage.fits}`, or correct the cluster facts"
            if shortage.fits
            else f"Ask for fewer {shortage.resource}s, or correct the cluster facts",
            related=udf_related(udf),
        )


def _fractions(script: Script) -> Iterator[Observation]:
    """Each `gpus=1.5`."""
    seen: set[NodeRef] = set()
    for udf in script.udfs:
        location = None if udf.gpus is None else udf.gpus.location
        if location is None or location in seen or not isinstance(location.node, cst.Float):
            continue
        seen.add(location)
        gpus = constant(location.node)
        if isinstance(gpus, float) and gpus > 1 and not gpus.is_integer():
            yield Observation(
                location=location,
                level=Level.ERROR,
                observed=f"`{udf.name}` asks for {gpus:g} GPUs",
                impact="Daft raises a ValueError: above 1 it has to be a whole number",
                suggestion=f"Write {math.ceil(gpus)}, or a part of one",
                related=udf_related(udf),
            )


def _asked(actors: int, shortage: Shortage, alone: bool) -> str:
    if alone:
        return _amount(shortage.each, shortage.resource)
    return (
        f"{counted(actors, 'actor')} with {_amount(shortage.each, shortage.resource)} each,"
        f" {_amount(actors * shortage.each, shortage.resource)} in all"
    )


def _amount(number: float, resource: str) -> str:
    return f"{number:g} {resource}" if number == 1 else f"{number:g} {resource}s"


def _location(udf: Udf) -> NodeRef | None:
    count = udf.max_concurrency
    return (count.location if count is not None else None) or udf.options or udf.definition


def _shortage(udf: Udf, actors: int, cluster: Cluster) -> Shortage | None:
    """The resource that is shortest for so many actors; None where all fit, or where nothing is known."""
    candidates = (
        _short_of("GPU", _each(udf.gpus, 0.0), cluster.gpus_per_node, cluster.gpus, cluster.nodes),
        _short_of("CPU", _each(udf.cpus, CPUS_PER_ACTOR), cluster.cpus_per_node, cluster.cpus, cluster.nodes),
    )
    short = [s for s in candidates if s is not None and s.fits < actors]
    return min(short, key=lambda s: s.fits, default=None)


def _each(count: Count | None, default: float) -> float | None:
    """What an actor takes of a resource; None where it is given and not known."""
    return default if count is None else count.value


def _short_of(
    resource: str, each: float | None, per_node: float | None, total: float | None, nodes: int | None
) -> Shortage | None:
    if each is None or each <= 0 or per_node is None or total is None or nodes is None:
        return None
    return Shortage(resource, each, total, nodes * math.floor(per_node / each + 1e-9))
