"""Runs the pairs of `proofs/*.toml` on the older and on the newest Daft, and compares what comes out.

A pair names the rows it proves, the versions of the old spelling, an old text and the text that it becomes. The texts
share the frames of `frames.toml` that they mention, with nulls, empty and negative values, NaN and non-ASCII text.
"""

from __future__ import annotations

import functools
import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli

from api_history import releases
from api_history.apply import apply
from api_history.releases import Version
from daft_lint.pipeline.catalog.history.changes import Change, by_name

HERE = Path(__file__).parent
PAIRS = HERE / "proofs"
FRAMES = PAIRS / "frames.toml"
Job = dict[str, Any]
Answer = dict[str, Any]
_HEAD = "import daft\nfrom daft import col\n"


@dataclass(frozen=True)
class Pair:
    """`old` on each version of `on` and `new` on the newest Daft leave the same in `out`.

    `rows` are names of the table. `differs`: they do not, which is what the row's `but` says. `types` is false where a
    column's type changed while its values did not. `binds` is a function that is not run: what its parameters get is
    compared, by the names that the rows' rewrites give them; `binds_old` is its older path. `by_hand`: `new` is not
    what a rewrite writes by itself (UDF decorators).
    """

    rows: tuple[str, ...]
    on: tuple[Version, ...]
    old: str
    new: str
    types: bool = True
    differs: bool = False
    binds: str = ""
    binds_old: str = ""
    by_hand: bool = False

    @property
    def id(self) -> str:
        return f"{self.rows[0]} | {self.old.strip().splitlines()[-1][:100]}"

    @property
    def changes(self) -> list[Change]:
        return [row for name in self.rows for row in by_name()[name] if row.rewrite is not None]

    def script(self, text: str) -> str:
        """A whole script: the frames that the text mentions, and the text."""
        return _HEAD + "".join(frame for name, frame in frames().items() if re.search(rf"\b{name}\b", text)) + text


@functools.cache
def frames() -> dict[str, str]:
    """The texts that make the shared frames, by name."""
    return tomli.loads(FRAMES.read_text(encoding="utf-8"))


def pairs() -> list[Pair]:
    """All pairs. Raises `ValueError` where one lacks a key or has an unknown one."""
    found = []
    for path in sorted(set(PAIRS.glob("*.toml")) - {FRAMES}):
        tables = tomli.loads(path.read_text(encoding="utf-8"))
        for table in tables["pair"]:
            settings: dict[str, Any] = {**tables.get("defaults", {}), **table}
            try:
                found.append(
                    Pair(
                        **{
                            **settings,
                            "rows": tuple(settings["rows"]),
                            "on": tuple(map(releases.parse, settings["on"].split(", "))),
                        }
                    )
                )
            except (KeyError, TypeError) as error:
                raise ValueError(f"{path.name}: {table}: {error}") from error
    return found


def rewritten(pair: Pair) -> tuple[str, list[Change]]:
    """The old text after all rewrites of the pair's rows, to a fixed point, and the rows that took part.

    Raises `ValueError` where there is no fixed point.
    """
    text, used = pair.old, []
    for _ in range(100):
        for row in pair.changes:
            changed = apply(row, text)
            if changed is not None:
                text = changed
                used.append(row)
                break
        else:
            return text, used
    raise ValueError(f"no end to the rewrites of {pair.id}")


def run(version: Version, jobs: Sequence[Job]) -> dict[str, dict[str, Any]]:
    """What `runner.py` answers, by the id of the job."""
    done = subprocess.run(
        [releases.base_python(), HERE / "runner.py"],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        check=True,
        env=releases.environment(releases.installed(version)),
    )
    return {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}


def prove(
    chosen: Iterable[Pair], newest: Version, only: Collection[Version] = ()
) -> tuple[list[str], list[tuple[Pair, Version, Answer]]]:
    """Runs the pairs, on the versions of `only` if it is given; what is not as they say, a paragraph each, and what the
    older versions answered."""
    chosen = [replace(pair, on=tuple(v for v in pair.on if not only or v in only)) for pair in chosen]
    jobs: dict[Version, list[Job]] = defaultdict(list)
    for number, pair in enumerate(chosen):
        old_binds = pair.binds_old or pair.binds
        for version in pair.on:
            identity = f"{number} {releases.spell(version)}"
            jobs[version].append(job(identity, pair.script(pair.old), old_binds))
        jobs[newest].append(job(f"{number} new", pair.script(pair.new), pair.binds))
    answers: dict[str, dict[str, Any]] = {}
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(run, jobs, jobs.values()):
            answers |= found
    older = [
        (pair, version, answers[f"{number} {releases.spell(version)}"], answers[f"{number} new"])
        for number, pair in enumerate(chosen)
        for version in pair.on
    ]
    bad = [
        f"{pair.id}\n    {releases.spell(version)}: {old}\n    {releases.spell(newest)}: {new}"
        for pair, version, old, new in older
        if "error" in old or "error" in new or equal(pair, old, new) == pair.differs
    ]
    return bad, [(pair, version, {k: v for k, v in old.items() if k != "id"}) for pair, version, old, _ in older]


def job(identity: str, script: str, binds: str) -> Job:
    """Alone where it leaves a mark on the process: a runner, a configuration, a catalogue, a replaced function."""
    marks = (
        "set_runner",
        "set_execution_config",
        "attach",
        "register",
        "create_temp_table",
        "get_context",
        "event_log",
    )
    return {"id": identity, "script": script, "binds": binds, "alone": bool(binds) or any(m in script for m in marks)}


def equal(pair: Pair, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether two answers without errors are the same."""
    if pair.binds:
        return _bound_alike(pair, old["values"], new["values"])
    same_types = not pair.types or old["types"] == new["types"]
    # As text, for Python takes 1, 1.0 and True for equal.
    return same_types and json.dumps(old["values"]) == json.dumps(new["values"])


def _bound_alike(pair: Pair, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Parameters that both have get the same; what only the old one has was dropped, what only the new one, pinned."""
    rewrites = [row.rewrite for row in pair.changes if row.rewrite is not None]
    renames = {name: other for rewrite in rewrites for name, other in rewrite.renames.items()}
    dropped = {name for rewrite in rewrites for name in rewrite.drops}
    pinned = {name for rewrite in rewrites for name in rewrite.pins}
    before = {renames.get(name, name): value for name, value in old["all"].items()}
    given = {renames.get(name, name) for name in old["given"]}
    after = new["all"]
    return (
        all(json.dumps(before[name]) == json.dumps(after[name]) for name in before.keys() & after.keys() - dropped)
        and given - after.keys() <= dropped
        and not any(name in new["given"] for name in after.keys() - before.keys() - pinned)
    )
