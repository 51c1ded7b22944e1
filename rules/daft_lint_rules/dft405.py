"""DFT405: a spelling that the target Daft does not have."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.imports import NoEquivalent
from daft_lint.api.promises import Changes, Failure
from daft_lint.api.rule import Fix, Level, Observation, Prescan, ScriptRule
from daft_lint.api.upgrade_words import mentions, trigger_words
from daft_lint.api.upgrades import (
    ChangeKind,
    Match,
    Standing,
    fix_of,
    is_import,
    is_namespace,
    matches,
    spell,
    spelled,
    spelled_method,
    written,
)
from daft_lint.pipeline.model import Script, Settings


class RemovedApi(ScriptRule):
    """A method, function, keyword or import that Daft has removed: `.url.download()` and the other namespaces of an
    expression, `daft.context.set_runner_ray()`, `read_delta_lake`, `schema_hints=`, `Window.order_by(ascending=)`, ...

    It is an error where the project says which Daft it runs on, and a warning where nothing does: then the newest one
    counts. A spelling that the target still has is never reported, and neither is code that asks for the version
    itself (`try`/`except ImportError`, `hasattr(daft, ...)`, a test of `daft.__version__`). A subclass of Daft's
    `ExpressionVisitor` or `Catalog` that lacks a method of today is reported as well.

    ## Why
    Such a script ends in an AttributeError, a TypeError or an ImportError. Measured with Daft 0.7.26 (experiment e10):
    `col("url").url.download()` and `daft.context.set_runner_native()` raised an AttributeError, `col("url").download()`
    and `daft.set_runner_native()` ran. The changes since Daft 0.3 are a table, made from the published versions; each
    rewrite was run on an older version and, rewritten, on 0.7.26 (`make upgrade-proof`).

    ## Example

        df = df.with_column("image", df["url"].url.download().image.decode())

    becomes

        df = df.with_column("image", df["url"].download().decode_image(mode=None))

    ## Fix
    Writes the call of today where it gives the same for every input: keywords and positions by their new names, and
    the default of then where it is another one today. Where a value decides (`regex=True`), a literal one is needed.
    It is unsafe where the engine itself changed, and the message says what differs. Else the message says why there is
    no such call. `daft-lint upgrade` applies all of them.

    ## Options
    - `target-daft`: the oldest Daft that the scripts must run on, such as `"0.6.2"` or `">=0.6"`. Without it the
      nearest lock file (`uv.lock`, `poetry.lock`, `pdm.lock`, a pin in `requirements*.txt`) or requirement counts,
      then the Daft installed in the project's environment or beside daft-lint, else the newest.
    """

    code = "DFT405"
    name = "removed-api"
    level = Level.ERROR
    trigger_words = trigger_words(Standing.REMOVED)
    fixable = True
    changes = Changes.SPELLING
    ends = (
        Failure("AttributeError", "when the line runs"),
        Failure("TypeError", "when the line runs"),
        Failure("ImportError", "when the line runs"),
        Failure("ModuleNotFoundError", "when the line runs"),
    )
    knows_versions = True

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        return mentions(prescan, Standing.REMOVED)

    def check(self, script: Script) -> Iterator[Observation]:
        """One observation for each use."""
        for match in matches(script, Standing.REMOVED):
            yield _observation(match, script.settings)


def _observation(match: Match, settings: Settings) -> Observation:
    change = match.change
    assert change.changed is not None
    fix: Fix | None = None
    suggestion = f"Write {written(change)}" if written(change) else "Write it anew"
    try:
        fix = fix_of(match, settings)
    except NoEquivalent as error:
        suggestion = f"{suggestion} by hand: {error}"
    observed, impact = f"{spelled(change)} is gone since Daft {spell(change.changed)}", "The call raises"
    if is_namespace(change):
        impact = "Reading it raises"
    if is_import(match.use):
        observed, impact = f"`{change.name}` is gone since Daft {spell(change.changed)}", "The import raises"
    if change.kind is ChangeKind.REQUIRED:
        observed = f"The class has no `{spelled_method(change)}`, which Daft asks for since {spell(change.changed)}"
        impact = "No object can be made of it"
    target = settings.target_daft
    known = f"this script is to run on {spell(target)}" if target is not None else "the newest Daft fails on it"
    return Observation(
        location=match.location,
        level=Level.WARNING if target is None else Level.ERROR,
        observed=observed,
        impact=f"{impact}, and {known}",
        suggestion=suggestion,
        fix=fix,
        entry=match.use.entry,
    )
