"""Which columns are read before a step."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.dataflow.liveness import EVERYTHING, Needs, needs_before, sink_needs
from daft_lint.pipeline.model import Reads
from tests.pipeline.chains import Chain, call, column, files, udf

Y = Needs(frozenset({"y"}))


@pytest.mark.parametrize(
    ("reads", "needs"),
    [(Reads.ALL, EVERYTHING), (Reads.FEW, EVERYTHING), (Reads.COUNT, Needs()), (Reads.NONE, Needs())],
)
def test_what_a_sink_needs(reads: Reads, needs: Needs) -> None:
    assert sink_needs(reads) == needs


@pytest.mark.parametrize(
    ("chain", "read"),
    [
        (files().with_column("y", column("a")), {"a"}),
        (files().with_column("z", column("a")), {"y"}),
        (files().with_column(None, column("a")), {"y", "a"}),
        (files().select(column("y"), column("a")), {"y"}),
        (files().where("a"), {"y", "a"}),
        (files().rename("a", "y"), {"a"}),
        (files().exclude("a"), {"y"}),
        (files().then("limit", count=3), {"y"}),
    ],
)
def test_what_is_read_before_a_step_of_one_column_behind_it(chain: Chain, read: set[str]) -> None:
    assert needs_before(chain.step, Y, runs_always=False) == Needs(frozenset(read))


def test_a_dropped_column_is_not_read_even_where_all_are() -> None:
    before = needs_before(files().exclude("a").step, EVERYTHING, runs_always=False)
    assert not before.has("a")
    assert before.has("b")


@pytest.mark.parametrize("name", ["distinct", "drop_null"])
def test_steps_without_expressions_that_look_at_whole_rows_read_everything(name: str) -> None:
    assert needs_before(files().then(name).step, Y, runs_always=False) == EVERYTHING


def test_outputs_that_make_rows_are_evaluated_whoever_reads_them() -> None:
    step = files().with_column("z", call(udf(is_generator=True), column("a"))).step
    assert needs_before(step, Y, runs_always=True).has("a")
    assert not needs_before(step, Y, runs_always=False).has("a")
