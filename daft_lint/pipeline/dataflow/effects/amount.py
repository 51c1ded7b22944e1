"""Numbers that may be known exactly, within bounds, or not at all."""

from __future__ import annotations

import enum
from typing import ClassVar

from daft_lint.dataclass import dataclass


class Verdict(enum.Enum):
    """What a change is."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNKNOWN = "unknown"
    """It differs, and which of the two is larger is not known; or it is neither good nor bad."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number between `low` and `high` (None: no bound is known). `by_rows`: it grows with the rows, since there is
    one for each batch, and the rows are not known."""

    low: int = 0
    high: int | None = None
    by_rows: bool = False

    UNKNOWN: ClassVar[Amount]

    @staticmethod
    def exactly(number: int) -> Amount:
        return Amount(number, number)

    @staticmethod
    def at_most(number: int, low: int = 0) -> Amount:
        return Amount(min(low, number), number)

    @staticmethod
    def at_least(number: int, *, by_rows: bool = False) -> Amount:
        return Amount(number, None, by_rows)

    @property
    def exact(self) -> int | None:
        """The number, where it is known."""
        return self.low if self.low == self.high else None

    def __add__(self, other: Amount) -> Amount:
        high = None if self.high is None or other.high is None else self.high + other.high
        return Amount(self.low + other.low, high, self.by_rows or other.by_rows)

    def capped(self, number: int | None) -> Amount:
        """The smaller of this and a number; None is no number."""
        if number is None:
            return self
        return Amount(min(self.low, number), number if self.high is None else min(self.high, number))

    def words(self) -> str:
        """`16`, `up to 131,072`, `2 or more`, `many` (one for each batch), `unknown`."""
        if self.exact is not None:
            return f"{self.low:,}"
        if self.high is not None:
            return f"up to {self.high:,}"
        if self.by_rows:
            return "many"
        return f"{self.low:,} or more" if self.low > 1 else "unknown"


Amount.UNKNOWN = Amount()


def fewer_is_better(before: Amount, after: Amount) -> Verdict:
    """By what is known of the most that it can be: a lower bound costs nobody anything."""
    if before == after:
        return Verdict.SAME
    if after.by_rows != before.by_rows:
        return Verdict.WORSE if after.by_rows else Verdict.BETTER
    if before.high == after.high:
        return Verdict.UNKNOWN
    if after.high is None or (before.high is not None and after.high > before.high):
        return Verdict.WORSE
    return Verdict.BETTER


def more_is_better(before: Amount, after: Amount) -> Verdict:
    """By what is known of the least that it can be."""
    if before == after:
        return Verdict.SAME
    if after.high is not None and after.high < before.low:
        return Verdict.WORSE
    return Verdict.BETTER if after.low > before.low else Verdict.UNKNOWN
