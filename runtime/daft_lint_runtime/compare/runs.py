"""Are two runs' results the same? Multisets of rows, with their schema, in order where the script asked for one.

Integers, strings, bytes and all other exact values must be equal; floats may differ by rounding; NaN equals NaN and
-0.0 equals 0.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import pyarrow as pa

from daft_lint_runtime import plans
from daft_lint_runtime.compare.rows import (
    Comparison,
    ComparisonKind,
    Order,
    ResultRows,
    compare_rows,
    same_beginning,
    same_sequence,
)
from daft_lint_runtime.compare.side_files import compare_side_files, without_made_up
from daft_lint_runtime.compare.sinks import file_order, named_alike, sink_rows
from daft_lint_runtime.harness import Run
from daft_lint_runtime.writes import UPLOAD

COUNT = (("count", "UInt64"),)
"""The schema of what `count_rows` brings to the driver (Daft 0.7.26)."""
Unsteady: TypeAlias = Mapping[str, frozenset[str]]
"""By the name of what differs from run to run by itself, its columns that do; none where that cannot be told."""


def compare_runs(
    before: Run, after: Run, mode: str = "rows", unsteady: Unsteady = MappingProxyType({}), needed: bool = False
) -> list[Comparison]:
    """Compare all results and sinks, in the order in which the scripts asked for them.

    `mode` is "rows", "schema" or "none"; of what is named in `unsteady` only the other columns are compared. `needed`:
    the change is one of what is brought to the driver, so that only what a script needs has to be there again: see
    `aligned`.
    """
    if mode == "none":
        return []
    results = [[q for q in run.queries if q["sink"] is None and q["error"] is None] for run in (before, after)]

    def compared(number: int, one: Any, two: Any) -> Comparison:
        what = f"result {number}" + _line_of([one, two])
        return _compare_results(what, before, after, [one, two], mode, unsteady, needed)

    if needed:
        comparisons = aligned(results[0], results[1], compared)
    else:
        pairs = enumerate(zip_longest(*results), 1)
        comparisons = [compared(number, one, two) for number, (one, two) in pairs]
    sinks = [list(run.sinks) for run in (before, after)]
    for index in range(max(map(len, sinks))):
        pair = [s[index] if index < len(s) else None for s in sinks]
        name = next(p["name"] for p in pair if p is not None)
        what = f"{name} {index + 1}" + _line_of(pair)
        comparisons.append(_compare_sinks(what, before, after, pair, mode, unsteady))
    return comparisons + compare_side_files(before, after, mode, unsteady)


def aligned(
    before: Sequence[Any], after: Sequence[Any], compared: Callable[[int, Any, Any], Comparison]
) -> list[Comparison]:
    """The comparisons of results, in order, where a change may leave some out, cut them to what is used, or keep rows
    for those behind them: each with the first of the other run that is the same. What has none on either side between
    two that have one is compared with each other; what only one run has is nothing that the script needs.
    """
    found: list[Comparison] = []
    next_before = next_after = 0
    for at, one in enumerate((*before, None)):
        rest = range(next_after, len(after))
        match = None if one is None else next((i for i in rest if compared(at + 1, one, after[i]).equal), None)
        if match is None and one is not None:
            continue
        gap = zip_longest(before[next_before:at], after[next_after:match])
        found += [compared(next_before + number, *pair) for number, pair in enumerate(gap, 1)]
        if one is not None and match is not None:
            found.append(compared(at + 1, one, after[match]))
            next_before, next_after = at + 1, match + 1
    return found


def _line_of(pair: Sequence[Mapping[str, Any] | None]) -> str:
    lines = [p["line"] for p in pair if p is not None and p["line"]]
    return f" (line {lines[0]})" if lines else ""


def _only_one_has_it(before: object) -> str:
    return f"only the run {'after' if before is None else 'before'} the change has it"


def _compare_results(
    what: str, before: Run, after: Run, pair: Sequence[Any], mode: str, unsteady: Unsteady, needed: bool
) -> Comparison:
    one, two = pair
    if one is None or two is None:
        kind = ComparisonKind.NEEDLESS if needed else ComparisonKind.LOST
        return Comparison(what, kind, _only_one_has_it(one))
    counts = one["rows"], two["rows"]
    first = ResultRows(lambda: named_alike(before, _stream(before.out, one["file"])), _schema(one))
    second = ResultRows(lambda: named_alike(after, _stream(after.out, two["file"])), _schema(two))
    if needed and second.schema == COUNT and first.schema != COUNT:
        return _compare_count(what, counts[0], second)
    if needed and set(second.schema) < set(first.schema):
        first = first.cut_to(second.schema)
    if first.schema != second.schema:
        return Comparison(what, ComparisonKind.SCHEMA, schema_difference(first.schema, second.schema), *counts)
    if mode == "schema":
        return Comparison(what, ComparisonKind.SAME_SCHEMA, "same schema", *counts)
    if one["file"] is None and two["file"] is None and counts == (0, 0):
        return Comparison(what, ComparisonKind.SAME, "no rows, and the same schema", *counts)
    order = _order(one["plan"], two["plan"], first.schema)
    if what in unsteady:
        return _compare_steady(what, first, second, unsteady[what], order)
    found = compare_rows(what, first, second, order)
    whole = bool(one["complete"] and two["complete"])
    if not whole and order and not same_beginning(first, second, order.columns):
        return Comparison(what, ComparisonKind.ORDER, "other rows come first, though the script sorts them", *counts)
    if not found.equal and (not whole or (plans.picks_any_rows(one["plan"]) and counts[0] == counts[1])):
        return Comparison(
            what, ComparisonKind.UNSPECIFIED, "other rows, but the plan does not say which ones it takes", *counts
        )
    return found


def _compare_steady(
    what: str, before: ResultRows, after: ResultRows, varying: frozenset[str], order: Order | None = None
) -> Comparison:
    """Compare what differs from run to run by itself: in the columns that do not, or in its number of rows."""
    names = {name for name, _ in before.schema}
    if varying and varying < names:
        is_order_told = order is not None and order.columns and varying.isdisjoint(order.columns)
        found = compare_rows(what, before.without(varying), after.without(varying), order if is_order_told else None)
        which = ", ".join(f"`{name}`" for name in sorted(varying))
        message = f"{which} differs from run to run by itself: the other columns are compared"
        return replace(found, kind=ComparisonKind.SKIPPED, message=message) if found.equal else found
    rows = before.count(), after.count()
    if rows[0] != rows[1]:
        return Comparison(what, ComparisonKind.ROWS, f"{rows[0]:,} rows before, {rows[1]:,} after", *rows)
    message = "differs from run to run by itself: only schema and count are compared"
    return Comparison(what, ComparisonKind.SKIPPED, message, *rows)


def _order(before: dict[str, Any], after: dict[str, Any], schema: Sequence[tuple[str, str]]) -> Order | None:
    """The order that the first of two plans promises of rows with these columns."""
    keys = plans.sort_keys(before)
    if keys is None:
        return None
    columns = tuple(key.column for key in plans.readable(keys, schema) if key.column is not None)
    return Order(columns, len(columns) == len(keys) or plans.sort_keys(after) == keys)


def _compare_count(what: str, rows: int, counted: ResultRows) -> Comparison:
    """Rows in the driver against a result that counts them."""
    number = next((value for batch in counted.read() for value in batch.column(0).to_pylist()), None)
    if number is not None and number != rows:
        return Comparison(what, ComparisonKind.ROWS, f"{rows:,} rows before, {number:,} counted after", rows, number)
    return Comparison(what, ComparisonKind.SAME, f"{rows:,} rows, counted after", rows, number)


def _compare_sinks(
    what: str, before: Run, after: Run, pair: Sequence[Any], mode: str, unsteady: Unsteady
) -> Comparison:
    one, two = pair
    if one is None or two is None:
        return Comparison(what, ComparisonKind.LOST, _only_one_has_it(one))
    elsewhere = "" if what in unsteady else _target_difference(before, after, one, two)
    if elsewhere:
        return Comparison(what, ComparisonKind.TARGET, elsewhere)
    first = ResultRows(lambda: named_alike(before, sink_rows(before.out / "sinks" / one["folder"], one)), _schema(one))
    second = ResultRows(lambda: named_alike(after, sink_rows(after.out / "sinks" / two["folder"], two)), _schema(two))
    if first.schema != second.schema:
        return Comparison(what, ComparisonKind.SCHEMA, schema_difference(first.schema, second.schema))
    if mode == "schema":
        return Comparison(what, ComparisonKind.SAME_SCHEMA, "same schema")
    try:
        if what in unsteady:
            found = _compare_steady(what, first, second, unsteady[what])
        else:
            found = compare_rows(what, first, second, None)
    except (OSError, ValueError) as error:  # Arrow's errors and json's are ValueErrors
        return Comparison(what, ComparisonKind.LOST, f"what was written cannot be read: {error}")
    wrong = _disorder_of_files(before, after, one, two, first, second) if found.equal else ""
    if wrong:
        message = f"the same rows, but {wrong}, though the script sorts what it writes"
        return replace(found, kind=ComparisonKind.ORDER, message=message)
    return found


def _target_difference(before: Run, after: Run, one: Any, two: Any) -> str:
    """What is other about where and how a sink is written, in words; "" where nothing is."""
    if one["name"] != two["name"]:
        return f"written by {two['name']}, was {one['name']}"
    places = one["to"], two["to"]
    named = all(place in _text(run) for place, run in zip(places, (before, after), strict=True))
    if places[0] != places[1] and (named or len({without_made_up(place) for place in places}) > 1):
        return f"written to {places[1]}, was {places[0]}"
    asked = [{"write_mode": sink["mode"], **sink["options"]} for sink in (one, two)]
    other = [name for name in sorted({*asked[0], *asked[1]}) if asked[0].get(name) != asked[1].get(name)]
    return "; ".join(f"written with {n}={asked[1].get(n)!r}, was {asked[0].get(n)!r}" for n in other)


def _text(run: Run) -> str:
    """The text that a run executed."""
    return (run.out / "script.txt").read_text(encoding="utf-8", errors="replace")


def _disorder_of_files(before: Run, after: Run, one: Any, two: Any, first: ResultRows, second: ResultRows) -> str:
    """What is wrong with the order within and between the files of a sink, where the script sorts what it writes."""
    plan, other = _plan_of(before, one), _plan_of(after, two)
    asked = plans.sort_keys(plan)
    if asked is None or one["name"] == UPLOAD:
        return ""
    keys = plans.readable(asked, first.schema)
    old = file_order(before.out / "sinks" / one["folder"], one, keys)
    new = file_order(after.out / "sinks" / two["folder"], two, keys)
    if new.unsorted and not old.unsorted:
        return f"{new.unsorted:,} of {new.files:,} files are out of order"
    if new.overlap and not (old.unsorted or old.overlap):
        return "the ranges of the files overlap"
    if plans.has_batches_behind_sort(other):
        return "`into_batches` keeps their order by luck alone"
    told = len(keys) == len(asked) and not old.unsorted
    if told or plans.sort_keys(other) == asked or (new.files == 1 and same_sequence(first, second)):
        return ""
    return f"not in the order of {', '.join(key.expression for key in asked)}"


def _plan_of(run: Run, sink: Any) -> dict[str, Any]:
    """The plan of the query that writes to a sink; an empty one where it has none."""
    return next((query["plan"] for query in run.queries if query["sink"] == sink["index"]), {})


def _schema(record: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(dtype)) for name, dtype in record["schema"])


def schema_difference(before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> str:
    """What differs between two schemas, in words."""
    old, new = dict(before), dict(after)
    parts = [f"column {name} is gone" for name in old if name not in new]
    parts += [f"column {name} is new" for name in new if name not in old]
    parts += [
        f"column {name} is {new[name]}, was {old[name]}" for name in old if name in new and old[name] != new[name]
    ]
    return "; ".join(parts) or "the columns are in another order"


def _stream(out: Path, name: str | None) -> Iterator[pa.RecordBatch]:
    if name is None:
        return
    with pa.memory_map(str(out / name)) as file, pa.ipc.open_stream(file) as reader:
        yield from reader
