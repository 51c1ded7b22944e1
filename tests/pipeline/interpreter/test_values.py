"""What the interpreter computes with."""

from __future__ import annotations

import libcst as cst

from daft_lint.pipeline.interpreter.values import (
    MAX_CHOICES,
    MAX_CONTAINED,
    MAX_DEPTH,
    UNKNOWN,
    Choice,
    DataFrame,
    DictValue,
    ExternalName,
    ListValue,
    Literal,
    alternatives,
    choice,
    dataframes_in,
    element_of,
    has_daft_expression,
    spelled_as,
    strings_in,
    to_python,
)
from daft_lint.pipeline.model import Expression, ExpressionKind
from tests.pipeline.chains import files


def test_equal_constants_are_one_value() -> None:
    assert choice([Literal(1), Literal(1)]) == Literal(1)
    assert choice([ExternalName("a.b"), ExternalName("a.b")]) == ExternalName("a.b")
    assert alternatives(choice([Literal(1), Literal(True)])) == (Literal(1), Literal(True))
    assert choice([]) is UNKNOWN


def test_a_choice_of_choices_is_flat_and_capped() -> None:
    inner = choice([Literal(1), Literal(2)])
    assert alternatives(choice([inner, Literal(3)])) == (Literal(1), Literal(2), Literal(3))
    assert len(alternatives(choice(Literal(n) for n in range(10)))) == MAX_CHOICES


def test_what_is_too_large_counts_as_open_and_empty() -> None:
    doubled: object = Literal(0)
    for _ in range(40):
        doubled = ListValue((doubled, doubled))
    assert isinstance(doubled, ListValue)
    assert doubled.extent.size <= MAX_CONTAINED
    nested: object = Literal(0)
    for _ in range(MAX_DEPTH + 1):
        nested = DictValue({"a": nested})
    assert isinstance(nested, DictValue)
    assert (nested.entries, nested.open) == ({}, True)


def test_dataframes_in_containers() -> None:
    frame = DataFrame(files().step)
    held = ListValue((DictValue({"a": Choice((frame, UNKNOWN))}), Literal(1)))
    assert dataframes_in(held) == (frame,)
    assert dataframes_in(ListValue((held,))) == ()


def test_expressions_in_containers() -> None:
    expression = Expression(ExpressionKind.COLUMN, name="x")
    assert has_daft_expression(ListValue((DictValue({"a": expression}),)))
    assert not has_daft_expression(ListValue((Literal("x"), UNKNOWN)))


def test_containers_as_python_objects() -> None:
    held = DictValue({"a": ListValue((Literal(1), UNKNOWN))})
    assert to_python(held) == {"a": [1, UNKNOWN]}
    assert list(strings_in(ListValue((Literal("a"), Literal(1), ListValue((Literal("b"),)))))) == ["a", "b"]


def test_what_a_loop_variable_holds() -> None:
    assert element_of(ListValue((Literal(1), Literal(1)))) == Literal(1)
    assert alternatives(element_of(ListValue((Literal(1),), open=True))) == (Literal(1), UNKNOWN)
    assert element_of(Literal("text")) is UNKNOWN


def test_a_constant_is_called_as_the_script_calls_it() -> None:
    node = cst.ensure_type(cst.parse_expression('SIZES["batch"]'), cst.Subscript)
    value = spelled_as(Literal(8, "SIZE", sure=False), node)
    assert isinstance(value, Literal)
    assert (value.name, value.sure) == ('SIZES["batch"]', False)
