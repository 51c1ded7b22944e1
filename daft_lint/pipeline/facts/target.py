"""Which Daft a file is written for: the configuration's, else the requirement in the nearest pyproject.toml."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from daft_lint.pipeline.facts.settings import Version as Version

_REQUIREMENT = re.compile(r"(?i)\s*(?:get)?daft\s*(?:\[[^\]]*\])?\s*(?P<clauses>[(<>=!~^\d][^;]*|@.*|)(?:;.*)?\Z")
_CLAUSE = re.compile(r"(?P<operator>===|==|>=|<=|~=|!=|>|<|\^|~|)\s*v?(?P<version>\d+(?:\.\d+){0,2})")
_LOWER_BOUNDS = frozenset({"==", "===", ">=", "~=", "^", "~", ">", ""})
"""Operators whose version is the oldest that is allowed (with `>`, the one right before it)."""


def target_daft(configured: str | None, path: str) -> Version | None:
    """The oldest Daft that the file at `path` is to run on; None where nothing says: the newest counts."""
    if configured is not None:
        return oldest(f"daft{configured}")
    return _of_folder(Path(path).absolute().parent)


def parse_version(text: str) -> Version:
    """`0.7` as (0, 7, 0). Raises `ValueError` for what is no version."""
    numbers = [int(part) for part in text.split(".")]
    return Version(*(*numbers, 0, 0)[:3])


@functools.lru_cache(maxsize=4096)
def _of_folder(folder: Path) -> Version | None:
    """What the nearest pyproject.toml that requires Daft says."""
    for parent in (folder, *folder.parents):
        file = parent / "pyproject.toml"
        if file.is_file():
            versions = list(_required(file))
            if versions:
                return min(versions)  # the least of all groups: the file must run with each
    return None


def _required(file: Path) -> Iterator[Version]:
    try:
        table = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return  # other tools report a broken pyproject.toml, `config` reports it where it holds our table
    for requirement in _requirements(table):
        found = oldest(requirement)
        if found is not None:
            yield found


def _requirements(table: Mapping[str, object]) -> Iterator[str]:
    """Every requirement of the project, its extras and groups, as PEP 508 spells it."""
    project = _table(table, "project")
    yield from _strings(project.get("dependencies"))
    for group in (_table(project, "optional-dependencies"), _table(table, "dependency-groups")):
        for listed in group.values():
            yield from _strings(listed)
    poetry = _table(_table(table, "tool"), "poetry")
    groups = [_table(group, "dependencies") for group in _tables(_table(poetry, "group"))]
    for dependencies in (_table(poetry, "dependencies"), *groups):
        for name, wanted in dependencies.items():
            version = wanted.get("version") if isinstance(wanted, Mapping) else wanted
            if isinstance(version, str):
                yield f"{name}{version}"


def _table(table: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = table.get(key)
    return value if isinstance(value, Mapping) else {}


def _tables(table: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    return (value for value in table.values() if isinstance(value, Mapping))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))


def oldest(requirement: str) -> Version | None:
    """The oldest Daft that a requirement allows; None where it is none of Daft or names no version.

    With an upper bound alone (`daft<0.7`), the newest below that: whoever holds Daft back has a version in mind.
    """
    match = _REQUIREMENT.match(requirement)
    if match is None:
        return None
    least: list[Version] = []
    below: list[Version] = []
    for clause in match.group("clauses").strip("() ").split(","):
        found = _CLAUSE.match(clause.strip())
        if found is None:
            continue
        version = parse_version(found.group("version"))
        if found.group("operator") in _LOWER_BOUNDS:
            least.append(version)
        elif found.group("operator") == "<=":
            below.append(version)
        elif found.group("operator") == "<":
            below.append(_before(version))
    if least:
        return max(least)
    return min(below, default=None)


def _before(version: Version) -> Version:
    """The newest version below one, as far as comparisons with releases go."""
    major, minor, patch = version
    if patch:
        return Version(major, minor, patch - 1)
    return Version(major, minor - 1, 999) if minor else Version(major - 1, 999, 999)
