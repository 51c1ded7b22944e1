"""A finding as reports and editors see it: plain data that can be pickled, cached and written as JSON."""

from __future__ import annotations

import enum

from daft_lint.dataclass import dataclass
from daft_lint.source.edit import Edit

SYNTAX_ERROR = "DFT001"
"""The code of the finding for a file that does not parse."""


class Level(enum.IntEnum):
    """How bad a finding is: error (the code fails, or silently does nothing), warning (it is measurably slower or
    larger), advice (it probably is, on weak evidence)."""

    ADVICE = 1
    WARNING = 2
    ERROR = 3

    def lowered(self) -> Level:
        """The next lower level, at least advice."""
        return Level(max(self - 1, Level.ADVICE))


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Where something is: lines and columns count from 1, columns in characters, the end is exclusive.

    `path` is as shown to the user, with `/`; `cell` is the notebook cell, None elsewhere.
    """

    path: str
    cell: int | None
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a finding is about, and what is there."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class FindingFix:
    """What `fix` would do: `why_unsafe` is None for a safe fix. `effects` says what that brings, in words:
    `1 -> 16 tasks`; empty where it changes no cost. `removes_comments`: the comments in what it
    replaces are what it is for, so that none of them is lost by mistake. `waits`: another fix changes the same bytes,
    and goes first."""

    title: str
    why_unsafe: str | None
    edits: tuple[Edit, ...]
    effects: tuple[str, ...] = ()
    removes_comments: bool = False
    waits: bool = False

    @property
    def safe(self) -> bool:
        return self.why_unsafe is None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule reports at one place.

    `observed`, `impact` and `suggestion` are the parts of the message; `evidence` is "proof", "strong", "hint" or None.
    `condition` says on which paths through the place it holds (a part of `observed`), None where on all of them.
    """

    code: str
    name: str
    level: Level
    span: Span
    observed: str
    impact: str
    suggestion: str
    evidence: str | None = None
    related: tuple[Related, ...] = ()
    fix: FindingFix | None = None
    condition: str | None = None

    @property
    def headline(self) -> str:
        """What was observed, in one sentence: where a message has a line, and no more."""
        return f"{self.observed[:1].upper()}{self.observed[1:]}."

    @property
    def message(self) -> str:
        parts = (part for part in (self.observed, self.impact, self.suggestion) if part)
        return ". ".join(part[0].upper() + part[1:] for part in parts) + "."
