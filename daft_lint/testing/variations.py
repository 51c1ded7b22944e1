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

from daft_lint.dataclass import dataclass
from daft_lint.testing.chains import one_chain, one_statement_a_step

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
        for token in self.tokens:
            if token.type == tokenize.COMMENT:
                self.comment_at[token.start[0]] = token.start[1]
        for first, last in _string_rows(self.tokens):
            self.inside_string.update(range(first + 1, last + 1))


def _string_rows(tokens: list[tokenize.TokenInfo]) -> Iterator[tuple[int, int]]:
    """The first and the last row of each string; of an f-string as a whole, whose parts are tokens from 3.12 on."""
    start: list[int] = []
    begins = {getattr(tokenize, name, -1) for name in ("FSTRING_START", "TSTRING_START")}
    ends = {getattr(tokenize, name, -1) for name in ("FSTRING_END", "TSTRING_END")}
    for token in tokens:
        if token.type == tokenize.STRING:
            yield token.start[0], token.end[0]
        elif token.type in begins:
            start.append(token.start[0])
        elif token.type in ends:
            yield start.pop(), token.end[0]


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
    after = "".join(changed)
    return after if after != text else None


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
