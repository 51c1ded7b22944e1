"""What the catalog says of the functions in an expression."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daft_lint.pipeline.dataflow.functions import ai_udf, function_spec, input_keywords
from daft_lint.pipeline.model import UdfKind
from tests.pipeline.chains import call, column, function, udf


def test_only_functions_have_a_spec() -> None:
    spec = function_spec(function("download", column("url")))
    assert spec is not None
    assert spec.heavy_read
    assert function_spec(column("download")) is None
    assert function_spec(function("no_such_function", column("url"))) is None


@pytest.mark.parametrize(
    ("options", "rows"), [({"batch_size": 8}, 8), ({}, None), ({"batch_size": True}, None), ({"batch_size": "x"}, None)]
)
def test_an_ai_function_is_a_udf(options: dict[str, object], rows: int | None) -> None:
    made = ai_udf(function("embed_image", column("image"), **options))
    assert made is not None
    assert (made.kind, made.returns.heavy, made.parameters[0].weight.heavy) == (UdfKind.AI, False, True)
    assert (None if made.batch_size is None else made.batch_size.value) == rows


def test_an_ai_function_has_its_built_in_batch_size() -> None:
    made = ai_udf(function("llm_generate", column("text")))
    assert made is not None
    assert made.batch_size is not None
    assert made.batch_size.value == 1024
    assert ai_udf(function("download", column("url"))) is None


def test_inputs_without_a_keyword_are_given_by_position() -> None:
    expression = call(udf(), column("a"), column("b"))
    assert input_keywords(expression) == (None, None)
    assert input_keywords(replace(expression, keywords=(None, "y"))) == (None, "y")
