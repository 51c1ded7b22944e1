"""Rows and partitions behind a step."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.model import Partitions
from tests.pipeline.chains import Chain, call, column, files, memory, udf
from tests.pipeline.dataflow.flows import flow


@pytest.mark.parametrize(
    ("chain", "rows"),
    [
        (memory(rows=10).where("a"), 10),
        (memory(rows=10).then("limit", count=3), 3),
        (memory(rows=2).then("limit", count=3), 2),
        (files().then("limit", count=3), 3),
        (memory(rows=10).then("explode", outputs=(column("a"),)), None),
        (memory(rows=10).with_column("b", call(udf(is_generator=True), column("a"))), None),
        (memory(rows=10).then("concat", others=(memory(rows=5),)), 15),
        (memory(rows=10).then("sort", reads=(column("a"),)), 10),
    ],
)
def test_rows(chain: Chain, rows: int | None) -> None:
    assert flow(chain)[-1].sink.rows_out == rows


@pytest.mark.parametrize(
    ("chain", "partitions"),
    [
        (files().where("a"), Partitions.ONE),
        (files().then("repartition", count=8), Partitions.of(8)),
        (files().then("into_partitions", count=1), Partitions.ONE),
        (files().then("into_batches", count=64), Partitions.MANY),
        (memory(rows=1_000).then("into_batches", count=64), Partitions.of(16)),
        (memory(rows=64).then("into_batches", count=64), Partitions.ONE),
        (files().then("limit", count=5), Partitions.ONE),
        (files(partitions=Partitions.MANY).then("limit", count=5), Partitions.UNKNOWN),
        (files().then("sort", reads=(column("a"),)), Partitions.UNKNOWN),
        (files().then("distinct"), Partitions.UNKNOWN),
        (files().then("concat", others=(files(),)), Partitions.of(2)),
        (files().then("explode", outputs=(column("a"),)), Partitions.ONE),
    ],
)
def test_partitions(chain: Chain, partitions: Partitions) -> None:
    assert flow(chain)[-1].sink.partitions_out == partitions
