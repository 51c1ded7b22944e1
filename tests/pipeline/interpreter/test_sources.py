"""Sources: columns, rows, partitions, facts."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.model import (
    PartitionsKind,
    StepKind,
)
from tests.pipeline.interpreter.scripts import read


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
        ('daft.from_pydict({"a": list(range(10, 100, 3))})', PartitionsKind.ONE, 1, 30),
        ('daft.from_pydict({"a": paths[:20]})', PartitionsKind.ONE, 1, 20),
        ('daft.from_pydict({"a": ["x", "y", "z"][1:]})', PartitionsKind.ONE, 1, 2),
        ('daft.from_pydict({"a": paths[20:]})', PartitionsKind.ONE, 1, None),
        ('daft.from_pydict({"a": paths[:-1]})', PartitionsKind.ONE, 1, None),
        ('daft.from_pydict({"a": [n for n in range(200) if n % 3]})', PartitionsKind.ONE, 1, 200),
        ('daft.from_pylist([{"a": n} for n in range(1000)])', PartitionsKind.ONE, 1, 1000),
        ('daft.from_pylist([{"a": n} for n in range(9)] + more)', PartitionsKind.ONE, 1, None),
        ('daft.from_pylist([{"a": n} for n in range(9)] + [{"a": 9}])', PartitionsKind.ONE, 1, None),
        ('daft.from_pandas(pd.DataFrame({"a": [1, 2, 3]}))', PartitionsKind.ONE, 1, 3),
        ("daft.from_pandas(pd.DataFrame(unknown))", PartitionsKind.ONE, 1, None),
        ('daft.from_arrow(pa.table({"a": [1, 2, 3]}))', PartitionsKind.ONE, 1, 3),
        ('daft.from_arrow(pa.Table.from_pylist([{"a": 1}, {"a": 2}]))', PartitionsKind.ONE, 1, 2),
        ('daft.read_parquet(f"s3://{bucket}/a.parquet")', PartitionsKind.ONE, 1, None),
        ('daft.read_parquet(bucket + "/a.parquet")', PartitionsKind.ONE, 1, None),
        ('daft.read_parquet(os.path.join(root, "a.parquet"))', PartitionsKind.ONE, 1, None),
        ('daft.read_parquet(str(Path(root) / "a.parquet"))', PartitionsKind.ONE, 1, None),
        ('daft.read_parquet(f"s3://{bucket}/*/a.parquet")', PartitionsKind.UNKNOWN, None, None),
        ('daft.read_parquet(f"s3://a/**/{day}/a.parquet")', PartitionsKind.UNKNOWN, None, None),
        ('daft.read_parquet(f"s3://{bucket}/a/")', PartitionsKind.UNKNOWN, None, None),
        ('daft.read_parquet(f"a.parquet/{day}")', PartitionsKind.UNKNOWN, None, None),
        ('daft.read_parquet([f"s3://{b}/{n}.parquet" for n in range(9)])', PartitionsKind.MANY, 9, None),
        ('daft.read_parquet([f"s3://{b}/a.parquet", f"s3://{b}/b.parquet"])', PartitionsKind.MANY, 2, None),
        ("daft.read_parquet(paths[:1])", PartitionsKind.UNKNOWN, None, None),
        ('daft.read_sql("SELECT * FROM t", url)', PartitionsKind.ONE, 1, None),
        ('daft.read_sql("SELECT * FROM t", url, partition_col="id")', PartitionsKind.UNKNOWN, None, None),
        ('daft.read_sql("SELECT * FROM t", url, partition_col=None)', PartitionsKind.ONE, 1, None),
        ('daft.read_sql("SELECT * FROM t", **options)', PartitionsKind.UNKNOWN, None, None),
        ("daft.range(100)", PartitionsKind.ONE, 1, 100),
        ("daft.range(0, 100, 1, 8)", PartitionsKind.MANY, 8, 100),
        ("daft.read_parquet(path_from_somewhere)", PartitionsKind.UNKNOWN, None, None),
    ],
)
def test_sources(source: str, kind: PartitionsKind, count: int | None, rows: int | None) -> None:
    imports = "import daft\nimport pandas as pd\nimport pyarrow as pa\nimport os\nfrom pathlib import Path\n"
    step = read(f"{imports}df = {source}\ndf.show()\n").steps[0]
    assert step.source is not None
    assert (step.source.partitions.kind, step.source.partitions.count, step.source.rows) == (kind, count, rows)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ('Path("a") / "b" / "c.parquet"', "a/b/c.parquet"),
        ('Path("a/", "b") / "/c.parquet"', "/c.parquet"),
        ('Path(".") / "c.parquet"', "c.parquet"),
        ('Path("a/b").parent.joinpath("c.parquet")', "a/c.parquet"),
        ('Path(__file__).parent / "c.parquet"', "jobs/c.parquet"),
        ('os.path.join(os.path.dirname(__file__), "..", "c.parquet")', "jobs/../c.parquet"),
        ('os.path.join("s3://a", "c.parquet")', "s3://a/c.parquet"),
        ('Path(root).parent / "c.parquet"', None),
        ('"a" + Path(root)', None),
    ],
)
def test_paths_are_computed(path: str, text: str | None) -> None:
    script = f"import daft\nimport os\nfrom pathlib import Path\ndf = daft.read_parquet({path})\ndf.show()\n"
    source = read(script, path="jobs/embed.py").steps[0].source
    assert source is not None
    assert source.paths == (() if text is None else (text,))


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
