"""A process of its own for the work of the language server, so that a large buffer holds up nothing else.

LibCST's parser keeps the interpreter to itself for seconds: in a thread, no answer would get out meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import IO, Any

from daft_lint.api.finding import Finding
from daft_lint.dataclass import dataclass
from daft_lint.integrations.lsp.session import Session
from daft_lint.integrations.lsp.texts import Buffer
from daft_lint.source.document import Document
from daft_lint.source.edit import Edit

USELESS_AFTER = 0.5
"""Seconds that a job nobody waits for any more may still take: a new process costs as much."""
_START = "import sys; sys.path[:] = {path!r}; from daft_lint.integrations.lsp.background import main; main({plugins})"
Texts = Mapping[str, bytes]
"""The bytes of the buffers, by path."""


class Stopped(Exception):
    """The job was left, or the process ended in the middle of it."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a job gave, and what is wrong with the configuration so far."""

    value: Any
    complaints: tuple[str, ...] = ()


class Jobs:
    """What is done in the background, for one editor."""

    def __init__(self, plugins: bool) -> None:
        self.session = Session(plugins=plugins, before_trial=self.go_on)
        self.buffers: dict[str, Buffer] = {}
        self.dropped = False
        """Whether nobody waits for the job in hand any more."""

    def go_on(self) -> None:
        """Raises `Stopped` where nobody waits for the end."""
        if self.dropped:
            raise Stopped

    def found(self, texts: Texts) -> dict[str, list[Finding]]:
        return self.session.check(self._buffers(texts), fixes=False)

    def check(self, texts: Texts) -> dict[str, list[Finding]]:
        return self.session.check(self._buffers(texts))

    def fixed(self, texts: Texts, path: str, unsafe: bool) -> list[Edit]:
        return self.session.fixed(self._buffers(texts), path, unsafe=unsafe)

    def hover(self, texts: Texts, path: str, cell: int | None, offset: int) -> str | None:
        from daft_lint.integrations.lsp.hover import hover
        from daft_lint.pipeline.interpreter.project import Project
        from daft_lint.source.modules import Modules

        documents = {other: buffer.document for other, buffer in self._buffers(texts).items()}
        config = self.session.config_of(path)
        return hover(documents[path], cell, offset, config, Project(Modules(documents)))

    def _buffers(self, texts: Texts) -> dict[str, Buffer]:
        """The buffers with these bytes; those that are as they were keep their trees."""
        known = self.buffers
        self.buffers = {
            path: known[path]
            if path in known and known[path].document.raw == raw
            else Buffer(path, {}, Document.from_bytes(path, raw))
            for path, raw in texts.items()
        }
        return self.buffers


class Background:
    """Does one job after another. `call` waits, and belongs into a thread; `drop`, `end` and `stop` come from
    another."""

    def __init__(self, *, plugins: bool) -> None:
        self.plugins = plugins
        self.process: subprocess.Popen[bytes] | None = None
        self.since: float | None = None
        """When the job in hand began."""
        self.writing = threading.Lock()
        self.stopped = False

    def call(self, name: str, *given: object) -> Done:
        """The result of a job. Raises `Stopped`, and `RuntimeError` for what went wrong in it."""
        if self.stopped:
            raise Stopped
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        self.since = time.monotonic()
        try:
            self._tell(process.stdin, (name, given))
            done = pickle.load(process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            process.kill()
            process.wait()
            self.process = None
            raise Stopped from None
        finally:
            self.since = None
        if done is None:
            raise Stopped
        if isinstance(done, str):
            raise RuntimeError(done)
        assert isinstance(done, Done)
        return done

    def drop(self) -> float | None:
        """Say that nobody waits for the job in hand: it is left before its next trial of a fix. When it began."""
        process, since = self.process, self.since
        if since is not None and process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                self._tell(process.stdin, None)
        return since

    def end(self, since: float | None) -> None:
        """End the process if the job that began then is still in hand."""
        if since is not None and self.since == since:
            self._end()

    def _tell(self, stdin: IO[bytes], what: object) -> None:
        with self.writing:
            pickle.dump(what, stdin)
            stdin.flush()

    def stop(self) -> None:
        """End the job in hand and take no other."""
        self.stopped = True
        self._end()

    def _end(self) -> None:
        if self.process is not None:
            self.process.kill()

    def _running(self) -> subprocess.Popen[bytes]:
        """A process that is ready."""
        if self.process is None or self.process.poll() is not None:
            # Isolated, so that nothing is imported from the working directory, which may not be trusted.
            code = _START.format(path=[folder for folder in sys.path if folder], plugins=self.plugins)
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        return self.process


def _done(jobs: Jobs, name: str, given: tuple[object, ...]) -> Done:
    value = getattr(jobs, name)(*given)
    return Done(value, tuple(jobs.session.complaints))


def main(plugins: bool) -> None:
    """Does what standard input brings until it is closed, and then ends, whatever it is doing."""
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Nothing that a rule reads or prints may get in between.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    given: queue.SimpleQueue[tuple[str, tuple[object, ...]]] = queue.SimpleQueue()
    jobs = Jobs(plugins)
    threading.Thread(target=_read, args=(asked, given, jobs), daemon=True).start()
    while True:
        try:
            done: Done | str | None = _done(jobs, *given.get())
        except Stopped:
            done = None
        except Exception as error:  # noqa: BLE001  # a rule can be anybody's; the next job is done all the same
            done = " ".join(f"{type(error).__name__}: {error}".split())
        try:
            pickle.dump(done, answers)
            answers.flush()
        except OSError:
            return


def _read(asked: IO[bytes], given: queue.SimpleQueue[tuple[str, tuple[object, ...]]], jobs: Jobs) -> None:
    """Passes on what is asked for: None drops the job in hand, of which there is one at a time. The end of it is that
    of the server."""
    try:
        while True:
            job = pickle.load(asked)
            jobs.dropped = job is None
            if job is not None:
                given.put(job)
    finally:
        os._exit(0)
