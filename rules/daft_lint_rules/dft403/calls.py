"""How calls of a removed namespace or of `daft.context` are spelled today."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import catalog, cst
from daft_lint.api.edits import Action, RemoveArgument, RemoveAttribute, ReplaceNode
from daft_lint.api.nodes import Cell, code, modules_of
from daft_lint.api.rule import Fix
from daft_lint.api.scopes import nodes_in
from daft_lint.pipeline.model import LegacyUse, NodeRef
from daft_lint_rules.dft403.errors import NoEquivalent

_OLD_RUNNER_OPTIONS = frozenset({"max_task_backlog", "use_thread_pool"})
"""Options of `set_runner_*` in older releases that the current ones do not have."""


def namespace_fix(use: LegacyUse, call: cst.Call) -> Fix | None:
    """`x.url.download()` to `x.download()`. Raises `NoEquivalent`."""
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
    """The `regex` option of `str.split` and `str.replace`, None where it is not given. Raises `NoEquivalent`."""
    positional = [arg for arg in call.args if arg.keyword is None]
    given = next((arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == "regex"), None)
    if len(positional) > plain_arguments or any(arg.star for arg in call.args):
        raise NoEquivalent("`regex` is given by position")
    if given is None:
        return None
    if isinstance(given, cst.Name) and given.value in ("True", "False"):
        return given.value == "True"
    raise NoEquivalent("whether `regex` is on is not known")


def runner_fix(use: LegacyUse, call: cst.Call) -> Fix | None:
    """`daft.context.set_runner_ray()` to `daft.set_runner_ray()`. Raises `NoEquivalent`."""
    cell, function = use.call.cell, call.func
    current = catalog.LEGACY[use.name].current or ""
    unknown = {arg.keyword.value for arg in call.args if arg.keyword is not None} & _OLD_RUNNER_OPTIONS
    if unknown or (use.name.endswith("_py") and call.args):
        raise NoEquivalent("the current call does not take these options")
    title = f"Write `daft.{current}(...)`"
    if isinstance(function, cst.Attribute) and isinstance(function.value, cst.Attribute):
        renamed = [ReplaceNode(NodeRef(cell, function.attr), current)] if function.attr.value != current else []
        return Fix(title, (RemoveAttribute(NodeRef(cell, function.value)), *renamed))
    if isinstance(function, cst.Name):
        return Fix(title, tuple(_runner_import(use, function, current)))
    if use.daft_name is None:
        raise NoEquivalent("`daft` itself is not imported")
    return Fix(title, (ReplaceNode(NodeRef(cell, function), f"{use.daft_name}.{current}"),))


def _runner_import(use: LegacyUse, function: cst.Name, current: str) -> Iterator[Action]:
    """`from daft.context import set_runner_ray` to `from daft import set_runner_ray`: the older one fails to import.

    Raises `NoEquivalent` where the import gives other names too, which stay in `daft.context`.
    """
    old = use.name.removeprefix("context.")
    found = list(_imports_from_context(use.call, function.value))
    if not found:
        raise NoEquivalent("its import is not in view")
    for cell, statement in found:
        assert statement.module is not None
        names = [a.evaluated_name for a in statement.names] if not isinstance(statement.names, cst.ImportStar) else []
        if any(f"context.{name}" not in catalog.LEGACY for name in names):
            raise NoEquivalent("import it from `daft`: `daft.context` no longer has it")
        yield ReplaceNode(NodeRef(cell, statement.module), "daft")
        if old != current:
            yield from (ReplaceNode(NodeRef(cell, a.name), current) for a in _aliases(statement, function.value))
    if function.value == old != current:
        yield ReplaceNode(NodeRef(use.call.cell, function), current)


def _imports_from_context(use: NodeRef, name: str) -> Iterator[tuple[Cell, cst.ImportFrom]]:
    """The statements of the use's file that import something of `daft.context` as `name`, wherever they stand."""
    for module in modules_of(use):
        for node in nodes_in(module.node):
            if not isinstance(node, cst.ImportFrom) or node.module is None or node.relative:
                continue
            if code(node.module) == "daft.context" and any(_aliases(node, name)):
                yield module.cell, node


def _aliases(statement: cst.ImportFrom, name: str) -> Iterator[cst.ImportAlias]:
    """What a statement imports as `name`."""
    aliases = () if isinstance(statement.names, cst.ImportStar) else statement.names
    return (a for a in aliases if (a.evaluated_alias or a.evaluated_name) == name)
