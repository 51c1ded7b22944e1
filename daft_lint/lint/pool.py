"""A pool of processes for many files, started only where it pays.

A worker gets one file at a time, so that it is known which file each one works on: where a worker dies, that file is
reported, a new worker takes its place, and the others go on.
"""

from __future__ import annotations

import heapq
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from daft_lint.dataclass import dataclass
from daft_lint.lint.results import FileResult, Outcome, Progress, SourceFile
from daft_lint.source.problems import Problem

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

    from daft_lint.config import Config

PAYS_FROM = {"fork": 200_000, "spawn": 1_000_000}
"""Bytes of source that pay for each further process: LibCST parses some 700 KB a second; a forked process costs some
50 ms with what it returns, a spawned one imports LibCST and the rules again, some 500 ms."""
MAX_PROCESSES = 32


def start_method() -> str:
    """How a worker starts: forked where no other thread can be in the middle of something, else spawned."""
    alone = threading.active_count() == 1
    return "fork" if sys.platform == "linux" and alone else "spawn"


def process_count(sizes: Sequence[int], jobs: int) -> int:
    """The number of processes that pay for files of these sizes (bytes); `jobs` above 0 is what the user asks for."""
    if start_method() == "spawn" and sys.version_info < (3, 11):
        return 1  # there is no way to start one safely: see `safe_import_path`
    if jobs > 0:
        return max(1, min(jobs, len(sizes), MAX_PROCESSES))
    pays = 1 + sum(sizes) // (2 * PAYS_FROM[start_method()])
    return max(1, min(pays, len(sizes), _cores(), MAX_PROCESSES))


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def safe_import_path() -> Iterator[None]:
    """Keeps the working directory off the import path of a new process: a spawned one begins with `python -c`, which
    looks for `multiprocessing` itself there first, and the tree that is checked may hold one. (Python 3.11)"""
    name = "PYTHONSAFEPATH"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection
    index: int | None = None
    """The file that it works on."""


def check_in_pool(
    sources: Sequence[SourceFile], config: Config, processes: int, progress: Progress | None
) -> list[Outcome]:
    """The outcome of each file, in the order of `sources`, worked out in `processes` processes."""
    pool = _Pool(sources, config, processes, progress)
    try:
        return pool.run()
    finally:
        pool.stop()


class _Pool:
    def __init__(
        self, sources: Sequence[SourceFile], config: Config, processes: int, progress: Progress | None
    ) -> None:
        self.sources = sources
        self.config = config
        self.processes = processes
        self.progress = progress
        self.outcomes: dict[int, Outcome] = {}
        self.workers: list[_Worker] = []
        # The largest first: the last file to start should not be the one that takes longest.
        self.queue = [(-len(source.raw), index) for index, source in enumerate(sources)]
        heapq.heapify(self.queue)
        import multiprocessing

        method = start_method()
        if method == "fork":
            _import_ahead(config)
        self.context: BaseContext = multiprocessing.get_context(method)

    def run(self) -> list[Outcome]:
        from multiprocessing.connection import wait

        for _ in range(self.processes):
            self.start()
        while len(self.outcomes) < len(self.sources):
            by_pipe = {worker.pipe: worker for worker in self.workers}
            for pipe in wait(list(by_pipe)):
                self.receive(by_pipe[pipe])  # type: ignore[index]
                if self.progress is not None:
                    self.progress(len(self.outcomes), len(self.sources))
        return [self.outcomes[index] for index in range(len(self.sources))]

    def start(self) -> None:
        """Start a worker, on its first file."""
        ours, theirs = self.context.Pipe()
        held = [worker.pipe for worker in self.workers] + [ours] if self.context.get_start_method() == "fork" else []
        process = self.context.Process(  # type: ignore[attr-defined]
            target=_worker_main, args=(theirs, held, self.config), name="daft-lint-worker", daemon=True
        )
        with safe_import_path():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self.workers.append(worker)
        self.assign_next(worker)

    def assign_next(self, worker: _Worker) -> None:
        """Send a worker the next file, if there is one."""
        worker.index = None
        if not self.queue:
            return
        _, worker.index = heapq.heappop(self.queue)
        with suppress(OSError):  # a worker that has died is noticed when its pipe is read
            worker.pipe.send((worker.index, self.sources[worker.index]))

    def receive(self, worker: _Worker) -> None:
        """Take an outcome from a worker, or replace a worker that has died."""
        try:
            index, outcome = worker.pipe.recv()
        except (EOFError, OSError):
            self.replace_dead(worker)
            return
        self.outcomes[index] = outcome
        self.assign_next(worker)

    def replace_dead(self, worker: _Worker) -> None:
        """Report the file that a dead worker was on, and start another worker if there are files left."""
        worker.process.join()
        worker.pipe.close()
        self.workers.remove(worker)
        if worker.index is not None:
            self.outcomes[worker.index] = _lost(self.sources[worker.index].path, worker.process.exitcode)
        if self.queue:
            self.start()

    def stop(self) -> None:
        """End every worker, whatever it is doing."""
        for worker in self.workers:
            worker.pipe.close()
            if worker.index is not None:
                worker.process.terminate()
        for worker in self.workers:
            worker.process.join()


def _lost(path: str, status: int | None) -> Outcome:
    """The outcome of a file whose worker ended with an exit status."""
    how = f"exit status {status}"
    if status is not None and status < 0:
        with suppress(ValueError):
            how = signal.Signals(-status).name
    problem = Problem(path, f"the process that checked it ended ({how})")
    return Outcome(FileResult(path, problems=(problem,), failed=True))


def _import_ahead(config: Config) -> None:
    """Import here what every forked worker needs, once."""
    from daft_lint.lint.registry import selected_rules
    from daft_lint.pipeline.interpreter import interpreter  # noqa: F401

    selected_rules(config)


def _worker_main(pipe: Connection, held: Sequence[Connection], config: Config) -> None:
    """Checks what the pipe brings until it is closed; `held` are pipes of the parent that a fork has copied."""
    # Ctrl-C reaches the whole group; the parent ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in held:
        other.close()

    from daft_lint.lint.engine import Checker
    from daft_lint.lint.sequential import check_one, few_collections
    from daft_lint.source.deep import run_deep

    checker = Checker(config)

    def loop() -> None:
        with few_collections() as collect:
            while True:
                try:
                    index, source = pipe.recv()
                except (EOFError, OSError):
                    return
                outcome = check_one(checker, source, of_many=True)
                try:
                    pipe.send((index, outcome))
                except OSError:
                    return
                collect(len(source.raw))

    run_deep(loop)
