from __future__ import annotations

import ast

import pytest

from daft_lint.source.origins import may_ask_an_expression
from daft_lint.source.python_words import Uses

METHODS = frozenset({"is_null"})
TESTED = "def f(x):\n    if x:\n        pass\n\n\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from daft import col\nif col('a'): pass", True),
        ("import daft\nx = daft.col('a')\nwhile x: pass", True),
        ("y = not df['a']", True),
        ("import daft\ndf = daft.range(3)\nx = df['a'] and 1", True),
        ("import daft\nc = daft.col('a').is_null()\nb = 1 < c < 3", True),
        ("import daft\ncs = []\ncs.append(daft.col('a'))\nfor c in cs:\n    if c: pass", True),
        ("import daft\ncs = {}\ncs['a'] = daft.col('a')\nif cs.get('a'): pass", True),
        (
            "from daft import col\nclass A:\n    def __init__(self):\n        self.c = col('a')\na = A()\nif a.c: pass",
            True,
        ),
        ("from daft import col\ndef g():\n    return col('a')\n\nb = 1 if g() else 2", True),
        (f"from daft import col\n{TESTED}f(col('a'))", True),
        (f"from daft import col\n{TESTED}g(f)", True),
        ("def f(x: Expression):\n    if x: pass", True),
        ("from helpers import c\nif c: pass", True),
        ("from helpers import *\nif c: pass", True),
        (f"from daft import col\n{TESTED}f(3)", False),
        (TESTED, False),
        ("import os\nif os.path.exists('a'): pass", False),
        ("import daft\nif daft.col('a') is not None: pass", False),
        ("import daft\nif len(daft.col('a')) == 3: pass", False),
        ("import daft\nif daft.range(3).column_names: pass", False),
        ("from daft import col\nx = col('a') & 1", False),
        ("for x in range(3): pass", False),
    ],
)
def test_what_python_may_ask_for_its_truth(text: str, expected: bool) -> None:
    uses = Uses.of([ast.parse(text)])
    assert may_ask_an_expression(uses, METHODS, is_imported=False) is expected


def test_others_may_call_what_a_module_defines() -> None:
    uses = Uses.of([ast.parse(TESTED)])
    assert may_ask_an_expression(uses, METHODS, is_imported=True)
