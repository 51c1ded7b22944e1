"""The catalogue against the installed Daft: no name is missing, none is invented, and what it says of them is true."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog import Effect, FunctionSpec, PartitionsFrom, SourceSpec
from daft_lint.pipeline.model import Projection, Reads, StepKind

if TYPE_CHECKING:
    from daft import DataFrame

daft: Any = pytest.importorskip("daft")
F: Any = daft.functions
col: Any = daft.col

from daft import DataType  # noqa: E402
from daft.ai.protocols import (  # noqa: E402
    ImageClassifier,
    ImageClassifierDescriptor,
    ImageEmbedder,
    ImageEmbedderDescriptor,
)
from daft.ai.provider import Provider  # noqa: E402
from daft.ai.typing import EmbeddingDimensions  # noqa: E402
from daft.dataframe.dataframe import GroupedDataFrame  # noqa: E402
from daft.io.source import DataSource, DataSourceTask  # noqa: E402
from daft.recordbatch import RecordBatch  # noqa: E402

ROWS = 300

INTERPRETED = """
    DataFrame DataType Expression Schema Series Window cls col element execution_config_ctx func functions interval
    lit method set_execution_config sql_expr udaf udf
"""
"""What the interpreter reads by itself: columns, types, UDFs, settings."""

CONNECTIONS = """
    AzureConfig CosConfig GCSConfig GooseFSConfig GravitinoConfig HTTPConfig HdfsConfig HuggingFaceConfig IOConfig
    S3Config S3Credentials TosConfig UnityConfig
"""

VALUES = """
    AudioFile File Hdf5File ImageFile ImageFormat ImageMode ImageProperty MediaType TimeUnit UnionMode VideoFile
    ResourceRequest open_file
"""
"""Types of values, and of files within a UDF."""

SESSIONS = """
    Catalog Identifier Session Table attach attach_catalog attach_function attach_provider attach_table attach_view
    create_namespace create_namespace_if_not_exists create_table create_table_if_not_exists create_temp_table
    create_temp_view current_catalog current_model current_namespace current_provider current_session
    detach_catalog detach_function detach_provider detach_table drop_namespace drop_table get_aggregate_function
    get_catalog get_function get_provider get_table has_catalog has_namespace has_provider has_table list_catalogs
    list_tables session set_catalog set_model set_namespace set_provider set_session write_table
"""
"""`catalog.SOURCE_METHODS` has those of their methods that read."""

ENGINE = """
    CheckpointConfig CheckpointStore IdempotentCommit KeyFilteringSettings attach_subscriber detach_subscriber
    with_subscriber metrics load_extension get_loaded_extension_paths register_viz_hook refresh_logger
    get_context get_or_create_runner get_or_infer_runner_type planning_config_ctx set_planning_config
"""
"""Checkpoints, events, extensions, display, planning."""

MODULES = "context datasets io runners DataSink DataSource DataSourceTask"
"""Modules, and the interfaces of sources and sinks."""

NO_PIPELINE = {*CONNECTIONS.split(), *VALUES.split(), *SESSIONS.split(), *ENGINE.split(), *MODULES.split()}
"""What means nothing to a pipeline."""

PLAIN = {"as_py", "column_name", "is_column", "is_literal", "name", "to_arrow_expr"}
"""Methods of an Expression that say something of it, and make no other."""

NOT_IN_FUNCTIONS = {"if_else", "otherwise", "get_video_frame_by_idx"}
"""Of a legacy Expression, of what `when` returns, and in `daft.functions.video` only."""


def names(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def resolve(dotted: str) -> Any:
    """What `daft.<dotted>` is."""
    module, _, name = f"daft.{dotted}".rpartition(".")
    return getattr(importlib.import_module(module), name)


def parameters(function: Callable[..., Any], *, method: bool = False) -> list[inspect.Parameter]:
    """The parameters of a function as a call sees them."""
    return list(inspect.signature(function).parameters.values())[1 if method else 0 :]


def assert_argument(function: Callable[..., Any], location: tuple[int | None, str], *, method: bool = False) -> None:
    """The function has the keyword, at the position where one is given."""
    found = parameters(function, method=method)
    by_name = [p.name for p in found]
    assert location[1] in by_name, (function, location)
    if location[0] is not None:
        assert by_name.index(location[1]) == location[0], (function, location)
        assert found[location[0]].kind is not inspect.Parameter.KEYWORD_ONLY
    else:
        assert found[by_name.index(location[1])].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.fixture(scope="module", autouse=True)
def native() -> None:
    if daft.get_or_create_runner().name != "native":
        pytest.skip("another test of this process chose the Ray runner")


# ----------------------------------------------------------------------------------------------------------- every name


def test_every_name_in_daft_is_known() -> None:
    known = catalog.SOURCES.keys() | catalog.FRAME_FUNCTIONS.keys() | catalog.RUNNERS.keys() | NO_PIPELINE
    assert set(daft.__all__) - known - set(INTERPRETED.split()) == set()


def test_every_name_in_daft_io_is_known() -> None:
    unknown = {n for n in daft.io.__all__ if catalog.source(f"io.{n}") is None} - NO_PIPELINE
    assert unknown == set()


def test_lists_of_other_names_are_current() -> None:
    there = set(daft.__all__) | set(daft.io.__all__)
    assert ({*INTERPRETED.split()} | NO_PIPELINE) - there == set()


def test_every_dataset_is_known() -> None:
    found = {f"datasets.{n}" for n in daft.datasets.__all__ if not inspect.ismodule(getattr(daft.datasets, n))}
    for name in daft.datasets.__all__:
        module = getattr(daft.datasets, name)
        if inspect.ismodule(module):
            found |= {f"datasets.{name}.{n}" for n in module.__all__ if callable(getattr(module, n))}
    known = {n for n in catalog.SOURCES.keys() | catalog.FRAME_FUNCTIONS.keys() if n.startswith("datasets.")}
    assert found == known


def test_sources_exist() -> None:
    for name in [*catalog.SOURCES, *catalog.FRAME_FUNCTIONS]:
        assert callable(resolve(name)), name


def test_methods_that_read_exist() -> None:
    for owner, methods in catalog.SOURCE_METHODS.items():
        kind = getattr(daft, owner, None) or getattr(daft.io, owner)
        for method in methods:
            assert "DataFrame" in str(inspect.signature(getattr(kind, method)).return_annotation), (owner, method)


def test_every_dataframe_method_is_known() -> None:
    assert names(daft.DataFrame) == catalog.STEPS.keys()


def test_every_grouped_method_is_known() -> None:
    legacy = {n.partition(".")[2] for n in catalog.LEGACY if n.startswith("GroupedDataFrame.")}
    fields = {"df", "group_by"}
    assert names(GroupedDataFrame) - fields == catalog.GROUPED.keys() - legacy
    assert legacy <= catalog.GROUPED.keys()


def test_every_function_and_expression_method_is_known() -> None:
    current = set(F.__all__) | (names(daft.Expression) - PLAIN)
    assert current == catalog.FUNCTIONS.keys() - NOT_IN_FUNCTIONS


def test_functions_outside_of_daft_functions() -> None:
    from daft.functions import video

    assert callable(video.get_video_frame_by_idx)
    assert callable(F.when(col("p"), col("x")).otherwise)
    assert set(catalog.FUNCTIONS) >= NOT_IN_FUNCTIONS


# ------------------------------------------------------------------------------------------------------------ arguments


@pytest.mark.parametrize("name", catalog.SOURCES)
def test_arguments_of_sources(name: str) -> None:
    spec, function = catalog.SOURCES[name], resolve(name)
    for location in (spec.path, spec.partitions_at, *(p for pair in spec.rgb.values() for p in pair)):
        if location is not None:
            assert_argument(function, location)
    named = (spec.heavy_named[0],) if spec.heavy_named else ()
    keywords = {p.name for p in parameters(function)}
    assert {*spec.adds, *spec.open_if, *spec.heavy_if, *spec.batches_if, *named} <= keywords
    assert spec.rgb.keys() <= spec.heavy.keys()
    assert (spec.partitions is PartitionsFrom.ARGUMENT) == (spec.partitions_at is not None)
    assert not spec.heavy.keys() & set(spec.light)


@pytest.mark.parametrize("name", catalog.FRAME_FUNCTIONS)
def test_arguments_of_frame_functions(name: str) -> None:
    spec, function = catalog.FRAME_FUNCTIONS[name], resolve(name)
    assert_argument(function, spec.frame)
    if spec.heavy_of is not None:
        position, keyword, default = spec.heavy_of
        assert_argument(function, (position, keyword))
        assert parameters(function)[position].default == default
        assert spec.reason


@pytest.mark.parametrize("name", [n for n, spec in catalog.STEPS.items() if not spec.is_property])
def test_arguments_of_steps(name: str) -> None:
    spec, method = catalog.STEPS[name], getattr(daft.DataFrame, name)
    for location in (spec.count, spec.others, *spec.keys):
        if location is not None:
            assert_argument(method, location, method=True)
    if spec.required:
        assert spec.count is not None
        assert parameters(method, method=True)[0].default is inspect.Parameter.empty
    if spec.columns in ("expressions", "keys") and not spec.keys:
        assert parameters(method, method=True)[spec.columns_from].kind is inspect.Parameter.VAR_POSITIONAL


@pytest.mark.parametrize("name", catalog.STEPS)
def test_properties_and_results_of_steps(name: str) -> None:
    spec, member = catalog.STEPS[name], getattr(daft.DataFrame, name)
    assert spec.is_property == isinstance(member, property)
    if spec.lazy:
        assert "DataFrame" in str(inspect.signature(member).return_annotation)
    if spec.kind is StepKind.SINK and spec.reads is not Reads.NONE:
        assert not spec.lazy


def test_functions_of_aggregations_are_functions() -> None:
    for spec in [*catalog.STEPS.values(), *catalog.GROUPED.values()]:
        assert spec.function is None or spec.function in F.__all__


# -------------------------------------------------------------------------------------------------------------- schemas


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


# ----------------------------------------------------------------------------------------------- rows a call, and order


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
    carries = catalog.SOURCES["read_webdataset" if name == "python" else name].carries_bound
    assert rows_a_call(frames[name](), None) == ROWS
    assert rows_a_call(frames[name](), 16) == (16 if carries else ROWS)


def test_readers_written_in_python_carry_no_batch_bound() -> None:
    from daft.io.mcap._mcap import MCAPSource
    from daft.io.webdataset._webdataset import WebDatasetSource

    assert issubclass(MCAPSource, DataSource)
    assert issubclass(WebDatasetSource, DataSource)
    for name in ("read_mcap", "read_webdataset", "read_video_frames", "read_kafka"):
        assert not catalog.SOURCES[name].carries_bound


def test_download_cuts_the_rows_of_a_call(many_files: str) -> None:
    cut = catalog.FUNCTIONS["download"].rows_cut
    frame = daft.from_glob_path(many_files).select(F.download(col("path")).alias("bytes"))
    assert rows_a_call(frame, None) == cut == catalog.SOURCES["read_blob"].rows_cut
    assert rows_a_call(daft.read_blob(many_files).select("content"), None) == cut


def test_video_frames_come_in_batches_of_so_many_bytes(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width, stream.height = 64, 48
        for _ in range(70):
            container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode())
    cut = catalog.SOURCES["read_video_frames"].bytes_cut
    assert cut is not None
    frame = daft.read_video_frames(str(tmp_path / "a.mp4"), image_height=256, image_width=256)
    assert rows_a_call(frame.select("data"), None) == -(-cut // (256 * 256 * 3))


def test_only_utf_8_is_decoded_to_text() -> None:
    frame = daft.from_pydict({"x": [b"aa=="]})
    kinds = {
        codec: frame.select(F.decode(col("x"), codec)).schema()["x"].dtype for codec in ("utf-8", "utf8", "base64")
    }
    assert kinds == {"utf-8": DataType.string(), "utf8": DataType.string(), "base64": DataType.binary()}


def runs(end: Callable[[DataFrame], object]) -> int:
    """How many rows of a column are made when a DataFrame of 50 rows is read so."""
    calls: list[int] = []

    def mark(x: int) -> int:
        calls.append(x)
        return x

    marked = daft.func(mark, use_process=False)(col("x"))
    end(daft.from_pydict({"x": list(range(50))}).with_column("y", marked))
    return len(calls)


def test_what_ends_read() -> None:
    ends: dict[str, Callable[[DataFrame], object]] = {
        "count_rows": lambda df: df.count_rows(),
        "schema": lambda df: df.schema(),
        "columns": lambda df: df.columns,
        "column_names": lambda df: df.column_names,
        "num_partitions": lambda df: df.num_partitions(),
        "describe": lambda df: df.describe().to_pydict(),
        "to_pydict": lambda df: df.to_pydict(),
        "to_pylist": lambda df: df.to_pylist(),
        "to_arrow": lambda df: df.to_arrow(),
        "iter_rows": lambda df: list(df.iter_rows()),
        "show": lambda df: df.show(2),
    }
    expected = {Reads.ALL: 50, Reads.NONE: 0, Reads.COUNT: 0, Reads.FEW: 2}
    for name, end in ends.items():
        assert runs(end) == expected[catalog.STEPS[name].reads], name


def test_count_rows_runs_what_a_filter_needs() -> None:
    assert runs(lambda df: df.where(col("y") >= 0).count_rows()) == 50
    assert runs(lambda df: df.where(col("y") >= 0).schema()) == 0


# ------------------------------------------------------------------------------------------------ columns and functions


def test_projections() -> None:
    frame = daft.from_pydict({"g": [1, 1, 2], "x": [1, 2, 3], "many": [[1], [2, 3], [4]]})
    made = {
        "select": frame.select("x"),
        "with_column": frame.with_column("y", col("x")),
        "with_columns": frame.with_columns({"y": col("x")}),
        "exclude": frame.exclude("x"),
        "with_column_renamed": frame.with_column_renamed("x", "y"),
        "explode": frame.explode("many"),
        "limit": frame.limit(1),
        "distinct": frame.distinct("x"),
        "sum": frame.sum("x"),
        "agg": frame.agg(col("x").max()),
        "sort": frame.sort("x"),
    }
    expected = {
        Projection.KEEP: {"g", "x", "many"},
        Projection.ONLY: {"x"},
        Projection.DROP: {"g", "many"},
        Projection.RENAME: {"g", "y", "many"},
    }
    for name, result in made.items():
        more = {"y"} if name in ("with_column", "with_columns") else set()
        assert set(result.column_names) == expected[catalog.STEPS[name].projection] | more, name
    assert frame.groupby("g").agg(col("x").sum()).column_names == ["g", "x"]
    assert catalog.GROUPED["agg"].projection is Projection.ONLY


def test_aggregates_keep_the_name_of_their_column() -> None:
    grouped = daft.from_pydict({"g": [1, 1], "x": [1.0, 2.0], "s": ["a", "b"]}).groupby("g")
    for name, spec in catalog.GROUPED.items():
        if spec.function is not None and hasattr(grouped, name):
            column = "s" if spec.function == "string_agg" else "x"
            assert getattr(grouped, name)(column).column_names == ["g", column], name


def test_names_of_outputs() -> None:
    window = daft.Window().partition_by("g").order_by("x")
    made = {
        "to_struct": F.to_struct(col("x")),
        "to_list": F.to_list(col("x"), col("y")),
        "monotonically_increasing_id": F.monotonically_increasing_id(),
        "row_number": F.row_number().over(window),
        "rank": F.rank().over(window),
        "dense_rank": F.dense_rank().over(window),
    }
    assert {name: e.name() for name, e in made.items()} == catalog.OUTPUT_NAMES
    assert F.when(col("p"), col("x")).otherwise(col("y")).name() == "x"
    assert F.get(col("s"), "field").name() == "field"
    assert daft.lit(1).name() == "literal"


def type_of(expression: Any) -> str:
    frame = daft.from_pydict({"path": ["a"], "bytes": [b"a"], "n": [1]})
    image = DataType.image("RGB")
    frame = frame.with_columns({"image": F.decode_image(col("bytes")).cast(image), "file": F.file(col("path"))})
    return str(frame.select(expression.alias("out")).schema()["out"].dtype)


MEDIA_CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "download": (lambda: F.download(col("path")), "Binary"),
    "decode_image": (lambda: F.decode_image(col("bytes")), "Image"),
    "decode_image_file": (lambda: F.decode_image_file(F.image_file(col("path"))), "Image"),
    "video_frames": (lambda: F.video_frames(F.video_file(col("path"))), "List[Struct"),
    "video_keyframes": (lambda: F.video_keyframes(F.video_file(col("path"))), "List[Image"),
    "convert_image": (lambda: F.convert_image(col("image"), "L"), "Image"),
    "crop": (lambda: F.crop(col("image"), (0, 0, 1, 1)), "Image"),
    "encode_image": (lambda: F.encode_image(col("image"), "png"), "Binary"),
    "image_to_tensor": (lambda: F.image_to_tensor(col("image")), "Tensor"),
    "resize": (lambda: F.resize(col("image"), 32, 32), "Image[RGB; 32 x 32]"),
    "image_width": (lambda: F.image_width(col("image")), "UInt32"),
    "image_hash": (lambda: F.image_hash(col("image")), "Binary[8]"),
    "video_metadata": (lambda: F.video_metadata(F.video_file(col("path"))), "Struct"),
    "image_file_metadata": (lambda: F.image_file_metadata(F.image_file(col("path"))), "Struct"),
    "file": (lambda: F.file(col("path")), "File"),
    "video_file": (lambda: F.video_file(col("path")), "File"),
    "file_size": (lambda: F.file_size(col("file")), "UInt64"),
    "upload": (lambda: F.upload(col("bytes"), "/nowhere"), "String"),
    "guess_mime_type": (lambda: F.guess_mime_type(col("bytes")), "String"),
}


@pytest.mark.parametrize("name", MEDIA_CALLS)
def test_what_media_functions_make(name: str) -> None:
    call, expected = MEDIA_CALLS[name]
    made = type_of(call())
    assert made.startswith(expected), made
    heavy = any(word in made.replace("Binary[8]", "") for word in ("Binary", "Image", "Tensor"))
    assert heavy == (catalog.FUNCTIONS[name].effect in (Effect.HEAVY, Effect.KEEPS, Effect.DECLARED))


def test_specs_of_functions_are_whole() -> None:
    for name, spec in catalog.FUNCTIONS.items():
        assert (spec.effect is Effect.HEAVY) == bool(spec.reason), name
        assert spec.effect is Effect.HEAVY or not spec.many
        assert not spec.takes_images or spec.is_ai
    for source in catalog.SOURCES.values():
        assert all(source.heavy.values())


# --------------------------------------------------------------------------------------------------------- AI functions


@dataclass
class _Descriptor:
    """What both descriptors share; the options are those of the call."""

    options: dict[str, Any]

    def get_provider(self) -> str:
        return "counting"

    def get_model(self) -> str:
        return "counting"

    def get_options(self) -> dict[str, Any]:
        return self.options


class CountingEmbedder(ImageEmbedder):
    """Embeds an image as the number of images in the call."""

    def embed_image(self, images: list[Any]) -> Any:
        import numpy as np

        return [np.array([len(images)], dtype=np.float32) for _ in images]


class CountingEmbedderDescriptor(_Descriptor, ImageEmbedderDescriptor):
    def instantiate(self) -> CountingEmbedder:
        return CountingEmbedder()

    def get_dimensions(self) -> EmbeddingDimensions:
        return EmbeddingDimensions(size=1, dtype=DataType.float32())


class CountingClassifier(ImageClassifier):
    """Labels an image with the number of images in the call."""

    def classify_image(self, images: list[Any], labels: Any) -> list[str]:
        return [str(len(images)) for _ in images]


class CountingClassifierDescriptor(_Descriptor, ImageClassifierDescriptor):
    def instantiate(self) -> CountingClassifier:
        return CountingClassifier()


class Counting(Provider):
    @property
    def name(self) -> str:
        return "counting"

    def get_image_embedder(self, model: str | None = None, **options: Any) -> Any:
        return CountingEmbedderDescriptor(options)

    def get_image_classifier(self, model: str | None = None, **options: Any) -> Any:
        return CountingClassifierDescriptor(options)


@pytest.fixture
def images() -> DataFrame:
    numpy = pytest.importorskip("numpy")
    pixels = [numpy.zeros((2, 2, 3), dtype=numpy.uint8)] * 50
    frame: DataFrame = daft.from_pydict({"image": pixels}).select(col("image").cast(DataType.image("RGB")))
    return frame


def test_batch_size_of_embed_image(images: DataFrame) -> None:
    spec: FunctionSpec = catalog.FUNCTIONS["embed_image"]
    assert spec.batch_option
    assert spec.ai_batch_size is None
    for options, rows in (({}, 50), ({"batch_size": 8}, 8)):
        made = images.select(F.embed_image(col("image"), provider=Counting(), **options)).to_pydict()["image"]
        assert max(int(vector[0]) for vector in made) == rows


def test_batch_size_of_classify_image_bounds_no_call(images: DataFrame) -> None:
    pytest.importorskip("PIL")
    assert not catalog.FUNCTIONS["classify_image"].batch_option
    label = F.classify_image(col("image"), ["a"], provider=Counting(), batch_size=8)
    assert set(images.select(label).to_pydict()["image"]) == {"50"}


# -------------------------------------------------------------------------------------------- UDF options and old names


def test_options_of_udfs() -> None:
    assert {p.name for p in parameters(daft.cls)} - {"class_"} == catalog.CLS_OPTIONS
    assert {p.name for p in parameters(daft.func)} - {"fn"} == catalog.FUNC_OPTIONS
    assert {p.name for p in parameters(daft.func.batch)} - {"fn"} == catalog.FUNC_OPTIONS | {"batch_size"}


def test_legacy_options_of_udfs() -> None:
    old = {p.name for p in parameters(daft.udf)}
    for legacy, current in catalog.UDF_OPTIONS.items():
        assert legacy in old
        assert current in catalog.CLS_OPTIONS
        assert catalog.LEGACY[f"udf({legacy})"].current == current
    assert "memory_bytes" in old
    assert catalog.LEGACY["udf(memory_bytes)"].current is None


def test_runners() -> None:
    for name, runner in catalog.RUNNERS.items():
        assert runner in ("ray", "native")
        if "." not in name and not name.endswith("py"):
            assert callable(getattr(daft, name))
            assert getattr(daft.runners, name) is getattr(daft, name)


def legacy(prefix: str) -> Iterator[tuple[str, catalog.LegacySpec]]:
    for name, spec in catalog.LEGACY.items():
        if name.startswith(prefix):
            yield name[len(prefix) :], spec


UDF_METHODS = {"with_init_args", "with_concurrency", "override_options"}


def test_namespaces_are_gone_and_their_functions_exist() -> None:
    assert catalog.LEGACY_METHODS.keys() <= catalog.LEGACY.keys()
    for name, current in catalog.LEGACY_METHODS.items():
        namespace, _, method = name.partition(".")
        assert namespace in catalog.LEGACY_NAMESPACES
        assert not hasattr(daft.Expression, namespace), namespace
        assert callable(getattr(daft.Expression, current)), name
        assert current in catalog.FUNCTIONS
        assert catalog.legacy_function(namespace, method) == current
        assert catalog.LEGACY[name].current == current


def test_old_methods_are_gone_and_the_current_ones_exist() -> None:
    for prefix, owner in (("Expression.", daft.Expression), ("GroupedDataFrame.", GroupedDataFrame)):
        for name, spec in legacy(prefix):
            assert not hasattr(owner, name), name
            current = str(spec.current).removeprefix("functions.")
            assert hasattr(owner, current) or hasattr(F, current), name


def test_legacy_expression_methods_and_functions() -> None:
    assert {name: str(spec.current).removeprefix("functions.") for name, spec in legacy("Expression.")} == (
        catalog.LEGACY_EXPRESSION_METHODS
    )
    for name, current in catalog.LEGACY_FUNCTIONS.items():
        assert not hasattr(daft, name)
        assert catalog.LEGACY[name].current == f"functions.{current}"
        assert callable(getattr(F, current))


def test_old_names_in_daft() -> None:
    others = ("Expression.", "GroupedDataFrame.", "udf(")
    names_in_daft = catalog.LEGACY.keys() - catalog.LEGACY_METHODS.keys() - UDF_METHODS
    for name in sorted(n for n in names_in_daft if not n.startswith(others)):
        spec, found = catalog.LEGACY[name], daft
        for part in name.split("."):
            found = getattr(found, part, None)
        assert (found is None) == (spec.removed is not None), name
        assert callable(daft.func.batch if spec.current == "func.batch" else resolve(str(spec.current))), name


def test_old_methods_of_udfs_still_work() -> None:
    from daft.udf import UDF

    for name in UDF_METHODS:
        assert callable(getattr(UDF, name))
        assert catalog.LEGACY[name].removed is None
        assert not catalog.LEGACY[name].one_to_one


def test_versions_are_in_order() -> None:
    for name, spec in catalog.LEGACY.items():
        assert (0, 3, 0) <= spec.since <= (0, 8, 0), name
        if spec.deprecated and spec.removed:
            assert spec.deprecated < spec.removed, name
        assert spec.one_to_one or spec.note or spec.current in ("functions.to_struct", "attach_table"), name


def test_sources_by_other_spellings() -> None:
    assert catalog.source("io.read_parquet") is catalog.SOURCES["read_parquet"]
    assert catalog.source("io._range") is catalog.SOURCES["range"]
    assert catalog.source("read_nothing") is None
    assert catalog.legacy_function("url", "read") is None
