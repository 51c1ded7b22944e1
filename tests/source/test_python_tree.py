"""Bare trees are those of LibCST, but for what no analysis looks at."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest

from daft_lint.source.deep import run_deep
from daft_lint.source.document import Document
from daft_lint.source.python_tree import module_of
from daft_lint.source.tree import children

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures").rglob("*.py"))
LIBRARY = sorted(Path(json.__file__).parents[1].glob("*.py"))
PUNCTUATION = (
    cst.BaseParenthesizableWhitespace,
    cst.TrailingWhitespace,
    cst.EmptyLine,
    cst.Comment,
    cst.Comma,
    cst.Colon,
    cst.Semicolon,
    cst.LeftParen,
    cst.RightParen,
    cst.LeftSquareBracket,
    cst.RightSquareBracket,
    cst.LeftCurlyBrace,
    cst.RightCurlyBrace,
    cst.AssignEqual,
)
LITERALS = (cst.SimpleString, cst.ConcatenatedString, cst.Integer, cst.Float, cst.Imaginary)
STATEMENTS = '''
"""A module."""
from __future__ import annotations
from . import a; from ..b.c import d as e, f
from g import *
import h.i, j as k

@decorated(n=1)
async def f(a, /, b: int = 2, *args: int, c, d=-3, **kwargs) -> None:
    async with g() as h, i(): ...
    async for x, *y in z: await x
    else: return
    try:
        return await {**a, "b": [x async for x in b if (y := x) if y]}[1:2, ..., ::3][(1, 2)][a]
    except (E, F) as e:
        raise e from None
    except: raise
    else: pass
    finally:
        del a, b
        del c

def outer(*, k=1):
    nonlocal_ = 1
    def inner():
        nonlocal nonlocal_
        global a, b
        yield
        yield 1, *a
        yield from inner()
    return lambda *a, k=1, **b: (k, {k: v for k, v in b}, {k for k in a}, (x for x in a))

class A(B, *C, metaclass=M, **options):
    x: int
    y: list[int] = []
    z = w = 1_000, 0x10, 1e3, 2j, .5

while not a and b or c and (d or e):
    if a < b <= c is not None not in d != e: break
    elif a: continue
    else:
        if b: pass
assert a, "b"
a += b ** -c // ~d @ e % f << 2 | 3 & 4 ^ +5
f(*a, b=1, *c, **d)(x for x in y)
with (open(a) as b, open(c)): pass
f"a{{b}} {c!r:>{d}.{e}} {f}" "g"
"i" "j"
b"k"
x = y if z else (w := 1)
a[b][c].d = e
'''
MATCH = """
match x, y:
    case {"a": [1, *rest], **others} | C(d=-1): pass
    case (1, _, *_) as t if t: pass
    case [None, "a" | 2.5, a.b]: pass
    case 1, 2: pass
    case _: pass
"""
NEWER = {
    (3, 11): "a[*b, 1]\ntry: pass\nexcept* (A, B) as e: pass\nfinally: pass\n",
    (3, 12): "type A[T: int, *U, **V] = list[T]\ndef f[T](x: T) -> T: ...\nclass B[T](C): ...\n",
    (3, 13): "class B[T = int](C): ...\n",
}


def differences(ours: cst.CSTNode, theirs: cst.CSTNode) -> Iterator[tuple[str, str]]:
    """The places where the trees differ, comments, parentheses and the spelling of strings aside."""
    if isinstance(theirs, cst.FormattedString):
        if not isinstance(ours, cst.FormattedString):
            yield type(ours).__name__, type(theirs).__name__
        else:
            mine, others = expressions(ours), expressions(theirs)
            assert len(mine) == len(others)
            for one, other in zip(mine, others, strict=True):
                yield from differences(one, other)
        return
    if type(ours) is not type(theirs):
        yield type(ours).__name__, type(theirs).__name__
    elif isinstance(ours, LITERALS) and isinstance(theirs, LITERALS):
        if ours.evaluated_value != theirs.evaluated_value:
            yield ours.value, repr(theirs.evaluated_value)  # type: ignore[union-attr]
    elif isinstance(ours, cst.Name) and isinstance(theirs, cst.Name):
        if ours.value != theirs.value:
            yield ours.value, theirs.value
    else:
        mine, others = parts_of(ours), parts_of(theirs)
        if [type(one) for one in mine] != [type(one) for one in others] and len(mine) != len(others):
            yield str([type(one).__name__ for one in mine]), str([type(one).__name__ for one in others])
        for one, other in zip(mine, others, strict=False):
            yield from differences(one, other)


def expressions(string: cst.CSTNode) -> list[cst.CSTNode]:
    return [one.expression for one in children(string) if isinstance(one, cst.FormattedStringExpression)]


def parts_of(node: cst.CSTNode) -> list[cst.CSTNode]:
    if isinstance(node, cst.Attribute):
        return [node.value, node.attr]  # its dot is no part, those of a relative import are
    return [child for child in children(node) if not isinstance(child, PUNCTUATION)]


def differing(text: str) -> list[tuple[str, str]]:
    ours = module_of(text)
    assert ours is not None
    theirs = cst.parse_module(text)
    return run_deep(lambda: list(differences(ours, theirs)))


@pytest.mark.parametrize("text", [STATEMENTS, MATCH], ids=["statements", "match"])
def test_every_kind_of_node(text: str) -> None:
    assert differing(text) == []


@pytest.mark.parametrize("version", NEWER, ids=str)
def test_newer_syntax(version: tuple[int, int]) -> None:
    if sys.version_info >= version:
        assert differing(NEWER[version]) == []
    else:
        assert module_of(NEWER[version]) is None


@pytest.mark.parametrize("path", FIXTURES[::7] + LIBRARY[::5], ids=lambda path: path.name)
def test_scripts_and_modules(path: Path) -> None:
    text = path.read_text("utf-8")
    if module_of(text) is not None:
        assert differing(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "if x:\r    y = (a, b)[1, 2]\relse:\r    z = 1\r",
        "a = b = 1",
        "a, *b = c",
        "f(a, *b, c=d, **e)[1:2]",
        "x = 1; y = 2\nif x: y = 3",
        "async def f(): await g()",
    ],
)
def test_it_can_be_written(text: str) -> None:
    module = module_of(text)
    assert module is not None
    assert differing(module.code) == []


@pytest.mark.parametrize("text", ["print 'a'", "def f(:", "x = \0", "\ufeffimport daft"])
def test_what_python_does_not_parse_has_none(text: str) -> None:
    assert module_of(text) is None


def test_a_bare_document_parses_what_python_does_not() -> None:
    document = Document.from_bytes("a.py", b"x = 1\n").bare()
    assert document.is_bare
    assert document.cells[0].module.body
    assert not Document.from_bytes("a.py", b"x = 1  # daft-lint: rows=3\n").bare().is_bare
