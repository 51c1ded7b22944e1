"""Runs the pairs of `proofs/*.toml` on the older and on the newest Daft, and compares what comes out.

A pair names the rows it proves, the last version with the old spelling, an old text and the text that it becomes. The
texts share the frames of `frames.py` that they mention, with nulls, empty and negative values, NaN and non-ASCII text.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from api_history import releases
from api_history.apply import apply
from api_history.releases import Version
from daft_lint.pipeline.catalog_data.changes import Change, by_name

HERE = Path(__file__).parent
PAIRS = HERE / "proofs"
FRAMES = HERE / "proofs" / "frames.py"
_HEAD = "import daft\nfrom daft import col\n"


@dataclass(frozen=True)
class Pair:
    """`old` on `on` and `new` on the newest Daft leave the same in `out`.

    `rows` are names of the table. `types` is false where a column's type changed while its values did not. `binds` is
    a function that is not run: what its parameters get is compared, by today's names, those of `renamed` first.
    `same_version`: the newest Daft has the old spelling too, with another meaning or a warning.
    """

    rows: tuple[str, ...]
    on: Version
    old: str
    new: str
    types: bool = True
    binds: str = ""
    binds_old: str = ""
    renamed: tuple[tuple[str, str], ...] = ()
    by_hand: bool = False
    """`new` is not what the row's rewrite writes by itself (UDF decorators, imports)."""

    @property
    def id(self) -> str:
        return f"{self.rows[0]} | {self.old.strip().splitlines()[-1][:100]}"

    def script(self, text: str) -> str:
        """A whole script: the frames that the text mentions, and the text."""
        return _HEAD + "".join(frame for name, frame in frames().items() if re.search(rf"\b{name}\b", text)) + text


def frames() -> dict[str, str]:
    """The texts that make the shared frames, by name; one that needs another one holds it."""
    parts = re.split(r"^# frame: (\w+)\n", FRAMES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def pairs() -> list[Pair]:
    """All pairs. Raises `ValueError` where one lacks a key or has an unknown one."""
    found = []
    for path in sorted(PAIRS.glob("*.toml")):
        tables = tomli.loads(path.read_text(encoding="utf-8"))
        for table in tables["pair"]:
            settings: dict[str, Any] = {**tables.get("defaults", {}), **table}
            try:
                found.append(
                    Pair(
                        **{
                            **settings,
                            "rows": tuple(settings["rows"]),
                            "on": releases.parse(settings["on"]),
                            "renamed": tuple(settings.get("renamed", {}).items()),
                        }
                    )
                )
            except (KeyError, TypeError) as error:
                raise ValueError(f"{path.name}: {table}: {error}") from error
    return found


def rewritten(pair: Pair) -> str:
    """The old text after all rewrites of the pair's rows, to a fixed point."""
    text = pair.old
    rows: list[Change] = [row for name in pair.rows for row in by_name()[name] if row.rewrite is not None]
    for _ in range(100):
        for row in rows:
            if not row.rewrite or row.rewrite.is_udf:
                continue
            changed = apply(row, text)
            if changed is not None:
                text = changed
                break
        else:
            return text
    raise ValueError(f"no end to the rewrites of {pair.id}")


def run(version: Version | None, jobs: Sequence[dict[str, str]]) -> dict[str, dict[str, Any]]:
    """What `runner.py` answers, by the id of the job."""
    assert version is not None
    done = subprocess.run(
        [releases.base_python(), HERE / "runner.py"],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        check=True,
        env=releases.environment(releases.installed(version)),
    )
    return {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}


def prove(chosen: Iterable[Pair], newest: Version) -> list[str]:
    """Runs the pairs; what is not equal, a line each."""
    chosen = list(chosen)
    jobs: dict[Version, list[dict[str, str]]] = defaultdict(list)
    for number, pair in enumerate(chosen):
        old_binds = pair.binds_old or pair.binds
        jobs[pair.on].append({"id": f"old {number}", "script": pair.script(pair.old), "binds": old_binds})
        jobs[newest].append({"id": f"new {number}", "script": pair.script(pair.new), "binds": pair.binds})
    answers: dict[str, dict[str, Any]] = {}
    for version in jobs:
        releases.installed(version)
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(run, jobs, jobs.values()):
            answers |= found
    return [
        f"{pair.id}\n    {releases.spell(pair.on)}: {old}\n    {releases.spell(newest)}: {new}"
        for number, pair in enumerate(chosen)
        for old, new in [(answers[f"old {number}"], answers[f"new {number}"])]
        if not equal(pair, old, new)
    ]


def equal(pair: Pair, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether the answers are the same; two errors are not."""
    if "error" in old or "error" in new:
        return False
    if pair.binds:
        renamed = dict(pair.renamed)
        before = {renamed.get(name, name): value for name, value in old["values"].items()}
        after = new["values"]
        return all(before.get(name) == after.get(name) for name in before.keys() | after.keys())
    return bool(old["values"] == new["values"]) and (not pair.types or old["types"] == new["types"])
