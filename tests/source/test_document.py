from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daft_lint.source import scanner
from daft_lint.source.deep import run_deep
from daft_lint.source.document import Document
from daft_lint.source.edit import Edit
from daft_lint.source.positions import Positions
from daft_lint.source.problems import ParseFailure


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
    edit = cell.edit(start, start + 3, "'ü'")
    assert document.edited([edit]).raw == raw.replace(b"'a'", "'ü'".encode())
    assert edit == Edit("a.py", None, start + len(bom), start + 3 + len(bom), "'ü'")


def test_a_cookie_is_kept_and_obeyed() -> None:
    raw = b"# coding: latin-1\nx = '\xe9'\n"
    document = Document.from_bytes("a.py", raw)
    (cell,) = document.cells
    assert cell.module.body
    assert cell.source == "# coding: latin-1\nx = 'é'\n".encode()
    start = cell.source.index(b"'")
    assert document.edited([cell.edit(start, start + 4, "'ü'")]).raw == raw.replace(b"\xe9", b"\xfc")
    with pytest.raises(ValueError, match="has no bytes for"):
        document.edited([cell.edit(start, start, "日")])


def test_an_encoding_that_gives_other_bytes_back_is_not_edited() -> None:
    raw = b"# coding: utf-7\nx = '+AGE-'\n"
    document = Document.from_bytes("a.py", raw)
    (cell,) = document.cells
    assert cell.source == b"# coding: utf-7\nx = 'a'\n"
    with pytest.raises(ValueError, match="cannot be edited in place"):
        document.edited([cell.edit(0, 0, "a")])


@pytest.mark.parametrize("path", ["a.py", "a.md", "a.ipynb"])
def test_edits_that_overlap_or_lie_outside_are_refused(path: str) -> None:
    text = "x = 12345\n"
    raw = {"a.py": text, "a.md": f"```python\n{text}```\n", "a.ipynb": json.dumps(code_cell(text))}[path]
    document = Document.from_bytes(path, raw.encode())
    (cell,) = document.cells
    for edits in ([(4, 6), (5, 7)], [(4, 3)], [(4, 400)], [(-1, 3)]):
        with pytest.raises(ValueError, match="lies outside"):
            document.edited([cell.edit(start, end, "a") for start, end in edits])
    one, other = cell.edit(4, 4, "a + "), cell.edit(4, 6, "6")
    assert document.edited([other, one]).cells[0].source == b"x = a + 6345\n"


def test_a_file_that_is_not_understood_is_not_edited() -> None:
    document = Document.from_bytes("a.ipynb", b"{")
    assert document.edited([]).raw == b"{"
    with pytest.raises(ValueError, match="was not understood"):
        document.edited([Edit("a.ipynb", 1, 0, 0, "a")])


def code_cell(text: str) -> dict[str, object]:
    return {"cells": [{"cell_type": "code", "source": text}]}


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
    edits = [last.edit(start, start + 5, "'ü'"), first.edit(at, at, "ü = 1\n")]
    assert edits[1] == Edit("n.ipynb", 2, at, at, "ü = 1\n")
    new = document.edited(edits).raw
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
    changed = json.loads(document.edited([cell.edit(*span, new)]).raw)
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
    edits = [quoted.edit(0, 0, "a\n"), listed.edit(5, 5, ".b()\r\n.c()")]
    assert edits[0].text == "a\n> "
    assert document.edited(edits).raw == raw.replace(b"> z", b"> a\n> z").replace(b"x = 1", b"x = 1.b()\r\n  .c()")


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


def test_what_is_no_path_cannot_be_read() -> None:
    with pytest.raises(OSError, match="No such file"):
        Document.read("a\0.py")
