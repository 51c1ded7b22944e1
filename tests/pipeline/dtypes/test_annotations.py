"""What annotations say of the size of a row, against what Daft infers from them."""

from __future__ import annotations

import datetime
import typing
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import daft
import libcst as cst
import numpy as np
import PIL.Image
import pytest

from daft_lint.pipeline.dtypes import from_annotation
from daft_lint.pipeline.name_resolver import NameResolver

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

HEAVY = 32 * 1024

CLASSES = """
class Page(TypedDict):
    number: int
    text: str
class Scan(pydantic.BaseModel):
    number: int
    image: Optional[bytes] = None
class Plain:
    data: bytes
class Loop(TypedDict):
    again: "Loop"
"""


class ClassNames:
    """The imports and classes of a few lines of source."""

    def __init__(self) -> None:
        self.cell = cast("Cell", object())
        module = cst.parse_module(CLASSES)
        self.classes = {s.name.value: s for s in module.body if isinstance(s, cst.ClassDef)}
        self.imports = {
            "datetime": "datetime", "typing": "typing", "daft": "daft", "np": "numpy", "npt": "numpy.typing",
            "PIL": "PIL",
            "Image": "PIL.Image", "torch": "torch", "pydantic": "pydantic", "jaxtyping": "jaxtyping",
            "Float32": "jaxtyping.Float32", "TypedDict": "typing.TypedDict", "Optional": "typing.Optional",
        }  # fmt: skip

    def qualified(self, dotted: str) -> str | None:
        root, dot, rest = dotted.partition(".")
        return self.imports[root] + dot + rest if root in self.imports else None

    def function(self, dotted: str) -> None:
        return None

    def classdef(self, dotted: str) -> tuple[cst.ClassDef, NameResolver] | None:
        return (self.classes[dotted], self) if dotted in self.classes else None


def annotated(text: str) -> bool | None:
    found = from_annotation(cst.parse_expression(text), ClassNames())
    return found.is_heavy(HEAVY) if found is not None else None


@pytest.mark.parametrize(
    ("text", "heavy"),
    [
        ("bytes", True), ("str", False), ("int", False), ("bool", False), ("float", False), ("None", False),
        ("bytes | None", True), ("None | bytes", True), ("Optional[bytes]", True), ("typing.Union[bytes, None]", True),
        ("str | bytes", None), ("list[bytes]", True), ("list[str]", False), ("list[float]", None), ("list", None),
        ("list[list[float]]", None), ("tuple[bytes, ...]", True), ("tuple[int, str]", False),
        ("tuple[int, bytes]", True),
        ("dict[str, str]", False), ("dict[str, bytes]", True), ("dict", None), ("Any", None), ("object", None),
        ("np.ndarray", True), ("np.ndarray | None", True), ("npt.NDArray[np.float32]", True), ("np.float32", False),
        ("np.ndarray[tuple[int], np.dtype[np.uint8]]", True), ("Image.Image", True), ("PIL.Image.Image", True),
        ("torch.Tensor", True), ("torch.FloatTensor", True), ("daft.File", False), ("daft.VideoFile", False),
        ("daft.Series", None), ("daft.Series | None", None), ("'bytes'", True), ("list['bytes']", True),
        ("'not python('", None),
        ("Annotated[bytes, 'jpeg']", True), ("Iterator[bytes]", True), ("typing.Generator[str, None, None]", False),
        ("datetime.datetime", False), ("Float32[np.ndarray, '3 224 224']", True), ("Float32[np.ndarray, '8 8']", False),
        ("Float32[np.ndarray, 'c 224 224']", True), ("Page", False),
        ("Iterator[Page]", False), ("Scan", True), ("list[Scan]", True), ("Plain", None), ("Loop", None),
        ("f(x)", None),
        ("x[1:2]", None), ("3", None),
    ],
)  # fmt: skip
def test_annotations(text: str, heavy: bool | None) -> None:
    assert annotated(text) is heavy


def test_an_annotation_node_is_unwrapped() -> None:
    function = cst.parse_statement("def f(x: bytes, y): ...")
    assert isinstance(function, cst.FunctionDef)
    with_one, without = function.params.params
    assert from_annotation(with_one.annotation, ClassNames()) is not None
    assert from_annotation(without.annotation, ClassNames()) is None


def _nature(dtype: daft.DataType) -> bool | None:
    """What our rules say of a type that Daft inferred."""
    if dtype.is_list() or dtype.is_fixed_size_list():
        inner = _nature(dtype.dtype)
        return None if inner is False and not dtype.dtype.is_string() else inner
    if dtype.is_struct():
        parts = [_nature(field) for field in dtype.fields.values()]
        return True if True in parts else None if None in parts else False
    if dtype.is_binary() or dtype.is_image() or dtype.is_tensor():
        return True
    return None if dtype.is_python() or dtype.is_map() else False


class Chunk(typing.TypedDict):
    text: str
    number: int


INFERRED: list[tuple[str, object]] = [
    ("int", int), ("bytes", bytes), ("str", str), ("bytes | None", bytes | None), ("list[bytes]", list[bytes]),
    ("list[str]", list[str]), ("list[int]", list[int]), ("str | bytes", str | bytes), ("np.ndarray", np.ndarray),
    ("npt.NDArray[np.uint8]", np.typing.NDArray[np.uint8]), ("Image.Image", PIL.Image.Image), ("daft.File", daft.File),
    ("daft.AudioFile", daft.AudioFile), ("Page", Chunk), ("tuple[int, str]", tuple[int, str]), ("object", object),
    ("tuple[bytes, ...]", tuple[bytes, ...]), ("datetime.datetime", datetime.datetime), ("list", list), ("dict", dict),
    ("np.float32", np.float32),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize(("text", "python_type"), INFERRED, ids=[text for text, _ in INFERRED])
def test_annotations_mean_what_daft_infers(text: str, python_type: object) -> None:
    assert annotated(text) is _nature(daft.DataType.infer_from_type(python_type))  # type: ignore[arg-type]
