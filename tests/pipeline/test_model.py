"""What expressions and steps say of themselves."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.model import walk
from tests.pipeline.chains import Chain, call, column, files, function, udf


def test_walk_gives_inputs_before_what_reads_them_each_once() -> None:
    shared = column("a")
    twice = function("coalesce", shared, shared)
    root = function("fill_null", twice, column("b"))
    assert [e.name for e in root.walk()] == ["a", "coalesce", "b", "fill_null"]
    assert [e.name for e in walk((root, twice))] == ["a", "coalesce", "b", "fill_null"]
    assert list(root.columns()) == ["a", "b"]


def test_walk_goes_as_deep_and_wide_as_a_script_can_write() -> None:
    expression = column("a")
    for _ in range(5_000):
        expression = function("coalesce", expression, expression)
    assert sum(1 for _ in expression.walk()) == 5_001


@pytest.mark.parametrize(
    ("chain", "multiplies"),
    [
        (files().then("explode", outputs=(column("a"),)), True),
        (files().select(function("explode", column("a"))), True),
        (files().select(call(udf(is_generator=True), column("a"))), True),
        (files().select(function("fill_null", call(udf(is_generator=True), column("a")))), True),
        (files().select(call(udf(), column("a"))), False),
        (files().where("a"), False),
    ],
)
def test_steps_that_multiply_rows(chain: Chain, multiplies: bool) -> None:
    assert chain.step.multiplies_rows() is multiplies


def test_a_step_evaluates_its_outputs_and_what_it_reads() -> None:
    made = call(udf(), column("a"))
    step = files().then("explode", outputs=(made,), reads=(column("b"),)).step
    assert [e.name for e in step.walk()] == ["a", None, "b"]
    assert list(step.udf_calls()) == [made]
