"""A bare statement that is completed is the one that LibCST's parser makes, of the same nodes as before."""

from __future__ import annotations

import json
from pathlib import Path

import libcst as cst
import pytest

from daft_lint.source.bare_nodes import CannotComplete, Unwritten
from daft_lint.source.completion import code_in_line, completed
from daft_lint.source.deep import run_deep
from daft_lint.source.document import Cell, Document
from daft_lint.source.positions import Positions
from daft_lint.source.tree import nodes_in
from tests.source.test_python_tree import MATCH, STATEMENTS

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "rules").glob("DFT1*/*.py"))
LIBRARY = sorted(Path(json.__file__).parents[1].glob("s*.py"))
STRINGS = r'''
def f():
    """A docstring."""
    return "a" 'b' f"{c!r:>{d}} {{e}}" rb"""
f""" "\"", f'g{"h"}' "i", f"""{
    j}""", "k" \
      "l" # m
'''


def bare_cell(text: str) -> Cell:
    (cell,) = Document.from_bytes("a.py", text.encode()).bare().cells
    assert cell.module.body
    assert cell.is_incomplete
    return cell


def check(text: str) -> None:
    cell, whole = bare_cell(text), cst.parse_module(text)
    assert cell.module.default_indent == whole.default_indent
    for statement, other in zip(cell.module.body, whole.body, strict=True):
        before = list(nodes_in(statement))
        completed(statement)
        assert list(nodes_in(statement)) == before
        assert not any(type(getattr(node, "lpar", None)) is Unwritten for node in before)
        assert written(cell.module, statement) == written(whole, other)


def written(module: cst.Module, statement: cst.CSTNode) -> str:
    """A statement as it is written, but for comments around it: those behind a body may stand above the next one."""
    lines = [line.strip() for line in module.code_for_node(statement).splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("text", [STATEMENTS.replace("a[b][c].d", "(a[b] [c]) . d"), MATCH, "if a:\n  b\nelse:\n  c"])
def test_every_kind_of_statement(text: str) -> None:
    check(text)


def test_strings_side_by_side() -> None:
    check(STRINGS.replace('rb"""\nf"""', 'r"""\nf"""'))


@pytest.mark.parametrize("path", [*FIXTURES[::5], *LIBRARY], ids=lambda path: path.name)
def test_scripts_and_modules(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("\f", "").replace("daft-lint", "daft")
    run_deep(lambda: check(text))


def test_positions_are_those_of_a_whole_parse() -> None:
    text = "import a  # b\n\n# c\nd = (e . f( 'g' 'h', ) )\nwhile d: pass"
    cell = bare_cell(text)
    (whole,) = Document.from_bytes("a.py", text.encode()).cells
    for node, other in zip(nodes_in(cell.module), nodes_in(whole.module), strict=True):
        if node is not cell.module:
            assert Positions(cell).span(node) == Positions(whole).span(other)


def test_a_copy_is_written_as_its_statement() -> None:
    cell = bare_cell("if ( a!='b' ): c\n")
    test = cell.module.body[0].test
    copy = test.with_changes(comparisons=[test.comparisons[0].with_changes(operator=cst.Equal())])
    assert code_in_line(copy) == "a == 'b'"


def test_what_differs_is_refused() -> None:
    cell = bare_cell("a = f'{b=}'\n")
    assert not cell.document.is_unfit
    with pytest.raises(CannotComplete):
        completed(cell.module.body[0])
    assert cell.document.is_unfit
