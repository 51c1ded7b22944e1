"""A process of its own for the work of the language server, so that a large buffer holds up nothing else.

LibCST's parser keeps the interpreter to itself for seconds: in a thread, no answer would get out meanwhile.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from daft_lint.api.finding import Finding
from daft_lint.dataclass import dataclass
from daft_lint.integrations.lsp.session import Session
from daft_lint.integrations.lsp.texts import Buffer
from daft_lint.lint.pool import safe_import_path
from daft_lint.source.document import Document
from daft_lint.source.edit import Edit

USELESS_AFTER = 0.5
"""Seconds after which a check that newer text has made useless is not waited for: a new process costs as much."""
Texts = Mapping[str, bytes]
"""The bytes of the buffers, by path."""


class Stopped(Exception):
    """The process was ended in the middle of a job."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a job gave, and what is wrong with the configuration so far."""

    value: Any
    complaints: tuple[str, ...] = ()


class Jobs:
    """What is done in the background, for one editor."""

    def __init__(self, plugins: bool) -> None:
        self.session = Session(plugins=plugins)
        self.buffers: dict[str, Buffer] = {}

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
    """Does one job after another. `call` waits and belongs into a thread; `drop_useless` and `stop` come from another.

    Before Python 3.11 no process can be started safely in a folder that is not trusted: jobs run in the thread.
    """

    def __init__(self, *, plugins: bool) -> None:
        self.plugins = plugins
        self.own_process = sys.version_info >= (3, 11)
        self.jobs: Jobs | None = None
        self.process: Any = None
        self.pipe: Connection | None = None
        self.since: float | None = None
        self.stopped = False

    def call(self, name: str, *given: object) -> Done:
        """The result of a job. Raises `Stopped`, and `RuntimeError` for what went wrong in it."""
        if not self.own_process:
            self.jobs = self.jobs or Jobs(self.plugins)
            return _done(self.jobs, name, given)
        if self.stopped:
            raise Stopped
        pipe = self._running()
        self.since = time.monotonic()
        try:
            pipe.send((name, given))
            done = pipe.recv()
        except (EOFError, OSError):
            self.process = None
            raise Stopped from None
        finally:
            self.since = None
        if isinstance(done, str):
            raise RuntimeError(done)
        assert isinstance(done, Done)
        return done

    def drop_useless(self) -> None:
        """End the job in hand, if it has been going on for so long that its end is not worth waiting for."""
        if self.since is not None and time.monotonic() - self.since > USELESS_AFTER:
            self._end()

    def stop(self) -> None:
        """End the job in hand and take no other."""
        self.stopped = True
        self._end()

    def _end(self) -> None:
        if self.process is not None:
            self.process.kill()

    def _running(self) -> Connection:
        """The pipe to a process that is ready."""
        if self.process is None or self.pipe is None or not self.process.is_alive():
            context = multiprocessing.get_context("spawn")
            self.pipe, theirs = context.Pipe()
            process = context.Process(target=_main, args=(theirs, self.plugins), name="daft-lint", daemon=True)
            with safe_import_path():
                process.start()
            theirs.close()
            self.process = process
        return self.pipe


def _done(jobs: Jobs, name: str, given: tuple[object, ...]) -> Done:
    value = getattr(jobs, name)(*given)
    return Done(value, tuple(jobs.session.complaints))


def _main(pipe: Connection, plugins: bool) -> None:
    """Does what the pipe brings until it is closed, and ends when the server has ended, whatever it is doing."""
    # Standard output is the editor's.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    jobs = Jobs(plugins)
    while True:
        try:
            name, given = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            done: Done | str = _done(jobs, name, given)
        except Exception as error:  # noqa: BLE001  # a rule can be anybody's; the next job is done all the same
            done = " ".join(f"{type(error).__name__}: {error}".split())
        try:
            pipe.send(done)
        except OSError:
            return
