"""What is told of a file before it is parsed: too much at times, but never too little."""

from __future__ import annotations

import json

import pytest

from daft_lint.source.prescan import Import, Prescan


def prescan(text: str, path: str = "a.py") -> Prescan:
    return Prescan(path, text.encode())


def named(module: str, level: int, *names: tuple[str, str]) -> list[Import]:
    return [Import(module, level, name, bound) for name, bound in names]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import daft", [Import("daft", 0, "", "daft")]),
        ("import daft as dft", [Import("daft", 0, "", "dft")]),
        ("import os, jobs.udfs as u", [Import("os", 0, "", "os"), Import("jobs.udfs", 0, "", "u")]),
        ("from daft import col, udf as u", named("daft", 0, ("", ""), ("col", "col"), ("udf", "u"))),
        ("from . import udfs", named("", 1, ("", ""), ("udfs", "udfs"))),
        ("from ..jobs.udfs import(f)", named("jobs.udfs", 2, ("", ""), ("f", "f"))),
        ("from a import \\\n    b", named("a", 0, ("", ""), ("b", "b"))),
        (
            "from a import (\n  b,  # (one)\n  c as d,\n)",
            named("a", 0, ("", ""), ("b", "b"), ("one", "one"), ("c", "d")),
        ),
        ("if x:\n    from a import *\n", named("a", 0, ("", ""), ("*", "*"))),
        ("from          a.b          import          c", named("a.b", 0, ("", ""), ("c", "c"))),
        ("from.a import b", named("a", 1, ("", ""), ("b", "b"))),
        ("from .import b", named("", 1, ("", ""), ("b", "b"))),
        ("from\ta\timport\tb", named("a", 0, ("", ""), ("b", "b"))),
        ("from ..a . b import c", named("a.b", 2, ("", ""), ("c", "c"))),
        ("import           daft", [Import("daft", 0, "", "daft")]),
    ],
)
def test_imports(text: str, expected: list[Import]) -> None:
    assert list(prescan(text).imports) == expected


def test_the_imports_of_a_notebook_are_in_its_json() -> None:
    cells = [{"cell_type": "code", "source": ["import daft\n", "from jobs import f"]}, {"source": "x = 1\nimport b"}]
    found = {one.module for one in prescan(json.dumps({"cells": cells}), "a.ipynb").imports}
    assert found == {"daft", "jobs", "b"}


@pytest.mark.parametrize(
    ("text", "is_word"),
    [
        ("@daft.cls\nclass A: ...", True),
        ("from daft import cls", True),
        ("from daft import *\n\nA = cls(A)", True),
        ("class A:\n    @classmethod\n    def f(cls):\n        return cls()", False),
    ],
)
def test_cls_is_a_word_where_it_can_be_dafts(text: str, is_word: bool) -> None:
    assert ("cls" in prescan(text).identifiers) is is_word


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import daft\ndaft.read_parquet('a')", False),
        ("import daft as dft\ndft . read_parquet('a')", False),
        ("import pyarrow as pa\npa.Table.from_pydict({})", False),
        ("from daft.recordbatch import MicroPartition\nMicroPartition.from_pydict({})", False),
        ("import daft\ndf.read_parquet('a')", True),
        ("import daft\nself.df.read_parquet('a')", True),
        ("import daft\nfrom daft import col\ndaft.range(3).read_parquet('a')", True),
        ("import daft\n(\n    df  # all of them\n    .read_parquet('a')\n)", True),
        ("read_parquet('a')", False),
    ],
)
def test_calls_on_objects(text: str, expected: bool) -> None:
    assert prescan(text).calls_on_objects(("read_", "from_")) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("df.where(x)", True),
        ("if a:\n    pass\nelse:\n    df.select(a).where(\n        x\n    )", True),
        ("async def f():\n    await df.where(x)", True),
        ("match a:\n    case 1:\n        df.where(x)", True),
        ("try:\n    a()\nexcept E:\n    df.where(x)\n", True),
        ("a(); df.where(x)", True),
        ("df = df.where(x)", False),
        ("print(df.where(x))", False),
        ("df.where(x).collect()", False),
        ("'df.where(x)'", False),
        ("df.where(", True),
    ],
)
def test_drops_result_of(text: str, expected: bool) -> None:
    assert prescan(text).drops_result_of(frozenset({"where"})) is expected


@pytest.mark.parametrize(
    "text",
    [
        "from " * 20_000,
        "from a import (" * 7_000,
        "from a import ( # " * 5_000,
        "from a import ( # \n" * 5_000,
        "import " * 14_000,
        "a" * 100_000 + ".read_x",
        "x.read_" * 14_000,
        ". " * 50_000,
        "from " + "a " * 50_000,
        "from" + " " * 100_000,
    ],
)
def test_no_text_holds_it_up(text: str) -> None:
    seen = prescan(text)
    assert len(seen.imports) < len(text)
    assert not seen.calls_on_objects(("write_",))


IN_TESTS = """import daft
import pytest


@pytest.fixture(scope="module")
def frame():
    return daft.read_parquet("a").repartition(8)


class TestFrames:
    @pytest.mark.parametrize(
        "rows",
        [sort, 2],
    )
    async def test_a(self, rows):
        download()


def helper(df):
    return df.explode("a")


def test_b(frame):
    helper(frame).show()
"""


@pytest.mark.parametrize(
    ("path", "change", "left_out"),
    [
        ("tests/test_frames.py", ("", ""), {"repartition", "sort", "download", "show"}),
        ("tests/frames.py", ("", ""), set()),
        ("tests/test_frames.py", ("helper(frame)", "helper(test_b)"), {"repartition", "sort", "download", "show"}),
        ("tests/test_frames.py", ("def helper(df):\n", "def helper(df):\n    test_b(df)\n"), set()),
        ("tests/test_frames.py", ("import pytest\n", "import pytest\n\nif x:\n    test_b(1)\n"), set()),
        ("tests/test_frames.py", ("class TestFrames", "class Frames"), {"repartition", "show"}),
        ("tests/test_frames.py", ("import pytest\n", "import pytest(\n"), set()),
    ],
)
def test_pipelines_in_tests_are_none_of_a_pipeline_rule(path: str, change: tuple[str, str], left_out: set[str]) -> None:
    seen = prescan(IN_TESTS.replace(*change), path)
    assert "explode" in seen.outside_tests
    words = {"repartition", "sort", "download", "show"}
    assert words & seen.identifiers == words
    assert words - seen.outside_tests == left_out
