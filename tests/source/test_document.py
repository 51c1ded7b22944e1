from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daft_lint.api.edits import Edit
from daft_lint.source import scanner
from daft_lint.source.document import Document, ParseFailure, run_deep
from daft_lint.source.positions import Positions


def failure(raw: bytes, path: str = "a.py") -> ParseFailure:
    (cell,) = Document.from_bytes(path, raw).cells
    with pytest.raises(ParseFailure) as caught:
        _ = cell.module
    return caught.value


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_an_edit_changes_nothing_else(bom: bytes, ending: str) -> None:
    raw = bom + f"# é{ending}x = 'a'{ending}".encode()
    document = Document.from_bytes("a.py", raw)
    (cell,) = document.cells
    start = cell.source.index(b"'a'")
    assert document.replace({cell: [Edit(start, start + 3, "'ü'")]}) == raw.replace(b"'a'", "'ü'".encode())
    assert document.file_span(cell, start, start + 3) == (start + len(bom), start + 3 + len(bom))


def test_a_cookie_is_kept_and_obeyed() -> None:
    raw = b"# coding: latin-1\nx = '\xe9'\n"
    document = Document.from_bytes("a.py", raw)
    (cell,) = document.cells
    assert cell.module.body
    assert cell.source == "# coding: latin-1\nx = 'é'\n".encode()
    start = cell.source.index(b"'")
    assert document.replace({cell: [Edit(start, start + 4, "'ü'")]}) == raw.replace(b"\xe9", b"\xfc")
    with pytest.raises(ValueError, match="has no bytes for"):
        document.replace({cell: [Edit(start, start, "日")]})


@pytest.mark.parametrize(
    ("raw", "line", "column", "message"),
    [
        (b"x = 1\ny\0", 2, 2, "NUL"),
        (b"x = (\n", 1, 5, "never closed"),
        (b"x = 1\ny = '\xff'\n", 2, 6, "utf-8"),
        (b"# coding: nonsense\n", 1, 1, "nonsense"),
        (b"x = df" + b".a(1)" * 5000, 1, 7504, "too deep"),
        (b"x = " + b"(" * 5000 + b")" * 5000, 1, 405, "too deep"),
        (b"x = f'{a" + b".b()" * 3000 + b"}'", 1, 5, "too deep"),
    ],
)
def test_what_cannot_be_parsed_has_a_place(raw: bytes, line: int, column: int, message: str) -> None:
    found = failure(raw)
    assert (found.line, found.column) == (line, column)
    assert message in found.message


@pytest.mark.parametrize("text", ["x = df" + ".a(1)" * 1000, "x = " + "(" * 300 + "1" + ")" * 300])
def test_deep_text_is_parsed_and_placed(text: str) -> None:
    (cell,) = Document.from_bytes("a.py", text.encode()).cells
    assert cell.is_deep
    name = cell.module.body[0].body[0].targets[0].target  # type: ignore[union-attr,index]
    assert Positions(cell).span(name) == (0, 1)


def test_run_deep_hands_failures_on() -> None:
    with pytest.raises(ZeroDivisionError):
        run_deep(lambda: 1 // 0)


def test_positions_survive_what_libcst_drops() -> None:
    (cell,) = Document.from_bytes("a.py", b"\x0cx = 'a' + f(1)\n").cells
    value = cell.module.body[0].body[0].value  # type: ignore[union-attr,index]
    positions = Positions(cell)
    start, end = positions.span(value)
    assert cell.source[start:end] == b"'a' + f(1)"
    assert positions.line_column(start) == (1, 6)


NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# é"]},
        {
            "cell_type": "code",
            "source": [
                "%matplotlib inline\n",
                "df = 1\n",
                "!pip install \\\n",
                "  it's\n",
                "x = !ls\n",
                "y = %time f()\n",
                "%time g()\n",
                "df?\n",
                "z = (1\n",
                "  % 2)\n",
                "if 1:\n",
                "    !ls",
            ],
            "outputs": [{"data": "\u00e9"}],
        },
        {"cell_type": "code", "source": "%%bash\nls"},
        {"cell_type": "code", "source": "a = 'é\"'\nb"},
    ],
    "metadata": {},
}


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("indent", [None, 1, 4])
def test_a_notebook_is_edited_in_its_own_text(ascii_only: bool, indent: int | None) -> None:
    raw = json.dumps(NOTEBOOK, indent=indent, ensure_ascii=ascii_only).encode()
    document = Document.from_bytes("n.ipynb", raw)
    first, last = document.cells
    assert (first.number, last.number) == (2, 4)
    assert first.module.body
    assert last.module.body
    assert len(first.source) == len("".join(NOTEBOOK["cells"][1]["source"]))  # type: ignore[index,arg-type]
    assert b"% 2" in first.source
    at = first.source.index(b"df = 1")
    start = last.source.index(b"'")
    new = document.replace({first: [Edit(at, at, "ü = 1\n")], last: [Edit(start, start + 5, "'ü'")]})
    expected = json.loads(json.dumps(NOTEBOOK))
    expected["cells"][1]["source"].insert(1, "ü = 1\n")
    expected["cells"][3]["source"] = "a = 'ü'\nb"
    assert new == json.dumps(expected, indent=indent, ensure_ascii=ascii_only).encode()


@given(st.data())
def test_notebook_edits_are_those_of_the_text(data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.text('aé"\\\n', max_size=4), min_size=1, max_size=5))
    raw = json.dumps({"cells": [{"cell_type": "code", "source": lines}]}).encode()
    document = Document.from_bytes("n.ipynb", raw)
    (cell,) = document.cells
    text = cell.source.decode()
    first = data.draw(st.integers(0, len(text)))
    last = data.draw(st.integers(first, len(text)))
    new = data.draw(st.text('bü\n"', max_size=4))
    span = (len(text[:first].encode()), len(text[:last].encode()))
    changed = json.loads(document.replace({cell: [Edit(*span, new)]}))
    assert "".join(changed["cells"][0]["source"]) == text[:first] + new + text[last:]


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b"{", b'{"cells": 1}', b"\xff", b'{"cells": ' + b"1" * 5000 + b"}", b"[1]", b""]
)
def test_a_broken_notebook_is_a_failure(raw: bytes) -> None:
    assert "\n" not in failure(raw, "n.ipynb").message


def test_markdown_fences() -> None:
    raw = b"# t\r\n\r\n- ```python\r\n  x = 1\r\n\r\n    y\r\n  ```\r\n"
    raw += b"> ~~~py\n> z = 1\n> ~~~\n```sh\nls\n```\n```python\n>>> 1\n```\n"
    document = Document.from_bytes("a.md", raw)
    assert [cell.source for cell in document.cells] == [b"x = 1\r\n\r\n  y\r\n", b"z = 1\n"]
    listed, quoted = document.cells
    assert document.location(quoted, 1, 1) == (9, 3)
    new = document.replace({quoted: [Edit(0, 0, "a\n")], listed: [Edit(5, 5, ".b()\r\n.c()")]})
    assert new == raw.replace(b"> z", b"> a\n> z").replace(b"x = 1", b"x = 1.b()\r\n  .c()")


def test_comments_are_not_looked_for_in_strings() -> None:
    source = b"a = '# no'  # one\nb = f\"{x:#>{w}} {'#'} # no\" # two\nc = '''\n# no'''\n"
    assert [source[t.start : t.end] for t in scanner.comments(source)] == [b"# one", b"# two"]


@given(st.binary(max_size=60), st.text("abf'\"{}()[]#:\\\n .%!?", max_size=40))
def test_the_scan_takes_any_text(raw: bytes, text: str) -> None:
    for source in (raw, text.encode()):
        ends = [token.end for token in scanner.tokens(source)]
        assert ends == sorted(ends)
        scanner.measure(source)
        Document.from_bytes("a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": text}]}).encode())
