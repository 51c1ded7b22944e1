"""The rows of files that a run wrote to redirected sinks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
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


def unsorted_files(folder: Path, sink: Mapping[str, Any], keys: Sequence[SortKey]) -> tuple[int, int]:
    """How many files of a sink have rows out of the order of `keys`, and how many there are. Rows with a missing key
    are left out: where they stand is Daft's choice."""
    files = [file for file in sorted(folder.rglob("*")) if is_data(file)]
    dtypes = {str(name): str(dtype) for name, dtype in sink["schema"]}
    return sum(1 for file in files if not _is_sorted(_key_rows(file, sink, keys, dtypes), keys)), len(files)


def _key_rows(
    file: Path, sink: Mapping[str, Any], keys: Sequence[SortKey], dtypes: Mapping[str, str]
) -> Iterator[tuple[Any, ...]]:
    """The keys of each row; none where the file lacks one of them."""
    names = [key.column for key in keys]
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


def _is_sorted(rows: Iterator[tuple[Any, ...]], keys: Sequence[SortKey]) -> bool:
    last: tuple[Any, ...] | None = None
    for row in rows:
        if any(value is None or value != value for value in row):
            continue
        for key, one, two in zip(keys, last or (), row, strict=False):
            if one != two:
                if (one > two) is not key.descending:
                    return False
                break
        last = row
    return True


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
