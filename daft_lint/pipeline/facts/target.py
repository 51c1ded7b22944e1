"""Which Daft a file is written for: the configuration's, else what the project pins, requires or has installed.

Nothing is imported for it: versions are read from lock files, requirements and the names of `dist-info` folders.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from daft_lint.pipeline.facts.settings import Version as Version

_REQUIREMENT = re.compile(r"(?i)\s*(?:get)?daft\s*(?:\[[^\]]*\])?\s*(?P<clauses>[(<>=!~^\d][^;]*|@.*|)(?:;.*)?\Z")
_CLAUSE = re.compile(r"(?P<operator>===|==|>=|<=|~=|!=|>|<|\^|~|)\s*v?(?P<version>\d+(?:\.\d+){0,2})")
_LOCKED = r"\[\[package\]\]\s+name = \"(?:get)?daft\"\s+version = \"(\d+(?:\.\d+){0,2})"
_LOCKS = {name: re.compile(_LOCKED) for name in ("uv.lock", "poetry.lock", "pdm.lock")}
"""Lock files in TOML, read by their text: they are large, and name each package in the same two lines."""
_NAMES_DAFT = re.compile(r"(?i)(?:get)?daft\s*(?:\[|[<>=!~;@]|\Z)")
_PINNED = re.compile(r"(?i)(?:get)?daft\s*(?:\[[^\]]*\])?\s*===?\s*(\d+(?:\.\d+){0,2})")
_DIST_INFO = re.compile(r"(?:get)?daft-(\d+(?:\.\d+){0,2})")
_LOWER_BOUNDS = frozenset({"==", "===", ">=", "~=", "^", "~", ">", ""})
"""Operators whose version is the oldest that is allowed (with `>`, the one right before it)."""


class DaftRange(NamedTuple):
    """The versions that a file is to run on; None where an end is not known."""

    oldest: Version | None = None
    newest: Version | None = None


def target_daft(configured: str | None, path: str) -> Version | None:
    """The oldest Daft that the file at `path` is to run on; None where nothing says: the newest counts."""
    return daft_range(configured, path).oldest


def daft_range(configured: str | None, path: str) -> DaftRange:
    """The versions of Daft that the file at `path` is to run on."""
    if configured is not None:
        return range_of(f"daft{configured}")
    return _of_folder(Path(path).absolute().parent)


def parse_version(text: str) -> Version:
    """`0.7` as (0, 7, 0). Raises `ValueError` for what is no version."""
    numbers = [int(part) for part in text.split(".")]
    return Version(*(*numbers, 0, 0)[:3])


@functools.lru_cache(maxsize=4096)
def _of_folder(folder: Path) -> DaftRange:
    """What the nearest folder says that pins or requires Daft, else what the project's environment has installed, else
    what is installed beside the linter."""
    return stated_in(folder) or _installed_for(folder)


def stated_in(folder: Path) -> DaftRange | None:
    """What the nearest folder says that pins or requires Daft."""
    for parent in (folder, *folder.parents):
        pinned = locked(parent)
        if pinned is not None:
            return DaftRange(pinned, pinned)
        file = parent / "pyproject.toml"
        ranges = list(_required(file)) if file.is_file() else []
        ranges += [found for found in map(range_of, _requirement_lines(parent)) if found.oldest is not None]
        if ranges:  # the least of all groups: the file must run with each
            least = min(ranges, key=lambda r: r.oldest or Version(0, 0, 0))
            ends = [r.newest for r in ranges]
            return DaftRange(least.oldest, None if None in ends else max(v for v in ends if v is not None))
    return None


def _installed_for(folder: Path) -> DaftRange:
    places = (parent / name for parent in (folder, *folder.parents) for name in (".venv", "venv"))
    for place in (*places, Path(sys.prefix)):
        version = installed_in(place)
        if version is not None:
            return DaftRange(version, version)
    return DaftRange()


def _required(file: Path) -> Iterator[DaftRange]:
    for requirement in requirements_of(file):
        found = range_of(requirement)
        if found.oldest is not None:
            yield found


def requirements_of(file: Path) -> Iterator[str]:
    """The requirements in a `pyproject.toml`, as PEP 508 spells them; none where it cannot be read."""
    try:
        # A pipe would be waited for.
        table = tomllib.loads(file.read_bytes().decode("utf-8-sig")) if file.is_file() else {}
    except (OSError, ValueError, RecursionError):
        return  # other tools report a broken pyproject.toml, `config` reports it where it holds our table
    yield from _requirements(table)


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
            extras = ",".join(_strings(wanted.get("extras"))) if isinstance(wanted, Mapping) else ""
            if isinstance(version, str):
                yield f"{name}[{extras}]{version}" if extras else f"{name}{version}"


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


def range_of(requirement: str) -> DaftRange:
    """The versions that a requirement allows; nothing where it is none of Daft or names no version."""
    first = oldest(requirement)
    match = _REQUIREMENT.match(requirement)
    if first is None or match is None:
        return DaftRange()
    ends: list[Version] = []
    for clause in match.group("clauses").strip("() ").split(","):
        found = _CLAUSE.match(clause.strip())
        if found is None:
            continue
        version = parse_version(found.group("version"))
        numbers = found.group("version").count(".") + 1
        match found.group("operator"):
            case "==" | "===" | "<=" | "":
                ends.append(version)
            case "<":
                ends.append(_before(version))
            case "^" if version.major == 0:
                ends.append(Version(0, version.minor, 999))
            case "^" | "~=" | "~" if numbers == 2 and found.group("operator") != "~":
                ends.append(Version(version.major, 999, 999))
            case "~=" | "~":
                ends.append(Version(version.major, version.minor, 999))
    return DaftRange(first, min(ends, default=None))


# Lock files and environments


def locked(folder: Path) -> Version | None:
    """The Daft that a lock file of the folder pins."""
    for name, pattern in _LOCKS.items():
        file = folder / name
        if file.is_file():
            found = pattern.search(_text(file))
            if found is not None:
                return parse_version(found.group(1))
    for line in _requirement_lines(folder):
        pinned = _PINNED.match(line)
        if pinned is not None:
            return parse_version(pinned.group(1))
    return None


def _requirement_lines(folder: Path) -> Iterator[str]:
    """The requirements of Daft in the folder's `requirements*.txt`, without comments and hashes."""
    for file in sorted(folder.glob("requirements*.txt")):
        for line in _text(file).splitlines():
            requirement = re.split(r"\s#|\s--|\\", line.strip())[0]
            if _NAMES_DAFT.match(requirement):
                yield requirement


def installed_in(environment: Path) -> Version | None:
    """The Daft that an environment has, by the name of its metadata."""
    for site in (*environment.glob("lib/python*/site-packages"), environment / "Lib" / "site-packages"):
        for found in sorted(site.glob("*daft-*.dist-info")):
            version = _DIST_INFO.match(found.name)
            if version is not None and (found / "METADATA").is_file():
                return parse_version(version.group(1))
    return None


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return ""


def _before(version: Version) -> Version:
    """The newest version below one, as far as comparisons with releases go."""
    major, minor, patch = version
    if patch:
        return Version(major, minor, patch - 1)
    return Version(major, minor - 1, 999) if minor else Version(major - 1, 999, 999)
