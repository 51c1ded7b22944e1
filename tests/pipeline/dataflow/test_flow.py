from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daft_lint.pipeline.dataflow.flow import Context, End, pipelines
from daft_lint.pipeline.model import (
    BoundKind,
    Operator,
    Partitions,
    PartitionsKind,
    Pipeline,
    Reads,
    Runner,
    UdfCall,
    Weight,
)
from tests.pipeline.chains import HEAVY, Chain, call, column, files, function, memory, parameter, udf
from tests.work import lines_run


def flow(*ends: Chain, reads: Reads = Reads.ALL, context: Context | None = None) -> tuple[Pipeline, ...]:
    return pipelines([End(chain.step, reads) for chain in ends], context or Context())


def one(chain: Chain, reads: Reads = Reads.ALL, context: Context | None = None) -> Pipeline:
    (pipeline,) = flow(chain, reads=reads, context=context)
    return pipeline


def calls(pipeline: Pipeline) -> list[UdfCall]:
    return [made for operator in pipeline.operators for made in operator.udf_calls]


def names(pipeline: Pipeline) -> list[str]:
    return [operator.step.name for operator in pipeline.operators]


def last(chain: Chain, context: Context | None = None) -> Operator:
    return one(chain, context=context).sink


# Paths


def test_a_chain_is_one_path() -> None:
    pipeline = one(files().where("a").then("limit", count=3))
    assert names(pipeline) == ["read_parquet", "where", "limit"]
    assert [operator.index for operator in pipeline.operators] == [0, 1, 2]


def test_the_other_side_of_a_join_is_a_path_of_its_own_that_reads_all() -> None:
    joined = files().where("a").then("join", others=(memory(id=Weight.LIGHT),), reads=(column("id"),))
    side, main = flow(joined.then("show"), reads=Reads.FEW)
    assert (names(side), side.reads) == (["from_pydict", "join"], Reads.ALL)
    assert (names(main), main.reads) == (["read_parquet", "where", "join", "show"], Reads.FEW)


def test_a_union_gives_a_path_for_each_side_and_none_twice() -> None:
    left = files()
    assert len(flow(left.then("concat", others=(files(),)))) == 2
    assert len(flow(left.then("concat", others=(left,)))) == 1


def test_collect_ends_one_pipeline_and_begins_the_next() -> None:
    collected = files(partitions=Partitions.MANY, img=HEAVY).then("into_batches", count=16).then("collect")
    before, after = flow(collected.with_column("y", call(udf(), column("img"))))
    assert names(before)[-1] == "collect"
    assert names(after) == ["collect", "with_column"]
    (made,) = calls(after)
    assert made.bound.kind is BoundKind.NONE
    assert made.inflating is collected.step
    assert after.source.partitions_out.kind is PartitionsKind.MANY


def test_paths_through_many_diamonds_are_capped_and_said_so() -> None:
    chain = files()
    for _ in range(20):
        chain = chain.where("a").then("concat", others=(chain.where("b"),))
    limits: list[str] = []
    assert len(pipelines([End(chain.step, Reads.ALL)], Context(), limits)) == 64
    assert limits


def test_rows_of_a_parameter_are_known_to_be_open() -> None:
    assert one(parameter().where("a")).open_parameter
    assert not one(files().where("a")).open_parameter


# Rows and partitions


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


def test_the_native_runner_ignores_partitions() -> None:
    chain = (
        files().then("into_batches", count=16).then("repartition", count=8).with_column("y", call(udf(), column("a")))
    )
    native = last(chain, Context(Runner.NATIVE, True))
    assert (native.stage, native.bound.kind) == (0, BoundKind.BATCHES)
    ray = last(chain)
    assert (ray.stage, ray.bound.kind) == (1, BoundKind.NONE)


# Bounds


def test_into_batches_bounds_up_to_the_next_recut_or_explode() -> None:
    batched = files().then("into_batches", count=16)
    assert calls(one(batched.where("a").with_column("y", call(udf(), column("a")))))[0].bound.rows == 16
    for between in (
        batched.then("explode", outputs=(column("a"),)),
        batched.then("sort", reads=(column("a"),)),
        batched.with_column("l", call(udf(is_generator=True), column("a"))),
    ):
        made = calls(one(between.with_column("y", call(udf(), column("a")))))[-1]
        assert made.bound.kind is BoundKind.NONE


def test_the_last_of_two_into_batches_counts() -> None:
    chain = files().then("into_batches", count=16).then("into_batches", count=64)
    assert last(chain.where("a")).bound.rows == 64


@pytest.mark.parametrize(("source", "kind"), [(files(), BoundKind.UDF), (memory(closed=False), BoundKind.NONE)])
def test_a_later_batch_size_reaches_back_to_a_scan_only(source: Chain, kind: BoundKind) -> None:
    first = source.with_column("y", call(udf(), column("a")))
    chain = first.where("y").with_column("z", call(udf(batch_size=16), column("y")))
    assert [made.bound.kind for made in calls(one(chain))] == [kind, BoundKind.UDF]


def test_a_later_batch_size_does_not_reach_what_a_recut_left_in_memory() -> None:
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


@pytest.mark.parametrize(("size", "kind"), [(32, BoundKind.BATCHES), (131_072, BoundKind.NONE)])
def test_a_morsel_size_bounds_where_it_is_small(size: int, kind: BoundKind) -> None:
    context = Context(morsel_size=size)
    assert calls(one(memory().with_column("y", call(udf(), column("a"))), context=context))[0].bound.kind is kind


# What is read


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


# Properties

_STEPS = st.lists(
    st.sampled_from(
        ["where", "into_batches", "repartition", "explode", "udf", "batch udf", "download", "limit", "select"]
    ),
    max_size=12,
)
_ORDER = [BoundKind.NONE, BoundKind.LOOSE, BoundKind.UDF, BoundKind.BATCHES]


def build(words: list[str]) -> Chain:
    chain = files(rows=1_000)
    for word in words:
        match word:
            case "where":
                chain = chain.where("a")
            case "udf":
                chain = chain.with_column("a", call(udf(takes=HEAVY), column("a")))
            case "batch udf":
                chain = chain.with_column("a", call(udf(batch_size=8), column("a")))
            case "download":
                chain = chain.with_column("a", function("download", column("a")))
            case "explode":
                chain = chain.then("explode", outputs=(column("a"),))
            case "select":
                chain = chain.select(column("a"))
            case _:
                chain = chain.then(word, count=32)
    return chain


@given(_STEPS, st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_an_into_batches_more_never_weakens_a_later_bound(words: list[str], where: int) -> None:
    where = min(where, len(words))
    plain = one(build(words)).operators[where + 1 :]
    more = one(build([*words[:where], "into_batches", *words[where:]])).operators[where + 2 :]
    for before, after in zip(plain, more, strict=True):
        assert _ORDER.index(after.bound.kind) >= _ORDER.index(before.bound.kind)


@given(_STEPS)
@settings(max_examples=60, deadline=None)
def test_stages_fit_together(words: list[str]) -> None:
    pipeline = one(build(words))
    for before, after in zip(pipeline.operators, pipeline.operators[1:], strict=False):
        assert after.columns_in is before.columns_out
        assert (after.rows_in, after.partitions_in) == (before.rows_out, before.partitions_out)
        assert before.stage <= after.stage <= before.stage + 1
        assert after.rows_in is None or after.rows_out is None or after.rows_out <= after.rows_in
    for operator in pipeline.operators:
        for made in operator.udf_calls:
            inflating = None if made.inflating is None else pipeline.operator_of(made.inflating)
            assert made.is_heavy is (inflating is not None)
            assert inflating is None or inflating.index <= operator.index


def long_chain(count: int) -> Chain:
    chain = files()
    for number in range(count):
        chain = chain.with_column(f"c{number % 50}", function("fill_null", column(f"c{(number - 1) % 50}")))
    return chain.with_column("y", call(udf(takes=HEAVY), column("c49")))


def test_the_cost_is_linear_and_nothing_recurses_over_steps() -> None:
    (made,) = calls(one(long_chain(2_000)))
    assert made.is_heavy
    few, many = (lines_run(one, long_chain(count)) for count in (200, 800))
    assert many < 4 * few * 1.3
