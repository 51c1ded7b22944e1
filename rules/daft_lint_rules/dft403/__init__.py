"""DFT403: a call that is spelled for an older Daft."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from daft_lint.api import catalog, cst
from daft_lint.api.catalog import LegacySpec, Version
from daft_lint.api.edits import ReplaceNode
from daft_lint.api.nodes import code
from daft_lint.api.promises import Changes
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule
from daft_lint.pipeline.model import LegacyUse, NodeRef, Script
from daft_lint_rules.dft403.calls import namespace_fix, runner_fix
from daft_lint_rules.dft403.decorators import rewrite
from daft_lint_rules.dft403.errors import NoEquivalent

_UDF_USES = frozenset({"udf", "with_init_args", "with_concurrency", "override_options"})


class LegacyUdf(ScriptRule):
    """A call is spelled for an older Daft: `@daft.udf`, `.with_concurrency`, `.with_init_args`, `.url.download()` and
    the other namespaces of an expression, `daft.context.set_runner_ray()`, ...

    It is off unless it is selected (`--select DFT403`), and silent where the Daft that the project asks for has no
    newer spelling.

    ## Why
    Daft 0.6.2 turned the namespaces into methods (`.url.download()` became `.download()`), and 0.7.0 removed them: such
    a script ends in an AttributeError there. `@daft.udf` still works in 0.7, which warns that 0.8 will remove it.
    `daft.func`, `daft.cls` and `daft.method` came with 0.6.6. Measured with Daft 0.7.26 (experiment e10):
    `col("url").url.download()` and `daft.context.set_runner_native()` raised an AttributeError, `col("url").download()`
    and `daft.set_runner_native()` ran.

    ## Example

        @daft.udf(return_dtype=DataType.float32(), batch_size=64, concurrency=4, num_gpus=1)
        class Classify:
            def __call__(self, images): ...

        df = df.with_column("image", df["url"].url.download().image.decode())
        df = df.with_column("score", Classify(df["image"]))

    becomes

        @daft.cls(max_concurrency=4, gpus=1)
        class Classify:
            @daft.method.batch(return_dtype=DataType.float32(), batch_size=64)
            def __call__(self, images): ...

        df = df.with_column("image", df["url"].download().decode_image())
        df = df.with_column("score", Classify()(df["image"]))

    ## Fix
    Rewrites what has one equivalent spelling. A class, its decorator and every use in its file change together; where
    there is no use in its file, the fix is unsafe, since code elsewhere must make an instance of the class. What has no
    equivalent is left, with a message: `memory_bytes`, `override_options`, `concurrency` of a function (actors need a
    class), an option that the current call does not have.

    ## Options
    - `target-daft`: the oldest Daft that the scripts must run on, such as `"0.6.2"` or `">=0.6"`. Without it the
      requirement in the nearest pyproject.toml counts, else the newest Daft.
    """

    code = "DFT403"
    name = "legacy-udf"
    level = Level.ADVICE
    trigger_words = (
        *("udf", "with_init_args", "with_concurrency", "override_options", "context", "register_table"),
        *sorted(catalog.LEGACY_NAMESPACES),
        *sorted(catalog.LEGACY_EXPRESSION_METHODS),
        *sorted(catalog.LEGACY_FUNCTIONS),
        "llm_generate",
    )
    fixable = True
    default = False
    changes = Changes.SPELLING
    knows_versions = True

    def check(self, script: Script) -> Iterator[Observation]:
        """One observation for each use of an older spelling."""
        target = script.settings.target_daft
        for use in script.legacy:
            spec = catalog.LEGACY[use.name]
            if target is None or target >= spec.since:
                yield _observation(use, spec, script.legacy, target)


def _observation(use: LegacyUse, spec: LegacySpec, uses: Sequence[LegacyUse], target: Version | None) -> Observation:
    fix, reason = None, ""
    try:
        fix = _fix(use, uses, target)
    except NoEquivalent as error:
        reason = str(error)
    write = f"Write {_current(use, spec)}" if spec.current is not None else "Leave it out"
    if reason:
        write += f" by hand: {reason}"
    elif spec.note and fix is None:
        write += f": {spec.note}"
    return Observation(
        location=_location(use),
        level=Level.ADVICE,
        observed=f"`{_written(use)}` is the spelling of Daft before {_version(spec.since)}",
        impact=_impact(spec),
        suggestion=write,
        fix=fix,
    )


def _fix(use: LegacyUse, uses: Sequence[LegacyUse], target: Version | None) -> Fix | None:
    """Raises `NoEquivalent`."""
    if use.name in _UDF_USES:
        if use.name == "override_options":
            raise NoEquivalent("its options belong to the decorator")
        _refuse_for_target(use, uses, target)
        return rewrite(use, uses)
    call = use.call.node
    if not isinstance(call, cst.Call):
        return None
    if use.name.startswith("context."):
        return runner_fix(use, call)
    if use.name in catalog.LEGACY_METHODS:
        return namespace_fix(use, call)
    spec = catalog.LEGACY[use.name]
    if not spec.one_to_one or spec.current is None or not isinstance(call.func, cst.Attribute):
        return None
    cell = use.call.cell
    if use.name.startswith(("Expression.", "GroupedDataFrame.")):
        return Fix(f"Write `.{spec.current}(...)`", (ReplaceNode(NodeRef(cell, call.func.attr), spec.current),))
    text = f"{code(call.func.value)}.{spec.current}"
    return Fix(f"Write `{text}(...)`", (ReplaceNode(NodeRef(cell, call.func), text),))


def _refuse_for_target(use: LegacyUse, uses: Sequence[LegacyUse], target: Version | None) -> None:
    """Some options came later than `daft.func` and `daft.cls`."""
    if target is None:
        return
    same = (u.call.node for u in uses if u.name == "udf" and u.definition == use.definition)
    for call in same:
        given = [arg.keyword.value for arg in call.args if arg.keyword] if isinstance(call, cst.Call) else []
        is_class = use.definition is not None and isinstance(use.definition.node, cst.ClassDef)
        for name in given:
            since = catalog.LEGACY[f"udf({name})"].since if name in catalog.LEGACY_UDF_OPTIONS else Version(0, 0, 0)
            if name == "num_gpus" and not is_class:
                since = catalog.LEGACY["udf(num_cpus)"].since
            if target < since:
                raise NoEquivalent(f"`{catalog.LEGACY_UDF_OPTIONS[name]}` needs Daft {_version(since)}")


def _location(use: LegacyUse) -> NodeRef:
    call = use.call.node
    if use.name != "udf" and isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute):
        return NodeRef(use.call.cell, call.func.attr)
    return use.call


def _written(use: LegacyUse) -> str:
    if use.name == "udf":
        return "daft.udf"
    if use.name in catalog.LEGACY_METHODS or use.name in _UDF_USES:
        return f".{use.name}(...)"
    owner, _, method = use.name.rpartition(".")
    return f".{method}(...)" if owner in ("Expression", "GroupedDataFrame") else f"daft.{use.name}(...)"


def _current(use: LegacyUse, spec: LegacySpec) -> str:
    if use.name in _UDF_USES:
        if use.definition is not None and isinstance(use.definition.node, cst.ClassDef):
            return "`@daft.cls` with `@daft.method.batch` on its `__call__`, and make an instance"
        return "`@daft.func.batch`"
    owner = use.name.rpartition(".")[0]
    if use.name in catalog.LEGACY_METHODS or owner in ("Expression", "GroupedDataFrame"):
        return f"`.{spec.current}(...)`"
    return f"`daft.{spec.current}(...)`"


def _impact(spec: LegacySpec) -> str:
    if spec.removed is not None:
        return f"Daft {_version(spec.removed)} removed it, and the script fails there"
    if spec.deprecated is not None:
        return f"It is deprecated since Daft {_version(spec.deprecated)} and will be removed"
    return "It belongs to an API that will be removed"


def _version(version: Version) -> str:
    return ".".join(str(number) for number in version)
