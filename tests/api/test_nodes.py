"""What rules ask of nodes."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from daft_lint.api.nodes import enclosing, replaceable
from daft_lint.pipeline.model import NodeRef
from daft_lint.source.document import Document


def node_in(text: str, pattern: m.BaseMatcherNode) -> NodeRef:
    """The one node of a script that a pattern matches."""
    (cell,) = Document.from_bytes("a.py", text.encode()).cells
    (node,) = m.findall(cell.module, pattern)
    return NodeRef(cell, node)


def test_what_encloses_a_node() -> None:
    number = node_in("class A:\n    def f(self):\n        for x in y:\n            g(lambda: 64)\n", m.Integer("64"))
    assert [type(node).__name__ for node in enclosing(number)] == [
        *("Lambda", "Arg", "Call", "Expr", "SimpleStatementLine", "IndentedBlock", "For"),
        *("IndentedBlock", "FunctionDef", "IndentedBlock", "ClassDef", "Module"),
    ]


def test_what_encloses_a_node_by_its_type() -> None:
    number = node_in("def f():\n    def g():\n        h(64)\n    return g\n", m.Integer("64"))
    functions = [node.name.value for node in enclosing(number, cst.FunctionDef) if isinstance(node, cst.FunctionDef)]
    assert functions == ["g", "f"]
    assert next(enclosing(number, cst.ClassDef, cst.Lambda), None) is None


def test_nothing_encloses_a_module_or_a_node_of_another_tree() -> None:
    number = node_in("x = 64\n", m.Integer("64"))
    assert not list(enclosing(NodeRef(number.cell, number.cell.module)))
    assert not list(enclosing(NodeRef(number.cell, cst.Integer("64"))))


def test_a_number_that_callers_decide_cannot_be_replaced() -> None:
    assert replaceable(node_in("n = 8\ndf.limit(n * 2)\n", m.BinaryOperation()))
    assert not replaceable(node_in("def f(n):\n    df.limit(n * 2)\n", m.BinaryOperation()))
    assert not replaceable(node_in("f = lambda *, n: df.limit(n * 2)\n", m.BinaryOperation()))
    assert not replaceable(node_in("df.limit(args.n * 2)\n", m.BinaryOperation()))
