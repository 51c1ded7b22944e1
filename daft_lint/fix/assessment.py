"""What an upgrade of a tree to another Daft takes, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from daft_lint.api.finding import Finding, Level
from daft_lint.dataclass import dataclass
from daft_lint.fix.results import FixReport
from daft_lint.source.printable import count


@dataclass(frozen=True, slots=True)
class Assessment:
    """`files` is the number of files read, `version` the Daft to upgrade to."""

    report: FixReport
    files: int
    version: str

    @property
    def left(self) -> tuple[Finding, ...]:
        """What is left by hand, blockers first."""
        found = [finding for file in self.report.files for finding in file.remaining]
        return tuple(sorted(found, key=lambda f: (f.level is not Level.ERROR, f.span.path, f.span.line, f.span.column)))

    @property
    def blockers(self) -> tuple[Finding, ...]:
        """What fails on the new Daft."""
        return tuple(finding for finding in self.left if finding.level is Level.ERROR)

    @property
    def rewritten(self) -> int:
        return sum(len(file.applied) for file in self.report.files)

    def to_json(self) -> str:
        """The page as JSON."""
        return json.dumps(
            {
                "to": self.version,
                "files": self.files,
                "files_to_change": [file.path for file in self.report.changed],
                "rewrites": self.rewritten,
                "rewrites_by_rule": dict(sorted(Counter(self._applied_codes()).items())),
                "blockers": len(self.blockers),
                "left": [
                    {
                        "path": finding.span.path,
                        "line": finding.span.line,
                        "cell": finding.span.cell,
                        "code": finding.code,
                        "what": finding.observed,
                        "why": finding.suggestion,
                        "unsafe": finding.fix is not None and not finding.fix.safe,
                    }
                    for finding in self.left
                ],
            },
            indent=2,
        )

    def to_markdown(self) -> str:
        """The page as Markdown."""
        return "\n".join(self._lines()) + "\n"

    def summary(self) -> str:
        """What is left by hand and why, a line each, and the totals."""
        lines = [f"{_place(f)}: {f.code} {f.observed}. {_reason(f)}." for f in self.left]
        done = f"{count(self.rewritten, 'rewrite')} in {count(len(self.report.changed), 'file')}"
        lines.append(f"Daft {self.version}: {done}, {len(self.left)} left by hand ({len(self.blockers)} of them fail).")
        return "\n".join(lines) + "\n"

    def _applied_codes(self) -> Iterator[str]:
        return (applied.code for file in self.report.files for applied in file.applied)

    def _lines(self) -> Iterator[str]:
        yield f"# Upgrade to Daft {self.version}"
        yield ""
        yield "| | |"
        yield "|---|---:|"
        yield f"| files read | {self.files} |"
        yield f"| files to change | {len(self.report.changed)} |"
        yield f"| rewrites | {self.rewritten} |"
        yield f"| left by hand | {len(self.left)} |"
        yield f"| of these, fail on Daft {self.version} | {len(self.blockers)} |"
        yield from self._table("Rewrites", Counter(a.title for f in self.report.files for a in f.applied))
        yield from self._table("Left by hand", Counter(f.observed for f in self.left))
        if self.left:
            yield from ("", "## Places", "")
            for finding in self.left:
                yield f"- `{_place(finding)}` {finding.code}: {finding.observed}. {_reason(finding)}."

    def _table(self, title: str, counts: Counter[str]) -> Iterator[str]:
        if not counts:
            return
        yield from ("", f"## {title}", "", "| what | count |", "|---|---:|")
        for what, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            yield f"| {what.replace('|', chr(92) + '|')} | {number} |"


def _reason(finding: Finding) -> str:
    if finding.fix is not None and not finding.fix.safe:
        return f"--unsafe rewrites it: {finding.fix.why_unsafe}"
    return finding.suggestion


def _place(finding: Finding) -> str:
    cell = f":cell {finding.span.cell}" if finding.span.cell is not None else ""
    return f"{finding.span.path}{cell}:{finding.span.line}"
