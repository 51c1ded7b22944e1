"""Runs a script once and writes down what static analysis cannot know: rows, files and sizes of its sources, and the
seconds that its UDFs take for a batch."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from daft_lint_runtime.harness import Run, run_text, workspace
from daft_lint_runtime.spec import RunOptions, VerifyError


@dataclass(frozen=True)
class SourceProfile:
    """A source as a run met it: `columns` are bytes per row by column, from a sample of its first rows."""

    pattern: str
    reader: str
    rows: int
    files: int | None
    columns: Mapping[str, float]

    @property
    def row_bytes(self) -> int:
        return round(sum(self.columns.values()))

    def facts(self, heavy_row_bytes: int) -> dict[str, Any]:
        """As the file of facts has it. Columns of `heavy_row_bytes` a row and more are heavy."""
        found: dict[str, Any] = {"rows": self.rows}
        if self.files is not None:
            found["files"] = self.files
        if self.row_bytes:
            found["row-bytes"] = self.row_bytes
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
        sources = source_profiles(run.sources, {str(base / "t"): tempfile.gettempdir()})
    return Profile(run, sources)


def source_profiles(records: Sequence[Mapping[str, Any]], places: Mapping[str, str]) -> tuple[SourceProfile, ...]:
    """The sources that were read by path, each once; `places` maps folders of the run to those of the user."""
    found: dict[str, SourceProfile] = {}
    for record in records:
        facts: Mapping[str, Any] = record.get("profile") or {}
        for path in record["paths"][:1] if facts else ():
            pattern = path
            for ours, theirs in places.items():
                pattern = pattern.replace(ours, theirs)
            found[pattern] = SourceProfile(pattern, record["name"], facts["rows"], facts["files"], facts["columns"])
    return tuple(found.values())
