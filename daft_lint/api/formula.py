"""The partition formula of the Daft scaling guide, as pure functions.

Counts are whole numbers; `concurrency` is the total concurrency of the cluster: the UDF calls that run at once on all
nodes together.
"""

from __future__ import annotations

from dataclasses import dataclass


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


def _positive(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"{name} must be at least 1, not {number}")


@dataclass(frozen=True, slots=True)
class PartitionPlan:
    """What is known of a UDF and its cluster, and the partition counts that follow."""

    rows: int
    nodes: int
    concurrency: int
    batch_size: int
    minimum_rows: int
    maximum: int
    lower: int
    recommended: int

    @classmethod
    def of(cls, rows: int, nodes: int, concurrency: int, batch_size: int) -> PartitionPlan:
        """The plan by the formula. Raises `ValueError` for a number out of range, by its name."""
        minimum = minimum_rows(batch_size, concurrency, nodes)
        maximum = maximum_partitions(rows, minimum)
        return cls(
            rows,
            nodes,
            concurrency,
            batch_size,
            minimum,
            maximum,
            lower_bound(nodes, maximum),
            recommended_partitions(nodes, maximum),
        )

    def explain(self) -> str:
        """How each number comes about, a line each."""
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
            )
        )
