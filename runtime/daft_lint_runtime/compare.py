"""Are two runs' results the same? Multisets of rows, with their schema, in order where the script asked for one.

Integers, strings, bytes and all other exact values must be equal; floats may differ by rounding; NaN equals NaN and
-0.0 equals 0.0. Rows are compared by a hash of their exact values and one of their floats; only rows without an equal
on the other side are looked at value by value.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from daft_lint_runtime import plans
from daft_lint_runtime.harness import Run
from daft_lint_runtime.writes import UPLOAD

RELATIVE = 1e-5
"""Floats may differ by this share: the order of a sum changes the last digits of a float32 about so much."""
ABSOLUTE = 1e-8
SHOWN = 5
"""Differing rows that are shown."""
BATCH_ROWS = 1024
MISSING = b"\x00-"

SAME, SCHEMA, ROWS, ORDER = "same", "schema", "rows", "order"
LOST, UNSPECIFIED, SKIPPED, SAME_SCHEMA = "lost", "unspecified", "skipped", "same schema"


@dataclass(frozen=True)
class Comparison:
    """One result or sink of both runs. `kind` is "same", "schema", "rows", "order", "lost" (only one run has it),
    "unspecified" (the plan does not say which rows it takes, so others are no error), "skipped" (not compared) or
    "same schema" (the rows not compared)."""

    what: str
    kind: str
    message: str
    rows_before: int | None = None
    rows_after: int | None = None
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        return self.kind in (SAME, SAME_SCHEMA, UNSPECIFIED, SKIPPED)


@dataclass(frozen=True)
class Rows:
    """The rows of a result, to be read as often as needed, and the schema as (name, Daft's type)."""

    read: Callable[[], Iterator[pa.RecordBatch]]
    schema: tuple[tuple[str, str], ...]


def compare_runs(
    before: Run, after: Run, mode: str = "rows", unsteady: frozenset[str] = frozenset()
) -> list[Comparison]:
    """Compare all results and sinks, in the order in which the scripts asked for them.

    `mode` is "rows", "schema" or "none"; the rows of what is named in `unsteady` are not compared, for they differ
    from run to run by themselves.
    """
    if mode == "none":
        return []
    comparisons = []
    results = [[q for q in run.queries if q["sink"] is None and q["error"] is None] for run in (before, after)]
    for index in range(max(map(len, results))):
        pair = [r[index] if index < len(r) else None for r in results]
        what = f"result {index + 1}" + _line_of(pair)
        comparisons.append(_compare_results(what, before, after, pair, mode, unsteady))
    sinks = [list(run.sinks) for run in (before, after)]
    for index in range(max(map(len, sinks))):
        pair = [s[index] if index < len(s) else None for s in sinks]
        name = next(p["name"] for p in pair if p is not None)
        what = f"{name} {index + 1}" + _line_of(pair)
        comparisons.append(_compare_sinks(what, before, after, pair, mode, unsteady))
    return comparisons


def _line_of(pair: Sequence[Mapping[str, Any] | None]) -> str:
    lines = [p["line"] for p in pair if p is not None and p["line"]]
    return f" (line {lines[0]})" if lines else ""


def _compare_results(
    what: str, before: Run, after: Run, pair: Sequence[Any], mode: str, unsteady: frozenset[str]
) -> Comparison:
    one, two = pair
    if one is None or two is None:
        return Comparison(what, LOST, f"only the run {'after' if one is None else 'before'} the change has it")
    counts = one["rows"], two["rows"]
    first = Rows(lambda: _named_alike(before, _stream(before.out, one["file"])), _schema(one))
    second = Rows(lambda: _named_alike(after, _stream(after.out, two["file"])), _schema(two))
    if first.schema != second.schema:
        return Comparison(what, SCHEMA, schema_difference(first.schema, second.schema), *counts)
    if mode == "schema":
        return Comparison(what, SAME_SCHEMA, "same schema", *counts)
    if one["file"] is None and two["file"] is None and counts == (0, 0):
        return Comparison(what, SAME, "no rows, and the same schema", *counts)
    if what in unsteady:
        if counts[0] != counts[1]:
            return Comparison(what, ROWS, f"{counts[0]:,} rows before, {counts[1]:,} after", *counts)
        return Comparison(
            what, SKIPPED, "differs from run to run by itself: only schema and count are compared", *counts
        )
    found = compare_rows(what, first, second, plans.sort_keys(one["plan"]))
    whole = bool(one["complete"] and two["complete"])
    if not found.equal and (not whole or (plans.picks_any_rows(one["plan"]) and counts[0] == counts[1])):
        return Comparison(what, UNSPECIFIED, "other rows, but the plan does not say which ones it takes", *counts)
    return found


def _compare_sinks(
    what: str, before: Run, after: Run, pair: Sequence[Any], mode: str, unsteady: frozenset[str]
) -> Comparison:
    one, two = pair
    if one is None or two is None:
        return Comparison(what, LOST, f"only the run {'after' if one is None else 'before'} the change has it")
    first = Rows(lambda: _named_alike(before, _files(before.out / "sinks" / one["folder"], one)), _schema(one))
    second = Rows(lambda: _named_alike(after, _files(after.out / "sinks" / two["folder"], two)), _schema(two))
    if first.schema != second.schema:
        return Comparison(what, SCHEMA, schema_difference(first.schema, second.schema))
    if mode == "schema":
        return Comparison(what, SAME_SCHEMA, "same schema")
    try:
        found = compare_rows(what, first, second, None)
    except (OSError, ValueError) as error:  # Arrow's errors and json's are ValueErrors
        return Comparison(what, LOST, f"what was written cannot be read: {error}")
    if what in unsteady and found.kind == ROWS and found.rows_before == found.rows_after:
        return Comparison(what, SKIPPED, "differs from run to run by itself: only schema and count are compared")
    return found


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


GENERATED = rf"(/sinks/\d+-{UPLOAD}/)[0-9a-f-]{{36}}"
"""A file that `upload` wrote: a UUID."""


def _files(folder: Path, sink: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    """The rows of a redirected sink, each with the values of its `name=value` folders as text."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.name.startswith("_"):
            for batch in READERS[sink["name"]](file, sink):
                yield _with_partitions(batch, file.relative_to(folder).parts[:-1])


def _with_partitions(batch: pa.RecordBatch, folders: Sequence[str]) -> pa.RecordBatch:
    for name, equals, value in (folder.partition("=") for folder in folders):
        if equals:
            batch = batch.append_column(name, pa.array([value] * batch.num_rows, type=pa.string()))
    return batch


def _parquet(file: Path, _sink: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file) as opened:
        yield from opened.iter_batches(batch_size=BATCH_ROWS)


def _csv(file: Path, sink: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    """Text as it stands in the file, but for floats: what a type is guessed to be depends on the rows of a file."""
    options: Mapping[str, Any] = sink["options"]
    header = options.get("header") is not False
    parse = pacsv.ParseOptions(
        delimiter=options.get("delimiter") or ",",
        quote_char=options.get("quote") or '"',
        escape_char=options.get("escape") or False,
        newlines_in_values=True,
    )
    floats = {name for name, dtype in sink["schema"] if dtype.startswith("Float")} if header else set()
    with pacsv.open_csv(file, pacsv.ReadOptions(autogenerate_column_names=not header), parse) as opened:
        names = opened.schema.names
    types = {name: pa.float64() if name in floats else pa.string() for name in names}
    convert = pacsv.ConvertOptions(column_types=types, strings_can_be_null=False)
    read = pacsv.ReadOptions(autogenerate_column_names=not header)
    with pacsv.open_csv(file, read, parse, convert) as opened:
        yield from opened


def _json(file: Path, _sink: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    """A row's text without its floats, and these: what a type is guessed to be depends on the rows of a file."""
    texts: list[str] = []
    floats: list[list[float]] = []
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            found: list[float] = []
            texts.append(json.dumps(_without_floats(json.loads(line), found), sort_keys=True))
            floats.append(found)
    yield pa.record_batch({"row": pa.array(texts, pa.string()), "floats": pa.array(floats, pa.list_(pa.float64()))})


def _without_floats(value: Any, found: list[float]) -> Any:
    if isinstance(value, float):
        found.append(value)
        return "float"
    if isinstance(value, list):
        return [_without_floats(item, found) for item in value]
    if isinstance(value, dict):
        return {key: _without_floats(value[key], found) for key in sorted(value)}
    return value


def _uploaded(file: Path, _sink: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    yield pa.record_batch({"bytes": pa.array([file.read_bytes()], type=pa.large_binary())})


READERS = {"write_parquet": _parquet, "write_csv": _csv, "write_json": _json, UPLOAD: _uploaded}


def _named_alike(run: Run, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows with one name for all uploaded files: Daft makes up another one for each in every run."""
    if all(sink["name"] != UPLOAD for sink in run.sinks):
        yield from batches
        return
    for batch in batches:
        columns = [
            pc.replace_substring_regex(column, GENERATED, r"\1*")
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
            else column
            for column in batch.columns
        ]
        yield pa.record_batch(columns, names=batch.schema.names)


# Rows


@dataclass(frozen=True)
class _Index:
    """A result's rows as keys: `exact` hashes all but the floats, `key` everything."""

    exact: list[bytes]
    keys: list[bytes]


def compare_rows(what: str, before: Rows, after: Rows, sorted_by: tuple[str, ...] | None) -> Comparison:
    """Compare two results as multisets of rows; `sorted_by` are the keys of the order that both must have."""
    first, second = _index(before), _index(after)
    counts = len(first.keys), len(second.keys)
    lost, gained = _unmatched(before, after, first, second)
    if lost or gained:
        old, new = _shown(before, lost), _shown(after, gained)
        return Comparison(what, ROWS, _row_message(counts, len(lost), len(gained)), *counts, old, new)
    if sorted_by is not None and first.exact != second.exact and not _same_order(before, after, sorted_by):
        return Comparison(what, ORDER, "the same rows in another order, though the script sorts them", *counts)
    return Comparison(what, SAME, f"{counts[0]:,} rows, all the same", *counts)


def _row_message(counts: tuple[int, int], lost: int, gained: int) -> str:
    if counts[0] != counts[1]:
        return f"{counts[0]:,} rows before, {counts[1]:,} after; {lost:,} only before, {gained:,} only after"
    return f"{lost:,} of {counts[0]:,} rows differ"


def _same_order(before: Rows, after: Rows, columns: tuple[str, ...]) -> bool:
    """Rows with equal keys may stand in any order among themselves. False where the keys are not in the result."""
    names = {name for name, _ in before.schema}
    if not columns or not names.issuperset(columns):
        return False
    return _index(before, columns).exact == _index(after, columns).exact


def _index(rows: Rows, columns: tuple[str, ...] | None = None) -> _Index:
    exact: list[bytes] = []
    keys: list[bytes] = []
    for batch in rows.read():
        for start in range(0, batch.num_rows, BATCH_ROWS):
            part = batch.slice(start, BATCH_ROWS)
            for head, floats in _encode_batch(part if columns is None else part.select(list(columns))):
                digest = hashlib.blake2b(head, digest_size=16).digest()
                exact.append(digest)
                keys.append(digest + hashlib.blake2b(floats.tobytes(), digest_size=16).digest())
    return _Index(exact, keys)


def _unmatched(before: Rows, after: Rows, first: _Index, second: _Index) -> tuple[list[int], list[int]]:
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
    old = sorted(old, key=lambda p: tuple(np.nan_to_num(before[p])))
    new = sorted(new, key=lambda p: tuple(np.nan_to_num(after[p])))
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
        slack = ABSOLUTE + 2 * RELATIVE * abs(value)
        for index in range(bisect_left(firsts, value - slack), bisect_right(firsts, value + slack)):
            if left_new[index] not in taken and close(before[one], after[left_new[index]]):
                taken.add(left_new[index])
                yield one, left_new[index]
                break


def _first(floats: Any) -> float:
    return float(np.nan_to_num(floats[:1])[0]) if len(floats) else 0.0


def close(one: Any, two: Any) -> bool:
    """Whether two arrays of floats are the same but for rounding."""
    return bool(one.shape == two.shape and np.allclose(one, two, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True))


def _floats(rows: Rows, wanted: set[int]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    offset = 0
    for batch in rows.read():
        hits = sorted(p - offset for p in wanted if offset <= p < offset + batch.num_rows)
        for hit in hits:
            found[offset + hit] = next(_encode_batch(batch.slice(hit, 1)))[1]
        offset += batch.num_rows
    return found


def _shown(rows: Rows, positions: Sequence[int]) -> tuple[str, ...]:
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


# Encoding: each row becomes bytes that hold all but its floats, and an array of its floats


def _encode_batch(batch: pa.RecordBatch) -> Iterator[tuple[bytes, Any]]:
    columns = [_encode(column) for column in batch.columns]
    for row in range(batch.num_rows):
        heads, floats = [], []
        for exact, values in columns:
            heads.append(exact[row])
            if values is not None and values[row] is not None:
                floats.append(values[row])
        yield b"\x1f".join(heads), (np.concatenate(floats) + 0.0 if floats else np.empty(0))


Encoded = tuple[list[bytes], "list[Any] | None"]


def _encode(array: Any) -> Encoded:
    """For each row its exact part, and its floats where the type has any."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _encode(array.storage)
    if pa.types.is_dictionary(kind):
        return _encode(array.dictionary_decode())
    if pa.types.is_floating(kind):
        return _encode_floats(array)
    if pa.types.is_struct(kind):
        return _encode_struct(array)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        return _encode_list(array)
    if pa.types.is_fixed_size_list(kind):
        return _encode_list(array.cast(pa.large_list(kind.value_type)))
    if pa.types.is_integer(kind) and not array.null_count:
        return [b"%d" % v for v in array.to_numpy().tolist()], None
    return [_encode_value(v) for v in array.to_pylist()], None


def _encode_value(value: object) -> bytes:
    if value is None:
        return MISSING
    if isinstance(value, bytes):
        return b"b%d:" % len(value) + value
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogatepass")
        return b"s%d:" % len(data) + data
    return str(value).encode()


def _encode_floats(array: Any) -> Encoded:
    values = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
    if not array.null_count:
        return [b"f"] * len(array), [values[i : i + 1] for i in range(len(array))]
    valid = array.is_valid().to_pylist()
    exact = [b"f" if ok else MISSING for ok in valid]
    return exact, [values[i : i + 1] if ok else None for i, ok in enumerate(valid)]


def _encode_struct(array: Any) -> Encoded:
    children = [_encode(array.field(i)) for i in range(array.type.num_fields)]
    valid = array.is_valid().to_pylist()
    exact: list[bytes] = []
    floats: list[Any] = []
    for row, ok in enumerate(valid):
        if not ok:
            exact.append(MISSING)
            floats.append(None)
            continue
        exact.append(b"{" + b",".join(child[0][row] for child in children) + b"}")
        own = [child[1][row] for child in children if child[1] is not None and child[1][row] is not None]
        floats.append(np.concatenate(own) if own else None)
    return exact, floats if any(child[1] is not None for child in children) else None


def _encode_list(array: Any) -> Encoded:
    offsets = array.offsets.to_numpy()
    values = array.values
    valid = array.is_valid().to_pylist()
    flat = isinstance(values, pa.NumericArray) and not values.null_count
    if flat and pa.types.is_floating(values.type):
        numbers = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
        spans = list(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True))
        exact = [b"[%d]f" % (b - a) if ok else MISSING for (a, b), ok in zip(spans, valid, strict=True)]
        return exact, [numbers[a:b] if ok else None for (a, b), ok in zip(spans, valid, strict=True)]
    if flat:
        return _encode_integers(values.to_numpy(zero_copy_only=False), offsets, valid), None
    return _encode_nested(values, offsets, valid)


def _encode_integers(numbers: Any, offsets: Any, valid: list[bool]) -> list[bytes]:
    """Lists of integers, such as an image's pixels, as they lie in memory."""
    spans = zip(offsets[:-1].tolist(), offsets[1:].tolist(), valid, strict=True)
    return [b"[%d]i" % (b - a) + numbers[a:b].tobytes() if ok else MISSING for a, b, ok in spans]


def _encode_nested(values: Any, offsets: Any, valid: list[bool]) -> Encoded:
    inner, floats = _encode(values)
    exact: list[bytes] = []
    found: list[Any] = []
    for a, b, ok in zip(offsets[:-1].tolist(), offsets[1:].tolist(), valid, strict=True):
        exact.append(b"[%d]" % (b - a) + b",".join(inner[a:b]) if ok else MISSING)
        own = [v for v in floats[a:b] if v is not None] if ok and floats is not None else []
        found.append(np.concatenate(own) if own else None)
    return exact, found if floats is not None else None
