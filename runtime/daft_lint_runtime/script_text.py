"""A script as it is run, and what its text says: which UDFs a finding is about, how large batches may be."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from daft_lint.api.finding import Finding
from daft_lint.source.document import Document
from daft_lint.source.kinds import kind_of
from daft_lint_runtime.spec import VerifyError


def as_script(path: str, text: bytes) -> bytes:
    """The text of a file as Python runs it: of a notebook its code cells, one after another, without magics.

    Raises `VerifyError` for what is no notebook.
    """
    if kind_of(path) != "notebook":
        return text
    document = Document.from_bytes(path, text)
    if document.failure is not None:
        raise VerifyError(f"{path}: {document.failure}")
    return b"\n".join(cell.source for cell in document.cells)


def batch_bound(text: bytes) -> int:
    """The largest n of the text's `into_batches(n)`, a literal or a constant of the module; 0 where there is none."""
    tree = _parsed(text)
    constants = {
        target.id: statement.value.value
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    found = [0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "into_batches":
            for argument in node.args[:1]:
                value = argument.value if isinstance(argument, ast.Constant) else None
                value = constants.get(argument.id) if isinstance(argument, ast.Name) else value
                found += [value] if isinstance(value, int) else []
    return max(found)


def involved_udfs(finding: Finding, text: bytes, called: Iterable[str]) -> tuple[str, ...]:
    """The UDFs, by qualified name, that the finding points at: of those that were `called`, the one that is called at
    its place, or whose definition is a related place. Empty where none can be told (as in a notebook); all count then.
    """
    called = set(called)
    words = _names_at(text, finding.span.line, finding.span.end_line)
    at_place = tuple(sorted(n for n in called if words.intersection(n.split("."))))
    if at_place:
        return at_place
    lines = [r.span.line for r in finding.related if r.span.path == finding.span.path]
    defined = [d for d in _definitions(text) if any(d.first <= line <= d.last for line in lines)]
    return tuple(sorted(n for n in called if any(n.endswith(d.name) for d in defined)))


def _names_at(text: bytes, first: int, last: int) -> set[str]:
    """The names in the calls of some lines, and the classes behind names that are instances (`model = Model()`)."""
    names: set[str] = set()
    classes: dict[str, str] = {}
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
            classes.update({t.id: node.value.func.id for t in node.targets if isinstance(t, ast.Name)})
        if isinstance(node, ast.Call) and first <= node.lineno and (node.end_lineno or node.lineno) <= max(last, first):
            names.update(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name))
            names.update(n.attr for n in ast.walk(node.func) if isinstance(n, ast.Attribute))
    return names | {classes[n] for n in names if n in classes}


@dataclass(frozen=True)
class _Definition:
    """A function or method with its lines, decorators included."""

    name: str
    first: int
    last: int


def _definitions(text: bytes) -> list[_Definition]:
    return [
        _Definition(
            node.name, min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.end_lineno or node.lineno
        )
        for node in ast.walk(_parsed(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def _parsed(text: bytes) -> ast.Module:
    """The text's tree; an empty one where it does not parse."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])
