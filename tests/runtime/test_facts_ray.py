"""How Daft behaves on Ray, where the rules rest on it: e20 to e23, e27 to e29 of the page of measurements."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.runtime_cases import experiment

pytest.importorskip("daft", reason="the extra `runtime` is not installed")
pytest.importorskip("ray", reason="the extra `runtime` is not installed")
pytestmark = [pytest.mark.facts, pytest.mark.ray, pytest.mark.slow]

EXPERIMENT = '''
import json, os, sys, tempfile, time
from pathlib import Path
import daft, ray
import pyarrow.parquet as pq
from daft import DataType, col

folder = tempfile.mkdtemp()
log = os.path.join(folder, "log")

def model(**options):
    """An object of a class of UDFs that notes each of its loads."""
    @daft.cls(**options)
    class Model:
        def __init__(self, log):
            with open(log, "a") as file:
                file.write("x")
            time.sleep(0.2)
        @daft.method.batch(return_dtype=DataType.int64(), batch_size=16)
        def embed(self, x):
            return x
        @daft.method
        def score(self, x: int) -> int:
            return x
    return Model(log)

def loads(function):
    """How often `__init__` runs while a function does."""
    open(log, "w").close()
    function()
    return os.path.getsize(log)

def files(df, **options):
    """How many Parquet files a write leaves."""
    target = tempfile.mkdtemp()
    df.write_parquet(target, **options)
    return len(list(Path(target).rglob("*.parquet")))

def is_sorted(df):
    ids = df.to_pydict()["id"]
    return ids == sorted(ids)

def with_a_tenth(df):
    """How many Parquet files of a write hold any of the middle tenth of the ids, and how many there are."""
    target = tempfile.mkdtemp()
    df.write_parquet(target)
    ids = [pq.read_table(path)["id"].to_pylist() for path in Path(target).rglob("*.parquet")]
    least, most = 0.45 * max(map(max, ids)), 0.55 * max(map(max, ids))
    return [sum(any(least <= i < most for i in file) for file in ids), len(ids)]

def seconds(function):
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin

ray.init(address="local", num_cpus=2, num_gpus=2, include_dashboard=False, log_to_driver=False)
try:
    daft.set_runner_ray()
    daft.range(512).write_parquet(folder + "/ids")
    read = lambda: daft.read_parquet(folder + "/ids/*.parquet")
    keyed = lambda: read().with_column("k", col("id") % 8)
    BODY
finally:
    ray.shutdown()
print(json.dumps(found))
'''


def measure(body: str) -> Any:
    """What the body of an experiment leaves in `found`."""
    lines = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    return experiment(EXPERIMENT.replace("    BODY\n", f"{lines}\n"))


def test_e20_a_class_without_max_concurrency_loads_its_model_again_and_again() -> None:
    found = measure("""
        found = {
            "batches": loads(lambda: read().into_batches(16).select(model().embed(col("id"))).collect()),
            "pool": loads(lambda: read().into_batches(16).select(model(max_concurrency=2).embed(col("id"))).collect()),
            "row by row": loads(lambda: read().into_partitions(16).select(model().score(col("id"))).collect()),
        }
    """)
    assert found["pool"] == 2
    assert found["batches"] > 8 * found["pool"]
    assert found["row by row"] > 2 * found["pool"]
    assert found["batches"] <= 32
    assert found["row by row"] <= 16


def test_e21_what_keeps_the_order_of_a_sort() -> None:
    found = measure("""
        found = {
            "nothing": is_sorted(read().sort("id")), "where": is_sorted(read().sort("id").where(col("id") >= 0)),
            "into_partitions": is_sorted(read().sort("id").into_partitions(4)),
            "repartition(1)": is_sorted(read().sort("id").repartition(1)),
            "repartition": is_sorted(read().sort("id").repartition(4)),
            "distinct": is_sorted(read().into_partitions(4).sort("id").distinct()),
            "repartition before": is_sorted(read().repartition(4).sort("id")),
            "in 4 files": files(read().repartition(4).sort("id")) == 4,
        }
    """)
    assert {name for name, kept in found.items() if not kept} == {"repartition", "distinct"}


def test_e21_files_of_a_sort_that_hold_a_tenth_of_its_range() -> None:
    found = measure("""
        many = lambda: daft.range(20_000)
        found = {
            "last": with_a_tenth(many().repartition(16).sort("id")),
            "lost": with_a_tenth(many().sort("id").repartition(16)),
            "distinct": with_a_tenth(many().into_partitions(16).sort("id").distinct()),
        }
    """)
    assert found["lost"] == [16, 16]
    assert found["distinct"] == [16, 16]
    assert found["last"][1] == 16
    assert found["last"][0] <= 4


def test_e22_a_task_writes_a_file_for_each_key() -> None:
    found = measure("""
        found = {
            "one": files(read()), "batches": files(read().into_batches(16)),
            "batches gathered": files(read().into_batches(16).into_partitions(2)),
            "keys of 4 tasks": files(keyed().into_partitions(4), partition_cols=["k"]),
            "keys repartitioned": files(keyed().repartition(4, "k"), partition_cols=["k"]),
            "a key of each row": files(
                read().limit(64).with_column("k", daft.functions.uuid().cast(DataType.string())), partition_cols=["k"]
            ),
            "groupby of 1": files(keyed().groupby("k").agg(col("id").sum())),
            "groupby of 4": files(keyed().repartition(4).groupby("k").agg(col("id").sum())),
        }
    """)
    assert found == {
        "one": 1,
        "batches": 32,
        "batches gathered": 2,
        "keys of 4 tasks": 32,
        "keys repartitioned": 8,
        "a key of each row": 64,
        "groupby of 1": 1,
        "groupby of 4": 4,
    }


def test_e23_a_captured_table_goes_into_every_task(tmp_path: Path) -> None:
    found = measure("""
        table = os.urandom(30_000_000)
        @daft.func.batch(return_dtype=DataType.int64())
        def looked_up(x):
            return [len(table)] * len(x)
        @daft.func.batch(return_dtype=DataType.int64())
        def plain(x):
            return [3] * len(x)
        spread = lambda udf, n: seconds(lambda: daft.range(512).into_partitions(n).select(udf(col("id"))).collect())
        spread(plain, 4)
        found = {name: [spread(udf, 4), spread(udf, 32)] for name, udf in (("table", looked_up), ("plain", plain))}
    """)
    assert found["table"][1] > 2 * found["plain"][1]
    assert found["table"][1] > 2 * found["table"][0]


def test_e27_what_ray_assigns_to_actors_that_ask_for_a_gpu_and_to_those_that_do_not() -> None:
    found = measure("""
        def seen(**options):
            @daft.cls(**options)
            class Model:
                def __init__(self):
                    self.devices = os.environ.get("CUDA_VISIBLE_DEVICES", "all")
                @daft.method.batch(return_dtype=DataType.string(), batch_size=8)
                def run(self, x):
                    time.sleep(0.05)
                    return [f"{self.devices} in {os.getpid()}"] * len(x)
            rows = daft.range(0, 64, 1, 8).with_column("seen", Model().run(col("id"))).to_pydict()["seen"]
            return sorted(actor.partition(" in ")[0] for actor in set(rows))
        found = {
            "asked": seen(max_concurrency=2, gpus=1),
            "not asked": seen(max_concurrency=2),
            "no actors": seen(),
        }
    """)
    assert found == {"asked": ["0", "1"], "not asked": ["all", "all"], "no actors": ["0,1"]}


def test_e28_partitions_of_sort_distinct_and_groupby() -> None:
    """Each file of a write is a partition."""
    found = measure("""
        spread = lambda n: read().into_partitions(n)
        summed = lambda df: df.groupby("id").agg((col("id") * 2).sum().alias("s"))
        steps = {"sort": lambda df: df.sort("id"), "distinct": lambda df: df.distinct(), "groupby": summed}
        found = {
            name: [files(step(spread(n))) for n in (1, 3, 5)] + [files(step(spread(3).into_batches(16)))]
            for name, step in steps.items()
        }
    """)
    for counts in found.values():
        assert counts[:3] == [1, 3, 5]
        assert counts[3] < 8


def test_e29_what_a_plan_with_a_checkpoint_rejects() -> None:
    found = measure("""
        source = os.path.join(folder, "in")
        daft.from_pydict({"id": list(range(10)), "v": [1] * 10}).write_parquet(source)
        other = daft.from_pydict({"id": [1], "w": [2]})

        def read():
            store = daft.CheckpointStore("file://" + tempfile.mkdtemp())
            config = daft.CheckpointConfig(store=store, on="id")
            return daft.read_parquet(source + "/*.parquet", checkpoint=config)

        def written(df):
            df.write_parquet(tempfile.mkdtemp())

        steps = {
            "where": lambda df: written(df.where(col("v") == 1)),
            "into_batches": lambda df: written(df.into_batches(2)),
            "unpivot": lambda df: written(df.unpivot("id", "v")),
            "collect": lambda df: df.collect(),
            "limit": lambda df: written(df.limit(3)),
            "offset": lambda df: written(df.limit(3).offset(1)),
            "sample": lambda df: written(df.sample(0.5)),
            "sort": lambda df: written(df.sort("id")),
            "distinct": lambda df: written(df.distinct()),
            "agg": lambda df: written(df.groupby("id").agg(col("v").sum())),
            "join": lambda df: written(df.join(other, on="id")),
            "concat": lambda df: written(df.concat(read())),
            "repartition": lambda df: written(df.repartition(2)),
            "into_partitions": lambda df: written(df.into_partitions(2)),
            "count_rows": lambda df: df.count_rows(),
            "show": lambda df: df.show(),
        }

        def outcome(run):
            try:
                run(read())
            except BaseException as error:
                return "map-only" if "only supports map-only pipelines" in str(error) else str(error)[:200]
            return "ok"

        found = {name: outcome(run) for name, run in steps.items()}
    """)
    allowed = {name for name, outcome in found.items() if outcome == "ok"}
    assert allowed == {"where", "into_batches", "unpivot", "collect"}
    assert set(found.values()) == {"ok", "map-only"}
