"""The type of a column, and the constructors of `daft.DataType`."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import Evidence, NodeRef, Strength, Weight
from daft_lint.source.syntax import MAX_QUOTED


class Nature(enum.Enum):
    """What a type says of its size where it does not give it in bytes."""

    BULKY = "bulky"
    SMALL = "small"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DType:
    """A declared type.

    `text` is how messages spell it. `min_bytes` and `max_bytes` bound the size of one row (`max_bytes` None: no bound);
    `nature` decides where they do not. `parts` are the types of a struct's fields, `names` their names. `unsized`:
    numbers whose count is not declared, which is heavy only where a UDF makes it from heavy data. `element` is the type
    of a list's elements.
    """

    text: str
    min_bytes: int = 0
    max_bytes: int | None = None
    nature: Nature = Nature.UNKNOWN
    parts: tuple[DType, ...] = ()
    unsized: bool = False
    element: DType | None = None
    names: tuple[str, ...] = ()

    @property
    def row_bytes(self) -> int | None:
        """The bytes of one row, where the type fixes them."""
        return self.min_bytes if self.min_bytes == self.max_bytes else None

    def is_heavy(self, heavy_row_bytes: int) -> bool | None:
        """Whether a row has `heavy_row_bytes` or more; None where the type does not say."""
        parts = [part.is_heavy(heavy_row_bytes) for part in self.parts]
        if self.min_bytes >= heavy_row_bytes or True in parts:
            return True
        if self.max_bytes is not None:
            return False if self.max_bytes < heavy_row_bytes else None
        if None in parts or self.nature is Nature.UNKNOWN:
            return None
        return self.nature is Nature.BULKY

    def weight(
        self, strength: Strength, location: NodeRef | None, heavy_row_bytes: int, prefix: str = "declared as "
    ) -> Weight:
        """The weight that the declaration gives; the reason is `prefix` and the type's spelling."""
        heavy = self.is_heavy(heavy_row_bytes)
        if heavy:
            size = f", {self.row_bytes:,} bytes a row" if self.row_bytes is not None else ""
            evidence = Evidence(strength, f"{prefix}`{self.text}`{size}", location)
            return Weight(True, evidence, self.row_bytes, self._fields(strength, location, heavy_row_bytes, prefix))
        return Weight(heavy=heavy, row_bytes=self.row_bytes)

    def _fields(
        self, strength: Strength, location: NodeRef | None, heavy_row_bytes: int, prefix: str
    ) -> Mapping[str, Weight] | None:
        """The weights of a struct's fields."""
        if not self.names:
            return None
        pairs = zip(self.names, self.parts, strict=True)
        return {name: part.weight(strength, location, heavy_row_bytes, prefix) for name, part in pairs}


def fixed(text: str, size: int) -> DType:
    """A type whose rows all have `size` bytes."""
    return DType(text, size, size, Nature.SMALL)


def small(text: str) -> DType:
    """A type whose rows are small, however many bytes they have."""
    return DType(text, nature=Nature.SMALL)


UNKNOWN = DType("python")
BINARY = DType("binary", nature=Nature.BULKY)
STRING = small("string")
IMAGE = DType("image", nature=Nature.BULKY)
FILE = small("file")

_SCALAR_BYTES: Mapping[str, int] = {
    "null": 0, "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "float16": 2, "int32": 4, "uint32": 4,
    "float32": 4, "date": 4, "int64": 8, "uint64": 8, "float64": 8, "time": 8, "timestamp": 8, "duration": 8,
    "interval": 16, "decimal128": 16, "uuid": 16,
}  # fmt: skip
"""Bytes of a value in Arrow's layout."""

SAMPLES = frozenset({"int8", "uint8", "int16", "uint16", "float16", "float32", "float64"})
"""Numbers that pixels and samples are made of; the wider integers are ids, token ids, boxes and counts."""

_IMAGE_MODES: Mapping[str, int] = {
    "L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "L16": 2, "LA16": 4, "RGB16": 6, "RGBA16": 8, "RGB32F": 12, "RGBA32F": 16,
}  # fmt: skip
"""Bytes of a pixel by `daft.ImageMode`."""


def list_of(element: DType) -> DType:
    """A list of an unknown number of elements."""
    text = f"list[{element.text}]"
    unsized = element.text in SAMPLES or element.unsized
    if element.nature is Nature.SMALL and element.max_bytes is None:
        return DType(text, nature=Nature.SMALL, parts=element.parts, element=element, names=element.names)
    if element.nature is Nature.BULKY or element.parts:
        return replace(element, text=text, max_bytes=None, element=element, unsized=unsized)
    parts = () if element.min_bytes == 0 else (_heavy_if_one_is(element),)
    return DType(text, parts=parts, unsized=unsized, element=element)


def _heavy_if_one_is(element: DType) -> DType:
    """An element's part in the weight of a list: heavy where one element is, else not known."""
    return replace(element, max_bytes=None, nature=Nature.UNKNOWN)


def struct_of(fields: Iterable[tuple[str, DType]]) -> DType:
    """A struct of these fields, by name."""
    fields = tuple(fields)
    parts = tuple(part for _, part in fields)
    most = [part.max_bytes for part in parts]
    max_bytes = None if None in most else sum(size for size in most if size is not None)
    text = ", ".join(f"{name}: {part.text}" for name, part in fields)
    if len(text) > 60:
        text = "…"
    names = tuple(name for name, _ in fields)
    return DType(f"struct[{text}]", sum(p.min_bytes for p in parts), max_bytes, Nature.SMALL, parts, names=names)


def _sized_list(element: DType, size: object, text: str) -> DType:
    """A list of `size` elements; of an unknown count where `size` is no number."""
    if not _is_count(size):
        return replace(list_of(element), text=text)
    max_bytes = None if element.max_bytes is None else element.max_bytes * size
    return replace(
        element, text=text, min_bytes=element.min_bytes * size, max_bytes=max_bytes, unsized=False, element=element
    )


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _product(shape: object) -> int | None:
    """The number of elements of a shape, where every dimension is known."""
    if _is_count(shape):
        return shape
    if not isinstance(shape, (list, tuple)):
        return None
    dimensions = [n for n in shape if _is_count(n)]
    return math.prod(dimensions) if len(dimensions) == len(shape) else None


def _tensor(name: str, dtype: object, shape: object, shape_given: bool) -> DType:
    item = dtype if isinstance(dtype, DType) else None
    inner = item.text if item else "?"
    if not shape_given:
        # of wider integers it may be ids or counts
        may_be_pixels = item is None or item.text in SAMPLES or item.max_bytes is None
        nature = Nature.BULKY if may_be_pixels else Nature.UNKNOWN
        return DType(f"{name}[{inner}] of unknown shape", nature=nature)
    count = _product(shape)
    if count is None:
        return DType(f"{name}[{inner}, ?]")
    min_bytes, max_bytes = (
        (item.min_bytes, item.max_bytes) if item and item.max_bytes is not None and item.max_bytes > 0 else (1, 8)
    )
    spelled = ", ".join(str(n) for n in shape) if isinstance(shape, (list, tuple)) else str(shape)
    return DType(f"{name}[{inner}, ({spelled})]", min_bytes * count, max_bytes * count)


def _image(mode: object, height: object, width: object) -> DType:
    if not (_is_count(height) and _is_count(width)):
        # images are heavy unless their size says otherwise
        return IMAGE
    pixels = _product((height, width)) or 0
    name = str(mode).rsplit(".", 1)[-1].upper() if mode is not None else None
    pixel = _IMAGE_MODES.get(name) if name else None
    text = f"image[{name or '?'}, {height} x {width}]"
    return DType(text, pixels * (pixel or 1), pixels * (pixel or 16))


class _Arguments:
    """The arguments of a constructor, by position or keyword."""

    def __init__(self, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        self.args = args
        self.kwargs = kwargs

    def get(self, position: int, name: str) -> object:
        return self.args[position] if position < len(self.args) else self.kwargs.get(name)

    def given(self, position: int, name: str) -> bool:
        return position < len(self.args) or name in self.kwargs

    def dtype(self, position: int, name: str) -> DType:
        return from_value(self.get(position, name)) or UNKNOWN


def _make_fields(a: _Arguments) -> DType:
    fields = a.get(0, "fields")
    if not isinstance(fields, Mapping):
        return DType("struct[?]")
    return struct_of((str(name), from_value(value) or UNKNOWN) for name, value in fields.items())


def _make_map(a: _Arguments) -> DType:
    key, value = a.dtype(0, "key_type"), a.dtype(1, "value_type")
    return replace(list_of(struct_of((("key", key), ("value", value)))), text=f"map[{key.text}, {value.text}]")


def _make_embedding(a: _Arguments) -> DType:
    element, size = a.dtype(0, "dtype"), a.get(1, "size")
    text = f"embedding[{element.text}, {size if _is_count(size) else '?'}]"
    if element.max_bytes is None or not _is_count(size):
        return small(text)
    return _sized_list(element, size, text)


def _make_fixed_list(a: _Arguments) -> DType:
    element, size = a.dtype(0, "dtype"), a.get(1, "size")
    return _sized_list(element, size, f"fixed_size_list[{element.text}, {size if _is_count(size) else '?'}]")


def _make_fixed_binary(a: _Arguments) -> DType:
    size = a.get(0, "size")
    return fixed(f"fixed_size_binary[{size}]", size) if _is_count(size) else DType("fixed_size_binary[?]")


def _make_tensor(name: str) -> Callable[[_Arguments], DType]:
    return lambda a: _tensor(name, from_value(a.get(0, "dtype")), a.get(1, "shape"), a.given(1, "shape"))


def _make_inferred(a: _Arguments) -> DType:
    value = next(iter((*a.args, *a.kwargs.values())), None)
    return from_value(value) or UNKNOWN


_MAKERS: dict[str, Callable[[_Arguments], DType]] = {
    "string": lambda a: STRING,
    "binary": lambda a: BINARY,
    "fixed_size_binary": _make_fixed_binary,
    "python": lambda a: UNKNOWN,
    "file": lambda a: FILE,
    "list": lambda a: list_of(a.dtype(0, "dtype")),
    "fixed_size_list": _make_fixed_list,
    "embedding": _make_embedding,
    "image": lambda a: _image(a.get(0, "mode"), a.get(1, "height"), a.get(2, "width")),
    "tensor": _make_tensor("tensor"),
    "sparse_tensor": _make_tensor("sparse_tensor"),
    "struct": _make_fields,
    "union": _make_fields,
    "map": _make_map,
    "extension": lambda a: a.dtype(1, "storage_dtype"),
    "from_sql": _make_inferred,
    "from_numpy_dtype": _make_inferred,
    "from_arrow_type": _make_inferred,
    "infer_from_type": _make_inferred,
    "infer_from_object": lambda a: UNKNOWN,
}
"""Constructors of `daft.DataType` (0.3 to 0.7) that are no scalars."""


def make(name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> DType:
    """The type that `daft.DataType.<name>(*args, **kwargs)` makes.

    Arguments are Python literals, `DType`s, or None where they are not known. A shape that is
    given as None counts as one that is not known. A name that Daft does not have gives a type that nothing is known of.
    """
    if name in _SCALAR_BYTES:
        return fixed(name, _SCALAR_BYTES[name])
    maker = _MAKERS.get(name)
    return maker(_Arguments(args, kwargs)) if maker else DType(name)


_SQL_NAMES: Mapping[str, str] = {
    "boolean": "bool", "bool": "bool", "tinyint": "int8", "smallint": "int16", "int": "int32", "integer": "int32",
    "bigint": "int64", "real": "float32", "float": "float64", "double": "float64", "double precision": "float64",
    "float4": "float32", "float8": "float64", "text": "string", "varchar": "string", "char": "string", "str": "string",
    "bytes": "binary", "bytea": "binary", "blob": "binary", "varbinary": "binary", "datetime": "timestamp",
}  # fmt: skip
"""Names of types in Daft's SQL that differ from `DataType`'s."""


def from_sql(text: str) -> DType | None:
    """The type that a string names, as `return_dtype="float32"` or `DataType.from_sql` reads it; None where it names
    none that is known."""
    spelled = " ".join(text.lower().split())
    if len(spelled) > MAX_QUOTED:
        return None
    array = re.fullmatch(r"(.+)\[([0-9]{0,18})\]", spelled)
    if array:
        element = from_sql(array[1])
        if element is None:
            return None
        return _sized_list(element, int(array[2]), spelled) if array[2] else list_of(element)
    base, _, rest = spelled.partition("(")
    name = _SQL_NAMES.get(base.strip(), base.strip())
    if name in _SCALAR_BYTES or name in ("string", "binary") or (name == "image" and not rest):
        return make(name, (), {})
    if name in ("tensor", "embedding", "image"):
        return _sql_call(name, [part.strip() for part in rest.rstrip(")").split(",")])
    return None


def is_size(text: str) -> bool:
    """A whole number that `int` takes, and no superscript."""
    return text.isdecimal() and len(text) <= 18


def _sql_call(name: str, parts: list[str]) -> DType:
    if name == "image":
        return make("image", (parts[0], *(int(n) for n in parts[1:] if is_size(n))), {})
    sizes = tuple(int(n) for n in parts[1:] if is_size(n))
    item = from_sql(parts[0]) or UNKNOWN
    if name == "embedding":
        return make("embedding", (item, *sizes), {})
    return make("tensor", (item, sizes) if sizes else (item,), {})


def from_value(value: object) -> DType | None:
    """A `DType` from what a script gives where Daft takes a type: a type already, a string, a mapping of fields."""
    if isinstance(value, DType):
        return value
    return from_sql(value) if isinstance(value, str) else None
