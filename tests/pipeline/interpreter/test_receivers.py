"""Receivers of methods: which are known to be Daft's expressions in every call, and which can be another library's."""

from __future__ import annotations

import textwrap

import pytest

from tests.pipeline.interpreter.scripts import read

HEAD = """
from functools import reduce
import daft
import pandas as pd
import pytest
from daft import Expression, col
df = daft.from_pydict({"a": ["x"], "b": ["y"]})
"""


def used(body: str, path: str = "script.py") -> list[str]:
    found = read(HEAD + textwrap.dedent(body), path)
    names = (use.name.partition(".") for use in found.api_uses if not use.is_shared)
    return [name for owner, _, name in names if owner == "Expression"]


@pytest.mark.parametrize(
    "body",
    [
        'f = lambda e: e.str.upper()\ndf.select(f(col("a")))',
        'def f(e):\n    return e.str.upper()\ndf.select(f(col("a")), f(df["b"]))',
        "def f(e: Expression):\n    return e.str.upper()",
        "def f(e: daft.Expression | None):\n    return e.str.upper()",
        'def f(e: "Expression"):\n    return e.str.upper()',
        'def f(e=None):\n    e = col("a") if e is None else e\n    return e.str.upper()',
        'F = {"up": lambda e: e.str.upper()}\ndf.select(F[name](col("a")))',
        'F = {"up": lambda e: e.str.upper(), "no": lambda e: e}\ndf.select(F["no"](col("a")))',
        'F = {"up": lambda e: e.str.upper(), "no": lambda e: e}\ndf.select(F.get(name)(col("a")))',
        'F = [lambda e: e.str.upper()]\nreduce(lambda e, f: f(e), F, col("a"))',
        'df.select(*map(lambda e: e.str.upper(), [col("a")]))',
        'df.select(col("a").list.map(daft.element().str.upper()))',
        'daft.sql_expr("a").str.upper()',
        "df.select(*(e.str.upper() for e in map(col, df.column_names)))",
        "df.select(*[e.str.upper() for e in df.columns])",
        "for e in df.columns:\n    df = df.with_column(e.name(), e.str.upper())",
        'df.select(*[e.str.upper() for i, e in enumerate(map(daft.col, ["a", "b"]))])',
        'for name, e in zip(["c", "d"], [col("a"), df["b"]]):\n    df = df.with_column(name, e.str.upper())',
        'class A:\n    def __init__(self):\n        self.e = col("a")\n    def f(self):\n        self.e.str.upper()',
    ],
)
def test_expressions(body: str) -> None:
    assert "str.upper" in used(body)


@pytest.mark.parametrize(
    "body",
    [
        "def f(e):\n    return e.str.upper()",
        'def f(e):\n    return e.str.upper()\nf(pd.Series(["a"]))\nf(col("a"))',
        'def f(e):\n    return e.str.upper()\nf(col("a"))\nf(pd.read_csv("a.csv")["a"])',
        'def f(e):\n    return e.str.upper()\nf(col("a"))\ndef g(row):\n    return f(row["a"])',
        'e = col("a") if small else pd.read_csv("a.csv")["a"]\ne.str.upper()',
        'F = {"up": lambda e: e.str.upper()}\nF["up"](pd.Series(["a"]))\nF["up"](col("a"))',
        "def f(e: pd.Series):\n    return e.str.upper()",
        "def f(e: Expression | str):\n    return e.str.upper()",
    ],
)
def test_what_can_be_another_librarys(body: str) -> None:
    assert "str.upper" not in used(body)


def test_functions_of_a_table_are_all_called() -> None:
    table = ",\n".join(f'"{name}": lambda e: e.str.{name}()' for name in "lower upper lstrip rstrip length".split())

    assert sorted(used(f'F = {{\n{table}\n}}\ndf.select(F["lower"](col("a")))')) == sorted(
        ["str.lower", "str.upper", "str.lstrip", "str.rstrip", "str.length"]
    )


PARAMETRIZED = """
@pytest.mark.parametrize(("f", "expected"), [
    (lambda e: e.str.upper(), "X"),
    pytest.param(lambda e: e.str.lower(), "x", id="lower"),
])
def test_it(f, expected):
    df.select(f(col("a")))

@pytest.mark.parametrize("e", [col("a"), col("b")])
def test_that(e):
    df.select(e.str.length())

@pytest.mark.parametrize("e", [col("a"), "b"])
def test_either(e):
    df.select(e.str.lstrip())
"""


def test_parameters_of_tests() -> None:
    assert sorted(used(PARAMETRIZED, "test_it.py")) == ["str.length", "str.lower", "str.upper"]


def test_a_series_of_the_same_test_keeps_its_namespace() -> None:
    body = """
    @pytest.mark.parametrize("f", [lambda e: e.str.upper()])
    def test_it(f, series):
        assert f(col("a")) and f(series)
    """
    assert used(body, "test_it.py") == []


def test_a_namespace_that_is_read_for_something_else_than_a_call() -> None:
    body = """
    up = getattr(col("a").str, name)
    both = [col("a").list, col("b").str.upper]
    called = col("a").str.lower()
    bound = col("a").str
    bound.lower()
    mixed = lambda e: e.str
    mixed(col("a")), mixed(frame["a"])
    """
    assert sorted(used(body)) == ["list", "str", "str", "str.lower", "str.lower"]


@pytest.mark.parametrize("helper", ["clean(x)", "self.own(x)", "outer(x)"])
def test_a_function_that_udfs_call_gets_no_expression_there(helper: str) -> None:
    body = f"""
    def clean(x):
        return x.str.lower()
    def outer(x):
        return clean(x)
    def column(name):
        return col(name).str.upper()
    @daft.udf(return_dtype=daft.DataType.string())
    class Text:
        def own(self, x):
            return clean(x)
        def __call__(self, x):
            column
            return {helper}
    df.select(Text(clean(col("a"))), column("b"))
    """
    found = read(HEAD + textwrap.dedent(body), "script.py")
    uses = [(use.name, use.is_shared) for use in found.api_uses if use.name.startswith("Expression.")]
    assert sorted(uses) == [("Expression.str.lower", True), ("Expression.str.upper", False)]
