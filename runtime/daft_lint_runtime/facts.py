"""What runs have learned, in the file that `daft-lint check` reads beside its configuration: sources and UDFs."""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from daft_lint.pipeline.model import UdfFacts
from daft_lint_runtime.harness import Run, UdfCallRecord

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Table = Mapping[str, Mapping[str, Any]]
"""Entries of a table of the file by their keys."""

FULL_SHARE = 0.5
"""The share of the largest call's rows from which on a call counts as one with a full batch."""
SKEWED_TIMES = 4.0
"""How many times the median of the calls the slowest of them takes where some rows cost more than others."""
SKEW_CALLS = 8
"""Calls from which on their spread says anything."""
HEADER = """\
# Measured by `daft-lint profile` and `daft-lint verify`, which keep it up to date; `daft-lint check` reads it.
"""


def udf_facts(run: Run, root: Path) -> dict[str, dict[str, Any]]:
    """What a full batch of each UDF took as the file has it, by the UDF's file (from the folder `root`) and name."""
    return {f"{_from(file, root)}:{name}": _entry(facts) for (file, name), facts in measured_udfs(run).items()}


def _entry(facts: UdfFacts) -> dict[str, Any]:
    found = {"seconds-per-batch": facts.seconds_per_batch, "batch-rows": facts.batch_rows}
    return {**found, "skewed": True} if facts.skewed else found


def measured_udfs(run: Run) -> dict[tuple[str, str], UdfFacts]:
    """What a full batch of each UDF took, by the UDF's file and its name as the linter has it."""
    calls: dict[tuple[str, str], list[UdfCallRecord]] = {}
    for call in sorted(run.calls, key=lambda c: c.began):
        if call.file.endswith((".py", ".ipynb")):
            calls.setdefault((call.file, call.udf), []).append(call)
    return {(file, short_name(name)): _batch_facts(group) for (file, name), group in calls.items()}


def short_name(qualified: str) -> str:
    """A UDF's name as the linter has it: without the function that it is defined in, a class for its `__call__`."""
    return qualified.rpartition("<locals>.")[2].removesuffix(".__call__")


def _from(file: str, root: Path) -> str:
    """A path from the folder, with slashes; as it is where it lies on another drive."""
    try:
        return Path(os.path.relpath(os.path.abspath(file), root.resolve())).as_posix()
    except ValueError:
        return file


def _batch_facts(calls: Sequence[UdfCallRecord]) -> UdfFacts:
    """Of the calls with a full batch; the first of each process is left out where there are others, for it warms up."""
    largest = max(call.rows for call in calls)
    full = [call for call in calls if call.rows >= FULL_SHARE * largest]
    first = {id(next(call for call in full if call.pid == pid)) for pid in {call.pid for call in full}}
    warm = [call for call in full if id(call) not in first] or full
    seconds = [call.seconds for call in warm]
    return UdfFacts(
        seconds_per_batch=float(f"{max(statistics.mean(seconds), 1e-6):.3g}"),
        batch_rows=round(statistics.mean(call.rows for call in warm)),
        skewed=len(warm) >= SKEW_CALLS and max(seconds) > SKEWED_TIMES * statistics.median(seconds) > 0.005,
    )


def updated(file: Path, sources: Table, udfs: Table, seen: Table | None = None) -> str:
    """The text of the file with these entries in the place of those with the same keys; what it has of others stays.

    `seen` are sources of which not all is known: what else the file says of them stays as well.
    """
    kept = _read(file)
    known = kept.get("sources", {})
    changed = {key: {**known.get(key, {}), **entry} for key, entry in (seen or {}).items()}
    tables = {"sources": {**known, **sources, **changed}, "udfs": {**kept.get("udfs", {}), **udfs}}
    return HEADER + "".join(
        f"\n[{name}.{_quoted(key)}]\n{_lines(entry)}" for name, table in tables.items() for key, entry in table.items()
    )


def _read(file: Path) -> dict[str, dict[str, Any]]:
    """The tables of the file; none where there is no such file, or it is no TOML."""
    try:
        found = tomllib.loads(file.read_bytes().decode())
    except (OSError, ValueError, RecursionError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, dict)}


def _lines(entry: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_quoted(value)}\n" for key, value in entry.items())


def _quoted(value: object) -> str:
    """A string, number, boolean or list of strings as TOML has it, which is as JSON has it."""
    return json.dumps(value, ensure_ascii=False)


def described(sources: Iterable[str], udfs: Iterable[str]) -> str:
    """`1 source, 2 UDFs`, without what there is none of."""
    from daft_lint.api.wording import counted

    parts = (counted(len(list(found)), noun) for found, noun in ((sources, "source"), (udfs, "UDF")))
    return ", ".join(part for part in parts if not part.startswith("0 "))
