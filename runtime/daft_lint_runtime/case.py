"""What `verify` is given: a script, the text to compare it with, and what the linter said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from daft_lint.finding import Finding


@dataclass(frozen=True)
class VerifyCase:
    """`original` and `fixed` are the bytes of the two texts; `fixed` is None where there is nothing to fix, and the
    script runs once. `against` says what the second text is: "the fix", or a revision or file of the user's.

    `predictions` is what `daft-lint plan` foresees, by measure (`tasks`, `largest_batch`, `nodes`).
    """

    path: str
    original: bytes
    fixed: bytes | None
    findings: tuple[Finding, ...] = ()
    predictions: Mapping[str, float] = field(default_factory=dict)
    against: str = "the fix"
