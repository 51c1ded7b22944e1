"""Code of other projects as inputs: each file as it is, and with a pipeline of the fixtures at its top, in one of its
functions and in one of its classes. One of the three is checked, one planned and one fixed, by turns."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import grammar
from .inputs import Input, seeds

PLACES = ("as it is", "top", "function", "class")
COMMANDS = (
    ("check", "a.py", "--format", "json"),
    ("plan", "a.py", "--format", "json"),
    ("fix", "a.py", "--apply", "--unsafe"),
)
EACH = len(PLACES)
"""Inputs for each file."""
TRIES = 20
"""How many fixtures are tried until one fits: `import *` stands in no function."""


def files(folders: Sequence[Path]) -> list[Path]:
    """The scripts below the folders, each text once."""
    found = {path.read_bytes(): path for folder in folders for path in sorted(folder.rglob("*.py")) if path.is_file()}
    return sorted(found.values())


def hosted(paths: Sequence[Path], number: int) -> Input:
    """Input `number`: one file, one place, one command. The same files give the same inputs."""
    turn, which = divmod(number, EACH)
    path, place = paths[turn], PLACES[which]
    arguments = COMMANDS[(turn + which) % len(COMMANDS)] if which else COMMANDS[0]
    host = path.read_bytes()
    raw = with_pipeline(random.Random(f"{path.name}/{place}"), host, place)
    may_write = frozenset({"a.py"}) if "--apply" in arguments else frozenset[str]()
    kind = "apply" if may_write else "host"
    return Input(kind, (("a.py", raw),), arguments, may_write=may_write, host=host)


def with_pipeline(random: random.Random, host: bytes, place: str) -> bytes:
    """The file with a fixture in a place of this kind; as it is where it has none that a fixture fits into."""
    if place == "as it is":
        return host
    tree = grammar.parsed(host)
    spots = list(_spots(tree, place)) if tree else [(0, 0)]
    lines = host.splitlines(keepends=True)
    for _ in range(TRIES if spots else 0):
        at, columns = random.choice(spots)
        margin = b" " * columns
        if lines[at : at + 1] and lines[at][:columns].strip(b" ") != b"":
            margin = lines[at][:columns]  # tabs
        pipeline = [margin + line for line in random.choice(seeds()).splitlines(keepends=True)]
        raw = b"".join([*lines[:at], *pipeline, *lines[at:]])
        if tree is None or grammar.parsed(raw) is not None:
            return raw
    return host


def _spots(tree: ast.Module, place: str) -> Iterator[tuple[int, int]]:
    """Indexes of lines that a statement may go before, and its indent in bytes."""
    if place == "top":
        future = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
        head = future or (tree.body[:1] if ast.get_docstring(tree, clean=False) is not None else [])
        yield (head[-1].end_lineno or 0 if head else 0), 0
        return
    kinds = (ast.ClassDef,) if place == "class" else (ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, kinds):
            first = node.body[0]
            decorators = getattr(first, "decorator_list", [])
            line = min([first.lineno, *(decorator.lineno for decorator in decorators)])
            if line > node.lineno:
                yield line - 1, first.col_offset
