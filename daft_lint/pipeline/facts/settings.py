"""What is known from outside of a script: the cluster, the sources, the sizes that count.

Apart from the model, which a run without findings has no need of.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

DEFAULT_HEAVY_ROW_BYTES = 32 * 1024
DEFAULT_TARGET_BATCH_BYTES = 1024**3


class Runner(enum.Enum):
    RAY = "ray"
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Cluster facts: None is not known. `total_concurrency` counts UDF calls that run at once in the cluster."""

    nodes: int | None = None
    """Machines of the cluster."""
    total_concurrency: int | None = None
    """UDF calls that run at once, on all nodes together."""
    cpus_per_node: float | None = None
    """CPUs of one node."""
    gpus_per_node: float | None = None
    """GPUs of one node."""
    runner: Runner | None = None
    """What the scripts are for, where they do not say so themselves; not set: Ray."""

    @property
    def cpus(self) -> float | None:
        return None if self.nodes is None or self.cpus_per_node is None else self.nodes * self.cpus_per_node

    @property
    def gpus(self) -> float | None:
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
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the model and the rules take from the configuration. Sizes are bytes."""

    cluster: Cluster = Cluster()
    sources: tuple[tuple[str, SourceFacts], ...] = ()
    """Path patterns (gitignore style) and what is known of what they match; the first match counts."""
    heavy_row_bytes: int = DEFAULT_HEAVY_ROW_BYTES
    """Bytes from which on a row is heavy, where a declared shape or a fact gives its size."""
    target_batch_bytes: int = DEFAULT_TARGET_BATCH_BYTES
    """Bytes that a batch of an inserted `into_batches` should not exceed, where the size of a row is known."""
    fan_out: str = "repartition"
    """Which call a fix of DFT203 inserts: `repartition` or `into_partitions`."""
    footers: bool = False
    """Read the footers of local Parquet sources for their facts."""
    target_daft: tuple[int, int, int] | None = None
    """The oldest Daft that the script is to run on; None: the newest."""
