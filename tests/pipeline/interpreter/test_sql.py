"""Queries over DataFrames of the script."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.model import PartitionsKind, Projection, StepKind
from tests.pipeline.interpreter.scripts import chain, read


@pytest.mark.parametrize(
    ("query", "names", "kind"),
    [
        ('daft.sql("SELECT * FROM urls WHERE id > 3")', ["read_parquet", "sql"], StepKind.FILTER),
        ('daft.sql("select url, id from urls")', ["read_parquet", "sql"], StepKind.FILTER),
        ('daft.sql("SELECT * FROM t", t=urls)', ["read_parquet", "sql"], StepKind.FILTER),
        ('daft.sql("SELECT id, count(*) FROM urls GROUP BY id")', ["read_parquet", "sql"], StepKind.SHUFFLE),
        ('daft.sql("SELECT * FROM urls ORDER BY id")', ["read_parquet", "sql"], StepKind.SHUFFLE),
        ('daft.sql("SELECT * FROM urls JOIN other ON urls.id = other.id")', ["read_parquet", "sql"], StepKind.JOIN),
        ('daft.sql("SELECT * FROM elsewhere")', ["sql"], StepKind.SOURCE),
        ('daft.sql("SELECT * FROM urls JOIN elsewhere USING (id)")', ["sql"], StepKind.SOURCE),
        ("daft.sql(\"SELECT * FROM read_parquet('a.parquet')\")", ["sql"], StepKind.SOURCE),
        ("daft.sql(unknown)", ["sql"], StepKind.SOURCE),
    ],
)
def test_what_a_query_reads(query: str, names: list[str], kind: StepKind) -> None:
    found = read(
        f"""
        import daft
        urls = daft.read_parquet("urls.parquet")
        other = daft.read_parquet("other.parquet")
        {query}.collect()
        """
    )
    step = found.steps[-1].parents[0]
    assert (chain(step), step.kind) == (names, kind)


def test_a_plain_query_keeps_partitions_and_columns() -> None:
    found = read(
        """
        import daft
        urls = daft.read_parquet("urls.parquet")
        daft.sql("SELECT * FROM urls WHERE id > 3").collect()
        daft.sql("SELECT url, id FROM urls").collect()
        daft.sql("SELECT upper(url) AS u FROM urls").collect()
        """
    )
    queries = [step for step in found.steps if step.name == "sql"]
    assert [q.projection for q in queries] == [Projection.KEEP, Projection.ONLY, Projection.UNKNOWN]
    assert {p.sink.partitions_in.kind for p in found.pipelines if len(p.operators) > 2} == {PartitionsKind.ONE}
