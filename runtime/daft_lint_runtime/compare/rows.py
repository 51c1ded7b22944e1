"""Two results as multisets of rows: which rows have no equal on the other side, rounding aside.

Rows are compared by a hash of their exact values and one of their floats; only rows without an equal on the other side
are looked at value by value.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import Any

import numpy as np
import pyarrow as pa

from daft_lint_runtime.compare.encoding import Floats, encode_batch
from daft_lint_runtime.spec import TextEnum

RELATIVE = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-9}
"""Floats may differ by this share: the order of a sum changes the last digits of its type about so much (a million
rounding errors of a float64 add up to 1e-10 of the sum)."""
ABSOLUTE = {np.dtype(np.float32): 1e-8, np.dtype(np.float64): 1e-12}
SHOWN = 5
"""Differing rows that are shown."""
BATCH_ROWS = 1024


class ComparisonKind(TextEnum):
    """What the comparison of one result came to."""

    SAME = "same"
    SAME_SCHEMA = "same schema"
    """The rows are not compared."""
    SCHEMA = "schema"
    ROWS = "rows"
    ORDER = "order"
    LOST = "lost"
    """Only one run has it."""
    TARGET = "target"
    """It was written to another place, as another format, or in another mode."""
    CONTENT = "content"
    """A file that the script wrote by itself holds something else."""
    UNSPECIFIED = "unspecified"
    """The plan does not say which rows it takes, so others are no error."""
    SKIPPED = "skipped"
    """It differs from run to run by itself."""
    NEEDLESS = "needless"
    """Only one run has it, for the change is one of what is brought to the driver."""


EQUAL = frozenset({
    ComparisonKind.SAME, ComparisonKind.SAME_SCHEMA, ComparisonKind.UNSPECIFIED, ComparisonKind.SKIPPED,
    ComparisonKind.NEEDLESS,
})  # fmt: skip
"""What shows no difference."""


@dataclass(frozen=True)
class Comparison:
    """One result or sink of both runs."""

    what: str
    kind: ComparisonKind
    message: str
    rows_before: int | None = None
    rows_after: int | None = None
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    differing_columns: Callable[[], tuple[str, ...]] = tuple
    """Works out which columns hold other values, where as many rows have the same values in all others. It reads them
    all again, so that only who asks pays for it; the folders of the runs must still be there."""

    @property
    def equal(self) -> bool:
        """Whether nothing is known to differ."""
        return self.kind in EQUAL


@dataclass(frozen=True)
class ResultRows:
    """The rows of a result, to be read as often as needed, and the schema as (name, Daft's type)."""

    read: Callable[[], Iterator[pa.RecordBatch]]
    schema: tuple[tuple[str, str], ...]

    def cut_to(self, schema: tuple[tuple[str, str], ...]) -> ResultRows:
        """The same rows with some of their columns. Reading them raises `ValueError` where a batch lacks one."""
        names = [name for name, _ in schema]

        def cut(batch: pa.RecordBatch) -> pa.RecordBatch:
            held = batch.schema.names
            if any(held.count(name) != 1 for name in names):
                raise ValueError(f"there are the columns {held} where {names} are expected")
            return batch.select(names)

        return ResultRows(lambda: map(cut, self.read()), schema)

    def count(self) -> int:
        return sum(batch.num_rows for batch in self.read())

    def without(self, columns: Set[str]) -> ResultRows:
        """The same rows without some of their columns."""
        return self.cut_to(tuple((name, dtype) for name, dtype in self.schema if name not in columns))


@dataclass(frozen=True)
class _RowKeys:
    """A result's rows as keys: `exact` hashes all but the floats, `key` everything."""

    exact: list[bytes]
    keys: list[bytes]


@dataclass(frozen=True)
class Order:
    """The order that both results must have by their `columns`. `same_ties`: rows with equal ones may stand in any
    order among themselves, for nothing else is sorted by, or both are sorted by the same."""

    columns: tuple[str, ...]
    same_ties: bool


def compare_rows(what: str, before: ResultRows, after: ResultRows, order: Order | None) -> Comparison:
    """Compare two results as multisets of rows, and in their `order` where they must have one."""
    first, second = _keys_of(before), _keys_of(after)
    counts = len(first.keys), len(second.keys)
    lost, gained = _unmatched(before, after, first, second)
    if lost or gained:
        old, new = _shown(before, lost), _shown(after, gained)
        message = _row_message(counts, len(lost), len(gained))
        columns = partial(_differing_columns, before, after) if counts[0] == counts[1] else tuple
        return Comparison(what, ComparisonKind.ROWS, message, *counts, old, new, columns)
    if order is not None and first.keys != second.keys and not _same_order(before, after, order):
        return Comparison(
            what, ComparisonKind.ORDER, "the same rows in another order, though the script sorts them", *counts
        )
    return Comparison(what, ComparisonKind.SAME, f"{counts[0]:,} rows, all the same", *counts)


def _row_message(counts: tuple[int, int], lost: int, gained: int) -> str:
    if counts[0] != counts[1]:
        return f"{counts[0]:,} rows before, {counts[1]:,} after; {lost:,} only before, {gained:,} only after"
    return f"{lost:,} of {counts[0]:,} rows differ"


def _differing_columns(before: ResultRows, after: ResultRows) -> tuple[str, ...]:
    """The columns that hold other values, where all rows have an equal one in the others; none where they have not, or
    where files do not hold the columns one by one, as those of a partitioned write."""
    names = sorted(name for name, _ in before.schema)
    batches = (batch for rows in (before, after) for batch in rows.read())
    if len({*names}) < len(names) or any(sorted(batch.schema.names) != names for batch in batches):
        return ()
    differing = tuple(c[0] for c in before.schema if not _same_rows(before.cut_to((c,)), after.cut_to((c,))))
    is_rest_the_same = _same_rows(before.without({*differing}), after.without({*differing}))
    return differing if is_rest_the_same else ()


def _same_rows(before: ResultRows, after: ResultRows) -> bool:
    return _unmatched(before, after, _keys_of(before), _keys_of(after)) == ([], [])


def _same_order(before: ResultRows, after: ResultRows, order: Order) -> bool:
    pairs = zip_longest(_values_of(before, order.columns), _values_of(after, order.columns))
    return order.same_ties and all(one is not None and two is not None and _same_values(one, two) for one, two in pairs)


def same_sequence(before: ResultRows, after: ResultRows) -> bool:
    """Whether both have the same rows one after the other, to the last digit."""
    return _keys_of(before).keys == _keys_of(after).keys


def same_beginning(before: ResultRows, after: ResultRows, columns: tuple[str, ...]) -> bool:
    """Whether the first rows have the same keys in the same order, as many as both results have."""
    pairs = zip(_values_of(before, columns), _values_of(after, columns), strict=False)
    return all(_same_values(one, two) for one, two in pairs)


def _values_of(rows: ResultRows, columns: tuple[str, ...]) -> Iterator[tuple[bytes, Floats]]:
    for batch in rows.read():
        yield from encode_batch(batch.select(list(columns)))


def _same_values(one: tuple[bytes, Floats], two: tuple[bytes, Floats]) -> bool:
    return one[0] == two[0] and close(one[1], two[1])


def _keys_of(rows: ResultRows) -> _RowKeys:
    exact: list[bytes] = []
    keys: list[bytes] = []
    for batch in rows.read():
        for start in range(0, batch.num_rows, BATCH_ROWS):
            part = batch.slice(start, BATCH_ROWS)
            for head, floats in encode_batch(part):
                digest = hashlib.blake2b(head, digest_size=16).digest()
                exact.append(digest)
                keys.append(digest + hashlib.blake2b(b"".join(f.tobytes() for f in floats), digest_size=16).digest())
    return _RowKeys(exact, keys)


def _unmatched(before: ResultRows, after: ResultRows, first: _RowKeys, second: _RowKeys) -> tuple[list[int], list[int]]:
    """The positions of the rows that have no equal on the other side."""
    excess = Counter(first.keys)
    excess.subtract(second.keys)
    lost = _positions(first.keys, {k: n for k, n in excess.items() if n > 0})
    gained = _positions(second.keys, {k: -n for k, n in excess.items() if n < 0})
    if not lost or not gained:
        return lost, gained
    by_exact: dict[bytes, tuple[list[int], list[int]]] = {}
    for side, positions, index in ((0, lost, first), (1, gained, second)):
        for position in positions:
            by_exact.setdefault(index.exact[position], ([], []))[side].append(position)
    near = {key: pair for key, pair in by_exact.items() if pair[0] and pair[1]}
    if not near:
        return lost, gained
    floats_before = _floats(before, {p for pair in near.values() for p in pair[0]})
    floats_after = _floats(after, {p for pair in near.values() for p in pair[1]})
    matched: tuple[set[int], set[int]] = (set(), set())
    for old, new in near.values():
        for one, two in _pair_up(old, new, floats_before, floats_after):
            matched[0].add(one)
            matched[1].add(two)
    return [p for p in lost if p not in matched[0]], [p for p in gained if p not in matched[1]]


def _positions(keys: list[bytes], wanted: dict[bytes, int]) -> list[int]:
    found = []
    for position, key in enumerate(keys):
        if wanted.get(key, 0) > 0:
            wanted[key] -= 1
            found.append(position)
    return found


def _pair_up(
    old: list[int], new: list[int], before: Mapping[int, Any], after: Mapping[int, Any]
) -> Iterator[tuple[int, int]]:
    """Pairs of rows whose floats are close. Sorted by their floats, close rows stand next to each other, save for
    ties in the first of several floats: what is left over is tried against all whose first one is close."""
    old = sorted(old, key=lambda p: _sortable(before[p]))
    new = sorted(new, key=lambda p: _sortable(after[p]))
    left_old, taken = [], set()
    for one, two in zip(old, new, strict=False):
        if close(before[one], after[two]):
            taken.add(two)
            yield one, two
        else:
            left_old.append(one)
    left_old += old[len(new) :]
    left_new = [two for two in new if two not in taken]
    firsts = [_first(after[two]) for two in left_new]
    for one in left_old:
        value = _first(before[one])
        slack = max(ABSOLUTE.values()) + 2 * max(RELATIVE.values()) * abs(value)
        for index in range(bisect_left(firsts, value - slack), bisect_right(firsts, value + slack)):
            if left_new[index] not in taken and close(before[one], after[left_new[index]]):
                taken.add(left_new[index])
                yield one, left_new[index]
                break


def _sortable(floats: Floats) -> tuple[float, ...]:
    return tuple(float(value) for part in floats for value in np.nan_to_num(part))


def _first(floats: Floats) -> float:
    return next((float(np.nan_to_num(part[:1])[0]) for part in floats if len(part)), 0.0)


def close(one: Floats, two: Floats) -> bool:
    """Whether the floats of two rows are the same but for the rounding of their type."""
    return all(
        a.shape == b.shape
        and (
            a.tobytes() == b.tobytes()
            or np.allclose(a, b, rtol=RELATIVE[a.dtype], atol=ABSOLUTE[a.dtype], equal_nan=True)
        )
        for a, b in zip(one, two, strict=True)
    )


def _floats(rows: ResultRows, wanted: set[int]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    offset = 0
    for batch in rows.read():
        hits = sorted(p - offset for p in wanted if offset <= p < offset + batch.num_rows)
        for hit in hits:
            found[offset + hit] = next(encode_batch(batch.slice(hit, 1)))[1]
        offset += batch.num_rows
    return found


def _shown(rows: ResultRows, positions: Sequence[int]) -> tuple[str, ...]:
    wanted = sorted(positions)[:SHOWN]
    shown = []
    offset = 0
    for batch in rows.read():
        for position in wanted:
            if offset <= position < offset + batch.num_rows:
                values = batch.slice(position - offset, 1).to_pydict()
                shown.append("{" + ", ".join(f"{k}: {_short(v[0])}" for k, v in values.items()) + "}")
        offset += batch.num_rows
    return tuple(shown)


def _short(value: object, length: int = 60) -> str:
    if isinstance(value, (bytes, bytearray)):
        digest = hashlib.blake2b(value, digest_size=4).hexdigest()
        return repr(bytes(value)) if len(value) <= 16 else f"<{len(value):,} bytes, hash {digest}>"
    text = repr(value[:8] if isinstance(value, list) else value)
    return text if len(text) <= length else text[: length - 1] + "…"
