"""What the catalog says of sources, against the installed Daft: arguments, schemas, rows a call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import daft
import pytest
from daft import DataType
from daft.io.source import DataSource, DataSourceTask
from daft.recordbatch import RecordBatch

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog import Argument, PartitionsFrom, SourceSpec
from tests.pipeline.catalog.installed_daft import F, assert_argument, col, parameters, resolve

if TYPE_CHECKING:
    from daft import DataFrame

ROWS = 300


@pytest.mark.parametrize("name", catalog.SOURCES)
def test_arguments_of_sources(name: str) -> None:
    spec, function = catalog.SOURCES[name], resolve(name)
    for argument in (spec.path, spec.partitions_at, spec.files_at, *(p for pair in spec.rgb.values() for p in pair)):
        if argument is not None:
            assert_argument(function, argument)
    named = (spec.heavy_named[0],) if spec.heavy_named else ()
    keywords = {p.name for p in parameters(function)}
    assert {*spec.adds, *spec.open_if, *spec.into_batches_if, *named} <= keywords
    assert spec.rgb.keys() <= spec.heavy.keys()
    by_argument = spec.partitions in (PartitionsFrom.ARGUMENT, PartitionsFrom.COLUMN)
    assert by_argument == (spec.partitions_at is not None)
    assert not spec.heavy.keys() & set(spec.light)


@pytest.mark.parametrize("name", catalog.FRAME_FUNCTIONS)
def test_arguments_of_frame_functions(name: str) -> None:
    spec, function = catalog.FRAME_FUNCTIONS[name], resolve(name)
    assert_argument(function, spec.frame)
    if spec.heavy_of is not None:
        position, keyword, default = spec.heavy_of
        assert_argument(function, Argument(position, keyword))
        assert parameters(function)[position].default == default
        assert spec.reason


def heavy_types(frame: DataFrame) -> set[str]:
    """The columns whose type is one of bytes, images or tensors, or holds such."""
    words = ("Binary", "Image", "Tensor")
    return {f.name for f in frame.schema() if any(w in str(f.dtype) for w in words) and "File[" not in str(f.dtype)}


def assert_schema(frame: DataFrame, spec: SourceSpec) -> None:
    assert spec.closed
    assert set(frame.column_names) == {*spec.heavy, *spec.light}
    assert heavy_types(frame) == set(spec.heavy)


@pytest.fixture
def texts(tmp_path: Path) -> str:
    for i in range(3):
        (tmp_path / f"{i}.txt").write_text("one\ntwo\n")
    return str(tmp_path / "*.txt")


@pytest.mark.parametrize("name", ["read_text", "read_blob", "from_glob_path", "from_files"])
def test_schema_of_files(name: str, texts: str) -> None:
    frame = resolve(name)(texts)
    assert_schema(frame, catalog.SOURCES[name])
    assert len(frame.to_pylist()) == (6 if name == "read_text" else 3)


def test_schema_of_range() -> None:
    assert_schema(daft.range(3), catalog.SOURCES["range"])


def test_schema_of_warc(tmp_path: Path) -> None:
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:12345678-1234-1234-1234-123456789abc>\r\n"
        "WARC-Date: 2020-01-01T00:00:00Z\r\nContent-Length: 5\r\nWARC-Target-URI: https://example.com/\r\n\r\n"
    )
    (tmp_path / "a.warc").write_bytes(head.encode() + b"hello\r\n\r\n")
    frame = daft.read_warc(str(tmp_path / "a.warc"))
    assert_schema(frame, catalog.SOURCES["read_warc"])
    assert frame.to_pydict()["warc_content"] == [b"hello"]
    crawl = catalog.SOURCES["datasets.common_crawl"]
    assert (crawl.heavy, crawl.light) == (catalog.SOURCES["read_warc"].heavy, catalog.SOURCES["read_warc"].light)


def test_schema_of_video_frames(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height = 64, 48
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode())
    frame = daft.read_video_frames(str(tmp_path / "a.mp4"), image_height=24, image_width=32)
    spec = catalog.SOURCES["read_video_frames"]
    assert_schema(frame, spec)
    assert [image.nbytes for image in frame.to_pydict()["data"]] == [24 * 32 * 3] * 3
    assert spec.rgb == {"data": ((1, "image_height"), (2, "image_width"))}


def test_schema_of_mcap() -> None:
    from daft.io.mcap._mcap import MCAPSource

    # The schema is the same for each file, and the reader needs a package of its own.
    schema = MCAPSource._infer_schema(object.__new__(MCAPSource))
    spec = catalog.SOURCES["read_mcap"]
    assert set(schema.column_names()) == {*spec.heavy, *spec.light}


@pytest.mark.parametrize("name", ["read_parquet", "read_csv", "read_json", "read_text"])
def test_path_column_of_tabular_files(name: str, tmp_path: Path) -> None:
    file = tmp_path / "a"
    if name == "read_parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pytest.importorskip("pyarrow").table({"text": ["a"]}), file)
    else:
        file.write_text('{"text": "a"}\n' if name == "read_json" else "text\na\n")
    frame = resolve(name)(str(file), **dict.fromkeys(catalog.SOURCES[name].adds, "where"))
    assert frame.column_names == ["text", "where"]


def test_webdataset_holds_references(tmp_path: Path) -> None:
    import io
    import tarfile

    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("one.jpg", "one.txt", "one.cls", "one.npy"):
            member = tarfile.TarInfo(name)
            member.size = 1
            archive.addfile(member, io.BytesIO(b"1"))
    spec = catalog.SOURCES["read_webdataset"]
    frame = daft.read_webdataset(str(tmp_path / "a.tar"))
    assert set(spec.light) <= set(frame.column_names)
    assert spec.rest_light
    assert heavy_types(frame) == set()
    assert len(frame.column_names) == 6


class Numbers(DataSource):
    """A source written in Python, as Daft's readers of video frames, MCAP, WebDataset and Kafka are."""

    @property
    def name(self) -> str:
        return "numbers"

    @property
    def schema(self) -> Any:
        return daft.Schema.from_pydict({"x": DataType.int64()})

    async def get_tasks(self, pushdowns: object) -> Any:
        yield NumbersTask()


class NumbersTask(DataSourceTask):
    @property
    def schema(self) -> Any:
        return daft.Schema.from_pydict({"x": DataType.int64()})

    async def read(self) -> Any:
        yield RecordBatch.from_pydict({"x": list(range(ROWS))})


def rows_a_call(frame: DataFrame, later_batch: int | None) -> int:
    """The most rows in a call of a UDF, with a later one of that `batch_size` in rows behind it."""

    def count(x: Any) -> Any:
        return [len(x)] * len(x)

    def same(x: Any) -> Any:
        return x

    first = daft.func.batch(return_dtype=DataType.int64())(count)
    later = daft.func.batch(return_dtype=DataType.int64(), batch_size=later_batch)(same)
    column = frame.column_names[-1]
    return int(max(frame.select(later(first(col(column)).alias("n"))).to_pydict()["n"]))


@pytest.fixture(scope="module")
def many_files(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("many")
    for i in range(ROWS):
        (folder / f"{i}.bin").write_bytes(b"x")
    return str(folder / "*.bin")


@pytest.fixture
def table(tmp_path: Path) -> str:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    parquet.write_table(pytest.importorskip("pyarrow").table({"x": list(range(ROWS))}), path)
    return str(path)


@pytest.mark.parametrize("name", ["read_parquet", "from_glob_path", "from_files", "range", "from_pydict", "python"])
def test_which_sources_carry_a_batch_bound(name: str, many_files: str, table: str) -> None:
    frames: dict[str, Callable[[], DataFrame]] = {
        "read_parquet": lambda: daft.read_parquet(table),
        "from_glob_path": lambda: daft.from_glob_path(many_files).select("path"),
        "from_files": lambda: daft.from_files(many_files),
        "range": lambda: daft.range(ROWS),
        "from_pydict": lambda: daft.from_pydict({"x": list(range(ROWS))}),
        "python": lambda: Numbers().read(),
    }
    carries = catalog.SOURCES["read_webdataset" if name == "python" else name].propagates_batch_size
    assert rows_a_call(frames[name](), None) == ROWS
    assert rows_a_call(frames[name](), 16) == (16 if carries else ROWS)


def test_readers_written_in_python_carry_no_batch_bound() -> None:
    from daft.io.mcap._mcap import MCAPSource
    from daft.io.webdataset._webdataset import WebDatasetSource

    assert issubclass(MCAPSource, DataSource)
    assert issubclass(WebDatasetSource, DataSource)
    for name in ("read_mcap", "read_webdataset", "read_video_frames", "read_kafka"):
        assert not catalog.SOURCES[name].propagates_batch_size


def test_download_cuts_the_rows_of_a_call(many_files: str) -> None:
    cut = catalog.FUNCTIONS["download"].output_batch_rows
    frame = daft.from_glob_path(many_files).select(F.download(col("path")).alias("bytes"))
    assert rows_a_call(frame, None) == cut == catalog.SOURCES["read_blob"].output_batch_rows
    assert rows_a_call(daft.read_blob(many_files).select("content"), None) == cut


def test_video_frames_come_in_batches_of_so_many_bytes(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width, stream.height = 64, 48
        for _ in range(70):
            container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode())
    cut = catalog.SOURCES["read_video_frames"].output_batch_bytes
    assert cut is not None
    frame = daft.read_video_frames(str(tmp_path / "a.mp4"), image_height=256, image_width=256)
    assert rows_a_call(frame.select("data"), None) == -(-cut // (256 * 256 * 3))
