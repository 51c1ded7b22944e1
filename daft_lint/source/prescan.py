"""What the text of a file tells without LibCST."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from daft_lint.source.pytest_names import is_test_file, is_test_function
from daft_lint.source.python_words import Uses

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_CLS = re.compile(r"[@.]\s*cls\b")
_JSON_ESCAPE = re.compile(rb"\\[nrt]")
# Every repetition that a hostile text could have tried again and again is bounded.
_IMPORT = re.compile(
    r"""(?x)
    \bfrom(?:\s{1,99}|(?=\.)) (?P<module>[.\w](?:[.\w\ ]{0,300}?[.\w])?) (?:\s{1,99}|(?<=\.))import\b\s{0,99}
        (?P<names> \((?:[^()\#]|\#[^\n]{0,300}\n){0,4000}\) | [^\n;\#]{0,4000} )
  | \bimport\s{1,99} (?P<modules> [^\n;\#]{0,4000} )
    """
)
_ALIASED = re.compile(r"(?P<name>\w[\w.]*|\*)(?:\s+as\s+(?P<bound>\w+))?")
_RECEIVER = re.compile(r"[\w.]*\Z")
_MAX_RECEIVER = 80
_LIBRARIES = frozenset({"daft", "numpy", "pandas", "polars", "pyarrow"})
_NO_MODULES_OF_THE_TREE = _LIBRARIES | {"pytest", "ray"}
_SUITES = ("body", "orelse", "finalbody", "handlers", "cases")


class Import(NamedTuple):
    """`from module import name as bound`; for `import module as bound`, `name` is empty. `level` counts the dots. Each
    `from` gives one for the module itself too, with neither."""

    module: str
    level: int
    name: str
    bound: str


class Prescan:
    """What a file's text tells: at times too much, of comments and strings too, but never too little."""

    def __init__(self, path: str, raw: bytes, *, is_imported: bool = False) -> None:
        self.path = path
        self.raw = raw
        self.is_imported = is_imported
        """It is asked for those that import it, and what it holds is used there."""

    @cached_property
    def text(self) -> str:
        """The file's text, of a notebook its JSON; what is no UTF-8 stands for itself."""
        raw = _JSON_ESCAPE.sub(b"\n", self.raw) if self.path.endswith(".ipynb") else self.raw
        text = raw.decode("utf-8", "replace")
        return text.replace("\\\r\n", " ").replace("\\\n", " ") if "\\" in text else text

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every word; of a script that this Python can parse, those that `Uses.words` has. `cls` counts where it can be
        Daft's and is not just what a method calls its class."""
        if self.uses is not None:
            return frozenset(self.uses.words)
        words = frozenset(_IDENTIFIER.findall(self.text))
        if "cls" in words and not _CLS.search(self.text) and not any(one.name in ("cls", "*") for one in self.imports):
            return words - {"cls"}
        return words

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """What it imports, wherever that stands."""
        return tuple(_imports(self.text))

    @property
    def is_broken(self) -> bool:
        """A script that this Python cannot parse."""
        return self.is_script and self.tree is None

    @property
    def is_script(self) -> bool:
        return self.path.endswith((".py", ".pyi"))

    @cached_property
    def tree(self) -> ast.Module | None:
        """Python's own tree of a script; None for a notebook or Markdown, or where this Python cannot parse it."""
        if not self.is_script:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.raw)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    @property
    def is_of_tests(self) -> bool:
        """A file of pytest's that is asked for its own sake."""
        return is_test_file(self.path) and not self.is_imported

    @cached_property
    def uses(self) -> Uses | None:
        """How a script uses its words; None where Python has no tree of it, or a comment in it may state facts."""
        return None if self.tree is None or b"daft-lint" in self.raw else Uses.of([self.tree])

    @cached_property
    def outside_tests(self) -> frozenset[str]:
        """The identifiers outside of what pytest alone calls, whose pipelines no rule looks at."""
        uses = self.uses_outside_tests
        return self.identifiers if uses is None else frozenset(uses.words)

    @cached_property
    def uses_outside_tests(self) -> Uses | None:
        """How what pytest does not call uses its words."""
        if self.uses is None or self.tree is None or not is_test_file(self.path):
            return self.uses
        tests = set(_pytest_functions(self.tree))
        parts: list[ast.stmt] = []
        for node in self.tree.body:
            parts += [one for one in node.body if one not in tests] if isinstance(node, ast.ClassDef) else [node]
        rest = Uses.of(one for one in parts if one not in tests)
        return self.uses if any(node.name in rest.words for node in tests) else rest

    @cached_property
    def calls_modules(self) -> bool:
        """Whether it may call what other modules of the tree define, tests left out."""
        uses = self.uses_outside_tests
        return uses is None or uses.uses_modules(_NO_MODULES_OF_THE_TREE)

    def calls_on_objects(self, prefixes: tuple[str, ...]) -> bool:
        """Whether a method whose name begins with a prefix is called on what is not, by its import, a library."""
        named = (one for one in self.imports if one.bound and not one.level)
        libraries = {one.bound for one in named if one.module.partition(".")[0] in _LIBRARIES}
        calls = re.finditer(rf"\.\s{{0,99}}(?:{'|'.join(prefixes)})", self.text)
        return any(_receiver(self.text, call.start()).partition(".")[0] not in libraries for call in calls)

    def drops_result_of(self, methods: frozenset[str]) -> bool:
        """Whether a call of one of these methods is a statement of its own, as far as can be told."""
        if self.identifiers.isdisjoint(methods):
            return False
        return self.tree is None or any(method in methods for method in _dropped(self.tree))


def _receiver(text: str, end: int) -> str:
    """The dotted name that ends at `end`; "" for anything else."""
    found = _RECEIVER.search(text[max(end - _MAX_RECEIVER, 0) : end].rstrip())
    return found.group() if found is not None else ""


def _imports(text: str) -> Iterator[Import]:
    for match in _IMPORT.finditer(text):
        module = "".join((match["module"] or "").split())
        level = len(module) - len(module.lstrip("."))
        if module:
            yield Import(module[level:], level, "", "")
        for name in _ALIASED.finditer(match["names"] or match["modules"] or ""):
            if module:
                yield Import(module[level:], level, name["name"], name["bound"] or name["name"])
            else:
                yield Import(name["name"], 0, "", name["bound"] or name["name"].partition(".")[0])


def _dropped(tree: ast.Module) -> Iterator[str]:
    """The last method of each expression statement that calls one."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        for suite in _SUITES:
            pending += getattr(node, suite, None) or ()
        value = node.value if isinstance(node, ast.Expr) else None
        call = value.value if isinstance(value, ast.Await) else value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            yield call.func.attr


def _pytest_functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions and methods of a module that pytest alone calls."""
    for node in tree.body:
        class_name = node.name if isinstance(node, ast.ClassDef) else None
        for one in node.body if isinstance(node, ast.ClassDef) else [node]:
            if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if is_test_function(one.name, _decorator_names(one), class_name):
                yield one


def _decorator_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """The last names of the decorators."""
    calls = (d.func if isinstance(d, ast.Call) else d for d in node.decorator_list)
    return frozenset(d.attr if isinstance(d, ast.Attribute) else getattr(d, "id", "") for d in calls)
