"""Methods of DataFrames, and Python's own iteration."""

from __future__ import annotations

import textwrap

import pytest

from daft_lint.pipeline.dataflow.order import order_seen
from daft_lint.pipeline.model import (
    Projection,
    Reads,
    StepKind,
)
from tests.pipeline.interpreter.scripts import read, script, sinks


def test_reading_on_a_dataframe() -> None:
    found = script('df = daft.from_pydict({"a": [1]})\nother = df.read_parquet("x")\nother.show()\n')
    assert [(r.name, r.daft_name) for r in found.reads_on_dataframes] == [("read_parquet", "daft")]


def test_groupby_join_concat() -> None:
    found = script(
        """
        a = daft.read_parquet("a.parquet")
        b = daft.read_csv("b.csv")
        joined = a.join(b, on="id").groupby("id").agg(col("x").sum())
        both = daft.concat([a, b]).concat(a)
        joined.write_parquet("out")
        both.write_parquet("out2")
        """
    )
    join = next(s for s in found.steps if s.name == "join")
    assert [p.name for p in join.parents] == ["read_parquet", "read_csv"]
    grouped = next(s for s in found.steps if s.name == "groupby")
    assert (grouped.kind, grouped.projection) == (StepKind.SHUFFLE, Projection.ONLY)
    assert [[p.name for p in s.parents] for s in found.steps if s.kind is StepKind.UNION] == [
        ["read_parquet", "read_csv"],
        ["concat", "read_parquet"],
    ]


@pytest.mark.parametrize(
    "reading",
    [
        "for row in df:\n    print(row)",
        "for index, row in enumerate(df):\n    print(row)",
        "rows = list(df)",
        "names = [row['name'] for row in df]",
        "by_name = {row['name']: row for row in df}",
        "first = next(iter(df))",
    ],
)
def test_iterating_over_a_dataframe_reads_its_rows_in_order(reading: str) -> None:
    for text in (
        reading,
        "def run():\n" + textwrap.indent(f"df = daft.read_parquet('a')\n{reading}", "    ") + "\nrun()",
    ):
        found = read(f"import daft\ndf = daft.read_parquet('a')\ndf.write_csv('o')\n{text}")
        assert sinks(found)[1:] == [["read_parquet", "iter_rows"]]
        assert {p.reads for p in found.pipelines} == {Reads.ALL}
        assert order_seen(found.pipelines[-1], 0) == "`iter_rows` sees the row order"
