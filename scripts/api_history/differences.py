"""What a script can trip over between two versions: names that went, and signatures that take a call otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from api_history.releases import Snapshot, Version

POSITIONAL = ("/", "-")
PUBLIC = frozenset(
    """daft daft.ai daft.ai.protocols daft.ai.provider daft.catalog daft.checkpoint daft.context daft.dashboard
    daft.dataframe daft.datasets daft.datasets.common_crawl daft.datasets.droid daft.datasets.lerobot daft.datatype
    daft.delta_lake daft.exceptions daft.expressions daft.expressions.visitor daft.file daft.functions daft.gravitino
    daft.hudi daft.iceberg daft.io daft.io.catalog daft.io.clustering daft.io.lance daft.io.partitioning
    daft.io.pushdowns daft.io.sink daft.io.source daft.pyspark daft.schema daft.series daft.session daft.sql
    daft.subscribers daft.subscribers.abc daft.subscribers.event_log
    daft.subscribers.events daft.udf daft.unity_catalog daft.window""".split()
)
"""The modules that users import from; a class is public where one of them has it."""
Parameter = list[Any]
Names = dict[str, dict[str, Any]]


@dataclass(frozen=True, order=True)
class Difference:
    """`what` is one of `removed`, `property`, `parameter removed`, `keyword only`, `position`, `default`, `required`,
    `added` and `parameter added`; the last two break no script. `parameter` is empty where it concerns the whole name.
    `paths` are all spellings of the one object that differs, the shortest first."""

    version: Version
    what: str
    paths: tuple[str, ...]
    parameter: str = ""
    detail: str = ""

    @property
    def breaking(self) -> bool:
        return self.what not in ("added", "parameter added")


def public(snapshot: Snapshot) -> Names:
    """The names of a snapshot that scripts use, classes (`Expression`) and their members under the class's own name."""
    names: Names = snapshot["names"]
    classes = {e["is"] for p, e in names.items() if e["kind"] == "class" and p.rpartition(".")[0] in PUBLIC}
    found: Names = {
        path: {"kind": "module", "is": path} for path in snapshot["modules"] if path in PUBLIC and path not in names
    }
    for path, entry in names.items():
        first = path.partition(".")[0]
        if first == "daft":
            if path.rpartition(".")[0] in PUBLIC or path.startswith(("daft.func.", "daft.method.", "daft.cls.")):
                found[path] = entry
        elif first.endswith("Namespace") or path == first or names[first]["is"] not in classes:
            continue
        elif not _inherited(names, first, path, entry, classes):
            found[path] = entry
    return found


def _inherited(names: Names, owner: str, path: str, entry: dict[str, Any], classes: set[str]) -> bool:
    """Whether a member is that of another public class, which has it under its own name."""
    home, _, _ = entry["is"].rpartition(".")
    return home != names[owner]["is"] and home in classes and path.count(".") == 1


def between(old: Snapshot, new: Snapshot, version: Version) -> list[Difference]:
    """What differs in `new`, which is `version`, from `old`."""
    groups: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    before, after = public(old), public(new)
    for path in before.keys() - after.keys():
        groups["removed", before[path]["is"], "", _spelled(before[path])].append(path)
    for path in after.keys() - before.keys():
        groups["added", after[path]["is"], "", _spelled(after[path])].append(path)
    for path in before.keys() & after.keys():
        for what, parameter, detail in _changed(before[path], after[path]):
            groups[what, after[path]["is"], parameter, detail].append(path)
    return sorted(
        Difference(version, what, tuple(sorted(paths, key=lambda p: (p.count("."), p))), parameter, detail)
        for (what, _, parameter, detail), paths in groups.items()
    )


def _spelled(entry: dict[str, Any]) -> str:
    signature = entry.get("signature")
    return entry["kind"] if signature is None else spell_signature(signature)


def spell_signature(signature: Sequence[Parameter]) -> str:
    """`(a, b=None, *, c=1)`."""
    parts, keyword_only = [], False
    for name, kind, default in signature:
        if kind == "=" and not keyword_only:
            parts.append("*")
        keyword_only |= kind in ("=", "*")
        stars = kind if kind in ("*", "**") else ""
        parts.append(stars + name + (f"={default}" if default is not None else ""))
    return f"({', '.join(parts)})"


def _changed(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    if (old["kind"] == "property") != (new["kind"] == "property"):
        yield "property", "", f"{old['kind']} -> {new['kind']}"
    before, after = old.get("signature"), new.get("signature")
    if before is None or after is None or before == after:
        return
    both = f"{spell_signature(before)} -> {spell_signature(after)}"
    now = {name: (kind, default) for name, kind, default in after}
    was_at = [name for name, kind, _ in before if kind in POSITIONAL]
    is_at = [name for name, kind, _ in after if kind in POSITIONAL]
    for name, kind, default in before:
        if name.startswith("_"):
            continue
        if name not in now:
            yield "parameter removed", name, both
            continue
        now_kind, now_default = now[name]
        if kind == "-" and now_kind == "/":
            yield "position only", name, both
        if kind in POSITIONAL and now_kind == "=":
            yield "keyword only", name, both
        if default != now_default:
            yield ("required" if now_default is None else "default"), name, both
    for position, name in enumerate(was_at):
        if name in is_at and is_at.index(name) != position and not name.startswith("_"):
            yield "position", name, both
    known = {name for name, _, _ in before}
    for name, kind, default in after:
        if name not in known:
            required = default is None and kind not in ("*", "**")
            yield ("required" if required else "parameter added"), name, both


def history(snapshots: dict[Version, Snapshot]) -> list[Difference]:
    """The differences of all neighbours, in order."""
    versions = sorted(snapshots)
    found = []
    for older, newer in pairwise(versions):
        found += between(snapshots[older], snapshots[newer], newer)
    return found
