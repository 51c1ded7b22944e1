from __future__ import annotations

import ast

import pytest

from daft_lint.source.python_words import Uses


def uses(text: str) -> Uses:
    return Uses.of([ast.parse(text)])


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("df.collect()", "collect", True),
        ("f(batch_size=3)", "batch_size", True),
        ("from daft import func as f", "func", True),
        ("from daft import *\n\n\ndef f(func):\n    func()", "func", True),
        ("print(df)", "print", True),
        ("getattr(df, 'collect')()", "collect", True),
        ("async def f(): ...", "async", True),
        ("def f(func):\n    return func()", "func", False),
        ("batch_size = 3\nf(batch_size)", "batch_size", False),
        ("def collect(): ...", "collect", False),
        ("'''collect it'''", "collect", False),
        ("x = 1  # collect", "collect", False),
    ],
)
def test_words(text: str, word: str, expected: bool) -> None:
    assert (word in uses(text).words) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("daft.sql(q, c)", True),
        ("daft.sql(*args)", True),
        ("f = daft.sql", True),
        ("daft.sql(q)", False),
        ("daft.sql(q, catalog=c)", False),
    ],
)
def test_arguments_by_position(text: str, expected: bool) -> None:
    assert uses(text).may_give("sql", 1) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("df['a'].str.split(',')", True),
        ("s = df['a'].str\ns.split(',')", True),
        ("df['a'].split(str(b))", False),
        ("df['a'].str.lower().split(',')", False),
    ],
)
def test_chains(text: str, expected: bool) -> None:
    assert uses(text).may_chain("str", "split") is expected
