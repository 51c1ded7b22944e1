"""What `check` tells people besides the findings: facts that are about nothing, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from daft_lint.cli.output import echo_error

if TYPE_CHECKING:
    from daft_lint.config import NearestConfigs


def note_limits(limits: Sequence[str], *, verbose: bool) -> None:
    """Say that something was left out; `--verbose` names it instead."""
    if limits and not verbose:
        what = "1 part was" if len(limits) == 1 else f"{len(limits):,} parts were"
        echo_error(f"daft-lint: note: {what} left out or cut short; --verbose says which")


def note_unmatched_sources(files: Sequence[str], configs: NearestConfigs, given: Sequence[str]) -> None:
    """Name the sources of configurations that no checked file reads, where all files that they can be about were
    checked: a run over a few files says nothing of the others. Those of an extended file may be for other projects."""
    from daft_lint.lint.by_config import by_config
    from daft_lint.lint.unmatched_sources import unmatched_sources

    checked = [configs.run, *(config for config, _ in by_config(files, configs))]
    own = {config.file: config for config in checked if config.settings.sources and config.extend is None}
    folders = [Path(path).resolve() for path in given]
    sources = [
        source
        for config in own.values()
        if not given or any(config.root.resolve().is_relative_to(folder) for folder in folders)
        for source in config.settings.sources
    ]
    for facts, part in unmatched_sources(sources, _texts(files)) if sources else ():
        echo_error(f"daft-lint: warning: {facts.origin}: no checked file names {part}, so these facts have no effect")


def _texts(files: Sequence[str]) -> Iterator[str]:
    from daft_lint.lint.runner import read

    for file in files:
        with suppress(OSError):  # said by the check
            yield read(file).decode("utf-8", "replace")
