"""What a rule is: its metadata, what it observes, the fix it proposes."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from daft_lint.api.edits import Action
from daft_lint.api.finding import Level as Level
from daft_lint.pipeline.model import Evidence, NodeRef, Pipeline, Script, Strength
from daft_lint.source.prescan import Prescan


@dataclass(frozen=True, slots=True)
class Fix:
    """A rewrite: `title` says what it does, in the imperative; `why_unsafe` what it can change (None: it is safe)."""

    title: str
    actions: tuple[Action, ...]
    why_unsafe: str | None = None

    @property
    def safe(self) -> bool:
        return self.why_unsafe is None


@dataclass(frozen=True, slots=True)
class Observation:
    """What a rule saw, still tied to LibCST nodes; the engine turns it into a `Finding`.

    The message has three parts, sentences with no full stop at the end: `observed` (with its numbers), `impact`,
    `suggestion`.
    `related` are other places with a label: the inflating step, the UDF's definition, the source.
    """

    location: NodeRef
    level: Level
    observed: str
    impact: str
    suggestion: str
    evidence: Evidence | None = None
    related: tuple[tuple[NodeRef, str], ...] = ()
    fix: Fix | None = None


class Rule(abc.ABC):
    """The metadata of a rule. Its documentation is its class docstring, in Markdown, with the sections that
    `daft-lint explain` prints: what it does (first paragraph), `## Why` with the measurement, `## Example`,
    `## Fix`, `## Options`.

    `words`: identifiers; a file with none of them cannot have a finding of this rule, so it need not be parsed. What
    the modules that it imports hold counts as well.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    level: ClassVar[Level]
    """The highest level that it reports at."""
    trigger_words: ClassVar[tuple[str, ...]]
    fixable: ClassVar[bool] = False
    default: ClassVar[bool] = True
    """False: only where it is selected by name."""
    preview: ClassVar[bool] = False
    """True: it is new and may change; it runs only where `preview` is on, or where its own code is selected."""
    knows_versions: bool = False
    """It asks for `Settings.target_daft`."""

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        """Whether a file can have a finding of this rule, as far as can be told without a parse."""
        return not prescan.identifiers.isdisjoint(cls.trigger_words)


class PipelineRule(Rule):
    """A rule that looks at one path from a source to a sink at a time; those in pytest's tests are left out."""

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        return not prescan.outside_tests.isdisjoint(cls.trigger_words)

    @abc.abstractmethod
    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """What this rule has to say of one pipeline."""


class ScriptRule(Rule):
    """A rule that looks at a whole file: its UDFs, its calls."""

    @abc.abstractmethod
    def check(self, script: Script) -> Iterator[Observation]:
        """What this rule has to say of one file."""


def level_for(level: Level, pipeline: Pipeline, evidence: Evidence | None) -> Level:
    """`level`, lowered once for hint evidence and once for a DataFrame parameter with no caller in view."""
    if evidence is not None and evidence.strength is Strength.HINT:
        level = level.lowered()
    if pipeline.open_parameter:
        level = level.lowered()
    return level
