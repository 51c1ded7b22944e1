"""Predictions against what Daft 0.7.26 did on both runners (`tests/runtime/pairs/partitions.py` runs them on Ray)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daft_lint.pipeline.dataflow.effects import Prediction, predict
from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import Cluster, Settings
from daft_lint.report.plan import render
from daft_lint.source.document import Document

SCRIPT = """
import daft
{setup}
@daft.func.batch(return_dtype=daft.DataType.int64(){options})
def work(x):
    return x

df = {frame}
df.select(work(df["id"])).collect()
"""


def predicted(frame: str, options: str = "", setup: str = "") -> Prediction:
    """The prediction for the step that calls the UDF, on 4 nodes."""
    document = Document.from_bytes("a.py", SCRIPT.format(frame=frame, options=options, setup=setup).encode())
    script = interpret(document, Settings(cluster=Cluster(nodes=4)), Project())
    (pipeline,) = script.pipelines
    return next(operator for operator in predict(pipeline) if operator.udfs)


@pytest.mark.parametrize(
    ("frame", "options", "tasks", "largest"),
    [
        ("daft.range(1000)", "", 1, 1000),
        ("daft.range(1_000_000)", "", 1, 131_072),
        ("daft.range(1000)", ", batch_size=50", 1, 50),
        ("daft.range(0, 1000, 1, 5)", ", batch_size=50", 5, 50),
        ("daft.range(1024).into_batches(64)", "", 16, 64),
        ("daft.range(1000).into_batches(64)", "", None, None),  # 40 are left: 15 tasks, one of 104 rows, or 16
        ("daft.range(1020).into_batches(64)", "", 16, 64),  # 60 are left, more than 0.8 x 64: a batch of their own
        ("daft.range(40).into_batches(64)", "", 1, 40),
        ("daft.range(1024).into_batches(64)", ", batch_size=50", 16, 50),
        ("daft.range(1024).repartition(4).into_batches(64)", "", None, None),
        ("daft.range(1000).into_partitions(7)", "", 7, 143),
        ("daft.range(1000).repartition(7)", "", 7, None),  # rows are dealt out at random
        ("daft.range(1000).repartition(7)", ", batch_size=143", 7, 143),  # but one partition has the mean at least
        ("daft.range(1000).repartition(7)", ", batch_size=144", 7, None),
        ("daft.range(1000).repartition(n)", "", None, None),
        ("daft.range(1000).limit(333)", "", 1, 333),
        ("daft.range(1000).where(daft.col('id') > 5)", ", batch_size=50", 1, None),
        ("daft.read_parquet('x.parquet')", "", 1, None),
        ("daft.range(1000).into_batches(64)", ", batch_size=50", None, 50),  # some batch has 0.8 x 64 rows at least
        ("daft.range(1000).into_batches(64)", ", batch_size=52", None, None),
        ("daft.range(0, 1000, 1, 3).sort('id')", ", batch_size=50", 3, 50),
        ("daft.range(0, 1000, 1, 3).distinct()", ", batch_size=50", 3, None),
        ("daft.range(0, 1000, 1, 3).unique()", "", 3, None),
        ("daft.range(1024).into_batches(64).sort('id')", "", None, None),  # not the number of its batches
        ("daft.range(1024).into_batches(64).groupby('id').agg(daft.col('id').sum())", "", None, None),
        ("daft.range(1024).into_batches(64).into_partitions(4).sort('id')", "", 4, None),
        ("daft.range(1000).repartition(300).distinct()", "", None, None),  # an aggregation makes 200 at most
    ],
)
def test_tasks_and_largest_batch_on_ray(frame: str, options: str, tasks: int | None, largest: int | None) -> None:
    found = predicted(frame, options)
    assert (found.tasks, found.udfs[0].largest_batch) == (tasks, largest)
    assert found.nodes == (None if tasks is None else min(tasks, 4))


def test_the_native_runner_has_no_tasks_and_ignores_partitions() -> None:
    native = "daft.set_runner_native()"
    assert predicted("daft.range(1000).into_partitions(7)", setup=native).udfs[0].largest_batch == 1000
    found = predicted("daft.range(1000).into_batches(64)", setup=native)
    assert (found.tasks, found.nodes, found.udfs[0].largest_batch) == (None, None, 64)


def test_the_plan_as_json_carries_them() -> None:
    document = Document.from_bytes("a.py", SCRIPT.format(frame="daft.range(1024)", options="", setup="").encode())
    plan = json.loads(render(interpret(document, Settings(), Project()), "json"))
    (step,) = [step for step in plan["pipelines"][0]["steps"] if step["udfs"]]
    assert step["predicted"] == {"tasks": 1, "nodes": None, "largest_batches": {"work": 1024}}


SPREAD = """
import daft

@daft.func.batch(return_dtype=daft.DataType.int64())
def work(x):
    return x

df = daft.range(1000).with_column("y", work(daft.col("id")))
df = df{then}
df.collect()
"""


@pytest.mark.parametrize(
    ("then", "tasks", "largest"),
    [
        ('.where(daft.col("y") > 5)', 1, 1000),
        ('.where(daft.col("id") > 5)', 1, None),  # pushed down below the UDF
        ('.where(daft.col("id") + daft.col("y") > 5)', 1, 1000),
        (".limit(5)", None, None),
        ('.sort("id").limit(5)', None, None),
    ],
)
def test_what_is_pushed_down_below_a_udf_takes_rows_from_it(then: str, tasks: int | None, largest: int | None) -> None:
    document = Document.from_bytes("a.py", SPREAD.format(then=then).encode())
    (pipeline,) = interpret(document, Settings(), Project()).pipelines
    found = next(operator for operator in predict(pipeline) if operator.udfs)
    assert (found.tasks, found.udfs[0].largest_batch) == (tasks, largest)


@pytest.mark.parametrize(
    ("files", "groups", "tasks", "largest"),
    [((300,), 300, 1, 300), ((300, 900), 900, 2, 900), ((300, 900), 600, 2, None), ((300,), 100, 1, None)],
)
def test_the_footers_of_files_say_what_a_call_gets(
    files: tuple[int, ...], groups: int, tasks: int, largest: int | None, tmp_path: Path
) -> None:
    """A file of several row groups is read in parts, of which Daft may join some."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    paths = [str(tmp_path / f"{rows}.parquet") for rows in files]
    for rows, path in zip(files, paths, strict=True):
        parquet.write_table(pa.table({"id": range(rows)}), path, row_group_size=groups)
    found = predicted(f"daft.read_parquet({paths!r})")
    assert (found.tasks, found.udfs[0].largest_batch) == (tasks, largest)
