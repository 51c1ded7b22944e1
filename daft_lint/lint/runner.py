"""Checks many files: reads them, asks the cache, analyses the rest here or in a pool, and makes one report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from daft_lint.lint.results import Outcome, Progress, Report, SourceFile
from daft_lint.source.prefilter import may_suppress, mentions_daft
from daft_lint.source.problems import Problem

if TYPE_CHECKING:
    from daft_lint.config import Config, Configured
    from daft_lint.lint.cache import Cache

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_BLOCK = 64 * 1024
"""Bytes of the first read: most sources are shorter."""


def check_files(
    files: Sequence[Path | str],
    config: Config,
    *,
    jobs: int = 1,
    cache: Cache | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check files with one configuration, in order. `jobs` is the number of processes; 0: as many as pay. The report
    is the same whatever `jobs` and `cache` are."""
    sources, problems = read_all(files)
    if cache is not None and not problems:
        known = cache.report(sources, len(files))
        if known is not None:
            return known
    done = outcomes_of(sources, config, jobs=jobs, cache=cache, progress=progress)
    report = merged(sources, done, problems, len(files), config)
    if cache is not None:
        cache.save(sources, done, report)
    return report


def outcomes_of(
    sources: Sequence[SourceFile], config: Config, *, jobs: int, cache: Cache | None, progress: Progress | None
) -> list[Outcome]:
    """The outcome of each file, in order: from the cache, else from an analysis."""
    outcomes: list[Outcome | None] = [None] * len(sources)
    if cache is not None:
        outcomes = cache.outcomes(sources)
    pending = [index for index, outcome in enumerate(outcomes) if outcome is None]
    if pending:
        fresh = analyse([sources[index] for index in pending], config, jobs, progress)
        for index, outcome in zip(pending, fresh, strict=True):
            outcomes[index] = outcome
    return [outcome for outcome in outcomes if outcome is not None]


def read_all(files: Sequence[Path | str]) -> tuple[list[SourceFile], list[Problem]]:
    """The files that can have a finding, and those that cannot be read."""
    sources: list[SourceFile] = []
    problems: list[Problem] = []
    for file in files:
        try:
            raw = read(file)
        except OSError as error:
            path = str(file).replace(os.sep, "/")
            problems.append(Problem(path, f"cannot be read: {error.strerror or error}"))
            continue
        if mentions_daft(raw):
            sources.append(SourceFile(str(file).replace(os.sep, "/"), raw))
    return sources, problems


def read(file: Path | str) -> bytes:
    """The bytes of a file, with three system calls: a file object makes seven. Raises `OSError`."""
    descriptor = os.open(file, _READ)
    try:
        raw = os.read(descriptor, _BLOCK)
        if len(raw) < _BLOCK:
            return raw
        with open(descriptor, "rb", closefd=False) as stream:
            return raw + stream.read()
    finally:
        os.close(descriptor)


def analyse(sources: Sequence[SourceFile], config: Config, jobs: int, progress: Progress | None) -> list[Outcome]:
    """The outcome of each file, in order, worked out in as many processes as pay."""
    if len(sources) > 1:
        from daft_lint.lint.pool import check_in_pool, process_count

        processes = process_count([len(source.raw) for source in sources], jobs)
        if processes > 1:
            return check_in_pool(sources, config, processes, progress)
    from daft_lint.lint.sequential import check_in_sequence

    return check_in_sequence(sources, config, progress)


def merged(
    sources: Sequence[SourceFile],
    outcomes: Sequence[Outcome],
    problems: Sequence[Problem],
    files: int,
    config: Configured,
) -> Report:
    """One report of the outcomes of all files."""
    suppressing = [source for source in sources if may_suppress(source.raw)]
    if not suppressing and all(outcome.result.is_empty for outcome in outcomes):
        return Report((), tuple(problems), files)
    from daft_lint.lint.merge import merge
    from daft_lint.source.document import Document

    documents = {source.path: Document.from_bytes(source.path, source.raw) for source in suppressing}
    return merge([outcome.result for outcome in outcomes], problems, files, config, documents)
