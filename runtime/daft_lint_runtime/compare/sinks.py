"""The rows of files that a run wrote to redirected sinks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from daft_lint_runtime.compare.rows import BATCH_ROWS
from daft_lint_runtime.harness import Run, is_data
from daft_lint_runtime.plans import SortKey
from daft_lint_runtime.writes import UPLOAD

_NUMBER = re.compile("U?Int|Float")
_GENERATED = rf"(/sinks/\d+-{UPLOAD}/)[0-9a-f-]{{36}}"
"""A file that `upload` wrote: a UUID."""


def sink_rows(folder: Path, sink: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    """The rows of a redirected sink, each with the values of its `name=value` folders as text."""
    for file in sorted(folder.rglob("*")):
        if is_data(file):
            for batch in _READERS[sink["name"]](file, sink):
                yield _with_partitions(batch, file.relative_to(folder).parts[:-1])


@dataclass(frozen=True)
class FileOrder:
    """How the files of a sink are sorted. `unsorted` of `files` have rows out of order; `overlap`: each is in order,
    but in no order of the files all rows are, as they are where a `sort` cuts them into ranges."""

    files: int
    unsorted: int
    overlap: bool


def file_order(folder: Path, sink: Mapping[str, Any], keys: Sequence[SortKey]) -> FileOrder:
    """The order of a sink's files by `keys`, which are columns; those that name its folders are the same in a file.
    Rows whose key is no number (NaN) are left out: Daft chooses where they stand."""
    files = [file for file in sorted(folder.rglob("*")) if is_data(file)]
    parts = files[0].relative_to(folder).parts[:-1] if files else ()
    keys = [key for key in keys if key.column not in {part.partition("=")[0] for part in parts}]
    dtypes = {str(name): str(dtype) for name, dtype in sink["schema"]}
    spans, unsorted = [], 0
    for file in files:
        span = _span(_key_rows(file, sink, keys, dtypes), keys)
        unsorted += not span.in_order
        if span.rows:
            spans.append(span)
    spans.sort(key=cmp_to_key(lambda one, two: _compare(one.rows, two.rows, (*keys, *keys))))
    meet = (_compare(one.rows[len(keys) :], two.rows[: len(keys)], keys) <= 0 for one, two in pairwise(spans))
    return FileOrder(len(files), unsorted, not unsorted and not all(meet))


def _key_rows(
    file: Path, sink: Mapping[str, Any], keys: Sequence[SortKey], dtypes: Mapping[str, str]
) -> Iterator[tuple[Any, ...]]:
    """The keys of each row; none where the file lacks one of them."""
    names = [key.column or key.expression for key in keys]
    if sink["name"] == "write_json":
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield tuple(row.get(name) for name in names)
        return
    for batch in _READERS[sink["name"]](file, sink):
        if set(names) <= set(batch.schema.names):
            columns = [batch.column(name).to_pylist() for name in names]
            if sink["name"] == "write_csv":
                columns = [_numbers(c) if _NUMBER.match(dtypes[n]) else c for n, c in zip(names, columns, strict=True)]
            yield from zip(*columns, strict=True)


def _numbers(texts: Sequence[str | None]) -> list[float | None]:
    return [float(text) if text else None for text in texts]


@dataclass(frozen=True)
class _Span:
    """The keys of a file's first row, then those of its last; empty where it has none."""

    rows: tuple[Any, ...]
    in_order: bool


def _span(rows: Iterator[tuple[Any, ...]], keys: Sequence[SortKey]) -> _Span:
    first: tuple[Any, ...] = ()
    last: tuple[Any, ...] = ()
    for row in rows:
        if any(value != value for value in row):
            continue
        if last and _compare(last, row, keys) > 0:
            return _Span((), False)
        first, last = first or row, row
    return _Span((*first, *last), True)


def _compare(one: Sequence[Any], two: Sequence[Any], keys: Sequence[SortKey]) -> int:
    """Below 0 where `one` comes before `two`, above 0 behind it."""
    for key, mine, other in zip(keys, one, two, strict=False):
        if mine != other and (mine is None or other is None):
            return -1 if (mine is None) is key.nulls_first else 1
        if mine != other:
            return 1 if (mine > other) is not key.descending else -1
    return 0


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
    floats = {n: _float_type(dtype) for n, dtype in sink["schema"] if dtype.startswith("Float")} if header else {}
    with pacsv.open_csv(file, pacsv.ReadOptions(autogenerate_column_names=not header), parse) as opened:
        names = opened.schema.names
    types = {name: floats.get(name, pa.string()) for name in names}
    convert = pacsv.ConvertOptions(column_types=types, strings_can_be_null=False)
    read = pacsv.ReadOptions(autogenerate_column_names=not header)
    with pacsv.open_csv(file, read, parse, convert) as opened:
        yield from opened


def _float_type(dtype: str) -> pa.DataType:
    """The type that a text of floats is compared as: the least exact that the column's type names."""
    return pa.float32() if "Float32" in dtype or "Float16" in dtype else pa.float64()


def _json(file: Path, sink: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    """A row's text without its floats, and these: what a type is guessed to be depends on the rows of a file."""
    texts: list[str] = []
    floats: list[list[float]] = []
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            found: list[float] = []
            texts.append(json.dumps(_without_floats(json.loads(line), found), sort_keys=True))
            floats.append(found)
    kind = pa.list_(_float_type(str(sink["schema"])))
    yield pa.record_batch({"row": pa.array(texts, pa.string()), "floats": pa.array(floats, kind)})


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


_READERS = {"write_parquet": _parquet, "write_csv": _csv, "write_json": _json, UPLOAD: _uploaded}


def named_alike(run: Run, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows with one name for all uploaded files: Daft makes up another one for each in every run."""
    if all(sink["name"] != UPLOAD for sink in run.sinks):
        yield from batches
        return
    for batch in batches:
        columns = [
            pc.replace_substring_regex(column, _GENERATED, r"\1*")
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
            else column
            for column in batch.columns
        ]
        yield pa.record_batch(columns, names=batch.schema.names)
