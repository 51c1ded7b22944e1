"""Stages, and what bounds the rows of a UDF call."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.dataflow.step_facts import ScriptContext
from daft_lint.pipeline.model import BoundKind, Runner, Weight
from tests.pipeline.chains import Chain, call, column, files, function, memory, udf
from tests.pipeline.dataflow.flows import calls, last, one


def test_the_native_runner_ignores_partitions() -> None:
    chain = (
        files().then("into_batches", count=16).then("repartition", count=8).with_column("y", call(udf(), column("a")))
    )
    native = last(chain, ScriptContext(Runner.NATIVE, True))
    assert (native.stage, native.bound.kind) == (0, BoundKind.BATCHES)
    ray = last(chain)
    assert (ray.stage, ray.bound.kind) == (1, BoundKind.NONE)


def test_into_batches_bounds_up_to_the_next_repartitioning() -> None:
    batched = files().then("into_batches", count=16)
    assert calls(one(batched.where("a").with_column("y", call(udf(), column("a")))))[0].bound.rows == 16
    between = batched.then("sort", reads=(column("a"),))
    made = calls(one(between.with_column("y", call(udf(), column("a")))))[-1]
    assert made.bound.kind is BoundKind.NONE


def test_the_rows_of_a_batch_stay_together_behind_an_explode_and_their_number_is_not_known() -> None:
    batched = files().then("into_batches", count=16)
    for between in (
        batched.then("explode", outputs=(column("a"),)),
        batched.with_column("l", call(udf(is_generator=True), column("a"))),
    ):
        made = calls(one(between.with_column("y", call(udf(), column("a")))))[-1]
        assert (made.bound.kind, made.bound.rows) == (BoundKind.BATCHES, None)


def test_the_last_of_two_into_batches_counts() -> None:
    chain = files().then("into_batches", count=16).then("into_batches", count=64)
    assert last(chain.where("a")).bound.rows == 64


@pytest.mark.parametrize(("source", "kind"), [(files(), BoundKind.UDF), (memory(closed=False), BoundKind.NONE)])
def test_a_later_batch_size_reaches_back_to_a_scan_only(source: Chain, kind: BoundKind) -> None:
    first = source.with_column("y", call(udf(), column("a")))
    chain = first.where("y").with_column("z", call(udf(batch_size=16), column("y")))
    assert [made.bound.kind for made in calls(one(chain))] == [kind, BoundKind.UDF]


def test_a_later_batch_size_does_not_reach_what_a_shuffle_left_in_memory() -> None:
    chain = files().then("sort", reads=(column("a"),)).with_column("y", call(udf(), column("a")))
    first, _ = calls(one(chain.with_column("z", call(udf(batch_size=16), column("y")))))
    assert first.bound.kind is BoundKind.NONE


def test_an_earlier_batch_size_holds_for_the_next_udf() -> None:
    chain = memory(closed=False).with_column("y", call(udf(batch_size=16), column("a")))
    made = calls(one(chain.with_column("z", call(udf(), column("y")))))[-1]
    assert (made.bound.kind, made.bound.rows, made.bound.by) == (BoundKind.UDF, 16, chain.step)


def test_download_bounds_loosely_before_the_step_and_within_it() -> None:
    chain = memory(url=Weight.LIGHT).with_column("b", function("download", column("url")))
    after = calls(one(chain.with_column("y", call(udf(), column("b")))))[0]
    within = calls(one(memory().with_column("y", call(udf(), function("download", column("url"))))))[0]
    assert (after.bound.kind, after.bound.rows) == (within.bound.kind, within.bound.rows) == (BoundKind.LOOSE, 128)


@pytest.mark.parametrize(("size", "kind"), [(32, BoundKind.BATCHES), (256, BoundKind.LOOSE)])
def test_a_morsel_size_bounds_at_its_number(size: int, kind: BoundKind) -> None:
    context = ScriptContext(morsel_size=size)
    bound = calls(one(memory().with_column("y", call(udf(), column("a"))), context=context))[0].bound
    assert (bound.kind, bound.rows) == (kind, size)
