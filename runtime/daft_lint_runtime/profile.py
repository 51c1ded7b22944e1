"""Runs a script once and writes down what static analysis cannot know: rows, files and sizes of its sources, and the
seconds that its UDFs take for a batch."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from daft_lint_runtime import plans
from daft_lint_runtime.harness import Run, run_text, workspace
from daft_lint_runtime.measure import SOURCES
from daft_lint_runtime.spec import RunOptions, VerifyError


@dataclass(frozen=True)
class SourceProfile:
    """A source as a run met it: `columns` are bytes per row by column, from a sample of its first rows; `row_bytes` are
    those of all columns together. None is what is not known: what stands in for a source has its rows, not its number
    of them."""

    pattern: str
    rows: int | None
    files: int | None
    row_bytes: int | None
    columns: Mapping[str, float] = field(default_factory=dict)

    def facts(self, heavy_row_bytes: int) -> dict[str, Any]:
        """As the file of facts has it. Columns of `heavy_row_bytes` a row and more are heavy."""
        numbers = {"rows": self.rows, "files": self.files, "row-bytes": self.row_bytes or None}
        found: dict[str, Any] = {key: value for key, value in numbers.items() if value is not None}
        heavy = [name for name, size in self.columns.items() if size >= heavy_row_bytes]
        return {**found, "heavy": heavy} if heavy else found


@dataclass(frozen=True)
class Profile:
    run: Run
    sources: tuple[SourceProfile, ...]


def profile_script(path: Path, options: RunOptions) -> Profile:
    """Run the script and measure its sources. Raises `VerifyError` where it cannot be read or does not end well."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise VerifyError(f"{path}: {error.strerror or error}") from None
    with workspace() as base:
        asked = replace(options, profile=True, compare="none")
        run = run_text("profile", str(path), text, "ray" if options.runner == "auto" else options.runner, asked, base)
        if not run.ok:
            raise VerifyError(f"{path}: {run.status}: {run.message}\n{run.stderr}".rstrip())
        sources = source_profiles(run.sources, {str(base / "t"): tempfile.gettempdir()}, options)
    return Profile(run, sources)


def source_profiles(
    records: Sequence[Mapping[str, Any]], places: Mapping[str, str], options: RunOptions
) -> tuple[SourceProfile, ...]:
    """The sources that were read by path, each once; `places` maps folders of the run to those of the user."""
    found: dict[str, SourceProfile] = {}
    for record in records:
        facts: Mapping[str, Any] = record.get("profile") or {}
        for path in record["paths"][:1] if facts else ():
            pattern = path
            for ours, theirs in places.items():
                pattern = pattern.replace(ours, theirs)
            columns = facts["columns"]
            size = round(sum(columns.values()))
            itself = options.stand_in(path) is None
            rows, files = (facts["rows"], facts["files"]) if itself else (None, None)
            found[pattern] = SourceProfile(pattern, rows, files, size, columns)
    return tuple(found.values())


def sources_seen(run: Run) -> tuple[SourceProfile, ...]:
    """What the queries of a run have measured of its sources: the rows of those that one query read in full, and the
    bytes of a row where it read every column. Those that the run itself made, in its temporary folder, are left out.
    """
    found: dict[str, SourceProfile] = {}
    for query in run.queries:
        source = None if query.get("source") is None else run.sources[query["source"]]
        reads = [op for op in run.operators if op.query == query["index"] and op.kind in SOURCES]
        if source is None or len(source["paths"]) != 1 or len(reads) != 1 or not plans.reads_all_rows(query["plan"]):
            continue
        (pattern,), (read,) = source["paths"], reads
        if Path(pattern).is_relative_to(run.out.parent):
            continue
        whole = read.rows_out and plans.reads_all_columns(query["plan"], source["columns"])
        size = round(read.bytes_out / read.rows_out) if whole else None
        found[pattern] = SourceProfile(pattern, read.rows_out, None, size)
    return tuple(found.values())
