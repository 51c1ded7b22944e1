"""Other spellings of a chain of calls: one chain for several statements, one statement for each call of a chain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator


def one_chain(text: str) -> str | None:
    """`df = a(); df = df.b()` as `df = (a().b())`, with the line breaks and comments of the statements."""
    source = _Bytes(text)
    replacements = []
    for block in _blocks(ast.parse(text)):
        for run in _runs(block, source):
            replacements.append((source.start(run[0]), source.line_end(run[-1]), _as_chain(run, source)))
    return _spliced(source, replacements)


def one_statement_a_step(text: str) -> str | None:
    """`df = a().b()` as `df = a()` and `df = df.b()`, each with the comments on its lines."""
    if "daft-lint: ignore" in text:
        return None
    source = _Bytes(text)
    replacements = []
    for block in _blocks(ast.parse(text)):
        for statement in block:
            if new := _as_statements(statement, source):
                replacements.append((source.start(statement), source.line_end(statement), new))
    return _spliced(source, replacements)


class _Bytes:
    """A text whose `ast` positions (rows, and columns in UTF-8 bytes) become byte offsets."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.source = text.encode()
        self.rows = [0]
        for line in self.source.splitlines(keepends=True):
            self.rows.append(self.rows[-1] + len(line))

    def start(self, node: ast.stmt | ast.expr) -> int:
        return self.rows[node.lineno - 1] + node.col_offset

    def end(self, node: ast.stmt | ast.expr) -> int:
        return self.rows[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)

    def line_end(self, node: ast.stmt) -> int:
        """The end of the node's last line, line break not counted."""
        found = self.source.find(b"\n", self.end(node))
        return len(self.source) if found < 0 else found

    def behind(self, node: ast.stmt) -> str:
        return self.slice(self.end(node), self.line_end(node))

    def slice(self, start: int, end: int) -> str:
        return self.source[start:end].decode()

    def indentation(self, node: ast.stmt) -> str:
        return " " * node.col_offset

    def is_alone(self, node: ast.stmt) -> bool:
        """Nothing but a comment shares the statement's lines."""
        before = self.slice(self.rows[node.lineno - 1], self.start(node))
        return not before.strip() and re.fullmatch(r"\s*(#.*)?", self.behind(node)) is not None


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _assigned(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, statement.value
    return None


def _chain(value: ast.expr) -> tuple[ast.expr, list[ast.Call]]:
    """The root of a chain and its calls, in the order that they are made."""
    calls = []
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        calls.append(value)
        value = value.func.value
    return value, calls[::-1]


def _runs(block: list[ast.stmt], source: _Bytes) -> Iterator[list[ast.stmt]]:
    """Neighbouring statements `x = ...`, `x = x.f(...)`, ..., with nothing between that would be lost."""
    run: list[ast.stmt] = []
    for statement in block:
        if run and _continues(run[-1], statement, source):
            run.append(statement)
            continue
        if len(run) > 1:
            yield run
        first = _assigned(statement)
        begins = first is not None and isinstance(first[1], ast.Call) and source.is_alone(statement)
        run = [statement] if begins and not _is_parenthesised(statement, source) else []
    if len(run) > 1:
        yield run


def _continues(before: ast.stmt, statement: ast.stmt, source: _Bytes) -> bool:
    old, new = _assigned(before), _assigned(statement)
    if old is None or new is None or old[0] != new[0]:
        return False
    root, calls = _chain(new[1])
    names = [n.id for n in ast.walk(new[1]) if isinstance(n, ast.Name)]
    if not calls or not isinstance(root, ast.Name) or root.id != new[0] or names.count(new[0]) != 1:
        return False
    between = source.slice(source.line_end(before), source.rows[statement.lineno - 1])
    return not between.strip() and source.is_alone(statement) and not _is_parenthesised(statement, source)


def _is_parenthesised(statement: ast.stmt, source: _Bytes) -> bool:
    assigned = _assigned(statement)
    return assigned is None or source.end(assigned[1]) != source.end(statement)


def _as_chain(run: list[ast.stmt], source: _Bytes) -> str:
    first = _assigned(run[0])
    assert first is not None
    indent = source.indentation(run[0])
    value = source.slice(source.start(first[1]), source.end(first[1]))
    lines = [f"{first[0]} = ({value}{source.behind(run[0])}"]
    for statement in run[1:]:
        assigned = _assigned(statement)
        assert assigned is not None
        root, _ = _chain(assigned[1])
        link = source.slice(source.end(root), source.end(assigned[1])).lstrip()
        lines.append(f"{indent}    {link}{source.behind(statement)}")
    return "\n".join([*lines, f"{indent})"])


def _as_statements(statement: ast.stmt, source: _Bytes) -> str | None:
    value = statement.value if isinstance(statement, ast.Assign | ast.Expr | ast.Return) else None
    if value is None or not source.is_alone(statement):
        return None
    root, calls = _chain(value)
    if calls and isinstance(root, ast.Name | ast.Attribute) and _is_module(calls[0]):
        root, calls = calls[0], calls[1:]  # daft.read_parquet(...): a source, no step
    if len(calls) < 2 and not (calls and isinstance(root, ast.Call)):
        return None
    assigned = _assigned(statement)
    if isinstance(statement, ast.Assign) and assigned is None:
        return None
    name = assigned[0] if assigned else "zz_step"
    used = [n.id for n in ast.walk(value) if isinstance(n, ast.Name) and n.id == name]
    if len(used) > (isinstance(root, ast.Name) and root.id == name):
        return None
    return _written(statement, name, root, calls, source)


def _is_module(call: ast.Call) -> bool:
    function = call.func
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "daft"


def _written(statement: ast.stmt, name: str, root: ast.expr, calls: list[ast.Call], source: _Bytes) -> str | None:
    indent = source.indentation(statement)
    steps: list[ast.expr] = [root, *calls]
    if not isinstance(root, ast.Call):  # the first step starts from the name
        steps = [*calls]
    lines: list[str] = []
    for index, step in enumerate(steps):
        if index == 0:
            text = source.slice(source.start(root), source.end(step))
        else:
            between = source.slice(source.end(steps[index - 1]), source.end(step))
            comments, text = _without_lead(between)
            lines = _behind(lines, comments, indent)
            text = name + text
        if "\\\n" in text:
            return None
        is_last = index == len(steps) - 1
        prefix = f"{name} = " if not is_last or isinstance(statement, ast.Assign) else ""
        if is_last and isinstance(statement, ast.Return):
            prefix = "return "
        lines.append(f"{prefix}{text}")
    comments, _ = _without_lead(source.slice(source.end(steps[-1]), source.line_end(statement)))
    return f"\n{indent}".join(_behind(lines, comments, indent))


def _without_lead(between: str) -> tuple[list[str], str]:
    """The comments before a link, or behind the last one, and the link from its dot on."""
    comments: list[str] = []
    rest = between
    while match := re.match(r"[\s\\)]*(#[^\n]*)", rest):
        comments.append(match.group(1))
        rest = rest[match.end() :]
    return comments, rest.lstrip(" \t\n\\)")


def _behind(lines: list[str], comments: list[str], indent: str) -> list[str]:
    """The lines with the comments behind the last: the first on its line, the others below."""
    if not comments:
        return lines
    return [*lines[:-1], f"{lines[-1]}  {comments[0]}", *comments[1:]]


def _spliced(source: _Bytes, replacements: list[tuple[int, int, str]]) -> str | None:
    if not replacements:
        return None
    result, at = b"", 0
    for start, end, new in sorted(replacements):
        if start < at:
            return None
        result += source.source[at:start] + new.encode()
        at = end
    text = (result + source.source[at:]).decode()
    ast.parse(text)
    return text
