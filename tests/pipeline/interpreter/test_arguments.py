"""Arguments by position and keyword."""

from __future__ import annotations

import libcst as cst

from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.values import Literal

NODE = cst.Name("x")


def test_a_parameter_by_position_or_keyword() -> None:
    args = Arguments([(Literal(1), NODE)], {"b": (Literal(2), NODE)})
    assert args.value(0, "a") == Literal(1)
    assert args.value(1, "b") == Literal(2)
    assert args.value(2, "c") is None
    assert args.values() == [Literal(1), Literal(2)]


def test_a_parameter_by_keyword_only() -> None:
    args = Arguments([(Literal(1), NODE)], {"b": (Literal(2), NODE)})
    assert args.value(None, "a") is None
    assert args.keyword("a") is None
    assert args.value(None, "b") == args.keyword("b") == Literal(2)
    assert args.first() == Literal(1)
    assert Arguments().first() is None
