"""Who sees that an inserted `into_batches` loses the row order."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.dataflow.order import order_seen
from daft_lint.pipeline.dataflow.step_facts import ScriptContext
from daft_lint.pipeline.model import Partitions, Reads, Runner
from tests.pipeline.chains import Chain, column, files, function, memory
from tests.pipeline.dataflow.flows import flow, one

ROW_NUMBER = function("row_number")


@pytest.mark.parametrize(
    ("chain", "seen"),
    [
        (memory().then("show"), "`show` sees the row order"),
        (memory().then("to_pydict"), "`to_pydict` sees the row order"),
        (memory().then("write_parquet"), None),
        (memory().then("limit", count=3).then("write_parquet"), "`limit` sees the row order"),
        (memory().with_column("n", ROW_NUMBER).then("write_parquet"), "`with_column` numbers the rows"),
        (memory().where("a"), "who gets this DataFrame may see the row order"),
        (memory().then("distinct").then("to_pydict"), None),
        (memory().then("distinct").then("sort", reads=(column("a"),)).then("to_pydict"), None),
        (files(partitions=Partitions.MANY).then("to_pydict"), None),
    ],
)
def test_who_sees_the_order_of_the_source(chain: Chain, seen: str | None) -> None:
    assert order_seen(one(chain), 1) == seen


def test_a_sort_makes_an_order() -> None:
    chain = files(partitions=Partitions.MANY).then("sort", reads=(column("a"),)).then("to_pydict")
    pipeline = one(chain)
    assert order_seen(pipeline, 1) is None
    assert order_seen(pipeline, 2) == "`to_pydict` sees the row order"


def test_the_native_runner_keeps_the_order() -> None:
    chain = memory().then("to_pydict")
    assert order_seen(one(chain, context=ScriptContext(Runner.NATIVE, True)), 1) is None
    assert order_seen(one(chain, context=ScriptContext(Runner.NATIVE, False)), 1) is not None


def test_every_pipeline_that_shares_the_step_counts() -> None:
    shared = memory().where("a")
    written, shown = flow(shared.then("write_parquet"), shared.then("to_pydict"))
    assert written.reads is shown.reads is Reads.ALL
    assert order_seen(written, 1) == "`to_pydict` sees the row order"
    assert order_seen(written, 2) is None
    assert order_seen(written, 2, shared.step.call) == "`to_pydict` sees the row order"
