from __future__ import annotations

from daft_lint.source.printable import count, visible, visible_lines


def test_nothing_steers_a_terminal() -> None:
    assert visible("é \x1b[31m\u202e") == "é \\x1b[31m\\u202e"
    assert visible_lines("a\r\n\tb\x07\n") == "a\n\tb\\x07\n"


def test_counts() -> None:
    assert [count(number, "file") for number in (0, 1, 1200)] == ["0 files", "1 file", "1,200 files"]
    assert [count(number, "unsafe fix is", "unsafe fixes are") for number in (1, 2)] == [
        "1 unsafe fix is",
        "2 unsafe fixes are",
    ]
