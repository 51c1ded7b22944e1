"""Decorators of functions and classes."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from daft_lint.fix.rendering.editor import CellEditor, EditError


def add_decorator(editor: CellEditor, node: cst.CSTNode, decorator: str) -> None:
    """Put a line `@decorator` above a definition that has none."""
    if not isinstance(node, cst.FunctionDef | cst.ClassDef) or node.decorators:
        raise EditError("no definition without decorators")
    at = editor.inner(node)[0]
    indentation = editor.indentation(at)
    lines = editor.normal(f"@{decorator}\n").splitlines(keepends=True)
    editor.insert(at, "".join(line + indentation for line in lines))


def add_parentheses(editor: CellEditor, node: cst.CSTNode, arguments: Sequence[str]) -> None:
    """Call a decorator that is a bare name: `@daft.cls` becomes `@daft.cls(gpus=1)`."""
    if not isinstance(node, cst.Name | cst.Attribute):
        raise EditError(f"{type(node).__name__} has no arguments")
    if arguments:
        editor.insert(editor.outer(node)[1], f"({', '.join(arguments)})")
