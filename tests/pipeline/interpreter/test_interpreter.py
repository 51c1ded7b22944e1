"""Real scripts spell a pipeline in many ways, and other packages look alike."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import (
    ExpressionKind,
    Settings,
    StepKind,
)
from daft_lint.source.document import Document
from tests.pipeline.interpreter.scripts import read, script, sinks

SPELLINGS = {
    "chain": """
        daft.read_parquet("a.parquet").into_batches(8).with_column("n", size(col("image"))).write_parquet("out")
    """,
    "statements": """
        df = daft.read_parquet("a.parquet")
        df = df.into_batches(8)
        df = df.with_column("n", size(df["image"]))
        df.write_parquet("out")
    """,
    "functions": """
        def load():
            return daft.read_parquet("a.parquet")

        def prepare(frame, n=8):
            return frame.into_batches(n)

        prepare(load()).with_column("n", size(col("image"))).write_parquet("out")
    """,
    "main": """
        def main():
            df = daft.read_parquet("a.parquet")
            df = df.into_batches(8).with_column("n", size(df["image"]))
            df.write_parquet("out")

        if __name__ == "__main__":
            main()
    """,
    "methods": """
        class Job:
            def __init__(self, path, rows=8):
                self.rows = rows
                self.df = daft.read_parquet(path)

            def prepare(self):
                self.df = self.df.into_batches(self.rows)
                return self

            def run(self):
                self.df.with_column("n", size(col("image"))).write_parquet("out")

        Job("a.parquet").prepare().run()
    """,
    "pipe": """
        def batched(df, n):
            return df.into_batches(n)

        daft.read_parquet("a.parquet").pipe(batched, 8).transform(
            lambda df: df.with_column("n", size(df["image"]))
        ).write_parquet("out")
    """,
    "constants": """
        N = 2 ** 3
        NAME = "a"
        path = f"{NAME}.parquet"
        df = daft.read_parquet(path=path).into_batches(batch_size=N)
        columns = {"n": size(df["image"])}
        df.with_columns(columns)
        df = df.with_column("n", size(df["image"]))
        df.write_parquet("out")
    """,
    "lazy import": """
        def run():
            import daft as dft
            from daft.functions import length

            frame = dft.read_parquet("a.parquet").into_batches(8).with_column("n", size(dft.col("image")))
            frame.write_parquet("out")

        run()
    """,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_same_pipeline_in_many_spellings(spelling: str) -> None:
    found = script(SPELLINGS[spelling])
    assert ["read_parquet", "into_batches", "with_column", "write_parquet"] in sinks(found)
    batches = next(s for s in found.steps if s.kind is StepKind.BATCHES)
    assert batches.count is not None
    assert batches.count.value == 8
    made = next(s for s in found.steps if s.name == "with_column").outputs[0]
    assert made.kind is ExpressionKind.UDF
    assert made.output == "n"
    assert list(made.columns()) == ["image"]
    assert made.udf is not None
    assert made.udf.batch_size is not None
    assert made.udf.batch_size.value == 32


def test_look_alikes_are_none() -> None:
    found = read(
        """
        import daft
        import pandas as pd
        import polars as pl
        import ray.data

        pd.read_parquet("a").repartition(3)
        pl.read_parquet("a").with_columns(x=pl.col("y")).sort("x")
        ray.data.read_parquet("a").repartition(200)
        """
    )
    assert not found.steps


@pytest.mark.parametrize(
    ("script", "for_ray", "is_sure"),
    [
        ("", True, True),
        ("", False, False),
        ("import ray", False, True),
        ("from ray.data import Dataset", False, True),
        ("from .ray import Dataset", False, False),
        ("daft.set_runner_ray()", False, True),
        ("if cluster:\n    daft.set_runner_ray()", True, False),
        ("daft.from_ray_dataset(rows)", False, True),
    ],
)
def test_whether_the_target_is_sure(script: str, for_ray: bool, is_sure: bool) -> None:
    text = f"import daft\n{script}\ndaft.read_parquet('a').collect()\n"
    document = Document.from_bytes("script.py", text.encode())
    made = interpret(document, Settings(for_ray=for_ray), Project())
    assert made.pipelines[-1].runner_is_sure is is_sure
