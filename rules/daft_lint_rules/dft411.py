"""DFT411: a call that means one thing on the oldest Daft that it is to run on, and another one on the newest."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.imports import NoEquivalent
from daft_lint.api.promises import Changes
from daft_lint.api.rule import Fix, Level, Observation, Prescan, ScriptRule
from daft_lint.api.upgrade_words import mentions, trigger_words
from daft_lint.api.upgrades import (
    FOR_SOME_VALUES,
    Change,
    ChangeKind,
    Match,
    Standing,
    fix_of,
    matches,
    other_meanings,
    spell,
    spelled,
    written,
)
from daft_lint.pipeline.model import Script, Settings


class ChangedDefault(ScriptRule):
    """A call leaves out an argument whose default has changed, gives one by a position that has another meaning, or one
    that does something else, and the project allows Daft versions on both sides of the change: `decode_image()`,
    `stddev()`, `sample(0.5, True)`, `write_parquet(partition_cols=...)`.

    It is silent where nothing says which versions the project allows, and where all of them are on one side. What means
    something else for some values only, which no argument tells (`like` of texts with line breaks), is told by
    `daft-lint upgrade` alone. The rule is in preview, for it speaks of every `decode_image()` of a project whose
    requirement allows Daft 0.7.0 as well, whether or not anyone runs that.

    ## Why
    Nothing raises: the results differ. `decode_image()` keeps the mode of an image before Daft 0.7.1 and makes RGB
    since; `stddev()` divides by the number of rows before 0.7.5 and by one less since: of 1 and 3 it is 1.414, where it
    was 1.0 (experiment e32); files written with `partition_cols` hold these columns before 0.7.11 and do not since.
    Each row of the table of changes was run on both sides of its change (`make upgrade-proof`).

    ## Example

        # requires daft>=0.6.2
        df = df.with_column("image", df["data"].decode_image())

    becomes

        df = df.with_column("image", df["data"].decode_image(mode=None))

    ## Fix
    Writes out what the oldest version does, by keyword. Where that version has no such keyword, the message says which
    one brought it.

    ## Options
    - `target-daft`: the versions that the scripts must run on, such as `">=0.6.2"`. Without it the requirement in the
      nearest pyproject.toml counts.
    """

    code = "DFT411"
    name = "changed-default"
    level = Level.WARNING
    trigger_words = trigger_words(Standing.CHANGED)
    fixable = True
    preview = True
    changes = Changes.SPELLING
    knows_versions = True

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        return mentions(prescan, Standing.CHANGED)

    def check(self, script: Script) -> Iterator[Observation]:
        """One observation for each call."""
        for match in matches(script, Standing.CHANGED):
            yield _observation(match, script.settings)
        for match in other_meanings(script):
            yield _to_check(match)


def _to_check(match: Match) -> Observation:
    change = match.change
    assert change.changed is not None
    return Observation(
        location=match.location,
        level=Level.ADVICE,
        observed=f"{spelled(change)} gives something else since Daft {spell(change.changed)} for some values",
        impact=FOR_SOME_VALUES,
        suggestion=change.note,
    )


def _changed(change: Change) -> str:
    """What happened to a spelling, in words that stand between its name and `since`."""
    if change.kind is ChangeKind.POSITION:
        return f"takes `{change.parameters[0]}` at another position"
    return "has another default" if change.kind is ChangeKind.DEFAULT else "has another meaning"


def _observation(match: Match, settings: Settings) -> Observation:
    change = match.change
    assert change.changed is not None
    fix: Fix | None = None
    suggestion = f"Write {written(change)}" if written(change) else "Write out what is meant"
    try:
        fix = fix_of(match, settings)
    except NoEquivalent as error:
        why = "" if str(error) == change.note else f" by hand: {error}"
        suggestion = f"{suggestion}{why}"
    oldest = spell(settings.written_for) if settings.written_for is not None else ""
    return Observation(
        location=match.location,
        level=Level.WARNING,
        observed=f"{spelled(change)} {_changed(change)} since Daft {spell(change.changed)}: {change.note}",
        impact=f"Daft {oldest}, which the project allows as well, gives other results",
        suggestion=suggestion,
        fix=fix,
        entry=match.use.entry,
    )
