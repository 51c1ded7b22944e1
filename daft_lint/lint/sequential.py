"""Checks files one after another in this process; each worker of a pool does the same with the files that it is
sent."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from daft_lint.lint.results import FileResult, Outcome, Progress, SourceFile
from daft_lint.source.problems import Problem

if TYPE_CHECKING:
    from daft_lint.config import Config
    from daft_lint.lint.engine import Checker

COLLECT_EVERY = 4 * 1024 * 1024
"""Bytes of source between two garbage collections: a tree takes some 80 times its text, but few trees need one."""


def check_in_sequence(sources: Sequence[SourceFile], config: Config, progress: Progress | None) -> list[Outcome]:
    """The outcome of each file, in order."""
    from daft_lint.lint.engine import FEW, Checker
    from daft_lint.source.deep import run_deep

    checker = Checker(config)

    def work() -> list[Outcome]:
        outcomes: list[Outcome] = []
        with few_collections() as collect:
            for number, source in enumerate(sources, 1):
                outcomes.append(check_one(checker, source, of_many=len(sources) > FEW))
                collect(len(source.raw))
                if progress is not None:
                    progress(number, len(sources))
        return outcomes

    # One thread with a large stack for all: no file has to be measured to know whether it needs one.
    return run_deep(work)


def check_one(checker: Checker, source: SourceFile, *, of_many: bool) -> Outcome:
    """The outcome of one file; an error of the linter itself costs the findings of this file and of no other.
    `of_many`: by a bare tree, where that can tell."""
    if not checker.prefilter.needs_analysis(source.path, source.raw):
        return Outcome(FileResult(source.path), *checker.modules.looked_into(source.path))
    try:
        result = (checker.analyse_bare(source.path, source.raw) if of_many else None) or _analysed(checker, source)
    except Exception as error:  # noqa: BLE001  # whatever a rule or the interpreter does wrong, the other files still count
        message = " ".join(f"internal error: {type(error).__name__}: {error}".split())
        return Outcome(FileResult(source.path, problems=(Problem(source.path, message),), failed=True))
    return Outcome(result, *checker.modules.looked_into(source.path))


def _analysed(checker: Checker, source: SourceFile) -> FileResult:
    document = checker.project.document_of(source.path, source.raw)
    try:
        return checker.analyse(document)
    finally:
        checker.project.release(document)


@contextmanager
def few_collections() -> Iterator[Callable[[int], None]]:
    """Collects garbage by the bytes of source that were parsed instead of by the objects that were made: a tree is some
    ten thousand objects, and a collection in the middle of a parse walks them all. Older objects are left out.

    Yields a function to be told the size (bytes) of each source that is done.
    """
    since_last = 0

    def collect(parsed: int) -> None:
        nonlocal since_last
        since_last += parsed
        if since_last >= COLLECT_EVERY:
            since_last = 0
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
