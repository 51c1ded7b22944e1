"""Hostile and extreme files through the real command: each ends in a result or one clear line, soon, and never in a
traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from daft_lint.config import Config
from daft_lint.lint.engine import check_document
from daft_lint.pipeline.interpreter.interpreter import Interpreter, interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import Settings
from daft_lint.report import formats, plan
from daft_lint.source import notebook
from daft_lint.source.document import Document
from tests.hostile import HEAD, TAIL, checked, codes, sane

# Deep and long


@pytest.mark.parametrize(("call", "count"), [(".drop_nan()", 1000), ('.where(col("a") > 1)', 400)])
def test_a_chain_of_1_000_calls(tmp_path: Path, call: str, count: int) -> None:
    """LibCST's own parser takes the cube of a chain's length and far longer with arguments: 12 s of 1,000 `where`."""
    chain = "df = (df" + f"\n    {call}" * count + ")\n"
    assert "DFT101" in codes(checked(tmp_path, HEAD + chain + TAIL))


def test_300_nested_parentheses(tmp_path: Path) -> None:
    nested = "x = " + "(" * 300 + "df" + ")" * 300 + "\n"
    assert "DFT101" in codes(checked(tmp_path, HEAD + nested + TAIL))


def test_a_chain_of_5_000_calls_is_said_to_be_too_deep(tmp_path: Path) -> None:
    found = checked(tmp_path, HEAD + "df = df" + '.where(col("a") > 1)' * 5000 + "\n" + TAIL)
    assert [code for code, _ in found] == ["DFT001"]
    assert "too deep" in found[0][1]


@pytest.mark.parametrize(
    "line",
    [
        "x = " + "a if b else " * 800 + "df",
        "x = " + " or ".join(["df"] * 900),
        "e = " + " + ".join(['col("a")'] * 900),
        "x = " + "not " * 900 + "df",
        "x = " + "-" * 900 + "1",
        "x = df" + '["a"]' * 900,
        "x = df" + ".a" * 2500,
        "x = " + "lambda: " * 900 + "df",
        "x = " + " ".join(["'a'"] * 2000),
        "x = " + "[" * 390 + "]" * 390,
        "x = " + "f'{" * 3 + "df" + "}'" * 3,
        "x = '" + "a" * 2_000_000 + "'",
        "x = [" + ", ".join(["1"] * 20_000) + "]",
        "x = " + "9" * 5000,
        "x = '\\N{no such name}'",
        "x: 'DataFrame" + ".a" * 3000 + "' = df",
        "def f(x: '" + "(" * 3000 + "DataFrame') -> 'List[" + "List[" * 90 + "int': pass",
        "@size\n@size\ndef size2(x): return size2(size2)",
        "@g(g)\ndef g(f): return g(f)\n@g(g(g))\ndef g(f): return g",
    ],
    ids=lambda line: line[:24],
)
def test_deep_expressions_and_long_lines(tmp_path: Path, line: str) -> None:
    assert codes(checked(tmp_path, HEAD + line + "\n" + TAIL)) & {"DFT101", "DFT001"}


# Much


def nested(count: int, opening: Callable[[int], str], inside: str, closing: Callable[[int], str] = lambda _: "") -> str:
    text = "".join("    " * i + opening(i) + "\n" for i in range(count)) + "    " * count + inside + "\n"
    for i in reversed(range(count)):
        text += "".join("    " * i + line + "\n" for line in closing(i).splitlines())
    return text


WHERE = 'df = df.where(col("a") > 1)'
MANY = {
    "concat_with_itself": "df = df.concat(df)\n" * 40,
    "join_with_itself": 'df = df.join(df, on="a")\n' * 40,
    "heavy_joins_with_itself": 'df = df.with_column("i", download(col("url")))\n' + 'df = df.join(df, on="a")\n' * 300,
    "union_of_branches": "".join(f"if x{i}:\n    df = df.concat(df)\n" for i in range(30)),
    "sum_with_itself": 'e = col("a")\n' + "e = e + e\n" * 200 + 'df = df.with_column("e", e)\n',
    "sum_of_5000": 'e = col("a")\n' + "e = e + 1\n" * 5000 + 'df = df.with_column("e", e)\n',
    "list_of_itself": 'c = [col("a")]\n' + "c = [c, c]\n" * 60 + "c = [*c, *c]\n" * 60 + "df = df.select(*c)\n",
    "list_and_itself": 'c = [col("a")]\n' + "c += c\n" * 60 + "c = c + c\n" * 60 + "df = df.select(*c)\n",
    "list_in_list": "c = []\n" + "c = [c]\n" * 3000 + "df = df.select(c)\n",
    "dict_of_itself": 'c = {"a": col("a")}\n' + 'c = {"a": c, "b": c}\n' * 60 + "df = df.with_columns(c)\n",
    "text_with_itself": "s = 'aaaa'\n" + "s = f'{s}{s}'\n" * 60 + "s = '{0}{0}'.format(s)\n" * 60 + "s = s + s\n" * 60,
    "partial_of_partial": "from functools import partial\np = size\n" + "p = partial(p, 1)\n" * 2000,
    "ifs_in_ifs": nested(30, lambda i: f"if x{i}:", WHERE, lambda i: f'else:\n    df = df.exclude("c{i}")'),
    "loops_in_loops": nested(8, lambda i: f"for i{i} in xs{i}:", WHERE),
    "literal_loops": nested(8, lambda i: f"for i{i} in [1, 2, 3, 4, 5, 6, 7, 8]:", WHERE),
    "comprehensions": "z = " + "[" * 8 + "1" + "".join(f" for i{i} in {list(range(16))}]" for i in range(8)) + "\n",
    "tries_in_tries": nested(30, lambda _: "try:", WHERE, lambda i: f"except E{i}:\n    {WHERE}"),
    "withs_in_withs": nested(60, lambda _: "with a(df) as df:", WHERE),
    "classes_in_classes": nested(90, lambda i: f"class C{i}:", "x = 1"),
    "functions_in_functions": nested(90, lambda i: f"def f{i}(x):", "return x"),
    "mutual_recursion": f"def a(x):\n    return b(b(x))\ndef b(x):\n    {WHERE}\n    return a(a(df))\ndf = a(df)\n",
    "calls_of_calls": "".join(f"def f{i}(x):\n    x = f{i + 1}(x)\n    return f{i + 1}(x)\n" for i in range(30))
    + "df = f0(df) or df\n",
    "calls_in_a_row": "".join(f"def f{i}(x):\n    return f{i + 1}(x)\n" for i in range(2500)) + "df = f0(df) or df\n",
    "helpers_of_helpers": "".join(f"def f{i}(x):\n" + f"    f{(i + 1) % 3}(x)\n" * 60 for i in range(3))
    + "@daft.func\ndef g(x: int) -> int:\n    f0(x)\n    return x\n"
    + "@daft.func.batch(return_dtype=daft.DataType.int64())\ndef h(xs):\n    return [f0(x) for x in xs]\n"
    + 'df = df.with_column("g", g(col("a"))).with_column("h", h(col("a")))\n',
    "diamond_classes": "class C0: pass\n"
    + "".join(f"class C{i}(C{i - 1}, C{i - 1}): pass\n" for i in range(1, 60))
    + "C59().x\n",
    "elifs": f"if x:\n    {WHERE}\n" + "".join(f"elif x{i}:\n    {WHERE}\n" for i in range(1500)),
    "ifs": "".join(f"if x{i}:\n    {WHERE}\n" for i in range(2000)),
    "cases": "match x:\n" + "".join(f"    case {i}:\n        {WHERE}\n" for i in range(1000)),
    "choices": "x = 1\n" + "".join(f"if y{i}:\n    x = {i}\n" for i in range(1000)),
    "columns": "".join(f'df = df.with_column("c{i}", col("a"))\n' for i in range(1500)),
    "hashes": "x = 'daft-lint:'\n" + "#" * 30_000 + "\n",
    "facts_in_a_comment": "df = df.limit(9)  # daft-lint:" + " rows=1" * 100_000 + "\n",
    "udfs": "".join(f"@daft.func\ndef f{i}(x): return x\n" for i in range(600))
    + 'df = df.with_column("i", download(col("url")))\n'
    + "".join(f'df = df.with_column("s{i}", f{i}(col("i")))\n' for i in range(600)),
    "sinks": 'df = df.with_column("i", download(col("url")))\n'
    + "".join(f'df.with_column("s", size(col("i"))).write_parquet("o{i}")\n' for i in range(1000)),
    "joins": "".join(f'd{i} = daft.read_parquet("{i}")\ndf = df.join(d{i}, on="a")\n' for i in range(2000)),
    "facts": "".join(f'd{i} = daft.read_parquet("{i}")  # daft-lint: rows={i}\nd{i}.show()\n' for i in range(1500)),
    "suppressions": "df.repartition(\n8)  # noqa: DFT401\n" * 3000,
    "numbers": "x = 2**64**64\ny = 1 << 10**9\nz = int('9' * 5000) + int('1e9')\ndf = df.limit(float('inf'))\n"
    "df = df.repartition(float('nan')).into_batches(1e999)\nrange(10**30)\nw = [1] * 10**10\n",
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_what_grows_out_of_hand(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.py").write_text(HEAD + MANY[name] + TAIL)
    sane(tmp_path, "check", "a.py")


def test_defaults_that_call_each_other(tmp_path: Path) -> None:
    """What a default calls is evaluated where the function is called, with names as they are at the end."""
    text = (
        "def f(x):\n    return x\n" + "def g(x, e=f(df)):\n    return f(x)\n" + "def f(x, e=g(df)):\n    return g(x)\n"
    )
    assert "DFT101" in codes(checked(tmp_path, HEAD + text + "df = f(df) or df\n" + TAIL))


def test_2_000_assignments(tmp_path: Path) -> None:
    text = "".join(f'x{i} = df.where(col("a") > {i})\n' for i in range(2_000))
    assert "DFT101" in codes(checked(tmp_path, HEAD + text + TAIL))


def test_a_file_of_20_000_lines(tmp_path: Path) -> None:
    assert "DFT101" in codes(checked(tmp_path, HEAD + "x = 1\n" * 20_000 + TAIL))


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n" * 300_000,
        "x=1;" * 300_000 + "\n",
        "x = [" + "1, " * 300_000 + "]\n",
        "y = [1+2+3+4+5]\n" * 60_000,
        "f(g(h(x)))\n" * 80_000,
    ],
    ids=["lines", "semicolons", "list", "sums", "calls"],
)
def test_what_would_take_minutes_is_said_to_be_too_large(tmp_path: Path, text: str) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": HEAD + text[: len(text) // 20 // 16 * 16]}
    notebook = json.dumps({"cells": [cell] * 40, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    for name, raw in (("a.py", HEAD + text), ("a.ipynb", notebook), ("a.md", f"```python\n{HEAD + text}```\n")):
        found = checked(tmp_path, raw, name)
        assert [code for code, _ in found] == ["DFT001"]
        assert "too large to be checked" in found[0][1]


def work(text: str) -> int:
    """What the interpreter and the walk over its pipelines do for a text: statements and calls, stages."""
    document = Document.from_bytes("a.py", text.encode())
    interpreter = Interpreter(Settings(), Project(), "a.py")
    interpreter.run(document)
    return interpreter.work + sum(len(pipeline.operators) for pipeline in interpreter.script().pipelines)


GROWING: dict[str, Callable[[int], str]] = {
    "statements": lambda n: "x = 1\n" * n,
    "steps": lambda n: f"{WHERE}\n" * n,
    "branches": lambda n: f"if x:\n    {WHERE}\n" * (n // 2),
    "functions": lambda n: "".join(f"def f{i}(x):\n    return f{i + 1}(x)\n" for i in range(n // 2)),
    "calls": lambda n: "def f(x):\n    y = x\n    return y\n" + "df = f(df)\n" * n,
    "loops": lambda n: f"for x in xs:\n    {WHERE}\n" * (n // 2),
    "methods": lambda n: "class A:\n" + "".join(f"    def f{i}(self): return self.f{i + 1}()\n" for i in range(n)),
}  # fmt: skip


@pytest.mark.parametrize("name", GROWING)
def test_work_grows_linearly(name: str) -> None:
    few, many = work(HEAD + GROWING[name](100) + TAIL), work(HEAD + GROWING[name](2000) + TAIL)
    assert many <= 20 * few * 1.5


@pytest.mark.parametrize("name", ["statements", "steps"])
def test_work_grows_linearly_from_10_lines_to_10_000(name: str) -> None:
    alone = work(HEAD + TAIL)
    few, many = (work(HEAD + GROWING[name](count) + TAIL) - alone for count in (10, 10_000))
    assert 0 < many <= 1000 * few * 1.1


def test_a_plan_of_many_pipelines_works_positions_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Positions cost more than the parse: once a pipeline, a plan's time is the square of its length."""
    made: list[object] = []
    measured = plan.Positions
    monkeypatch.setattr(plan, "Positions", lambda cell: made.append(cell) or measured(cell))
    document = Document.from_bytes("a.py", (HEAD + "df.show()\n" * 50).encode())
    text = plan.render(interpret(document, Settings(), Project()))
    assert text.count("show") >= 50
    assert len(made) == 1


# Odd bytes


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", set()),
        (b"# daft, nothing but a comment\n", set()),
        (b"import daft\ndaft.func\n\0\n", {"DFT001"}),
        (b"# -*- coding: latin-1 -*-\n" + (HEAD + "x = 'caf\u00e9'\n" + TAIL).encode("latin-1"), {"DFT101", "DFT203"}),
        (b"\xef\xbb\xbf" + (HEAD + TAIL).encode(), {"DFT101", "DFT203"}),
        ((HEAD + "x = 'caf\u00e9'\n").encode("latin-1"), {"DFT001"}),
        ((HEAD + TAIL).encode("utf-16"), set()),
        (b"# coding: no-such-encoding\nimport daft\ndaft.func\n", {"DFT001"}),
        (b"# coding: rot13\nimport daft\ndaft.func\n", {"DFT001"}),
        ((HEAD + TAIL).replace("\n", "\r\n").encode(), {"DFT101", "DFT203"}),
        ((HEAD + TAIL).replace("\n", "\r").encode(), {"DFT101", "DFT203"}),
        (b"import daft\ndaft.func\n\x1a", {"DFT001"}),
    ],
    ids=["empty", "comment", "nul", "latin_1", "bom", "no_cookie", "utf_16", "unknown", "rot13", "crlf", "cr", "sub"],
)
def test_odd_bytes(tmp_path: Path, raw: bytes, expected: set[str]) -> None:
    found = codes(checked(tmp_path, raw))
    assert found == expected or found & {"DFT101"} & expected


# Odd notebooks


def bomb() -> bytes:
    """Many cells, each with much in it."""
    source = ["import daft\n"] + ["df = daft.read_parquet('a').repartition(8)\n"] * 20
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": [{"text": "x" * 1000}]}
    return json.dumps({"cells": [cell] * 500, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"daft",
        b'{"cells": [{"cell_type": "code", "source": "import daft',
        b"[" * 100_000 + b"daft.func",
        b'{"a": ' * 100_000 + b"daft.func",
        b'{"cells": 3, "x": "daft.func"}',
        b'{"cells": [1, null, {}, {"cell_type": "code"}, {"cell_type": "code", "source": [1]}], "x": "daft.func"}',
        b'{"cells": [{"cell_type": "code", "source": ["import daft\\n", "daft.func(\\ud800)"]}]}',
        b'{"cells": [{"cell_type": "code", "source": "import daft\\u0000daft.func"}]}',
        b'{"cells": [], "n": ' + b"9" * 10_000 + b', "x": "daft.func"}',
        bomb(),
    ],
    ids=["empty", "word", "cut", "arrays", "objects", "number", "cells", "surrogate", "nul", "digits", "bomb"],
)
def test_odd_notebooks(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.ipynb").write_bytes(raw)
    sane(tmp_path, "check", "a.ipynb")
    assert (tmp_path / "a.ipynb").read_bytes() == raw


def deep(levels: int) -> bytes:
    """A notebook with an output that nests."""
    cell = {"cell_type": "code", "metadata": {}, "source": HEAD + "df.repartition(8)\n" + TAIL, "outputs": ["X"]}
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    return text.replace('"X"', "[" * levels + "]" * levels).encode()


@pytest.mark.parametrize("levels", [100, 600, 985, 2000, 5000, 20_000])
def test_outputs_that_nest_are_the_same_notebook_to_every_command(tmp_path: Path, levels: int) -> None:
    (tmp_path / "a.ipynb").write_bytes(deep(levels))
    expected = "DFT401" if levels == 100 else "DFT001"
    for form in ("sarif", "concise"):
        assert expected in sane(tmp_path, "check", "--no-cache", "a.ipynb", "--format", form).out
    run = sane(tmp_path, "fix", "--apply", "--unsafe", "a.ipynb")
    assert ((tmp_path / "a.ipynb").read_bytes() != deep(levels)) == (levels == 100), run.err


@pytest.mark.parametrize("as_list", [True, False])
def test_sarif_reads_a_notebook_once_whatever_it_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_list: bool
) -> None:
    """Parsed again for each fix, a report takes the square of a notebook's length."""
    source = ("import daft\ndf = daft.read_parquet('a')\n" + "df.repartition(8)\n" * 40 + "df.show()").splitlines(
        keepends=True
    )
    cell = {"cell_type": "code", "metadata": {}, "source": source if as_list else "".join(source), "outputs": []}
    raw = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    document = Document.from_bytes("a.ipynb", raw)
    findings = check_document(document, Config()).findings
    made: list[object] = []
    parsed = notebook.source_spans
    monkeypatch.setattr(notebook, "source_spans", lambda *given: made.append(given) or parsed(*given))
    report = json.loads(formats.render("sarif", findings, 1, {"a.ipynb": raw}))
    results = report["runs"][0]["results"]
    fixed = [result for result in results if "fixes" in result]
    assert len(fixed) == 40
    assert len(made) <= 2, "once for the places, once for the lines"
    lines = raw.decode().split("\n")
    for result in fixed:
        (change,) = result["fixes"][0]["artifactChanges"]
        (replacement,) = change["replacements"]
        inserted, region = replacement["insertedContent"]["text"], replacement["deletedRegion"]
        assert sorted(inserted) == sorted("df = "), "no more than what differs"
        line, column = lines[region["startLine"] - 1], region["startColumn"] - 1
        assert (region["endLine"], region["endColumn"]) == (region["startLine"], region["startColumn"])
        assert (line[:column] + inserted + line[column:]).count("df = df.repartition(8)") == 1
