"""A row as bytes that hold all but its floats, and an array of its floats: so that rounding is no change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

MISSING = b"\x00-"


def encode_batch(batch: pa.RecordBatch) -> Iterator[tuple[bytes, Any]]:
    """Each row's exact part and its floats."""
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
