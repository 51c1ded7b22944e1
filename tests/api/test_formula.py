from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daft_lint.api.formula import PartitionPlan, one_significant_digit, recommended_partitions


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
