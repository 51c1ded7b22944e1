"""Checks many files: reads them, asks the cache, analyses the rest here or in a pool, and makes one report."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from daft_lint.source.prefilter import may_suppress, mentions_daft
from daft_lint.source.problems import Problem

if TYPE_CHECKING:
    from daft_lint.api.rule import Rule
    from daft_lint.config import Config
    from daft_lint.lint.cache import Cache
    from daft_lint.lint.engine import Checker
    from daft_lint.lint.results import Report, Result

COLLECT_EVERY = 2 * 1024 * 1024
"""Bytes of source between two collections of garbage: a tree takes some 80 times its text, but few trees need one."""

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_BLOCK = 64 * 1024
"""Bytes of the first read: most sources are shorter."""

Progress = Callable[[int, int], None]
"""Called with the number of files that are done and of all."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to check: its path as shown, and its bytes."""

    path: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one file gave, and what that rests on besides the file: the modules of the tree that were looked into, and
    the paths that were looked for. It can be pickled."""

    result: Result
    modules: frozenset[str] = frozenset()
    looked_for: frozenset[str] = frozenset()


def check_files(
    files: Sequence[Path | str],
    config: Config,
    *,
    jobs: int = 1,
    cache: Cache | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check files, in order. `jobs` is the number of processes; 0: as many as pay. The report is the same whatever
    `jobs` and `cache` are."""
    sources, problems = read_all(files)
    if cache is not None and not problems:
        known = cache.report(sources, len(files))
        if known is not None:
            return known
    outcomes: list[Outcome | None] = [None] * len(sources)
    if cache is not None:
        outcomes = cache.outcomes(sources)
    pending = [index for index, outcome in enumerate(outcomes) if outcome is None]
    if pending:
        fresh = analyse([sources[index] for index in pending], config, jobs, progress)
        for index, outcome in zip(pending, fresh, strict=True):
            outcomes[index] = outcome
    done = [outcome for outcome in outcomes if outcome is not None]
    report = _merged(sources, done, problems, len(files), config)
    if cache is not None:
        cache.save(sources, done, report)
    return report


def read_all(files: Sequence[Path | str]) -> tuple[list[Source], list[Problem]]:
    """The files that can have a finding, and those that cannot be read."""
    sources: list[Source] = []
    problems: list[Problem] = []
    for file in files:
        try:
            raw = read(file)
        except OSError as error:
            path = str(file).replace(os.sep, "/")
            problems.append(Problem(path, f"cannot be read: {error.strerror or error}"))
            continue
        if mentions_daft(raw):
            sources.append(Source(str(file).replace(os.sep, "/"), raw))
    return sources, problems


def read(file: Path | str) -> bytes:
    """The bytes of a file, by three calls of the system: a file object makes seven. Raises `OSError`."""
    descriptor = os.open(file, _READ)
    try:
        raw = os.read(descriptor, _BLOCK)
        if len(raw) < _BLOCK:
            return raw
        with open(descriptor, "rb", closefd=False) as stream:
            return raw + stream.read()
    finally:
        os.close(descriptor)


def analyse(sources: Sequence[Source], config: Config, jobs: int, progress: Progress | None) -> list[Outcome]:
    """What each file gives, in order, in as many processes as pay."""
    from daft_lint.lint.pool import check_in_pool, worth
    from daft_lint.lint.results import Result
    from daft_lint.source.modules import Modules
    from daft_lint.source.prefilter import Prefilter

    def rules() -> Sequence[type[Rule]]:
        # Neither the engine nor the rules are imported for files that only have the word.
        from daft_lint.lint.engine import selected_rules

        return selected_rules(config)

    modules = Modules()
    prefilter = Prefilter(modules, rules)
    needed = [prefilter.needs_analysis(source.path, source.raw) for source in sources]
    pending = [source for source, is_needed in zip(sources, needed, strict=True) if is_needed]
    fresh: Iterator[Outcome] = iter(())
    if pending:
        processes = worth([len(source.raw) for source in pending], jobs)
        if processes > 1:
            fresh = iter(check_in_pool(pending, config, processes, progress))
        else:
            fresh = iter(check_here(pending, config, progress))
    outcomes: list[Outcome] = []
    for source, is_needed in zip(sources, needed, strict=True):
        outcome = next(fresh) if is_needed else Outcome(Result(source.path))
        files, looked_for = modules.looked_into(source.path)
        outcomes.append(replace(outcome, modules=outcome.modules | files, looked_for=outcome.looked_for | looked_for))
    return outcomes


def check_here(sources: Sequence[Source], config: Config, progress: Progress | None) -> list[Outcome]:
    """What each file gives, in order, in this process."""
    from daft_lint.lint.engine import Checker
    from daft_lint.source.deep import run_deep

    checker = Checker(config)

    def work() -> list[Outcome]:
        outcomes: list[Outcome] = []
        with few_collections() as collect:
            for number, source in enumerate(sources, 1):
                outcomes.append(check_one(checker, source))
                collect(len(source.raw))
                if progress is not None:
                    progress(number, len(sources))
        return outcomes

    # One thread with a large stack for all: a file need not be measured to know whether it wants one.
    return run_deep(work)


def check_one(checker: Checker, source: Source) -> Outcome:
    """What one file that needs analysis gives; an error of the linter's own costs the findings of this file and no
    other."""
    from daft_lint.lint.results import Result

    document = checker.project.document_of(source.path, source.raw)
    try:
        result = checker.analyse(document)
    except Exception as error:  # noqa: BLE001  # whatever a rule or the interpreter does wrong, the others still count
        kind = type(error).__name__
        problem = Problem(source.path, " ".join(f"internal error: {kind}: {error}".split()))
        return Outcome(Result(source.path, problems=(problem,), failed=True))
    finally:
        checker.project.release(document)
    return Outcome(result, *checker.modules.looked_into(source.path))


@contextmanager
def few_collections() -> Iterator[Callable[[int], None]]:
    """Collects garbage by the bytes of source that were parsed, in place of by the objects that were made: a tree is
    some ten thousand objects, and each collection in its midst walks them all. What stands before is left out."""
    seen = 0

    def collect(parsed: int) -> None:
        nonlocal seen
        seen += parsed
        if seen >= COLLECT_EVERY:
            seen = 0
            gc.collect()

    enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield collect
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()


def _merged(
    sources: Sequence[Source], outcomes: Sequence[Outcome], problems: Sequence[Problem], files: int, config: Config
) -> Report:
    from daft_lint.lint.results import Report

    suppressing = [source for source in sources if may_suppress(source.raw)]
    if not suppressing and all(outcome.result.is_empty for outcome in outcomes):
        return Report((), tuple(problems), files)
    from daft_lint.lint.engine import merge
    from daft_lint.source.document import Document

    documents = {source.path: Document.from_bytes(source.path, source.raw) for source in suppressing}
    return merge([outcome.result for outcome in outcomes], problems, files, config, documents)
