"""Statements that are taken out or moved."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from daft_lint.dataclass import dataclass
from daft_lint.fix.rendering.comments import lift
from daft_lint.fix.rendering.editor import CellEditor, EditError
from daft_lint.fix.rendering.links import Link


def is_whole_statement(editor: CellEditor, link: Link) -> bool:
    """`df = df.method(...)` or `df.method(...)`: with the link gone nothing is left of the statement."""
    parent = editor.parent(link.call)
    if not _is_dotted(link.value):
        return False
    if isinstance(parent, cst.Expr):
        return not _is_shown(editor, parent)
    return isinstance(parent, cst.BaseSmallStatement) and assigns(editor, parent, editor.code(link.value))


def _is_dotted(node: cst.CSTNode) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def _is_shown(editor: CellEditor, expression: cst.Expr) -> bool:
    """The last expression of a notebook cell, which the notebook shows."""
    last = editor.module.body[-1]
    holds_it = isinstance(last, cst.SimpleStatementLine) and last.body[-1] is expression
    return editor.cell.number is not None and holds_it


def assigns(editor: CellEditor, statement: cst.BaseSmallStatement, name: str) -> bool:
    """Whether a statement gives the name, spelled so, a value, and no other."""
    if isinstance(statement, cst.AnnAssign):
        return statement.value is not None and editor.code(statement.target) == name
    targets = statement.targets if isinstance(statement, cst.Assign) else ()
    return len(targets) == 1 and editor.code(targets[0].target) == name


@dataclass(frozen=True, slots=True)
class _Line:
    """A simple statement, the line that it is on, and the block of the line."""

    statement: cst.BaseSmallStatement
    line: cst.CSTNode
    block: cst.CSTNode


def _line_of(editor: CellEditor, node: cst.CSTNode) -> _Line:
    path = editor.path(node)
    for index, ancestor in enumerate(path):
        if isinstance(ancestor, cst.BaseSmallStatement):
            return _Line(ancestor, path[index - 1], path[index - 2])
    raise EditError("the node is in no simple statement")


def remove_statement(editor: CellEditor, node: cst.CSTNode, *, travels: bool = False) -> None:
    """Take the simple statement around the node out. `travels`: it is put elsewhere, with its comments."""
    found = _line_of(editor, node)
    small, line, block = found.statement, found.line, found.block
    if not isinstance(line, cst.SimpleStatementLine | cst.SimpleStatementSuite):
        raise EditError("the statement is on no line")
    start, end = editor.inner(small)
    comments = () if travels else editor.comments(node, start, end)
    if len(line.body) > 1:
        index = next(i for i, s in enumerate(line.body) if s is small)
        lift(editor, node, comments)
        if index + 1 < len(line.body):
            editor.replace(start, editor.inner(line.body[index + 1])[0], "")
        else:
            editor.replace(editor.inner(line.body[index - 1])[1], end, "")
    elif isinstance(line, cst.SimpleStatementSuite) or (isinstance(block, cst.IndentedBlock) and len(block.body) == 1):
        lift(editor, node, comments)
        editor.replace(start, end, "pass")
    else:
        _remove_line(editor, start, end, comments)


def _remove_line(editor: CellEditor, start: int, end: int, comments: Sequence[tuple[int, int]]) -> None:
    """Remove a statement that has its lines to itself; its comments stay, in lines of their own."""
    kept = [editor.slice(*comment) for comment in comments]
    behind = editor.comment_behind(end)
    if behind:
        kept.append(editor.slice(*behind))
    if kept:
        separator = editor.newline + editor.indentation(start)
        editor.replace(start, behind[1] if behind else editor.line_end(end), separator.join(kept))
        return
    line_start, line_end = editor.line_start(start), editor.after_break(editor.line_end(end))
    if line_end == editor.line_end(end):  # the last line has no line break: the one before it goes
        line_start = editor.before_break(line_start)
    else:
        line_start = _paragraph_start(editor, line_start, line_end)
    editor.replace(line_start, line_end, "")


def move_statement(editor: CellEditor, link: Link, after: cst.BaseExpression) -> bool:
    """Move the line `df = df.method(...)` above the line of the same block that makes `df` of the `df` in `after`.

    Returns whether it could.
    """
    if not is_whole_statement(editor, link) or editor.code(after) != editor.code(link.value):
        return False
    moved, target = _line_of(editor, link.call), _line_of(editor, after)
    line, to_line = moved.line, target.line
    if moved.block is not target.block or line is to_line:
        return False
    if not isinstance(moved.statement, cst.Assign | cst.AnnAssign):
        return False
    if not isinstance(line, cst.SimpleStatementLine) or not isinstance(to_line, cst.SimpleStatementLine):
        return False
    if len(line.body) > 1 or len(to_line.body) > 1 or not assigns(editor, target.statement, editor.code(link.value)):
        return False
    start, end = _lines_with_comments(editor, line)
    at = _lines_with_comments(editor, to_line)[0]
    has_break = editor.after_break(end) > end
    apart = _paragraph_start(editor, start, editor.after_break(end)) if has_break else start
    gap = editor.slice(apart, start) if _blank_lines_above(editor, at) < at else ""
    editor.insert(at, editor.slice(start, end) + editor.newline + gap)
    if has_break:
        editor.replace(apart, editor.after_break(end), "")
    else:
        editor.replace(editor.before_break(start), end, "")
    return True


def _paragraph_start(editor: CellEditor, start: int, end: int) -> int:
    """Where lines begin that are to go, with the blank lines above them if there are some below them too."""
    return _blank_lines_above(editor, start) if _is_blank(editor, end) else start


def _blank_lines_above(editor: CellEditor, start: int) -> int:
    """Where the blank lines right above a line begin."""
    while start and _is_blank(editor, above := editor.line_start(editor.before_break(start))) and above < start:
        start = above
    return start


def _is_blank(editor: CellEditor, start: int) -> bool:
    """Whether a line has nothing on it; the end of the file counts as one."""
    return not editor.slice(start, editor.line_end(start)).strip(" \t")


def _lines_with_comments(editor: CellEditor, line: cst.SimpleStatementLine) -> tuple[int, int]:
    """From the first of the comment lines right above the statement to the end of its last line, line break not
    counted."""
    start = editor.line_start(editor.inner(line)[0])
    comment_line = re.compile(rb"[ \t\f]*#")
    indent = editor.indentation(start)
    while start:
        above = editor.line_start(editor.before_break(start))
        if above == start or not comment_line.match(editor.source, above) or editor.indentation(above) != indent:
            break
        start = above
    return start, editor.line_end(editor.inner(line)[1])
