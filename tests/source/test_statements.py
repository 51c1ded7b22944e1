"""What an edit leaves as it was is shared: the tree of the new text is the one that a whole parse makes."""

import libcst as cst
import pytest

from daft_lint.source.document import Document
from daft_lint.source.positions import Positions
from daft_lint.source.statements import spans_of_statements
from daft_lint.source.tree import nodes_in, parents_of

BEFORE = """# -*- coding: utf-8 -*-
import daft; x = 1

# above
@daft.func
def f(a):
    return a
    # behind the body

class C:

  def g(self): return f(self)

\tif_not = (
  1,
)
df = daft.read_parquet("a"); df.show()
df.show()
df.show()
# the end
""".replace("\tif_not", "if_not")
EDITS = {
    "statement": ("df.show()\ndf.show()", "df.show()\ndf.limit(3).show()"),
    "on one line": ('"a"); df', '"é"); df'),
    "function": ("return a\n", "return a + 1\n"),
    "class": ("return f(self)", "return f(self) or 1"),
    "import": ("import daft;", "import os\nimport daft;"),
    "removed": ("df.show()\n# the", "# the"),
    "comment above": ("# above", "# over"),
    "first": ("import daft; x = 1", "import daft"),
    "nothing": ("x", "x"),
}


def parsed(text: str) -> Document:
    document = Document.from_bytes("script.py", text.encode())
    assert document.cells[0].module is not None
    return document


def written(node: cst.CSTNode) -> list[str]:
    """A statement as it is written, but for comments behind a body: those may stand above the next statement."""
    return [line for line in cst.Module([]).code_for_node(node).splitlines() if line and "behind" not in line]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("edit", EDITS)
def test_a_shared_tree_is_what_a_parse_makes(edit: str, newline: str) -> None:
    before = parsed(BEFORE.replace("\n", newline))
    after = BEFORE.replace(*EDITS[edit], 1).replace("\n", newline)
    cell = Document.from_bytes("script.py", after.encode()).sharing(before).cells[0]
    whole = parsed(after).cells[0].module
    assert [written(one) for one in cell.module.body] == [written(one) for one in whole.body]
    shared = set(cell.module.body) & set(before.cells[0].module.body)
    assert len(shared) >= len(whole.body) - 2 or edit == "class", "whose indent is not that of the file"
    assert len(set(cell.module.body)) == len(cell.module.body), "each statement is a node of its own"
    assert dict(cell.parents) == dict(parents_of(cell.module))
    assert list(cell.parents) == list(parents_of(cell.module))
    with pytest.raises(ValueError, match="no positions"):
        Positions(cell)


def test_a_text_with_facts_or_errors_shares_nothing() -> None:
    before = parsed(BEFORE)
    facts = Document.from_bytes("script.py", f"{BEFORE}# daft-lint: rows=1\n".encode()).sharing(before)
    assert facts.cells[0].before is None
    assert spans_of_statements(b"def f(:\n") is None


@pytest.mark.parametrize(
    "text", [BEFORE, BEFORE.replace("\n", "\r\n"), "\f\nx = 1\ny = (x)\n", "x = 1\nif x:\n    y = 2"]
)
def test_the_places_in_a_statement_are_those_in_the_whole(text: str) -> None:
    cell = parsed(text).cells[0]
    whole, by_statement = Positions(cell), Positions(cell)
    spans = whole._all_spans
    for statement in reversed(cell.module.body):
        for node in nodes_in(statement):
            assert by_statement.span(node) == spans[node]
            start, end = spans[node]
            if isinstance(node, cst.Name):
                assert cell.source[start:end].decode() == node.value
