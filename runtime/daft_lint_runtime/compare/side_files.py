"""Do the files that a script writes by itself hold the same?"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from daft_lint_runtime.compare.rows import Comparison, ComparisonKind
from daft_lint_runtime.harness import Run

CHANGING = re.compile(r"tmp[a-z0-9_]{8}|[0-9a-f]{8,}|\d+")
"""What a script makes up for a path in each run: the time, a UUID, a temporary folder's name."""
FLOAT = re.compile(rb"-?\d+(?:\.\d+(?:[eE][-+]?\d+)?|[eE][-+]?\d+)")
FLOAT_SHARE = 1e-9
"""Floats in a text may differ by this share of themselves, as those of 64 bits in rows."""


def without_made_up(path: str) -> str:
    """A path with `*` for what is another one in each run."""
    return CHANGING.sub("*", path)


def compare_side_files(before: Run, after: Run, mode: str, unsteady: frozenset[str]) -> list[Comparison]:
    """The files of both runs, those that one of them lacks included. `mode` "schema" leaves out what they hold, and so
    does `unsteady` for what it names."""
    olds, news = ({without_made_up(file["path"]): file for file in run.side_files} for run in (before, after))
    found = []
    for path in sorted({*olds, *news}):
        what = f"file {path}"
        if what in unsteady:
            message = "differs from run to run by itself: it is not compared"
            found.append(Comparison(what, ComparisonKind.SKIPPED, message))
        elif path not in olds or path not in news:
            which = "before" if path in olds else "after"
            found.append(Comparison(what, ComparisonKind.LOST, f"only the run {which} the change writes it"))
        elif mode == "schema":
            found.append(Comparison(what, ComparisonKind.SAME_SCHEMA, "written in both runs"))
        elif _holds_the_same(before, after, olds[path], news[path]):
            found.append(Comparison(what, ComparisonKind.SAME, "holds the same"))
        else:
            found.append(Comparison(what, ComparisonKind.CONTENT, "holds something else"))
    return found


def _holds_the_same(before: Run, after: Run, one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
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
