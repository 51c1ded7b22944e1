"""Methods that a newer Daft asks the subclasses of a class of its own for."""

from __future__ import annotations

from daft_lint.api.edits import Action, InsertBefore
from daft_lint.api.imports import NoEquivalent
from daft_lint.api.nodes import completed, enclosing
from daft_lint.pipeline.model import NodeRef
from daft_lint.source import cst


def defined(definition: NodeRef, text: str) -> tuple[Action, ...]:
    """A method of one line, such as `def size(self): return 1`, before the last one of a class.

    Raises `NoEquivalent` where the class has no plain method to put it before.
    """
    node, cell = definition.node, definition.cell
    assert isinstance(node, cst.ClassDef)
    methods = [m for m in node.body.body if isinstance(m, cst.FunctionDef) and not m.decorators and not m.asynchronous]
    if not methods or not isinstance(node.body, cst.IndentedBlock):
        raise NoEquivalent("its methods are not in view")
    default = cell.module.default_indent
    completed(methods[-1])
    blocks = (block for block in enclosing(NodeRef(cell, methods[-1])) if isinstance(block, cst.IndentedBlock))
    indent = "".join(default if block.indent is None else block.indent for block in blocks)
    head, _, body = text.partition(": ")
    return (InsertBefore(NodeRef(cell, methods[-1]), f"{head}:\n{indent}{default}{body}\n\n{indent}"),)
