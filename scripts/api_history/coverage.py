"""Which differences between versions a row of `api_history.tsv`, or a line of `reviewed.tsv`, accounts for."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from api_history.differences import Difference, public
from api_history.releases import Snapshot, Version, parse
from daft_lint.pipeline.catalog.history.changes import Change, changes

REVIEWED = Path(__file__).with_name("reviewed.tsv")


@dataclass(frozen=True)
class Reviewed:
    """A difference that needs no row, and why. `paths` and `parameters` are patterns with `*`."""

    version: Version
    paths: str
    parameters: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Of all its parameters and paths."""
        return (
            self.version == difference.version
            and fnmatch.fnmatchcase(difference.parameter, self.parameters)
            and all(any(fnmatch.fnmatchcase(path, p) for p in self.paths.split("|")) for path in difference.paths)
        )


def reviewed() -> list[Reviewed]:
    lines = REVIEWED.read_text(encoding="utf-8").splitlines()[1:]
    cells = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [Reviewed(parse(version), paths, parameters, reason) for version, paths, parameters, reason in cells]


def unexplained(differences: Iterable[Difference]) -> list[Difference]:
    """The breaking ones that neither table accounts for."""
    rows, lines = changes(), reviewed()
    return [
        difference
        for difference in differences
        if difference.breaking
        and not any(_explains(row, difference) for row in rows)
        and not any(line.covers(difference) for line in lines)
    ]


def unused(differences: Iterable[Difference]) -> list[Reviewed]:
    """Lines of `reviewed.tsv` that cover no difference."""
    found = list(differences)
    return [line for line in reviewed() if not any(line.covers(difference) for difference in found)]


def undocumented_deprecations(newest: Snapshot) -> dict[str, str]:
    """Names that the newest version calls deprecated, with what it says, where no row names them.

    A subclass says the same as its base, and what takes the place of a deprecated name often speaks of it.
    """
    named = {row.name for row in changes()}
    members = {f"{name.rpartition('.')[2]}()" for name in named}
    deprecated = {path: entry["deprecated"] for path, entry in public(newest).items() if entry.get("deprecated")}
    said = {text for path, text in deprecated.items() if named & set(_spellings(path))}
    return {
        path: text
        for path, text in deprecated.items()
        if text not in said and not any(member in text for member in members)
    }


def _explains(row: Change, difference: Difference) -> bool:
    if row.changed != difference.version:
        return False
    names = {name for path in difference.paths for name in _spellings(path)}
    if row.name not in names:
        return False
    if not row.parameters or "*" in row.parameters or difference.parameter in row.parameters:
        return True
    return _new(row, difference)


def _new(row: Change, difference: Difference) -> bool:
    """Whether the parameter is the new name of one of the row's, or stands in their way."""
    renames = row.rewrite.renames.values() if row.rewrite is not None else ()
    return difference.what == "required" or difference.parameter in renames


def _spellings(path: str) -> Iterable[str]:
    """The names that a row can have for a path: the class for its constructor, the class for its members."""
    yield path
    owner, _, name = path.rpartition(".")
    if not owner.startswith("daft"):
        yield from (f"daft.{owner}", f"daft.io.{owner}", f"daft.gravitino.{owner}", f"daft.udf.{owner}")
        yield f"daft.catalog.{path}"
    elif name in ("common_crawl", "sql", "udf"):
        yield owner
