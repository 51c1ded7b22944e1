"""UDF calls and heavy operations: what they read, and what is read of them."""

from __future__ import annotations

from daft_lint.pipeline.model import Reads
from tests.pipeline.chains import call, column, files, udf
from tests.pipeline.dataflow.flows import calls, one


def test_a_column_that_is_dropped_is_not_read() -> None:
    made = files().with_column("y", call(udf(), column("a")))
    assert calls(one(made))[0].read
    assert not calls(one(made.select(column("a"))))[0].read
    assert not calls(one(made.exclude("y")))[0].read
    assert calls(one(made.rename("y", "z").exclude("y")))[0].read
    assert not calls(one(made.rename("y", "z").exclude("z")))[0].read
    assert not calls(one(made.with_column("y", column("b"))))[0].read


def test_count_rows_reads_what_filters_need() -> None:
    made = files().with_column("y", call(udf(), column("a")))
    assert not calls(one(made, Reads.COUNT))[0].read
    assert calls(one(made.where("y"), Reads.COUNT))[0].read
    assert not calls(one(made.where("y"), Reads.NONE))[0].read
    assert calls(one(made.then("distinct"), Reads.COUNT))[0].read
    assert calls(one(made.then("explode", outputs=(column("y"),)), Reads.COUNT))[0].read
