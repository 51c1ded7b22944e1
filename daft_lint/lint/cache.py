"""Results of earlier runs, by what they rest on.

A result holds as long as the file, the configuration, the linter, the modules of the tree that the analysis looked
into, and what it looked for and did not find are the same. One record has the report of a whole run, for a run in which
nothing has changed; another has what each file gave.

Records are JSON with a checksum, in which nothing can be run. What cannot be read, or is not what it should be, is as
good as none. Nothing is read or written through a symbolic link, and a record appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daft_lint import __version__

if TYPE_CHECKING:
    from daft_lint.api.finding import Finding, FindingFix, Span
    from daft_lint.config import Config
    from daft_lint.lint.results import RawFinding, Report, Result
    from daft_lint.lint.runner import Outcome, Source

MAX_RECORD_BYTES = 32 * 1024 * 1024
MAX_FOLDER_BYTES = 128 * 1024 * 1024
"""What the folder's records may take in all; the oldest go first."""
_SUFFIX = ".daft-lint.json"
_CHECKSUM = 32
"""Hexadecimal digits in front of a record."""
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_MISREAD = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError)


def default_folder() -> Path:
    """Where the platform keeps caches of the user."""
    from platformdirs import user_cache_path

    return user_cache_path("daft-lint", appauthor=False)


def open_cache(config: Config, folder: Path | None) -> Cache | None:
    """The cache for a configuration in `folder` (None: the platform's); None where its results rest on what is not
    looked at here: the code of plugins, the footers of data files."""
    if config.plugins or config.settings.footers:
        return None
    return Cache(default_folder() if folder is None else folder, config)


class Cache:
    """The records of one configuration, for runs in the working directory."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder = os.path.abspath(folder)
        self.key = _digest(repr((__version__, sys.version, own_state(), os.getcwd(), _relevant(config))).encode())
        self.disk = Disk()
        self.digests: dict[str, str] = {}
        self.stored: dict[str, list[Any]] = {}
        self.reused = 0

    # Reading

    def report(self, sources: Sequence[Source], files: int) -> Report | None:
        """The report of an earlier run over the same files, where all that it rests on is as it was."""
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
        except _MISREAD:
            return None

    def outcomes(self, sources: Sequence[Source]) -> list[Outcome | None]:
        """What each file gave in an earlier run; None where that no longer holds."""
        self.stored = self.read_files()
        outcomes = [self.outcome(source) for source in sources]
        self.reused = sum(outcome is not None for outcome in outcomes)
        return outcomes

    def outcome(self, source: Source) -> Outcome | None:
        from daft_lint.lint.runner import Outcome

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
            return Outcome(decode_result(source.path, entry[3]), frozenset(modules), looked_for)
        except _MISREAD:
            return None

    def read_files(self) -> dict[str, list[Any]]:
        record = self.read(f"{self.key}{_SUFFIX}")
        entries = {} if record is None else record.get("entries")
        return entries if isinstance(entries, dict) else {}

    def read(self, name: str) -> dict[str, Any] | None:
        """A record; None where there is none that can be trusted."""
        if not self.is_safe():
            return None
        try:
            descriptor = os.open(os.path.join(self.folder, name), os.O_RDONLY | _NO_FOLLOW | _BINARY)
            with open(descriptor, "rb") as stream:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_RECORD_BYTES:
                    return None
                raw = stream.read()
        except OSError:
            return None
        checksum, text = raw[:_CHECKSUM], raw[_CHECKSUM:]
        if checksum != _digest(text).encode():
            return None
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return record if isinstance(record, dict) else None

    # What results rest on

    def take(self, sources: Sequence[Source]) -> None:
        """Digest what was read."""
        for source in sources:
            if source.path not in self.digests:
                around = self.disk.requirements(os.path.dirname(os.path.abspath(source.path)))
                self.digests[source.path] = _digest(source.raw) + around
                self.disk.contents[source.path] = self.digests[source.path][:_CHECKSUM]

    def content(self, path: str) -> str | None:
        """The digest of a file of the tree, None where it cannot be read."""
        return self.disk.content(path)

    def all_of(self, sources: Sequence[Source]) -> str:
        return _digest("\n".join(f"{self.digests[s.path]} {s.path}" for s in sources).encode(errors="surrogatepass"))

    def run_file(self, sources: Sequence[Source]) -> str:
        paths = "\n".join(source.path for source in sources).encode(errors="surrogatepass")
        return f"{self.key[:16]}-{_digest(paths)[:16]}{_SUFFIX}"

    # Writing

    def save(self, sources: Sequence[Source], outcomes: Sequence[Outcome], report: Report) -> None:
        """Keep what a run gave. What cannot be written is not kept."""
        self.take(sources)
        entries = dict(self.stored)
        for source, outcome in zip(sources, outcomes, strict=True):
            if outcome.result.problems or outcome.result.failed:
                entries.pop(source.path, None)
                continue
            entries[source.path] = [
                self.digests[source.path],
                {path: self.content(path) for path in sorted(outcome.modules)},
                self.disk.states(outcome.looked_for),
                encode_result(outcome.result),
            ]
        if not self.prepare():
            return
        self.write(f"{self.key}{_SUFFIX}", {"entries": entries})
        if not report.problems and not report.failed:
            modules = sorted({path for outcome in outcomes for path in outcome.modules})
            looked_for = {path for outcome in outcomes for path in outcome.looked_for}
            record = {
                "sources": self.all_of(sources),
                "files": report.files,
                "modules": {path: self.content(path) for path in modules},
                "paths": self.disk.states(looked_for),
                "report": encode_report(report),
            }
            self.write(self.run_file(sources), record)
        self.prune()

    def is_safe(self) -> bool:
        """The folder is one, and no link: neither itself nor, in the working directory, a folder above it."""
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
        if len(text) <= MAX_RECORD_BYTES - _CHECKSUM:
            self.write_bytes(name, _digest(text).encode() + text)

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file beside its place and move it there: a link that lies there is replaced, not followed."""
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
        """Remove the oldest records where there are too many."""
        records: list[tuple[float, int, str]] = []
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(_SUFFIX) and entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    records.append((status.st_mtime, status.st_size, entry.path))
        total = sum(size for _, size, _ in records)
        for _, size, path in sorted(records):
            if total <= MAX_FOLDER_BYTES:
                return
            with suppress(OSError):
                os.unlink(path)
            total -= size


class Disk:
    """What lies on the disk, looked at once."""

    def __init__(self) -> None:
        self.folders: dict[str, dict[str, str]] = {}
        self.contents: dict[str, str | None] = {}
        self.around: dict[str, str] = {}

    def listing(self, folder: str) -> dict[str, str]:
        """The names in a folder: "f" for a file, "d" for a folder, "o" for anything else."""
        known = self.folders.get(folder)
        if known is None:
            known = {}
            with suppress(OSError), os.scandir(folder or ".") as entries:
                for entry in entries:
                    with suppress(OSError):
                        known[entry.name] = "f" if entry.is_file() else "d" if entry.is_dir() else "o"
            self.folders[folder] = known
        return known

    def states(self, paths: Iterable[str]) -> dict[str, dict[str, str]]:
        """What lies at paths, by folder and name; "" for nothing."""
        states: dict[str, dict[str, str]] = {}
        for path in sorted(paths):
            folder, name = os.path.split(path)
            states.setdefault(folder, {})[name] = self.listing(folder).get(name, "")
        return states

    def differs(self, folder: str, names: Mapping[str, str]) -> bool:
        """Whether something else lies in a folder than did."""
        listing = self.listing(folder)
        return any(listing.get(name, "") != state for name, state in names.items())

    def content(self, path: str) -> str | None:
        """The digest of a file's bytes, None where it cannot be read."""
        if path not in self.contents:
            try:
                self.contents[path] = _digest(Path(path).read_bytes())
            except OSError:
                self.contents[path] = None
        return self.contents[path]

    def requirements(self, folder: str) -> str:
        """A digest of every pyproject.toml from a folder up: they say which Daft a file is for."""
        known = self.around.get(folder)
        if known is None:
            parent = os.path.dirname(folder)
            above = "" if parent == folder else self.requirements(parent)
            file = os.path.join(folder, "pyproject.toml")
            here = self.content(file) if self.listing(folder).get("pyproject.toml") == "f" else None
            known = above if here is None else _digest(f"{above} {here}".encode())
            self.around[folder] = known
        return known


def own_state() -> list[tuple[str, int, int]]:
    """The linter's own files and LibCST's, by size and time: a version alone says little in a checkout."""
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
    """What findings depend on; which of them are shown is decided afterwards."""
    kept = {key: value for key, value in vars(config).items() if key not in ("level", "fail_on", "src", "exclude")}
    return tuple(sorted((key, repr(value)) for key, value in kept.items() if not key.startswith("_")))


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_CHECKSUM // 2).hexdigest()


# Findings as JSON: lists in the order of their fields


def encode_result(result: Result) -> list[object]:
    return [
        [[encode_finding(one.finding), one.entry] for one in result.raised],
        sorted(result.called),
        list(result.limits),
    ]


def decode_result(path: str, record: Any) -> Result:
    """Raises one of `_MISREAD` for what is no result."""
    from daft_lint.lint.results import RawFinding, Result

    raised, called, limits = record
    made: tuple[RawFinding, ...] = tuple(RawFinding(decode_finding(finding), _text(entry)) for finding, entry in raised)
    return Result(path, made, (), frozenset(_text(c) for c in called), tuple(_text(limit) for limit in limits))


def encode_report(report: Report) -> list[object]:
    return [[encode_finding(finding) for finding in report.findings], report.files, list(report.limits)]


def decode_report(record: Any) -> Report:
    """Raises one of `_MISREAD` for what is no report."""
    from daft_lint.lint.results import Report

    findings, files, limits = record
    made = tuple(decode_finding(finding) for finding in findings)
    return Report(made, (), _number(files), tuple(_text(limit) for limit in limits))


def encode_finding(finding: Finding) -> list[object]:
    fix = finding.fix
    return [
        finding.code,
        finding.name,
        int(finding.level),
        encode_span(finding.span),
        finding.observed,
        finding.impact,
        finding.suggestion,
        finding.evidence,
        [[encode_span(related.span), related.message] for related in finding.related],
        None
        if fix is None
        else [fix.title, fix.why_unsafe, [[e.path, e.cell, e.start, e.end, e.text] for e in fix.edits]],
    ]


def decode_finding(record: Any) -> Finding:
    from daft_lint.api.finding import Finding, Level, Related

    code, name, level, span, observed, impact, suggestion, evidence, related, fix = record
    return Finding(
        _text(code),
        _text(name),
        Level(level),
        decode_span(span),
        _text(observed),
        _text(impact),
        _text(suggestion),
        None if evidence is None else _text(evidence),
        tuple(Related(decode_span(location), _text(message)) for location, message in related),
        None if fix is None else decode_fix(fix),
    )


def decode_fix(record: Any) -> FindingFix:
    from daft_lint.api.finding import FindingFix
    from daft_lint.source.edit import Edit

    title, why_unsafe, edits = record
    made = tuple(
        Edit(_text(path), None if cell is None else _number(cell), _number(start), _number(end), _text(text))
        for path, cell, start, end, text in edits
    )
    return FindingFix(_text(title), None if why_unsafe is None else _text(why_unsafe), made)


def encode_span(span: Span) -> list[object]:
    return [span.path, span.cell, span.line, span.column, span.end_line, span.end_column]


def decode_span(record: Any) -> Span:
    from daft_lint.api.finding import Span

    path, cell, *numbers = record
    line, column, end_line, end_column = map(_number, numbers)
    return Span(_text(path), None if cell is None else _number(cell), line, column, end_line, end_column)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("no number")
    return value
