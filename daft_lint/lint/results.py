"""What a check gives: plain data that can be pickled and cached."""

from __future__ import annotations

from dataclasses import dataclass, field

from daft_lint.api.finding import Finding
from daft_lint.source.problems import Problem


@dataclass(frozen=True, slots=True)
class RawFinding:
    """A finding and, where it rests on a DataFrame parameter with no caller in view, the function it is in."""

    finding: Finding
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What the analysis of one document gave; all of it can be pickled.

    `called` are the functions of other files that it followed; `limits` the caps that were hit, in words.
    """

    path: str
    raised: tuple[RawFinding, ...] = ()
    problems: tuple[Problem, ...] = ()
    called: frozenset[str] = frozenset()
    limits: tuple[str, ...] = ()
    failed: bool = False
    """A rule failed in it."""

    @property
    def is_empty(self) -> bool:
        """Nothing is to be said of it."""
        return not (self.raised or self.problems or self.limits or self.failed)


@dataclass(frozen=True, slots=True)
class Report:
    """What a whole check gave. `files` counts the files that were looked at."""

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...] = ()
    files: int = 0
    limits: tuple[str, ...] = field(default=())
    failed: bool = False
    """Some file was not checked by all rules: one of them failed in it."""
