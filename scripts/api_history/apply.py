"""Applies one row of `api_history.tsv` to a text: the reference for what its rewrite means.

The pairs of the proof hold the result as well, so that the linter's own codemod can be held to the same texts. Names
are told by their spelling only (`daft.read_lance`, a method of that name), which is enough for the proof's scripts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from daft_lint.pipeline.catalog.history.changes import Change
from daft_lint.pipeline.catalog.history.lookup import concerned
from daft_lint.pipeline.catalog.history.rewrites import BoundCall, NotBound, bind

METHOD_OWNERS = frozenset(
    "Expression DataFrame GroupedDataFrame Window Series Catalog Table DaftContext File DataType".split()
)


def apply(change: Change, source: str) -> str | None:
    """The text with the first use of the old spelling rewritten, or None where there is none to rewrite."""
    assert change.rewrite is not None
    if change.rewrite.is_udf or change.rewrite.defined:
        return None
    for node in _uses(change, ast.parse(source)):
        if isinstance(node, ast.Attribute):
            return _replaced(source, node, _respelled(change, source, node))
        try:
            bound = _bound(change, source, node)
        except NotBound:
            continue
        if concerned(change, bound) and (change.condition is None or change.condition.holds(bound)):
            text = _call(change, source, node, bound)
            if text != _text(source, node):
                return _replaced(source, node, text)
    return None


def _uses(change: Change, tree: ast.Module) -> Iterator[ast.Call | ast.Attribute]:
    """Innermost first, so that a rewrite never moves text that another one has yet to read."""
    assert change.rewrite is not None
    wanted = change.name.split(".")
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found: list[ast.Call | ast.Attribute] = []
    for node in ast.walk(tree):
        if change.rewrite.respelled:
            if isinstance(node, ast.Attribute) and _is(wanted, node):
                found.append(node)
        elif isinstance(node, ast.Call) and _is(wanted, node.func):
            node.is_statement = id(node) in statements  # type: ignore[attr-defined]
            found.append(node)
    yield from sorted(found, key=lambda n: (n.end_lineno or 0, n.end_col_offset or 0))


def _is(wanted: list[str], node: ast.expr) -> bool:
    spelled: list[str] = []
    while isinstance(node, ast.Attribute):
        spelled.insert(0, node.attr)
        node = node.value
    root = node.id if isinstance(node, ast.Name) else None
    if [root, *spelled][-len(wanted) :] == wanted:
        return True
    if wanted[0] in METHOD_OWNERS:
        return spelled[-len(wanted) + 1 :] == wanted[1:] and root != "daft"
    return False


def _bound(change: Change, source: str, node: ast.Call) -> BoundCall:
    if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        raise NotBound("*")
    positional = [_text(source, a) for a in node.args]
    keywords = {str(k.arg): _text(source, k.value) for k in node.keywords}
    return bind(
        change.signature,
        positional,
        keywords,
        is_statement=getattr(node, "is_statement", False),
        is_expression=lambda text: text.startswith(("col(", "daft.col(", "daft.lit(")),
    )


def _call(change: Change, source: str, node: ast.Call, bound: BoundCall) -> str:
    rewrite = change.rewrite
    assert rewrite is not None
    if rewrite.template:
        return rewrite.called(_receiver(change, source, node), bound)
    function = _text(source, node.func)
    if rewrite.to:
        function = rewrite.to
        if function.startswith("."):
            function = _receiver(change, source, node) + function
    return f"{function}({', '.join(rewrite.arguments(bound))})"


def _receiver(change: Change, source: str, node: ast.Call) -> str:
    """What the method is called on, without the namespace; empty for a function. Parentheses around it are kept."""
    parts = change.name.split(".")[1:]
    function = _text(source, node.func)
    tail = re.search(r"\s*\.\s*".join(["", *map(re.escape, parts)]) + "$", function)
    return function[: tail.start()] if tail and parts else ""


def _respelled(change: Change, source: str, node: ast.Attribute) -> str:
    assert change.rewrite is not None
    target = change.rewrite.respelled
    return _text(source, node.value) + target if target.startswith(".") else target


def _offset(source: str, line: int, column: int) -> int:
    lines = source.encode().splitlines(keepends=True)
    return sum(map(len, lines[: line - 1])) + column


def _replaced(source: str, node: ast.expr, text: str) -> str:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    raw = source.encode()
    start = _offset(source, node.lineno, node.col_offset)
    end = _offset(source, node.end_lineno, node.end_col_offset)
    return (raw[:start] + text.encode() + raw[end:]).decode()


def _text(source: str, node: ast.expr) -> str:
    return ast.get_source_segment(source, node) or ""
