"""Constants that a script computes."""

from __future__ import annotations

import pytest

from tests.pipeline.interpreter.scripts import constant_in


@pytest.mark.parametrize(
    "expression",
    [
        *("2 + 3", "7 - 9", "6 * 7", "7 // 2", "7 / 2", "7 % 4", "2 ** 10", "1 << 20", "-3", "not 0"),
        *('"a" + "b"', '"a" "b"', "f\"{1}-{'x'}\"", '"{}-{n}".format(1, n=2)', '" A ".strip().lower()'),
        *("1 < 2", "2 <= 1", "3 > 3", "3 >= 3", "1 == 1", "1 != 1", "'a' == 'b'", "None is None"),
        *("int('7')", "float(3)", "min(3, 4)", "max([3, 4])", "len([1, 2])", "len('abc')", "len(range(9))", "str(12)"),
        *("len([0] * 5)", "len(3 * [0, 0])", "(1 if 2 > 1 else 3)", "0 or 5", "1 and 5"),
    ],
)
def test_a_constant_is_what_python_computes(expression: str) -> None:
    assert constant_in(expression) == eval(expression)


@pytest.mark.parametrize(
    "expression",
    [
        *("1 // 0", "1 / 0", "1 % 0", "10 ** 100", "1 << 100", "10 ** 18 * 10 ** 18 * 2", "'a' * 5", "[1] + 2"),
        *("int('x')", "float('1' * 400) + int(float('inf'))", "min()", "max('a', 1)", "len(unknown)"),
        *("'%s' % 1", "'{:>4}'.format(1)", "'{0}{1}'.format(1)", "f'{1:>4}'", "f'{1!r}'", "1 < 'a'", "unknown + 1"),
    ],
)
def test_what_cannot_be_computed_is_not_known(expression: str) -> None:
    assert constant_in(expression) is None
