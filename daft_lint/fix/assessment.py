"""What an upgrade of a tree to another Daft takes, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from daft_lint.api.finding import SYNTAX_ERROR, Finding, Level
from daft_lint.api.upgrades import FOR_SOME_VALUES
from daft_lint.dataclass import dataclass
from daft_lint.fix.results import FixReport
from daft_lint.pipeline.catalog.history.changes import Version, changes
from daft_lint.pipeline.facts.target import parse_version
from daft_lint.source.printable import count

OLDEST: Version = (0, 3, 0)
"""The history begins there."""
OPERATORS = {
    "__lt__": "<",
    "__le__": "<=",
    "__gt__": ">",
    "__ge__": ">=",
    "__eq__": "==",
    "__ne__": "!=",
    "__str__": "str(dtype)",
}
"""The methods that nobody calls by their names."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """`files` is the number of files read, `version` the Daft to upgrade to, `written_for` the one that the scripts run
    on, where all of them run on one that is known."""

    report: FixReport
    files: int
    version: str
    written_for: Version = OLDEST

    @property
    def left(self) -> tuple[Finding, ...]:
        """What is left by hand, blockers first."""
        return tuple(finding for finding in self._remaining() if not _is_to_check(finding))

    @property
    def to_check(self) -> Mapping[tuple[str, str], Sequence[Finding]]:
        """The places of what gives something else for some values, by what it is and what it gives."""
        found: dict[tuple[str, str], list[Finding]] = {}
        for finding in self._remaining():
            if _is_to_check(finding):
                found.setdefault((finding.observed, finding.suggestion), []).append(finding)
        return found

    def _remaining(self) -> list[Finding]:
        found = [one for file in self.report.files for one in file.remaining if one.code != SYNTAX_ERROR]
        return sorted(found, key=lambda f: (f.level is not Level.ERROR, f.span.path, f.span.line, f.span.column))

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
                "to_check": [
                    {
                        "what": what,
                        "why": why,
                        "places": [{"path": f.span.path, "line": f.span.line, "cell": f.span.cell} for f in places],
                    }
                    for (what, why), places in self.to_check.items()
                ],
                "engine": engine_changes(self.written_for, parse_version(self.version)),
            },
            indent=2,
        )

    def to_markdown(self) -> str:
        """The page as Markdown."""
        return "\n".join(self._lines()) + "\n"

    def summary(self) -> str:
        """What is left by hand and why, what is to be checked, a line each, and the totals."""
        lines = [f"{_place(f)}: {f.code} {f.observed}. {_reason(f)}." for f in self.left]
        for (what, why), places in self.to_check.items():
            lines.append(f"{_place(places[0])}: to check{_more(places)}: {what}: {why}.")
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
        if self.to_check:
            yield from ("", "## To check", "")
            for (what, why), places in self.to_check.items():
                yield f"- {what}: {why}. {', '.join(f'`{_place(place)}`' for place in places)}"
        engine = engine_changes(self.written_for, parse_version(self.version))
        if engine:
            yield from ("", "## What no call shows", "", *(f"- {line}" for line in engine))

    def _table(self, title: str, counts: Counter[str]) -> Iterator[str]:
        if not counts:
            return
        yield from ("", f"## {title}", "", "| what | count |", "|---|---:|")
        for what, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            yield f"| {what.replace('|', chr(92) + '|')} | {number} |"


def engine_changes(before: Version, to: Version) -> list[str]:
    """What the methods that nobody calls by their names give on one version and not on the other."""
    found: dict[tuple[Version, str], list[str]] = {}
    for change in changes():
        operator = OPERATORS.get(change.name.rpartition(".")[2])
        if operator is not None and change.changed is not None and before < change.changed <= to:
            found.setdefault((change.changed, change.note), []).append(f"`{operator}`")
    return [
        f"{', '.join(operators)} since Daft {'.'.join(map(str, version))}: {note}."
        for (version, note), operators in found.items()
    ]


def _is_to_check(finding: Finding) -> bool:
    return finding.impact == FOR_SOME_VALUES


def _more(places: Sequence[Finding]) -> str:
    return f" (and {count(len(places) - 1, 'place')} more)" if len(places) > 1 else ""


def _reason(finding: Finding) -> str:
    if finding.fix is not None and not finding.fix.safe:
        return f"--unsafe rewrites it: {finding.fix.why_unsafe}"
    return finding.suggestion


def _place(finding: Finding) -> str:
    cell = f":cell {finding.span.cell}" if finding.span.cell is not None else ""
    return f"{finding.span.path}{cell}:{finding.span.line}"
