"""The configuration as plain data."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Protocol

from daft_lint.api.finding import Level
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.facts.settings import Settings
from daft_lint.source.discovery import FileFilter

NEVER = "never"
"""How the configuration and the command line spell that no level makes a run fail."""
LEVELS = tuple(level.name.lower() for level in Level)
"""The levels as they are spelled, the lowest first."""
FAIL_ON = (*LEVELS, NEVER)


def level_of(spelling: str) -> Level:
    """The level of a spelling, one of `LEVELS`."""
    return Level[spelling.upper()]


def fail_on_of(spelling: str) -> Level | None:
    """The level from which on a run fails, of a spelling in `FAIL_ON`; None for never."""
    return None if spelling == NEVER else level_of(spelling)


class Configured(Protocol):
    """What knows the configuration of each file: one for all, or the nearest of each."""

    def of(self, path: str) -> Config:
        """The configuration of a file. Raises `ConfigError` for one that cannot be used."""
        ...


@dataclass(frozen=True)
class VerifyConfig:
    """What `daft-lint verify` and `profile` do where the command line does not say; None: their own default."""

    sources: tuple[tuple[str, str], ...] = ()
    """For paths or patterns of sources, what to read in their place."""
    runner: str | None = None
    """What the scripts run on."""
    nodes: int | None = None
    """Nodes to simulate on this machine."""
    cpus_per_node: int | None = None
    """CPUs of a simulated node."""
    gpus_per_node: int | None = None
    """GPUs of a simulated node."""
    limit_rows: int | None = None
    """The most rows to read from each source."""
    timeout: float | None = None
    """The seconds that a run may take."""
    memory_limit: str | None = None
    """The memory that the processes of a run may use together, such as `2GiB`."""
    compare: str | None = None
    """What must be the same in the results."""
    repeat: int | None = None
    """How often to run each version, to measure the noise."""
    allow_writes: bool | None = None
    """Let writes that cannot be redirected happen for real."""


@dataclass(frozen=True)
class Config:
    """What a run is asked to do, the settings of the model included. `root` is the folder that relative patterns start
    from, `file` the file that was read (None: the defaults)."""

    root: Path = field(default_factory=Path.cwd)
    file: Path | None = None
    extend: str | None = None
    """Another configuration file, relative to this one: what this one does not say is taken from there."""
    src: tuple[str, ...] = ()
    """What `check` looks at when it is given no path; by default the working directory."""
    exclude: tuple[str, ...] = ()
    """Patterns, in gitignore style, of what to leave out besides what git ignores and folders such as `.venv`;
    `!build/` takes such a folder in again."""
    select: tuple[str, ...] = ()
    """Names, codes and prefixes of codes of the rules that run, `ALL` for every rule; empty: every rule that is on by
    default."""
    extend_select: tuple[str, ...] = ()
    """Rules that run besides those of `select`, or besides those that are on by default."""
    preview: bool = False
    """Also run rules that are new and may change; without it, only where their own codes or names are selected."""
    ignore: tuple[str, ...] = ()
    """Rules that do not run; of `select` and `ignore` the longer prefix decides."""
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """For patterns of paths, in gitignore style, the rules to ignore there."""
    level: Level = Level.ADVICE
    """The lowest level that is shown."""
    fail_on: Level | None = Level.WARNING
    """The lowest level that makes the exit status 1; `never`: no level does."""
    facts: bool | None = None
    """Read the footers of local Parquet sources; by default only of files that a script names. `true`: also of folders
    and wildcards, and nothing is kept of the results of a run."""
    markdown: bool = False
    """Also check the Markdown files of a folder."""
    target_daft: str | None = None
    """The oldest Daft that the scripts must run on; by default what the project pins, requires or has installed."""
    written_for: str | None = None
    """The Daft that the scripts run on before `upgrade`, "": what their project says; no key of the configuration."""
    plugins: tuple[str, ...] = ()
    """Plugins whose rules run too, by their entry point in the group `daft_lint.rules`; other installed plugins do
    not run."""
    cache_dir: str | None = None
    """The folder for the results of earlier runs, relative to the configuration's; by default the platform's cache."""
    settings: Settings = Settings()
    verify: VerifyConfig = VerifyConfig()
    also_exclude: tuple[tuple[Path, tuple[str, ...]], ...] = ()
    """Patterns that go before those of `exclude`, of the command line or of an extended file, each with the folder that
    they count from."""
    ignores_root: Path | None = None
    """The folder that the patterns of `per_file_ignores` count from, where that is not `root`."""

    @property
    def file_filter(self) -> FileFilter:
        """Which files of a folder are checked."""
        return FileFilter(self.root, self.exclude, self.markdown, self.also_exclude)

    def of(self, path: str) -> Config:
        """This configuration: as `Configured`, it is that of every file."""
        return self

    def shows(self, level: Level) -> bool:
        """Whether findings of a level are shown."""
        return level >= self.level

    def fails(self, level: Level) -> bool:
        """Whether a finding of a level makes the exit status 1."""
        return self.fail_on is not None and level >= self.fail_on
