"""Comprehensions over lists that the script spells out, and over others."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.interpreter.comprehensions import MAX_UNROLLED
from tests.pipeline.interpreter.scripts import constant_in, read


@pytest.mark.parametrize(
    ("expression", "length"),
    [
        ("[2 * n for n in [1, 2, 3]]", 3),
        ("['x' for _ in range(1000)]", 1000),
        ("[(a, b) for a, b in [(1, 2), (3, 4)]]", 2),
        (f"[n for n in {list(range(MAX_UNROLLED + 1))}]", MAX_UNROLLED + 1),
        ("[n for n in [1, 2] if n > 1]", None),
        ("[m for n in [1, 2] for m in [3]]", None),
        ("[n for n in unknown]", None),
    ],
)
def test_the_length_of_a_comprehension(expression: str, length: int | None) -> None:
    assert constant_in(f"len({expression})") == length


def test_columns_of_a_comprehension() -> None:
    found = read(
        """
        import daft
        from daft import col

        df = daft.read_parquet("a")
        df = df.select(*[col(name).alias(f"{name}_new") for name in ("a", "b")])
        df.with_columns({name: col(name) + 1 for name in names}).show()
        """
    )
    select, with_columns = (step for step in found.steps if step.outputs)
    assert [made.output for made in select.outputs] == ["a_new", "b_new"]
    assert [made.output for made in with_columns.outputs] == [None]
