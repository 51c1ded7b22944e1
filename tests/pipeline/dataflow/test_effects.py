"""Effects of pipelines that are written as text, and what comparing two of them says."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.dataflow.effects import Amount, Effects, RowOrder, Verdict, compare, effects_of, words
from daft_lint.pipeline.dataflow.effects.amount import fewer_is_better, more_is_better
from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import Cluster, Settings
from daft_lint.source.document import Document

HEAD = """
import daft
from daft import DataType, col
from daft.functions import download

{runner}

@daft.cls
class Model:
    def __init__(self):
        self.net = load()

    @daft.method.batch(return_dtype=DataType.int64())
    def run(self, x):
        return x

@daft.cls(max_concurrency=2)
class Bounded:
    def __init__(self):
        self.net = load()

    @daft.method.batch(return_dtype=DataType.int64())
    def run(self, x):
        return x

@daft.func.batch(return_dtype=DataType.int64())
def measure(images: list[bytes]):
    return [len(i) for i in images]

@daft.func.batch(return_dtype=DataType.int64(), batch_size=256)
def large(x):
    return x

"""


def effects(pipeline: str, *, runner: str = "daft.set_runner_ray()", cluster: Cluster | None = None) -> Effects:
    text = HEAD.format(runner=runner) + pipeline
    document = Document.from_bytes("a.py", text.encode())
    script = interpret(document, Settings(cluster=cluster or Cluster()), Project())
    return effects_of(script.pipelines[-1])


def verdicts(before: str, after: str, **given: str) -> dict[str, Verdict]:
    changes = compare(effects(before, **given), effects(after, **given))
    return {change.words: change.verdict for change in changes}


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Amount.exactly(16), "16"),
        (Amount.at_most(131_072), "up to 131,072"),
        (Amount.at_least(2), "2 or more"),
        (Amount.at_least(2, by_rows=True), "many"),
        (Amount.UNKNOWN, "unknown"),
    ],
)
def test_amounts_in_words(amount: Amount, text: str) -> None:
    assert amount.words() == text


@pytest.mark.parametrize(
    ("before", "after", "fewer", "more"),
    [
        (Amount.exactly(3), Amount.exactly(3), Verdict.SAME, Verdict.SAME),
        (Amount.exactly(1), Amount.exactly(16), Verdict.WORSE, Verdict.BETTER),
        (Amount.exactly(16), Amount.exactly(1), Verdict.BETTER, Verdict.WORSE),
        (Amount.exactly(1), Amount.at_least(2), Verdict.WORSE, Verdict.BETTER),
        (Amount.exactly(8), Amount.at_least(2), Verdict.WORSE, Verdict.UNKNOWN),
        (Amount.at_least(1), Amount.at_least(2, by_rows=True), Verdict.WORSE, Verdict.BETTER),
        (Amount.at_most(100), Amount.at_most(64), Verdict.BETTER, Verdict.UNKNOWN),
    ],
)
def test_the_order_of_amounts_is_partial(before: Amount, after: Amount, fewer: Verdict, more: Verdict) -> None:
    assert (fewer_is_better(before, after), more_is_better(before, after)) == (fewer, more)


def test_batches_of_known_rows_are_exact() -> None:
    before = effects("daft.range(1024).select(measure(col('id'))).write_parquet('out')")
    after = effects("daft.range(1024).into_batches(64).select(measure(col('id'))).write_parquet('out')")
    changes = compare(before, after)
    assert words(changes) == ("1 -> 16 tasks", "1,024 -> 64 rows a call", "1 -> 16 files")


def test_batches_of_unknown_rows_are_many_and_a_batch_may_be_joined_with_a_rest() -> None:
    found = effects("daft.read_parquet('a.parquet').into_batches(64).select(measure(col('id'))).write_parquet('out')")
    (call,) = found.calls
    assert (call.rows, call.tasks) == (Amount.at_most(115), Amount.at_least(2, by_rows=True))
    assert found.files == Amount.at_least(2, by_rows=True)


def test_a_morsel_size_bounds_at_its_own_number() -> None:
    (call,) = effects(
        "daft.set_execution_config(default_morsel_size=256)\ndaft.read_parquet('a').select(measure(col('x'))).collect()"
    ).calls
    assert call.rows.high == 256


def test_a_download_bounds_what_follows_it_also_behind_larger_batches() -> None:
    frame = "daft.read_parquet('a').into_batches(512).with_column('d', download(col('u'))).select(measure(col('d')))"
    calls = {call.name: call.rows.high for call in effects(f"{frame}.collect()").calls}
    assert calls == {"download": None, "measure": 128}


def test_batches_multiply_the_loads_of_a_class_without_max_concurrency() -> None:
    plain = "daft.read_parquet('a.parquet'){}.select({}().run(col('x'))).collect()"
    changes = compare(effects(plain.format("", "Model")), effects(plain.format(".into_batches(16)", "Model")))
    (loads,) = (change for change in changes if change.verdict is Verdict.WORSE)
    many = "make many model loads, one for each batch, instead of 1"
    assert loads.harm == f"{many}; a concurrency of n for the class would leave n"
    bounded = compare(effects(plain.format("", "Bounded")), effects(plain.format(".into_batches(16)", "Bounded")))
    assert all(change.verdict is not Verdict.WORSE for change in bounded)


def test_actors_bound_the_loads_where_nobody_knows_how_many_they_are() -> None:
    several = "Several = daft.cls(max_concurrency=int(input()))(Model)\n"
    frame = several + "daft.read_parquet('a').into_batches(64).select(Several().run(col('u'))).collect()"
    (call,) = effects(frame).calls
    assert call.bounded_loads
    assert call.loads == Amount(1)


def test_a_class_whose_init_calls_nothing_loads_nothing() -> None:
    light = """
@daft.cls
class Light:
    def __init__(self, n):
        self.n = n

    @daft.method.batch(return_dtype=DataType.int64())
    def run(self, x):
        return x

"""
    (call,) = effects(light + "daft.range(9).select(Light(3).run(col('id'))).collect()").calls
    assert call.loads is None


def test_the_native_runner_loads_as_often_and_has_no_tasks() -> None:
    (call,) = effects("daft.range(9).select(Model().run(col('id'))).collect()", runner="daft.set_runner_native()").calls
    assert (call.tasks, call.nodes, call.loads) == (None, None, None)


@pytest.mark.parametrize("step", ["sort('k')", "distinct('k')", "into_partitions(8)", "repartition(8)"])
def test_heavy_rows_behind_a_repartitioning_step_are_moved_once_more(step: str) -> None:
    frame = (
        f"daft.read_parquet('a').with_column('d', download(col('u'))).{step}{{}}.select(measure(col('d'))).collect()"
    )
    found = verdicts(frame.format(""), frame.format(".into_batches(64)"))
    assert found["`into_batches` moves the heavy column `d`"] is Verdict.WORSE


def test_an_into_batches_right_behind_a_heavy_source_is_no_harm() -> None:
    frame = "daft.from_files('a/*.jpg').with_column('d', download(col('file'))){}.select(measure(col('d'))).collect()"
    assert Verdict.WORSE in verdicts(frame.format(""), frame.format(".into_batches(64)")).values()
    source = "daft.read_parquet('a'){}.select(measure(col('image'))).collect()"
    assert Verdict.WORSE not in verdicts(source.format(""), source.format(".into_batches(64)")).values()


def test_a_source_that_hands_on_small_batches_is_not_batched_again() -> None:
    source = "daft.read_video_frames('a', image_height=640, image_width=640){}.select(measure(col('data'))).collect()"
    assert Verdict.WORSE in verdicts(source.format(""), source.format(".into_batches(64)")).values()


@pytest.mark.parametrize("runner", ["daft.set_runner_ray()", "daft.set_runner_native()"])
def test_a_written_file_loses_the_order_of_a_sort_by_batches_on_both_runners(runner: str) -> None:
    frame = "daft.read_parquet('a').sort('k'){}.select(measure(col('x'))).write_parquet('out')"
    assert (
        verdicts(frame.format(""), frame.format(".into_batches(64)"), runner=runner)["the order of the `sort` is lost"]
        is Verdict.WORSE
    )


def test_results_keep_their_order_behind_batches_on_the_native_runner() -> None:
    frame = "daft.read_parquet('a').sort('k').into_batches(64).select(measure(col('x'))).to_pydict()"
    assert effects(frame, runner="daft.set_runner_native()").order is RowOrder.SORTED
    assert effects(frame).order is RowOrder.NONE


def test_files_of_light_rows_may_not_grow_without_bound() -> None:
    frame = "daft.read_parquet('a.parquet'){}.select(measure(col('x'))){}.write_parquet('out')"
    found = verdicts(frame.format("", ""), frame.format(".into_batches(64)", ""))
    assert found["1 -> many files"] is Verdict.WORSE
    gathered = verdicts(frame.format("", ""), frame.format(".into_batches(64)", ".into_partitions(1)"))
    assert Verdict.WORSE not in gathered.values()


def test_as_many_files_as_tasks_are_wanted_is_said_and_no_harm() -> None:
    frame = "daft.read_parquet('a.parquet'){}.select(measure(col('x'))).write_parquet('out')"
    assert verdicts(frame.format(""), frame.format(".into_partitions(8)"))["1 -> 8 files"] is Verdict.UNKNOWN


@pytest.mark.parametrize(("udf", "left"), [("large", Verdict.UNKNOWN), ("measure", Verdict.WORSE)])
def test_fewer_partitions_that_fill_the_nodes_are_enough_for_batches_of_the_udfs_own_size(
    udf: str, left: Verdict
) -> None:
    """e3: a partition feeds all calls of its node, where it is cut into batches; whole, it is one call."""
    frame = f'daft.range(10_000).repartition({{}}).select({udf}(col("id"))).collect()\n'
    cluster = Cluster(nodes=4, total_concurrency=16)
    before, after, fewer = (effects(frame.format(count), cluster=cluster) for count in (300, 4, 2))
    found = {change.words: change.verdict for change in compare(before, after)}
    assert found["300 -> 4 tasks"] is left
    found = {change.words: change.verdict for change in compare(before, fewer)}
    assert found["300 -> 2 tasks"] is Verdict.WORSE


def test_a_checkpoint_forbids_what_moves_rows() -> None:
    frame = "daft.read_parquet('a', checkpoint=where){}.select(measure(col('x'))).write_parquet('out')"
    found = verdicts(frame.format(""), frame.format(".into_batches(64)"))
    assert found["`into_batches` behind a checkpoint"] is Verdict.WORSE
    assert not effects(frame.replace("=where", "=None").format(".into_batches(64)")).forbidden


def test_a_groupby_keeps_the_partitions_that_it_gets() -> None:
    frame = "daft.range(1024){}.groupby('id').agg(col('id').sum().alias('s')).select(large(col('s'))).collect()"
    (call,) = effects(frame.format(".repartition(8)")).calls
    assert call.tasks == Amount.exactly(8)
    assert verdicts(frame.format(".repartition(8)"), frame.format(""))["8 -> 1 tasks"] is Verdict.WORSE


def test_every_sink_runs_the_whole_plan() -> None:
    text = "df = daft.range(9).select(measure(col('id')).alias('n'))\ndf.write_parquet('a')\ndf.write_csv('b')"
    assert effects(text).runs == (2,)
