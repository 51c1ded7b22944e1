"""What a check works on and what it gives: plain data that can be pickled and cached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from daft_lint.api.finding import Finding, FindingFix, Level
from daft_lint.dataclass import dataclass
from daft_lint.source.problems import Problem

Progress = Callable[[int, int], None]
"""Called with the number of files that are done and the number of all files."""


def go_on() -> None:
    """Nothing stands against the next trial."""


@dataclass(frozen=True, slots=True)
class Fixes:
    """Whether findings get fixes, each tried: most of the time of a file that has any. `before_trial` is called before
    each; what it raises leaves the check."""

    offered: bool = True
    before_trial: Callable[[], None] = go_on


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to check: its path as shown, and its bytes."""

    path: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Proposal:
    """A fix that may be offered, and the suggestion that goes with it. `pipelines` are the numbers, in the script, of
    those that its edits change; None where that is not known."""

    fix: FindingFix
    suggestion: str
    pipelines: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class RawFinding:
    """A finding before those of all files are merged. `entry` is the function that it is in, where it rests on a
    DataFrame parameter of that function with no caller in view, or `Observation.entry`; else "". `proposals` are the
    fixes to choose from, until one of them is chosen; `subject` is what it is about, as that is written."""

    finding: Finding
    entry: str = ""
    proposals: tuple[Proposal, ...] = ()
    subject: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others where the text around it changes."""
        return self.finding.code, self.subject

    @property
    def rank(self) -> tuple[bool, Level]:
        """Of several findings with one code at one place, the highest rank counts: one that rests on no open parameter
        first, then the higher level."""
        return (not self.entry, self.finding.level)


@dataclass(frozen=True, slots=True)
class FileResult:
    """What the analysis of one file gave.

    `called` are the functions of other files that it followed, and the entries of methods in them that it calls on what
    is not known to be Daft's; `limits` the caps that were hit, worded for the user.
    `failed`: a rule, or the linter itself, failed in it.
    """

    path: str
    findings: tuple[RawFinding, ...] = ()
    problems: tuple[Problem, ...] = ()
    called: frozenset[str] = frozenset()
    limits: tuple[str, ...] = ()
    failed: bool = False

    @property
    def is_empty(self) -> bool:
        """There is nothing to report."""
        return not (self.findings or self.problems or self.limits or self.failed)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one file, and what it rests on besides the file: the modules of the tree that were read, with
    digests of what was read (None: they could not be), and the paths that were looked for, whether they exist or
    not."""

    result: FileResult
    modules: Mapping[str, str | None] = field(default_factory=dict)
    looked_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Report:
    """What a whole check gave. `files` is the number of files that were looked at.

    `failed`: in some file a rule, or the linter itself, failed, so that findings may be missing.
    """

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...] = ()
    files: int = 0
    limits: tuple[str, ...] = ()
    failed: bool = False
