"""What a run of the fix loop made of the documents."""

from __future__ import annotations

from collections import Counter

from daft_lint.api.finding import Finding
from daft_lint.dataclass import dataclass
from daft_lint.source.document import Document
from daft_lint.source.problems import Problem


@dataclass(frozen=True, slots=True)
class Applied:
    """A fix that was applied. `line` is in the text of the pass that applied it; `also` are other files it changed."""

    path: str
    code: str
    name: str
    title: str
    line: int
    why_unsafe: str | None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A file before and after. `remaining` is what is found in the fixed text, whether fixable or not."""

    before: Document
    after: Document
    applied: tuple[Applied, ...]
    remaining: tuple[Finding, ...]

    @property
    def path(self) -> str:
        return self.before.path

    @property
    def changed(self) -> bool:
        return self.before.raw != self.after.raw


@dataclass(frozen=True, slots=True)
class FixReport:
    """All files in the order given, and what went wrong on the way."""

    files: tuple[FixedFile, ...]
    problems: tuple[Problem, ...]

    @property
    def changed(self) -> tuple[FixedFile, ...]:
        return tuple(file for file in self.files if file.changed)

    def counts(self) -> dict[str, Counter[str]]:
        """How many fixes of each rule, by the file whose finding they mend."""
        return {file.path: Counter(a.code for a in file.applied) for file in self.files if file.applied}
