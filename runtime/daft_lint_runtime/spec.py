"""What a run is asked to do, as plain data: it goes to the run's processes as JSON."""

from __future__ import annotations

import enum
import fnmatch
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_TIMEOUT = 600.0
"""Seconds that one run of a script may take."""
PROBE_DIRECTORY_ENV = "DAFT_LINT_PROBE"
"""Where a process of the run appends its records; a probe without it stays silent."""
MARKER_ENV = "DAFT_LINT_RUN"
"""Carried by every process of a run, so that one which left the process tree is found and ended as well."""


def node_folder(marker: str) -> str:
    """Where the workers of a named cluster leave their records: a folder of this name among a node's temporary ones."""
    return f"daft-lint-{marker}"


def shared_memory_prefix(marker: str) -> str:
    """A name of its own for the shared memory of what carries `marker`; short, for some systems cut such names."""
    return f"/dl{marker[:5]}"


class TextEnum(str, enum.Enum):
    """An enum whose members are the words that reports and JSON write."""

    def __str__(self) -> str:
        return str(self.value)


class VerifyError(Exception):
    """A run that cannot be done as asked; the message is for the user."""


@dataclass(frozen=True)
class ClusterSpec:
    """The Ray that a run gets.

    `address` names a cluster of somebody else, which is joined and never stopped. Else a private one is started on
    this machine: `nodes` raylets of `cpus_per_node` CPUs (None: all cores that this process may use) and
    `gpus_per_node` GPUs (None: those that Ray finds, none on simulated nodes); Ray counts them and asks for no proof.
    `object_store_bytes` is per node; None is Ray's own choice.
    """

    address: str | None = None
    nodes: int = 1
    cpus_per_node: int | None = None
    gpus_per_node: int | None = None
    object_store_bytes: int | None = None


@dataclass(frozen=True)
class RunOptions:
    """How scripts are run. `runner` is "ray", "native", or "auto": Ray, unless a finding is about the native runner.

    `sources` maps a path, or a pattern with `*`, to what is read in its place. `limit_rows` caps each source (rows),
    `timeout` is in seconds, `memory_limit` in bytes for all processes of a run together. `profile` also measures the
    sources, after the script. `stall` is how many seconds without work are waited for after the death of a worker.
    """

    runner: str = "auto"
    cluster: ClusterSpec = ClusterSpec()
    timeout: float = DEFAULT_TIMEOUT
    memory_limit: int | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    limit_rows: int | None = None
    allow_writes: bool = False
    compare: str = "rows"
    repeat: int = 1
    script_args: tuple[str, ...] = ()
    sample_seconds: float = 0.1
    probe_calls: bool = True
    profile: bool = False
    stall: float = 60.0

    def stand_in(self, path: str) -> str | None:
        """What is read in the place of a source's path; None for one that is read itself."""
        matching = (p for p in self.sources if path == p or fnmatch.fnmatchcase(path, p))
        return next((self.sources[pattern] for pattern in matching), None)


@dataclass(frozen=True)
class OwnerSpec:
    """A private Ray: its size, the folder for its files, and the marker that its processes carry."""

    cluster: ClusterSpec
    folder: str
    marker: str

    @property
    def address_file(self) -> str:
        """Holds the address once the Ray runs."""
        return f"{self.folder}/{self.marker}.address"

    @staticmethod
    def read(file: Path) -> OwnerSpec:
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return OwnerSpec(**{**data, "cluster": ClusterSpec(**data["cluster"])})


@dataclass(frozen=True)
class RunSpec:
    """One run of one text. `path` is the script's path on disk, `text_file` holds the bytes to run in its place.

    `out` gets what the run leaves behind; `scratch` is the run's TMPDIR, the same path for the runs of one
    script, so that a path among the results is the same as well. `ray_address` and `ray_pid` are the private Ray that
    the run joins and the process that owns it, None for a run on the native runner or a named cluster.
    """

    label: str
    path: str
    text_file: str
    out: str
    scratch: str
    marker: str
    runner: str
    options: RunOptions
    cwd: str
    ray_address: str | None = None
    ray_pid: int | None = None

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @staticmethod
    def read(file: Path) -> RunSpec:
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        options: dict[str, Any] = data.pop("options")
        cluster = ClusterSpec(**options.pop("cluster"))
        options["script_args"] = tuple(options["script_args"])
        return RunSpec(**data, options=RunOptions(cluster=cluster, **options))
