"""DFT403: what is spelled for an older Daft."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from daft_lint.api import catalog, cst
from daft_lint.api.catalog import LegacySpec, Version
from daft_lint.api.edits import Action, RemoveArgument, RemoveAttribute, ReplaceNode
from daft_lint.api.nodes import code
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule
from daft_lint.pipeline.model import LegacyUse, NodeRef, Script
from daft_lint_rules._legacy_udf import NoEqual, module_of, rewrite

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

UDF_USES = frozenset({"udf", "with_init_args", "with_concurrency", "override_options"})
OLD_RUNNER_OPTIONS = frozenset({"max_task_backlog", "use_thread_pool"})
"""Options of `set_runner_*` in older releases that the current ones have not."""


class LegacyUdf(ScriptRule):
    """A call is spelled for an older Daft: `@daft.udf`, `.with_concurrency`, `.with_init_args`, `.url.download()` and
    the other namespaces of an expression, `daft.context.set_runner_ray()`, ...

    It is off unless it is selected (`--select DFT403`), and silent about what the Daft that the project asks for has
    no newer spelling of.

    ## Why
    Daft 0.6.2 made methods of the namespaces (`.url.download()` became `.download()`), and 0.7.0 removed them: such a
    script ends in an AttributeError there. `@daft.udf` still works in 0.7, which warns that 0.8 is to remove it.
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
    Rewrites what has one equal spelling. A class, its decorator and every use in its file change together; where no
    use is in its file, the fix is unsafe, since code out of view must make an instance of the class. What has no equal
    is left, with a message: `memory_bytes`, `override_options`, `concurrency` of a function (actors need a class), an
    option that the current call has not.

    ## Options
    - `target-daft`: the oldest Daft that the scripts are to run on, such as `"0.6.2"` or `">=0.6"`. Without it the
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
    except NoEqual as error:
        reason = str(error)
    write = f"Write {_current(use, spec)}" if spec.current is not None else "Leave it out"
    if reason:
        write += f" by hand: {reason}"
    elif spec.note and fix is None:
        write += f": {spec.note}"
    return Observation(
        location=_pointed_at(use),
        level=Level.ADVICE,
        observed=f"`{_spelled(use)}` is the spelling of Daft before {_version(spec.since)}",
        impact=_costs(spec),
        suggestion=write,
        fix=fix,
    )


def _fix(use: LegacyUse, uses: Sequence[LegacyUse], target: Version | None) -> Fix | None:
    """Raises `NoEqual`."""
    if use.name in UDF_USES:
        if use.name == "override_options":
            raise NoEqual("its options belong to the decorator")
        _refuse_for_target(use, uses, target)
        return rewrite(use, uses)
    call = use.call.node
    if not isinstance(call, cst.Call):
        return None
    if use.name.startswith("context."):
        return _runner_fix(use, call)
    if use.name in catalog.LEGACY_METHODS:
        return _namespace_fix(use, call)
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
                raise NoEqual(f"`{catalog.LEGACY_UDF_OPTIONS[name]}` needs Daft {_version(since)}")


def _namespace_fix(use: LegacyUse, call: cst.Call) -> Fix | None:
    """`x.url.download()` to `x.download()`."""
    cell, method = use.call.cell, call.func
    if not isinstance(method, cst.Attribute) or not isinstance(method.value, cst.Attribute):
        return None
    current = catalog.LEGACY_METHODS[use.name]
    actions: list[Action] = [RemoveAttribute(NodeRef(cell, method.value))]
    if use.name in ("str.split", "str.replace"):
        regex = _regex(call, plain_arguments=1 if use.name == "str.split" else 2)
        if regex is not None:
            actions.append(RemoveArgument(use.call, "regex"))
        current = f"regexp_{current}" if regex else current
    if current != method.attr.value:
        actions.append(ReplaceNode(NodeRef(cell, method.attr), current))
    return Fix(f"Write `.{current}(...)`", tuple(actions))


def _regex(call: cst.Call, *, plain_arguments: int) -> bool | None:
    """The `regex` option of `str.split` and `str.replace`, None where it is not given. Raises `NoEqual`."""
    positional = [arg for arg in call.args if arg.keyword is None]
    given = next((arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == "regex"), None)
    if len(positional) > plain_arguments or any(arg.star for arg in call.args):
        raise NoEqual("`regex` is given by position")
    if given is None:
        return None
    if isinstance(given, cst.Name) and given.value in ("True", "False"):
        return given.value == "True"
    raise NoEqual("whether `regex` is on is not known")


def _runner_fix(use: LegacyUse, call: cst.Call) -> Fix | None:
    """`daft.context.set_runner_ray()` to `daft.set_runner_ray()`."""
    cell, function = use.call.cell, call.func
    current = catalog.LEGACY[use.name].current or ""
    unknown = {arg.keyword.value for arg in call.args if arg.keyword is not None} & OLD_RUNNER_OPTIONS
    if unknown or (use.name.endswith("_py") and call.args):
        raise NoEqual("the current call does not take these options")
    title = f"Write `daft.{current}(...)`"
    if isinstance(function, cst.Attribute) and isinstance(function.value, cst.Attribute):
        renamed = [ReplaceNode(NodeRef(cell, function.attr), current)] if function.attr.value != current else []
        return Fix(title, (RemoveAttribute(NodeRef(cell, function.value)), *renamed))
    if isinstance(function, cst.Name):
        return Fix(title, tuple(_runner_import(use, function, current)))
    if use.daft_name is None:
        raise NoEqual("`daft` itself is not imported")
    return Fix(title, (ReplaceNode(NodeRef(cell, function), f"{use.daft_name}.{current}"),))


def _runner_import(use: LegacyUse, function: cst.Name, current: str) -> Iterator[Action]:
    """`from daft.context import set_runner_ray` to `from daft import set_runner_ray`: the older one fails to import.

    Raises `NoEqual` where the import gives other names too, which stay in `daft.context`.
    """
    old = use.name.removeprefix("context.")
    found = list(_imports_from_context(use.call.cell.document.cells, function.value))
    if not found:
        raise NoEqual("its import is not in view")
    for cell, statement, alias in found:
        assert statement.module is not None
        names = [a.evaluated_name for a in statement.names] if not isinstance(statement.names, cst.ImportStar) else []
        if any(f"context.{name}" not in catalog.LEGACY for name in names):
            raise NoEqual("import it from `daft`: `daft.context` no longer has it")
        yield ReplaceNode(NodeRef(cell, statement.module), "daft")
        if old != current:
            yield ReplaceNode(NodeRef(cell, alias.name), current)
    if function.value == old != current:
        yield ReplaceNode(NodeRef(use.call.cell, function), current)


def _imports_from_context(cells: Iterable[Cell], name: str) -> Iterator[tuple[Cell, cst.ImportFrom, cst.ImportAlias]]:
    """The statements that import something of `daft.context` as `name`, wherever they stand."""
    for cell in cells:
        pending: list[cst.CSTNode] = [module_of(cell)]
        while pending:
            node = pending.pop()
            if not isinstance(node, cst.ImportFrom):
                pending.extend(node.children)
            elif node.module is not None and code(node.module) == "daft.context" and not node.relative:
                aliases = () if isinstance(node.names, cst.ImportStar) else node.names
                yield from ((cell, node, a) for a in aliases if (a.evaluated_alias or a.evaluated_name) == name)


def _pointed_at(use: LegacyUse) -> NodeRef:
    call = use.call.node
    if use.name != "udf" and isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute):
        return NodeRef(use.call.cell, call.func.attr)
    return use.call


def _spelled(use: LegacyUse) -> str:
    if use.name == "udf":
        return "daft.udf"
    if use.name in catalog.LEGACY_METHODS or use.name in UDF_USES:
        return f".{use.name}(...)"
    owner, _, method = use.name.rpartition(".")
    return f".{method}(...)" if owner in ("Expression", "GroupedDataFrame") else f"daft.{use.name}(...)"


def _current(use: LegacyUse, spec: LegacySpec) -> str:
    if use.name in UDF_USES:
        if use.definition is not None and isinstance(use.definition.node, cst.ClassDef):
            return "`@daft.cls` with `@daft.method.batch` on its `__call__`, and make an instance"
        return "`@daft.func.batch`"
    owner = use.name.rpartition(".")[0]
    if use.name in catalog.LEGACY_METHODS or owner in ("Expression", "GroupedDataFrame"):
        return f"`.{spec.current}(...)`"
    return f"`daft.{spec.current}(...)`"


def _costs(spec: LegacySpec) -> str:
    if spec.removed is not None:
        return f"Daft {_version(spec.removed)} removed it, and the script fails there"
    if spec.deprecated is not None:
        return f"It is deprecated since Daft {_version(spec.deprecated)} and is to go"
    return "It belongs to an API that is to go"


def _version(version: Version) -> str:
    return ".".join(str(number) for number in version)
