"""Runs scripts on Ray before and after a fix, measures both, and says whether the fix keeps its promise.

Nothing of `daft_lint` but its commands `verify`, `profile` and `tune` imports this package, and it imports Daft and Ray
only in the processes that run a user's script.
"""

from __future__ import annotations

import importlib.util

NEEDED = ("daft", "ray", "pyarrow", "psutil", "rich", "jinja2")


def missing_packages() -> tuple[str, ...]:
    """The packages of the extra `runtime` that are not installed; looks, but imports none."""
    return tuple(name for name in NEEDED if importlib.util.find_spec(name) is None)
