"""Imports of names that have another place in a newer Daft, and the uses of what they bind."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from daft_lint.api.edits import Action, AddImport, InsertBefore, RemoveImport, ReplaceNode
from daft_lint.api.nodes import code, completed, enclosing, modules_of
from daft_lint.api.scopes import nodes_in
from daft_lint.pipeline.model import ApiUse, NodeRef
from daft_lint.source import cst


class NoEquivalent(Exception):
    """The use has no equivalent in the current API; says why, to complete "… by hand: "."""


def moved_import(use: ApiUse, target: str) -> tuple[Action, ...]:
    """The import of what `use` calls or imports, from where `target` (`daft.functions.coalesce`) is; where that has
    another name, all its uses too. With no target: nothing is left that uses it, and the import goes.

    Raises `NoEquivalent`.
    """
    local = _local_name(use)
    found = list(_imports_of(use, local))
    if not found:
        raise NoEquivalent("its import is not in view")
    uses = [NodeRef(m.cell, path[-1]) for m in modules_of(use.call) for path in references(m.node, local)]
    if not uses and isinstance(use.call.node, cst.ImportAlias):
        return (RemoveImport(use.call),)
    if not target:
        raise NoEquivalent("what it is used for has no rewrite")
    module, _, name = target.rpartition(".")
    actions: list[Action] = []
    for statement, alias in found:
        actions += _moved(statement, alias, module, name)
    if local == _spelling_of(found[0][1]) and local != name:
        actions += [ReplaceNode(reference, name) for reference in uses]
    return tuple(actions)


def dropped_import(use: ApiUse) -> tuple[Action, ...]:
    """The import of the function that a call names by itself, where nothing else uses it: it goes with that name."""
    call = use.call.node
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Name):
        return ()
    local = call.func.value
    if any(path[-1] is not call.func for m in modules_of(use.call) for path in references(m.node, local)):
        return ()
    return tuple(RemoveImport(alias) for _, alias in _imports_of(use, local))


def daft_import(location: NodeRef) -> tuple[Action, ...]:
    """What binds `daft` at a place whose module does not: nothing where its function does before it; an import in the
    function, before its first one of Daft, where all imports of Daft are lazy; else one at the top."""
    before = itertools.takewhile(lambda node: node is not location.node, nodes_in(location.cell.module))
    of_daft = [node for node in before if isinstance(node, cst.Import | cst.ImportFrom) and _is_of_daft(node)]
    functions = [set(enclosing(NodeRef(location.cell, node), cst.FunctionDef)) for node in of_daft]
    around = set(enclosing(location, cst.FunctionDef))
    here = [node for node, holders in zip(of_daft, functions, strict=True) if holders and holders <= around]
    if here and any(isinstance(node, cst.Import) and _binds_daft(node) for node in here):
        return ()
    if here and all(functions):
        statement = NodeRef(location.cell, here[0])
        return (InsertBefore(statement, f"import daft{_line_break(statement)}"),)
    return (AddImport(location, "daft"),)


def _binds_daft(node: cst.Import) -> bool:
    return any(alias.evaluated_name.split(".")[0] == "daft" and alias.asname is None for alias in node.names)


def _is_of_daft(node: cst.Import | cst.ImportFrom) -> bool:
    if isinstance(node, cst.Import):
        return any(alias.evaluated_name.split(".")[0] == "daft" for alias in node.names)
    return node.module is not None and not node.relative and code(node.module).split(".")[0] == "daft"


def references(root: cst.CSTNode, name: str) -> Iterator[tuple[cst.CSTNode, ...]]:
    """Every use of a bare name, as its path from the root; what an import or a definition binds is no use."""
    pending: list[tuple[cst.CSTNode, ...]] = [(root,)]
    while pending:
        path = pending.pop()
        node = path[-1]
        if isinstance(node, cst.Name):
            if node.value == name and _is_use(path):
                yield path
            continue
        if not isinstance(node, cst.Import | cst.ImportFrom):
            pending.extend((*path, child) for child in reversed(node.children))


def _is_use(path: Sequence[cst.CSTNode]) -> bool:
    node, parent = path[-1], path[-2]
    if isinstance(parent, cst.Attribute):
        return parent.attr is not node
    if isinstance(parent, cst.Arg):
        return parent.keyword is not node
    return not (isinstance(parent, cst.FunctionDef | cst.ClassDef) and parent.name is node)


def _local_name(use: ApiUse) -> str:
    node = use.call.node
    if isinstance(node, cst.ImportAlias):
        return node.evaluated_alias or node.evaluated_name
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
        return node.func.value
    raise NoEquivalent("its import is not in view")


def _spelling_of(alias: NodeRef) -> str:
    assert isinstance(alias.node, cst.ImportAlias)
    return alias.node.evaluated_name


def _imports_of(use: ApiUse, name: str) -> Iterator[tuple[cst.ImportFrom, NodeRef]]:
    """The statements of the use's file that import something of Daft's as `name`, with its alias."""
    for module in modules_of(use.call):
        for node in nodes_in(module.node):
            if not isinstance(node, cst.ImportFrom) or node.module is None or node.relative:
                continue
            if isinstance(node.names, cst.ImportStar) or code(node.module).split(".")[0] != "daft":
                continue
            for alias in node.names:
                if (alias.evaluated_alias or alias.evaluated_name) == name:
                    yield node, NodeRef(module.cell, alias)


def _moved(statement: cst.ImportFrom, alias: NodeRef, module: str, name: str) -> list[Action]:
    node, cell = alias.node, alias.cell
    assert isinstance(node, cst.ImportAlias)
    assert statement.module is not None
    if isinstance(statement.names, cst.ImportStar) or len(statement.names) == 1:
        actions: list[Action] = []
        if code(statement.module) != module:
            actions.append(ReplaceNode(NodeRef(cell, statement.module), module))
        if node.evaluated_name != name:
            actions.append(ReplaceNode(NodeRef(cell, node.name), name))
        return actions
    bound = f"{name} as {node.evaluated_alias}" if node.evaluated_alias else name
    line = f"from {module} import {bound}{_line_break(NodeRef(cell, statement))}"
    return [InsertBefore(NodeRef(cell, statement), line), RemoveImport(alias)]


def _line_break(statement: NodeRef) -> str:
    """What stands between a statement and one that is put before it: a line break and its indentation."""
    completed(statement.node)
    around = list(enclosing(statement))
    if not isinstance(around[0], cst.SimpleStatementLine) or len(around[0].body) != 1:
        return "; "
    default = statement.cell.module.default_indent
    blocks = (node for node in around if isinstance(node, cst.IndentedBlock))
    return "\n" + "".join(default if block.indent is None else block.indent for block in blocks)
