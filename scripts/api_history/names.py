"""`api_names.tsv`: the public names of the newest Daft, the version that each came with, and its signature.

`same_as` is the shortest path of the same object: `daft.read_csv` for `daft.io.read_csv`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import daft_lint.pipeline.catalog.history as history
from api_history.differences import Names, public, spell_signature
from api_history.releases import Snapshot, Version, parse, spell

TABLE = Path(history.__file__).with_name("api_names.tsv")
HEAD = "name\tsince\tsame_as\tsignature"


def described(snapshot: Snapshot) -> dict[str, str]:
    """Each public name and its signature, or its kind (`class`, `property`, `value`, `module`)."""
    return {
        name: spell_signature(entry["signature"]) if entry.get("signature") is not None else entry["kind"]
        for name, entry in public(snapshot).items()
    }


def since() -> dict[str, Version]:
    """The version that each name of the table came with."""
    rows = (line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()[1:])
    return {name: parse(version) for name, version, _, _ in rows}


def known() -> dict[str, str]:
    """What the table says."""
    rows = (line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()[1:])
    return {name: signature for name, _, _, signature in rows}


def write(snapshots: Mapping[Version, Snapshot]) -> None:
    """Writes the table anew."""
    TABLE.write_text("\n".join([HEAD, *_rows(snapshots)]) + "\n", encoding="utf-8")


def _rows(snapshots: Mapping[Version, Snapshot]) -> Iterator[str]:
    versions = sorted(snapshots, reverse=True)
    newest = public(snapshots[versions[0]])
    first = _first_paths(newest)
    there = [public(snapshots[version]).keys() for version in versions]
    for name, signature in sorted(described(snapshots[versions[0]]).items()):
        since = versions[0]
        for version, names in zip(versions, there, strict=True):
            if name not in names:
                break
            since = version
        same_as = first.get(newest[name]["is"], name)
        yield f"{name}\t{spell(since)}\t{same_as if same_as != name else ''}\t{signature}"


def _first_paths(names: Names) -> dict[str, str]:
    """By the identity of an object the shortest of its paths, which is how the table of changes calls it."""
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda n: (n.count("."), n)):
        if names[name]["kind"] != "value":
            found.setdefault(names[name]["is"], name)
    return found
