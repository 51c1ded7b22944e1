"""Nodes as they are written, each as LibCST writes it by itself."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from daft_lint.source.code import code_in
from daft_lint.source.document import Document

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "rules").glob("*/found_a*.py"))
TEXTS = {
    "calls in each other": "x = f(g(h(1), *a, **b), c=d.e(2)).i(3)[4].j\n",
    "parentheses": "x = ((a).b((c), (d)).e)\n",
    "lines": "if x:\n    y = (\n        df\n        # why\n        .a(  1, )\n        .b()\n    )\n",
    "in a lambda": "x = f(lambda a, b=c.d(1): a.e(b).g)\n",
    "in a string": "x = f(f'{a.b(1)!r:>{c.d}}')\n",
    "statements": "@a.b(1)\ndef f(x: c.d = e.f()) -> g.h:\n    with i.j(2) as k, l.m(): await n.o()\n    return p.q\n",
    "in a comprehension": "x = [a.b(c) for c in d.e(f) if g.h(c)]\n",
    "line ends": "x = (a\r\n  .b(\r\n 1))\r\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_each_node_is_written_as_by_itself(name: str) -> None:
    check(TEXTS[name].encode())


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_each_node_of_a_fixture_is_written_as_by_itself(path: Path) -> None:
    check(path.read_bytes())


def check(raw: bytes) -> None:
    (cell,) = Document.from_bytes("a.py", raw).cells
    nodes = [node for node in cell.parents if isinstance(node, cst.Call | cst.Attribute | cst.Name)]
    assert nodes
    for node in reversed(nodes):
        assert code_in(cell, node) == cst.Module(body=[]).code_for_node(node)
