"""What is said of each source, step, function and legacy spelling: the columns of the catalog's tables."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.facts.settings import Version
from daft_lint.pipeline.model import Projection, Reads, StepKind

KEYWORD_ONLY = -1
"""The position of an argument that has none."""


class Argument(NamedTuple):
    """Where a call has an argument; `position` counts from 0, without the receiver."""

    position: int
    keyword: str


class StringsArgument(NamedTuple):
    """An argument that is a list of strings, and its default."""

    position: int
    keyword: str
    default: tuple[str, ...]


class PartitionsFrom(enum.Enum):
    """How many partitions, and so tasks, a source makes on Ray (docs/pages/measurements.md, e5)."""

    ONE = "one"
    FILES = "files"
    """One for each file; one file by its name makes one."""
    ARGUMENT = "argument"
    """`range(0, n, 1, p)` makes p, and one without p."""
    COLUMN = "column"
    """One, unless an argument names a column to split the rows by."""
    UNKNOWN = "unknown"


class RowsFrom(enum.Enum):
    """Where a source's row count can be read in the script."""

    NOWHERE = "nowhere"
    PYDICT = "pydict"
    PYLIST = "pylist"
    RANGE = "range"
    TABLE = "table"
    """A table of pandas or Arrow that the script makes of columns or rows."""
    PATHS = "paths"
    """A row for each file that the paths name."""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A function that makes a DataFrame.

    `heavy` and `light` are the columns of a known schema (heavy: column to the reason, which completes "`data` is
    heavy: …"); `closed` says that there are no others. `path` is the parameter that holds the paths. `names_hint`: what
    it reads can hold bytes, and the names of its columns count as hints.
    """

    partitions: PartitionsFrom
    rows: RowsFrom = RowsFrom.NOWHERE
    path: Argument | None = None
    names_hint: bool = False
    heavy: Mapping[str, str] = field(default_factory=dict)
    light: tuple[str, ...] = ()
    closed: bool = False
    heavy_named: tuple[str, str] | None = None
    """A keyword whose value (a string or a list of them) names heavy columns, and their reason."""
    rest_light: bool = False
    """The columns that are not listed are light (text, numbers, file references)."""
    adds: tuple[str, ...] = ()
    """Keywords whose value names one more light column."""
    open_if: tuple[str, ...] = ()
    """Keywords that add columns of unknown names where they are given, so that it is not closed."""
    partitions_at: Argument | None = None
    """The argument that gives the partitions, or the column, for `PartitionsFrom.ARGUMENT` and `COLUMN`."""
    list_partitions: bool = False
    """Given a list of tables, it makes one partition for each."""
    propagates_batch_size: bool = False
    """A later UDF's `batch_size` reaches back through it. Measured on the native runner, 300 rows and two UDFs, the
    later with `batch_size=16`: scans, `from_glob_path` and `from_files` gave the earlier one 16 rows a call;
    `from_pydict`, `range` and a source written in Python (as `read_video_frames`, `read_mcap`, `read_webdataset` and
    `read_kafka` are) gave it all 300."""
    output_batch_rows: int | None = None
    """The most rows in a batch that it hands on, where it limits them as a built-in `download` does."""
    output_batch_rows_at: tuple[Argument, int] | None = None
    """The argument that gives those rows, and its default."""
    output_batch_bytes: int | None = None
    """It fills a batch until that holds so many bytes, whatever the rows."""
    into_batches_if: Mapping[str, int] = field(default_factory=dict)
    """A keyword that, unless it is False, makes it end in an `into_batches` of so many rows."""
    light_if: tuple[Argument, frozenset[str]] | None = None
    """An argument, and those of its values with which the heavy columns hold only a few KB a row."""
    files_at: Argument | None = None
    """The argument that gives the number of files, for `PartitionsFrom.FILES`; without it there are thousands."""
    rgb: Mapping[str, tuple[Argument, Argument]] = field(default_factory=dict)
    """A column of RGB images to the arguments that are its height and width in pixels, of 3 bytes each."""


@dataclass(frozen=True, slots=True)
class FrameFunctionSpec:
    """A function that takes a DataFrame, or a list of them, and returns one; `frame` is the parameter that takes it.

    `heavy_of` is a keyword whose strings name heavy columns by `heavy_name`, and `reason` completes "`x` is heavy: …".
    """

    kind: StepKind
    frame: Argument
    projection: Projection = Projection.KEEP
    heavy_of: StringsArgument | None = None
    heavy_name: str = "{}"
    reason: str = ""


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


class ColumnArguments(enum.Enum):
    """What a step's arguments say of columns."""

    NONE = "none"
    EXPRESSIONS = "expressions"
    """Each makes a column (`select`)."""
    NAME_AND_EXPRESSION = "name and expression"
    """A column's name and what it is made of (`with_column`)."""
    MAPPING = "mapping"
    """Names to what the columns are made of (`with_columns`)."""
    READ = "read"
    """They are read, and make no column of their own (a predicate, sort keys)."""
    DROPPED_NAMES = "dropped names"
    """The names of the columns to drop (`exclude`)."""
    RENAMES = "renames"
    """Old names to new ones (`with_column_renamed`)."""


@dataclass(frozen=True, slots=True)
class StepSpec:
    """A DataFrame method.

    `count` is the argument for the number that matters (`repartition(num)`, `limit(num)`), `columns` what its arguments
    say of columns. `lazy`: calling it and dropping the result does nothing. `others` is the argument that is another
    DataFrame.
    """

    kind: StepKind
    projection: Projection = Projection.KEEP
    rows: RowsEffect = RowsEffect.KEEP
    columns: ColumnArguments = ColumnArguments.NONE
    count: Argument | None = None
    lazy: bool = True
    reads: Reads = Reads.ALL
    others: Argument | None = None
    keeps_order: bool = True
    """On Ray, whether the row order of a single-partition source survives it (`e4`)."""
    sees_order: bool = False
    """Whether its result depends on the row order (`limit`, `show`, `to_pydict`, ...)."""
    columns_from: int = 0
    """The position from which on the positional arguments are columns; those before it are not."""
    keys: tuple[Argument, ...] = ()
    """The parameters that hold one column or a list of them, which are read. Where they are given, the other arguments
    are no columns."""
    function: str | None = None
    """The function that each of its columns goes through, under the same name (`sum("x")`)."""


class WeightEffect(enum.Enum):
    """What a function makes of the weight of what it reads."""

    HEAVY = "heavy"
    """Heavy by proof, whatever it reads (`download`, `decode_image`)."""
    KEEPS = "keeps"
    """That of its inputs (`fill_null`, `coalesce`, `when`, `get`, `alias`, `encode_image`)."""
    LIGHT = "light"
    """Light whatever it reads (`length`, `hash`, `embed_image`)."""
    DECLARED = "declared"
    """That of the type it names (`cast`, `resize` with its size)."""
    ELEMENT = "element"
    """That of a part of what it reads (`explode`, list and struct access): as heavy as the whole counts."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function in `daft.functions` or a method of `Expression`, under the name that both share.

    `reason` completes "`x` is heavy: …" for HEAVY ones. `heavy_read`: it opens what its first input points to.
    `takes_heavy`: strong evidence that its first input is heavy (`decode_image` of bytes, `image_width`). `is_ai`: an
    AI function, which runs as a UDF; `ai_batch_size` is its built-in batch size in rows, where it has one.
    """

    effect: WeightEffect
    reason: str = ""
    heavy_read: bool = False
    takes_heavy: bool = False
    ai_batch_size: int | None = None
    is_ai: bool = False
    output_batch_rows: int | None = None
    """The most rows in a batch that it hands on (`e7`)."""
    numbers_rows: bool = False
    """It numbers the rows in the order that they come in."""


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
