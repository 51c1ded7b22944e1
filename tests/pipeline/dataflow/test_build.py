"""The paths from sources to ends."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from daft_lint.pipeline.dataflow.build import PipelineEnd, build_pipelines
from daft_lint.pipeline.dataflow.step_facts import ScriptContext
from daft_lint.pipeline.model import BoundKind, Partitions, PartitionsKind, Reads, Weight
from tests.pipeline.chains import HEAVY, Chain, call, column, files, function, memory, parameter, udf
from tests.pipeline.dataflow.flows import calls, flow, names, one
from tests.work import lines_run


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
    assert len(build_pipelines([PipelineEnd(chain.step, Reads.ALL)], ScriptContext(), limits)) == 64
    assert limits


def test_rows_of_a_parameter_are_known_to_be_open() -> None:
    assert one(parameter().where("a")).open_parameter
    assert not one(files().where("a")).open_parameter


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
