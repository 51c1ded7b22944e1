"""What a fixture can be changed into without a change of what it means: other bytes, other places, other names, other
spellings of a chain. Each takes and gives text; `None` where the fixture has nothing that it could change."""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Change = Callable[[str], "str | None"]


@dataclass(frozen=True)
class Variation:
    """`change` gives the text; `encode` its bytes. `same_lines`: the findings keep their place relative to their
    marker. `maps_fixed`: the same change of the fixed text gives the text that the fix must make."""

    name: str
    change: Change
    encode: Callable[[str], bytes] = str.encode
    same_lines: bool = True
    maps_fixed: bool = True
    of_silent: bool = True
    """Worth the time on fixtures with no findings: the variation changes how the code reads, not only its bytes."""


class _Lines:
    """The lines of a text and which of them begin inside a string, where whitespace is content."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.inside_string: set[int] = set()
        self.comment_at: dict[int, int] = {}
        self.tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        for kind, string, (row, column), _ in string_spans(self.tokens):
            if kind == tokenize.COMMENT:
                self.comment_at[row] = column
            else:
                self.inside_string.update(range(row + 1, row + string + 1))


def string_spans(tokens: list[tokenize.TokenInfo]) -> Iterator[tuple[int, int, tuple[int, int], tuple[int, int]]]:
    """Comments, and strings with the number of line breaks in them (3.12 gives the partitions of an f-string apart)."""
    start: list[tuple[int, int]] = []
    begins = {getattr(tokenize, name, -1) for name in ("FSTRING_START", "TSTRING_START")}
    ends = {getattr(tokenize, name, -1) for name in ("FSTRING_END", "TSTRING_END")}
    for token in tokens:
        if token.type == tokenize.COMMENT:
            yield tokenize.COMMENT, 0, token.start, token.end
        elif token.type == tokenize.STRING:
            yield tokenize.STRING, token.end[0] - token.start[0], token.start, token.end
        elif token.type in begins:
            start.append(token.start)
        elif token.type in ends:
            first = start.pop()
            yield tokenize.STRING, token.end[0] - first[0], first, token.end


# bytes


def same(text: str) -> str | None:
    return text


def no_last_newline(text: str) -> str | None:
    return text.rstrip("\n")


def tabs(text: str) -> str | None:
    lines = _Lines(text)
    changed = []
    for row, line in enumerate(lines.lines, 1):
        blanks = len(line) - len(line.lstrip(" "))
        if row not in lines.inside_string and blanks >= 4:
            line = "\t" * (blanks // 4) + " " * (blanks % 4) + line[blanks:]
        changed.append(line)
    return _changed(text, "".join(changed))


def commented(text: str) -> str | None:
    """A comment at the end of every line that can have one."""
    lines = _Lines(text)
    changed = []
    for row, line in enumerate(lines.lines, 1):
        body = line.rstrip("\n")
        free = body.strip() and row not in lines.comment_at and row + 1 not in lines.inside_string
        if free and not body.endswith("\\") and _ends_code(body):
            body += f"  # c{row}"
        changed.append(body + line[len(line.rstrip("\n")) :])
    return "".join(changed)


def _ends_code(body: str) -> bool:
    return not body.lstrip().startswith(('"""', "'''", 'r"""'))


def cookie(text: str) -> str | None:
    return "# -*- coding: latin-1 -*-\n" + text


def to_latin_1(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def form_feed(text: str) -> str | None:
    head, body = split_head(text)
    return f"{head}\f\n{body}" if body else None


def to_crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def to_bom(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.encode()


# places


def split_head(text: str) -> tuple[str, str]:
    """The docstring, comments and imports that a file begins with, and the rest."""
    tree = ast.parse(text)
    last = 0
    for index, statement in enumerate(tree.body):
        is_docstring = index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not is_docstring and not isinstance(statement, ast.Import | ast.ImportFrom):
            break
        last = statement.end_lineno or last
    lines = text.splitlines(keepends=True)
    while last < len(lines) and (not lines[last].strip() or _is_config(lines, last)):
        last += 1
    return "".join(lines[:last]), "".join(lines[last:])


def _is_config(lines: list[str], row: int) -> bool:
    """A line of the block of comments that holds the fixture's configuration."""
    while row and lines[row].startswith("#"):
        if lines[row].startswith("# daft-lint.toml:"):
            return True
        row -= 1
    return lines[row].startswith("# daft-lint.toml:")


def _indented(body: str, by: str) -> str:
    lines = _Lines(body)
    return "".join(
        line if row in lines.inside_string or not line.strip() else by + line for row, line in enumerate(lines.lines, 1)
    )


def _wrapped(text: str, opening: str, closing: str = "", depth: int = 1) -> str | None:
    head, body = split_head(text)
    if not body.strip() or re.search(r"^\s*(global|nonlocal|from \S+ import \*)", body, re.MULTILINE):
        return None
    return f"{head}{opening}{_indented(body, '    ' * depth)}{closing}"


def in_function(text: str) -> str | None:
    return _wrapped(text, "def zz_run():\n", "\n\nzz_run()\n")


def in_main(text: str) -> str | None:
    return _wrapped(text, 'if __name__ == "__main__":\n')


def in_method(text: str) -> str | None:
    return _wrapped(text, "class ZzJob:\n    def zz_run(self):\n", "\n\nZzJob().zz_run()\n", depth=2)


def in_branch(text: str) -> str | None:
    if "set_runner" in text:  # set in a branch, the runner is no longer known
        return None
    return _wrapped(text, "if len(__file__) > 3:\n")


# names


def under_alias(text: str) -> str | None:
    """`import daft as zz_daft`."""
    if not re.search(r"^\s*import daft$", text, re.MULTILINE) or re.search(r"^\s*import daft\.", text, re.MULTILINE):
        return None
    if _names_in_f_strings(ast.parse(text)) & {"daft"}:
        return None
    renamed = rename(text, {"daft": "zz_daft"})
    return re.sub(r"^(\s*)import zz_daft\b", r"\1import daft as zz_daft", renamed, flags=re.MULTILINE)


def renamed(text: str) -> str | None:
    """Every local name under another name."""
    names = local_names(text)
    return rename(text, {name: f"zz_{name}" for name in names}) if names else None


def local_names(text: str) -> set[str]:
    """The names that the file binds itself and that no string, keyword or attribute can refer to."""
    tree = ast.parse(text)
    bound: set[str] = set()
    kept = set(dir(builtins)) | set(keyword.kwlist) | {"self", "cls", "main"} | _names_in_f_strings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ClassDef):
            bound.add(node.name)
            kept.update(_bound_in_class(node))
        elif isinstance(node, ast.alias):
            kept.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.keyword) and node.arg:
            kept.add(node.arg)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            kept.update(node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            kept.update(re.findall(r"\A\w+\Z", node.value))
    return {name for name in bound - kept if not name.startswith("__")}


def _bound_in_class(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        else:
            yield from (n.id for n in ast.walk(statement) if isinstance(n, ast.Name))


def _names_in_f_strings(tree: ast.AST) -> set[str]:
    """Python before 3.12 has an f-string as one token, so its names cannot be renamed."""
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr))
    return {n.id for string in strings for n in ast.walk(string) if isinstance(n, ast.Name)}


def rename(text: str, names: dict[str, str]) -> str:
    lines = text.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    hits = []
    in_from = False
    before = ""
    for token in tokens:
        if token.type == tokenize.NAME and token.string == "from" and before in ("", "\n"):
            in_from = True
        if token.type == tokenize.NEWLINE:
            in_from = False
        if token.type == tokenize.NAME and token.string in names and before != "." and not in_from:
            hits.append(token)
        if token.type not in (tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.COMMENT):
            before = "\n" if token.type == tokenize.NEWLINE else token.string
    for token in reversed(hits):
        row, column = token.start
        line = lines[row - 1]
        lines[row - 1] = line[:column] + names[token.string] + line[column + len(token.string) :]
    return "".join(lines)


# chains


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


def _changed(before: str, after: str) -> str | None:
    return after if after != before else None


VARIATIONS = (
    Variation("plain", same),
    Variation("crlf", same, to_crlf, of_silent=False),
    Variation("bom", same, to_bom, of_silent=False),
    Variation("no_last_newline", no_last_newline, of_silent=False),
    Variation("tabs", tabs, of_silent=False),
    Variation("cookie", cookie, to_latin_1, of_silent=False),
    Variation("form_feed", form_feed, of_silent=False),
    Variation("commented", commented, maps_fixed=False, of_silent=False),
    Variation("function", in_function),
    Variation("main", in_main),
    Variation("method", in_method),
    Variation("branch", in_branch),
    Variation("alias", under_alias),
    Variation("renamed", renamed, maps_fixed=False),
    Variation("one_chain", one_chain, same_lines=False, maps_fixed=False),
    Variation("statements", one_statement_a_step, same_lines=False, maps_fixed=False),
)
