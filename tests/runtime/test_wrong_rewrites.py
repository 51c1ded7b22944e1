"""Wrong rewrites of a script: each is refuted, or "confirmed, but", with its price named.

Those whose harm the native runner does as well run there; the others share one simulated cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.harness import Run, run_text, workspace
from daft_lint_runtime.private_ray import PrivateRay
from daft_lint_runtime.spec import ClusterSpec, RunOptions
from daft_lint_runtime.verify import CaseResult, judged_case

OPTIONS = RunOptions(timeout=300, cluster=ClusterSpec(nodes=2, cpus_per_node=2))

RIGHT = """
import json
import time
import daft
import numpy as np
from daft import DataType, Series, col

kept = []


@daft.cls(max_concurrency=2)
class Model:
    def __init__(self):
        time.sleep(0.3)
        self.offset = 1

    @daft.method.batch(return_dtype=DataType.int64(), batch_size=64)
    def score(self, x: Series) -> Series:
        return Series.from_pylist([v + self.offset for v in x.to_pylist()])


@daft.func.batch(return_dtype=DataType.float64(), batch_size=32)
def weigh(x: Series) -> Series:
    held = np.ones((len(x), 400_000))
    return Series.from_pylist([v * 0.1 * float(row.mean()) for v, row in zip(x.to_pylist(), held)])


df = daft.range(1024).into_partitions(16)
df = df.with_column("score", Model().score(col("id")))
df = df.with_column("weight", weigh(col("id")))
df = df.sort("id", desc=True)
df.write_parquet("sorted")
first = daft.range(5_000).with_column("size", col("id") * 0.5).sort("size", desc=True)
for row in first.iter_rows():
    break
with open("report.json", "w") as report:
    json.dump({"rows": 1024, "largest": row["id"], "mean": sum(range(1024)) * 0.1 / 1024}, report)
"""
SORT = 'df = df.sort("id", desc=True)\n'

ON_NATIVE = {
    # content
    "dropped row": (SORT, "df = df.where(col('id') != 77)\n" + SORT, "1,023 after"),
    "added rows": (SORT, "df = df.concat(df.limit(1))\n" + SORT, "1,025 after"),
    "changed value": ("v + self.offset for", "v + self.offset + (v == 77) for", "1 of 1,024 rows differ"),
    "missing value": ("v + self.offset for", "None if v == 77 else v + self.offset for", "1 of 1,024 rows differ"),
    "float64 off by 1e-7": ("v * 0.1 *", "v * 0.10000001 *", "rows differ"),
    "lost column": (SORT, SORT + "df = df.exclude('weight')\n", "column weight is gone"),
    "changed type": (SORT, SORT + "df = df.with_column('score', col('score').cast('int32'))\n", "score is Int32"),
    "lost write": ('df.write_parquet("sorted")', "df.collect()", "only the run"),
    "nulls for small values": (
        SORT,
        "df = df.with_column('weight', daft.functions.when(col('weight') > 5, col('weight')).otherwise(None))\n" + SORT,
        "rows differ",
    ),
    "rounded to float32": (
        SORT,
        "df = df.with_column('weight', col('weight').cast('float32').cast('float64'))\n" + SORT,
        "rows differ",
    ),
    "columns in another order": (
        SORT,
        SORT + "df = df.select('score', 'id', 'weight')\n",
        "columns are in another order",
    ),
    "other name": (SORT, SORT + "df = df.with_column_renamed('score', 'result')\n", "column score is gone"),
    "wider type": ("DataType.int64(), batch_size=64", "DataType.float64(), batch_size=64", "score is Float64"),
    # where and how it is written
    "other place": ('write_parquet("sorted")', 'write_parquet("ordered")', "written to ordered, was sorted"),
    "other mode": (
        'write_parquet("sorted")',
        'write_parquet("sorted", write_mode="overwrite")',
        "written with write_mode='overwrite', was 'append'",
    ),
    "other format": ('write_parquet("sorted")', 'write_csv("sorted")', "written by write_csv, was write_parquet"),
    "small row groups": (
        SORT,
        "daft.set_execution_config(parquet_target_row_group_size=512)\n" + SORT,
        "row groups of a file 1 →",
    ),
    "other side file": ("* 0.1 / 1024", "* 0.1 / 1023", "holds something else"),
    "lost side file": (
        'open("report.json", "w")',
        'open("summary.json", "w")',
        "only the run before the change writes it",
    ),
    "failure": ("v * 0.1 *", "1 // (v - 77) *", "ZeroDivisionError"),
    # order
    "sort dropped": (SORT, "", "out of order"),
    "sort dropped before the first rows": ('.sort("size", desc=True)', "", "other rows come first"),
    "other direction": ("desc=True", "desc=False", "out of order"),
    # memory and work
    "no bound": ("DataType.float64(), batch_size=32", "DataType.float64()", "memory of a worker"),
    "held between calls": (
        "    held = np",
        "    held = kept.append(np.ones((len(x), 80_000))) or np",
        "memory of a worker",
    ),
    "engine's memory": (
        SORT,
        "df = df.where(daft.functions.rpad(col('id').cast('string'), 800_000, 'x').length() > 0)\n" + SORT,
        "memory of a worker",
    ),
    "work done twice": (
        SORT,
        "df = df.where((Model().score(col('id')) > 0) & (weigh(col('id')) >= 0))\n" + SORT,
        "rows through UDFs",
    ),
}
"""What is replaced by what, and what the verdict names."""
OF_SEVERAL_SINKS = """
import daft
from daft import col

df = daft.from_pydict({"k": [n % 50 for n in range(500)], "v": [n * 7919 % 500 * 0.5 for n in range(500)]})
df.select("k").write_parquet("keys")
df.write_parquet("by_key", partition_cols=["k"])
df.sort("v", desc=True).limit(10).write_csv("top")
print(df.sort("v").select("v").to_pydict()["v"][0])
print(df.sort(col("v") * -1).select("k").to_pydict()["k"][0])
holes = daft.from_pydict({"k": list(range(50)), "h": [None if n % 9 == 0 else n % 7 for n in range(50)]})
holes.sort(["h", "k"], nulls_first=True).write_parquet("holes", write_success_file=True)
holes.sort(col("k") % 13).select("h").write_csv("remainders")
df.where(col("v") >= 10).groupby("k").agg(col("v").mean()).sort("k").write_json("means")
"""
ON_SEVERAL_SINKS = {
    "duplicates dropped": ('select("k")', 'select("k").distinct()', "500 rows before, 50 after"),
    "no partition columns": (', partition_cols=["k"]', "", "rows differ"),
    "other partition columns": ('partition_cols=["k"]', 'partition_cols=[(col("k") % 5).alias("m")]', "rows differ"),
    "sort dropped before a limit": ('.sort("v", desc=True).limit', ".limit", "10 of 10 rows differ"),
    "other end of a sort before a limit": ("desc=True", "desc=False", "10 of 10 rows differ"),
    "other dialect": ('write_csv("top")', 'write_csv("top", delimiter=";")', "written with delimiter=';', was None"),
    "sort by a float dropped": ('print(df.sort("v")', "print(df", "in another order, though the script sorts them"),
    "sort by an expression dropped": ('print(df.sort(col("v") * -1)', "print(df", "in another order"),
    "sort by an expression dropped before a write": (
        '.sort(col("k") % 13)',
        "",
        "not in the order of col(k) % lit(13)",
    ),
    "sort by another expression": ("% 13", "% 12", "not in the order of col(k) % lit(13)"),
    "second key of a sort dropped": ('sort(["h", "k"]', 'sort(["h"]', "out of order"),
    "missing values at the other end": ("nulls_first=True", "nulls_first=False", "1 of 1 files are out of order"),
    "no header": ('write_csv("remainders")', 'write_csv("remainders", header=False)', "written with header=False"),
    "one file in place of a folder": (
        'write_parquet("by_key", partition_cols=["k"])',
        'write_parquet("by_key", single_file=True)',
        "written with single_file=True, was False",
    ),
    "no mark of success": (", write_success_file=True", "", "written with write_success_file=False, was True"),
    "strict for weak": (">= 10", "> 10", "rows differ"),
    "mean of another column": ('col("v").mean()', 'col("v").sum()', "rows differ"),
    "sinks in another order": (
        'df.select("k").write_parquet("keys")\ndf.write_parquet("by_key", partition_cols=["k"])',
        'df.write_parquet("by_key", partition_cols=["k"])\ndf.select("k").write_parquet("keys")',
        "written to by_key, was keys",
    ),
}
RIGHT_ONES = {
    "condition turned": ('col("v") >= 10', '~(col("v") < 10)'),
    "defaults spelled out": ('write_csv("top")', 'write_csv("top", write_mode="append", header=True)'),
    "equal keys in another order": ('holes.sort(col("k") % 13)', 'holes.sort("k", desc=True).sort(col("k") % 13)'),
    "other compression": ('write_parquet("keys")', 'write_parquet("keys", compression="zstd")'),
    "key as a list": ('sort("v", desc=True).limit', 'sort(["v"], desc=[True]).limit'),
    "key as a column": ('sort(col("k") % 13)', 'with_column("m", col("k") % 13).sort("m")'),
}
ON_RAY = {
    "batches behind the sort": (SORT, SORT + "df = df.into_batches(50)\n", "though the script sorts"),
    "repartition behind the sort": (SORT, SORT + "df = df.repartition(8)\n", "ranges of the files overlap"),
    # memory of the script itself
    "held in the driver": ('with open("report', 'held = b"x" * 300_000_000\nwith open("report', "memory of the driver"),
    # placement
    "no fan-out": (".into_partitions(16)", "", "nodes 2 → 1"),
    "one partition": ("into_partitions(16)", "repartition(1)", "nodes 2 → 1"),
    # files
    "a file a task": ("into_partitions(16)", "into_partitions(80)", "files written"),
    "a file a key": ('"sorted")', '"sorted", partition_cols=[(col("id") % 64).alias("k")])', "rows differ"),
    # loads; tasks that meet on a node share one, so that each gets the node for itself
    "a model a task": ("@daft.cls(max_concurrency=2)", "@daft.cls(cpus=2)", "model loads 2 → 16"),
}
LIGHT = """
import daft
from daft import DataType, Series, col

table, kept = b"", []


@daft.func.batch(return_dtype=DataType.binary(), batch_size=16)
def blob(x: Series) -> Series:
    assert table is not None
    return Series.from_pylist([v.to_bytes(8, "little") * 12_500 for v in x.to_pylist()])


@daft.func.batch(return_dtype=DataType.int64(), batch_size=16)
def weigh(blob: Series) -> Series:
    return Series.from_pylist([len(v) for v in blob.to_pylist()])


@daft.cls(max_concurrency=2)
class Model:
    def __init__(self):
        self.weights = b""

    @daft.method.batch(return_dtype=DataType.int64(), batch_size=16)
    def score(self, x: Series) -> Series:
        return x


df = daft.range(0, 512, 1, 4)
df = df.with_column("blob", blob(col("id")))
df = df.with_column("size", weigh(col("blob")))
df = df.with_column("score", Model().score(col("id")))
df.select("size", "score").write_parquet("sizes")
"""
BLOBS = 'df = df.with_column("size"'
OF_LIGHT_WORK = {
    "batches behind what is heavy": (BLOBS, f"df = df.into_batches(64)\n{BLOBS}", "object store"),
    "repartition behind what is heavy": (BLOBS, f"df = df.repartition(4)\n{BLOBS}", "object store"),
    # the scheduler of a run needs more than its workers do here
    "held in a light worker": (
        "[len(v) for v in",
        "[len(v) for v in kept.append(bytearray(6_000_000)) or",
        "memory of a",
    ),
    # and its workers more than its actors
    "held in an actor": ('weights = b""', 'weights = b"7" * 80_000_000', "memory of an actor"),
    "one actor": ("max_concurrency=2", "max_concurrency=1", "actors 2 → 1"),
    "a table for each task": ('table, kept = b""', 'table, kept = b"7" * 60_000_000', "memory of the driver"),
}
IN_SMALL_GROUPS = """
import daft
import numpy as np
from daft import DataType, Series, col

daft.set_execution_config(parquet_target_row_group_size=2**20)


@daft.func.batch(return_dtype=DataType.binary(), batch_size=8)
def noise(x: Series) -> Series:
    return Series.from_pylist([np.random.default_rng(v).bytes(1_000_000) for v in x.to_pylist()])


daft.range(160).with_column("noise", noise(col("id"))).write_parquet("noise")
"""


Judge = Callable[[str], CaseResult]


def judging(runner: str, folder: Path, right: str = RIGHT) -> Iterator[Judge]:
    """What judges a text against `right`, which runs once, on one Ray for all; `folder` is where both work."""
    with workspace() as base, PrivateRay(base) as ray, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)

        def run(label: str, text: str) -> Run:
            return run_text(label, str(base / "script.py"), text.encode(), runner, OPTIONS, base, ray)

        before = run("before", right)
        assert before.ok, before.stderr

        def judge(text: str) -> CaseResult:
            case = VerifyCase(str(base / "script.py"), right.encode(), text.encode(), against="right.py")
            return judged_case(case, (before,), (run("after", text),), OPTIONS)

        yield judge


@pytest.fixture(scope="module")
def on_native(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    yield from judging("native", tmp_path_factory.mktemp("native"))


@pytest.fixture(scope="module")
def on_several_sinks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    yield from judging("native", tmp_path_factory.mktemp("sinks"), OF_SEVERAL_SINKS)


@pytest.fixture(scope="module")
def of_light_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    yield from judging("ray", tmp_path_factory.mktemp("light"), LIGHT)


@pytest.fixture(scope="module")
def on_ray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    yield from judging("ray", tmp_path_factory.mktemp("ray"))


def assert_seen(judge: Judge, old: str, new: str, named: str, right: str = RIGHT) -> None:
    assert old in right
    result = judge(right.replace(old, new))
    said = [result.reason, *(c.message for c in result.comparisons), result.after.message if result.after else ""]
    assert result.status in ("refuted", "confirmed, but"), said
    assert named in " ".join(said), said


@pytest.mark.parametrize("name", ON_NATIVE)
def test_a_wrong_rewrite_does_not_pass(on_native: Judge, name: str) -> None:
    assert_seen(on_native, *ON_NATIVE[name])


@pytest.mark.parametrize("name", ON_SEVERAL_SINKS)
def test_a_wrong_rewrite_of_one_of_several_sinks_does_not_pass(on_several_sinks: Judge, name: str) -> None:
    assert_seen(on_several_sinks, *ON_SEVERAL_SINKS[name], OF_SEVERAL_SINKS)


@pytest.mark.parametrize("name", RIGHT_ONES)
def test_a_right_rewrite_passes(on_several_sinks: Judge, name: str) -> None:
    old, new = RIGHT_ONES[name]
    assert old in OF_SEVERAL_SINKS
    result = on_several_sinks(OF_SEVERAL_SINKS.replace(old, new))
    assert result.passed, [result.reason, *(c.message for c in result.comparisons if not c.equal)]


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("name", ON_RAY)
def test_a_wrong_rewrite_does_not_pass_on_ray(on_ray: Judge, name: str) -> None:
    assert_seen(on_ray, *ON_RAY[name])


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("name", OF_LIGHT_WORK)
def test_a_wrong_rewrite_of_light_work_does_not_pass_on_ray(of_light_work: Judge, name: str) -> None:
    assert_seen(of_light_work, *OF_LIGHT_WORK[name], LIGHT)


def test_a_row_group_that_holds_a_whole_file_does_not_pass(tmp_path: Path) -> None:
    for judge in judging("native", tmp_path, IN_SMALL_GROUPS):
        assert_seen(judge, "=2**20", "=2**30", "largest row group", IN_SMALL_GROUPS)


def test_the_same_script_passes(on_native: Judge) -> None:
    result = on_native(RIGHT + "# no change\n")
    assert result.passed, result.reason
    memory = next(effect for effect in result.effects if effect.title == "memory of a worker")
    assert memory.before > 32 * 100_000 * 8
