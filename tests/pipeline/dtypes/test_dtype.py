"""What types say of the size of a row."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, cast

import daft
import libcst as cst
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daft_lint.pipeline.dtypes import DType, from_value, make
from daft_lint.pipeline.dtypes.dtype import from_sql
from daft_lint.pipeline.model import NodeRef, Strength

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

HEAVY = 32 * 1024


def t(name: str, *args: object, **kwargs: object) -> DType:
    return make(name, args, kwargs)


F32 = t("float32")
U8 = t("uint8")

CONSTRUCTED: list[tuple[DType, bool | None]] = [
    (t("string"), False),
    (t("int64"), False),
    (t("timestamp", "us"), False),
    (t("decimal128", 10, 2), False),
    (t("file"), False),
    (t("uuid"), False),
    (t("null"), False),
    (t("python"), None),
    (t("binary"), True),
    (t("fixed_size_binary", 16), False),
    (t("fixed_size_binary", 65536), True),
    (t("fixed_size_binary", None), None),
    (t("image"), True),
    (t("image", "RGB"), True),
    (t("image", "RGB", 224, 224), True),
    (t("image", "RGB", 64, 64), False),
    (t("image", mode="L", height=32, width=32), False),
    (t("image", None, 100, 100), None),
    (t("image", "RGB", None, None), True),
    (t("tensor", F32), True),
    (t("tensor", F32, (3, 224, 224)), True),
    (t("tensor", F32, shape=(8, 8)), False),
    (t("tensor", dtype=F32, shape=[512, 16]), True),
    (t("tensor", F32, None), None),
    (t("tensor", F32, (None, 224)), None),
    (t("tensor", t("python"), (10, 10)), False),
    (t("tensor", None, (10_000,)), None),
    (t("sparse_tensor", F32), True),
    (t("sparse_tensor", F32, (8, 8)), False),
    (t("embedding", F32, 768), False),
    (t("embedding", F32, None), False),
    (t("embedding", F32, 100_000), True),
    (t("fixed_size_list", F32, 384), False),
    (t("fixed_size_list", F32, 1_000_000), True),
    (t("fixed_size_list", t("string"), 3), False),
    (t("fixed_size_list", F32, None), None),
    (t("list", F32), None),
    (t("list", t("string")), False),
    (t("list", t("binary")), True),
    (t("list", t("image")), True),
    (t("list", t("tensor", F32, (3, 224, 224))), True),
    (t("list", t("image", "RGB", 16, 16)), None),
    (t("list", t("python")), None),
    (t("list", None), None),
    (t("struct", {"url": t("string"), "n": t("int64")}), False),
    (t("struct", {"url": t("string"), "data": t("binary")}), True),
    (t("struct", {"ids": t("list", t("int64")), "n": t("int64")}), None),
    (t("struct", {"a": t("fixed_size_binary", 20_000), "b": t("fixed_size_binary", 20_000)}), True),
    (t("struct", {"a": t("string"), "b": t("fixed_size_binary", 40_000)}), True),
    (t("struct", None), None),
    (t("struct", {"a": None}), None),
    (t("list", t("struct", {"text": t("string"), "page": t("int64")})), False),
    (t("list", t("struct", {"image": t("binary")})), True),
    (t("list", t("struct", {"box": t("list", t("int32"))})), None),
    (t("map", t("string"), t("string")), False),
    (t("map", t("string"), t("image")), True),
    (t("extension", "x", t("binary")), True),
    (t("from_sql", "text"), False),
    (t("infer_from_type", t("binary")), True),
    (t("from_arrow_type", None), None),
    (t("no_such_type"), None),
]


@pytest.mark.parametrize(("dtype", "heavy"), CONSTRUCTED, ids=lambda v: v.text if isinstance(v, DType) else str(v))
def test_constructors(dtype: DType, heavy: bool | None) -> None:
    assert dtype.is_heavy(HEAVY) is heavy


def test_every_constructor_of_the_installed_daft_is_known() -> None:
    made = {
        name
        for name, member in inspect.getmembers(daft.DataType)
        if not name.startswith("_")
        and callable(member)
        and ("DataType" in str(inspect.signature(member).return_annotation))
        and "self" not in inspect.signature(member).parameters
    }
    assert {"binary", "tensor", "image", "from_sql"} <= made
    assert {name for name in made if t(name) == DType(name)} == {"python"}


@pytest.mark.parametrize("name", ["bool", "int8", "uint16", "float32", "int64", "float64", "date", "duration"])
def test_sizes_of_scalars_are_those_of_arrow(name: str) -> None:
    args = ("us",) if name == "duration" else ()
    arrow = getattr(daft.DataType, name)(*args).to_arrow_dtype()
    assert t(name).row_bytes == max(arrow.bit_width // 8, 1)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "L16", "LA16", "RGB16", "RGBA16", "RGB32F", "RGBA32F"])
def test_sizes_of_pixels(mode: str) -> None:
    shape = daft.DataType.image(mode, 4, 5)
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}[mode.rstrip("0123456789F")]
    item = 4 if mode.endswith("32F") else 2 if mode.endswith("16") else 1
    assert shape.is_fixed_shape_image()
    assert (
        t("image", mode, 4, 5).row_bytes == t("image", f"daft.ImageMode.{mode}", 4, 5).row_bytes == 20 * channels * item
    )


@pytest.mark.parametrize(
    ("dtype", "unsized"),
    [
        (t("list", F32), True), (t("list", t("list", F32)), True), (t("list", U8), True),
        (t("list", t("int32")), False),
        (t("list", t("string")), False), (t("fixed_size_list", F32, 3), False), (t("embedding", F32, 3), False),
        (t("binary"), False),
    ],
)  # fmt: skip
def test_numbers_of_unknown_length(dtype: DType, unsized: bool) -> None:
    assert dtype.unsized is unsized


def test_the_reason_says_the_type_and_its_size() -> None:
    location = NodeRef(cast("Cell", object()), cst.Name("x"))
    weight = t("tensor", F32, (3, 224, 224)).weight(Strength.PROOF, location, HEAVY)
    assert weight.heavy is True
    assert weight.row_bytes == 3 * 224 * 224 * 4
    assert weight.evidence is not None
    assert weight.evidence.reason == "declared as `tensor[float32, (3, 224, 224)]`, 602,112 bytes a row"
    assert weight.evidence.location is location
    light = t("embedding", F32, 384).weight(Strength.PROOF, location, HEAVY)
    assert (light.heavy, light.row_bytes, light.evidence) == (False, 384 * 4, None)


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=4),
    st.sampled_from([("float32", 4), ("uint8", 1), ("float64", 8)]),
    st.integers(1, 10**7),
)
def test_a_declared_shape_decides_by_its_size(shape: list[int], item: tuple[str, int], threshold: int) -> None:
    size = int(np.prod(shape, dtype=object)) * item[1]
    for name in ("tensor", "sparse_tensor"):
        dtype = t(name, t(item[0]), tuple(shape))
        assert dtype.row_bytes == size
        assert dtype.is_heavy(threshold) is (size >= threshold)
        assert t("struct", {"a": dtype}).is_heavy(threshold) is (size >= threshold)


_any_dtype = st.recursive(
    st.sampled_from([t(name) for name in ("string", "int64", "binary", "image", "python", "float32", "file")]),
    lambda inner: st.one_of(
        inner.map(lambda d: t("list", d)),
        st.tuples(inner, st.integers(0, 10**5)).map(lambda a: t("fixed_size_list", *a)),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(lambda f: t("struct", f)),
    ),
    max_leaves=6,
)


@given(_any_dtype, st.integers(1, 10**6))
def test_what_is_light_stays_light_at_a_higher_threshold(dtype: DType, threshold: int) -> None:
    assert dtype.row_bytes is None or dtype.row_bytes >= 0
    if dtype.is_heavy(threshold) is False:
        assert dtype.is_heavy(threshold * 2) is False
    if dtype.is_heavy(threshold * 2) is True:
        assert dtype.is_heavy(threshold) is True
    if dtype.is_heavy(threshold) is True:
        assert t("struct", {"x": dtype}).is_heavy(threshold) is True


SQL = ["int", "bigint", "float", "double", "text", "string", "bytes", "binary", "boolean", "date", "tinyint", "real"]


@pytest.mark.parametrize("text", SQL)
def test_sql_names_are_what_daft_reads(text: str) -> None:
    ours = from_sql(text)
    assert ours is not None
    theirs = daft.DataType.from_sql(text)
    assert getattr(theirs, {"bool": "is_boolean"}.get(ours.text, f"is_{ours.text}"))()


def test_strings_as_types() -> None:
    assert from_sql("float32[]") == t("list", F32)
    assert from_value("image") == t("image")
    shaped = from_sql("tensor(float32, 3, 224, 224)")
    assert shaped is not None
    assert shaped.row_bytes == 3 * 224 * 224 * 4
    fixed = from_sql("int[3]")
    assert fixed is not None
    assert fixed.row_bytes == 12
    assert from_sql("whatever") is None
    assert from_sql("whatever[]") is None
    assert from_value(3) is None
