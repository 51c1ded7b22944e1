"""Texts that are too deep for the parser are kept from it, without measuring every file."""

from __future__ import annotations

import pytest

from daft_lint.source import scanner
from daft_lint.source.deep import run_deep
from daft_lint.source.document import Document
from tests.helpers import ROOT


def test_in_a_deep_run_nothing_is_measured() -> None:
    document = Document.from_bytes("a.py", b"x = " + b"a." * 200 + b"b\n")
    assert document.is_deep
    assert not run_deep(lambda: document.is_deep)


LINES = b"1 +\n" * 4000 + b"1)\n"
HOSTILE = {
    "brackets": b"x=" + b"(" * 500 + b")" * 500,
    "chain": b"x=a" + b".b()" * 4000,
    "lines": b"x=(\n" + LINES,
    "a quote in a formatted string": b"x=f\"{'\"'}\" + (#'\n" + LINES,
    "a raw formatted string": b"r'''\n'''\nrf'''{\"'''\"}'''+(\n" + LINES,
    "a formatted field": b'x=f"{' + b"(" * 450 + b"1" + b")" * 450 + b'}"',
    "a long field": b'z=1;y=f"""{(\n' + LINES[:-1] + b'}"""\n',
    "no formatted string": b'x = not"{" + (\n' + LINES,
    "a continued string": b'"\\\n"+(' + LINES,
    "branches": b"if a:\n  pass\n" + b"elif b:\n  pass\n" * 4000,
    "blocks": b"".join(b" " * i + b"if x:\n" for i in range(120)) + b" " * 130 + b"pass",
    "late": b"y = 1\n" * 5000 + b"x = a" + b"[0]" * 3500,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_sieve_lets_nothing_deep_through(name: str) -> None:
    assert scanner.measure(HOSTILE[name]).too_deep is not None
    assert scanner.may_be_too_deep(HOSTILE[name])


def test_the_sieve_spares_ordinary_text() -> None:
    scripts = [path.read_bytes() for path in sorted((ROOT / "daft_lint").rglob("*.py"))]
    assert len(scripts) > 30
    assert not any(scanner.may_be_too_deep(text) for text in scripts)
