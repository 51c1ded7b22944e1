"""The configuration: `[tool.daft-lint]` in pyproject.toml, or a daft-lint.toml.

Keys are spelled with `-`; `_` is read too. Nothing of LibCST is imported here, nor anything that a run without findings
has no need of.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from daft_lint.pipeline.facts.settings import Cluster, Runner, Settings, SourceFacts
from daft_lint.source.discovery import FileFilter

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LEVELS = ("advice", "warning", "error")
FAIL_ON = (*LEVELS, "never")
NAMES = ("daft-lint.toml", ".daft-lint.toml", "pyproject.toml")
"""The files that can hold the configuration; the first that does in the nearest folder counts."""


_VERSION = re.compile(r"\s*(?:(?:===?|>=|<=|~=|!=|>|<)?\s*\d+(?:\.\d+){0,2}\s*(?:,\s*|\Z))+")


FACTS_FILE = "daft-lint.facts.toml"
"""Source facts that `daft-lint profile` measured, in the folder of the configuration."""


class ConfigError(Exception):
    """A configuration that cannot be used: says the file, the key and what to write."""


@dataclass(frozen=True)
class VerifyConfig:
    """What `daft-lint verify` and `profile` do where the command line does not say; None: their own default.

    `sources` is what is read in place of a path or pattern, `limit_rows` the most rows of a source, `timeout` and
    `memory_limit` what one run may take (seconds; a size such as "2GiB").
    """

    sources: tuple[tuple[str, str], ...] = ()
    """For paths or patterns of sources, what is read in their place."""
    runner: str | None = None
    """What the scripts are run on."""
    nodes: int | None = None
    """Nodes to simulate on this machine."""
    cpus_per_node: int | None = None
    """CPUs of a simulated node."""
    gpus_per_node: int | None = None
    """GPUs of a simulated node."""
    limit_rows: int | None = None
    """The most rows that are read of each source."""
    timeout: float | None = None
    """Seconds that a run may take."""
    memory_limit: str | None = None
    """What the processes of a run may use together, such as `2GiB`."""
    compare: str | None = None
    """What of the results must be the same."""
    repeat: int | None = None
    """How often each text is run, for its noise."""
    allow_writes: bool | None = None
    """Let writes that cannot be redirected write for real."""


@dataclass(frozen=True)
class Config:
    """What a run is asked to do, the model's settings included. `root` is the folder that relative patterns count from,
    `file` the file that it was read from (None: the defaults)."""

    root: Path = field(default_factory=Path.cwd)
    file: Path | None = None
    src: tuple[str, ...] = (".",)
    """What `check` looks at where it is given no path."""
    exclude: tuple[str, ...] = ()
    """Patterns of what is left out, in gitignore style, besides what git ignores and folders such as `.venv`."""
    select: tuple[str, ...] = ()
    """Prefixes of codes that run, `ALL` for every rule; empty: every rule that is on by default."""
    ignore: tuple[str, ...] = ()
    """Prefixes of codes that do not run; of `select` and `ignore` the longer prefix decides."""
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """For patterns of paths, in gitignore style, the prefixes that are ignored there."""
    level: str = "advice"
    """The lowest level that is shown."""
    fail_on: str = "warning"
    """The lowest level that makes the exit status 1; "never" for none."""
    facts: bool = False
    """Read the footers of local Parquet sources."""
    markdown: bool = False
    """Check the Markdown files of a folder too."""
    target_daft: str | None = None
    """The oldest Daft that the scripts are to run on; None: what the nearest pyproject.toml requires."""
    plugins: tuple[str, ...] = ()
    """Entry points of the group `daft_lint.rules` whose rules run too; installed ones that are not named do not."""
    cache_dir: str | None = None
    """The folder for the results of earlier runs, from the configuration's folder; None: the platform's place."""
    settings: Settings = Settings()
    verify: VerifyConfig = VerifyConfig()

    @property
    def file_filter(self) -> FileFilter:
        """Which files of a folder are checked."""
        return FileFilter(self.root, self.exclude, self.markdown)


def load(start: Path, file: Path | None = None) -> Config:
    """The configuration for a run in the folder `start`: that of `file`, else of the nearest folder upwards, and the
    source facts of a profile beside it, which count where its own `sources` say nothing.

    Raises `ConfigError` for a file that cannot be read or holds what no key means.
    """
    config = _load(start, file)
    facts = config.root / FACTS_FILE
    if not facts.is_file():
        return config
    sources = (*config.settings.sources, *_profiled(facts))
    return replace(config, settings=replace(config.settings, sources=sources))


def _profiled(file: Path) -> tuple[tuple[str, SourceFacts], ...]:
    table = _table(file) or {}
    reader = _Reader(file)
    values = reader.values(table, {"sources": lambda key, value: _sources(file, reader.table(key, value))})
    return values.get("sources", ())  # type: ignore[return-value]


def _load(start: Path, file: Path | None) -> Config:
    if file is not None:
        table = _table(file)
        return _config({} if table is None else table, file)
    for folder in (start, *start.resolve().parents):
        for name in NAMES:
            candidate = folder / name
            if candidate.is_file():
                table = _table(candidate)
                if table is not None:
                    return _config(table, candidate)
    return Config(root=start)


def parse(text: str, file: Path) -> Config:
    """The configuration that a daft-lint.toml with this text would give. Raises `ConfigError`."""
    return _config(_toml(text, file), file)


def _toml(text: str, file: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: a number of 5,000 digits too
        raise ConfigError(f"{file}: no valid TOML: {error}") from None


def _table(file: Path) -> Mapping[str, object] | None:
    """The tool's table of a file; None for a pyproject.toml without one."""
    try:
        if file.is_fifo():
            raise ConfigError(f"{file}: a named pipe is not read")
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: no valid TOML: not UTF-8 text") from None
    if file.name == "pyproject.toml" and "daft-lint" not in text:
        return None
    document = _toml(text, file)
    tool = document.get("tool")
    nested = tool.get("daft-lint") if isinstance(tool, Mapping) else None
    if nested is None:
        return None if file.name == "pyproject.toml" else document
    if not isinstance(nested, Mapping):
        raise ConfigError(f"{file}: tool.daft-lint must be a table")
    return nested


@dataclass(frozen=True)
class _Reader:
    """Reads the values of one table; `prefix` is the table's name in messages."""

    file: Path
    prefix: str = ""
    foreign: bool = False
    """Plugins are named, so codes other than `DFT…` can mean something."""

    def wrong(self, key: str, wanted: str, value: object) -> ConfigError:
        return ConfigError(f"{self.file}: {self.prefix}{key} must be {wanted}, not {_shown(value)}")

    def strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of strings", value)
        return tuple(value)

    def string(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            raise self.wrong(key, "a string", value)
        return value

    def version(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not _VERSION.fullmatch(value):
            raise self.wrong(key, 'a version such as "0.7.2" or ">=0.6"', value)
        return value

    def boolean(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", value)
        return value

    def count(self, key: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.wrong(key, "a whole number of at least 1", value)
        return value

    def rows(self, key: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.wrong(key, "a whole number of at least 0", value)
        return value

    def amount(self, key: str, value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
            raise self.wrong(key, "a number of at least 0", value)
        return value

    def choice(self, key: str, value: object, choices: Iterable[str]) -> str:
        choices = tuple(choices)
        if not isinstance(value, str) or value not in choices:
            raise self.wrong(key, "one of " + ", ".join(f'"{c}"' for c in choices), value)
        return value

    def codes(self, key: str, value: object) -> tuple[str, ...]:
        codes = self.strings(key, value)
        for code in codes:
            if not is_prefix(code, foreign=self.foreign):
                raise self.wrong(key, 'prefixes of rule codes such as "DFT1"', code)
        return codes

    def table(self, key: str, value: object) -> Mapping[str, object]:
        if not isinstance(value, Mapping):
            raise self.wrong(key, "a table", value)
        return value

    def values(
        self, table: Mapping[str, object], known: Mapping[str, Callable[[str, object], object]]
    ) -> dict[str, object]:
        """The table's values by their keys in snake case. Raises `ConfigError` for a key that is not known."""
        found: dict[str, object] = {}
        for key, value in table.items():
            spelled = key.replace("_", "-")
            if spelled not in known:
                raise ConfigError(f"{self.file}: unknown key {self.prefix}{key}{did_you_mean(spelled, known)}")
            if spelled.replace("-", "_") in found:
                raise ConfigError(f"{self.file}: {self.prefix}{spelled} is given twice")
            found[spelled.replace("-", "_")] = known[spelled](key, value)
        return found


def is_prefix(code: str, *, foreign: bool = False) -> bool:
    """A rule code or the beginning of one: `D`, `DFT1`, `DFT101`; `ALL` for every rule. `foreign`: a plugin's too, such
    as `ACM1`."""
    if foreign and not code.startswith("DFT"):
        return re.fullmatch("[A-Z]{1,3}|[A-Z]{3}[0-9]{1,3}", code) is not None
    return code == "ALL" or (
        bool(code) and len(code) <= 6 and "DFT".startswith(code[:3]) and (len(code) <= 3 or code[3:].isdecimal())
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about a word that is not known: the nearest, else all of them."""
    known = tuple(known)
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else "; known are " + ", ".join(known)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _config(table: Mapping[str, object], file: Path) -> Config:
    reader = _Reader(file, foreign=bool(table.get("plugins")))
    values = reader.values(
        table,
        {
            "plugins": reader.strings,
            "src": reader.strings,
            "exclude": reader.strings,
            "select": reader.codes,
            "ignore": reader.codes,
            "per-file-ignores": lambda key, value: _per_file(reader, key, value),
            "level": lambda key, value: reader.choice(key, value, LEVELS),
            "fail-on": lambda key, value: reader.choice(key, value, FAIL_ON),
            "cache-dir": reader.string,
            "facts": reader.boolean,
            "markdown": reader.boolean,
            "target-daft": reader.version,
            "cluster": lambda key, value: _cluster(file, reader.table(key, value)),
            "sources": lambda key, value: _sources(file, reader.table(key, value)),
            "verify": lambda key, value: _verify(file, reader.table(key, value)),
            "heavy-row-bytes": reader.count,
            "target-batch-bytes": reader.count,
            "fan-out": lambda key, value: reader.choice(key, value, ("repartition", "into_partitions")),
        },
    )
    of_settings = ("cluster", "sources", "heavy_row_bytes", "target_batch_bytes", "fan_out")
    given = {key: values.pop(key) for key in of_settings if key in values}
    settings = replace(Settings(), **given)  # type: ignore[arg-type]
    settings = replace(settings, footers=bool(values.get("facts", False)))
    config = Config(root=file.resolve().parent, file=file, settings=settings)
    return replace(config, **values)  # type: ignore[arg-type]


def _per_file(reader: _Reader, key: str, value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    table = reader.table(key, value)
    return tuple((pattern, reader.codes(f"{key}.{pattern}", codes)) for pattern, codes in table.items())


def _cluster(file: Path, table: Mapping[str, object]) -> Cluster:
    reader = _Reader(file, "cluster.")
    values = reader.values(
        table,
        {
            "nodes": reader.count,
            "total-concurrency": reader.count,
            "cpus-per-node": reader.amount,
            "gpus-per-node": reader.amount,
            "runner": lambda key, value: Runner(reader.choice(key, value, [runner.value for runner in Runner])),
        },
    )
    return replace(Cluster(), **values)  # type: ignore[arg-type]


def _sources(file: Path, table: Mapping[str, object]) -> tuple[tuple[str, SourceFacts], ...]:
    found = []
    for pattern, entry in table.items():
        name = f'sources."{pattern}"'
        reader = _Reader(file, f"{name}.")
        values = reader.values(
            _Reader(file).table(name, entry),
            {
                "rows": reader.rows,
                "files": reader.count,
                "row-bytes": reader.count,
                "heavy": reader.strings,
                "light": reader.strings,
            },
        )
        found.append((pattern, replace(SourceFacts(origin=f"{file.name}, {name}"), **values)))  # type: ignore[arg-type]
    return tuple(found)


def _verify(file: Path, table: Mapping[str, object]) -> VerifyConfig:
    reader = _Reader(file, "verify.")
    values = reader.values(
        table,
        {
            "sources": lambda key, value: _replacements(file, reader.table(key, value)),
            "runner": lambda key, value: reader.choice(key, value, ("auto", "ray", "native")),
            "nodes": reader.count,
            "cpus-per-node": reader.count,
            "gpus-per-node": reader.rows,
            "limit-rows": reader.count,
            "timeout": reader.amount,
            "memory-limit": reader.string,
            "compare": lambda key, value: reader.choice(key, value, ("rows", "schema", "none")),
            "repeat": reader.count,
            "allow-writes": reader.boolean,
        },
    )
    return replace(VerifyConfig(), **values)  # type: ignore[arg-type]


def _replacements(file: Path, table: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    reader = _Reader(file, "verify.sources.")
    return tuple((pattern, reader.string(f'"{pattern}"', place)) for pattern, place in table.items())
