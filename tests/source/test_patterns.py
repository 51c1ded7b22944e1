from __future__ import annotations

import random

import pytest
from pathspec import GitIgnoreSpec

from daft_lint.source.patterns import screen_of, spec

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


def test_the_screen_lets_through_what_a_pattern_matches() -> None:
    source = random.Random(17)
    screens = 0
    for _ in range(1500):
        lines = ["".join(source.choices(PIECES, k=source.randint(1, 6))) for _ in range(source.randint(1, 5))]
        tried, screen = spec(lines), screen_of(lines)
        if screen is None:  # `**/` and `**/*` are not anchored
            continue
        screens += 1
        for _ in range(6):
            names = ["".join(source.choices("aab*(", k=source.randint(1, 4))) for _ in range(source.randint(1, 4))]
            path = "/".join(names) + source.choice(["", "/"])
            assert tried.check_file(path).include is None or screen.match(path), (lines, path)
    assert screens > 1000


@pytest.mark.parametrize("patterns", [["*.so", "!keep.so", "/data/"], ["# a comment"], []], ids=str)
def test_the_screen_keeps_out_what_no_pattern_matches(patterns: list[str]) -> None:
    screen = screen_of(patterns)
    assert screen is not None
    assert not screen.match("src/job.py")
    assert bool(screen.match("lib/keep.so")) is bool(screen.match("data/x")) is (len(patterns) > 1)


@pytest.mark.parametrize("pattern", ["[!(?P<a>]", "[(?P=a>]x", "[z-a]"])
def test_there_is_no_screen_of_brackets_that_look_like_a_group_or_are_none(pattern: str) -> None:
    assert screen_of([pattern, "*.so"]) is None


@pytest.mark.parametrize("name", BACKTRACKING)
def test_wildcards_do_not_backtrack(name: str) -> None:
    pattern, path = BACKTRACKING[name]
    lines = [pattern, "**/x/*.so"]
    tried, screen = spec(lines), screen_of(lines)
    assert screen is not None
    assert not tried.match_file(path)
    assert not screen.match(path)
    assert spec(["*a*b*.py"]).match_file("xaxbx.py")
