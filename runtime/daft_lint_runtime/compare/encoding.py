"""A row as bytes that hold all but its floats, and an array of its floats: so that rounding is no change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

MISSING = b"\x00-"

Floats = tuple[Any, Any]
"""The floats of a row: those of 32 bits and fewer, and those of 64, each in an array of its type."""


def encode_batch(batch: pa.RecordBatch) -> Iterator[tuple[bytes, Floats]]:
    """Each row's exact part and its floats."""
    columns = [_encode(column) for column in batch.columns]
    for row in range(batch.num_rows):
        heads: list[bytes] = []
        floats: list[Any] = []
        for exact, values in columns:
            heads.append(exact[row])
            if values is not None:
                floats += values[row] or ()
        yield b"\x1f".join(heads), (_joined(floats, np.float32), _joined(floats, np.float64))


def _joined(parts: list[Any], kind: Any) -> Any:
    """The parts of one type in an array, with 0.0 for -0.0."""
    own = [part for part in parts if part.dtype == kind]
    return np.concatenate(own) + kind(0.0) if own else np.empty(0, kind)


Encoded = tuple[list[bytes], "list[list[Any] | None] | None"]


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
    values = _numbers(array)
    if not array.null_count:
        return [b"f"] * len(array), [[values[i : i + 1]] for i in range(len(array))]
    valid = array.is_valid().to_pylist()
    exact = [b"f" if ok else MISSING for ok in valid]
    return exact, [[values[i : i + 1]] if ok else None for i, ok in enumerate(valid)]


def _numbers(array: Any) -> Any:
    kind = pa.float64() if pa.types.is_float64(array.type) else pa.float32()
    return array.cast(kind).to_numpy(zero_copy_only=False)


def _encode_struct(array: Any) -> Encoded:
    children = [_encode(array.field(i)) for i in range(array.type.num_fields)]
    valid = array.is_valid().to_pylist()
    exact: list[bytes] = []
    floats: list[list[Any] | None] = []
    for row, ok in enumerate(valid):
        if not ok:
            exact.append(MISSING)
            floats.append(None)
            continue
        exact.append(b"{" + b",".join(child[0][row] for child in children) + b"}")
        floats.append([part for _, values in children if values is not None for part in values[row] or ()])
    return exact, floats if any(child[1] is not None for child in children) else None


def _encode_list(array: Any) -> Encoded:
    offsets = array.offsets.to_numpy()
    values = array.values
    valid = array.is_valid().to_pylist()
    flat = isinstance(values, pa.NumericArray) and not values.null_count
    if flat and pa.types.is_floating(values.type):
        numbers = _numbers(values)
        spans = list(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True))
        exact = [b"[%d]f" % (b - a) if ok else MISSING for (a, b), ok in zip(spans, valid, strict=True)]
        return exact, [[numbers[a:b]] if ok else None for (a, b), ok in zip(spans, valid, strict=True)]
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
    found: list[list[Any] | None] = []
    for a, b, ok in zip(offsets[:-1].tolist(), offsets[1:].tolist(), valid, strict=True):
        exact.append(b"[%d]" % (b - a) + b",".join(inner[a:b]) if ok else MISSING)
        found.append([part for parts in floats[a:b] for part in parts or ()] if ok and floats is not None else None)
    return exact, found if floats is not None else None
