"""What a rule says of a run, as data: what its fix makes better, which failure it ends, what its finding looks like.

`daft-lint verify` measures and judges by it and knows no rule; a plugin's rule is verified like one of ours.
"""

from __future__ import annotations

import enum

from daft_lint.dataclass import dataclass


class Unit(enum.Enum):
    """What a measure counts; `.value` is how reports write it."""

    COUNT = ""
    ROWS = "rows"
    BYTES = "bytes"
    SECONDS = "s"


class Measure(enum.Enum):
    """What `verify` can measure of a run. Those of UDF calls count the UDFs that the finding is about."""

    LARGEST_CALL = ("largest call", Unit.ROWS)
    """The most rows that a UDF got in one call."""
    MEDIAN_CALL = ("median call", Unit.ROWS)
    """The rows of the median UDF call."""
    CALL_BYTES = ("bytes of a call", Unit.BYTES)
    """The most bytes that a UDF call took and returned."""
    CALLS = ("calls", Unit.COUNT)
    """UDF calls."""
    RAGGED_CALLS = ("ragged calls", Unit.COUNT)
    """UDF calls with fewer rows than the largest of the same UDF."""
    FIRST_CALL = ("time to the first call", Unit.SECONDS)
    """From the start of the query to the first UDF call: what Daft waits for actors."""
    WORKER_MEMORY = ("memory of a worker", Unit.BYTES)
    """The peak of a worker's memory (VmHWM) less what it used before the query, whatever it worked on."""
    ACTOR_MEMORY = ("memory of an actor", Unit.BYTES)
    """As that of a worker, of the actors in pools alone."""
    DRIVER_MEMORY = ("memory of the driver", Unit.BYTES)
    """The peak of the memory of the process that runs the script, with what Daft's scheduler gained, where that is not
    the one that works: on Ray."""
    OBJECT_STORE = ("object store", Unit.BYTES)
    """What was put into Ray's object store."""
    TASKS = ("tasks", Unit.COUNT)
    """Tasks that called the UDFs."""
    ROWS_PER_TASK = ("rows per task", Unit.ROWS)
    """The most rows that the tasks of an operator worked on, on average."""
    PROCESSES = ("processes", Unit.COUNT)
    """Processes that called the UDFs."""
    ACTORS = ("actors", Unit.COUNT)
    """Actors of pools that called the UDFs, on Ray."""
    NODES = ("nodes", Unit.COUNT)
    """Nodes that called the UDFs."""
    SHUFFLES = ("shuffles", Unit.COUNT)
    """Operators whose input crosses between tasks."""
    SHUFFLED_BYTES = ("bytes shuffled", Unit.BYTES)
    """Bytes that entered such operators."""
    REBATCHED_BYTES = ("bytes rebatched", Unit.BYTES)
    """Bytes that entered `into_batches`, which all go through the object store on Ray."""
    PLANNED_REPARTITIONS = ("repartitions planned", Unit.COUNT)
    """Repartitioning steps of the logical plans, run or not."""
    WRITTEN_BYTES = ("bytes written", Unit.BYTES)
    """The size of the files that the script's writes made."""
    WRITTEN_FILES = ("files written", Unit.COUNT)
    """The files that the script's writes made."""
    ROW_GROUPS = ("row groups of a file", Unit.COUNT)
    """The row groups of the Parquet file, of those that the script's writes made, that has the most."""
    ROW_GROUP_BYTES = ("largest row group", Unit.BYTES)
    """The uncompressed size of the largest row group in such files: whoever reads it gets it at once."""
    MODEL_LOADS = ("model loads", Unit.COUNT)
    """Instances made of the classes of UDFs: calls of `__init__` in processes that work."""
    UDF_ROWS = ("rows through UDFs", Unit.ROWS)
    """The rows of all UDF calls together: more of them are work done more than once."""
    WALL = ("time of the queries", Unit.SECONDS)
    """From the start of each query to its end."""

    def __init__(self, title: str, unit: Unit) -> None:
        self.title = title
        self.unit = unit


class Direction(enum.IntEnum):
    """Which way a measure moves where a fix keeps its promise."""

    LOWER = -1
    HIGHER = 1


class Role(enum.Enum):
    """What a measure may do to the verdict."""

    DECIDES = "decides"
    """Better confirms the fix; worse refutes it where nothing else is better, and is named as its price where
    something is."""
    LIMITS = "limits"
    """Better confirms the fix; worse refutes it, whatever else is better."""
    CONFIRMS = "confirms"
    """Better confirms the fix; worse is part of it and means nothing."""
    INFORMS = "informs"
    """It is shown, and judged like all that no rule speaks of: as a price, where it gets clearly worse."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A measure that a rule's fix makes better, and the way that it moves.

    `threshold` is the share of itself by which it must change to count as moved; None leaves that to `verify`, which
    knows the noise of each measure. `up_to_batches`: rows may grow up to what an `into_batches(n)` of the fixed text
    lets through, and the other measures with them: the engine had cut them smaller by chance.
    """

    measure: Measure
    direction: Direction
    role: Role = Role.DECIDES
    threshold: float | None = None
    up_to_batches: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """How a script with the finding ends, and the fixed one does not.

    `error` is the name of the exception, of the script or of a worker, as it stands in the message; None for a run that
    exceeds its memory or time, so that the system or a limit of `verify` ends it. `when` completes "it fails …".
    """

    error: str | None
    when: str


EXHAUSTION = Failure(None, "where memory or time runs out")
"""The failure of rules that bound memory or spread work."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """What a run of the script as it is shows where the finding is right: a measure within bounds, both included.

    `most` may be another measure of the same run. For findings without a fix, where there is nothing to compare with.
    """

    measure: Measure
    least: float = 0.0
    most: float | Measure | None = None


class Changes(enum.Enum):
    """What a rule's fix changes of a run."""

    COST = "cost"
    """What it costs: the results stay the same, and the promises say what gets better."""
    REPEATED_WORK = "repeated work"
    """How often work is done, or whether for nothing: the effects of one plan do not show it, the promises do. Rows may
    be kept for what follows, counted in the place of being brought to the driver, or cut to the columns that are used:
    what both runs bring there, and what they write, is the same."""
    SPELLING = "spelling"
    """Nothing: the promise is kept where the fixed script runs and gives the same results."""
    RESULTS = "results"
    """The results, on purpose: the promise is kept where the plan is another."""
