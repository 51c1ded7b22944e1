"""`check --show-settings` and `--show-files`: what a run would go by, and look at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daft_lint.source.printable import visible, visible_lines

if TYPE_CHECKING:
    from daft_lint.config import Config


def show_files(files: Iterable[str]) -> None:
    """Prints the files, one a line."""
    click.echo("".join(f"{visible(file)}\n" for file in files), nl=False)


def show_settings(configs: Iterable[Config]) -> None:
    """Prints each configuration in TOML, with every value that is set, by the file or by default."""
    click.echo(visible_lines("\n".join(settings_text(config) for config in configs)), nl=False)


def settings_text(config: Config) -> str:
    """A configuration in TOML; the file that it comes from as a comment."""
    tables = {key: value for key, value in settings(config).items() if isinstance(value, dict)}
    rows = [f"# {config.file or 'defaults'}"]
    rows += [f"{key} = {_toml(value)}" for key, value in settings(config).items() if key not in tables]
    for root, patterns in config.also_exclude:
        rows.append(f"# also excluded, from {root}: {_toml(list(patterns))}")
    for key, table in tables.items():
        rows += _table(key, table)
    return "\n".join(rows) + "\n"


def settings(config: Config) -> dict[str, object]:
    """The values of the keys of a configuration that are set."""
    from daft_lint.config.loading import KEYS

    fields = {**vars(config), **_fields(config.settings)}
    found = {key: _plain(fields[key.replace("-", "_")]) for key in KEYS}
    return {"fail-on": "never", **{key: value for key, value in found.items() if value not in (None, [], {})}}


def _plain(value: object) -> object:
    """A value as TOML has it; None where nothing is set."""
    if hasattr(value, "name") and hasattr(value, "value"):
        return str(value.name).lower()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple) and value and all(isinstance(one, tuple) for one in value):
        # The first entry for a pattern counts.
        return {str(key): _plain(one) for key, one in reversed(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        plain = {key.replace("_", "-"): _plain(one) for key, one in _fields(value).items() if key != "origin"}
        return {key: one for key, one in plain.items() if one not in (None, [], {})}
    return value


def _fields(value: object) -> dict[str, object]:
    names: Mapping[str, object] = value.__dataclass_fields__  # type: ignore[attr-defined]
    return {name: getattr(value, name) for name in names}


def _table(name: str, table: Mapping[str, object]) -> Iterator[str]:
    inner = {key: value for key, value in table.items() if isinstance(value, dict)}
    own = {key: value for key, value in table.items() if key not in inner}
    if own:
        yield f"\n[{name}]"
        yield from (f"{_key(key)} = {_toml(value)}" for key, value in own.items())
    for key, value in inner.items():
        yield from _table(f"{name}.{_key(key)}", value)


def _key(key: str) -> str:
    return key if key.replace("-", "").isalnum() and key.isascii() else _toml(key)


def _toml(value: object) -> str:
    # JSON's strings, numbers, lists and truth values are TOML's too.
    return json.dumps(value, ensure_ascii=False)
