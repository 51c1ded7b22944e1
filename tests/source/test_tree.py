"""Up and down in LibCST trees."""

from __future__ import annotations

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider

from daft_lint.source.document import Document
from daft_lint.source.tree import children, parents_of

TEXT = '''
"""A module."""
import daft  # as everybody does

@decorated(n=1)
async def f(a, /, b: int = 2, *args, c, **kwargs) -> None:
    async with g() as h, i(): ...
    try:
        return await {**a, "b": [x async for x in b if (y := x)]}[1:2, ...]
    except* (E, F) as e:
        raise e from None
    finally:
        del a, b

match x:
    case {"a": [1, *rest], **others} | C(d=-1): pass
    case _ if not (1 < 2 <= 3): lambda *, k=1: f"{k!r:>{k}}"
'''


PUNCTUATION = (
    cst.BaseParenthesizableWhitespace,
    cst.TrailingWhitespace,
    cst.EmptyLine,
    cst.Newline,
    cst.Comment,
    cst.Dot,
    cst.Comma,
    cst.Colon,
    cst.Semicolon,
    cst.AssignEqual,
    cst.LeftParen,
    cst.RightParen,
    cst.LeftSquareBracket,
    cst.RightSquareBracket,
    cst.LeftCurlyBrace,
    cst.RightCurlyBrace,
)


def test_parents_are_those_of_libcst() -> None:
    module = cst.parse_module(TEXT)
    expected = MetadataWrapper(module, unsafe_skip_copy=True).resolve(ParentNodeProvider)
    assert dict(parents_of(module)) == {n: above for n, above in expected.items() if not isinstance(n, PUNCTUATION)}


def test_children_are_those_of_libcst() -> None:
    module = cst.parse_module(TEXT)
    for node in (module, *parents_of(module)):
        assert set(children(node)) == {child for child in node.children if not isinstance(child, PUNCTUATION)}


def test_parents_of_a_deep_tree() -> None:
    call = cst.Call(cst.Name("f"))
    for _ in range(3000):
        call = cst.Call(cst.Attribute(call, cst.Name("f")))
    assert len(parents_of(call)) > 2 * 3000


def test_parents_are_forgotten_with_the_tree() -> None:
    (cell,) = Document.from_bytes("a.py", b"x = 1\n").cells
    first = cell.module.body[0]
    assert cell.parents[first] is cell.module
    cell.forget_tree()
    assert first not in cell.parents
    assert cell.parents[cell.module.body[0]] is cell.module
