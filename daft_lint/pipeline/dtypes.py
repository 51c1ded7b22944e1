"""Declared types: what `daft.DataType.…`, a `return_dtype` or an annotation says of the size of a column's rows.

A `DType` keeps bounds on the bytes of one row where the type gives them, and what its nature says where it does not:
images, binary and tensors of unknown shape are bulky; text, scalars, embeddings and file references are not; lists of
numbers of unknown length, and Python objects, are not known.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeGuard

import libcst as cst

from daft_lint.pipeline.model import NodeRef, Strength, Weight
from daft_lint.source.syntax import MAX_QUOTED, constant, quoted

if TYPE_CHECKING:
    from daft_lint.pipeline.udf_body.bodies import Scope

_MAX_DEPTH = 8
"""Nesting of annotations, aliases and models that is followed."""


class Nature(enum.Enum):
    """What a type says of its size where it does not give it in bytes."""

    BULKY = "bulky"
    SMALL = "small"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DType:
    """A declared type.

    `text` is how messages spell it. `low` and `high` bound the bytes of one row (`high` None: no bound);
    `nature` decides where they do not. `parts` are the fields of a struct. `unsized`: numbers whose count is not
    declared, which is heavy only where a UDF makes it from heavy data. `element` is the type of a list's elements.
    """

    text: str
    low: int = 0
    high: int | None = None
    nature: Nature = Nature.UNKNOWN
    parts: tuple[DType, ...] = ()
    unsized: bool = False
    element: DType | None = None

    @property
    def row_bytes(self) -> int | None:
        """The bytes of one row, where the type fixes them."""
        return self.low if self.low == self.high else None

    def is_heavy(self, heavy_row_bytes: int) -> bool | None:
        """Whether a row has `heavy_row_bytes` or more; None where the type does not say."""
        parts = [part.is_heavy(heavy_row_bytes) for part in self.parts]
        if self.low >= heavy_row_bytes or True in parts:
            return True
        if self.high is not None:
            return False if self.high < heavy_row_bytes else None
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
            return Weight.of(strength, f"{prefix}`{self.text}`{size}", location, self.row_bytes)
        return Weight(heavy=heavy, row_bytes=self.row_bytes)


def _fixed(text: str, size: int) -> DType:
    return DType(text, size, size, Nature.SMALL)


def _small(text: str) -> DType:
    return DType(text, nature=Nature.SMALL)


UNKNOWN = DType("python")
BINARY = DType("binary", nature=Nature.BULKY)
STRING = _small("string")
IMAGE = DType("image", nature=Nature.BULKY)
FILE = _small("file")

_SCALAR_BYTES: Mapping[str, int] = {
    "null": 0, "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "float16": 2, "int32": 4, "uint32": 4,
    "float32": 4, "date": 4, "int64": 8, "uint64": 8, "float64": 8, "time": 8, "timestamp": 8, "duration": 8,
    "interval": 16, "decimal128": 16, "uuid": 16,
}  # fmt: skip
"""Bytes of a value in Arrow's layout."""

_SAMPLES = frozenset({"int8", "uint8", "int16", "uint16", "float16", "float32", "float64"})
"""Numbers that pixels and samples are made of; the wider integers are ids, token ids, boxes and counts."""

_IMAGE_MODES: Mapping[str, int] = {
    "L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "L16": 2, "LA16": 4, "RGB16": 6, "RGBA16": 8, "RGB32F": 12, "RGBA32F": 16,
}  # fmt: skip
"""Bytes of a pixel by `daft.ImageMode`."""


def _list(element: DType) -> DType:
    text = f"list[{element.text}]"
    unsized = element.text in _SAMPLES or element.unsized
    if element.nature is Nature.SMALL and element.high is None:
        return DType(text, nature=Nature.SMALL, parts=element.parts, element=element)
    if element.nature is Nature.BULKY or element.parts:
        return replace(element, text=text, high=None, element=element, unsized=unsized)
    return DType(
        text, low=0, parts=() if element.low == 0 else (_heavy_only(element),), unsized=unsized, element=element
    )


def _heavy_only(element: DType) -> DType:
    """An element's part in the weight of a list: heavy where one element is, else not known."""
    return replace(element, high=None, nature=Nature.UNKNOWN)


def _struct(fields: Iterable[tuple[str, DType]]) -> DType:
    fields = tuple(fields)
    parts = tuple(part for _, part in fields)
    highs = [part.high for part in parts]
    high = None if None in highs else sum(h for h in highs if h is not None)
    text = ", ".join(f"{name}: {part.text}" for name, part in fields)
    if len(text) > 60:
        text = "…"
    return DType(f"struct[{text}]", sum(p.low for p in parts), high, Nature.SMALL, parts)


def _sized_list(element: DType, size: object, text: str) -> DType:
    """A list of `size` elements; of an unknown count where `size` is no number."""
    if not _is_count(size):
        return replace(_list(element), text=text)
    high = None if element.high is None else element.high * size
    return replace(element, text=text, low=element.low * size, high=high, unsized=False, element=element)


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
        return DType(f"{name}[{inner}] of unknown shape", nature=Nature.BULKY)
    count = _product(shape)
    if count is None:
        return DType(f"{name}[{inner}, ?]")
    low, high = (item.low, item.high) if item and item.high is not None and item.high > 0 else (1, 8)
    spelled = ", ".join(str(n) for n in shape) if isinstance(shape, (list, tuple)) else str(shape)
    return DType(f"{name}[{inner}, ({spelled})]", low * count, high * count)


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
    return _struct((str(name), from_value(value) or UNKNOWN) for name, value in fields.items())


def _make_map(a: _Arguments) -> DType:
    key, value = a.dtype(0, "key_type"), a.dtype(1, "value_type")
    return replace(_list(_struct((("key", key), ("value", value)))), text=f"map[{key.text}, {value.text}]")


def _make_embedding(a: _Arguments) -> DType:
    element, size = a.dtype(0, "dtype"), a.get(1, "size")
    text = f"embedding[{element.text}, {size if _is_count(size) else '?'}]"
    if element.high is None or not _is_count(size):
        return _small(text)
    return _sized_list(element, size, text)


def _make_fixed_list(a: _Arguments) -> DType:
    element, size = a.dtype(0, "dtype"), a.get(1, "size")
    return _sized_list(element, size, f"fixed_size_list[{element.text}, {size if _is_count(size) else '?'}]")


def _make_fixed_binary(a: _Arguments) -> DType:
    size = a.get(0, "size")
    return _fixed(f"fixed_size_binary[{size}]", size) if _is_count(size) else DType("fixed_size_binary[?]")


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
    "list": lambda a: _list(a.dtype(0, "dtype")),
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

CONSTRUCTORS: frozenset[str] = frozenset({*_MAKERS, *_SCALAR_BYTES})
"""The names in `daft.DataType.` that `make` knows."""


def make(name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> DType:
    """The type that `daft.DataType.<name>(*args, **kwargs)` makes.

    Arguments are Python literals, `DType`s, or None where they are not known. A shape that is
    given as None counts as one that is not known. A name that Daft does not have gives a type that nothing is known of.
    """
    if name in _SCALAR_BYTES:
        return _fixed(name, _SCALAR_BYTES[name])
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
        return _sized_list(element, int(array[2]), spelled) if array[2] else _list(element)
    base, _, rest = spelled.partition("(")
    name = _SQL_NAMES.get(base.strip(), base.strip())
    if name in _SCALAR_BYTES or name in ("string", "binary") or (name == "image" and not rest):
        return make(name, (), {})
    if name in ("tensor", "embedding", "image"):
        return _sql_call(name, [part.strip() for part in rest.rstrip(")").split(",")])
    return None


def _is_size(text: str) -> bool:
    """A whole number that `int` takes, and no superscript."""
    return text.isdecimal() and len(text) <= 18


def _sql_call(name: str, parts: list[str]) -> DType:
    if name == "image":
        return make("image", (parts[0], *(int(n) for n in parts[1:] if _is_size(n))), {})
    sizes = tuple(int(n) for n in parts[1:] if _is_size(n))
    item = from_sql(parts[0]) or UNKNOWN
    if name == "embedding":
        return make("embedding", (item, *sizes), {})
    return make("tensor", (item, sizes) if sizes else (item,), {})


def from_value(value: object) -> DType | None:
    """A `DType` from what a script gives where Daft takes a type: a type already, a string, a mapping of fields."""
    if isinstance(value, DType):
        return value
    return from_sql(value) if isinstance(value, str) else None


# Annotations, as `DataType.infer_from_type` of Daft 0.7 reads them.


def _unshaped(item: str | None, text: str) -> DType:
    return DType(text, nature=Nature.BULKY, unsized=True, element=make(item, (), {}) if item else None)


_ANNOTATIONS: dict[str, DType] = {
    "None": _fixed("null", 0),
    "bool": _fixed("bool", 1),
    "int": _fixed("int64", 8),
    "float": _fixed("float64", 8),
    "str": _small("str"),
    "bytes": DType("bytes", nature=Nature.BULKY),
    "bytearray": DType("bytearray", nature=Nature.BULKY),
    "memoryview": DType("memoryview", nature=Nature.BULKY),
    "datetime.datetime": _fixed("timestamp", 8),
    "datetime.date": _fixed("date", 4),
    "datetime.time": _fixed("time", 8),
    "datetime.timedelta": _fixed("duration", 8),
    "uuid.UUID": _fixed("uuid", 16),
    "pathlib.Path": _small("pathlib.Path"),
    "PIL.Image.Image": DType("PIL.Image.Image", nature=Nature.BULKY),
    "PIL.Image": DType("PIL.Image.Image", nature=Nature.BULKY),
    "numpy.ndarray": _unshaped(None, "np.ndarray"),
    "numpy.typing.NDArray": _unshaped(None, "np.ndarray"),
    "torch.Tensor": _unshaped(None, "torch.Tensor"),
    "tensorflow.Tensor": _unshaped(None, "tf.Tensor"),
    "jax.Array": _unshaped(None, "jax.Array"),
    "cupy.ndarray": _unshaped(None, "cupy.ndarray"),
    **{
        f"torch.{name}Tensor": _unshaped(item, f"torch.{name}Tensor")
        for name, item in {
            "Float": "float32", "Double": "float64", "Byte": "uint8", "Char": "int8", "Short": "int16",
            "Int": "int32", "Long": "int64", "Bool": "bool", "Half": "float16",
        }.items()
    },
    **{f"daft.{name}": _small(f"daft.{name}") for name in ("File", "AudioFile", "VideoFile", "ImageFile", "Hdf5File")},
    **{f"numpy.{name}": make(name, (), {}) for name in _SAMPLES | {"int32", "int64", "uint32", "uint64"}},
    "numpy.bool_": _fixed("bool", 1),
}  # fmt: skip
"""By qualified name."""

_JAXTYPING: Mapping[str, str] = {
    "Bool": "bool", "Int8": "int8", "UInt8": "uint8", "Int16": "int16", "UInt16": "uint16", "Int32": "int32",
    "UInt32": "uint32", "Int64": "int64", "Int": "int64", "Integer": "int64", "UInt64": "uint64", "UInt": "uint64",
    "Float16": "float16", "Float32": "float32", "Float64": "float64", "Float": "float64", "Real": "float64",
}  # fmt: skip

_LISTS = frozenset({"list", "List", "Sequence", "MutableSequence", "set", "frozenset", "Set"})
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict"})
_ITERATORS = frozenset({
    "Iterator", "Generator", "Iterable", "AsyncIterator", "AsyncGenerator", "AsyncIterable", "Awaitable",
})  # fmt: skip
_WRAPPERS = frozenset({"Annotated", "Required", "NotRequired", "ReadOnly", "Final", "ClassVar"})
_MODELS = frozenset({"TypedDict", "BaseModel"})
_USUAL_MODULES: Mapping[str, str] = {"np": "numpy", "npt": "numpy.typing", "Image": "PIL.Image", "tf": "tensorflow"}
"""What the names of modules stand for where no import is in view (an excerpt in a Markdown file)."""


def dotted_name(node: cst.BaseExpression) -> str | None:
    """`a.b.c` for names and attributes of names, else None."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    parts.append(node.value)
    return ".".join(reversed(parts))


def qualified_name(dotted: str, scope: Scope) -> str:
    """The name by the imports in view; what a name usually stands for where none is."""
    found = scope.qualified(dotted)
    if found is None:
        root, dot, rest = dotted.partition(".")
        return _USUAL_MODULES.get(root, root) + dot + rest
    return re.sub(r"^daft\.file(\.\w+)*\.(?=[A-Z])", "daft.", found)


def from_annotation(node: cst.BaseExpression | cst.Annotation | None, scope: Scope) -> DType | None:
    """The type that an annotation declares; None where there is none, or it says nothing of the size."""
    if isinstance(node, cst.Annotation):
        node = node.annotation
    return _annotation(node, scope, 0) if node is not None else None


def _annotation(node: cst.BaseExpression, scope: Scope, depth: int) -> DType | None:
    if depth > _MAX_DEPTH:
        return None
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        return _quoted(node, scope, depth)
    if isinstance(node, cst.BinaryOperation):
        if not isinstance(node.operator, cst.BitOr):
            return None
        return _either([node.left, node.right], scope, depth)
    if isinstance(node, cst.Subscript):
        return _subscript(node, scope, depth)
    dotted = dotted_name(node)
    return _named(dotted, scope, depth) if dotted else None


def _quoted(node: cst.SimpleString | cst.ConcatenatedString, scope: Scope, depth: int) -> DType | None:
    text = constant(node)
    inner = quoted(text) if isinstance(text, str) else None
    return None if inner is None else _annotation(inner, scope, depth + 1)


def _named(dotted: str, scope: Scope, depth: int) -> DType | None:
    name = qualified_name(dotted, scope)
    if name in _ANNOTATIONS:
        return _ANNOTATIONS[name]
    last = name.rsplit(".", 1)[-1]
    if last in _LISTS or last in _MAPPINGS or last == "tuple":
        return DType(last)
    alias = scope.assigned(dotted)
    if alias is not None:
        return _annotation(alias[0], alias[1], depth + 1)
    model = scope.classdef(dotted)
    return _model(model[0], model[1], depth) if model is not None else None


def _is_model(definition: cst.ClassDef, scope: Scope) -> bool:
    names = (dotted_name(base.value) for base in definition.bases)
    return any(name is not None and qualified_name(name, scope).rsplit(".", 1)[-1] in _MODELS for name in names)


def _model(definition: cst.ClassDef, scope: Scope, depth: int) -> DType | None:
    """A TypedDict or pydantic model is a struct; any other class is a Python object."""
    if not _is_model(definition, scope):
        return None
    fields = []
    for line in definition.body.body:
        for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(statement, cst.AnnAssign) and isinstance(statement.target, cst.Name):
                kind = _annotation(statement.annotation.annotation, scope, depth + 1)
                fields.append((statement.target.value, kind or UNKNOWN))
    return _struct(fields)


def _members(node: cst.Subscript) -> list[cst.BaseExpression]:
    return [e.slice.value for e in node.slice if isinstance(e.slice, cst.Index)]


def _either(nodes: Sequence[cst.BaseExpression], scope: Scope, depth: int) -> DType | None:
    """A union: None apart, its members must agree, as Daft makes a Python object of any other."""
    members: list[DType | None] = []
    for node in nodes:
        kind = _annotation(node, scope, depth + 1)
        if kind is None or kind.text != "null":
            members.append(kind)
    if not members:
        return _ANNOTATIONS["None"]
    return members[0] if all(m == members[0] for m in members) else None


def _subscript(node: cst.Subscript, scope: Scope, depth: int) -> DType | None:
    dotted = dotted_name(node.value)
    members = _members(node)
    if dotted is None or not members:
        return None
    name = qualified_name(dotted, scope)
    last = name.rsplit(".", 1)[-1]
    if last == "Optional":
        return _annotation(members[0], scope, depth + 1)
    if last == "Union":
        return _either(members, scope, depth)
    if last in _WRAPPERS or last in _ITERATORS:
        return _annotation(members[0], scope, depth + 1)
    if last == "Coroutine":
        return _annotation(members[-1], scope, depth + 1)
    if last in _LISTS:
        return _list(_annotation(members[0], scope, depth + 1) or UNKNOWN)
    if last in _MAPPINGS and len(members) == 2:
        return make("map", [_annotation(m, scope, depth + 1) for m in members], {})
    if last in ("tuple", "Tuple"):
        return _tuple(members, scope, depth)
    if name.startswith("jaxtyping.") and last in _JAXTYPING:
        return _jaxtyping(last, members)
    return _ANNOTATIONS.get(name)


def _tuple(members: list[cst.BaseExpression], scope: Scope, depth: int) -> DType:
    if len(members) == 2 and isinstance(members[1], cst.Ellipsis):
        return _list(_annotation(members[0], scope, depth + 1) or UNKNOWN)
    kinds = [_annotation(member, scope, depth + 1) or UNKNOWN for member in members]
    return _struct((f"_{index}", kind) for index, kind in enumerate(kinds))


def _jaxtyping(name: str, members: list[cst.BaseExpression]) -> DType:
    """`Float32[np.ndarray, "3 224 224"]`: a shape where every dimension is a number."""
    item = make(_JAXTYPING[name], (), {})
    axes = members[1] if len(members) > 1 else None
    dimensions: list[str] = []
    if isinstance(axes, cst.SimpleString):
        dimensions = str(constant(axes)).split()
    if dimensions and all(_is_size(d) for d in dimensions):
        return make("tensor", (item, tuple(int(d) for d in dimensions)), {})
    return make("tensor", (item,), {})
