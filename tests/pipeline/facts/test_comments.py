from __future__ import annotations

import pytest

from daft_lint.pipeline.facts.comments import comment_facts, parse_facts
from daft_lint.source.document import Document


def test_facts() -> None:
    text = "a = r(p)  # daft-lint: rows=1_000_000 heavy=img,wav row-bytes=10\n# daft-lint: files=1\nb = r(p)\n"
    (cell,) = Document.from_bytes("a.py", text.encode()).cells
    facts = comment_facts(cell).by_line
    assert set(facts) == {1, 3}
    assert (facts[1].rows, facts[1].heavy, facts[1].row_bytes) == (1_000_000, ("img", "wav"), 10)
    assert facts[3].files == 1


@pytest.mark.parametrize(
    ("body", "word"), [("rows=many", "whole number"), ("size=1", "unknown fact"), ("hi", "'hi'"), ("", "nothing")]
)
def test_malformed_facts_say_what_is_wrong(body: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_facts(body)
    (cell,) = Document.from_bytes("a.py", f"x = 1  # daft-lint: {body}\n".encode()).cells
    (malformed,) = comment_facts(cell).malformed
    assert (malformed.comment.line, word in malformed.message) == (1, True)
