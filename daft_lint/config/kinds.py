"""The kinds of values that the configuration holds: how each is read, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from daft_lint.config.reader import VERSION, TableReader
from daft_lint.dataclass import dataclass

Schema = dict[str, object]


@dataclass(frozen=True)
class Kind:
    """`read` gives the value of a key of a table, or raises `ConfigError`."""

    read: Callable[[TableReader, str, object], object]
    schema: Schema


def read_table(reader: TableReader, table: Mapping[str, object], keys: Mapping[str, Kind]) -> dict[str, object]:
    """The values of a table by their keys in snake case. Raises `ConfigError`."""
    return reader.values(table, {key: partial(kind.read, reader) for key, kind in keys.items()})


def choice(choices: Iterable[str], convert: Callable[[str], object] = str) -> Kind:
    """One of some strings; `convert` makes the value of it."""
    known = tuple(choices)
    return Kind(lambda reader, key, value: convert(reader.choice(key, value, known)), {"enum": list(known)})


def table_of(keys: Mapping[str, Kind]) -> Kind:
    """A table with these keys; its value is a dictionary by the keys in snake case."""

    def read(reader: TableReader, key: str, value: object) -> object:
        return read_table(reader.inner(key), reader.table(key, value), keys)

    return Kind(read, schema_of(keys))


def schema_of(keys: Mapping[str, Kind]) -> Schema:
    """The JSON Schema of a table with these keys, and no others."""
    properties = {key: kind.schema for key, kind in keys.items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def entries_of(entry: Kind, quoted: bool = False) -> Kind:
    """A table with keys of the user's, such as patterns; its value is pairs. `quoted`: messages quote these keys."""

    def read(reader: TableReader, key: str, value: object) -> object:
        spelled = '{0}."{1}"' if quoted else "{0}.{1}"
        return tuple(
            (name, entry.read(reader, spelled.format(key, name), one)) for name, one in reader.table(key, value).items()
        )

    return Kind(read, {"type": "object", "additionalProperties": entry.schema})


STRING = Kind(TableReader.string, {"type": "string"})
STRINGS = Kind(TableReader.strings, {"type": "array", "items": {"type": "string"}})
BOOLEAN = Kind(TableReader.boolean, {"type": "boolean"})
COUNT = Kind(TableReader.count, {"type": "integer", "minimum": 1})
COUNT_OR_ZERO = Kind(TableReader.rows, {"type": "integer", "minimum": 0})
AMOUNT = Kind(TableReader.amount, {"type": "number", "minimum": 0})
VERSION_BOUND = Kind(TableReader.version, {"type": "string", "pattern": f"^{VERSION}$"})
_SELECTOR = "^([A-Za-z]{1,3}[0-9]{0,3}|[A-Za-z0-9]+(-[A-Za-z0-9]+)+)$"
SELECTORS = Kind(TableReader.selectors, {"type": "array", "items": {"type": "string", "pattern": _SELECTOR}})
