"""The partition formula of the Daft scaling guide, and what to use beside it, as pure functions.

Counts are whole numbers; `concurrency` is the total concurrency of the cluster: the UDF calls that run at once on all
nodes together. The guide's count grows with the rows, the best that was measured does not (docs/pages/measurements.md,
e24): so there is a cap on it, and a cost model where the seconds of a batch are known.
"""

from __future__ import annotations

from daft_lint.dataclass import dataclass

TASK_SECONDS = 0.026
"""What a task costs besides its work (docs/pages/measurements.md, e24)."""
OVERHEAD = 0.05
"""The most that the tasks may cost, as a part of their work."""
TASK_WORK_SECONDS = TASK_SECONDS / OVERHEAD
"""Work that pays for a task."""
TASKS_PER_CALL = 64
"""Where the seconds of a batch are not known: the most partitions, as a multiple of the concurrency."""
SPREAD_TASKS_PER_CALL = 2.5
"""Partitions that even out rows of uneven cost, as a multiple of the concurrency."""
FILLED_MINIMUM = 4
"""Where the seconds of a batch are not known: the rows of an `into_batches`, as a multiple of the minimum rows, which
makes the guide's quarter of the maximum."""


def minimum_rows(batch_size: int, concurrency: int, nodes: int) -> int:
    """The fewest rows that a partition should have: batch size x (total concurrency / nodes), rounded up.

    Raises `ValueError` for a number below 1.
    """
    _positive(batch_size=batch_size, concurrency=concurrency, nodes=nodes)
    return -(-batch_size * concurrency // nodes)


def maximum_partitions(rows: int, minimum: int) -> int:
    """The most partitions: total rows / minimum rows, rounded down, at least 1. Raises `ValueError` below 0 or 1."""
    _positive(minimum_rows=minimum)
    if rows < 0:
        raise ValueError(f"rows must be at least 0, not {rows}")
    return max(rows // minimum, 1)


def lower_bound(nodes: int, maximum: int) -> int:
    """The fewest partitions: one a node (fewer leave nodes idle), but never above the maximum."""
    _positive(nodes=nodes, maximum=maximum)
    return min(nodes, maximum)


def one_significant_digit(number: int, parts: int = 1) -> int:
    """`number / parts`, at least 0, rounded to one significant digit and to a whole number, halves up: 976 to 1000,
    25 to 30, 39 / 4 to 10."""
    unit = 1
    while number >= 10 * unit * parts:
        unit *= 10
    rounded = (2 * number + unit * parts) // (2 * unit * parts)
    return rounded * unit


def recommended_partitions(nodes: int, maximum: int) -> int:
    """A quarter of the maximum (several batches for each task), to one significant digit, within the two bounds."""
    lower = lower_bound(nodes, maximum)
    return min(max(one_significant_digit(maximum, 4), lower), maximum)


@dataclass(frozen=True, slots=True)
class BatchCost:
    """What a call of a UDF with a full batch costs. `skewed`: some rows cost many times what most do."""

    seconds: float
    skewed: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.seconds < 10**9:
            raise ValueError(f"seconds per batch must be above 0, not {self.seconds}")

    @property
    def microseconds(self) -> int:
        """The seconds as a whole number of microseconds, at least 1: what follows is exact."""
        return max(round(self.seconds * 10**6), 1)


def affordable_tasks(batches: int, cost: BatchCost) -> int:
    """The most tasks whose overhead is below 5 % of the work of so many batches; 0 where not even one pays."""
    return batches * cost.microseconds // round(TASK_WORK_SECONDS * 10**6)


def spread_tasks(concurrency: int, nodes: int) -> int:
    """The fewest tasks that even out rows of uneven cost: 2.5 times the concurrency, the same number on each node."""
    _positive(concurrency=concurrency, nodes=nodes)
    return _up_to_multiple(_up_to_multiple(round(2 * SPREAD_TASKS_PER_CALL) * concurrency, 2) // 2, nodes)


def partitions_to_use(rows: int, nodes: int, concurrency: int, batch_size: int, cost: BatchCost | None = None) -> int:
    """How many partitions to make, from 1 to the maximum.

    Without a cost: the guide's recommended number, but never more than 64 times the concurrency. With one: enough to
    even out uneven rows, as far as the work pays for the tasks (of skewed rows in any case), at least one a node.
    Raises `ValueError` for a number out of range.
    """
    maximum = maximum_partitions(rows, minimum_rows(batch_size, concurrency, nodes))
    if cost is None:
        return min(recommended_partitions(nodes, maximum), TASKS_PER_CALL * concurrency)
    wanted = spread_tasks(concurrency, nodes)
    affordable = affordable_tasks(-(-rows // batch_size), cost)
    if not cost.skewed and affordable < wanted:
        wanted = affordable - affordable % nodes
    return min(max(wanted, nodes), maximum)


def batch_rows_to_use(
    batch_size: int, concurrency: int, nodes: int, rows: int | None = None, cost: BatchCost | None = None
) -> int:
    """The rows of an `into_batches` ahead of a UDF: a multiple of its batch size, at least the minimum rows.

    With the number of rows: as many as make the partitions to use. Without: 4 times the minimum, or, with a cost, what
    pays for a task. Raises `ValueError` for a number out of range.
    """
    minimum = minimum_rows(batch_size, concurrency, nodes)
    if rows is not None:
        wanted = -(-rows // partitions_to_use(rows, nodes, concurrency, batch_size, cost))
    elif cost is None:
        wanted = FILLED_MINIMUM * minimum
    else:
        wanted = batch_size * -(-round(TASK_WORK_SECONDS * 10**6) // cost.microseconds)
    return _up_to_multiple(max(wanted, minimum), batch_size)


def _up_to_multiple(number: int, unit: int) -> int:
    return -(-number // unit) * unit


def _positive(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"{name} must be at least 1, not {number}")


@dataclass(frozen=True, slots=True)
class PartitionPlan:
    """What is known of a UDF and its cluster, the guide's numbers that follow, and the number of partitions to use."""

    rows: int
    nodes: int
    concurrency: int
    batch_size: int
    cost: BatchCost | None
    minimum_rows: int
    maximum: int
    lower: int
    recommended: int
    use: int

    @classmethod
    def of(
        cls, rows: int, nodes: int, concurrency: int, batch_size: int, cost: BatchCost | None = None
    ) -> PartitionPlan:
        """The plan by the formula. Raises `ValueError` for a number out of range, by its name."""
        minimum = minimum_rows(batch_size, concurrency, nodes)
        maximum = maximum_partitions(rows, minimum)
        return cls(
            rows,
            nodes,
            concurrency,
            batch_size,
            cost,
            minimum,
            maximum,
            lower_bound(nodes, maximum),
            recommended_partitions(nodes, maximum),
            partitions_to_use(rows, nodes, concurrency, batch_size, cost),
        )

    @property
    def batch_rows(self) -> int:
        """The rows of an `into_batches` that makes as many partitions."""
        return batch_rows_to_use(self.batch_size, self.concurrency, self.nodes, self.rows, self.cost)

    @property
    def fewest(self) -> int:
        """The number below which nodes have nothing to do: the lower bound, or the number to use where that is less."""
        return min(self.lower, self.use)

    def explain(self) -> str:
        """How each number comes about, a line each: the guide's, and what to use."""
        quarter = self.maximum / 4
        rounded = one_significant_digit(self.maximum, 4)
        steps = f"a quarter of {self.maximum:,} is {quarter:,.10g}, to one significant digit {rounded:,}"
        if rounded != self.recommended:
            bound = "lower bound" if rounded < self.recommended else "maximum"
            steps += f", held to the {bound}"
        return "\n".join(
            (
                f"minimum rows per partition  {self.minimum_rows:>11,}  batch size {self.batch_size:,} x "
                f"({self.concurrency:,} concurrent calls / {self.nodes:,} nodes), rounded up",
                f"maximum partitions          {self.maximum:>11,}  {self.rows:,} rows / {self.minimum_rows:,} rows, "
                "rounded down, at least 1",
                f"lower bound                 {self.lower:>11,}  {self.nodes:,} nodes, but never above the maximum",
                f"recommended partitions      {self.recommended:>11,}  {steps}",
                f"partitions to use           {self.use:>11,}  {self._use()}",
                f"rows of an `into_batches`   {self.batch_rows:>11,}  which makes as many partitions, in a multiple of "
                f"the batch size {self.batch_size:,}",
            )
        )

    def _use(self) -> str:
        """How the number of partitions to use comes about."""
        if self.cost is None:
            return (
                f"the recommended, but at most {TASKS_PER_CALL} x {self.concurrency:,} concurrent calls"
                f" = {TASKS_PER_CALL * self.concurrency:,}; the seconds per batch would say more"
            )
        batches = -(-self.rows // self.batch_size)
        spread = spread_tasks(self.concurrency, self.nodes)
        least = f"{SPREAD_TASKS_PER_CALL} x {self.concurrency:,} concurrent calls, as many on each node, is {spread:,}"
        work = (
            f"{batches:,} batches of {self.cost.seconds:g} s pay for {affordable_tasks(batches, self.cost):,} tasks of"
            f" {1000 * TASK_SECONDS:g} ms ({OVERHEAD:.0%} of the work)"
        )
        skew = "needed for skewed rows" if self.cost.skewed else work
        return f"{least}; {skew}; from {self.nodes:,} nodes to the maximum"
