"""DFT403: a call that is spelled for an older Daft."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from daft_lint.api import catalog, cst
from daft_lint.api.catalog import Version
from daft_lint.api.imports import NoEquivalent
from daft_lint.api.nodes import enclosing
from daft_lint.api.promises import Changes
from daft_lint.api.rule import Fix, Level, Observation, Prescan, ScriptRule
from daft_lint.api.udf_code import dotted
from daft_lint.api.upgrade_words import mentions, trigger_words
from daft_lint.api.upgrades import (
    Change,
    Match,
    Standing,
    fix_of,
    matches,
    spell,
    spelled,
    written,
)
from daft_lint.pipeline.model import ApiUse, Script

_UDF_USES = frozenset({"daft.udf", "UDF.with_init_args", "UDF.with_concurrency", "UDF.override_options"})
_ASKING_FOR_A_WARNING = frozenset({"warns", "deprecated_call", "assertWarns", "assertWarnsRegex"})
"""The names, of pytest and unittest, of contexts in which a test expects a warning."""
_UDF_WORDS = ("udf", "with_init_args", "with_concurrency", "override_options")


class DeprecatedApi(ScriptRule):
    """A call that the target Daft still takes and a later one will not: `@daft.udf`, `.with_concurrency`,
    `.with_init_args`, and what was removed since the Daft that the project runs on.

    It is off unless it is selected (`--select DFT403`), and silent where the Daft that the project asks for has no
    newer spelling. What the target does not have is DFT405's.

    ## Why
    Daft 0.6.2 turned the namespaces of expressions into methods (`.url.download()` became `.download()`), and 0.7.0
    removed them. `@daft.udf` still works in 0.7, which warns that 0.8 will remove it. `daft.func`, `daft.cls` and
    `daft.method` came with 0.6.6. Measured with Daft 0.7.26 (experiment e10): `col("url").url.download()` raised an
    AttributeError, `col("url").download()` ran.

    ## Example

        @daft.udf(return_dtype=DataType.float32(), batch_size=64, concurrency=4, num_gpus=1)
        class Classify:
            def __call__(self, images): ...

        df = df.with_column("score", Classify(df["image"]))

    becomes

        @daft.cls(max_concurrency=4, gpus=1)
        class Classify:
            @daft.method.batch(return_dtype=DataType.float32(), batch_size=64)
            def __call__(self, images): ...

        df = df.with_column("score", Classify()(df["image"]))

    ## Fix
    Rewrites what has one equivalent spelling. A class, its decorator and every use in its file change together; where
    there is no use in its file, the fix is unsafe, since code elsewhere must make an instance of the class. What has no
    equivalent is left, with a message: `memory_bytes`, `override_options`, `concurrency` of a function (actors need a
    class), an option that the current call does not have, a return type of Python objects.

    ## Options
    - `target-daft`: the oldest Daft that the scripts must run on, such as `"0.6.2"` or `">=0.6"`. Without it the
      nearest lock file or requirement counts, then the Daft installed in the project's environment or beside
      daft-lint, else the newest.
    """

    code = "DFT403"
    name = "deprecated-api"
    level = Level.ADVICE
    trigger_words = (*_UDF_WORDS, *trigger_words(Standing.DEPRECATED))
    fixable = True
    default = False
    changes = Changes.SPELLING
    knows_versions = True

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        return not prescan.identifiers.isdisjoint(_UDF_WORDS) or mentions(prescan, Standing.DEPRECATED)

    def check(self, script: Script) -> Iterator[Observation]:
        """One observation for each use of an older spelling."""
        for match in matches(script, Standing.DEPRECATED):
            if not _is_warning_wanted(match.use):
                yield _observation(match, script)


def _is_warning_wanted(use: ApiUse) -> bool:
    """Whether a test asks for the warning that the older spelling gives."""
    blocks = (block for block in enclosing(use.call) if isinstance(block, cst.With))
    items = (item.item for block in blocks for item in block.items)
    names = (dotted(item.func).rpartition(".")[2] for item in items if isinstance(item, cst.Call))
    return any(name in _ASKING_FOR_A_WARNING for name in names)


def _observation(match: Match, script: Script) -> Observation:
    use, change = match.use, match.change
    is_udf = use.name in _UDF_USES
    write = _current_udf(use) if is_udf else written(change)
    fix: Fix | None = None
    suggestion = f"Write {write}" if write else "Write it anew"
    try:
        fix = _udf_fix(match, script) if is_udf else fix_of(match, script.settings)
    except NoEquivalent as error:
        suggestion = f"{suggestion} by hand: {error}"
    return Observation(
        location=use.call if use.name == "daft.udf" else match.location,
        level=Level.ADVICE,
        observed=f"{'`daft.udf`' if use.name == 'daft.udf' else spelled(change)} is the spelling of an older Daft",
        impact=_impact(change),
        suggestion=suggestion,
        fix=fix,
        entry=match.use.entry,
    )


def _udf_fix(match: Match, script: Script) -> Fix:
    """Raises `NoEquivalent`."""
    if match.use.name == "UDF.override_options":
        raise NoEquivalent("its options belong to the decorator")
    _refuse_for_target(match.use, script.api_uses, script.settings.target_daft)
    # Late: the rule runs where it is selected alone.
    from daft_lint_rules.dft403.decorators import rewrite

    return rewrite(match.use, script.api_uses)


def _refuse_for_target(use: ApiUse, uses: Sequence[ApiUse], target: Version | None) -> None:
    """Some options came later than `daft.func` and `daft.cls`."""
    if target is None:
        return
    same = (u.call.node for u in uses if u.name == "daft.udf" and u.definition == use.definition)
    since = catalog.LEGACY_UDF_OPTIONS_SINCE
    for call in same:
        given = [arg.keyword.value for arg in call.args if arg.keyword] if isinstance(call, cst.Call) else []
        is_class = use.definition is not None and isinstance(use.definition.node, cst.ClassDef)
        for name in given:
            first = since["num_cpus" if name == "num_gpus" and not is_class else name] if name in since else target
            if target < first:
                raise NoEquivalent(f"`{catalog.LEGACY_UDF_OPTIONS[name]}` needs Daft {spell(first)}")


def _current_udf(use: ApiUse) -> str:
    if use.definition is not None and isinstance(use.definition.node, cst.ClassDef):
        return "`@daft.cls` with `@daft.method.batch` on its `__call__`, and make an instance"
    return "`@daft.func.batch`"


def _impact(change: Change) -> str:
    if change.changed is not None:
        return f"Daft {spell(change.changed)} removed it, and the script fails there"
    if change.deprecated is not None:
        return f"It is deprecated since Daft {spell(change.deprecated)} and will be removed"
    return "It belongs to an API that will be removed"
