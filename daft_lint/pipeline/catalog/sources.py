"""Functions that make DataFrames, and those that take one and return one."""

from __future__ import annotations

from dataclasses import replace

from daft_lint.pipeline.catalog.spec import (
    Argument,
    FrameFunctionSpec,
    PartitionsFrom,
    RowsFrom,
    SourceSpec,
    StringsArgument,
)
from daft_lint.pipeline.model import DOWNLOAD_ROWS, Projection, StepKind

_PATH = Argument(0, "path")
_BYTES = "the source reads the bytes of each file into it"
_FRAMES = "the source decodes video frames into it"

_PATH_COLUMN = ("file_path_column",)
_FILES = SourceSpec(PartitionsFrom.FILES, path=_PATH, names_hint=True, propagates_batch_size=True, adds=_PATH_COLUMN)
# A column called `image` of a CSV or JSON file has a path or a URL in it, or numbers.
_TEXT_FILES = replace(_FILES, names_hint=False)
# Column names from a table count as hints too, and a scan of one carries a batch bound like that of files.
_TABLE = SourceSpec(PartitionsFrom.UNKNOWN, names_hint=True, propagates_batch_size=True)
_WARC_LIGHT = (
    "WARC-Record-ID",
    "WARC-Target-URI",
    "WARC-Type",
    "WARC-Date",
    "Content-Length",
    "WARC-Identified-Payload-Type",
    "warc_headers",
)
_WARC_HEAVY = {"warc_content": "the source reads the content of each WARC record into it"}
_DROID_CAMERAS = ("wrist", "ext1", "ext2")

SOURCES: dict[str, SourceSpec] = {
    # Files.
    "read_parquet": _FILES,
    **dict.fromkeys(("read_csv", "read_json"), _TEXT_FILES),
    # Text is light, with `whole_text=True` too.
    "read_text": SourceSpec(
        PartitionsFrom.FILES,
        path=_PATH,
        names_hint=True,
        propagates_batch_size=True,
        light=("text",),
        closed=True,
        adds=_PATH_COLUMN,
        open_if=("hive_partitioning",),
    ),
    # Measured on both runners: 64 records a call, whatever their size and the UDF's `batch_size`.
    "read_warc": SourceSpec(
        PartitionsFrom.FILES,
        path=_PATH,
        names_hint=True,
        propagates_batch_size=True,
        output_batch_rows=64,
        heavy=_WARC_HEAVY,
        light=_WARC_LIGHT,
        closed=True,
        adds=_PATH_COLUMN,
    ),
    # Is `from_glob_path` and `download` in one, so it makes one partition and cuts to the 128 rows of `download` (e7).
    "read_blob": SourceSpec(
        PartitionsFrom.ONE,
        path=_PATH,
        names_hint=True,
        propagates_batch_size=True,
        heavy={"content": _BYTES},
        light=("path", "size"),
        closed=True,
        output_batch_rows=DOWNLOAD_ROWS,
    ),
    # It cuts its frames into batches of 10 MiB (`_VideoFramesSourceTask._max_partition_size`), not into rows.
    # Measured on both runners, 600 frames: of 256 x 256 pixels (196,608 bytes) a UDF got 54 a call, of 32 x 32 all 600.
    "read_video_frames": SourceSpec(
        PartitionsFrom.FILES,
        path=_PATH,
        names_hint=True,
        heavy={"data": _FRAMES},
        light=(
            "path",
            "frame_index",
            "frame_time",
            "frame_time_base",
            "frame_pts",
            "frame_dts",
            "frame_duration",
            "is_key_frame",
        ),
        closed=True,
        rgb={"data": (Argument(1, "image_height"), Argument(2, "image_width"))},
        output_batch_bytes=10 * 1024 * 1024,
    ),
    # Image, audio, video and other binary members are `daft.File` references into the archive; text and JSON are read.
    "read_webdataset": SourceSpec(
        PartitionsFrom.FILES, path=_PATH, names_hint=True, light=("__key__", "__url__"), rest_light=True
    ),
    # Measured on the native runner with 5,000 messages: 1,000 a call, with `batch_size=300` 300.
    "read_mcap": SourceSpec(
        PartitionsFrom.FILES,
        path=_PATH,
        names_hint=True,
        output_batch_rows_at=(Argument(5, "batch_size"), 1000),
        heavy={"data": "the source reads the payload of each message into it"},
        light=("topic", "log_time", "publish_time", "sequence"),
        closed=True,
    ),
    "read_huggingface": SourceSpec(
        PartitionsFrom.UNKNOWN, path=Argument(0, "repo"), names_hint=True, propagates_batch_size=True
    ),
    # Paths and references: nothing is read.
    "from_glob_path": SourceSpec(
        PartitionsFrom.ONE,
        rows=RowsFrom.PATHS,
        path=_PATH,
        propagates_batch_size=True,
        light=("path", "size", "num_rows"),
        closed=True,
    ),
    "from_files": SourceSpec(
        PartitionsFrom.ONE,
        rows=RowsFrom.PATHS,
        path=_PATH,
        propagates_batch_size=True,
        light=("file",),
        closed=True,
    ),
    # Tables.
    "read_deltalake": SourceSpec(
        PartitionsFrom.UNKNOWN, path=Argument(0, "table"), names_hint=True, propagates_batch_size=True
    ),
    "read_hudi": SourceSpec(
        PartitionsFrom.UNKNOWN, path=Argument(0, "table_uri"), names_hint=True, propagates_batch_size=True
    ),
    "read_iceberg": SourceSpec(
        PartitionsFrom.UNKNOWN, path=Argument(0, "table"), names_hint=True, propagates_batch_size=True
    ),
    "read_lance": SourceSpec(
        PartitionsFrom.UNKNOWN, path=Argument(0, "uri"), names_hint=True, propagates_batch_size=True
    ),
    "read_paimon": SourceSpec(
        PartitionsFrom.UNKNOWN, path=Argument(0, "table"), names_hint=True, propagates_batch_size=True
    ),
    "read_sql": replace(_TABLE, partitions=PartitionsFrom.COLUMN, partitions_at=Argument(2, "partition_col")),
    "read_table": _TABLE,
    "read_kafka": SourceSpec(PartitionsFrom.UNKNOWN, light=("topic", "partition", "offset", "timestamp_ms", "key")),
    "sql": SourceSpec(PartitionsFrom.UNKNOWN),
    # Memory.
    "from_pydict": SourceSpec(PartitionsFrom.ONE, rows=RowsFrom.PYDICT),
    "from_pylist": SourceSpec(PartitionsFrom.ONE, rows=RowsFrom.PYLIST),
    "from_arrow": SourceSpec(PartitionsFrom.ONE, rows=RowsFrom.TABLE, list_partitions=True),
    "from_pandas": SourceSpec(PartitionsFrom.ONE, rows=RowsFrom.TABLE, list_partitions=True),
    # A block or a Dask partition each.
    "from_ray_dataset": SourceSpec(PartitionsFrom.UNKNOWN),
    "from_dask_dataframe": SourceSpec(PartitionsFrom.UNKNOWN),
    "range": SourceSpec(
        PartitionsFrom.ARGUMENT,
        rows=RowsFrom.RANGE,
        light=("id",),
        closed=True,
        partitions_at=Argument(3, "partitions"),
    ),
    # Datasets.
    # Extracted text (WET) and metadata (WAT) are a few KB a page; the responses themselves are whole pages and files.
    "datasets.common_crawl": SourceSpec(
        PartitionsFrom.FILES,
        names_hint=True,
        propagates_batch_size=True,
        heavy=_WARC_HEAVY,
        light=_WARC_LIGHT,
        light_if=(Argument(2, "content"), frozenset({"text", "wet", "metadata", "wat"})),
        files_at=Argument(3, "num_files"),
        closed=True,
    ),
    # `from_glob_path` of metadata files, and a `download` of them.
    "datasets.droid.raw": SourceSpec(
        PartitionsFrom.ONE,
        path=_PATH,
        propagates_batch_size=True,
        light=(
            "uuid",
            "lab",
            "date",
            "timestamp",
            "scene_id",
            "trajectory_length",
            "current_task",
            "success",
            "episode_dir",
            "user",
            "user_id",
            "building",
            "robot_serial",
            "r2d2_version",
            "trajectory",
            "wrist_cam_serial",
            "wrist_cam_extrinsics",
            "wrist_cam_video",
            "ext1_cam_serial",
            "ext1_cam_extrinsics",
            "ext1_cam_video",
            "ext2_cam_serial",
            "ext2_cam_extrinsics",
            "ext2_cam_video",
        ),
        closed=True,
        output_batch_rows=DOWNLOAD_ROWS,
    ),
    "datasets.droid.scenes": SourceSpec(
        PartitionsFrom.UNKNOWN,
        names_hint=True,
        propagates_batch_size=True,
        light=("scene_id", "scene_classification"),
        closed=True,
    ),
    # A join of two Parquet reads; one image column for each video key, whose names `True` leaves to the dataset.
    "datasets.lerobot.read": SourceSpec(
        PartitionsFrom.UNKNOWN,
        path=Argument(0, "dataset_uri"),
        names_hint=True,
        light=("episode_index", "frame_index", "timestamp", "index", "task_index"),
        heavy_named=("load_video_frames", _FRAMES),
        into_batches_if={"load_video_frames": 16},
    ),
    "datasets.lerobot.read_episodes": SourceSpec(
        PartitionsFrom.UNKNOWN,
        path=Argument(0, "dataset_uri"),
        names_hint=True,
        propagates_batch_size=True,
        rest_light=True,
    ),
    "datasets.lerobot.read_tasks": SourceSpec(
        PartitionsFrom.UNKNOWN,
        path=Argument(0, "dataset_uri"),
        names_hint=True,
        propagates_batch_size=True,
        rest_light=True,
    ),
}
"""By the name in `daft.`: `read_parquet`; with the module for those in packages: `datasets.common_crawl`."""

FRAME_FUNCTIONS: dict[str, FrameFunctionSpec] = {
    "concat": FrameFunctionSpec(StepKind.UNION, Argument(0, "dfs")),
    "datasets.droid.camera_frames": FrameFunctionSpec(
        StepKind.PROJECT,
        Argument(0, "episodes"),
        heavy_of=StringsArgument(1, "cameras", _DROID_CAMERAS),
        heavy_name="{}_cam_frames",
        reason="`camera_frames` decodes the frames of each episode into it",
    ),
    # Reads HDF5 arrays of an episode: their length is not known.
    "datasets.droid.trajectory": FrameFunctionSpec(
        StepKind.PROJECT, Argument(0, "episodes"), projection=Projection.UNKNOWN
    ),
    "datasets.lerobot.load_episode_frames": FrameFunctionSpec(
        StepKind.JOIN, Argument(0, "episodes"), projection=Projection.UNKNOWN
    ),
}
"""By the name in `daft.`, as in `SOURCES`."""
