"""Nodes, arguments and imports replaced, added and removed, and chains of any form: every comment is kept."""

from __future__ import annotations

from collections import Counter

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daft_lint.api.edits import (
    Action,
    AddImport,
    AddKeyword,
    InsertBefore,
    InsertCall,
    MoveCall,
    RemoveArgument,
    RemoveCall,
    ReplaceNode,
)
from daft_lint.fix.rendering import EditError
from daft_lint.pipeline.model import NodeRef
from tests.fix.rendering import BATCHES, DEPTHS, Source, called, fixed, nested

REPLACEMENTS: dict[str, tuple[str, str, str, str]] = {
    "number": ("df.repartition(8)\n", "8", "100", "df.repartition(100)\n"),
    "sum in a product": ("x = 2 * n\n", "n", "a + b", "x = 2 * (a + b)\n"),
    "sum as an argument": ("f(n, 1)\n", "n", "a + b", "f(a + b, 1)\n"),
    "sum with parentheses": ("x = 2 * (n)\n", "n", "a + b", "x = 2 * (a + b)\n"),
    "ternary called on": ("x = n.show()\n", "n", "a if b else c", "x = (a if b else c).show()\n"),
    "callee": ('x = df.read("a")\n', "df.read", "daft.read", 'x = daft.read("a")\n'),
    "lambda called": ("x = f(1)\n", "f", "lambda y: y", "x = (lambda y: y)(1)\n"),
    "tuple as an argument": ("f(n)\n", "n", "1, 2", "f((1, 2))\n"),
    "comment inside": ("x = f(g(\n    1,  # one\n))\n", "g(...)", "2", "# one\nx = f(2)\n"),
    "whole call, comment kept": (
        "x = g(\n    1,  # one\n)\n",
        "g(...)",
        "h(\n    1,  # one\n)",
        "x = h(\n    1,  # one\n)\n",
    ),
    "line breaks": ("x = f(n)\r\n", "n", "g(\n    1\n)", "x = f(g(\r\n    1\r\n))\r\n"),
    "method of the same": ("x = f(a.b(1).c(2))\n", "a.b(1).c(2)", "a.b(1).d(3)", "x = f(a.b(1).d(3))\n"),
    "operator behind the same": (
        "x = 2 * a.b(1).c(2)\n",
        "a.b(1).c(2)",
        "a.b(1).d() + 1",
        "x = 2 * (a.b(1).d() + 1)\n",
    ),
    "method of another of that beginning": ("x = ab.c(2)\n", "ab.c(2)", "abc.d(3)", "x = abc.d(3)\n"),
    "await": ("x = n.a\n", "n", "await f()", "x = (await f()).a\n"),
}


@pytest.mark.parametrize("name", REPLACEMENTS)
def test_replace_node(name: str) -> None:
    before, node, new, expected = REPLACEMENTS[name]
    source = Source(before)
    assert fixed(source, ReplaceNode(source.find(node), new)) == expected


def test_insert_before() -> None:
    source = Source("if a:\n\t(df\n\t .repartition(8))  # cut\n")
    assert fixed(source, InsertBefore(source.call("repartition"), "df = ")) == (
        "if a:\n\tdf = (df\n\t .repartition(8))  # cut\n"
    )


KEYWORDS: dict[str, tuple[str, str]] = {
    "no arguments": ("f()\n", "f(n=1)\n"),
    "blank": ("f( )\n", "f(n=1 )\n"),
    "comment only": ("f(  # c\n)\n", "f(n=1  # c\n)\n"),
    "positional": ("f(a)\n", "f(a, n=1)\n"),
    "trailing comma": ("f(a,)\n", "f(a, n=1,)\n"),
    "own lines": ("f(\n    a,\n    b,  # b\n    # end\n)\n", "f(\n    a,\n    b,  # b\n    n=1,\n    # end\n)\n"),
    "own lines, no comma": ("f(\n    a,\n    b\n)\n", "f(\n    a,\n    b,\n    n=1\n)\n"),
    "own lines, no comma, comment": ("f(\n    a  # a\n)\n", "f(\n    a,  # a\n    n=1\n)\n"),
    "carriage returns": ("f(\r\n\ta,\r\n)\r\n", "f(\r\n\ta,\r\n\tn=1,\r\n)\r\n"),
    "hugging": ("f(a,\n  b)\n", "f(a,\n  b,\n  n=1)\n"),
    "stars": ("f(*a, **k)\n", "f(*a, **k, n=1)\n"),
    "generator": ("f(x for x in y)\n", "f((x for x in y), n=1)\n"),
    "value over lines": ("f(g(\n    a,\n))\n", "f(g(\n    a,\n), n=1)\n"),
    "there already": ("f(a, n=2)\n", "f(a, n=1)\n"),
    "there already, the same": ("f(a, n=1)\n", "f(a, n=1)\n"),
    "parenthesised argument": ("f((a))\n", "f((a), n=1)\n"),
    "comment behind an argument in line": ("f(a  # a\n)\n", "f(a, n=1  # a\n)\n"),
}


@DEPTHS
@pytest.mark.parametrize("name", KEYWORDS)
def test_add_keyword(name: str, depth: int) -> None:
    before, expected = KEYWORDS[name]
    source = Source(nested(before, depth))
    assert fixed(source, AddKeyword(source.call("f"), "n", "1")) == nested(expected, depth)


@pytest.mark.parametrize(
    ("before", "find", "expected"),
    [
        ("@daft.cls\nclass A: pass\n", "daft.cls", "@daft.cls(n=1, m=2)\nclass A: pass\n"),
        ("@cls  # c\nclass A: pass\n", "cls", "@cls(n=1, m=2)  # c\nclass A: pass\n"),
        ("@daft.cls()\nclass A: pass\n", "daft.cls()", "@daft.cls(n=1, m=2)\nclass A: pass\n"),
        (
            "a = 1\n@other\n@daft.func\ndef f(): pass\n",
            "daft.func",
            "a = 1\n@other\n@daft.func(n=1, m=2)\ndef f(): pass\n",
        ),
        ("@daft.cls(gpus=1)\nclass A: pass\n", "daft.cls(gpus=1)", "@daft.cls(gpus=1, n=1, m=2)\nclass A: pass\n"),
    ],
)
def test_add_keywords_to_a_decorator(before: str, find: str, expected: str) -> None:
    source = Source(before)
    location = source.find(find)
    assert fixed(source, AddKeyword(location, "n", "1"), AddKeyword(location, "m", "2")) == expected


def test_add_keyword_to_the_decorator_node_itself() -> None:
    source = Source("@daft.cls\nclass A: pass\n")
    node = next(n for n in source.nodes() if isinstance(n, cst.Decorator))
    assert fixed(source, AddKeyword(NodeRef(source, node), "n", "1")).startswith("@daft.cls(n=1)\n")  # type: ignore[arg-type]


ARGUMENTS: dict[str, tuple[str, str]] = {
    "only": ("f(n=1)\n", "f()\n"),
    "only, own line": ("f(\n    n=1,\n)\n", "f()\n"),
    "only, comment": ("f(\n    n=1,  # one\n)\n", "f(\n    # one\n)\n"),
    "first": ("f(n=1, a=2)\n", "f(a=2)\n"),
    "middle": ("f(a, n=1, b=2)\n", "f(a, b=2)\n"),
    "last": ("f(a, n=1)\n", "f(a)\n"),
    "last, trailing comma": ("f(a, n=1,)\n", "f(a,)\n"),
    "own line": ("f(\n    a,  # a\n    n=1,\n    b=2,\n)\n", "f(\n    a,  # a\n    b=2,\n)\n"),
    "own line, comments": (
        "f(\n    a,  # a\n    # why\n    n=1,  # one\n    b=2,\n)\n",
        "f(\n    a,  # a\n    # why\n    # one\n    b=2,\n)\n",
    ),
    "own line, last, no comma": ("f(\n    a,  # a\n    n=1  # one\n)\n", "f(\n    a  # a\n    # one\n)\n"),
    "own line, first": ("f(\n    n=1,\n    b=2,\n)\n", "f(\n    b=2,\n)\n"),
    "comment in its value": ("f(a, n=g(\n    1,  # one\n), b=2)\n", "# one\nf(a, b=2)\n"),
    "before stars": ("f(n=1, **k)\n", "f(**k)\n"),
    "carriage returns": ("f(\r\n\ta,\r\n\tn=1\r\n)\r\n", "f(\r\n\ta\r\n)\r\n"),
}


@DEPTHS
@pytest.mark.parametrize("name", ARGUMENTS)
def test_remove_argument(name: str, depth: int) -> None:
    before, expected = ARGUMENTS[name]
    source = Source(nested(before, depth))
    assert fixed(source, RemoveArgument(source.call("f"), "n")) == nested(expected, depth)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("f(n=1, m=2)\n", "f()\n"),
        ("f(a, n=1, m=2)\n", "f(a)\n"),
        ("f(n=1, a=3, m=2)\n", "f(a=3)\n"),
        ("f(\n    n=1,  # one\n    m=2,  # two\n    a=3,\n)\n", "f(\n    # one\n    # two\n    a=3,\n)\n"),
    ],
)
def test_remove_two_arguments(before: str, expected: str) -> None:
    source = Source(before)
    call = source.call("f")
    assert fixed(source, RemoveArgument(call, "n"), RemoveArgument(call, "m")) == expected


def test_rename_an_argument() -> None:
    source = Source("@f(num_gpus=1,  # one\n   concurrency=4)\ndef g(): pass\n")
    call = source.call("f")
    actions = (
        RemoveArgument(call, "num_gpus"),
        AddKeyword(call, "gpus", "1"),
        RemoveArgument(call, "concurrency"),
        AddKeyword(call, "max_concurrency", "4"),
    )
    assert fixed(source, *actions) == "@f(gpus=1,  # one\n   max_concurrency=4)\ndef g(): pass\n"


IMPORTS: dict[str, tuple[str, str]] = {
    "after imports": ("import daft  # d\nx = 1\n", "import daft  # d\nfrom daft.functions import download\nx = 1\n"),
    "there": ("from daft.functions import download\nx = 1\n", "from daft.functions import download\nx = 1\n"),
    "there among others": (
        "from daft.functions import (\n    a,\n    download,\n)\nx = 1\n",
        "from daft.functions import (\n    a,\n    download,\n)\nx = 1\n",
    ),
    "under another name": (
        "from daft.functions import download as d\nx = 1\n",
        "from daft.functions import download as d\nfrom daft.functions import download\nx = 1\n",
    ),
    "after the docstring": (
        '"""Doc."""\r\nx = 1\r\n',
        '"""Doc."""\r\n\r\nfrom daft.functions import download\r\nx = 1\r\n',
    ),
    "after the future": (
        '"""Doc."""\nfrom __future__ import annotations\nx = 1\n',
        '"""Doc."""\nfrom __future__ import annotations\nfrom daft.functions import download\nx = 1\n',
    ),
    "shebang": (
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nx = 1\n",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nfrom daft.functions import download\nx = 1\n",
    ),
    "not an import in a function": (
        "import daft\ndef f():\n    import os\n",
        "import daft\nfrom daft.functions import download\ndef f():\n    import os\n",
    ),
    "semicolon": (
        "import os; import daft\nx = 1\n",
        "import os; import daft\nfrom daft.functions import download\nx = 1\n",
    ),
    "no last newline": ("import daft", "import daft\nfrom daft.functions import download"),
}


@pytest.mark.parametrize("name", IMPORTS)
def test_add_import(name: str) -> None:
    before, expected = IMPORTS[name]
    source = Source(before)
    action = AddImport(NodeRef(source, source.module), "daft.functions", "download")  # type: ignore[arg-type]
    assert fixed(source, action, action) == expected


def test_edits_that_meet_are_an_error() -> None:
    source = Source("x = df.repartition(8)\n")
    with pytest.raises(EditError):
        fixed(source, RemoveCall(source.call("repartition")), ReplaceNode(source.find("8"), "9"))


def test_a_node_of_another_tree_is_an_error() -> None:
    source = Source("x = df.repartition(8)\n")
    with pytest.raises((EditError, KeyError)):
        fixed(source, InsertCall(NodeRef(source, cst.Name("df")), BATCHES))  # type: ignore[arg-type]


COMMENT = st.sampled_from(["", "  # note", " #é", "  # type: ignore"])
OWN_COMMENT = st.sampled_from(["", "# above\n", "# one\n\n# two\n"])
ARGUMENT = st.sampled_from(["", "8", '"# no comment"', "(\n  1, # in\n)", "lambda d: d.where(1)", "[d.x() for d in e]"])


@st.composite
def chains(draw: st.DrawFn) -> str:
    """A chain in one of the styles, with comments wherever that style lets one stand."""
    style = draw(st.sampled_from(["line", "inline", "backslash", "inline-brackets", "dots"]))
    indent = draw(st.sampled_from(["    ", "\t", "  "]))
    steps = [f"s{i}({draw(ARGUMENT)})" for i in range(draw(st.integers(1, 5)))]
    root = draw(st.sampled_from(["df", "daft.read('x')", "self.df", "frames[0]", "(df)", "f(a)(b)"]))
    tail = draw(COMMENT)
    if style == "inline":
        text = f"x = {root}." + ".".join(steps) + tail
    elif style == "inline-brackets":
        text = f"x = ({root}." + ".".join(steps) + f"{tail}\n)" + draw(COMMENT)
    elif style == "backslash":
        text = f"x = {root}" + "".join(f" \\\n{indent}.{step}" for step in steps) + tail
    elif style == "dots":
        text = f"x = ({root}" + "".join(f".\n{indent}{step}" for step in steps) + f"{tail}\n)"
    else:
        lines = [root + draw(COMMENT)]
        for step in steps:
            above = draw(OWN_COMMENT)
            lines.append(
                above.replace("#", f"{indent}#").removeprefix(indent)
                + (indent if above else "")
                + f".{step}{draw(COMMENT)}"
            )
        text = f"x = (\n{indent}" + f"\n{indent}".join(lines) + "\n)" + tail
    before = draw(st.sampled_from(["", "# top\n", "y = 1\n", "\f\n"]))
    text = before + text + draw(st.sampled_from(["", "\n", "\nz = 2  # end\n", "\n# last"]))
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@settings(max_examples=150, deadline=None)
@given(chains(), st.data())
def test_inserting_and_removing_gives_back_the_original(text: str, data: st.DataObject) -> None:
    source = Source(text)
    links = [n for n in source.nodes() if isinstance(n, cst.Call) and (called(n) or "").startswith("s")]
    node = data.draw(st.sampled_from(links))
    with_call = Source(fixed(source, InsertCall(NodeRef(source, node), "marker(64)")))  # type: ignore[arg-type]
    again = fixed(with_call, RemoveCall(with_call.call("marker")))
    assert again == text


@settings(max_examples=150, deadline=None)
@given(chains(), st.data())
def test_removing_or_moving_any_link_keeps_the_comments_and_the_rest(text: str, data: st.DataObject) -> None:
    source = Source(text)
    links = [n for n in source.nodes() if isinstance(n, cst.Call) and (called(n) or "").startswith("s")]
    node = data.draw(st.sampled_from(links))
    location = NodeRef(source, node)  # type: ignore[arg-type]
    below: list[cst.BaseExpression] = []
    value = node.func
    while isinstance(value, cst.Attribute | cst.Call):
        value = value.value if isinstance(value, cst.Attribute) else value.func
        if not isinstance(value, cst.Attribute):
            below.append(value)
    action: Action = RemoveCall(location)
    names = [called(n) for n in links]
    expected = [n for n in names if n != called(node)]
    target = data.draw(st.sampled_from([None, *(b for b in below if isinstance(b, cst.Call) and b in links)]))
    if target is not None:
        action = MoveCall(location, NodeRef(source, target))  # type: ignore[arg-type]
        expected = names[:]
    after = fixed(source, action)
    result = Source(after)
    kept = [called(n) for n in result.nodes() if isinstance(n, cst.Call) and (called(n) or "").startswith("s")]
    assert Counter(kept) == Counter(expected)
    assert ("\r\n" in after) == ("\r\n" in text) or "\n" not in after
    assert after.count("\n") - after.count("\r\n") == (0 if "\r\n" in text else after.count("\n"))
