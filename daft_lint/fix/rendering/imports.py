"""Imports in the head of a module."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from daft_lint.fix.rendering.editor import CellEditor, EditError
from daft_lint.fix.rendering.statements import remove_statement


def add_import(editor: CellEditor, module: str, name: str | None) -> None:
    """Import a module, or a name of it, after the last import of the head, unless some import gives it already."""
    if _is_imported(editor, module, name):
        return
    new = f"import {module}" if name is None else f"from {module} import {name}"
    last = _last_of_head(editor.module)
    if last is None:
        first = editor.module.body[0] if editor.module.body else None
        at = 0 if first is None else editor.statement_line(_first_node(first))
        editor.insert_once(at, new + editor.newline)
        return
    end = editor.line_end(editor.inner(last)[1])
    gap = "" if _is_import(last) else editor.newline
    editor.insert_once(end, gap + editor.newline + new)


def remove_import(editor: CellEditor, alias: cst.CSTNode) -> None:
    """Take one name out of an import statement, or the statement where it gives no other."""
    statement = editor.parent(alias)
    names = statement.names if isinstance(statement, cst.Import | cst.ImportFrom) else ()
    if isinstance(names, cst.ImportStar):
        raise EditError("the import gives all names")
    index = next((i for i, name in enumerate(names) if name is alias), None)
    if index is None:
        raise EditError("the import does not give the name")
    if len(names) == 1:
        remove_statement(editor, alias)
    elif index + 1 < len(names):
        editor.replace(editor.inner(alias)[0], editor.inner(names[index + 1])[0], "")
    else:
        before = names[index - 1]
        comma = editor.inner(before.comma)[0] if isinstance(before.comma, cst.Comma) else editor.inner(before)[1]
        end = alias.asname.name if isinstance(alias, cst.ImportAlias) and alias.asname is not None else alias
        editor.replace(comma, editor.inner(end)[1], "")


def _first_node(statement: cst.CSTNode) -> cst.CSTNode:
    """A node in the statement, to ask for the statement around it."""
    return next(iter(statement.children))


def _is_import(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    return any(isinstance(small, cst.Import | cst.ImportFrom) for small in statement.body)


def _last_of_head(module: cst.Module) -> cst.CSTNode | None:
    """The last import of the module's head (before the first definition), else its docstring."""
    last: cst.CSTNode | None = None
    for index, statement in enumerate(module.body):
        if isinstance(statement, cst.FunctionDef | cst.ClassDef):
            break
        if _is_import(statement) or (index == 0 and _is_docstring(statement)):
            last = statement
    return last


def _is_docstring(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    first = statement.body[0]
    return isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString | cst.ConcatenatedString)


def _is_imported(editor: CellEditor, module: str, name: str | None) -> bool:
    """Some top-level import of the cell gives the name already."""
    for statement in editor.module.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for small in statement.body:
            if isinstance(small, cst.Import) and name is None and _has_alias(editor, small.names, module):
                return True
            if isinstance(small, cst.ImportFrom) and name is not None and _gives(editor, small, module, name):
                return True
    return False


def _gives(editor: CellEditor, statement: cst.ImportFrom, module: str, name: str) -> bool:
    if statement.relative or statement.module is None or editor.code(statement.module) != module:
        return False
    if isinstance(statement.names, cst.ImportStar):
        return not name.startswith("_")
    return _has_alias(editor, statement.names, name)


def _has_alias(editor: CellEditor, aliases: Sequence[cst.ImportAlias], name: str) -> bool:
    """`name` is imported under its own name."""
    for alias in aliases:
        if editor.code(alias.name) == name:
            bound = alias.asname.name if alias.asname else None
            if bound is None or (isinstance(bound, cst.Name) and bound.value == name):
                return True
    return False
