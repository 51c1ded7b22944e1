from __future__ import annotations

import random

import pytest
from pathspec import GitIgnoreSpec

from daft_lint.source.patterns import spec

PIECES = ["a", "b", "/", "*", "*", "**", "**/", "/**/", "?", "[ab]", "\\*", "!", "("]
BACKTRACKING = {
    "stars": ("*a" * 25 + "*b", "a" * 250),
    "stars alone": ("*" * 200 + "b", "a" * 250),
    "stars and marks": ("?*" * 60 + "b", "a" * 250),
    "folders": ("**/a/" * 20 + "b", "a/" * 300 + "c"),
    "folders behind one": ("a/**/" * 20 + "b", "a/" * 300 + "c"),
    "both": ("**/*a*a*a*b/" * 5 + "x", ("a" * 50 + "/") * 40),
}


def test_patterns_mean_what_pathspec_says() -> None:
    """Without `[!a]`, which there matches a slash too."""
    source = random.Random(16)
    for _ in range(3000):
        patterns = ["".join(source.choices(PIECES, k=source.randint(1, 9))) for _ in range(source.randint(1, 2))]
        try:
            reference = GitIgnoreSpec.from_lines(patterns)
        except ValueError:
            continue
        tried = spec(patterns)
        for _ in range(6):
            names = ["".join(source.choices("aab*(", k=source.randint(1, 4))) for _ in range(source.randint(1, 5))]
            path = "/".join(names) + source.choice(["", "/"])
            assert tried.check_file(path).include == reference.check_file(path).include, (patterns, path)


@pytest.mark.parametrize("name", BACKTRACKING)
def test_wildcards_do_not_backtrack(name: str) -> None:
    pattern, path = BACKTRACKING[name]
    assert not spec([pattern]).match_file(path)
    assert spec(["*a*b*.py"]).match_file("xaxbx.py")
