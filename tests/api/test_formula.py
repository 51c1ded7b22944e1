from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daft_lint.api.formula import (
    TASK_WORK_SECONDS,
    BatchCost,
    PartitionPlan,
    affordable_tasks,
    batch_rows_to_use,
    one_significant_digit,
    partitions_to_use,
    recommended_partitions,
    spread_tasks,
)


def test_the_guides_example() -> None:
    plan = PartitionPlan.of(1_000_000, 4, 16, 64)
    assert (plan.minimum_rows, plan.maximum, plan.lower, plan.recommended) == (256, 3906, 4, 1000)
    assert "976.5" in plan.explain()


@given(st.integers(0, 10**12), st.integers(1, 999), st.integers(1, 9999), st.integers(1, 99_999))
def test_bounds_hold(rows: int, nodes: int, concurrency: int, batch_size: int) -> None:
    plan = PartitionPlan.of(rows, nodes, concurrency, batch_size)
    assert 1 <= plan.lower <= plan.recommended <= plan.maximum
    assert plan.minimum_rows * nodes >= batch_size * concurrency > (plan.minimum_rows - 1) * nodes
    assert plan.maximum == 1 or plan.maximum * plan.minimum_rows <= rows
    at_bound = plan.recommended in (plan.lower, plan.maximum)
    assert at_bound or set(str(plan.recommended)[1:]) <= {"0"}


@pytest.mark.parametrize(("number", "rounded"), [(0, 0), (9, 9), (14, 10), (15, 20), (95, 100), (976, 1000)])
def test_one_significant_digit(number: int, rounded: int) -> None:
    assert one_significant_digit(number) == rounded


@pytest.mark.parametrize(
    ("maximum", "recommended"), [(39, 10), (37, 9), (38, 10), (3906, 1000), (59, 10), (61, 20), (3, 3), (1, 1), (18, 5)]
)
def test_the_quarter_is_rounded_once(maximum: int, recommended: int) -> None:
    """39 / 4 is 9.75, which is 10 to one significant digit; the bounds are 3 nodes, or the maximum, and the maximum."""
    assert recommended_partitions(3, maximum) == recommended


@given(st.integers(0, 10**15), st.integers(1, 50))
def test_a_part_is_rounded_as_a_fraction_is(number: int, parts: int) -> None:
    exact, rounded = Fraction(number, parts), one_significant_digit(number, parts)
    unit = 10 ** max(len(str(int(exact))) - 1, 0)
    assert rounded % unit == 0
    assert -Fraction(unit, 2) <= exact - rounded < Fraction(unit, 2)


def test_numbers_out_of_range_are_named() -> None:
    with pytest.raises(ValueError, match="nodes must be at least 1"):
        PartitionPlan.of(1, 0, 1, 1)
    with pytest.raises(ValueError, match="rows"):
        PartitionPlan.of(-1, 1, 1, 1)


NUMBERS = (st.integers(0, 10**12), st.integers(1, 999), st.integers(1, 9999), st.integers(1, 99_999))
COSTS = st.builds(BatchCost, st.floats(0.000_001, 10_000), st.booleans())


@given(*NUMBERS)
def test_without_a_cost_the_guides_number_is_capped_at_64_times_the_concurrency(
    rows: int, nodes: int, concurrency: int, batch_size: int
) -> None:
    plan = PartitionPlan.of(rows, nodes, concurrency, batch_size)
    assert plan.use == min(plan.recommended, 64 * concurrency)


def test_the_guides_example_is_used_as_it_is() -> None:
    plan = PartitionPlan.of(1_000_000, 4, 16, 64)
    assert (plan.use, plan.batch_rows) == (1000, 1024)
    assert PartitionPlan.of(1_000_000_000, 4, 16, 64).use == 64 * 16


@given(*NUMBERS, COSTS)
def test_with_a_cost_every_constraint_holds(
    rows: int, nodes: int, concurrency: int, batch_size: int, cost: BatchCost
) -> None:
    plan = PartitionPlan.of(rows, nodes, concurrency, batch_size, cost)
    spread = spread_tasks(concurrency, nodes)
    assert plan.lower <= plan.use <= plan.maximum
    assert 2.5 * concurrency <= spread < 2.5 * concurrency + 1 + nodes
    assert plan.use <= max(spread, nodes)
    if cost.skewed:
        assert plan.use == min(max(spread, nodes), plan.maximum)
    elif plan.use > nodes:
        assert plan.use <= affordable_tasks(-(-rows // batch_size), cost)


@given(*NUMBERS, st.none() | COSTS)
def test_batches_to_use_are_full_and_not_below_the_minimum(
    rows: int, nodes: int, concurrency: int, batch_size: int, cost: BatchCost | None
) -> None:
    plan = PartitionPlan.of(rows, nodes, concurrency, batch_size, cost)
    for given_rows in (rows, None):
        batch_rows = batch_rows_to_use(batch_size, concurrency, nodes, given_rows, cost)
        assert batch_rows % batch_size == 0
        assert batch_rows >= plan.minimum_rows
    assert rows <= plan.batch_rows * plan.use


@given(st.integers(1, 10**9), COSTS)
def test_tasks_that_are_paid_for_cost_a_twentieth_of_the_work_at_most(batches: int, cost: BatchCost) -> None:
    work = batches * Fraction(cost.microseconds, 10**6)
    tasks = affordable_tasks(batches, cost)
    assert tasks * Fraction(26, 1000) <= work / 20 < (tasks + 1) * Fraction(26, 1000)


@pytest.mark.parametrize(
    ("rows", "seconds", "skewed", "partitions"),
    [
        (4096, 0.1, False, 20),
        (4096, 0.05, False, 12),
        (4096, 0.001, False, 4),
        (4096, 0.001, True, 20),
        (96, 1, True, 1),
    ],
)
def test_the_cost_of_a_batch_decides(rows: int, seconds: float, skewed: bool, partitions: int) -> None:
    """4 nodes, 8 calls, batches of 32: 20 partitions even out uneven rows, and 12 cost a twentieth of 6.4 s."""
    assert partitions_to_use(rows, 4, 8, 32, BatchCost(seconds, skewed)) == partitions


def test_batches_pay_for_their_task() -> None:
    assert batch_rows_to_use(32, 8, 4) == 256
    assert batch_rows_to_use(32, 8, 4, cost=BatchCost(0.2)) == 96
    assert batch_rows_to_use(32, 8, 4, cost=BatchCost(TASK_WORK_SECONDS)) == 64


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_cost_is_above_zero(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds per batch"):
        BatchCost(seconds)
