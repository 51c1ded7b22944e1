"""Reads `[tool.daft-lint]` of a pyproject.toml, or a daft-lint.toml. Keys are spelled with `-`; `_` is read too."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from daft_lint.config.kinds import (
    AMOUNT,
    BOOLEAN,
    COUNT,
    COUNT_OR_ZERO,
    SELECTORS,
    STRING,
    STRINGS,
    VERSION_BOUND,
    Kind,
    choice,
    entries_of,
    read_table,
    table_of,
)
from daft_lint.config.model import FAIL_ON, LEVELS, Config, fail_on_of, level_of
from daft_lint.config.reader import ConfigError, TableReader
from daft_lint.pipeline.facts.settings import Footers, Runner, SourceFacts, UdfFacts

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
    if file is not None:
        table = _table(file)
        return _with_profile(_config({} if table is None else table, file))
    for folder in (start, *start.resolve().parents):
        config = load_in(folder)
        if config is not None:
            return config
    return _with_profile(Config(root=start))


def load_in(folder: Path) -> Config | None:
    """The configuration that lies in a folder itself, None where there is none. Raises `ConfigError`."""
    for name in NAMES:
        try:
            os.stat(os.path.join(folder, name))
        except FileNotFoundError:
            continue  # most folders: `Path.is_file` takes three times as long
        except OSError:
            pass
        candidate = folder / name
        if candidate.is_file():
            table = _table(candidate)
            if table is not None:
                return _with_profile(_config(table, candidate))
    return None


def _with_profile(config: Config) -> Config:
    facts = config.root / FACTS_FILE
    if not facts.is_file():
        return config
    values: dict[str, Any] = read_table(TableReader(facts), _table(facts) or {}, {"sources": _SOURCES, "udfs": _UDFS})
    learned = _source_facts(values.get("sources", ()), facts)
    udfs = (*config.settings.udfs, *_udf_facts(values.get("udfs", ()), facts))
    return replace(config, settings=replace(config.settings, learned=learned, udfs=udfs))


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


def _config(table: Mapping[str, object], file: Path, extended_by: tuple[Path, ...] = ()) -> Config:
    """The configuration of a file's table. `extended_by` are the files that extend it, so that a circle is seen."""
    values = read_table(TableReader(file, foreign=bool(table.get("plugins"))), table, KEYS)
    extend = values.get("extend")
    base = Config() if extend is None else _inherited(_extended(str(extend), file, extended_by))
    given: dict[str, Any] = {key: values.pop(key) for key in _OF_SETTINGS if key in values}
    settings = base.settings
    if "cluster" in given:
        given["cluster"] = replace(settings.cluster, **given["cluster"])
    if "sources" in given:
        given["sources"] = (*_source_facts(given["sources"], file), *settings.sources)
    if "udfs" in given:
        given["udfs"] = (*_udf_facts(given["udfs"], file), *settings.udfs)
    settings = replace(settings, footers=footers_of(values.get("facts"), settings.footers), **given)
    replaced: dict[str, Any] = {**values, "root": file.resolve().parent, "file": file, "settings": settings}
    replaced["verify"] = replace(base.verify, **replaced.get("verify", {}))
    replaced["extend_select"] = (*base.extend_select, *replaced.get("extend_select", ()))
    if "exclude" in values:
        replaced["also_exclude"] = ()
    if "per_file_ignores" in values:
        replaced["ignores_root"] = None
    return replace(base, **replaced)


def footers_of(facts: object, otherwise: Footers) -> Footers:
    """What `facts` asks for; `otherwise` where it is not set."""
    return otherwise if facts is None else Footers.ALL if facts else Footers.NONE


def _extended(name: str, file: Path, extended_by: tuple[Path, ...]) -> Config:
    """The configuration that a file extends."""
    chain = (*extended_by, file.resolve())
    target = (file.resolve().parent / name).resolve()
    if target in chain:
        raise ConfigError(f"{file}: extend: {name} extends this file")
    table = _table(target)
    if table is None:
        raise ConfigError(f"{file}: extend: {name} has no table tool.daft-lint")
    return _config(table, target, chain)


def _inherited(base: Config) -> Config:
    """A configuration as one in another folder takes it over: paths and patterns count from where they stand."""
    excluded = (*base.also_exclude, *(((base.root, base.exclude),) if base.exclude else ()))
    return replace(
        base,
        src=tuple(str(base.root / path) for path in base.src),
        exclude=(),
        also_exclude=excluded,
        ignores_root=base.ignores_root or base.root,
        cache_dir=None if base.cache_dir is None else str(base.root / base.cache_dir),
    )


def _source_facts(sources: tuple[tuple[str, dict[str, Any]], ...], file: Path) -> tuple[tuple[str, SourceFacts], ...]:
    return tuple(
        (pattern, SourceFacts(origin=f'{file.name}, sources."{pattern}"', **facts)) for pattern, facts in sources
    )


def _udf_facts(udfs: tuple[tuple[str, dict[str, Any]], ...], file: Path) -> tuple[tuple[str, UdfFacts], ...]:
    """The facts of UDFs; the paths in their keys count from the folder of the file."""
    folder = file.resolve().parent
    return tuple((os.path.normpath(folder / key), UdfFacts(**facts)) for key, facts in udfs)


_UDFS = entries_of(
    table_of({"seconds-per-batch": AMOUNT, "batch-rows": COUNT, "skewed": BOOLEAN}),
    quoted=True,
)
_SOURCES = entries_of(
    table_of({"rows": COUNT_OR_ZERO, "files": COUNT, "row-bytes": COUNT, "heavy": STRINGS, "light": STRINGS}),
    quoted=True,
)
KEYS: Mapping[str, Kind] = {
    "extend": STRING,
    "plugins": STRINGS,
    "src": STRINGS,
    "exclude": STRINGS,
    "select": SELECTORS,
    "extend-select": SELECTORS,
    "preview": BOOLEAN,
    "ignore": SELECTORS,
    "per-file-ignores": entries_of(SELECTORS),
    "level": choice(LEVELS, level_of),
    "fail-on": choice(FAIL_ON, fail_on_of),
    "cache-dir": STRING,
    "facts": BOOLEAN,
    "markdown": BOOLEAN,
    "target-daft": VERSION_BOUND,
    "cluster": table_of(
        {
            "nodes": COUNT,
            "total-concurrency": COUNT,
            "cpus-per-node": AMOUNT,
            "gpus-per-node": AMOUNT,
            "runner": choice([runner.value for runner in Runner], Runner),
        }
    ),
    "sources": _SOURCES,
    "udfs": _UDFS,
    "verify": table_of(
        {
            "sources": entries_of(STRING, quoted=True),
            "runner": choice(("auto", "ray", "native")),
            "nodes": COUNT,
            "cpus-per-node": COUNT,
            "gpus-per-node": COUNT_OR_ZERO,
            "limit-rows": COUNT,
            "timeout": AMOUNT,
            "memory-limit": STRING,
            "compare": choice(("rows", "schema", "none")),
            "repeat": COUNT,
            "allow-writes": BOOLEAN,
        }
    ),
    "heavy-row-bytes": COUNT,
    "target-batch-bytes": COUNT,
    "fan-out": choice(("repartition", "into_partitions")),
}
"""The keys of `[tool.daft-lint]`: what reads them, and what its JSON Schema is made of."""
_OF_SETTINGS = ("cluster", "sources", "udfs", "heavy_row_bytes", "target_batch_bytes", "fan_out")
"""The keys that are fields of `Settings`, in snake case."""
