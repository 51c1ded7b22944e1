"""What `verify` is given: a script, the text to compare it with, and what the linter said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from daft_lint.api.finding import Finding
from daft_lint.api.promises import Measure
from daft_lint.api.rule import Rule
from daft_lint.lint.registry import rules
from daft_lint_runtime.spec import ClusterSpec

THE_FIX = "the fix"
Predictions = Mapping[tuple[str, Measure], int]
"""By the last part of a UDF's name and the measure."""


@dataclass(frozen=True)
class VerifyCase:
    """`original` and `fixed` are the bytes of the two texts; `fixed` is None where there is nothing to fix, and the
    script runs once. `against` says what the second text is: "the fix", or a revision or file of the user's.

    `predicted` is what `daft-lint plan` foresees for the two texts. `cluster` is what the case runs on in place of the
    options' own, and `notes` say why. `plugins` are those whose rules found something.
    """

    path: str
    original: bytes
    fixed: bytes | None
    findings: tuple[Finding, ...] = ()
    predicted: tuple[Predictions, Predictions] = ({}, {})
    against: str = THE_FIX
    cluster: ClusterSpec | None = None
    notes: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()

    def rule_of(self, finding: Finding) -> type[Rule]:
        """What the finding's rule declares; nothing for what the linter reports without a rule."""
        return next((rule for rule in rules(self.plugins) if rule.code == finding.code), Rule)
