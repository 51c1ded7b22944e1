"""Which lines have changed since a revision, as git sees it: `check --since REV` shows the findings on these alone.

The comparison is with the commit where the branch left the revision, so that later commits there do not count. A
renamed file is compared with its former self; a file that git does not track counts as changed as a whole. Lines beside
a deletion count as changed: taking `.into_batches(64)` out of a chain is what makes the next line wrong.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from pathlib import Path

from daft_lint.api.finding import Finding, Span
from daft_lint.dataclass import dataclass
from daft_lint.lint.engine_rules import SyntaxErrorRule
from daft_lint.source.document import Document
from daft_lint.source.kinds import MARKDOWN_SUFFIXES, SUFFIXES

_HUNK = re.compile(rb"@@ -\d+(?:,(?P<old>\d+))? \+(?P<start>\d+)(?:,(?P<new>\d+))? @@")
_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_ESCAPES = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_MISLEADING = re.compile(r"GIT_DIFF_OPTS|GIT_(?:LITERAL|GLOB|NOGLOB|ICASE)_PATHSPECS")
"""Variables that would change what is asked of git: the form of a diff, the meaning of a pattern."""
_LARGE = 5_000
"""Lines from which a notebook is compared line by line and not in order: the comparison in order is quadratic."""

_Key = tuple["int | None", int]
"""A notebook's cell (None elsewhere) and a line."""


class SinceError(Exception):
    """The revision cannot be compared with: says why, in one line."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What a file was called, and the lines of it that are new (from, to, the end included)."""

    old_path: str
    ranges: list[tuple[int, int]] = field(default_factory=list)


class Changes:
    """What has changed in a working tree since a revision. Raises `SinceError`."""

    def __init__(self, revision: str, folder: Path, paths: Iterable[str] = ()) -> None:
        self.folder = folder
        top = _git(folder, "rev-parse", "--show-toplevel", error=f"--since {revision}: no git repository here")
        self.top = os.path.realpath(os.fsdecode(top.removesuffix(b"\n")))
        self.note = ""
        """What the user should know about the comparison, in one line."""
        self.base = self._base(revision)
        listed = _git(folder, "-C", self.top, "ls-files", "-z")
        self.tracked = frozenset(os.fsdecode(name) for name in listed.split(b"\0"))
        self.changed = dict(_parsed(self._diff(paths)))
        self.notebooks: dict[str, frozenset[_Key]] = {}

    def touches(self, finding: Finding) -> bool:
        """Whether the finding, or a related place, is on a changed line. A file that does not parse counts as soon as
        anything in it has changed: the place of the error says little."""
        if finding.code == SyntaxErrorRule.code:
            name = self._name(finding.span.path)
            return name not in self.tracked or name in self.changed
        spans = (finding.span, *(related.span for related in finding.related))
        return any(self._is_changed(span) for span in spans)

    def _base(self, revision: str) -> str:
        shallow = _git(self.folder, "rev-parse", "--is-shallow-repository").strip() == b"true"
        unknown = f"--since {revision}: git knows no such revision"
        if shallow:
            unknown += (
                " in this shallow clone: fetch it first (fetch-depth: 0 of actions/checkout, GIT_DEPTH: 0 on GitLab)"
            )
        # The name is resolved first: nothing that is given can be an option of a later command.
        commit = _git(
            self.folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", error=unknown
        )
        resolved = commit.decode().strip()
        try:
            return _git(self.folder, "merge-base", resolved, "HEAD").decode().split()[0]
        except (SinceError, IndexError):
            why = "in this shallow clone" if shallow else "in the history"
            self.note = f"--since {revision}: no common ancestor {why}: compared with {revision} itself"
            return resolved

    def _diff(self, paths: Iterable[str]) -> bytes:
        suffixes = (*SUFFIXES, *MARKDOWN_SUFFIXES)
        specs = [f":(top)*{suffix}" for suffix in suffixes]
        names = (self._name(path) for path in paths if not path.endswith(suffixes))
        specs += [f":(top,literal){name}" for name in names if name in self.tracked]
        # Spelled out, so that no configuration changes the form, and no driver of the repository is run.
        options = ["--no-ext-diff", "--no-textconv", "--no-color", "--text", "--unified=0", "--inter-hunk-context=0"]
        options += ["--find-renames", "--src-prefix=a/", "--dst-prefix=b/", "--no-relative", "--ignore-submodules=all"]
        return _git(self.folder, *_without_filters(self.folder), "diff", *options, self.base, "--", *specs)

    def _name(self, path: str) -> str:
        """A path as git lists it."""
        return os.path.relpath(os.path.realpath(self.folder / path), self.top).replace(os.sep, "/")

    def _is_changed(self, span: Span) -> bool:
        name = self._name(span.path)
        if name not in self.tracked:
            return True
        change = self.changed.get(name)
        if change is None:
            return False
        if span.cell is None:
            return any(first <= span.end_line and span.line <= last for first, last in change.ranges)
        if name not in self.notebooks:
            self.notebooks[name] = self._changed_in_cells(span.path, change)
        return any((span.cell, line) in self.notebooks[name] for line in range(span.line, span.end_line + 1))

    def _changed_in_cells(self, path: str, change: _Change) -> frozenset[_Key]:
        """The lines of a notebook's cells that are new; its outputs and metadata do not count."""
        try:
            after = Document.read(self.folder / path)
        except OSError:
            return frozenset()
        try:
            raw = _git(self.folder, "cat-file", "blob", f"{self.base}:{change.old_path}")
        except SinceError:
            raw = b""
        before = [text for _, text in _lines(Document.from_bytes("before.ipynb", raw))]
        lines = list(_lines(after))
        return frozenset(lines[index][0] for index in _new(before, [text for _, text in lines]))


def _lines(document: Document) -> Iterator[tuple[_Key, bytes]]:
    for cell in document.cells:
        for number, text in enumerate(cell.source.splitlines(), start=1):
            yield (cell.number, number), text.rstrip()


def _new(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[int]:
    """The indexes of the lines of `after` that are new, or stand beside a deletion."""
    if len(before) + len(after) > _LARGE:
        known = set(before)
        yield from (index for index, line in enumerate(after) if line not in known)
        return
    matcher = difflib.SequenceMatcher(None, before, after)
    for kind, _, _, first, last in matcher.get_opcodes():
        if kind == "delete":
            yield from (index for index in (first - 1, first) if 0 <= index < len(after))
        elif kind != "equal":
            yield from range(first, last)


def _parsed(diff: bytes) -> Iterator[tuple[str, _Change]]:
    """The files of a diff with no context, by their new names. What hunks hold is stepped over, whatever it says."""
    lines = diff.split(b"\n")
    index = 0
    old, change = "", None
    while index < len(lines):
        line = lines[index]
        index += 1
        hunk = _HUNK.match(line)
        if line.startswith(b"--- "):
            old, change = _path(line), None
        elif line.startswith(b"+++ "):
            name = _path(line)
            change = _Change(old)
            yield name, change
        elif hunk is not None and change is not None:
            removed, added = int(hunk["old"] or 1), int(hunk["new"] or 1)
            first = int(hunk["start"])
            change.ranges.append((first, first + max(added - 1, 1 if not added else 0)))
            index = _after(lines, index, removed + added)


def _after(lines: Sequence[bytes], index: int, count: int) -> int:
    """The index after a hunk's lines; a note that the last line has no line break is none of them."""
    while index < len(lines) and (count or lines[index].startswith(b"\\")):
        count -= not lines[index].startswith(b"\\")
        index += 1
    return index


def _path(line: bytes) -> str:
    """The path of a `---` or `+++` line, without its `a/` or `b/`; git quotes what has control characters in it."""
    text = os.fsdecode(line[4:]).removesuffix("\t")
    if text.startswith('"'):
        text = _ESCAPE.sub(lambda m: chr(int(m[1], 8)) if len(m[1]) == 3 else _ESCAPES.get(m[1], m[1]), text[1:-1])
    return text[2:] if text[:2] in ("a/", "b/") else text


def _without_filters(folder: Path) -> list[str]:
    """Options that switch the repository's clean filters off: a diff of the working tree would run their programs."""
    try:
        listed = _git(folder, "config", "--null", "--name-only", "--get-regexp", r"^filter\.")
    except SinceError:  # none is configured
        return []
    options: list[str] = []
    for name in sorted(set(os.fsdecode(listed).split("\0")) - {""}):
        if name.endswith((".clean", ".process", ".required")):
            if "=" in name:
                raise SinceError(f"--since: the repository configures {name!a}, which cannot be switched off")
            options += ["-c", f"{name}={'false' if name.endswith('.required') else ''}"]
    return options


def _git(folder: Path, *arguments: str, error: str = "") -> bytes:
    """What git prints. Raises `SinceError` where it fails, with the message `error` or git's own."""
    command = ["git", "-c", "core.quotePath=false", "-c", "core.fsmonitor=false", *arguments]
    kept = {name: value for name, value in os.environ.items() if not _MISLEADING.fullmatch(name)}
    # No protocol: what a partial clone lacks is not fetched, since the repository names the programs that would fetch.
    environment = {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "none"}
    try:
        run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    except OSError as failure:
        raise SinceError(f"--since needs git, which cannot be run: {failure.strerror or failure}") from None
    if run.returncode:
        reason = run.stderr.decode(errors="replace").strip().splitlines()
        raise SinceError(error or f"--since: git {arguments[0]}: {reason[0] if reason else 'failed'}")
    return run.stdout
