"""What Daft's API means to the pipeline model, as data.

Complete for Daft 0.7 and for the older spellings back to getdaft 0.3; `tests/pipeline/test_catalog.py` walks the
installed Daft and fails on a name that is missing here.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from daft_lint.pipeline.model import Projection, Reads, StepKind


class PartitionsFrom(enum.Enum):
    """How many tasks a source makes on Ray (docs/pages/measurements.md, e5)."""

    ONE = "one"
    FILES = "files"
    """A read of k files makes k tasks; one file by its name makes one."""
    ARGUMENT = "argument"
    """`range(0, n, 1, p)` makes p, and one without p."""
    UNKNOWN = "unknown"


class RowsFrom(enum.Enum):
    """Where a source's row count can be read in the script."""

    NOWHERE = "nowhere"
    PYDICT = "pydict"
    PYLIST = "pylist"
    RANGE = "range"


class Moves(enum.Enum):
    """How a step that makes new partitions moves the rows between tasks on Ray."""

    NONE = "none"
    SPLIT = "split"
    """Partitions are cut or joined in order (`into_partitions`, `into_batches`)."""
    HASH = "hash"
    """Whole rows go to the task of their key, or are dealt out evenly (`repartition`, a hash join, `distinct`)."""
    RANGE = "range"
    """Whole rows go to the task of their range (`sort`, `join_asof`)."""
    RANDOM = "random"
    PARTIAL = "partial"
    """Only what an aggregation made of them travels."""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A function that makes a DataFrame.

    `heavy` and `light` are the columns of a known schema (heavy: column to the reason, which completes "`data` is
    heavy: …"); `closed` says that there are no others. `heavy_if` maps a keyword to the columns that are heavy only
    where that keyword is given as True. `path` is the parameter that holds the paths, as position and keyword.
    `names_hint`: what it reads can hold bytes, and the names of its columns count as hints.
    """

    partitions: PartitionsFrom
    rows: RowsFrom = RowsFrom.NOWHERE
    path: tuple[int, str] | None = None
    names_hint: bool = False
    heavy: Mapping[str, str] = field(default_factory=dict)
    light: tuple[str, ...] = ()
    closed: bool = False
    heavy_if: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    heavy_named: tuple[str, str] | None = None
    """A keyword whose value (a string or a list of them) names heavy columns, and their reason."""
    rest_light: bool = False
    """The columns that are not listed are light (text, numbers, file references)."""
    adds: tuple[str, ...] = ()
    """Keywords whose value names one more light column."""
    open_if: tuple[str, ...] = ()
    """Keywords that add columns of unknown names where they are given as True, so that it is not closed."""
    partitions_at: tuple[int, str] | None = None
    """The argument that gives the partitions, for `PiecesFrom.ARGUMENT`."""
    list_partitions: bool = False
    """Given a list of tables, it makes one partition for each."""
    carries_bound: bool = False
    """A later UDF's `batch_size` reaches back through it. Measured on the native runner, 300 rows and two UDFs, the
    later with `batch_size=16`: scans, `from_glob_path` and `from_files` gave the earlier one 16 rows a call;
    `from_pydict`, `range` and a source written in Python (as `read_video_frames`, `read_mcap`, `read_webdataset` and
    `read_kafka` are) gave it all 300."""
    rows_cut: int | None = None
    """Rows a call that it leaves behind it, as a built-in `download` does."""
    rows_cut_at: tuple[tuple[int, str], int] | None = None
    """The argument that gives those rows, and its default."""
    bytes_cut: int | None = None
    """Bytes a call that it leaves behind it: it fills a batch until it holds as many, whatever the rows."""
    batches_if: Mapping[str, int] = field(default_factory=dict)
    """A keyword that, unless it is False, makes it end in an `into_batches` of so many rows."""
    light_if: tuple[tuple[int, str], frozenset[str]] | None = None
    """The argument, and its values, with which the heavy columns hold a few KB a row."""
    files_at: tuple[int, str] | None = None
    """The argument that gives the number of files, for `PiecesFrom.FILES`; without it there are thousands."""
    rgb: Mapping[str, tuple[tuple[int, str], tuple[int, str]]] = field(default_factory=dict)
    """A column of RGB images to the arguments that are its height and width in pixels: 3 bytes a pixel."""
    heavy_read: bool = False
    """It opens what paths point to, itself."""


@dataclass(frozen=True, slots=True)
class FrameFunctionSpec:
    """A function that takes a DataFrame and returns one; `frame` is the parameter that takes it.

    `frames`: that parameter is a list of DataFrames. `heavy_of` is a keyword (with its default) whose strings name
    heavy columns by `heavy_name`, and `reason` completes "`x` is heavy: …".
    """

    kind: StepKind
    frame: tuple[int, str]
    projection: Projection = Projection.KEEP
    frames: bool = False
    heavy_of: tuple[int, str, tuple[str, ...]] | None = None
    heavy_name: str = "{}"
    reason: str = ""
    heavy_read: bool = False


class RowsEffect(enum.Enum):
    """What a step does to the most rows that there can be."""

    KEEP = "keep"
    FEWER = "fewer"
    """At most as many: the bound stays."""
    LIMIT = "limit"
    """At most the `count` argument."""
    MORE = "more"
    """Not known afterwards (`explode`, a join)."""
    SUM = "sum"
    """Those of all parents together (`concat`)."""


@dataclass(frozen=True, slots=True)
class StepSpec:
    """A DataFrame method.

    `count` is the position and keyword of the number that matters (`repartition(num)`, `limit(num)`); `required` says
    that the method fails without it. `columns` says what the arguments are: "expressions" (each makes a column),
    "name_expression" (`with_column`), "mapping" (`with_columns`), "keys" (read, make no column of their own), "names"
    (`exclude`), "renames", "predicate", "none".
    `lazy`: calling it and dropping the result does nothing. `others` is the position and keyword of another DataFrame.
    """

    kind: StepKind
    projection: Projection = Projection.KEEP
    rows: RowsEffect = RowsEffect.KEEP
    columns: str = "none"
    count: tuple[int, str] | None = None
    required: bool = False
    lazy: bool = True
    reads: Reads = Reads.ALL
    others: tuple[int, str] | None = None
    keeps_order: bool = True
    """On Ray, whether the row order of a single-partition source survives it (`e4`)."""
    sees_order: bool = False
    """Whether its result depends on the row order (`limit`, `show`, `to_pydict`, ...)."""
    columns_from: int = 0
    """The position from which on the positional arguments are columns; those before it are not."""
    keys: tuple[tuple[int | None, str], ...] = ()
    """Parameters that hold one column or a list of them, which are read, as position (None: keyword only) and keyword.
    Where it is given, the other arguments are no columns."""
    function: str | None = None
    """The function that each of its columns goes through, under the same name (`sum("x")`)."""
    moves: Moves = Moves.NONE
    is_property: bool = False


class Effect(enum.Enum):
    """What a function makes of the weight of what it reads."""

    HEAVY = "heavy"
    """Heavy by proof, whatever it reads (`download`, `decode_image`)."""
    KEEPS = "keeps"
    """That of its inputs (`fill_null`, `coalesce`, `when`, `get`, `alias`, `encode_image`)."""
    LIGHT = "light"
    """Small whatever it reads (`length`, `hash`, `embed_image`)."""
    DECLARED = "declared"
    """That of the type it names (`cast`, `resize` with its size)."""
    ELEMENT = "element"
    """That of a part of what it reads (`explode`, list and struct access): as heavy as the whole counts."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function in `daft.functions` or a method of `Expression`, under the name that both share.

    `reason` completes "`x` is heavy: …" for HEAVY ones. `heavy_read`: it opens what its first input points to. `many`:
    one row becomes a list of heavy values (`video_frames`). `takes_heavy`: strong evidence that its first input is
    heavy (`decode_image` of bytes, `image_width`). `is_ai`: an AI function, which runs as a UDF; `ai_batch_size` is its
    built-in batch size in rows, where it has one. `rows_cut`: rows a call that it leaves behind it (128 for
    `download`, `e7`).
    """

    effect: Effect
    reason: str = ""
    heavy_read: bool = False
    many: bool = False
    takes_heavy: bool = False
    ai_batch_size: int | None = None
    is_ai: bool = False
    rows_cut: int | None = None
    takes_images: bool = False
    """An AI function that takes images, so a heavy UDF where it is given some."""
    batch_option: bool = False
    """An AI function whose `batch_size=` bounds its calls."""
    sees_order: bool = False
    """Its result depends on the row order (a row number, a list of a group's rows)."""
    multiplies_rows: bool = False
    """In a `select`, one row becomes several."""


Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class LegacySpec:
    """A spelling of an older Daft: the current one (None: no equal), the first version that has the current one, the
    one that deprecated the old one and the first one without it (None: not yet, or not known).

    `one_to_one`: the same arguments after the new name mean the same; where it is false, `note` says why.
    """

    current: str | None
    since: Version
    note: str = ""
    deprecated: Version | None = None
    removed: Version | None = None
    one_to_one: bool = True


# -------------------------------------------------------------------------------------------------------------- sources

_PATH = (0, "path")
_BYTES = "the source reads the bytes of each file into it"
_FRAMES = "the source decodes video frames into it"

_PATH_COLUMN = ("file_path_column",)
_FILES = SourceSpec(PartitionsFrom.FILES, path=_PATH, names_hint=True, carries_bound=True, adds=_PATH_COLUMN)
# A column called `image` of a CSV or JSON file has a path or a URL in it, or numbers.
_TEXT_FILES = replace(_FILES, names_hint=False)
# Column names from a table count as hints too, and a scan of one carries a batch bound like that of files.
_TABLE = SourceSpec(PartitionsFrom.UNKNOWN, names_hint=True, carries_bound=True)
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
        carries_bound=True,
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
        carries_bound=True,
        rows_cut=64,
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
        carries_bound=True,
        heavy={"content": _BYTES},
        light=("path", "size"),
        closed=True,
        rows_cut=128,
        heavy_read=True,
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
        rgb={"data": ((1, "image_height"), (2, "image_width"))},
        bytes_cut=10 * 1024 * 1024,
        heavy_read=True,
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
        rows_cut_at=((5, "batch_size"), 1000),
        heavy={"data": "the source reads the payload of each message into it"},
        light=("topic", "log_time", "publish_time", "sequence"),
        closed=True,
    ),
    "read_huggingface": SourceSpec(PartitionsFrom.UNKNOWN, path=(0, "repo"), names_hint=True, carries_bound=True),
    # Paths and references: nothing is read.
    "from_glob_path": SourceSpec(
        PartitionsFrom.ONE, path=_PATH, carries_bound=True, light=("path", "size", "num_rows"), closed=True
    ),
    "from_files": SourceSpec(PartitionsFrom.ONE, path=_PATH, carries_bound=True, light=("file",), closed=True),
    # Tables.
    "read_deltalake": SourceSpec(PartitionsFrom.UNKNOWN, path=(0, "table"), names_hint=True, carries_bound=True),
    "read_hudi": SourceSpec(PartitionsFrom.UNKNOWN, path=(0, "table_uri"), names_hint=True, carries_bound=True),
    "read_iceberg": SourceSpec(PartitionsFrom.UNKNOWN, path=(0, "table"), names_hint=True, carries_bound=True),
    "read_lance": SourceSpec(PartitionsFrom.UNKNOWN, path=(0, "uri"), names_hint=True, carries_bound=True),
    "read_paimon": SourceSpec(PartitionsFrom.UNKNOWN, path=(0, "table"), names_hint=True, carries_bound=True),
    "read_sql": _TABLE,
    "read_table": _TABLE,
    "read_kafka": SourceSpec(PartitionsFrom.UNKNOWN, light=("topic", "partition", "offset", "timestamp_ms", "key")),
    "sql": SourceSpec(PartitionsFrom.UNKNOWN),
    # Memory.
    "from_pydict": SourceSpec(PartitionsFrom.ONE, rows=RowsFrom.PYDICT),
    "from_pylist": SourceSpec(PartitionsFrom.ONE, rows=RowsFrom.PYLIST),
    "from_arrow": SourceSpec(PartitionsFrom.ONE, list_partitions=True),
    "from_pandas": SourceSpec(PartitionsFrom.ONE, list_partitions=True),
    # A block or a Dask partition each.
    "from_ray_dataset": SourceSpec(PartitionsFrom.UNKNOWN),
    "from_dask_dataframe": SourceSpec(PartitionsFrom.UNKNOWN),
    "range": SourceSpec(
        PartitionsFrom.ARGUMENT, rows=RowsFrom.RANGE, light=("id",), closed=True, partitions_at=(3, "partitions")
    ),
    # Datasets.
    # Extracted text (WET) and metadata (WAT) are a few KB a page; the responses themselves are whole pages and files.
    "datasets.common_crawl": SourceSpec(
        PartitionsFrom.FILES,
        names_hint=True,
        carries_bound=True,
        heavy=_WARC_HEAVY,
        light=_WARC_LIGHT,
        light_if=((2, "content"), frozenset({"text", "wet", "metadata", "wat"})),
        files_at=(3, "num_files"),
        closed=True,
    ),
    # `from_glob_path` of metadata files, and a `download` of them.
    "datasets.droid.raw": SourceSpec(
        PartitionsFrom.ONE,
        path=_PATH,
        carries_bound=True,
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
        rows_cut=128,
        heavy_read=True,
    ),
    "datasets.droid.scenes": SourceSpec(
        PartitionsFrom.UNKNOWN,
        names_hint=True,
        carries_bound=True,
        light=("scene_id", "scene_classification"),
        closed=True,
    ),
    # A join of two Parquet reads; one image column for each video key, whose names `True` leaves to the dataset.
    "datasets.lerobot.read": SourceSpec(
        PartitionsFrom.UNKNOWN,
        path=(0, "dataset_uri"),
        names_hint=True,
        light=("episode_index", "frame_index", "timestamp", "index", "task_index"),
        heavy_named=("load_video_frames", _FRAMES),
        batches_if={"load_video_frames": 16},
    ),
    "datasets.lerobot.read_episodes": SourceSpec(
        PartitionsFrom.UNKNOWN, path=(0, "dataset_uri"), names_hint=True, carries_bound=True, rest_light=True
    ),
    "datasets.lerobot.read_tasks": SourceSpec(
        PartitionsFrom.UNKNOWN, path=(0, "dataset_uri"), names_hint=True, carries_bound=True, rest_light=True
    ),
}
"""By the name in `daft.`: `read_parquet`; with the module for those in packages: `datasets.common_crawl`."""

SOURCE_METHODS: dict[str, tuple[str, ...]] = {
    "Session": ("read_table", "sql"),
    "Catalog": ("read_table",),
    "Table": ("read", "select"),
    "DataSource": ("read",),
}
"""Methods of other Daft classes that make a DataFrame of unknown source."""

FRAME_FUNCTIONS: dict[str, FrameFunctionSpec] = {
    "concat": FrameFunctionSpec(StepKind.UNION, (0, "dfs"), frames=True),
    "datasets.droid.camera_frames": FrameFunctionSpec(
        StepKind.PROJECT,
        (0, "episodes"),
        heavy_of=(1, "cameras", _DROID_CAMERAS),
        heavy_name="{}_cam_frames",
        reason="`camera_frames` decodes the frames of each episode into it",
        heavy_read=True,
    ),
    # Reads HDF5 arrays of an episode: their length is not known.
    "datasets.droid.trajectory": FrameFunctionSpec(
        StepKind.PROJECT, (0, "episodes"), projection=Projection.UNKNOWN, heavy_read=True
    ),
    "datasets.lerobot.load_episode_frames": FrameFunctionSpec(
        StepKind.JOIN, (0, "episodes"), projection=Projection.UNKNOWN
    ),
}
"""By the name in `daft.`, as in `SOURCES`."""

# ---------------------------------------------------------------------------------------------------------------- steps

_OTHER = (0, "other")
_FILTER = StepSpec(StepKind.FILTER, rows=RowsEffect.FEWER, columns="predicate")
_DROP_MISSING = StepSpec(StepKind.FILTER, rows=RowsEffect.FEWER, columns="keys")
_CONCAT = StepSpec(StepKind.UNION, rows=RowsEffect.SUM, others=_OTHER)
_DISTINCT = StepSpec(StepKind.SHUFFLE, rows=RowsEffect.FEWER, columns="keys", keeps_order=False, moves=Moves.HASH)
# `union` is a `concat` and a `distinct`: at most the rows of both.
_UNION = StepSpec(StepKind.SHUFFLE, rows=RowsEffect.SUM, others=_OTHER, keeps_order=False, moves=Moves.HASH)
_SET = StepSpec(StepKind.SHUFFLE, rows=RowsEffect.FEWER, others=_OTHER, keeps_order=False, moves=Moves.HASH)
_UNPIVOT = StepSpec(
    StepKind.EXPLODE,
    projection=Projection.UNKNOWN,
    rows=RowsEffect.MORE,
    columns="keys",
    keys=((0, "ids"), (1, "values")),
)


def _aggregate(function: str | None, *, sees_order: bool = False) -> StepSpec:
    """An aggregation: its arguments go through `function`, or are expressions of their own where that is None."""
    return StepSpec(
        StepKind.SHUFFLE,
        projection=Projection.ONLY,
        rows=RowsEffect.FEWER,
        columns="expressions",
        keeps_order=False,
        sees_order=sees_order,
        function=function,
        moves=Moves.PARTIAL,
    )


def _sink(reads: Reads, *, sees_order: bool = False, is_property: bool = False) -> StepSpec:
    return StepSpec(StepKind.SINK, lazy=False, reads=reads, sees_order=sees_order, is_property=is_property)


_WRITE = _sink(Reads.ALL)
_TO = _sink(Reads.ALL, sees_order=True)
_ASK = _sink(Reads.NONE)
_PROPERTY = _sink(Reads.NONE, is_property=True)

_AGGREGATES: dict[str, StepSpec] = {
    **{
        name: _aggregate(name)
        for name in ("sum", "mean", "min", "max", "stddev", "var", "skew", "product", "count", "count_distinct")
    },
    "agg": _aggregate(None),
    # The first row that it meets.
    "any_value": _aggregate("any_value", sees_order=True),
}
"""Those that DataFrame and GroupedDataFrame share."""

GROUPED: dict[str, StepSpec] = {
    **_AGGREGATES,
    "list_agg": _aggregate("list_agg", sees_order=True),
    "list_agg_distinct": _aggregate("list_agg_distinct"),
    "string_agg": _aggregate("string_agg", sees_order=True),
    # Whole rows go to the task of their group, and the UDF can return any number of them.
    "map_groups": StepSpec(
        StepKind.SHUFFLE,
        projection=Projection.ONLY,
        rows=RowsEffect.MORE,
        columns="expressions",
        keeps_order=False,
        sees_order=True,
        moves=Moves.HASH,
    ),
    # Until getdaft 0.6.14.
    "agg_list": _aggregate("list_agg", sees_order=True),
    "agg_set": _aggregate("list_agg_distinct"),
    "agg_concat": _aggregate("string_agg", sees_order=True),
}
"""By the name of the GroupedDataFrame method: the step that it makes of `groupby(...)` and itself. The keys of the
`groupby` come first among its columns."""

STEPS: dict[str, StepSpec] = {
    # Columns.
    "select": StepSpec(StepKind.PROJECT, projection=Projection.ONLY, columns="expressions"),
    "with_column": StepSpec(StepKind.PROJECT, columns="name_expression"),
    "with_columns": StepSpec(StepKind.PROJECT, columns="mapping"),
    "exclude": StepSpec(StepKind.PROJECT, projection=Projection.DROP, columns="names"),
    "with_column_renamed": StepSpec(StepKind.PROJECT, projection=Projection.RENAME, columns="renames"),
    "with_columns_renamed": StepSpec(StepKind.PROJECT, projection=Projection.RENAME, columns="renames"),
    # Rows.
    "where": _FILTER,
    "filter": _FILTER,
    "drop_null": _DROP_MISSING,
    "drop_nan": _DROP_MISSING,
    # Asks Ray actors that hold the keys which are there already; its rows stay where they are.
    "skip_existing": StepSpec(StepKind.FILTER, rows=RowsEffect.FEWER, keys=((1, "key_column"),)),
    "limit": StepSpec(StepKind.LIMIT, rows=RowsEffect.LIMIT, count=(0, "num"), required=True, sees_order=True),
    "offset": StepSpec(StepKind.OTHER, rows=RowsEffect.FEWER, count=(0, "num"), required=True, sees_order=True),
    "sample": StepSpec(StepKind.OTHER, rows=RowsEffect.FEWER, sees_order=True),
    "explode": StepSpec(StepKind.EXPLODE, rows=RowsEffect.MORE, columns="expressions"),
    "unpivot": _UNPIVOT,
    "melt": _UNPIVOT,
    # Partitions.
    "into_batches": StepSpec(
        StepKind.BATCHES, count=(0, "batch_size"), required=True, keeps_order=False, moves=Moves.SPLIT
    ),
    "into_partitions": StepSpec(StepKind.REPARTITION, count=(0, "num"), required=True, moves=Moves.SPLIT),
    # `num` is required, but may be None: the number of partitions stays, the rows are shuffled all the same.
    "repartition": StepSpec(
        StepKind.REPARTITION,
        columns="keys",
        count=(0, "num"),
        required=True,
        columns_from=1,
        keeps_order=False,
        moves=Moves.HASH,
    ),
    "shuffle": StepSpec(StepKind.SHUFFLE, keeps_order=False, moves=Moves.RANDOM),
    "sort": StepSpec(StepKind.SHUFFLE, columns="keys", keys=((0, "by"),), keeps_order=False, moves=Moves.RANGE),
    "distinct": _DISTINCT,
    "unique": _DISTINCT,
    "drop_duplicates": _DISTINCT,
    # Several DataFrames.
    "join": StepSpec(
        StepKind.JOIN,
        rows=RowsEffect.MORE,
        columns="keys",
        keys=((1, "on"), (2, "left_on"), (3, "right_on")),
        others=_OTHER,
        keeps_order=False,
        moves=Moves.HASH,
    ),
    "join_asof": StepSpec(
        StepKind.JOIN,
        columns="keys",
        keys=tuple((None, name) for name in ("on", "left_on", "right_on", "by", "left_by", "right_by")),
        others=_OTHER,
        keeps_order=False,
        moves=Moves.RANGE,
    ),
    "concat": _CONCAT,
    "union_all": _CONCAT,
    "union_all_by_name": StepSpec(StepKind.UNION, projection=Projection.UNKNOWN, rows=RowsEffect.SUM, others=_OTHER),
    "union": _UNION,
    "union_by_name": StepSpec(
        StepKind.SHUFFLE,
        projection=Projection.UNKNOWN,
        rows=RowsEffect.SUM,
        others=_OTHER,
        keeps_order=False,
        moves=Moves.HASH,
    ),
    "intersect": _SET,
    "intersect_all": _SET,
    "except_all": _SET,
    "except_distinct": _SET,
    # Aggregations of all rows. `agg_*` are current here and legacy on a GroupedDataFrame.
    **_AGGREGATES,
    "agg_list": _aggregate("list_agg", sees_order=True),
    "agg_set": _aggregate("list_agg_distinct"),
    "agg_concat": _aggregate("string_agg", sees_order=True),
    "groupby": StepSpec(StepKind.SHUFFLE, columns="keys", keeps_order=False, moves=Moves.PARTIAL),
    "pivot": StepSpec(
        StepKind.SHUFFLE,
        projection=Projection.UNKNOWN,
        rows=RowsEffect.FEWER,
        columns="keys",
        keys=((0, "group_by"), (1, "pivot_col"), (2, "value_col")),
        keeps_order=False,
        moves=Moves.PARTIAL,
    ),
    "summarize": StepSpec(
        StepKind.SHUFFLE,
        projection=Projection.UNKNOWN,
        rows=RowsEffect.MORE,
        keeps_order=False,
        moves=Moves.PARTIAL,
    ),
    # Made of the schema alone.
    "describe": StepSpec(StepKind.SINK, reads=Reads.NONE),
    # Call the function that they are given; only where that is not in view do they count as steps.
    "pipe": StepSpec(StepKind.OTHER, projection=Projection.UNKNOWN, rows=RowsEffect.MORE, lazy=False),
    "transform": StepSpec(StepKind.OTHER, projection=Projection.UNKNOWN, rows=RowsEffect.MORE, lazy=False),
    # Ends. `collect` keeps its rows in the DataFrame that it is called on, so its result may be dropped.
    "collect": StepSpec(StepKind.COLLECT, lazy=False),
    "show": StepSpec(StepKind.SINK, count=(0, "n"), lazy=False, reads=Reads.FEW, sees_order=True),
    # Daft prunes every column that no filter needs: UDFs that make columns do not run.
    "count_rows": _sink(Reads.COUNT),
    **dict.fromkeys(
        (
            "to_arrow",
            "to_arrow_iter",
            "to_dask_dataframe",
            "to_pandas",
            "to_pydict",
            "to_pylist",
            "to_ray_dataset",
            "to_torch_dataloader",
            "to_torch_iter_dataset",
            "to_torch_map_dataset",
            "iter_partitions",
            "iter_rows",
        ),
        _TO,
    ),
    **dict.fromkeys(
        (
            "write_bigtable",
            "write_clickhouse",
            "write_csv",
            "write_deltalake",
            "write_huggingface",
            "write_iceberg",
            "write_json",
            "write_lance",
            "write_paimon",
            "write_parquet",
            "write_sink",
            "write_sql",
            "write_turbopuffer",
        ),
        _WRITE,
    ),
    **dict.fromkeys(("explain", "num_partitions", "schema"), _ASK),
    **dict.fromkeys(("column_names", "columns", "metrics", "skipped_corrupt_files"), _PROPERTY),
}
"""By the name of the DataFrame method."""

OWN_STEPS = frozenset({"into_batches", "into_partitions"})
"""Methods that no DataFrame but Daft's has."""

ITERATING = frozenset({"enumerate", "iter", "list", "set", "sorted", "tuple"})
"""Builtins that read a DataFrame's rows as `iter_rows` does; a `for` loop does so, too. `len(df)` runs nothing: it
needs a `collect` before it."""

# ------------------------------------------------------------------------------------------------------------ functions

_HEAVY_DOWNLOAD = FunctionSpec(
    Effect.HEAVY, reason="`download` reads the bytes of each file into it", heavy_read=True, rows_cut=128
)
_KEEPS = FunctionSpec(Effect.KEEPS)
_LIGHT = FunctionSpec(Effect.LIGHT)
_ELEMENT = FunctionSpec(Effect.ELEMENT)
_DECLARED = FunctionSpec(Effect.DECLARED)
_UNKNOWN = FunctionSpec(Effect.UNKNOWN)
_IMAGE_IN = FunctionSpec(Effect.LIGHT, takes_heavy=True)
_OPENS = FunctionSpec(Effect.LIGHT, heavy_read=True)
_KEEPS_ORDERED = FunctionSpec(Effect.KEEPS, sees_order=True)
_LIGHT_ORDERED = FunctionSpec(Effect.LIGHT, sees_order=True)

_MEDIA: dict[str, FunctionSpec] = {
    "download": _HEAVY_DOWNLOAD,
    "decode_image": FunctionSpec(Effect.HEAVY, reason="`decode_image` decodes an image into it", takes_heavy=True),
    "decode_image_file": FunctionSpec(
        Effect.HEAVY, reason="`decode_image_file` reads and decodes an image into it", heavy_read=True
    ),
    "video_frames": FunctionSpec(
        Effect.HEAVY, reason="`video_frames` decodes a video into a list of frames", heavy_read=True, many=True
    ),
    "video_keyframes": FunctionSpec(
        Effect.HEAVY, reason="`video_keyframes` decodes a video into a list of frames", heavy_read=True, many=True
    ),
    # Only in `daft.functions.video`.
    "get_video_frame_by_idx": FunctionSpec(
        Effect.HEAVY, reason="`get_video_frame_by_idx` decodes a frame into it", heavy_read=True
    ),
    "resample": FunctionSpec(Effect.HEAVY, reason="`resample` decodes audio into a tensor", heavy_read=True),
    # An image that `resize` made small stays small: these are no proof, but what they take is an image.
    **dict.fromkeys(
        ("convert_image", "crop", "encode_image", "image_to_tensor"), FunctionSpec(Effect.KEEPS, takes_heavy=True)
    ),
    # `w` x `h` x the image's channels.
    "resize": FunctionSpec(Effect.DECLARED, takes_heavy=True),
    **dict.fromkeys(
        ("image_attribute", "image_channel", "image_hash", "image_height", "image_mode", "image_width"), _IMAGE_IN
    ),
    # Takes bytes.
    "guess_mime_type": _IMAGE_IN,
    # They open the file for its header, and return a few numbers.
    **dict.fromkeys(
        ("audio_metadata", "hdf5_attrs", "hdf5_keys", "hdf5_metadata", "image_file_metadata", "video_metadata"), _OPENS
    ),
    # References, and what the object store knows of them.
    **dict.fromkeys(
        (
            "audio_file",
            "file",
            "file_exists",
            "file_path",
            "file_size",
            "hdf5_file",
            "image_file",
            "parse_url",
            "video_file",
        ),
        _LIGHT,
    ),
    # Returns the path that it wrote to.
    "upload": _LIGHT,
}

# Daft 0.7 wraps each in a `daft.cls` when it is called. The transformers provider declares a default `batch_size` of 16
# rows for images and 64 for text, but always passes its options, empty ones too, so that neither bounds a call (read in
# daft.ai.transformers.provider, 0.7.0 to 0.7.26); the other providers declare none for images. Only the `batch_size=`
# that a script gives does, and `classify_image`, `classify_text` and `prompt` use that inside the model alone.
_AI: dict[str, FunctionSpec] = {
    "embed_image": FunctionSpec(Effect.LIGHT, is_ai=True, takes_images=True, takes_heavy=True, batch_option=True),
    "classify_image": FunctionSpec(Effect.LIGHT, is_ai=True, takes_images=True, takes_heavy=True),
    # Its messages may be text or images, so it says nothing of what it takes.
    "prompt": FunctionSpec(Effect.LIGHT, is_ai=True, takes_images=True),
    "embed_text": FunctionSpec(Effect.LIGHT, is_ai=True, batch_option=True),
    "classify_text": FunctionSpec(Effect.LIGHT, is_ai=True),
    # Deprecated for `prompt` since 0.7. 1,024 rows with its default provider (vllm), 128 with openai.
    "llm_generate": FunctionSpec(Effect.LIGHT, is_ai=True, ai_batch_size=1024, batch_option=True),
}

_PASS_ON = """
    alias clip coalesce concat fill_null if_else max min otherwise over to_list to_struct value_counts when
    compress decode decompress deserialize encode serialize
    try_compress try_decode try_decompress try_deserialize try_encode
    list_agg_distinct list_append list_distinct list_filter list_flatten list_sort
"""
"""The rows stay as large as they were, or become as large as the largest input: values, bytes, lists."""

_PARTS = "chunk get map_get slice unnest"

_CASTS = """
    cast try_cast
    as_binary as_bool as_date as_decimal128 as_duration as_embedding as_extension as_file as_fixed_size_binary
    as_fixed_size_list as_float16 as_float32 as_float64 as_image as_int16 as_int32 as_int64 as_int8 as_interval as_list
    as_map as_null as_python as_sparse_tensor as_string as_struct as_tensor as_time as_timestamp as_uint16 as_uint32
    as_uint64 as_uint8 as_union as_uuid
"""
"""`as_image()` and its like are `cast(DataType.image())`; new after 0.7.24."""

_TEXT = """
    ascii ascii_func capitalize chr_func concat_ws contains count_matches damerau_levenshtein_distance endswith find
    format hamming_distance_str ilike jaro_similarity jaro_winkler_similarity left length length_bytes
    levenshtein_distance like lower lpad lstrip normalize regexp regexp_count regexp_extract regexp_extract_all
    regexp_replace regexp_split repeat replace reverse right rpad rstrip soundex space split split_part startswith
    strip substr substring_index to_camel_case to_kebab_case to_snake_case to_title_case to_upper_camel_case
    to_upper_kebab_case to_upper_snake_case tokenize_decode tokenize_encode translate upper
    jq json_array_length json_object_keys json_tuple
"""
_NUMBERS = """
    abs arccos arccosh arcsin arcsinh arctan arctan2 arctanh between bin bitwise_and bitwise_or bitwise_xor cbrt ceil
    columns_avg columns_max columns_mean columns_min columns_sum conv cos cosh cot csc degrees e eq_null_safe exp expm1
    factorial fill_nan floor great_circle_distance hypot is_in is_inf is_nan is_null ln log log10 log1p log2 negate
    not_nan not_null pi pmod pow power radians random_int round sec seq shift_left shift_right sign sin sinh sqrt tan
    tanh try_divide uuid
    hash minhash simhash
    cosine_distance cosine_similarity dot_product euclidean_distance hamming_distance jaccard_similarity
    pearson_correlation
    list_bool_and list_bool_or list_contains list_count list_join list_max list_mean list_min list_sum map_keys
"""
_TIMES = """
    add_months convert_time_zone convert_timezone current_date current_timestamp current_timezone date date_add
    date_diff date_format date_from_unix_date date_sub date_trunc dateadd datediff datepart day day_of_month
    day_of_week day_of_year dayofmonth dayofyear extract_day_uuid7 extract_hour_uuid7 extract_minute_uuid7
    extract_month_uuid7 from_unixtime from_utc_timestamp hour last_day make_date make_timestamp make_timestamp_ltz
    microsecond millisecond minute month months_between nanosecond next_day quarter replace_time_zone second strftime
    time timestamp_micros timestamp_millis timestamp_seconds to_date to_datetime to_unix_epoch to_utc_timestamp
    total_days total_hours total_microseconds total_milliseconds total_minutes total_nanoseconds total_seconds trunc
    unix_date week_of_year weekofyear year
    partition_days partition_hours partition_iceberg_bucket partition_iceberg_truncate partition_months partition_years
"""
_AGGREGATE_NUMBERS = """
    approx_count_distinct approx_percentiles avg bool_and bool_or count count_distinct mean median percentile product
    skew stddev sum var dense_rank rank
"""

FUNCTIONS: dict[str, FunctionSpec] = {
    # Text is light, so what makes or reads text is.
    **dict.fromkeys(_TEXT.split(), _LIGHT),
    **dict.fromkeys(_NUMBERS.split(), _LIGHT),
    **dict.fromkeys(_TIMES.split(), _LIGHT),
    **dict.fromkeys(_AGGREGATE_NUMBERS.split(), _LIGHT),
    **dict.fromkeys(_PASS_ON.split(), _KEEPS),
    **dict.fromkeys(_PARTS.split(), _ELEMENT),
    **dict.fromkeys(_CASTS.split(), _DECLARED),
    **_MEDIA,
    **_AI,
    "explode": FunctionSpec(Effect.ELEMENT, multiplies_rows=True),
    # What they give depends on the order of the rows.
    **dict.fromkeys(("any_value", "first_value", "lag", "last_value", "lead", "list_agg"), _KEEPS_ORDERED),
    **dict.fromkeys(("monotonically_increasing_id", "row_number", "string_agg"), _LIGHT_ORDERED),
    # What they make is decided by a function or a program that they are given.
    **dict.fromkeys(("apply", "list_map", "run_process", "udf"), _UNKNOWN),
}
"""By the name of the function or Expression method. `if_else` and `otherwise` are methods only: of an Expression until
0.6.14, and of what `when` returns."""

OUTPUT_NAMES: dict[str, str] = {
    "dense_rank": "dense_rank",
    "monotonically_increasing_id": "monotonically_increasing_id",
    "rank": "rank",
    "row_number": "row_number",
    "to_list": "list",
    "to_struct": "struct",
}
"""The name of the column that a function makes where that is not its first input's. `get` of a struct takes the field's
name, `when(predicate, value)` that of `value`, a literal is called "literal"."""

# -------------------------------------------------------------------------------------------------- UDFs and the runner

UDF_OPTIONS: dict[str, str] = {"concurrency": "max_concurrency", "num_gpus": "gpus", "num_cpus": "cpus"}
"""Legacy UDF options to the current ones: `concurrency` to `max_concurrency`, `num_gpus` to `gpus`."""

CLS_OPTIONS = frozenset(
    {"cpus", "gpus", "max_concurrency", "max_retries", "name_override", "on_error", "ray_options", "use_process"}
)
"""What `daft.cls` takes as a decorator, and a class's constructor does not."""

FUNC_OPTIONS = CLS_OPTIONS - {"name_override"} | {"return_dtype", "unnest"}
"""What `daft.func` takes; `daft.func.batch` takes `batch_size` too."""

RUNNERS: dict[str, str] = {
    f"{module}set_runner_{runner}": "ray" if runner == "ray" else "native"
    for module in ("", "context.", "runners.")
    for runner in ("ray", "native", "py")
}
"""The calls in `daft.` that set the runner. The `py` runner of getdaft 0.3 and 0.4 became the native one."""

# --------------------------------------------------------------------------------------------------------- legacy names

_FIRST = (0, 3, 0)
_EXPRESSION_METHODS_SINCE = (0, 6, 2)
"""Daft 0.6.2 brought `download`, `decode_image` and all their kin as methods and functions, and deprecated the
namespaces, which 0.7.0 removed (found in Daft's sources, release by release)."""


def _namespace(name: str, prefix: str, same: str = "", **renamed: str) -> dict[str, str]:
    """`name.method` to the current function: `prefix` and the method for each in `same`, and those in `renamed`."""
    current = {method: prefix + method for method in same.split()} | renamed
    return {f"{name}.{method}": function for method, function in current.items()}


LEGACY_METHODS: dict[str, str] = {
    **_namespace("url", "", "download upload"),
    **_namespace(
        "image",
        "image_",
        "attribute channel height mode width",
        decode="decode_image",
        encode="encode_image",
        resize="resize",
        crop="crop",
        to_mode="convert_image",
    ),
    **_namespace(
        "str",
        "",
        "capitalize concat contains count_matches endswith find ilike left length length_bytes like lower lpad lstrip "
        "normalize repeat replace reverse right rpad rstrip split startswith substr to_date to_datetime "
        "tokenize_decode tokenize_encode upper",
        match="regexp",
        extract="regexp_extract",
        extract_all="regexp_extract_all",
    ),
    **_namespace(
        "list",
        "list_",
        "bool_and bool_or count distinct join map max mean min sort sum",
        chunk="chunk",
        get="get",
        length="length",
        lengths="length",
        slice="slice",
        unique="list_distinct",
        value_counts="value_counts",
    ),
    **_namespace("struct", "", "get"),
    **_namespace("map", "map_", "get"),
    **_namespace(
        "dt",
        "",
        "date day day_of_month day_of_week day_of_year hour microsecond millisecond minute month nanosecond quarter "
        "second strftime time to_unix_epoch total_days total_hours total_microseconds total_milliseconds "
        "total_minutes total_nanoseconds total_seconds unix_date week_of_year year",
        truncate="date_trunc",
    ),
    **_namespace("float", "", "fill_nan is_inf is_nan not_nan"),
    **_namespace("embedding", "", "cosine_distance"),
    **_namespace("binary", "", "concat length slice"),
    **_namespace("partitioning", "partition_", "days hours iceberg_bucket iceberg_truncate months years"),
    **_namespace("json", "", query="jq"),
}
"""Expression namespaces to the current function: `url.download` to `download`, `image.decode` to `decode_image`."""

LEGACY_NAMESPACES = frozenset(name.partition(".")[0] for name in LEGACY_METHODS)
"""`url`, `image`, `str`, ...: the attributes of an Expression that held them."""

_NAMESPACE_SPECS: dict[str, LegacySpec] = {
    name: LegacySpec(current, _EXPRESSION_METHODS_SINCE, deprecated=_EXPRESSION_METHODS_SINCE, removed=(0, 7, 0))
    for name, current in LEGACY_METHODS.items()
}

_RUNNER_SINCE = (0, 6, 2)
_CLS_SINCE = (0, 6, 6)
_CPUS_SINCE = (0, 7, 6)

LEGACY: dict[str, LegacySpec] = {
    **_NAMESPACE_SPECS,
    "str.split": LegacySpec(
        "split",
        _EXPRESSION_METHODS_SINCE,
        "with `regex=True` it is `regexp_split`",
        deprecated=_EXPRESSION_METHODS_SINCE,
        removed=(0, 7, 0),
        one_to_one=False,
    ),
    "str.replace": LegacySpec(
        "replace",
        _EXPRESSION_METHODS_SINCE,
        "with `regex=True` it is `regexp_replace`",
        deprecated=_EXPRESSION_METHODS_SINCE,
        removed=(0, 7, 0),
        one_to_one=False,
    ),
    "list.lengths": LegacySpec("length", _EXPRESSION_METHODS_SINCE, deprecated=(0, 3, 6), removed=(0, 6, 0)),
    "json.query": LegacySpec("jq", (0, 5, 4), deprecated=(0, 5, 4), removed=(0, 6, 0)),
    # Methods of an Expression.
    "Expression.agg_list": LegacySpec("list_agg", (0, 6, 2), deprecated=(0, 6, 2), removed=(0, 7, 0)),
    "Expression.agg_set": LegacySpec("list_agg_distinct", (0, 6, 2), deprecated=(0, 6, 2), removed=(0, 7, 0)),
    "Expression.agg_concat": LegacySpec("string_agg", (0, 6, 2), deprecated=(0, 6, 2), removed=(0, 7, 0)),
    "Expression.negative": LegacySpec("negate", (0, 4, 8), deprecated=(0, 6, 2), removed=(0, 7, 0)),
    "Expression.signum": LegacySpec("sign", _FIRST, deprecated=(0, 6, 2), removed=(0, 7, 0)),
    "Expression.url_parse": LegacySpec("parse_url", (0, 6, 2), deprecated=(0, 6, 2), removed=(0, 7, 0)),
    "Expression.if_else": LegacySpec(
        "when",
        (0, 6, 4),
        "`p.if_else(a, b)` is `when(p, a).otherwise(b)`",
        deprecated=(0, 6, 4),
        removed=(0, 7, 0),
        one_to_one=False,
    ),
    "Expression.to_struct": LegacySpec(
        "functions.to_struct", (0, 6, 2), "was a static method", removed=(0, 6, 0), one_to_one=False
    ),
    # Methods of a GroupedDataFrame; those of the same names on a DataFrame are current.
    "GroupedDataFrame.agg_list": LegacySpec("list_agg", (0, 6, 2), deprecated=(0, 6, 2), removed=(0, 7, 0)),
    "GroupedDataFrame.agg_set": LegacySpec("list_agg_distinct", (0, 6, 2), deprecated=(0, 6, 2), removed=(0, 7, 0)),
    "GroupedDataFrame.agg_concat": LegacySpec("string_agg", (0, 6, 2), deprecated=(0, 6, 2), removed=(0, 7, 0)),
    # Functions in `daft.`.
    "coalesce": LegacySpec("functions.coalesce", (0, 6, 2), deprecated=(0, 6, 2), removed=(0, 7, 0)),
    "list_": LegacySpec(
        "functions.to_list",
        (0, 6, 2),
        "`list_` took names as strings",
        deprecated=(0, 6, 2),
        removed=(0, 7, 0),
        one_to_one=False,
    ),
    "struct": LegacySpec(
        "functions.to_struct",
        (0, 6, 2),
        "`struct` took names as strings",
        deprecated=(0, 6, 2),
        removed=(0, 7, 0),
        one_to_one=False,
    ),
    "to_struct": LegacySpec("functions.to_struct", (0, 6, 2), removed=(0, 6, 0), one_to_one=False),
    "register_table": LegacySpec("attach_table", (0, 4, 5), removed=(0, 5, 0), one_to_one=False),
    "context.set_runner_ray": LegacySpec("set_runner_ray", _RUNNER_SINCE, removed=(0, 7, 0)),
    "context.set_runner_native": LegacySpec("set_runner_native", _RUNNER_SINCE, removed=(0, 7, 0)),
    "context.set_runner_py": LegacySpec(
        "set_runner_native",
        _RUNNER_SINCE,
        "the Python runner is gone; the native runner took its place",
        removed=(0, 5, 0),
        one_to_one=False,
    ),
    "functions.llm_generate": LegacySpec(
        "functions.prompt", (0, 6, 8), "its options are those of a provider", deprecated=(0, 7, 0), one_to_one=False
    ),
    # UDFs. The old decorator still works in 0.7; 0.8 is to remove it.
    "udf": LegacySpec(
        "func.batch",
        _CLS_SINCE,
        "a function becomes `daft.func.batch`; a class `daft.cls`, with `daft.method.batch` on its `__call__`",
        deprecated=(0, 7, 0),
        one_to_one=False,
    ),
    "with_init_args": LegacySpec(
        "cls", _CLS_SINCE, "an instance of a `daft.cls` class takes them: `Model(...)`", one_to_one=False
    ),
    "with_concurrency": LegacySpec(
        "cls", _CLS_SINCE, "becomes `max_concurrency` of the `daft.cls` decorator", one_to_one=False
    ),
    "override_options": LegacySpec(
        "cls", _CLS_SINCE, "its options belong to the decorator; `cpus` needs 0.7.6", one_to_one=False
    ),
    "udf(concurrency)": LegacySpec(
        "max_concurrency", _CLS_SINCE, "at most so many, where `concurrency` was exactly so many", one_to_one=False
    ),
    "udf(num_gpus)": LegacySpec("gpus", _CLS_SINCE, "on `daft.func` since 0.7.6"),
    "udf(num_cpus)": LegacySpec("cpus", _CPUS_SINCE),
    "udf(memory_bytes)": LegacySpec(None, _FIRST, "no equal; bound what runs at once by `max_concurrency`"),
}
"""By how `LegacyUse.name` spells them: `url.download` (a namespace and its method), `Expression.if_else`, `udf` and
`context.set_runner_ray` (names in `daft.`), `with_init_args` (a method of a legacy UDF), `udf(num_gpus)` (an option of
`daft.udf`). `current` is of the same sort: a method, a name in `daft.`, an option."""

LEGACY_EXPRESSION_METHODS: dict[str, str] = {
    "agg_concat": "string_agg",
    "agg_list": "list_agg",
    "agg_set": "list_agg_distinct",
    "if_else": "when",
    "negative": "negate",
    "signum": "sign",
    "to_struct": "to_struct",
    "url_parse": "parse_url",
}
"""Methods of an Expression itself to the current function."""

LEGACY_FUNCTIONS: dict[str, str] = {
    "coalesce": "coalesce",
    "list_": "to_list",
    "struct": "to_struct",
    "to_struct": "to_struct",
}
"""Functions that were in `daft.` to those in `daft.functions`."""


def source(name: str) -> SourceSpec | None:
    """The source that `daft.<name>` is; `daft.io.read_parquet` is `read_parquet`, `daft.io._range` is `range`."""
    name = name.removeprefix("io.")
    return SOURCES.get("range" if name == "_range" else name)


def legacy_function(namespace: str, method: str) -> str | None:
    """The current name of `x.<namespace>.<method>()`: `download` for `url`, `download`."""
    return LEGACY_METHODS.get(f"{namespace}.{method}")
