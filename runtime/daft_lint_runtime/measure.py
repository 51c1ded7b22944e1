"""Turns what a run left into the measures that rules make promises about."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from daft_lint.api.promises import Measure, Unit
from daft_lint_runtime import plans
from daft_lint_runtime.harness import OperatorStats, Run, UdfCallRecord
from daft_lint_runtime.memory_watch import Role
from daft_lint_runtime.probe import SCHEDULER
from daft_lint_runtime.processes import OWNER

Names = Sequence[str] | None
"""UDFs by their qualified names; None for all."""

SHUFFLES = frozenset(
    {"Repartition", "Sort", "HashJoin", "Join", "RepartitionRead", "RepartitionWrite", "IntoPartitions", "Shuffle"}
)
"""Kinds of operators (Daft 0.7.26) whose input crosses between tasks."""
_WORD = re.compile(r"\w+")
REBATCHES = frozenset({"IntoBatches"})
NO_WORKERS = frozenset({OWNER, "driver", "gcs_server", "raylet", "DashboardAgent", "RuntimeEnvAgent", SCHEDULER})
"""Processes of a run on Ray that execute no task (Ray 2.59, Daft 0.7.26). Workers bear the names of their tasks."""
SOURCES = frozenset({"InMemoryScan", "ScanTask", "GlobScan", "EmptyScan"})


@dataclass(frozen=True)
class UdfStats:
    """One UDF in one run. Rows are per call (for a row-wise UDF per morsel), `held` is the most bytes that a call
    took and returned, `seconds` their sum, `growth` the most memory that a process gained over its start (bytes)."""

    name: str
    line: int
    kind: str
    calls: int
    rows: int
    largest: int
    median: float
    smallest: int
    held: int
    seconds: float
    processes: int
    nodes: int
    growth: int

    @property
    def short(self) -> str:
        return self.name.rsplit(".", 1)[-1]


def udf_stats(calls: Iterable[UdfCallRecord]) -> list[UdfStats]:
    """The UDFs of a run in the order of their first call."""
    groups: dict[str, list[UdfCallRecord]] = {}
    for call in sorted(calls, key=lambda c: c.began):
        groups.setdefault(call.udf, []).append(call)
    return [_udf_stats(name, group) for name, group in groups.items()]


def _udf_stats(name: str, calls: Sequence[UdfCallRecord]) -> UdfStats:
    rows = [c.rows for c in calls]
    return UdfStats(
        name=name,
        line=calls[0].line,
        kind=calls[0].kind,
        calls=len(calls),
        rows=sum(rows),
        largest=max(rows),
        median=float(statistics.median(rows)),
        smallest=min(rows),
        held=max(c.held for c in calls),
        seconds=sum(c.seconds for c in calls),
        processes=len({(c.node, c.pid) for c in calls}),
        nodes=len({c.node for c in calls}),
        growth=max(max(c.peak - c.base, 0) for c in calls),
    )


def of_udfs(run: Run, names: Names) -> list[UdfStats]:
    """The measures of the named UDFs; of all where none of them was called."""
    measures = udf_stats(run.calls)
    chosen = [m for m in measures if names is not None and m.name in names]
    return chosen or measures


def largest_call(run: Run, names: Names) -> float:
    return float(max((m.largest for m in of_udfs(run, names)), default=0))


def largest_call_bytes(run: Run, names: Names) -> float:
    return float(max((m.held for m in of_udfs(run, names)), default=0))


def calls(run: Run, names: Names) -> float:
    return float(sum(m.calls for m in of_udfs(run, names)))


def median_call(run: Run, names: Names) -> float:
    rows = [c.rows for c in run.calls if names is None or c.udf in names] or [c.rows for c in run.calls]
    return float(statistics.median(rows)) if rows else 0.0


def ragged_calls(run: Run, names: Names) -> float:
    """Calls with fewer rows than the largest of their UDF."""
    largest = {m.name: m.largest for m in of_udfs(run, names)}
    return float(sum(1 for c in run.calls if c.udf in largest and c.rows < largest[c.udf]))


def processes(run: Run, names: Names) -> float:
    return float(max((m.processes for m in of_udfs(run, names)), default=0))


def pool_calls(run: Run, names: Names) -> list[UdfCallRecord]:
    """The calls of the named UDFs that actors of a pool made."""
    pool = {process.pid for process in run.memory if process.role is Role.ACTOR}
    return [c for c in run.calls if c.pid in pool and c.actor and (not names or c.udf in names)]


def actors(run: Run, names: Names) -> float | None:
    """The actors of pools that called the named UDFs; None without a pool."""
    return float(len({call.actor for call in pool_calls(run, names)})) or None


def nodes(run: Run, names: Names) -> float | None:
    """None where no UDF was called: a plan without one has not lost a node."""
    return max((float(m.nodes) for m in of_udfs(run, names)), default=None)


def worker_memory(run: Run) -> float:
    """The most memory that a process gained in its queries, whatever it worked on. Where none could note it, what the
    process of a UDF call gained, else the most private memory that samples saw a process have which executes queries.
    """
    working = [process.gained for process in run.memory if process.role is not Role.SCHEDULER]
    if working:
        return float(max(working))
    if run.calls:
        return float(max(m.growth for m in udf_stats(run.calls)))
    samples = [process for _, processes in run.samples for process in processes]
    idle = {pid for pid, name, *_ in samples if name in NO_WORKERS} if run.runner == "ray" else set()
    return float(max((private for pid, _, private, _, _ in samples if pid not in idle), default=0))


def actor_memory(run: Run) -> float | None:
    """The most memory that an actor of a pool gained, which less than a worker's hides; None without such actors."""
    return max((float(process.gained) for process in run.memory if process.role is Role.ACTOR), default=None)


def driver_memory(run: Run) -> float | None:
    """The peak of the script's own process, less the most pages of the object store that samples saw it map, and what
    Daft's scheduler gained, which holds the plans for it; None on the native runner, where the driver is what works."""
    if run.runner != "ray" or "driver" not in run.peaks:
        return None
    shared = (process[3] for _, processes in run.samples for process in processes if process[1] == "driver")
    scheduling = sum(process.gained for process in run.memory if process.role is Role.SCHEDULER)
    return float(run.peaks["driver"] - max(shared, default=0) + scheduling)


def tasks(run: Run, names: Names) -> float:
    """The tasks of the operators that call the named UDFs, of all UDFs where none is named; without a UDF the most
    of any operator that works on rows (no source, no repartitioning step). The native runner has none: 1."""
    if run.operators and run.runner == "native":
        return 1.0
    own = _calling(run, names or sorted({c.udf for c in run.calls}))
    working = [op for op in run.operators if op.kind not in SHUFFLES | REBATCHES | SOURCES]
    return float(max((op.tasks for op in own or working or run.operators), default=0))


def _calling(run: Run, names: Sequence[str]) -> list[OperatorStats]:
    """The operators that call the UDFs: their names end in the UDF's, or for a class may be that of the class."""
    words = {part for name in names for part in name.split(".")}
    named = [op for op in run.operators if _calls_udf(op) and words.intersection(_WORD.findall(op.name))]
    return named + [op for op in run.operators if _is_pool(op)]


def _calls_udf(operator: OperatorStats) -> bool:
    return "UDF" in operator.kind or "UDF" in operator.name


def _is_pool(operator: OperatorStats) -> bool:
    """A pool of actors does not say whose it is (Daft 0.7.26)."""
    return "ActorPool" in operator.kind


def rows_per_task(run: Run) -> float:
    """The most rows that a task of an operator worked on, on average over its tasks."""
    working = [op for op in run.operators if op.kind not in SHUFFLES | REBATCHES | SOURCES and op.tasks]
    return max((op.rows_in / op.tasks for op in working), default=0.0)


def bytes_shuffled(run: Run) -> float:
    """Bytes that entered a step that repartitions all of them; a join and a sort report none (Daft 0.7.26), so that
    what the steps before them made counts."""
    made = {(op.query, op.id): op for op in run.operators}
    total = 0
    for query in run.queries:
        for node in plans.nodes(query.get("physical") or {}):
            own = made.get((query["index"], int(node.get("id", -1))))
            if own is None or own.kind not in SHUFFLES:
                continue
            children = (made.get((query["index"], int(child["id"]))) for child in node.get("children") or ())
            total += max(own.bytes_in, sum(child.bytes_out for child in children if child is not None))
    return float(total)


def bytes_rebatched(run: Run) -> float:
    """Bytes that entered `into_batches`: on Ray they all go through the object store."""
    return float(sum(op.bytes_in for op in run.operators if op.kind in REBATCHES))


def shuffles(run: Run) -> float:
    return float(sum(1 for op in run.operators if op.kind in SHUFFLES))


def planned_repartitions(run: Run) -> float:
    return float(sum(plans.repartitions(query["plan"]) for query in run.queries))


def query_seconds(run: Run) -> float:
    return float(sum(query["seconds"] for query in run.queries))


def seconds_to_first_call(run: Run, names: Names) -> float | None:
    """Seconds from the start of the query that calls the UDFs to the first of their calls; None without calls."""
    began = [c.began for c in run.calls if not names or c.udf in names]
    starts = [query["began"] for query in run.queries if began and query["began"] <= min(began)]
    return min(began) - max(starts) if starts else None


METERS: Mapping[Measure, Callable[[Run, Names], float | None]] = {
    Measure.LARGEST_CALL: largest_call,
    Measure.MEDIAN_CALL: median_call,
    Measure.CALL_BYTES: largest_call_bytes,
    Measure.CALLS: calls,
    Measure.RAGGED_CALLS: ragged_calls,
    Measure.FIRST_CALL: seconds_to_first_call,
    Measure.WORKER_MEMORY: lambda run, _names: worker_memory(run),
    Measure.ACTOR_MEMORY: lambda run, _names: actor_memory(run),
    Measure.DRIVER_MEMORY: lambda run, _names: driver_memory(run),
    Measure.OBJECT_STORE: lambda run, _names: float(run.object_store.get("put_bytes", 0)),
    Measure.TASKS: tasks,
    Measure.ROWS_PER_TASK: lambda run, _names: rows_per_task(run),
    Measure.PROCESSES: processes,
    Measure.ACTORS: actors,
    Measure.NODES: nodes,
    Measure.SHUFFLES: lambda run, _names: shuffles(run),
    Measure.SHUFFLED_BYTES: lambda run, _names: bytes_shuffled(run),
    Measure.REBATCHED_BYTES: lambda run, _names: bytes_rebatched(run),
    Measure.PLANNED_REPARTITIONS: lambda run, _names: planned_repartitions(run),
    Measure.WRITTEN_BYTES: lambda run, _names: float(sum(run.written_files)),
    Measure.WRITTEN_FILES: lambda run, _names: float(len(run.written_files)),
    Measure.ROW_GROUPS: lambda run, _names: max((float(len(f)) for f in run.row_groups), default=None),
    Measure.ROW_GROUP_BYTES: lambda run, _names: max((float(max(f)) for f in run.row_groups if f), default=None),
    Measure.MODEL_LOADS: lambda run, _names: float(len(run.loads)),
    Measure.UDF_ROWS: lambda run, _names: float(sum(call.rows for call in run.calls)),
    Measure.WALL: lambda run, _names: query_seconds(run),
}


def measured(measure: Measure, run: Run, names: Names = None) -> float | None:
    """One measure of a run in its unit; None where the run has nothing to measure it by."""
    return METERS[measure](run, names)


def quantity(value: float, unit: Unit) -> str:
    """A measure as people read it: `4,096 rows`, `1.5 MiB`, `12`."""
    if unit is Unit.BYTES:
        for name, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
            if abs(value) >= size:
                return f"{value / size:,.1f} {name}"
        return f"{value:,.0f} bytes"
    number = f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
    return f"{number} {unit.value}".strip()
