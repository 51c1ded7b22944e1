"""Code that is cut out, and the comments in it, which stay."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from daft_lint.dataclass import dataclass
from daft_lint.fix.rendering.editor import BLANK, CellEditor


@dataclass(frozen=True, slots=True)
class Cut:
    """What is cut out: the whitespace from `start` on, and the code from `code` to `end`."""

    start: int
    code: int
    end: int


def cut(editor: CellEditor, node: cst.CSTNode, out: Cut, *, in_place: bool, travels: bool = False) -> None:
    """Cut out code around or behind `node`, and keep the comments.

    `in_place`: the code begins a line between brackets, so the comments can stay in lines of their own there; else
    they go above the statement. `travels`: the code is put elsewhere, with the comments in it.
    """
    start, code, end = out.start, out.code, out.end
    lead = editor.comments(node, start, code)
    kept = editor.slice(start, lead[-1][1]) if lead else ""
    inside = () if travels else editor.comments(node, code, end)
    if not in_place:
        lift(editor, node, inside)
        inside = ()
    line = editor.newline + editor.indentation(code)
    kept += "".join(line + editor.slice(*comment) for comment in inside)
    behind = editor.comment_behind(end)
    if behind and (in_place or kept):
        editor.replace(start, behind[0], kept + line)
    elif kept and editor.line_end(end) != (blank := end_of_blanks(editor, end)):
        editor.replace(start, blank, kept + line)
    else:
        editor.replace(start, end, kept)


def end_of_blanks(editor: CellEditor, at: int) -> int:
    """The offset behind the blanks at `at`."""
    found = BLANK.match(editor.source, at)
    return found.end() if found else at


def lift(editor: CellEditor, node: cst.CSTNode, comments: Iterable[tuple[int, int]]) -> None:
    """Put comments that lose their place in lines of their own above the statement."""
    at = editor.statement_line(node)
    indent = editor.indentation(at)
    for comment in comments:
        editor.insert(at, indent + editor.slice(*comment) + editor.newline)
