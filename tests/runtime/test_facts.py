"""How Daft behaves, on the native runner, where rules rest on it: those of e11 to e32 on the page of
measurements that need no Ray.

Each experiment is a script in a process of its own that prints one JSON object. Times are
read as ratios within one run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("daft", reason="the extra `runtime` is not installed")
pytestmark = pytest.mark.facts

PRELUDE = '''
import asyncio, json, os, sys, tempfile, time
import daft
from daft import DataType, col
daft.set_runner_native()
folder = tempfile.mkdtemp()
log = os.path.join(folder, "log")

def outcome(function):
    """The name of the exception that a call raises, with the beginning of its text; "ok" where it raises none."""
    try:
        function()
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:200]
    return "ok"

def seconds(function):
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin

@daft.func
def noted(x: int) -> int:
    with open(log, "a") as file:
        file.write("x")
    return x + 1

def rows_worked(function):
    """How many rows the UDF `noted` gets while a function runs."""
    open(log, "w").close()
    function()
    return os.path.getsize(log)
'''
LEAVE = "\nsys.stdout.flush(); os._exit(0)\n"
"""Behind a query that has failed, a thread of Daft's engine can crash the interpreter while it ends (0.7.26)."""


def measure(text: str, **variables: str) -> Any:
    """What a script prints last, as JSON, with these variables of the environment."""
    environment = {**os.environ, **variables, "DAFT_PROGRESS_BAR": "0", "DAFT_ANALYTICS_ENABLED": "0"}
    environment.pop("DAFT_RUNNER", None)
    run = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(text) + LEAVE],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def test_e11_a_builtin_is_faster_than_the_same_in_python() -> None:
    found = measure("""
        df = daft.from_pydict({"a": ["Ab"] * 300_000}).collect()
        @daft.func
        def rowwise(x: str) -> str:
            return x.lower()
        @daft.func.batch(return_dtype=DataType.string())
        def batch(x):
            return [v.lower() for v in x.to_pylist()]
        forms = {"func": rowwise(col("a")), "batch": batch(col("a")), "expression": col("a").lower()}
        print(json.dumps({name: seconds(lambda: df.with_column("b", e).collect()) for name, e in forms.items()}))
    """)
    assert found["func"] > 20 * found["expression"]
    assert found["batch"] > 2 * found["expression"]


def test_e12_waiting_in_a_udf() -> None:
    found = measure("""
        df = daft.from_pydict({"a": list(range(100))}).collect()
        @daft.func
        def synchronous(x: int) -> int:
            time.sleep(0.05); return x
        @daft.func
        async def blocking(x: int) -> int:
            time.sleep(0.05); return x
        @daft.func.batch(return_dtype=DataType.int64())
        async def await_in_a_loop(x):
            for _ in x.to_pylist():
                await asyncio.sleep(0.05)
            return x.to_pylist()
        @daft.func
        def run_for_each_row(x: int) -> int:
            asyncio.run(asyncio.sleep(0.05)); return x
        @daft.func
        async def to_thread(x: int) -> int:
            await asyncio.to_thread(time.sleep, 0.05); return x
        @daft.func
        async def awaiting(x: int) -> int:
            await asyncio.sleep(0.05); return x
        @daft.func.batch(return_dtype=DataType.int64())
        async def gather(x):
            await asyncio.gather(*[asyncio.sleep(0.05) for _ in x.to_pylist()]); return x.to_pylist()
        forms = [synchronous, blocking, await_in_a_loop, run_for_each_row, to_thread, awaiting, gather]
        print(json.dumps({f.name.split(".")[-1]: seconds(lambda: df.select(f(col("a"))).collect()) for f in forms}))
    """)
    one_by_one = 100 * 0.05
    for name in ("synchronous", "blocking", "await_in_a_loop", "run_for_each_row"):
        assert found[name] > one_by_one
    for name in ("to_thread", "awaiting", "gather"):
        assert found[name] < one_by_one / 2


def test_e13_a_worker_s_thread_has_no_event_loop() -> None:
    found = measure("""
        @daft.func
        def loop(x: int) -> int:
            return asyncio.get_event_loop().run_until_complete(asyncio.sleep(0, x))
        print(json.dumps(outcome(lambda: daft.from_pydict({"a": [1]}).select(loop(col("a"))).collect())))
    """)
    assert "RuntimeError: There is no current event loop" in found


def test_e14_every_sink_runs_the_whole_plan() -> None:
    found = measure("""
        def made():
            return daft.from_pydict({"i": list(range(100))}).with_column("y", noted(col("i")))
        def two_writes(df):
            df.write_parquet(folder + "/a"); df.write_parquet(folder + "/b")
        def collected_as_a_statement(df):
            df.collect(); df.write_parquet(folder + "/a"); df.count_rows()
        def branches(df):
            df.where(col("y") > 50).collect(); df.where(col("y") <= 50).collect()
        def iterated_twice(df):
            list(df.iter_rows()); list(df.iter_rows())
        cases = {
            "two writes": lambda: two_writes(made()), "collected before": lambda: two_writes(made().collect()),
            "collected as a statement": lambda: collected_as_a_statement(made()), "branches": lambda: branches(made()),
            "iterated twice": lambda: iterated_twice(made()), "not read": lambda: made().select("i").collect(),
            "count_rows": lambda: made().count_rows(),
        }
        print(json.dumps({name: rows_worked(case) for name, case in cases.items()}))
    """)
    assert found == {
        "two writes": 200,
        "collected before": 100,
        "collected as a statement": 100,
        "branches": 200,
        "iterated twice": 200,
        "not read": 0,
        "count_rows": 0,
    }


def test_e14_random_values_differ_from_sink_to_sink() -> None:
    found = measure("""
        from daft.functions import uuid
        df = daft.from_pydict({"i": list(range(100))}).with_column("id", uuid())
        for name in ("a", "b"):
            df.write_parquet(f"{folder}/{name}")
        first, second = (set(daft.read_parquet(f"{folder}/{name}").to_pydict()["id"]) for name in ("a", "b"))
        print(json.dumps([len(first), len(first & second)]))
    """)
    assert found == [100, 0]


def test_e14_some_sinks_keep_the_rows_for_those_after_them() -> None:
    found = measure("""
        sinks = {
            "to_pydict": lambda df: df.to_pydict(), "to_pylist": lambda df: df.to_pylist(),
            "to_pandas": lambda df: df.to_pandas(), "to_arrow": lambda df: df.to_arrow(),
            "iter_rows": lambda df: list(df.iter_rows()), "write_parquet": lambda df: df.write_parquet(folder + "/w"),
        }
        def then_written(sink):
            df = daft.from_pydict({"i": list(range(100))}).with_column("y", noted(col("i")))
            sink(df); df.write_parquet(folder + "/z")
        print(json.dumps({name: rows_worked(lambda: then_written(sink)) for name, sink in sinks.items()}))
    """)
    assert {name for name, rows in found.items() if rows == 100} == {"to_pydict", "to_pylist", "to_pandas"}
    assert {name for name, rows in found.items() if rows == 200} == {"to_arrow", "iter_rows", "write_parquet"}


def test_e15_the_same_call_twice_in_a_plan_runs_twice() -> None:
    found = measure("""
        from daft.functions import unnest
        @daft.func
        def pair(x: int) -> DataType.struct({"a": DataType.int64(), "b": DataType.int64()}):
            with open(log, "a") as file:
                file.write("x")
            return {"a": x, "b": x}
        df = daft.from_pydict({"i": list(range(100))})
        i, one = col("i"), noted(col("i"))
        s, fields = pair(col("i")), lambda s, t: [s.get("a").alias("a"), t.get("b").alias("b")]
        cases = {
            "two calls": lambda: df.with_column("a", noted(i)).with_column("b", noted(i) + 1).collect(),
            "two calls in a select": lambda: df.select(noted(i).alias("a"), (noted(i) + 1).alias("b")).collect(),
            "in where and as a column": lambda: df.where(noted(i) > 0).with_column("b", noted(i)).collect(),
            "one expression twice": lambda: df.with_column("a", one).with_column("b", one + 1).collect(),
            "one in where and as a column": lambda: df.where(one > -9).with_column("b", one).collect(),
            "one behind a sort": lambda: df.with_column("a", one).sort("i").with_column("b", one).collect(),
            "a column twice": lambda: df.with_column("a", one).with_column("b", col("a") + 1).collect(),
            "fields of two calls": lambda: df.select(*fields(pair(i), pair(i))).collect(),
            "fields of one expression": lambda: df.select(*fields(s, s)).collect(),
            "unnest": lambda: df.select(unnest(s)).collect(),
            "both sides of a join": lambda: scored.join(means, on="i").collect(),
            "a side without the column": lambda: scored.join(scored.select("i").distinct(), on="i").collect(),
            "two filters and their rows": lambda: large.concat(scored.where(col("a") <= 9)).collect(),
        }
        scored = df.with_column("a", noted(i))
        means, large = scored.groupby("i").agg(col("a").mean().alias("m")), scored.where(col("a") > 9)
        print(json.dumps({name: rows_worked(case) for name, case in cases.items()}))
    """)
    twice = {"two calls", "two calls in a select", "in where and as a column", "fields of two calls"}
    twice |= {"one in where and as a column", "one behind a sort"}
    twice |= {"both sides of a join", "two filters and their rows"}
    assert {name for name, rows in found.items() if rows == 200} == twice
    assert {name for name, rows in found.items() if rows == 100} == found.keys() - twice


def test_e16_a_query_for_each_turn_of_a_loop() -> None:
    found = measure("""
        for i in range(40):
            daft.from_pydict({"id": [i] * 100}).write_parquet(f"{folder}/p{i}")
        df = daft.read_parquet(folder + "/**/*.parquet")
        def in_a_loop():
            for i in range(30):
                df.where(col("id") == i).collect()
        print(json.dumps([seconds(in_a_loop), seconds(lambda: df.where(col("id").is_in(list(range(30)))).collect())]))
    """)
    assert found[0] > 8 * found[1]


def test_e16_a_column_that_each_turn_of_a_loop_writes_anew() -> None:
    found = measure("""
        def chained(turns):
            df = daft.from_pydict({"t": ["a b"] * 100})
            for i in range(turns):
                df = df.with_column("t", col("t").replace(str(i), "x"))
            df.collect()
        chained(2)
        print(json.dumps([seconds(lambda: chained(50)), seconds(lambda: chained(75))]))
    """)
    assert found[1] > 2 * found[0]


def test_e17_expressions_that_fail_or_lie() -> None:
    found = measure("""
        df = daft.from_pydict({"a": [1, None, 3], "i": [1, 2, 3]})
        @daft.func.batch(return_dtype=DataType.int64())
        def one_value(x):
            return [7]
        found = {
            "== None": df.where(col("a") == None).count_rows(), "!= None": df.where(col("a") != None).count_rows(),
            "is_null": df.where(col("a").is_null()).count_rows(),
            "and": outcome(lambda: df.where((col("a") == 1) and (col("i") == 1))),
            "or": outcome(lambda: df.where((col("a") == 1) or (col("i") == 1))),
            "not": outcome(lambda: df.where(not (col("a") == 1))), "in": outcome(lambda: df.where(col("a") in [1, 2])),
            "chain": outcome(lambda: df.where(0 < col("a") < 3)), "if": outcome(lambda: 1 if col("a") == 1 else 2),
            "one value": df.select(one_value(col("i")).alias("o")).to_pydict()["o"],
        }
        print(json.dumps(found))
    """)
    assert (found["== None"], found["!= None"], found["is_null"]) == (0, 0, 1)
    for name in ("and", "or", "not", "in", "chain", "if"):
        assert found[name].startswith("ValueError: Expressions don't have a truth value")
    assert found["one value"] == [7, 7, 7]


def test_e18_calls_that_read_as_keys(tmp_path: Path) -> None:
    found = measure(f"""
        from daft.functions import download
        paths = [os.path.join({str(tmp_path)!r}, str(i)) for i in range(4)]
        for path in paths:
            with open(path, "wb") as file:
                file.write(b"abc")
        df = daft.from_pydict({{"p": paths, "i": [1, 2, 3, 4]}})
        @daft.func
        async def waits(x: int) -> int:
            await asyncio.sleep(0); return x
        read, slow = download(col("p")), waits(col("i"))
        cases = {{
            "select": lambda: df.select(read).collect(),
            "where": lambda: df.where(read == b"abc").collect(),
            "groupby": lambda: df.groupby(read).agg(col("i").sum()).collect(),
            "agg": lambda: df.agg(read.count()).collect(), "distinct": lambda: df.distinct(read).collect(),
            "async where": lambda: df.where(slow > 2).collect(), "async sort": lambda: df.sort(slow).collect(),
            "async groupby": lambda: df.groupby(slow).agg(col("i").sum()).collect(),
            "async distinct": lambda: df.distinct(slow).collect(),
        }}
        print(json.dumps({{name: outcome(case) for name, case in cases.items()}}))
    """)
    assert {name for name, said in found.items() if said == "ok"} == {"select", "async where"}
    assert all("Cannot start a runtime from within a runtime" in said for said in found.values() if said != "ok")


def test_e19_what_daft_refuses_at_once() -> None:
    found = measure("""
        import asyncio, concurrent.futures, queue, socket, sqlite3, threading
        from typing import Dict, List, Optional, Union
        df = daft.from_pydict({"i": [1, 2], "b": [b"x", b"y"], "l": [[1], [2]]})
        def capturing(value):
            @daft.func
            def reads(x: int) -> int:
                str(value); return x
            return outcome(lambda: reads(col("i")))
        captured = {
            "lock": threading.Lock(), "connection": sqlite3.connect(":memory:"), "socket": socket.socket(),
            "pool": concurrent.futures.ThreadPoolExecutor(1), "generator": (x for x in [1]), "queue": queue.Queue(),
            "cursor": sqlite3.connect(":memory:").cursor(), "file": open(log, "ab"), "loop": asyncio.new_event_loop(),
        }
        held = captured["object"] = type("Held", (), {"f": lambda self, x: x})()
        held.lock = threading.Lock()
        def returning(annotation):
            def f(x):
                return x
            f.__annotations__ = {"x": int, "return": annotation}
            return outcome(lambda: df.select(daft.func(f)(col("i"))).schema())
        def gpus(count):
            return daft.cls(gpus=count)(type("Model", (), {"__call__": lambda self, x: x}))()
        model = daft.cls(type("Model", (), {"__call__": lambda self, x: x}))
        no_object = [lambda step=step: step(model(col("i"))) for step in (df.select, df.where, df.sort)]
        annotations = {"Optional": Optional[int], "List": List[int], "Dict": Dict[str, int], "Union": Union[int, str]}
        other = daft.from_pydict({"i": [1]})
        join = lambda how, strategy: outcome(lambda: df.join(other, on="i", how=how, strategy=strategy).collect())
        print(json.dumps({
            "captured": {name: capturing(value) for name, value in captured.items()},
            "returned": {name: returning(value) for name, value in annotations.items()},
            "fine": [returning(int | None), returning(list[int])],
            "bound": outcome(lambda: df["i"].apply(held.f, return_dtype=DataType.int64())),
            "nothing said": outcome(lambda: daft.func(lambda x: x)(col("i"))),
            "gpus=1.5": outcome(lambda: gpus(1.5)), "gpus=0.5": outcome(lambda: gpus(0.5)),
            "broadcast outer": join("outer", "broadcast"), "sort_merge left": join("left", "sort_merge"),
            "cross on": outcome(lambda: df.join(other, on="i", how="cross")),
            "write_json": outcome(lambda: df.write_json(folder + "/j")),
            "write_csv": outcome(lambda: df.select("l").write_csv(folder + "/c")),
            "no object": [outcome(line) for line in no_object],
            "runner late": outcome(daft.set_runner_ray),
        }))
    """)
    assert all(
        said.startswith("ValueError: Daft functions must be serializable") for said in found["captured"].values()
    )
    assert all(said.startswith("TypeError") for said in found["returned"].values())
    assert found["fine"] == ["ok", "ok"]
    assert found["nothing said"].startswith("ValueError")
    assert "is serializable" in found["bound"]
    assert found["gpus=1.5"].startswith("ValueError: ResourceRequest num_gpus greater than 1 must be an integer")
    assert found["gpus=0.5"] == "ok"
    assert found["broadcast outer"] == "ValueError: Broadcast join does not support outer joins"
    assert found["sort_merge left"] == "ValueError: Sort merge join only supports inner joins"
    assert found["cross on"].startswith("ValueError: In a cross join")
    assert found["write_json"].startswith("DaftCoreException")
    assert found["write_csv"] != "ok"
    assert all("received wrong input type" in said for said in found["no object"])
    assert "Cannot set runner more than once" in found["runner late"]


def test_e19_types_that_are_python_objects() -> None:
    found = measure("""
        import typing
        import numpy as np
        import pyarrow.parquet as pq
        df = daft.from_pydict({"i": [1]})
        def made(annotation, value=None):
            def f(x):
                return value
            f.__annotations__ = {"x": int, "return": annotation}
            return df.select(daft.func(f)(col("i")).alias("o"))
        names = {"dict": dict, "list": list, "tuple": tuple, "set": set, "object": object, "Any": typing.Any}
        types = {name: str(made(a).schema()["o"].dtype) for name, a in {**names, "ndarray": np.ndarray}.items()}
        vector = made(np.ndarray, np.ones(4, dtype=np.float32))
        vector.write_parquet(folder)
        stored = pq.read_table(folder).to_pydict()["o"][0]["data"]
        refused = [outcome(lambda: vector.write_json(folder + "/j")), outcome(lambda: vector.write_csv(folder + "/c"))]
        print(json.dumps({"types": types, "pickles": sum(v.startswith(b"\\x80") for v in stored), "refused": refused}))
    """)
    assert found["types"] == {
        "dict": "Map[Python: Python]",
        "list": "List[Python]",
        "tuple": "List[Python]",
        "set": "Python",
        "object": "Python",
        "Any": "Python",
        "ndarray": "Tensor[Python]",
    }
    assert found["pickles"] == 4
    assert all(found["refused"])


def test_e19_types_that_files_refuse() -> None:
    found = measure("""
        import numpy
        square = numpy.zeros((2, 2, 3), numpy.uint8)
        integer, real = DataType.int64(), DataType.float32()
        types = {
            "binary": (DataType.binary(), b"x"),
            "list": (DataType.list(integer), [1]),
            "embedding": (DataType.embedding(real, 2), [1.0, 2.0]),
            "struct": (DataType.struct({"a": integer}), {"a": 1}),
            "map": (DataType.map(DataType.string(), integer), {"a": 1}),
            "tensor": (DataType.tensor(real), square[0, 0]),
            "image": (DataType.image("RGB"), square),
            "list[binary]": (DataType.list(DataType.binary()), [b"x"]),
            "string": (DataType.string(), "x"),
        }
        refused = {"write_csv": [], "write_json": [], "write_parquet": []}
        for name, (dtype, value) in types.items():
            df = daft.from_pydict({"x": daft.Series.from_pylist([value], dtype=dtype)})
            for write in refused:
                if outcome(lambda: getattr(df, write)(os.path.join(folder, write))) != "ok":
                    refused[write].append(name)
        print(json.dumps(refused))
    """)
    assert found == {
        "write_csv": ["list", "embedding", "struct", "map", "tensor", "image", "list[binary]"],
        "write_json": ["binary", "embedding", "tensor", "image", "list[binary]"],
        "write_parquet": [],
    }


def test_e25_frames_that_are_decoded_and_then_thrown_away() -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    found = measure("""
        import av, numpy
        path = os.path.join(folder, "clip.mp4")
        row = (numpy.arange(640) % 256).astype(numpy.uint8)
        picture = numpy.tile(row[None, :, None], (360, 1, 3))
        with av.open(path, "w") as container:
            stream = container.add_stream("libx264", rate=30)
            stream.width, stream.height, stream.pix_fmt, stream.gop_size = 640, 360, "yuv420p", 30
            for index in range(600):
                frame = av.VideoFrame.from_ndarray(numpy.roll(picture, index, axis=1), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        def frames(**options):
            return daft.read_video_frames(path, image_height=360, image_width=640, **options)
        def index(df):
            return df.select("frame_index", "data").to_pydict()["frame_index"]
        plans = {
            "filtered": frames().where(col("is_key_frame")), "key frames": frames(is_key_frame=True),
            "each 30th": frames().where(col("frame_index") % 30 == 0), "interval": frames(sample_interval_seconds=1.0),
        }
        print(json.dumps({name: [seconds(lambda: index(df)), index(df)] for name, df in plans.items()}))
    """)
    assert found["filtered"][0] > 3 * found["key frames"][0]
    assert found["each 30th"][0] > 1.5 * found["interval"][0]
    assert len(found["filtered"][1]) == len(found["key frames"][1])
    assert found["key frames"][1][:3] == [0, 1, 2]
    assert found["filtered"][1][1] > 1
    assert found["each 30th"][1] == found["interval"][1]


def test_e26_a_null_that_reaches_a_udf() -> None:
    found = measure("""
        there = os.path.join(folder, "there")
        open(there, "w").write("abc")
        df = daft.from_pydict({"u": [there, there + "-not"]}).with_column("b", col("u").download(on_error="null"))
        @daft.func
        def size(b: bytes) -> int:
            return len(b)
        @daft.func
        def guarded(b: bytes) -> int | None:
            return None if b is None else len(b)
        applied = col("b").apply(lambda b: len(b), return_dtype=DataType.int64())
        plans = {
            "func": df.select(size(col("b"))), "apply": df.select(applied), "guarded": df.select(guarded(col("b"))),
            "filtered": df.where(col("b").not_null()).select(size(col("b"))),
        }
        print(json.dumps({name: outcome(plan.collect) for name, plan in plans.items()}))
    """)
    assert "NoneType" in found["func"]
    assert found["apply"].startswith("UDFException")
    assert found["guarded"] == found["filtered"] == "ok"


def test_e29_a_checkpoint_on_the_native_runner() -> None:
    found = measure("""
        daft.from_pydict({"id": [1, 2]}).write_parquet(folder + "/in")
        config = daft.CheckpointConfig(store=daft.CheckpointStore("file://" + tempfile.mkdtemp()), on="id")
        print(json.dumps(outcome(lambda: daft.read_parquet(folder + "/in/*.parquet", checkpoint=config).collect())))
    """)
    assert found.startswith("ValueError: checkpoint= is not supported on the native runner")


def test_e30_a_model_that_is_called_for_each_row_of_a_batch() -> None:
    text = """
        import numpy
        random = numpy.random.default_rng(0)
        layers = [random.standard_normal((2048, 2048), numpy.float32) / 45 for _ in range(2)]
        def model(rows):
            for layer in layers:
                rows = numpy.maximum(rows @ layer, 0)
            return rows.sum(axis=-1)
        @daft.func.batch(return_dtype=DataType.float32(), batch_size=64)
        def for_each(rows):
            return [float(model(row)) for row in rows.to_pylist()]
        @daft.func.batch(return_dtype=DataType.float32(), batch_size=64)
        def for_all(rows):
            return model(numpy.stack(rows.to_pylist()))
        rows = list(random.standard_normal((512, 2048), numpy.float32))
        tensor = DataType.tensor(DataType.float32(), (2048,))
        df = daft.from_pydict({"x": daft.Series.from_pylist(rows, dtype=tensor)}).collect()
        def scores(method):
            return df.select(method(col("x")).alias("y")).to_pydict()["y"]
        same = numpy.allclose(scores(for_each), scores(for_all), rtol=1e-3)
        print(json.dumps([bool(same), *[seconds(lambda: scores(method)) for method in (for_each, for_all)]]))
    """
    # one thread: what its threads wait for each other, row after row, is not what is measured
    same, for_each, for_all = measure(text, OPENBLAS_NUM_THREADS="1")
    assert same
    assert for_each > 2 * for_all


PEAK = """
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
"""


def costs(setting: str, query: str, **variables: str) -> tuple[float, float]:
    """The seconds of a query, and the bytes by which it raises the peak of its process."""
    # the first query raises it anyway
    warmed = """daft.from_pydict({"a": [1]}).to_pandas(); before = peak()"""
    time, memory = measure("\n".join((PEAK, textwrap.dedent(setting), warmed, PRINTED.format(query))), **variables)
    return time, memory


PRINTED = "print(json.dumps([seconds(lambda: {}), peak() - before]))"


def test_e31_rows_that_are_brought_to_the_driver(tmp_path: Path) -> None:
    made = """
        texts = [os.urandom(500).hex() for _ in range(200_000)]
        daft.from_pydict({"id": list(range(200_000)), "text": texts}).write_parquet(os.environ["FOLDER"])
        print("null")
    """
    measure(made, FOLDER=str(tmp_path))
    queries = {
        "count_rows": "df.count_rows()",
        "collect": "len(df.collect())",
        "to_pandas": "len(df.to_pandas())",
        "one column": 'df.select("id").to_pydict()["id"]',
        "one of all columns": 'df.to_pydict()["id"]',
    }
    setting = 'df = daft.read_parquet(os.environ["FOLDER"] + "/*.parquet")'
    found = {name: costs(setting, query, FOLDER=str(tmp_path)) for name, query in queries.items()}
    time = {name: seconds for name, (seconds, _) in found.items()}
    memory = {name: peak for name, (_, peak) in found.items()}
    assert min(memory["collect"], memory["to_pandas"]) > 5 * memory["count_rows"]
    assert min(time["collect"], time["to_pandas"]) > 5 * time["count_rows"]
    assert memory["one of all columns"] > 5 * memory["one column"]
    assert time["one of all columns"] > 5 * time["one column"]


def test_e31_heavy_rows_that_are_collected_before_a_write() -> None:
    setting = """
        @daft.func.batch(return_dtype=DataType.binary(), batch_size=16, use_process=False)
        def blob(ids):
            return [os.urandom(1_000_000) for _ in ids.to_pylist()]
        df = daft.range(1000).with_column("blob", blob(col("id")))
    """
    _, written = costs(setting, "df.write_parquet(folder)")
    _, collected = costs(setting, "df.collect().write_parquet(folder)")
    assert collected > 1.3 * written


def test_e32_defaults_that_changed() -> None:
    pytest.importorskip("PIL")
    found = measure("""
        import io
        from PIL import Image
        file = io.BytesIO()
        Image.linear_gradient("L").save(file, "PNG")
        gray = daft.from_pydict({"data": [file.getvalue()]})
        def deviation(**options):
            return daft.from_pydict({"x": [1.0, 3.0]}).agg(col("x").stddev(**options)).to_pydict()["x"][0]
        def shape(**options):
            pixels = gray.select(col("data").decode_image(**options).cast(DataType.python())).to_pydict()["data"][0]
            return list(pixels.shape)
        print(json.dumps([shape(), shape(mode=None), round(deviation(), 3), deviation(ddof=0)]))
    """)
    assert found == [[256, 256, 3], [256, 256, 1], 1.414, 1.0]
