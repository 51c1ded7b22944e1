"""How the actions of `daft_lint.api.edits` become edits; imported once there is something to fix."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from daft_lint.api.edits import (
    Action,
    AddDecorator,
    AddImport,
    AddKeyword,
    InsertBefore,
    InsertCall,
    MoveCall,
    RemoveArgument,
    RemoveAttribute,
    RemoveCall,
    RemoveImport,
    ReplaceNode,
    places_in,
)
from daft_lint.fix.rendering.arguments import change_arguments
from daft_lint.fix.rendering.chains import insert_call, move_call, remove_attribute, remove_call
from daft_lint.fix.rendering.decorators import add_decorator
from daft_lint.fix.rendering.editor import CellEditor
from daft_lint.fix.rendering.editor import EditError as EditError
from daft_lint.fix.rendering.expressions import replace_node
from daft_lint.fix.rendering.imports import add_import, remove_import
from daft_lint.source.document import Cell
from daft_lint.source.edit import Edit
from daft_lint.source.positions import Positions


def render(actions: Sequence[Action], positions_of: Callable[[Cell], Positions]) -> tuple[Edit, ...]:
    """The edits of all actions of one fix, sorted in each cell. Arguments added to and removed from one call are worked
    out together, and imports of one cell too.

    Raises:
        EditError: an action's node is not in its cell, or not of the kind that it needs, or two actions change the
            same bytes.
    """
    editors: dict[Cell, CellEditor] = {}

    def editor_of(cell: Cell) -> CellEditor:
        if cell not in editors:
            editors[cell] = CellEditor(cell, positions_of(cell))
        return editors[cell]

    for action in actions:
        for place in places_in(action):
            editor_of(place.cell).inner(place.node)  # completes its statement
        _render_one(action, editor_of)
    return tuple(edit for editor in editors.values() for edit in _finished(editor))


def _finished(editor: CellEditor) -> tuple[Edit, ...]:
    for changes in editor.argument_changes.values():
        change_arguments(editor, changes)
    return editor.merged()


def _render_one(action: Action, editor_of: Callable[[Cell], CellEditor]) -> None:
    match action:
        case InsertCall():
            editor = editor_of(action.after.cell)
            insert_call(editor, action.after.node, editor.normal(action.call))
        case RemoveCall():
            remove_call(editor_of(action.call.cell), action.call.node)
        case MoveCall():
            target = editor_of(action.after.cell)
            move_call(editor_of(action.call.cell), action.call.node, target, action.after.node)
        case ReplaceNode():
            replace_node(editor_of(action.node.cell), action.node.node, action.text)
        case RemoveAttribute():
            remove_attribute(editor_of(action.node.cell), action.node.node)
        case AddDecorator():
            add_decorator(editor_of(action.definition.cell), action.definition.node, action.text)
        case InsertBefore():
            editor = editor_of(action.node.cell)
            editor.insert(editor.outer(action.node.node)[0], editor.normal(action.text))
        case AddKeyword():
            editor = editor_of(action.call.cell)
            editor.arguments(action.call.node).added.append((action.name, editor.normal(action.value)))
        case RemoveArgument():
            editor_of(action.call.cell).arguments(action.call.node).removed.append(action.name)
        case AddImport():
            add_import(editor_of(action.location.cell), action.module, action.name)
        case RemoveImport():
            remove_import(editor_of(action.alias.cell), action.alias.node)
