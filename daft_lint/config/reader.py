"""Reads the values of TOML tables and says what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from daft_lint.config.prefixes import is_selector
from daft_lint.dataclass import dataclass

_BOUND = r"\s*(?:===?|>=|<=|~=|!=|>|<)?\s*\d+(?:\.\d+){0,2}\s*"
VERSION = rf"{_BOUND}(?:,{_BOUND})*,?\s*"
"""What a version, or some bounds with commas between, looks like; a regular expression in JSON Schema's dialect too."""


class ConfigError(Exception):
    """A configuration that cannot be used: says the file, the key and what to write."""


@dataclass(frozen=True)
class TableReader:
    """Reads the values of one table. Each method raises `ConfigError` for a value of another kind.

    `prefix` is the table's name in messages, with a dot behind it.
    """

    file: Path
    prefix: str = ""
    foreign: bool = False
    """Plugins are named, so that codes with other letters can mean something."""

    def inner(self, key: str) -> TableReader:
        """The reader of the table below a key."""
        return replace(self, prefix=f"{self.prefix}{key}.")

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
        if not isinstance(value, str) or not re.fullmatch(VERSION, value):
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

    def selectors(self, key: str, value: object) -> tuple[str, ...]:
        """Rules by their names, codes and prefixes of codes; whether there are such rules is seen later."""
        texts = self.strings(key, value)
        for text in texts:
            if not is_selector(text, foreign=self.foreign):
                raise self.wrong(key, 'prefixes of rule codes such as "DFT1", or names of rules', text)
        return texts

    def table(self, key: str, value: object) -> Mapping[str, object]:
        if not isinstance(value, Mapping):
            raise self.wrong(key, "a table", value)
        return value

    def values(
        self, table: Mapping[str, object], known: Mapping[str, Callable[[str, object], object]]
    ) -> dict[str, object]:
        """The table's values by their keys in snake case. Raises `ConfigError` for an unknown key."""
        found: dict[str, object] = {}
        for key, value in table.items():
            spelled = key.replace("_", "-")
            if spelled not in known:
                raise ConfigError(f"{self.file}: unknown key {self.prefix}{key}{did_you_mean(spelled, known)}")
            if spelled.replace("-", "_") in found:
                raise ConfigError(f"{self.file}: {self.prefix}{spelled} is given twice")
            found[spelled.replace("-", "_")] = known[spelled](key, value)
        return found


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: the most similar known one, else all of them."""
    import difflib

    known = tuple(known)
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else "; known are " + ", ".join(known)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
