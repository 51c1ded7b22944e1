"""How each action of `daft_lint.api.edits` becomes byte spans of its cell; imported once there is something to fix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from daft_lint.api.edits import (
    Action,
    AddDecorator,
    AddImport,
    AddKeyword,
    Edit,
    EditError,
    InsertBefore,
    InsertCall,
    MoveCall,
    RemoveArgument,
    RemoveAttribute,
    RemoveCall,
    ReplaceNode,
    Spans,
)

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

_COMMENT_BEHIND = re.compile(rb"[ \t\f]*#[^\r\n]*")
_BLANK = re.compile(rb"[ \t\f]*")
_LAST_BREAK = re.compile(r"[ \t\f]*(?:\\\r?\n|\\\r|\r\n|\n|\r)[ \t\f]*\Z")
_NEWLINE = re.compile(r"\r\n|\n|\r")

_WIDTH = 120
"""Columns of a line from which on an inserted call gets a statement of its own; indentation and comments not counted,
so that code looks the same wherever it stands."""

_LINKABLE = (
    cst.Name,
    cst.Attribute,
    cst.Call,
    cst.Subscript,
    cst.SimpleString,
    cst.FormattedString,
    cst.List,
    cst.Set,
    cst.Dict,
    cst.ListComp,
    cst.SetComp,
    cst.DictComp,
    cst.Ellipsis,
)
"""Expressions that a `.method()` can follow with no parentheses around them."""

_OPERANDS = (
    cst.BinaryOperation,
    cst.UnaryOperation,
    cst.Comparison,
    cst.ComparisonTarget,
    cst.BooleanOperation,
    cst.IfExp,
    cst.StarredElement,
    cst.StarredDictElement,
    cst.CompFor,
    cst.CompIf,
    cst.NamedExpr,
    cst.Lambda,
)
"""Parents whose operands get parentheses unless they are as simple as `_LINKABLE`."""

_LOOSE = (cst.Tuple, cst.NamedExpr, cst.Yield, cst.GeneratorExp)
"""Expressions that need parentheses nearly everywhere; between commas at the least."""


def render_actions(actions: Sequence[Action], positions_of: Callable[[Cell], Spans]) -> dict[Cell, tuple[Edit, ...]]:
    """See `daft_lint.api.edits.render_all`."""
    texts: dict[Cell, _Text] = {}

    def text_of(cell: Cell) -> _Text:
        if cell not in texts:
            texts[cell] = _Text(cell, positions_of(cell))
        return texts[cell]

    for action in actions:
        _render_one(action, text_of)
    return {cell: edits for cell, text in texts.items() if (edits := text.finished())}


def _render_one(action: Action, text_of: Callable[[Cell], _Text]) -> None:
    match action:
        case InsertCall():
            text = text_of(action.after.cell)
            _insert_link(text, _expression(action.after.node), text.normal(action.call))
        case RemoveCall():
            _remove_call(text_of(action.call.cell), _link(action.call.node))
        case MoveCall():
            after = text_of(action.after.cell)
            _move_call(text_of(action.call.cell), _link(action.call.node), after, _expression(action.after.node))
        case ReplaceNode():
            _replace_node(text_of(action.node.cell), action.node.node, action.text)
        case RemoveAttribute():
            _remove_attribute(text_of(action.node.cell), action.node.node)
        case AddDecorator():
            _add_decorator(text_of(action.definition.cell), action.definition.node, action.text)
        case InsertBefore():
            text = text_of(action.node.cell)
            text.insert(text.outer(action.node.node)[0], text.normal(action.text))
        case AddKeyword():
            text = text_of(action.call.cell)
            text.arguments(action.call.node).added.append((action.name, text.normal(action.value)))
        case RemoveArgument():
            text_of(action.call.cell).arguments(action.call.node).removed.append(action.name)
        case AddImport():
            _add_import(text_of(action.location.cell), action.module, action.name)


def _expression(node: cst.CSTNode) -> cst.BaseExpression:
    if not isinstance(node, cst.BaseExpression):
        raise EditError(f"{type(node).__name__} is not an expression")
    return node


class _Link(NamedTuple):
    """`value.method(...)`: the call, its function, and the expression that the method is called on."""

    call: cst.Call
    function: cst.Attribute
    value: cst.BaseExpression


def _link(node: cst.CSTNode) -> _Link:
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        raise EditError(f"{type(node).__name__} is not a method call")
    return _Link(node, node.func, node.func.value)


class _Arguments(NamedTuple):
    """What a fix does to the arguments of one call."""

    node: cst.CSTNode
    added: list[tuple[str, str]]
    removed: list[str]


class _Text:
    """One cell's bytes, where its nodes stand in them, and the edits so far."""

    def __init__(self, cell: Cell, spans: Spans) -> None:
        self.cell = cell
        self.source = cell.source
        self.module = cell.module
        self.newline = self.module.default_newline
        self._spans = spans
        self._edits: list[Edit] = []
        self._arguments: dict[int, _Arguments] = {}
        self._paths: dict[int, tuple[cst.CSTNode, ...]] = {}
        self._comments: dict[int, tuple[tuple[int, int], ...]] = {}

    # edits

    def insert(self, at: int, text: str) -> None:
        self._edits.append(Edit(at, at, text))

    def replace(self, start: int, end: int, text: str) -> None:
        self._edits.append(Edit(start, end, text))

    def insert_once(self, at: int, text: str) -> None:
        if Edit(at, at, text) not in self._edits:
            self.insert(at, text)

    def arguments(self, node: cst.CSTNode) -> _Arguments:
        return self._arguments.setdefault(id(node), _Arguments(node, [], []))

    def finished(self) -> tuple[Edit, ...]:
        for change in self._arguments.values():
            _change_arguments(self, change)
        self._arguments.clear()
        merged: list[Edit] = []
        # Insertions at one place keep the order of their actions: the sort is stable and touching edits become one.
        for edit in sorted((e for e in self._edits if e.start != e.end or e.text), key=lambda e: (e.start, e.end)):
            before = merged[-1] if merged else None
            if before and edit.start < before.end:
                raise EditError("two actions change the same bytes")
            if before and edit.start == before.end:
                merged[-1] = Edit(before.start, edit.end, before.text + edit.text)
            else:
                merged.append(edit)
        return tuple(merged)

    # bytes

    def slice(self, start: int, end: int) -> str:
        return self.source[start:end].decode("utf-8")

    def normal(self, text: str) -> str:
        """`text` with the line breaks of this cell."""
        return _NEWLINE.sub(self.newline, text)

    def code(self, node: cst.CSTNode) -> str:
        return self.module.code_for_node(node)

    def inner(self, node: cst.CSTNode) -> tuple[int, int]:
        """The span of the node without its own parentheses."""
        try:
            return self._spans.span(node)
        except KeyError:
            raise EditError(f"{type(node).__name__} is not in this cell") from None

    def outer(self, node: cst.CSTNode) -> tuple[int, int]:
        """The span of the node with its own parentheses."""
        start, end = self.inner(node)
        if isinstance(node, cst.BaseExpression) and node.lpar:
            start, end = self.inner(node.lpar[0])[0], self.inner(node.rpar[-1])[1]
        return start, end

    def line_start(self, at: int) -> int:
        return max(self.source.rfind(b"\n", 0, at), self.source.rfind(b"\r", 0, at)) + 1

    def line_end(self, at: int) -> int:
        """The offset of the next line break, or the end."""
        found = re.compile(rb"[\r\n]").search(self.source, at)
        return found.start() if found else len(self.source)

    def after_break(self, at: int) -> int:
        """The offset behind the line break at `at`, if there is one."""
        if self.source.startswith(b"\r\n", at):
            return at + 2
        return at + 1 if self.source[at : at + 1] in (b"\r", b"\n") else at

    def before_break(self, at: int) -> int:
        """The offset of the line break that ends at `at`, if there is one."""
        if at >= 2 and self.source[at - 2 : at] == b"\r\n":
            return at - 2
        return at - 1 if at and self.source[at - 1 : at] in (b"\r", b"\n") else at

    def indentation(self, at: int) -> str:
        """The whitespace that begins the line of `at`."""
        start = self.line_start(at)
        found = _BLANK.match(self.source, start)
        return self.slice(start, found.end()) if found else ""

    def comment_behind(self, at: int) -> tuple[int, int] | None:
        """The comment that follows `at` with only blanks between, as a span."""
        found = _COMMENT_BEHIND.match(self.source, at)
        return (self.source.index(b"#", at), found.end()) if found else None

    # tree

    def path(self, node: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
        """The node's ancestors, the module first."""
        if id(node) not in self._paths:
            found = self._path_through_statements(node)
            found = found or _find(self.module, node, lambda _: True, lambda parent: parent.children)
            if found is None:
                raise EditError(f"{type(node).__name__} is not in this cell")
            self._paths[id(node)] = found
        return self._paths[id(node)]

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        return self.path(node)[-1]

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The innermost statement around the node that begins a line."""
        chain = (*self.path(node), node)
        for parent, child in zip(reversed(chain[:-1]), reversed(chain[1:]), strict=True):
            if isinstance(parent, cst.Module | cst.IndentedBlock):
                return child
        raise EditError("the node is in no statement")

    def statement_line(self, node: cst.CSTNode) -> int:
        """Where the first line of the statement around the node begins."""
        statement = self.statement(node)
        decorators = statement.decorators if isinstance(statement, cst.FunctionDef | cst.ClassDef) else ()
        return self.line_start(self.inner(decorators[0] if decorators else statement)[0])

    def comments(self, node: cst.CSTNode, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """The comments between two offsets of the statement that `node` is in."""
        if b"#" not in self.source[start:end]:
            return ()
        statement = self.statement(node)
        if id(statement) not in self._comments:
            self._comments[id(statement)] = tuple(sorted(self.inner(comment) for comment in _comments_of(statement)))
        return tuple((s, e) for s, e in self._comments[id(statement)] if start <= s and e <= end)

    def _path_through_statements(self, node: cst.CSTNode) -> tuple[cst.CSTNode, ...] | None:
        """The path by the one statement of each block that can hold the node: in a long file, a search through all of
        them costs as much as the file for each fix."""
        at = self.inner(node)[0]

        def children(parent: cst.CSTNode) -> Sequence[cst.CSTNode]:
            if not isinstance(parent, cst.Module | cst.IndentedBlock):
                return parent.children
            statement = self._spans.statement_at(parent, at)
            return () if statement is None else (statement,)

        return _find(self.module, node, self._reaches(at), children)

    def _reaches(self, at: int) -> Callable[[cst.CSTNode], bool]:

        def reaches(candidate: cst.CSTNode) -> bool:
            if isinstance(candidate, cst.BaseParenthesizableWhitespace | cst.LeftParen | cst.RightParen):
                return False
            start, end = self.inner(candidate)
            if isinstance(candidate, cst.FunctionDef | cst.ClassDef) and candidate.decorators:
                start = self.inner(candidate.decorators[0])[0]  # LibCST's span of a definition leaves them out
            return start <= at <= end

        return reaches


def _find(
    root: cst.CSTNode,
    target: cst.CSTNode,
    reaches: Callable[[cst.CSTNode], bool],
    children: Callable[[cst.CSTNode], Sequence[cst.CSTNode]],
) -> tuple[cst.CSTNode, ...] | None:
    """The path from `root` to the parent of `target`, through nodes that may hold it. Deep chains need no recursion."""
    stack: list[tuple[cst.CSTNode, Iterator[cst.CSTNode]]] = [(root, iter(children(root)))]
    while stack:
        for child in stack[-1][1]:
            if child is target:
                return tuple(node for node, _ in stack)
            if reaches(child):
                stack.append((child, iter(children(child))))
                break
        else:
            stack.pop()
    return None


def _comments_of(root: cst.CSTNode) -> Iterator[cst.Comment]:
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Comment):
            yield node
        stack.extend(node.children)


# chains


class _Style(NamedTuple):
    """How a link of a chain is written: what stands before its dot and what behind it.

    `bracketed`: the line breaks before the dot stand in brackets, so comments can stand there too.
    """

    before: str
    behind: str
    bracketed: bool

    @property
    def breaks(self) -> bool:
        return bool(self.before or self.behind)


_INLINE = _Style("", "", False)


def _style(text: _Text, attribute: cst.Attribute) -> _Style:
    # From the source: what LibCST calls the whitespace lacks the indentation of the block around it.
    dot = text.inner(attribute.dot)[0]
    before = _LAST_BREAK.search(text.slice(text.outer(attribute.value)[1], dot))
    if before:
        bracketed = isinstance(attribute.dot.whitespace_before, cst.ParenthesizedWhitespace)
        return _Style(before.group().lstrip(" \t\f\\") if bracketed else before.group(), "", bracketed)
    behind = _LAST_BREAK.search(text.slice(dot + 1, text.inner(attribute.attr)[0]))
    return _Style("", behind.group(), False) if behind else _INLINE


def _own_link(node: cst.BaseExpression) -> cst.Attribute | None:
    if isinstance(node, cst.Call):
        node = node.func
    return node if isinstance(node, cst.Attribute) else None


def _target(text: _Text, after: cst.BaseExpression) -> tuple[int, _Style]:
    """Where a link behind `after` goes, and in which style."""
    end = text.inner(after)[1]
    parent = text.parent(after)
    style = _INLINE
    if not after.lpar and isinstance(parent, cst.Attribute) and parent.value is after:
        style = _style(text, parent)
    elif own := _own_link(after):
        style = _style(text, own)
    if style.bracketed and (comment := text.comment_behind(end)):
        end = comment[1]
    return end, style


def _insert_link(text: _Text, after: cst.BaseExpression, call: str) -> None:
    if isinstance(after, _LINKABLE):
        at, style = _target(text, after)
        if not style.breaks and _insert_statement(text, after, call):
            return
        text.insert(at, f"{style.before}.{style.behind}{call}")
        return
    start, end = text.outer(after)
    if after.lpar:
        text.insert(end, f".{call}")
    else:
        text.insert(start, "(")
        text.insert(end, f").{call}")


def _insert_statement(text: _Text, after: cst.BaseExpression, call: str) -> bool:
    """Put `df = df.call` above the statement `df = df.method(...)` or `return df.method(...)` whose first `df` is
    `after`, where the line would become too long with the call in it. Returns whether it did."""
    start, end = text.outer(after)
    stop = text.line_end(end)
    comments = text.comments(after, end, stop)
    width = len(text.slice(text.line_start(start), comments[0][0] if comments else stop).strip())
    if width > _WIDTH or width + len(call) + 1 <= _WIDTH or not isinstance(after, cst.Name):
        return False
    whole = text.statement(after)
    small = next((node for node in text.path(after) if isinstance(node, cst.BaseSmallStatement)), None)
    if small is None or not _begins_chain(small, after):
        return False
    if not _assigns(text, small, after.value) and not _returns_local(text, small, after.value):
        return False
    if not isinstance(whole, cst.SimpleStatementLine) or len(whole.body) > 1:
        return False
    at = text.line_start(text.inner(small)[0])
    text.insert(at, f"{text.indentation(at)}{after.value} = {after.value}.{call}{text.newline}")
    return True


def _begins_chain(statement: cst.BaseSmallStatement, node: cst.CSTNode) -> bool:
    """Whether the statement assigns or returns a chain of calls on the node."""
    value = statement.value if isinstance(statement, cst.Assign | cst.Return) else None
    while isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute):
        value = value.func.value
    return value is node


def _returns_local(text: _Text, statement: cst.BaseSmallStatement, name: str) -> bool:
    """Whether the statement is a `return` of a function that binds the name itself, by a parameter or in its body."""
    function = next((node for node in reversed(text.path(statement)) if isinstance(node, cst.FunctionDef)), None)
    if not isinstance(statement, cst.Return) or function is None:
        return False
    parameters = function.params
    if any(p.name.value == name for p in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)):
        return True
    lines = (line for line in function.body.body if isinstance(line, cst.SimpleStatementLine))
    smalls = [small for line in lines for small in line.body if isinstance(small, cst.BaseSmallStatement)]
    if any(isinstance(small, cst.Global | cst.Nonlocal) for small in smalls):
        return False
    return any(_assigns(text, small, name) for small in smalls)


def _dot(text: _Text, link: _Link) -> int:
    """Where the dot of the link stands."""
    return text.inner(link.function.dot)[0]


def _remove_call(text: _Text, link: _Link) -> None:
    if _is_whole_statement(text, link):
        _remove_statement(text, link.call)
        return
    _cut_link(text, link, travels=False)


def _remove_attribute(text: _Text, node: cst.CSTNode) -> None:
    if not isinstance(node, cst.Attribute) or node.lpar:
        raise EditError(f"{type(node).__name__} is no plain attribute")
    span = text.outer(node.value)[1], text.inner(node.dot)[0], text.inner(node)[1]
    parent = text.parent(node)
    if isinstance(parent, cst.Attribute) and not _style(text, parent).breaks:  # the next name takes its line
        text.replace(span[1], span[2], "")
        return
    _cut(text, node, span, in_place=_style(text, node).bracketed)


def _add_decorator(text: _Text, node: cst.CSTNode, decorator: str) -> None:
    if not isinstance(node, cst.FunctionDef | cst.ClassDef) or node.decorators:
        raise EditError("no definition without decorators")
    at = text.inner(node)[0]
    indentation = text.indentation(at)
    lines = text.normal(f"@{decorator}\n").splitlines(keepends=True)
    text.insert(at, "".join(line + indentation for line in lines))


def _cut_link(text: _Text, link: _Link, *, travels: bool) -> None:
    """Cut the link out. `travels`: its text is put elsewhere, with the comments between its parentheses."""
    if link.function.lpar:  # (df.repartition)(8)
        text.replace(text.outer(link.function)[0], text.outer(link.value)[0], "")
    start, end = text.outer(link.value)[1], text.inner(link.call)[1]
    dot = _dot(text, link)
    style = _style(text, link.function)
    _cut(text, link.call, (start, dot, end), in_place=style.bracketed, travels=travels)


def _cut(text: _Text, node: cst.CSTNode, span: tuple[int, int, int], *, in_place: bool, travels: bool = False) -> None:
    """Cut the code from `span[1]` to `span[2]` and the whitespace from `span[0]` to it, and keep the comments.

    `in_place`: the code begins a line between brackets, so the comments can stay in lines of their own there; else
    they go above the statement.
    """
    start, code, end = span
    lead = text.comments(node, start, code)
    kept = text.slice(start, lead[-1][1]) if lead else ""
    inside = () if travels else text.comments(node, code, end)
    if not in_place:
        _lift(text, node, inside)
        inside = ()
    line = text.newline + text.indentation(code)
    kept += "".join(line + text.slice(*comment) for comment in inside)
    behind = text.comment_behind(end)
    if behind and (in_place or kept):
        text.replace(start, behind[0], kept + line)
    elif kept and text.line_end(end) != (blank := _end_of_blanks(text, end)):
        text.replace(start, blank, kept + line)
    else:
        text.replace(start, end, kept)


def _end_of_blanks(text: _Text, at: int) -> int:
    found = _BLANK.match(text.source, at)
    return found.end() if found else at


def _lift(text: _Text, node: cst.CSTNode, comments: Iterable[tuple[int, int]]) -> None:
    """Put comments that lose their place in lines of their own above the statement."""
    at = text.statement_line(node)
    indent = text.indentation(at)
    for comment in comments:
        text.insert(at, indent + text.slice(*comment) + text.newline)


def _move_call(text: _Text, link: _Link, to: _Text, after: cst.BaseExpression) -> None:
    if after is link.value:
        return
    if text is to and _move_statement(text, link, after):
        return
    moved = text.normal(text.slice(text.inner(link.function.attr)[0], text.inner(link.call)[1]))
    if _is_whole_statement(text, link):
        _insert_link(to, after, to.normal(moved))
        _remove_statement(text, link.call, travels=True)
        return
    if isinstance(after, _LINKABLE) and _style(text, link.function).bracketed and _target(to, after)[1].bracketed:
        _move_line(text, link, to, after, moved)
        return
    _insert_link(to, after, to.normal(moved))
    _cut_link(text, link, travels=True)


def _move_line(text: _Text, link: _Link, to: _Text, after: cst.BaseExpression, moved: str) -> None:
    """Move a link that has lines of its own to a place where it has lines of its own, with all its comments."""
    start, dot, end = text.outer(link.value)[1], _dot(text, link), text.inner(link.call)[1]
    first_line = text.comment_behind(start)  # belongs to the link before
    start = first_line[1] if first_line else start
    behind = text.comment_behind(end)
    at, style = _target(to, after)
    above = [text.slice(*comment) for comment in text.comments(link.call, start, dot)]
    tail = text.slice(end, behind[1]) if behind else ""
    to.insert(at, "".join(f"{style.before}{line}" for line in (*above, f".{to.normal(moved)}{tail}")))
    text.replace(start, behind[1] if behind else end, "")


# statements


def _is_dotted(node: cst.CSTNode) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def _is_whole_statement(text: _Text, link: _Link) -> bool:
    """`df = df.method(...)` or `df.method(...)`: with the link gone nothing is left of the statement."""
    parent = text.parent(link.call)
    if not _is_dotted(link.value):
        return False
    if isinstance(parent, cst.Expr):
        return not _is_shown(text, parent)
    return isinstance(parent, cst.BaseSmallStatement) and _assigns(text, parent, text.code(link.value))


def _is_shown(text: _Text, expression: cst.Expr) -> bool:
    """The last expression of a notebook cell, which the notebook shows."""
    last = text.module.body[-1]
    holds_it = isinstance(last, cst.SimpleStatementLine) and last.body[-1] is expression
    return text.cell.number is not None and holds_it


def _line_of(text: _Text, node: cst.CSTNode) -> tuple[cst.BaseSmallStatement, cst.CSTNode, cst.CSTNode]:
    """The small statement that holds the node, the line that it is on, and the block of the line."""
    path = text.path(node)
    for index, ancestor in enumerate(path):
        if isinstance(ancestor, cst.BaseSmallStatement):
            return ancestor, path[index - 1], path[index - 2]
    raise EditError("the node is in no simple statement")


def _remove_statement(text: _Text, node: cst.CSTNode, *, travels: bool = False) -> None:
    small, line, block = _line_of(text, node)
    if not isinstance(line, cst.SimpleStatementLine | cst.SimpleStatementSuite):
        raise EditError("the statement is on no line")
    start, end = text.inner(small)
    comments = () if travels else text.comments(node, start, end)
    if len(line.body) > 1:
        index = next(i for i, s in enumerate(line.body) if s is small)
        _lift(text, node, comments)
        if index + 1 < len(line.body):
            text.replace(start, text.inner(line.body[index + 1])[0], "")
        else:
            text.replace(text.inner(line.body[index - 1])[1], end, "")
    elif isinstance(line, cst.SimpleStatementSuite) or (isinstance(block, cst.IndentedBlock) and len(block.body) == 1):
        _lift(text, node, comments)
        text.replace(start, end, "pass")
    else:
        _remove_line(text, start, end, comments)


def _remove_line(text: _Text, start: int, end: int, comments: Sequence[tuple[int, int]]) -> None:
    """Remove a statement that has its lines to itself; its comments stay, in lines of their own."""
    kept = [text.slice(*comment) for comment in comments]
    behind = text.comment_behind(end)
    if behind:
        kept.append(text.slice(*behind))
    if kept:
        separator = text.newline + text.indentation(start)
        text.replace(start, behind[1] if behind else text.line_end(end), separator.join(kept))
        return
    line_start, line_end = text.line_start(start), text.after_break(text.line_end(end))
    if line_end == text.line_end(end):  # the last line has no line break: the one before it goes
        line_start = text.before_break(line_start)
    else:
        line_start = _paragraph_start(text, line_start, line_end)
    text.replace(line_start, line_end, "")


def _move_statement(text: _Text, link: _Link, after: cst.BaseExpression) -> bool:
    """Move the line `df = df.method(...)` above the line of the same block that makes `df` of the `df` in `after`.

    Returns whether it could.
    """
    if not _is_whole_statement(text, link) or text.code(after) != text.code(link.value):
        return False
    small, line, block = _line_of(text, link.call)
    to_small, to_line, to_block = _line_of(text, after)
    if block is not to_block or line is to_line or not isinstance(small, cst.Assign | cst.AnnAssign):
        return False
    if not isinstance(line, cst.SimpleStatementLine) or not isinstance(to_line, cst.SimpleStatementLine):
        return False
    if len(line.body) > 1 or len(to_line.body) > 1 or not _assigns(text, to_small, text.code(link.value)):
        return False
    start, end = _lines_with_comments(text, line)
    at = _lines_with_comments(text, to_line)[0]
    has_break = text.after_break(end) > end
    apart = _paragraph_start(text, start, text.after_break(end)) if has_break else start
    gap = text.slice(apart, start) if _blank_lines_above(text, at) < at else ""
    text.insert(at, text.slice(start, end) + text.newline + gap)
    if has_break:
        text.replace(apart, text.after_break(end), "")
    else:
        text.replace(text.before_break(start), end, "")
    return True


def _paragraph_start(text: _Text, start: int, end: int) -> int:
    """Where lines begin that are to go, with the blank lines above them if there are some below them too."""
    return _blank_lines_above(text, start) if _is_blank(text, end) else start


def _blank_lines_above(text: _Text, start: int) -> int:
    """Where the blank lines right above a line begin."""
    while start and _is_blank(text, above := text.line_start(text.before_break(start))) and above < start:
        start = above
    return start


def _is_blank(text: _Text, start: int) -> bool:
    """Whether a line has nothing on it; the end of the file counts as one."""
    return not text.slice(start, text.line_end(start)).strip(" \t")


def _assigns(text: _Text, statement: cst.BaseSmallStatement, name: str) -> bool:
    if isinstance(statement, cst.AnnAssign):
        return statement.value is not None and text.code(statement.target) == name
    targets = statement.targets if isinstance(statement, cst.Assign) else ()
    return len(targets) == 1 and text.code(targets[0].target) == name


def _lines_with_comments(text: _Text, line: cst.SimpleStatementLine) -> tuple[int, int]:
    """From the first of the comment lines right above the statement to the end of its last line, line break not
    counted."""
    start = text.line_start(text.inner(line)[0])
    comment_line = re.compile(rb"[ \t\f]*#")
    indent = text.indentation(start)
    while start:
        above = text.line_start(text.before_break(start))
        if above == start or not comment_line.match(text.source, above) or text.indentation(above) != indent:
            break
        start = above
    return start, text.line_end(text.inner(line)[1])


# expressions


def _replace_node(text: _Text, node: cst.CSTNode, new: str) -> None:
    start, end = text.inner(node)
    new = text.normal(new)
    lost = [c for c in text.comments(node, start, end) if text.slice(*c) not in new]
    _lift(text, node, lost)
    if isinstance(node, cst.BaseExpression) and not node.lpar and _needs_parentheses(text, node, new):
        new = f"({new})"
    text.replace(start, end, new)


def _needs_parentheses(text: _Text, node: cst.BaseExpression, new: str) -> bool:
    try:
        expression = cst.parse_expression(new)
    except cst.ParserSyntaxError:
        return False
    if expression.lpar or isinstance(expression, _LINKABLE):
        return False
    parent = text.parent(node)
    if isinstance(parent, cst.Attribute | cst.Subscript | cst.Await):
        return True
    if isinstance(parent, cst.Call):
        return parent.func is node
    if isinstance(parent, _OPERANDS):
        return not isinstance(expression, cst.Integer | cst.Float | cst.Imaginary | cst.ConcatenatedString)
    if isinstance(expression, cst.Tuple):
        return not isinstance(parent, cst.Assign | cst.Return | cst.Expr | cst.Index)
    return isinstance(expression, _LOOSE)


# arguments


def _change_arguments(text: _Text, change: _Arguments) -> None:
    node = change.node.decorator if isinstance(change.node, cst.Decorator) else change.node
    added = [(name, value) for name, value in change.added]
    if not isinstance(node, cst.Call):
        _give_decorator_arguments(text, node, added, change.removed)
        return
    removed = _indexes(node, change.removed)
    added = _set_existing(text, node, added, removed)
    for index in reversed(removed):  # the last ones pair up, so that what is left over is only one of the two
        if not added:
            break
        name, value = added.pop()
        text.replace(*text.inner(node.args[index]), f"{name}={value}")
        removed.remove(index)
    if removed:
        _remove_arguments(text, node, removed)
    elif added:
        _add_arguments(text, node, [f"{name}={value}" for name, value in added])


def _give_decorator_arguments(
    text: _Text, node: cst.CSTNode, added: Sequence[tuple[str, str]], removed: Sequence[str]
) -> None:
    if removed or not isinstance(node, cst.Name | cst.Attribute):
        raise EditError(f"{type(node).__name__} has no arguments")
    if added:
        text.insert(text.outer(node)[1], f"({', '.join(f'{name}={value}' for name, value in added)})")


def _indexes(call: cst.Call, names: Sequence[str]) -> list[int]:
    wanted = set(names)
    found = [i for i, arg in enumerate(call.args) if arg.keyword is not None and arg.keyword.value in wanted]
    if len(found) < len(wanted):
        raise EditError(f"the call has no argument {', '.join(sorted(wanted))}")
    return found


def _set_existing(
    text: _Text, call: cst.Call, added: list[tuple[str, str]], removed: Sequence[int]
) -> list[tuple[str, str]]:
    """Give the keywords that the call has already their new value; return the others."""
    existing = {arg.keyword.value: arg for i, arg in enumerate(call.args) if arg.keyword and i not in removed}
    left = []
    for name, value in added:
        if name not in existing:
            left.append((name, value))
        elif text.code(existing[name].value) != value:
            text.replace(*text.outer(existing[name].value), value)
    return left


def _opening(text: _Text, call: cst.Call) -> int:
    """The offset behind the opening parenthesis of the call."""
    end = text.outer(call.func)[1]
    return end + 1 if text.source[end : end + 1] == b"(" else text.inner(call.whitespace_before_args)[0]


def _comma(text: _Text, arg: cst.Arg) -> int | None:
    """Where the comma behind the argument stands."""
    return text.inner(arg.comma)[0] if isinstance(arg.comma, cst.Comma) else None


def _argument_lead(text: _Text, call: cst.Call, index: int) -> int:
    """Where the whitespace before the argument begins: behind the comma or parenthesis before it."""
    comma = _comma(text, call.args[index - 1]) if index else None
    return _opening(text, call) if comma is None else comma + 1


def _argument_end(text: _Text, arg: cst.Arg) -> int:
    comma = _comma(text, arg)
    return text.inner(arg)[1] if comma is None else comma + 1


def _begins_line(text: _Text, call: cst.Call, index: int) -> bool:
    lead = text.slice(_argument_lead(text, call, index), text.inner(call.args[index])[0])
    return _NEWLINE.search(lead) is not None


def _remove_arguments(text: _Text, call: cst.Call, removed: Sequence[int]) -> None:
    args = call.args
    if len(removed) == len(args):
        start, close = _opening(text, call), text.inner(call)[1] - 1
        if not text.comments(call, start, close):
            text.replace(start, close, "")
            return
    for first, last in _runs(removed):
        start, code, end = (
            _argument_lead(text, call, first),
            text.inner(args[first])[0],
            _argument_end(text, args[last]),
        )
        in_place = _begins_line(text, call, first)
        if first == 0 and not in_place and last + 1 < len(args):
            end = _end_of_blanks(text, end)
        if first and last + 1 == len(args) and _comma(text, args[last]) is None:
            comma = _comma(text, args[first - 1])
            if comma is not None:
                text.replace(comma, comma + 1, "")
        _cut(text, call, (start, code, end), in_place=in_place)


def _runs(indexes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each run of neighbouring indexes."""
    first = last = indexes[0]
    for index in indexes[1:]:
        if index != last + 1:
            yield first, last
            first = index
        last = index
    yield first, last


def _add_arguments(text: _Text, call: cst.Call, added: Sequence[str]) -> None:
    if not call.args:
        text.insert(_opening(text, call), ", ".join(added))
        return
    last = call.args[-1]
    start, end = text.inner(last)
    if isinstance(last.value, cst.GeneratorExp) and not last.value.lpar and last.keyword is None:
        text.insert(start, "(")
        text.insert(end, ")")
    comma = _comma(text, last)
    if not _begins_line(text, call, len(call.args) - 1):
        if comma is None:
            text.insert(end, "".join(f", {arg}" for arg in added))
        else:
            text.insert(comma + 1, "".join(f" {arg}," for arg in added))
        return
    line = text.newline + text.indentation(start)
    if comma is None:
        text.insert(end, ",")
    behind = text.comment_behind(end if comma is None else comma + 1)
    at = behind[1] if behind else end if comma is None else comma + 1
    lines = ",".join(line + arg for arg in added)
    text.insert(at, lines if comma is None else lines + ",")


# imports


def _add_import(text: _Text, module: str, name: str | None) -> None:
    if _is_imported(text, module, name):
        return
    new = f"import {module}" if name is None else f"from {module} import {name}"
    last = _last_of_head(text.module)
    if last is None:
        first = text.module.body[0] if text.module.body else None
        at = 0 if first is None else text.statement_line(_first_node(first))
        text.insert_once(at, new + text.newline)
        return
    end = text.line_end(text.inner(last)[1])
    gap = "" if _is_import(last) else text.newline
    text.insert_once(end, gap + text.newline + new)


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


def _is_imported(text: _Text, module: str, name: str | None) -> bool:
    """Some top-level import of the cell gives the name already."""
    for statement in text.module.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for small in statement.body:
            if isinstance(small, cst.Import) and name is None and _has_alias(text, small.names, module):
                return True
            if isinstance(small, cst.ImportFrom) and name is not None and _gives(text, small, module, name):
                return True
    return False


def _gives(text: _Text, statement: cst.ImportFrom, module: str, name: str) -> bool:
    if statement.relative or statement.module is None or text.code(statement.module) != module:
        return False
    if isinstance(statement.names, cst.ImportStar):
        return not name.startswith("_")
    return _has_alias(text, statement.names, name)


def _has_alias(text: _Text, aliases: Sequence[cst.ImportAlias], name: str) -> bool:
    """`name` is imported under its own name."""
    for alias in aliases:
        if text.code(alias.name) == name:
            bound = alias.asname.name if alias.asname else None
            if bound is None or (isinstance(bound, cst.Name) and bound.value == name):
                return True
    return False
