"""What the interpreter understands: the many ways in which real scripts spell a pipeline."""

from __future__ import annotations

import textwrap

import pytest

from daft_lint.pipeline.dataflow.order import order_seen
from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import (
    Expression,
    ExpressionKind,
    PartitionsKind,
    Projection,
    Reads,
    Runner,
    Script,
    Settings,
    Step,
    StepKind,
    UdfKind,
)
from daft_lint.source.document import Document


def read(text: str) -> Script:
    document = Document.from_bytes("script.py", textwrap.dedent(text).encode())
    return interpret(document, Settings(), Project())


def chain(step: Step) -> list[str]:
    """The names of a step and those before it, the source first."""
    names = [step.name]
    while step.parents:
        step = step.parents[0]
        names.append(step.name)
    return names[::-1]


def sinks(script: Script) -> list[list[str]]:
    return [chain(s) for s in script.steps if s.kind is StepKind.SINK]


UDF = """
    import daft
    from daft import col

    @daft.func.batch(return_dtype=daft.DataType.int64(), batch_size=32)
    def size(image):
        return [len(x) for x in image.to_pylist()]
"""


def script(text: str) -> Script:
    return read(textwrap.dedent(UDF) + textwrap.dedent(text))


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


def test_branches_keep_both_plans() -> None:
    found = script(
        """
        import sys
        df = daft.read_parquet("a.parquet")
        if len(sys.argv) > 1:
            df = df.limit(4)
        df.write_parquet("out")
        """
    )
    assert sorted(map(len, sinks(found))) == [2, 3]


def test_a_constant_decides_its_branch() -> None:
    found = script(
        """
        DEBUG = False
        df = daft.read_parquet("a.parquet")
        if DEBUG:
            df = df.limit(4)
        df.write_parquet("out")
        """
    )
    assert sinks(found) == [["read_parquet", "write_parquet"]]


def test_a_loop_runs_once_more_for_what_it_carries() -> None:
    found = script(
        """
        df = daft.read_parquet("a.parquet")
        for name in names():
            df = df.with_column(name, size(df["image"]))
        df.write_parquet("out")
        """
    )
    assert sinks(found) == [["read_parquet", "with_column", "with_column", "write_parquet"]]


def test_a_returning_branch_ends() -> None:
    found = script(
        """
        def load(path, small):
            df = daft.read_parquet("a.parquet")
            if small:
                return df.limit(3)
            return df.into_batches(8)

        load("x", unknown()).write_parquet("out")
        """
    )
    assert sinks(found) == [
        ["read_parquet", "limit", "write_parquet"],
        ["read_parquet", "into_batches", "write_parquet"],
    ]


def test_uncalled_functions_have_open_parameters() -> None:
    found = script(
        """
        def add(df: daft.DataFrame) -> daft.DataFrame:
            return df.with_column("n", size(df["image"]))

        def unannotated(frame):
            return frame.with_column("n", size(frame["image"]))

        def pandas_like(df):
            return df.where(df["x"] > 3).sort("x")
        """
    )
    assert [chain(s) for s in found.steps if s.kind is StepKind.PROJECT] == [["parameter", "with_column"]] * 2
    assert not [s for s in found.steps if s.name in ("where", "sort")]


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


def test_udf_forms() -> None:
    found = read(
        """
        import daft
        from daft import DataType, col

        def plain(x: bytes) -> int:
            return len(x)

        called = daft.func(plain)
        with_options = daft.func.batch(plain, return_dtype=DataType.int64(), batch_size=16)
        legacy = daft.udf(return_dtype=DataType.int64(), batch_size=8, concurrency=2)(plain)

        class Model:
            def __call__(self, x):
                return x

        Wrapped = daft.cls(Model, gpus=1, max_concurrency=4)

        def factory(n):
            @daft.func.batch(return_dtype=DataType.binary(), batch_size=n)
            def inner(x):
                return x
            return inner

        df = daft.read_parquet("s3://b/*.parquet")
        df = df.with_columns({
            "a": called(col("x")), "b": with_options(col("x")), "c": legacy(col("x")),
            "d": Wrapped()(col("x")), "e": factory(64)(col("x")), "f": col("x").apply(plain, return_dtype=int),
        })
        df.write_parquet("out")
        """
    )
    step = next(s for s in found.steps if s.name == "with_columns")
    udfs = {e.output: e.udf for e in step.outputs}
    kinds = {k: u.kind for k, u in udfs.items() if u is not None}
    assert kinds == {
        "a": UdfKind.FUNC,
        "b": UdfKind.FUNC_BATCH,
        "c": UdfKind.LEGACY,
        "d": UdfKind.METHOD,
        "e": UdfKind.FUNC_BATCH,
        "f": UdfKind.APPLY,
    }
    sizes = {k: u.batch_size.value for k, u in udfs.items() if u is not None and u.batch_size is not None}
    assert sizes == {"b": 16, "c": 8, "e": 64}
    concurrency = {k: u.max_concurrency.value for k, u in udfs.items() if u is not None and u.max_concurrency}
    assert concurrency == {"c": 2, "d": 4}
    made = udfs["e"]
    assert made is not None
    assert made.returns.heavy is True


def test_later_options_of_a_legacy_udf_count() -> None:
    found = read(
        """
        import daft

        @daft.udf(return_dtype=daft.DataType.int64(), concurrency=16, batch_size=8)
        class Model:
            def __call__(self, x):
                return x

        tuned = Model.with_concurrency(2).override_options(batch_size=4)
        daft.read_parquet("a/*.parquet").with_column("y", tuned(daft.col("x"))).show()
        """
    )
    options = [(u.max_concurrency, u.batch_size) for u in found.udfs]
    assert [(c.value, b.value) for c, b in options if c is not None and b is not None] == [(2, 4)]


def test_legacy_spellings_mean_the_current_ones() -> None:
    found = read(
        """
        import daft
        df = daft.read_parquet("a/*.parquet")
        df = df.with_column("image", daft.col("url").url.download().image.decode().image.resize(32, 32))
        df.show()
        """
    )
    expression = next(s for s in found.steps if s.name == "with_column").outputs[0]
    assert [e.name for e in expression.walk()] == ["url", "download", "decode_image", "resize"]
    assert [u.name for u in found.legacy] == ["url.download", "image.decode", "image.resize"]


def test_runner() -> None:
    assert read("import daft\ndaft.set_runner_native()\n").runner is Runner.NATIVE
    conditional = read("import daft, sys\nif sys.argv[1:]:\n    daft.set_runner_native()\n")
    assert (conditional.runner, conditional.runner_is_set) == (Runner.RAY, False)
    assert read("import daft\ndaft.context.set_runner_ray()\n").runner_is_set
    assert read('import os, daft\nos.environ["DAFT_RUNNER"] = "native"\n').runner is Runner.NATIVE


@pytest.mark.parametrize(
    ("source", "kind", "count", "rows"),
    [
        ('daft.read_parquet("a/b.parquet")', PartitionsKind.ONE, 1, None),
        ('daft.read_parquet("a/")', PartitionsKind.UNKNOWN, None, None),
        ('daft.read_parquet("a/*.parquet")', PartitionsKind.UNKNOWN, None, None),
        ('daft.read_parquet(["a.parquet", "b.parquet"])', PartitionsKind.MANY, 2, None),
        ('daft.from_glob_path("a/*.jpg")', PartitionsKind.ONE, 1, None),
        ('daft.from_pydict({"a": [1, 2, 3]})', PartitionsKind.ONE, 1, 3),
        ('daft.from_pydict({"a": list(range(1000))})', PartitionsKind.ONE, 1, 1000),
        ('daft.from_pydict({"a": ["x"] * 50})', PartitionsKind.ONE, 1, 50),
        ('daft.from_pylist([{"a": 1}, {"a": 2}])', PartitionsKind.ONE, 1, 2),
        ("daft.range(100)", PartitionsKind.ONE, 1, 100),
        ("daft.range(0, 100, 1, 8)", PartitionsKind.MANY, 8, 100),
        ("daft.read_parquet(path_from_somewhere)", PartitionsKind.UNKNOWN, None, None),
    ],
)
def test_sources(source: str, kind: PartitionsKind, count: int | None, rows: int | None) -> None:
    step = read(f"import daft\ndf = {source}\ndf.show()\n").steps[0]
    assert step.source is not None
    assert (step.source.partitions.kind, step.source.partitions.count, step.source.rows) == (kind, count, rows)


def test_facts_in_comments() -> None:
    found = read(
        """
        import daft
        df = daft.read_parquet(PATHS)  # daft-lint: rows=1_000_000 heavy=img files=4
        df.show()
        """
    )
    source = found.steps[0].source
    assert source is not None
    assert (source.rows, source.partitions.count) == (1_000_000, 4)
    assert source.columns["img"].heavy is True


def test_numbers_from_everywhere() -> None:
    found = read(
        """
        import argparse
        import os
        from dataclasses import dataclass
        from functools import partial
        import daft

        parser = argparse.ArgumentParser()
        parser.add_argument("--batch-size", type=int, default=48)
        args = parser.parse_args()

        @dataclass
        class Config:
            path: str
            parts: int = 12

        config = Config("a.parquet")
        SIZE, OTHER = 3, 4
        read = partial(daft.read_parquet, "a.parquet")
        df = read().into_batches(args.batch_size).repartition(config.parts)
        df = df.repartition(SIZE * OTHER + 1).into_batches(int(os.environ.get("N", "7"))).limit(min(9, 11))
        df.write_parquet("out")
        """
    )
    assert [s.count.value for s in found.steps if s.count is not None] == [48, 12, 13, 7, 9]
    names = [s.count.name for s in found.steps if s.count is not None]
    assert names[:2] == ["args.batch_size", "config.parts"]


def test_a_discarded_transformation() -> None:
    found = script(
        """
        df = daft.read_parquet("a.parquet")
        df.repartition(8)
        df.show()
        df.collect()
        """
    )
    assert [(d.step.name, d.target) for d in found.discarded] == [("repartition", "df")]


def test_reading_on_a_dataframe() -> None:
    found = script('df = daft.from_pydict({"a": [1]})\nother = df.read_parquet("x")\nother.show()\n')
    assert [(r.name, r.daft_name) for r in found.reads_on_dataframes] == [("read_parquet", "daft")]


def test_constructions() -> None:
    found = read(
        """
        import daft

        @daft.cls
        class Model:
            def __init__(self, name: str = "x"):
                self.name = name

            @daft.method.batch(return_dtype=daft.DataType.string(), batch_size=4)
            def predict(self, x):
                return x

        model = Model(max_concurrency=16)
        df = daft.read_parquet("a.parquet").with_column("y", model.predict(daft.col("x")))
        df.write_parquet("out")
        """
    )
    construction = found.constructions[0]
    assert (construction.keywords, construction.parameters) == (("max_concurrency",), ("name",))
    assert not construction.takes_any


def test_sinks_and_ends() -> None:
    found = script(
        """
        df = daft.read_parquet("a.parquet")
        df.show()
        df.count_rows()
        kept = df.where(col("x") > 1)

        def unused():
            dropped = daft.read_csv("b.csv")
        """
    )
    reads = {p.sink.step.name: p.reads for p in found.pipelines}
    assert reads["show"] is Reads.FEW
    assert reads["where"] is Reads.ALL
    assert reads["read_csv"] is Reads.NONE


def test_groupby_join_concat() -> None:
    found = script(
        """
        a = daft.read_parquet("a.parquet")
        b = daft.read_csv("b.csv")
        joined = a.join(b, on="id").groupby("id").agg(col("x").sum())
        both = daft.concat([a, b]).concat(a)
        joined.write_parquet("out")
        both.write_parquet("out2")
        """
    )
    join = next(s for s in found.steps if s.name == "join")
    assert [p.name for p in join.parents] == ["read_parquet", "read_csv"]
    grouped = next(s for s in found.steps if s.name == "groupby")
    assert (grouped.kind, grouped.projection) == (StepKind.SHUFFLE, Projection.ONLY)
    assert [[p.name for p in s.parents] for s in found.steps if s.kind is StepKind.UNION] == [
        ["read_parquet", "read_csv"],
        ["concat", "read_parquet"],
    ]


def test_project_imports(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    root = Path(str(tmp_path))
    (root / "jobs").mkdir()
    (root / "jobs" / "__init__.py").write_text("")
    (root / "jobs" / "udfs.py").write_text(textwrap.dedent(UDF))
    (root / "jobs" / "config.py").write_text("ROWS = 8\n")
    (root / "jobs" / "main.py").write_text(
        textwrap.dedent(
            """
            import daft
            from .config import ROWS
            from jobs import udfs
            from jobs.udfs import size as measure

            df = daft.read_parquet("a.parquet").into_batches(ROWS)
            df = df.with_column("n", measure(df["image"])).with_column("m", udfs.size(df["image"]))
            df.write_parquet("out")
            """
        )
    )
    monkeypatch.chdir(root)
    found = interpret(Document.read(Path("jobs/main.py")), Settings(), Project())
    calls: list[Expression] = [e for s in found.steps for e in s.udf_calls()]
    assert [e.udf.name for e in calls if e.udf is not None] == ["size", "size"]
    assert [s.count.value for s in found.steps if s.count is not None] == [8]


def test_circular_imports_end(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    root = Path(str(tmp_path))
    (root / "a.py").write_text("import daft\nfrom b import x\ny = x\n")
    (root / "b.py").write_text("import daft\nfrom a import y\nx = y\n")
    monkeypatch.chdir(root)
    assert interpret(Document.read(Path("a.py")), Settings(), Project()).steps == ()


TESTED = """
    import daft, pytest
    from daft import col
    from daft.functions import download

    def load(urls):
        return daft.from_pydict({"url": urls}).with_column("bytes", download(col("url")))

    @pytest.fixture
    def loaded():
        return load(["a"])

    class TestLoad:
        def test_rows(self, urls):
            assert load(urls).to_pydict()

    def test_load(urls):
        load(urls).collect()
"""


def test_what_a_test_makes_is_no_pipeline() -> None:
    text = textwrap.dedent(TESTED)
    assert not interpret(Document.from_bytes("tests/test_load.py", text.encode()), Settings(), Project()).pipelines
    assert interpret(Document.from_bytes("load.py", text.encode()), Settings(), Project()).pipelines
    main = text + '\nload(open("urls.txt").read().split()).write_parquet("out")\n'
    (pipeline,) = interpret(Document.from_bytes("test_load.py", main.encode()), Settings(), Project()).pipelines
    assert pipeline.sink.step.name == "write_parquet"


def mistakes(script: Script) -> list[int]:
    found = (script.udfs, script.constructions, script.discarded, script.reads_on_dataframes, script.steps)
    return [len(kind) for kind in found]


@pytest.mark.parametrize("context", ["pytest.raises(ValueError)", "self.assertRaises(ValueError)", "raises(Exception)"])
def test_what_is_expected_to_fail_is_no_mistake(context: str) -> None:
    body = """
        @daft.func(max_concurrency=2)
        def double(x: int) -> int:
            return 2 * x
        df = daft.from_pydict({"x": [1]})
        df.repartition(2)
        df.repartition().show()
        df.read_parquet("a")
        @daft.cls
        class Model:
            def __call__(self, x: int) -> int:
                return x
        Model(max_concurrency=2)
    """
    wrong = read("import daft, pytest\nfrom pytest import raises\nif True:" + textwrap.indent(body, ""))
    expected = read(f"import daft, pytest\nfrom pytest import raises\nwith {context}:" + textwrap.indent(body, ""))
    assert all(mistakes(wrong))
    assert not any(mistakes(expected))
    assert not expected.pipelines


@pytest.mark.parametrize(
    ("arguments", "heavy", "partitions"),
    [
        ("", True, PartitionsKind.MANY),
        ("content='warc', num_files=1", True, PartitionsKind.ONE),
        ("content='text', num_files=12", False, PartitionsKind.MANY),
        ("None, 'wat', limit", False, PartitionsKind.UNKNOWN),
        ("content=kind, num_files=None", None, PartitionsKind.MANY),
    ],
)
def test_common_crawl(arguments: str, heavy: bool | None, partitions: PartitionsKind) -> None:
    text = (
        f"import daft\nfrom a import kind, limit\ndaft.datasets.common_crawl('CC-MAIN-2025-33', {arguments}).collect()"
    )
    source = read(text).pipelines[0].source
    assert source.columns_out["warc_content"].weight.heavy is heavy
    assert source.partitions_out.kind is partitions


@pytest.mark.parametrize(
    ("call", "rows"),
    [
        ("read_video_frames('v/*.mp4', 256, 256)", 54),
        ("read_video_frames('v/*.mp4', image_height=h, image_width=256)", None),
        ("read_mcap('a.mcap')", 1000),
        ("read_mcap('a.mcap', batch_size=20)", 20),
        ("read_blob('b/*.jpg')", 128),
    ],
)
def test_sources_that_cut_their_rows(call: str, rows: int | None) -> None:
    bound = read(f"import daft\nfrom a import h\ndaft.{call}.collect()").pipelines[0].sink.bound
    assert bound.rows == rows
    assert bound.by is not None
    assert bound.by.kind is StepKind.SOURCE


def test_several_paths_are_several_partitions_whatever_their_names() -> None:
    text = "import daft\nfrom a import root\ndaft.read_parquet([f'{root}/{n:02}' for n in (1, 2)]).collect()"
    assert read(text).pipelines[0].source.partitions_out.kind is PartitionsKind.MANY


def test_what_a_function_returns_is_read_and_what_it_drops_is_not() -> None:
    text = """
        import daft

        def kept():
            return daft.read_parquet("a")

        def run():
            df = kept()

        run()
    """
    assert [p.reads for p in read(text).pipelines] == [Reads.ALL]
    unread = read("def f():\n    import daft\n    df = daft.read_parquet('a')\nf()").pipelines
    assert [p.reads for p in unread] == [Reads.NONE]


@pytest.mark.parametrize(
    "reading",
    [
        "for row in df:\n    print(row)",
        "for index, row in enumerate(df):\n    print(row)",
        "rows = list(df)",
        "names = [row['name'] for row in df]",
        "by_name = {row['name']: row for row in df}",
        "first = next(iter(df))",
    ],
)
def test_iterating_over_a_dataframe_reads_its_rows_in_order(reading: str) -> None:
    for text in (
        reading,
        "def run():\n" + textwrap.indent(f"df = daft.read_parquet('a')\n{reading}", "    ") + "\nrun()",
    ):
        found = read(f"import daft\ndf = daft.read_parquet('a')\ndf.write_csv('o')\n{text}")
        assert sinks(found)[1:] == [["read_parquet", "iter_rows"]]
        assert {p.reads for p in found.pipelines} == {Reads.ALL}
        assert order_seen(found.pipelines[-1], 0) == "`iter_rows` sees the row order"
