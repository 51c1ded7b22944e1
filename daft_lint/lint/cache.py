"""Results of earlier runs, by what they rest on.

A result holds as long as the file, the configuration, the linter, the modules of the tree that the analysis read, and
what it looked for in vain are the same. One record holds the report of a whole run, for a run in which nothing has
changed; another holds the result for each file.

Records are JSON with a checksum: nothing in them can be run. A record that cannot be read, or is not what it should be,
counts as missing. Nothing is read or written through a symbolic link, and a record is written whole or not at all.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daft_lint import __version__
from daft_lint.lint.disk import Disk
from daft_lint.lint.records import MISREAD, decode_report, decode_result, encode_report, encode_result
from daft_lint.lint.results import Outcome, Report, SourceFile
from daft_lint.pipeline.facts.footers import can_read_footers
from daft_lint.pipeline.facts.settings import Footers
from daft_lint.source.digests import DIGEST_LENGTH, digest

if TYPE_CHECKING:
    from daft_lint.config import Config

MAX_RECORD_BYTES = 32 * 1024 * 1024
MAX_FOLDER_BYTES = 128 * 1024 * 1024
"""What all records of the folder may take together; the oldest go first."""
_SUFFIX = ".daft-lint.json"
_UNFINISHED_FOR = 3600
"""Seconds after which no run is still writing a record."""
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
"""Opening a named pipe waits for a writer."""
_BINARY = getattr(os, "O_BINARY", 0)


def default_folder() -> Path:
    """Where the platform keeps caches of the user."""
    from platformdirs import user_cache_path

    return user_cache_path("daft-lint", appauthor=False)


def open_cache(config: Config, folder: Path | None) -> Cache | None:
    """The cache for a configuration in `folder` (None: the platform's); None where results rest on what no digest
    covers: the code of plugins, which files a folder or wildcard of data has."""
    if config.plugins or config.settings.footers is Footers.ALL:
        return None
    return Cache(default_folder() if folder is None else folder, config)


class Cache:
    """The records of one configuration, for runs in the working directory."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder = os.path.abspath(folder)
        rests_on = (__version__, sys.version, own_state(), can_read_footers(), os.getcwd(), _relevant(config))
        self.key = digest(repr(rests_on).encode())
        self.disk = Disk()
        self.digests: dict[str, str] = {}
        self.stored: dict[str, list[Any]] = {}

    # Reading

    def report(self, sources: Sequence[SourceFile], files: int) -> Report | None:
        """The report of an earlier run over the same files, if everything that it rests on is unchanged."""
        self.take(sources)
        record = self.read(self.run_file(sources))
        try:
            if record is None or record["sources"] != self.all_of(sources) or record["files"] != files:
                return None
            modules: dict[str, str | None] = record["modules"]
            paths: dict[str, dict[str, str]] = record["paths"]
            if any(self.content(path) != digest for path, digest in modules.items()):
                return None
            if any(self.disk.differs(folder, names) for folder, names in paths.items()):
                return None
            return decode_report(record["report"])
        except MISREAD:
            return None

    def outcomes(self, sources: Sequence[SourceFile]) -> list[Outcome | None]:
        """The outcome of each file in an earlier run; None where that no longer holds."""
        self.stored = self.read_files()
        return [self.outcome(source) for source in sources]

    def outcome(self, source: SourceFile) -> Outcome | None:
        try:
            entry = self.stored.get(source.path)
            if entry is None or entry[0] != self.digests[source.path]:
                return None
            modules: dict[str, str | None] = entry[1]
            paths: dict[str, dict[str, str]] = entry[2]
            if any(self.content(path) != digest for path, digest in modules.items()):
                return None
            if any(self.disk.differs(folder, names) for folder, names in paths.items()):
                return None
            looked_for = frozenset(os.path.join(folder, name) for folder, names in paths.items() for name in names)
            return Outcome(decode_result(source.path, entry[3]), modules, looked_for)
        except MISREAD:
            return None

    def read_files(self) -> dict[str, list[Any]]:
        record = self.read(f"{self.key}{_SUFFIX}")
        entries = {} if record is None else record.get("entries")
        return entries if isinstance(entries, dict) else {}

    def read(self, name: str) -> dict[str, Any] | None:
        """A record; None where there is no trustworthy one."""
        if not self.is_safe():
            return None
        try:
            descriptor = os.open(os.path.join(self.folder, name), os.O_RDONLY | _NO_FOLLOW | _NO_WAIT | _BINARY)
            with open(descriptor, "rb") as stream:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_RECORD_BYTES:
                    return None
                raw = stream.read()
        except OSError:
            return None
        checksum, text = raw[:DIGEST_LENGTH], raw[DIGEST_LENGTH:]
        if checksum != digest(text).encode():
            return None
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return record if isinstance(record, dict) else None

    # What results rest on

    def take(self, sources: Sequence[SourceFile]) -> None:
        """Take the digests of files that were read."""
        for source in sources:
            if source.path not in self.digests:
                around = self.disk.requirements(os.path.dirname(os.path.abspath(source.path)))
                self.digests[source.path] = digest(source.raw) + around
                self.disk.contents[source.path] = self.digests[source.path][:DIGEST_LENGTH]

    def content(self, path: str) -> str | None:
        """The digest of a file of the tree, None where it cannot be read."""
        return self.disk.content(path)

    def all_of(self, sources: Sequence[SourceFile]) -> str:
        return digest("\n".join(f"{self.digests[s.path]} {s.path}" for s in sources).encode(errors="surrogatepass"))

    def run_file(self, sources: Sequence[SourceFile]) -> str:
        paths = "\n".join(source.path for source in sources).encode(errors="surrogatepass")
        return f"{self.key[:16]}-{digest(paths)[:16]}{_SUFFIX}"

    # Writing

    def save(self, sources: Sequence[SourceFile], outcomes: Sequence[Outcome], report: Report) -> None:
        """Keep the results of a run. What cannot be written is not kept."""
        self.take(sources)
        entries = dict(self.stored)
        for source, outcome in zip(sources, outcomes, strict=True):
            if outcome.result.problems or outcome.result.failed:
                entries.pop(source.path, None)
                continue
            entries[source.path] = [
                self.digests[source.path],
                dict(sorted(outcome.modules.items())),
                self.disk.states(outcome.looked_for),
                encode_result(outcome.result),
            ]
        if not self.prepare():
            return
        self.write(f"{self.key}{_SUFFIX}", {"entries": entries})
        modules = dict(sorted(item for outcome in outcomes for item in outcome.modules.items()))
        # Two analyses that read different texts of a module have no common report.
        agree = all(modules[path] == read for outcome in outcomes for path, read in outcome.modules.items())
        if agree and not report.problems and not report.failed:
            looked_for = {path for outcome in outcomes for path in outcome.looked_for}
            record = {
                "sources": self.all_of(sources),
                "files": report.files,
                "modules": modules,
                "paths": self.disk.states(looked_for),
                "report": encode_report(report),
            }
            self.write(self.run_file(sources), record)
        self.prune()

    def is_safe(self) -> bool:
        """The folder is a folder and no link, and neither is a folder above it within the working directory."""
        folder = self.folder
        here = os.getcwd()
        while True:
            try:
                status = os.lstat(folder)
            except OSError:
                return False
            if not stat.S_ISDIR(status.st_mode):
                return False
            folder = os.path.dirname(folder)
            if not folder.startswith(here + os.sep):
                return True

    def prepare(self) -> bool:
        """Make the folder; false where it cannot be used."""
        try:
            made = not os.path.lexists(self.folder)
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
        except OSError:
            return False
        if not self.is_safe():
            return False
        if made:
            # Backup programs and git leave the folder out.
            self.write_bytes("CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55\n")
            self.write_bytes(".gitignore", b"*\n")
        return True

    def write(self, name: str, record: Mapping[str, object]) -> None:
        text = json.dumps(record, separators=(",", ":")).encode()
        if len(text) <= MAX_RECORD_BYTES - DIGEST_LENGTH:
            self.write_bytes(name, digest(text).encode() + text)

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file under another name and move it into place: a link that lies there is replaced, not followed."""
        location = os.path.join(self.folder, name)
        beside = os.path.join(self.folder, f".{os.getpid()}-{os.urandom(6).hex()}{_SUFFIX}")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY, 0o600)
        except OSError:
            return
        try:
            with open(descriptor, "wb") as stream:
                stream.write(content)
            os.replace(beside, location)
        except OSError:
            with suppress(OSError):
                os.unlink(beside)

    def prune(self) -> None:
        """Remove the oldest records where there are too many, and what killed runs have left of theirs."""
        records: list[tuple[float, int, str]] = []
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(_SUFFIX) and entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    if entry.name.startswith(".") and status.st_mtime < time.time() - _UNFINISHED_FOR:
                        with suppress(OSError):
                            os.unlink(entry.path)
                        continue
                    records.append((status.st_mtime, status.st_size, entry.path))
        total = sum(size for _, size, _ in records)
        for _, size, path in sorted(records):
            if total <= MAX_FOLDER_BYTES:
                return
            with suppress(OSError):
                os.unlink(path)
            total -= size


def own_state() -> list[tuple[str, int, int]]:
    """The files of the linter and of LibCST, by size and time: a version alone says little in a checkout."""
    from importlib.util import find_spec

    state: list[tuple[str, int, int]] = []
    pending: list[tuple[str, bool]] = []
    for package, whole in (("daft_lint", True), ("daft_lint_rules", True), ("libcst", False)):
        spec = find_spec(package)
        locations = () if spec is None else spec.submodule_search_locations or ()
        pending += [(folder, whole) for folder in locations]
    while pending:
        folder, whole = pending.pop()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".so", ".pyd")):
                    status = entry.stat()
                    state.append((entry.path, status.st_size, status.st_mtime_ns))
                elif whole and entry.is_dir() and entry.name != "__pycache__":
                    pending.append((entry.path, whole))
    return sorted(state)


def _relevant(config: Config) -> tuple[object, ...]:
    """The settings that findings depend on; which findings are shown is decided afterwards."""
    unused = ("level", "fail_on", "src", "exclude", "also_exclude")
    kept = {key: value for key, value in vars(config).items() if key not in unused}
    return tuple(sorted((key, repr(value)) for key, value in kept.items() if not key.startswith("_")))
