"""What is known from outside of a script: the cluster, the sources, the sizes that count.

Kept apart from the model, which a run without findings does not need.
"""

from __future__ import annotations

import enum
from dataclasses import replace
from typing import NamedTuple

from daft_lint.dataclass import dataclass

DEFAULT_HEAVY_ROW_BYTES = 32 * 1024
"""Bytes from which on a row counts as heavy: 32 KiB."""
DEFAULT_TARGET_BATCH_BYTES = 1024**3
"""Bytes that a batch should not exceed: 1 GiB."""


class Version(NamedTuple):
    """A version of Daft."""

    major: int
    minor: int
    patch: int


class Runner(enum.Enum):
    """Which of Daft's runners a script is for."""

    RAY = "ray"
    NATIVE = "native"


class Footers(enum.Enum):
    """Which local Parquet files have their footers read."""

    NONE = "none"
    NAMED = "named"
    """Those that a source names, in full: no folders and no wildcards."""
    ALL = "all"
    """Those of folders and wildcards too."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Facts about the cluster; None where they are not known."""

    nodes: int | None = None
    """Machines of the cluster."""
    total_concurrency: int | None = None
    """UDF calls that run at once, on all nodes together."""
    cpus_per_node: float | None = None
    """CPUs of one node."""
    gpus_per_node: float | None = None
    """GPUs of one node."""
    runner: Runner | None = None
    """The runner that the scripts are for, where they do not say so themselves; not set: Ray."""

    @property
    def cpus(self) -> float | None:
        """CPUs of all nodes together."""
        return None if self.nodes is None or self.cpus_per_node is None else self.nodes * self.cpus_per_node

    @property
    def gpus(self) -> float | None:
        """GPUs of all nodes together."""
        return None if self.nodes is None or self.gpus_per_node is None else self.nodes * self.gpus_per_node


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What somebody says of a source: on its line, in the configuration, from a profile, or from file footers."""

    rows: int | None = None
    """Rows in all."""
    files: int | None = None
    """Files that it reads, each of which is one partition on Ray."""
    row_bytes: int | None = None
    """Bytes of one row."""
    heavy: tuple[str, ...] = ()
    """Columns that are heavy."""
    light: tuple[str, ...] = ()
    """Columns that are not, whatever their names say."""
    largest_file: int | None = None
    """Rows of the largest file, where each is read at once: a Parquet file of one row group."""
    in_parts: bool | None = None
    """Whether a file is read in several parts: a Parquet file of several row groups."""
    origin: str = ""
    """Who says so, as messages put it: "line 3", "the files' footers"; "" where that is not known."""


@dataclass(frozen=True, slots=True)
class UdfFacts:
    """What a profile says of a UDF."""

    seconds_per_batch: float | None = None
    """Seconds of a call."""
    batch_rows: int | None = None
    """Rows of such a call."""
    skewed: bool = False
    """Some rows take many times as long as most."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the model and the rules take from the configuration. Sizes are bytes."""

    cluster: Cluster = Cluster()
    sources: tuple[tuple[str, SourceFacts], ...] = ()
    """Path patterns (gitignore style) and what is known of what they match; the first match counts."""
    learned: tuple[tuple[str, SourceFacts], ...] = ()
    """The same from earlier runs: they count where nothing else is known, for the files can have changed since."""
    udfs: tuple[tuple[str, UdfFacts], ...] = ()
    """What is known of UDFs, by the absolute path of the file that defines one, a colon, and its name
    (`Embedder.encode`); the first counts."""
    heavy_row_bytes: int = DEFAULT_HEAVY_ROW_BYTES
    """Bytes from which on a row is heavy, where a declared shape or a fact gives its size."""
    target_batch_bytes: int = DEFAULT_TARGET_BATCH_BYTES
    """Bytes that a batch of an inserted `into_batches` should not exceed, where the size of a row is known."""
    fan_out: str = "repartition"
    """Which call a fix inserts that spreads light rows over the cluster: `repartition` or `into_partitions`."""
    footers: Footers = Footers.NAMED
    """Which local Parquet files have their footers read for their facts; none where pyarrow is not installed."""
    for_ray: bool = True
    """The project says that it is for Ray, by what it depends on or sets; False: there is no sign of that."""
    target_daft: Version | None = None
    """The oldest Daft that the script is to run on; None: the newest."""
    newest_daft: Version | None = None
    """The newest Daft that it is to run on; None: no end is known."""
    written_for: Version | None = None
    """The oldest Daft that its author can have run it on; None: not known."""
    is_upgrade: bool = False
    """It is to run on another Daft: what means something else there for some values is told as well."""


def with_all_footers(settings: Settings) -> Settings:
    """The settings for one script whose plan is asked for: folders and wildcards too, unless no footer may be read."""
    return settings if settings.footers is Footers.NONE else replace(settings, footers=Footers.ALL)
