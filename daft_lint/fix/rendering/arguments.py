"""The arguments of a call or a decorator: added, removed, given another value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from daft_lint.fix.rendering.comments import Cut, cut, end_of_blanks
from daft_lint.fix.rendering.decorators import add_parentheses
from daft_lint.fix.rendering.editor import NEWLINE, ArgumentChanges, CellEditor, EditError


def change_arguments(editor: CellEditor, change: ArgumentChanges) -> None:
    """Make the changes of one call: a keyword that it has already gets the new value, and one that is added takes the
    place of one that is removed."""
    node = change.node.decorator if isinstance(change.node, cst.Decorator) else change.node
    if not isinstance(node, cst.Call):
        if change.removed:
            raise EditError(f"{type(node).__name__} has no arguments")
        add_parentheses(editor, node, [f"{name}={value}" for name, value in change.added])
        return
    removed = _indexes(node, change.removed)
    added = _set_existing(editor, node, change.added, removed)
    for index in reversed(removed):  # the last ones pair up, so that what is left over is only one of the two
        if not added:
            break
        name, value = added.pop()
        editor.replace(*editor.inner(node.args[index]), f"{name}={value}")
        removed.remove(index)
    if removed:
        _remove_arguments(editor, node, removed)
    elif added:
        _add_arguments(editor, node, [f"{name}={value}" for name, value in added])


def _indexes(call: cst.Call, names: Sequence[str | int]) -> list[int]:
    """Where the arguments stand, those by position by their index among these."""
    wanted, found, position = set(names), [], 0
    for index, arg in enumerate(call.args):
        if (position if arg.keyword is None else arg.keyword.value) in wanted:
            found.append(index)
        position += arg.keyword is None
    if len(found) < len(wanted):
        raise EditError(f"the call has no argument {', '.join(sorted(map(str, wanted)))}")
    return found


def _set_existing(
    editor: CellEditor, call: cst.Call, added: Sequence[tuple[str, str]], removed: Sequence[int]
) -> list[tuple[str, str]]:
    """Give the keywords that the call has already their new value; return the others."""
    existing = {arg.keyword.value: arg for i, arg in enumerate(call.args) if arg.keyword and i not in removed}
    left = []
    for name, value in added:
        if name not in existing:
            left.append((name, value))
        elif editor.code(existing[name].value) != value:
            editor.replace(*editor.outer(existing[name].value), value)
    return left


def _opening(editor: CellEditor, call: cst.Call) -> int:
    """The offset behind the opening parenthesis of the call."""
    end = editor.outer(call.func)[1]
    return end + 1 if editor.source[end : end + 1] == b"(" else editor.inner(call.whitespace_before_args)[0]


def _comma(editor: CellEditor, arg: cst.Arg) -> int | None:
    """Where the comma behind the argument stands."""
    return editor.inner(arg.comma)[0] if isinstance(arg.comma, cst.Comma) else None


def _argument_lead(editor: CellEditor, call: cst.Call, index: int) -> int:
    """Where the whitespace before the argument begins: behind the comma or parenthesis before it."""
    comma = _comma(editor, call.args[index - 1]) if index else None
    return _opening(editor, call) if comma is None else comma + 1


def _argument_end(editor: CellEditor, arg: cst.Arg) -> int:
    comma = _comma(editor, arg)
    return editor.inner(arg)[1] if comma is None else comma + 1


def _begins_line(editor: CellEditor, call: cst.Call, index: int) -> bool:
    lead = editor.slice(_argument_lead(editor, call, index), editor.inner(call.args[index])[0])
    return NEWLINE.search(lead) is not None


def _remove_arguments(editor: CellEditor, call: cst.Call, removed: Sequence[int]) -> None:
    args = call.args
    if len(removed) == len(args):
        start, close = _opening(editor, call), editor.inner(call)[1] - 1
        if not editor.comments(call, start, close):
            editor.replace(start, close, "")
            return
    for first, last in _runs(removed):
        start, code = _argument_lead(editor, call, first), editor.inner(args[first])[0]
        end = _argument_end(editor, args[last])
        in_place = _begins_line(editor, call, first)
        if first == 0 and not in_place and last + 1 < len(args):
            end = end_of_blanks(editor, end)
        if first and last + 1 == len(args) and _comma(editor, args[last]) is None:
            comma = _comma(editor, args[first - 1])
            if comma is not None:
                editor.replace(comma, comma + 1, "")
        cut(editor, call, Cut(start, code, end), in_place=in_place)


def _runs(indexes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each run of neighbouring indexes."""
    first = last = indexes[0]
    for index in indexes[1:]:
        if index != last + 1:
            yield first, last
            first = index
        last = index
    yield first, last


def _add_arguments(editor: CellEditor, call: cst.Call, added: Sequence[str]) -> None:
    if not call.args:
        editor.insert(_opening(editor, call), ", ".join(added))
        return
    last = call.args[-1]
    start, end = editor.inner(last)
    if isinstance(last.value, cst.GeneratorExp) and not last.value.lpar and last.keyword is None:
        editor.insert(start, "(")
        editor.insert(end, ")")
    comma = _comma(editor, last)
    if not _begins_line(editor, call, len(call.args) - 1):
        if comma is None:
            editor.insert(end, "".join(f", {arg}" for arg in added))
        else:
            editor.insert(comma + 1, "".join(f" {arg}," for arg in added))
        return
    line = editor.newline + editor.indentation(start)
    if comma is None:
        editor.insert(end, ",")
    behind = editor.comment_behind(end if comma is None else comma + 1)
    at = behind[1] if behind else end if comma is None else comma + 1
    lines = ",".join(line + arg for arg in added)
    editor.insert(at, lines if comma is None else lines + ",")
