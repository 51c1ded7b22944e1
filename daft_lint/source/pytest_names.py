"""What pytest collects by its default names: https://docs.pytest.org/en/stable/explanation/goodpractices.html"""

from __future__ import annotations

from collections.abc import Collection

_OF_FRAMEWORKS = frozenset({"fixture", "given", "initialize", "invariant", "rule"})
"""Decorators of what pytest, or Hypothesis on its behalf, calls."""


def is_test_file(path: str) -> bool:
    """Whether pytest looks for tests and fixtures in a file."""
    stem = path.rpartition("/")[2].removesuffix(".py")
    return stem.startswith("test_") or stem.endswith("_test") or stem == "conftest"


def is_test_function(name: str, decorators: Collection[str], class_name: str | None) -> bool:
    """Whether a function of such a file is a test or a fixture, which pytest alone calls.

    `decorators` are the last names of its decorators (`fixture` for `@pytest.fixture(scope="module")`), `class_name`
    is the class that it is a method of.
    """
    if not _OF_FRAMEWORKS.isdisjoint(decorators):
        return True
    return name.startswith("test") and (class_name is None or "Test" in class_name)
