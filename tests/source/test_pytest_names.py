"""The prescan and the interpreter decide alike what pytest alone calls."""

from __future__ import annotations

import pytest

from daft_lint.source.prescan import Prescan
from daft_lint.source.pytest_names import is_test_file, is_test_function


@pytest.mark.parametrize(
    ("path", "expected"),
    [("tests/test_a.py", True), ("a_test.py", True), ("conftest.py", True), ("tests/helpers.py", False)],
)
def test_files(path: str, expected: bool) -> None:
    assert is_test_file(path) is expected


@pytest.mark.parametrize(
    ("name", "decorators", "class_name", "expected"),
    [
        ("test_a", (), None, True),
        ("helper", (), None, False),
        ("frame", ("fixture",), None, True),
        ("test_a", (), "TestFrames", True),
        ("test_a", (), "Frames", False),
        ("frame", ("fixture",), "Frames", True),
        ("sort", ("rule", "precondition"), "Machine", True),
    ],
)
def test_functions(name: str, decorators: tuple[str, ...], class_name: str | None, expected: bool) -> None:
    assert is_test_function(name, decorators, class_name) is expected
    lines = [f"@pytest.{decorator}\n" for decorator in decorators] + [f"def {name}():\n", "    word()\n"]
    if class_name is not None:
        lines = [f"class {class_name}:\n", *(f"    {line}" for line in lines)]
    seen = Prescan("test_frames.py", "".join(["import pytest\n", *lines]).encode())
    assert ("word" not in seen.outside_tests) is expected
