"""Links of a chain: put in, taken out, moved."""

from __future__ import annotations

import libcst as cst

from daft_lint.fix.rendering.comments import Cut, cut
from daft_lint.fix.rendering.editor import CellEditor, EditError
from daft_lint.fix.rendering.links import INLINE, LINKABLE, Link, LinkStyle, dot_of, expression_of, link_of, link_style
from daft_lint.fix.rendering.statements import assigns, is_whole_statement, move_statement, remove_statement

_WIDTH = 120
"""Columns of a line from which on an inserted call gets a statement of its own; indentation and comments not counted,
so that code looks the same wherever it stands."""


def insert_call(editor: CellEditor, node: cst.CSTNode, call: str) -> None:
    """Call a method on an expression: `.into_batches(64)` for `into_batches(64)`, or in a statement of its own."""
    _insert_link(editor, expression_of(node), call)


def _insert_link(editor: CellEditor, after: cst.BaseExpression, call: str) -> None:
    if isinstance(after, LINKABLE):
        at, style = _target(editor, after)
        if not style.breaks and _insert_statement(editor, after, call):
            return
        editor.insert(at, f"{style.before}.{style.behind}{call}")
        return
    start, end = editor.outer(after)
    if after.lpar:
        editor.insert(end, f".{call}")
    else:
        editor.insert(start, "(")
        editor.insert(end, f").{call}")


def _target(editor: CellEditor, after: cst.BaseExpression) -> tuple[int, LinkStyle]:
    """Where a link behind `after` goes, and in which style."""
    end = editor.inner(after)[1]
    parent = editor.parent(after)
    style = INLINE
    if not after.lpar and isinstance(parent, cst.Attribute) and parent.value is after:
        style = link_style(editor, parent)
    elif own := _own_link(after):
        style = link_style(editor, own)
    if style.bracketed and (comment := editor.comment_behind(end)):
        end = comment[1]
    return end, style


def _own_link(node: cst.BaseExpression) -> cst.Attribute | None:
    if isinstance(node, cst.Call):
        node = node.func
    return node if isinstance(node, cst.Attribute) else None


def _insert_statement(editor: CellEditor, after: cst.BaseExpression, call: str) -> bool:
    """Put `df = df.call` above the statement `df = df.method(...)` or `return df.method(...)` whose first `df` is
    `after`, where the line would become too long with the call in it. Returns whether it did."""
    start, end = editor.outer(after)
    stop = editor.line_end(end)
    comments = editor.comments(after, end, stop)
    width = len(editor.slice(editor.line_start(start), comments[0][0] if comments else stop).strip())
    if width > _WIDTH or width + len(call) + 1 <= _WIDTH or not isinstance(after, cst.Name):
        return False
    whole = editor.statement(after)
    small = next((node for node in editor.path(after) if isinstance(node, cst.BaseSmallStatement)), None)
    if small is None or not _begins_chain(small, after):
        return False
    if not assigns(editor, small, after.value) and not _returns_local(editor, small, after.value):
        return False
    if not isinstance(whole, cst.SimpleStatementLine) or len(whole.body) > 1:
        return False
    at = editor.line_start(editor.inner(small)[0])
    editor.insert(at, f"{editor.indentation(at)}{after.value} = {after.value}.{call}{editor.newline}")
    return True


def _begins_chain(statement: cst.BaseSmallStatement, node: cst.CSTNode) -> bool:
    """Whether the statement assigns or returns a chain of calls on the node."""
    value = statement.value if isinstance(statement, cst.Assign | cst.Return) else None
    while isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute):
        value = value.func.value
    return value is node


def _returns_local(editor: CellEditor, statement: cst.BaseSmallStatement, name: str) -> bool:
    """Whether the statement is a `return` of a function that binds the name itself, by a parameter or in its body."""
    function = next((node for node in reversed(editor.path(statement)) if isinstance(node, cst.FunctionDef)), None)
    if not isinstance(statement, cst.Return) or function is None:
        return False
    parameters = function.params
    if any(p.name.value == name for p in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)):
        return True
    lines = (line for line in function.body.body if isinstance(line, cst.SimpleStatementLine))
    smalls = [small for line in lines for small in line.body if isinstance(small, cst.BaseSmallStatement)]
    if any(isinstance(small, cst.Global | cst.Nonlocal) for small in smalls):
        return False
    return any(assigns(editor, small, name) for small in smalls)


def remove_call(editor: CellEditor, node: cst.CSTNode) -> None:
    """Take the link that makes the call out, or the whole statement where nothing would be left of it."""
    link = link_of(node)
    if is_whole_statement(editor, link):
        remove_statement(editor, link.call)
        return
    _cut_link(editor, link, travels=False)


def _cut_link(editor: CellEditor, link: Link, *, travels: bool) -> None:
    """Cut the link out. `travels`: its text is put elsewhere, with the comments between its parentheses."""
    if link.function.lpar:  # (df.repartition)(8)
        editor.replace(editor.outer(link.function)[0], editor.outer(link.value)[0], "")
    start, end = editor.outer(link.value)[1], editor.inner(link.call)[1]
    dot = dot_of(editor, link)
    in_place = link_style(editor, link.function).bracketed
    cut(editor, link.call, Cut(start, dot, end), in_place=in_place, travels=travels)


def remove_attribute(editor: CellEditor, node: cst.CSTNode) -> None:
    """Take the last `.name` of an attribute out."""
    if not isinstance(node, cst.Attribute) or node.lpar:
        raise EditError(f"{type(node).__name__} is no plain attribute")
    code = Cut(editor.outer(node.value)[1], editor.inner(node.dot)[0], editor.inner(node)[1])
    parent = editor.parent(node)
    if isinstance(parent, cst.Attribute) and not link_style(editor, parent).breaks:  # the next name takes its line
        editor.replace(code.code, code.end, "")
        return
    cut(editor, node, code, in_place=link_style(editor, node).bracketed)


def move_call(editor: CellEditor, node: cst.CSTNode, to: CellEditor, target: cst.CSTNode) -> None:
    """Take the link that makes the call out, and put it right after the expression `target` of the cell of `to`."""
    link, after = link_of(node), expression_of(target)
    if after is link.value:
        return
    if editor is to and move_statement(editor, link, after):
        return
    moved = editor.normal(editor.slice(editor.inner(link.function.attr)[0], editor.inner(link.call)[1]))
    if is_whole_statement(editor, link):
        _insert_link(to, after, to.normal(moved))
        remove_statement(editor, link.call, travels=True)
        return
    if isinstance(after, LINKABLE) and link_style(editor, link.function).bracketed and _target(to, after)[1].bracketed:
        _move_line(editor, link, to, after, moved)
        return
    _insert_link(to, after, to.normal(moved))
    _cut_link(editor, link, travels=True)


def _move_line(editor: CellEditor, link: Link, to: CellEditor, after: cst.BaseExpression, moved: str) -> None:
    """Move a link that has lines of its own to a place where it has lines of its own, with all its comments."""
    start, dot, end = editor.outer(link.value)[1], dot_of(editor, link), editor.inner(link.call)[1]
    first_line = editor.comment_behind(start)  # belongs to the link before
    start = first_line[1] if first_line else start
    behind = editor.comment_behind(end)
    at, style = _target(to, after)
    above = [editor.slice(*comment) for comment in editor.comments(link.call, start, dot)]
    tail = editor.slice(end, behind[1]) if behind else ""
    to.insert(at, "".join(f"{style.before}{line}" for line in (*above, f".{to.normal(moved)}{tail}")))
    editor.replace(start, behind[1] if behind else end, "")
