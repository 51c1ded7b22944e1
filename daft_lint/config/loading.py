"""Reads `[tool.daft-lint]` of a pyproject.toml, or a daft-lint.toml. Keys are spelled with `-`; `_` is read too."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from daft_lint.config.model import FAIL_ON, LEVELS, Config, VerifyConfig, fail_on_of, level_of
from daft_lint.config.reader import ConfigError, TableReader
from daft_lint.pipeline.facts.settings import Cluster, Runner, Settings, SourceFacts

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAMES = ("daft-lint.toml", ".daft-lint.toml", "pyproject.toml")
"""The files that can hold the configuration; of the nearest folder that has one, the first counts."""
FACTS_FILE = "daft-lint.facts.toml"
"""Source facts that `daft-lint profile` measured, in the folder of the configuration."""


def load(start: Path, file: Path | None = None) -> Config:
    """The configuration for a run in the folder `start`: that of `file`, else of the nearest folder upwards that has
    one. The source facts of a profile beside it count where its own `sources` say nothing.

    Raises `ConfigError` for a file that cannot be read, or holds an unknown key or a wrong value.
    """
    config = _load(start, file)
    facts = config.root / FACTS_FILE
    if not facts.is_file():
        return config
    sources = (*config.settings.sources, *_profiled(facts))
    return replace(config, settings=replace(config.settings, sources=sources))


def _profiled(file: Path) -> tuple[tuple[str, SourceFacts], ...]:
    table = _table(file) or {}
    reader = TableReader(file)
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
        raise ConfigError(f"{file}: not valid TOML: {error}") from None


def _table(file: Path) -> Mapping[str, object] | None:
    """The tool's table of a file; None for a pyproject.toml without one."""
    try:
        if file.is_fifo():
            raise ConfigError(f"{file}: a named pipe is not read")
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: not valid TOML: not UTF-8 text") from None
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


def _config(table: Mapping[str, object], file: Path) -> Config:
    values = _top_level(table, file)
    of_settings = ("cluster", "sources", "heavy_row_bytes", "target_batch_bytes", "fan_out")
    given = {key: values.pop(key) for key in of_settings if key in values}
    settings = replace(Settings(), **given)  # type: ignore[arg-type]
    settings = replace(settings, footers=bool(values.get("facts", False)))
    config = Config(root=file.resolve().parent, file=file, settings=settings)
    return replace(config, **values)  # type: ignore[arg-type]


def _top_level(table: Mapping[str, object], file: Path) -> dict[str, object]:
    reader = TableReader(file, foreign=bool(table.get("plugins")))
    return reader.values(
        table,
        {
            "plugins": reader.strings,
            "src": reader.strings,
            "exclude": reader.strings,
            "select": reader.codes,
            "ignore": reader.codes,
            "per-file-ignores": lambda key, value: _per_file(reader, key, value),
            "level": lambda key, value: level_of(reader.choice(key, value, LEVELS)),
            "fail-on": lambda key, value: fail_on_of(reader.choice(key, value, FAIL_ON)),
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


def _per_file(reader: TableReader, key: str, value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    table = reader.table(key, value)
    return tuple((pattern, reader.codes(f"{key}.{pattern}", codes)) for pattern, codes in table.items())


def _cluster(file: Path, table: Mapping[str, object]) -> Cluster:
    reader = TableReader(file, "cluster.")
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
        reader = TableReader(file, f"{name}.")
        values = reader.values(
            TableReader(file).table(name, entry),
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
    reader = TableReader(file, "verify.")
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
    reader = TableReader(file, "verify.sources.")
    return tuple((pattern, reader.string(f'"{pattern}"', place)) for pattern, place in table.items())
