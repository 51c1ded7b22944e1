"""What a rule is: what it declares, what it observes, the fix it proposes."""

from __future__ import annotations

import abc
import enum
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import ClassVar

from daft_lint.api.edits import Action
from daft_lint.api.finding import Level as Level
from daft_lint.api.missing import Need as Need
from daft_lint.api.promises import Changes, Failure, Promise, Symptom
from daft_lint.api.rows import reads_few
from daft_lint.dataclass import dataclass
from daft_lint.pipeline import catalog
from daft_lint.pipeline.model import Evidence, NodeRef, Operator, Pipeline, Runner, Script, Strength
from daft_lint.source.prescan import Prescan as Prescan


@dataclass(frozen=True, slots=True)
class Fix:
    """A rewrite: `title` says what it does, in the imperative; `why_unsafe` what it can change (None: it is safe).

    `effects` is what it brings, in words (`2 -> 1 runs of `score``), for rules whose changes the effects of one plan do
    not show (`Rule.changes`); the engine says it of all others.
    """

    title: str
    actions: tuple[Action, ...]
    why_unsafe: str | None = None
    effects: tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        return self.why_unsafe is None


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to write, as the part of a message, and the fix that writes it; None where there is no safe place for it."""

    suggestion: str
    fix: Fix | None


@dataclass(frozen=True, slots=True)
class Observation:
    """What a rule saw, still tied to LibCST nodes; the engine turns it into a `Finding`.

    The message has three parts, sentences with no full stop at the end: `observed` (with its numbers), `impact`,
    `suggestion`. `related` are other places with a label: the inflating step, the UDF's definition, the source.
    `operator` is the operator of the pipeline that it is about, where rules may yield to this one (`Rule.yields_to`).
    `remedies` are what may be offered in the place of `suggestion` and `fix`, the best one first: the first whose fix
    makes nothing worse is. `entry` is what it rests on, where another file may call the function that it is in with
    something else (`ApiUse.entry`).
    """

    location: NodeRef
    level: Level
    observed: str
    impact: str
    suggestion: str
    evidence: Evidence | None = None
    related: tuple[tuple[NodeRef, str], ...] = ()
    fix: Fix | None = None
    operator: Operator | None = None
    remedies: tuple[Remedy, ...] = ()
    entry: str = ""


class Sinks(enum.Enum):
    """Which pipelines a rule looks at, by what their sink reads."""

    ANY = "any"
    ALL_ROWS = "all rows"
    """Not those whose sink reads a few rows, or none: `show`, `limit(10).collect()`, `schema`."""


class Rule(abc.ABC):
    """A rule: what it declares, for every command alike. Its documentation is its class docstring, in Markdown, with
    the sections that `daft-lint explain` prints: what it does (first paragraph), `## Why` with the measurement,
    `## Example`, `## Fix`, `## Options`.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    level: ClassVar[Level]
    """The highest level that it reports at."""
    trigger_words: ClassVar[tuple[str, ...]]
    """Identifiers; a file with none of them cannot have a finding of this rule, so it need not be parsed. What the
    modules that it imports hold counts as well; comments, docstrings and the names that the file binds itself, its
    variables and parameters, do not."""
    fixable: ClassVar[bool] = False
    default: ClassVar[bool] = True
    """False: only where it is selected by name."""
    preview: ClassVar[bool] = False
    """True: it is new and may change; it runs only where `preview` is on, or where its own code is selected."""
    knows_versions: ClassVar[bool] = False
    """It asks for `Settings.target_daft`."""
    yields_to: ClassVar[tuple[str, ...]] = ()
    """The codes of rules that have the first word: where one of them, selected or not, observes something at the same
    place or in the same stage of a pipeline, this rule is silent."""

    needs: ClassVar[tuple[Need, ...]] = ()
    """The facts that it rests on: `check --why` names those that are missing at a line."""

    # What `verify` measures for it.
    promises: ClassVar[tuple[Promise, ...]] = ()
    """What its fix makes better, the most telling measure first."""
    ends: ClassVar[tuple[Failure, ...]] = ()
    """The failures of a script with the finding that its fix ends."""
    symptoms: ClassVar[tuple[Symptom, ...]] = ()
    """What a run shows where a finding without a fix is right: all of these."""
    changes: ClassVar[Changes] = Changes.COST
    """What its fix changes of a run."""
    runner: ClassVar[Runner] = Runner.RAY
    """The runner that its findings are about; `verify` runs them on it."""
    needs_ray: ClassVar[bool] = False
    """What it finds matters on Ray alone: with no sign of Ray it speaks one level lower, and says so."""

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        """Whether a file can have a finding of this rule, as far as can be told without a parse."""
        return not prescan.identifiers.isdisjoint(cls.trigger_words)


class PipelineRule(Rule):
    """A rule that looks at one path from a source to a sink at a time; those in pytest's tests are left out."""

    sinks: ClassVar[Sinks] = Sinks.ANY

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        return in_pipelines(prescan, cls.trigger_words)

    @classmethod
    def applies_to(cls, pipeline: Pipeline) -> bool:
        """Whether the pipeline's sink is one of those that the rule looks at."""
        return cls.sinks is Sinks.ANY or not reads_few(pipeline)

    @abc.abstractmethod
    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """What this rule has to say of one pipeline that it applies to."""


class ScriptRule(Rule):
    """A rule that looks at a whole file: its UDFs, its calls."""

    @abc.abstractmethod
    def check(self, script: Script) -> Iterator[Observation]:
        """What this rule has to say of one file."""


def in_pipelines(prescan: Prescan, words: Collection[str]) -> bool:
    """Whether one of the words stands in a file, and pipelines with it can be there that no test makes."""
    if prescan.outside_tests.isdisjoint(words):
        return False
    return prescan.is_imported or prescan.calls_modules or not prescan.outside_tests.isdisjoint(_FRAMES)


_FRAMES = frozenset(
    (*catalog.STEPS, *(name.rpartition(".")[2] for name in (*catalog.SOURCES, *catalog.FRAME_FUNCTIONS)), "DataFrame")
)
"""A word of each way to make a DataFrame."""


NO_SIGN_OF_RAY = (
    'nothing here says that it is for Ray, where this matters: `runner = "ray"` in `[tool.daft-lint.cluster]` would'
)


def without_a_sign(observation: Observation) -> Observation:
    """An observation that matters on Ray alone, of a script with no sign of Ray: a level lower."""
    return replace(observation, level=observation.level.lowered(), impact=f"{observation.impact}; {NO_SIGN_OF_RAY}")


def level_for(level: Level, pipeline: Pipeline, evidence: Evidence | None) -> Level:
    """`level`, lowered once for hint evidence and once for a DataFrame parameter with no caller in view."""
    if evidence is not None and evidence.strength is Strength.HINT:
        level = level.lowered()
    if pipeline.open_parameter:
        level = level.lowered()
    return level
