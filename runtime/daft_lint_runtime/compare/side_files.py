"""Do the files that a script writes by itself hold the same?"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any, TypeAlias

from daft_lint_runtime.compare.rows import Comparison, ComparisonKind
from daft_lint_runtime.harness import Run

CHANGING = re.compile(r"tmp[a-z0-9_]{8}|[0-9a-f]{8,}|\d+")
"""What a script makes up for a path in each run: the time, a UUID, a temporary folder's name."""
FLOAT = re.compile(rb"-?\d+(?:\.\d+(?:[eE][-+]?\d+)?|[eE][-+]?\d+)")
FLOAT_SHARE = 1e-9
"""Floats in a text may differ by this share of themselves, as those of 64 bits in rows."""


File: TypeAlias = Mapping[str, Any]
"""A file as its run recorded it."""


def without_made_up(path: str) -> str:
    """A path with `*` for what is another one in each run."""
    return CHANGING.sub("*", path)


def compare_side_files(before: Run, after: Run, mode: str, unsteady: Container[str]) -> list[Comparison]:
    """The files of both runs, those that one of them lacks included. `mode` "schema" leaves out what they hold, and so
    does `unsteady` for what it names."""
    found = []
    for name, old, new in _paired(before.side_files, after.side_files):
        what = f"file {name}"
        if what in unsteady:
            message = "differs from run to run by itself: it is not compared"
            found.append(Comparison(what, ComparisonKind.SKIPPED, message))
        elif old is None or new is None:
            which = "after" if old is None else "before"
            found.append(Comparison(what, ComparisonKind.LOST, f"only the run {which} the change writes it"))
        elif mode == "schema":
            found.append(Comparison(what, ComparisonKind.SAME_SCHEMA, "written in both runs"))
        elif _holds_the_same(before, after, old, new):
            found.append(Comparison(what, ComparisonKind.SAME, "holds the same"))
        else:
            found.append(Comparison(what, ComparisonKind.CONTENT, "holds something else"))
    return found


def _paired(olds: Iterable[File], news: Iterable[File]) -> Iterator[tuple[str, File | None, File | None]]:
    """The files of two runs by their paths; where one of them lacks a path, by what is not made up of it, in order."""
    old, new = ({file["path"]: file for file in files} for files in (olds, news))
    for path in sorted(old.keys() & new.keys()):
        yield path, old[path], new[path]
    left: dict[str, tuple[list[File], list[File]]] = {}
    for index, (files, others) in enumerate(((old, new), (new, old))):
        for path in sorted(files.keys() - others.keys()):
            left.setdefault(without_made_up(path), ([], []))[index].append(files[path])
    for name, (one, two) in sorted(left.items()):
        for pair in zip_longest(one, two):
            yield name, *pair


def _holds_the_same(before: Run, after: Run, one: File, two: File) -> bool:
    """The same bytes, or a text with the same but for the rounding of its floats."""
    if one["digest"] == two["digest"]:
        return True
    if one["copy"] is None or two["copy"] is None:
        return False
    old, new = (before.out / one["copy"]).read_bytes(), (after.out / two["copy"]).read_bytes()
    if FLOAT.split(old) != FLOAT.split(new):
        return False
    pairs = zip(FLOAT.findall(old), FLOAT.findall(new), strict=True)
    return all(math.isclose(float(x), float(y), rel_tol=FLOAT_SHARE, abs_tol=1e-12) for x, y in pairs)
