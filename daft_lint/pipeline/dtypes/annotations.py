"""The types that annotations declare, as `DataType.infer_from_type` of Daft 0.7 reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from daft_lint.pipeline.dtypes.dtype import (
    SAMPLES,
    UNKNOWN,
    DType,
    Nature,
    fixed,
    is_size,
    list_of,
    make,
    small,
    struct_of,
)
from daft_lint.pipeline.name_resolver import USUAL_MODULES, NameResolver
from daft_lint.source import cst
from daft_lint.source.syntax import constant, dotted, quoted

_MAX_DEPTH = 8
"""Nesting of annotations, aliases and models that is followed."""


def _unshaped(item: str | None, text: str) -> DType:
    return DType(text, nature=Nature.BULKY, unsized=True, element=make(item, (), {}) if item else None)


_ANNOTATIONS: dict[str, DType] = {
    "None": fixed("null", 0),
    "bool": fixed("bool", 1),
    "int": fixed("int64", 8),
    "float": fixed("float64", 8),
    "str": small("str"),
    "bytes": DType("bytes", nature=Nature.BULKY),
    "bytearray": DType("bytearray", nature=Nature.BULKY),
    "memoryview": DType("memoryview", nature=Nature.BULKY),
    "datetime.datetime": fixed("timestamp", 8),
    "datetime.date": fixed("date", 4),
    "datetime.time": fixed("time", 8),
    "datetime.timedelta": fixed("duration", 8),
    "uuid.UUID": fixed("uuid", 16),
    "pathlib.Path": small("pathlib.Path"),
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
    **{f"daft.{name}": small(f"daft.{name}") for name in ("File", "AudioFile", "VideoFile", "ImageFile", "Hdf5File")},
    **{f"numpy.{name}": make(name, (), {}) for name in SAMPLES | {"int32", "int64", "uint32", "uint64"}},
    "numpy.bool_": fixed("bool", 1),
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


def from_annotation(node: cst.BaseExpression | cst.Annotation | None, names: NameResolver) -> DType | None:
    """The type that an annotation declares; None where there is none, or it says nothing of the size."""
    if isinstance(node, cst.Annotation):
        node = node.annotation
    return _annotation(node, names, 0) if node is not None else None


def _annotation(node: cst.BaseExpression, names: NameResolver, depth: int) -> DType | None:
    if depth > _MAX_DEPTH:
        return None
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        return _quoted(node, names, depth)
    if isinstance(node, cst.BinaryOperation):
        if not isinstance(node.operator, cst.BitOr):
            return None
        return _either([node.left, node.right], names, depth)
    if isinstance(node, cst.Subscript):
        return _subscript(node, names, depth)
    name = dotted(node)
    return _named(name, names, depth) if name else None


def _quoted(node: cst.SimpleString | cst.ConcatenatedString, names: NameResolver, depth: int) -> DType | None:
    text = constant(node)
    inner = quoted(text) if isinstance(text, str) else None
    return None if inner is None else _annotation(inner, names, depth + 1)


def _named(spelled: str, names: NameResolver, depth: int) -> DType | None:
    name = _qualified(spelled, names)
    if name in _ANNOTATIONS:
        return _ANNOTATIONS[name]
    last = name.rsplit(".", 1)[-1]
    if last in _LISTS or last in _MAPPINGS or last == "tuple":
        return DType(last)
    model = names.classdef(spelled)
    return _model(model[0], model[1], depth) if model is not None else None


def _qualified(spelled: str, names: NameResolver) -> str:
    """The name by the imports in view; what a name usually stands for where none is."""
    found = names.qualified(spelled)
    if found is None:
        root, dot, rest = spelled.partition(".")
        return USUAL_MODULES.get(root, root) + dot + rest
    return re.sub(r"^daft\.file(\.\w+)*\.(?=[A-Z])", "daft.", found)


def _is_model(definition: cst.ClassDef, names: NameResolver) -> bool:
    bases = (dotted(base.value) for base in definition.bases)
    return any(name and _qualified(name, names).rsplit(".", 1)[-1] in _MODELS for name in bases)


def _model(definition: cst.ClassDef, names: NameResolver, depth: int) -> DType | None:
    """A TypedDict or pydantic model is a struct; any other class is a Python object."""
    if not _is_model(definition, names):
        return None
    fields = []
    for line in definition.body.body:
        for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(statement, cst.AnnAssign) and isinstance(statement.target, cst.Name):
                kind = _annotation(statement.annotation.annotation, names, depth + 1)
                fields.append((statement.target.value, kind or UNKNOWN))
    return struct_of(fields)


def _members(node: cst.Subscript) -> list[cst.BaseExpression]:
    return [e.slice.value for e in node.slice if isinstance(e.slice, cst.Index)]


def _either(nodes: Sequence[cst.BaseExpression], names: NameResolver, depth: int) -> DType | None:
    """A union: None apart, its members must agree, as Daft makes a Python object of any other."""
    members: list[DType | None] = []
    for node in nodes:
        kind = _annotation(node, names, depth + 1)
        if kind is None or kind.text != "null":
            members.append(kind)
    if not members:
        return _ANNOTATIONS["None"]
    return members[0] if all(m == members[0] for m in members) else None


def _subscript(node: cst.Subscript, names: NameResolver, depth: int) -> DType | None:
    spelled = dotted(node.value)
    members = _members(node)
    if not spelled or not members:
        return None
    name = _qualified(spelled, names)
    last = name.rsplit(".", 1)[-1]
    if last == "Optional":
        return _annotation(members[0], names, depth + 1)
    if last == "Union":
        return _either(members, names, depth)
    if last in _WRAPPERS or last in _ITERATORS:
        return _annotation(members[0], names, depth + 1)
    if last == "Coroutine":
        return _annotation(members[-1], names, depth + 1)
    if last in _LISTS:
        return list_of(_annotation(members[0], names, depth + 1) or UNKNOWN)
    if last in _MAPPINGS and len(members) == 2:
        return make("map", [_annotation(m, names, depth + 1) for m in members], {})
    if last in ("tuple", "Tuple"):
        return _tuple(members, names, depth)
    if name.startswith("jaxtyping.") and last in _JAXTYPING:
        return _jaxtyping(last, members)
    return _ANNOTATIONS.get(name)


def _tuple(members: list[cst.BaseExpression], names: NameResolver, depth: int) -> DType:
    if len(members) == 2 and isinstance(members[1], cst.Ellipsis):
        return list_of(_annotation(members[0], names, depth + 1) or UNKNOWN)
    kinds = [_annotation(member, names, depth + 1) or UNKNOWN for member in members]
    return struct_of((f"_{index}", kind) for index, kind in enumerate(kinds))


def _jaxtyping(name: str, members: list[cst.BaseExpression]) -> DType:
    """`Float32[np.ndarray, "3 224 224"]`: a shape where every dimension is a number."""
    item = make(_JAXTYPING[name], (), {})
    axes = members[1] if len(members) > 1 else None
    dimensions: list[str] = []
    if isinstance(axes, cst.SimpleString):
        dimensions = str(constant(axes)).split()
    if dimensions and all(is_size(d) for d in dimensions):
        return make("tensor", (item, tuple(int(d) for d in dimensions)), {})
    return make("tensor", (item,), {})
