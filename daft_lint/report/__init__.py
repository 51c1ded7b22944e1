"""Reports of findings: a small module for each format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from daft_lint.api.finding import Finding, Level
from daft_lint.dataclass import dataclass
from daft_lint.source.printable import count


@dataclass(frozen=True, slots=True)
class Summary:
    """How many findings of each level there are, in how many files, and how many have a fix; `unsafe` of these have an
    unsafe one."""

    files: int
    errors: int
    warnings: int
    advice: int
    fixable: int
    unsafe: int = 0

    @classmethod
    def of(cls, findings: Sequence[Finding], files: int) -> Summary:
        levels = [finding.level for finding in findings]
        return cls(
            files,
            levels.count(Level.ERROR),
            levels.count(Level.WARNING),
            levels.count(Level.ADVICE),
            sum(finding.fix is not None for finding in findings),
            sum(finding.fix is not None and not finding.fix.safe for finding in findings),
        )

    @property
    def findings(self) -> int:
        return self.errors + self.warnings + self.advice

    def sentence(self) -> str:
        """The closing line of a report: `3 findings (1 error, 2 warnings) in 12 files.`"""
        where = f"in {count(self.files, 'file')}."
        if not self.findings:
            return f"No findings {where}"
        parts = [
            count(number, word) if word else f"{number} advice"
            for number, word in ((self.errors, "error"), (self.warnings, "warning"), (self.advice, ""))
            if number
        ]
        return f"{count(self.findings, 'finding')} ({', '.join(parts)}) {where}{self._fixes()}"

    def _fixes(self) -> str:
        """What `daft-lint fix` would do, and what with `--unsafe`."""
        if not self.fixable:
            return ""
        safe = self.fixable - self.unsafe
        if not safe:
            return f" {count(self.unsafe, 'finding')} can be fixed with daft-lint fix --unsafe."
        more = f" ({self.unsafe:,} more with --unsafe)" if self.unsafe else ""
        return f" {count(safe, 'finding')} can be fixed with daft-lint fix{more}."


def statistics(findings: Sequence[Finding]) -> str:
    """The number of findings of each rule, the most frequent rule first."""
    return "".join(f"{number:>6}  {code}  {name}\n" for code, name, number in _tally(findings))


def statistics_json(findings: Sequence[Finding], files: int) -> str:
    """`statistics` as JSON text, with the summary of a report."""
    import json

    rules = [{"code": code, "name": name, "findings": number} for code, name, number in _tally(findings)]
    document = {"version": 1, "statistics": rules, "summary": asdict(Summary.of(findings, files))}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _tally(findings: Sequence[Finding]) -> list[tuple[str, str, int]]:
    """Code, name and number of findings of each rule, the most frequent rule first."""
    found = Counter((finding.code, finding.name) for finding in findings)
    return [(*rule, number) for rule, number in sorted(found.items(), key=lambda item: (-item[1], item[0]))]
