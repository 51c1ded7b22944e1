"""What `check` does for a code base that has findings already: known ones, changed lines only, suppressions written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from daft_lint.config import LEVELS, Config

if TYPE_CHECKING:
    from daft_lint.api.finding import Finding
    from daft_lint.lint.results import Report
    from daft_lint.source.problems import Problem


class AdoptError(Exception):
    """What was asked cannot be done, in one line."""


@dataclass(frozen=True, slots=True)
class Options:
    """`--since`, `--baseline`, `--update-baseline`, `--add-ignores` and `--reason`. Raises `AdoptError` for what does
    not go together."""

    since: str | None = None
    baseline: Path | None = None
    update_baseline: bool = False
    add_ignores: bool = False
    reason: str | None = None
    from_stdin: bool = False

    def __post_init__(self) -> None:
        if self.update_baseline and self.baseline is None:
            raise AdoptError("--update-baseline writes the file of --baseline: give that too")
        if self.update_baseline and (self.since is not None or self.add_ignores):
            raise AdoptError("--update-baseline takes all findings: leave --since and --add-ignores out")
        if self.from_stdin and (self.since is not None or self.update_baseline or self.add_ignores):
            raise AdoptError("--since, --update-baseline and --add-ignores are about files: give paths, not -")
        if self.reason is not None and not self.add_ignores:
            raise AdoptError("--reason is what --add-ignores writes: give that too")
        if self.add_ignores:
            from daft_lint.adoption.ignores import checked_reason

            try:
                checked_reason(self.reason)
            except ValueError as error:
                raise AdoptError(str(error)) from None


@dataclass(frozen=True, slots=True)
class Adopted:
    """The findings that are left to show, what was done in lines for standard error, and what could not be done.

    `known` is how many findings the baseline hides. `written`: the baseline was written, and there is nothing to show.
    """

    findings: tuple[Finding, ...]
    messages: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    known: int = 0
    written: bool = False


def adopt(options: Options, report: Report, files: Iterable[str], config: Config, given: dict[str, bytes]) -> Adopted:
    """Apply the options to the findings of a check of `files`. Raises `AdoptError`."""
    checked = [path.replace(os.sep, "/") for path in files]
    findings = list(report.findings)
    if options.update_baseline:
        return _update(options, report, checked, config)
    known = 0
    if options.baseline is not None:
        new = _unknown(options.baseline, findings, given)
        known, findings = len(findings) - len(new), new
    notes: tuple[str, ...] = ()
    if options.since is not None:
        findings, notes = _since(options.since, findings)
    findings = [f for f in findings if f.level.name.lower() in LEVELS[LEVELS.index(config.level) :]]
    if not options.add_ignores:
        return Adopted(tuple(findings), notes, known=known)
    added = _ignore(options, findings, checked, known)
    return replace(added, messages=(*notes, *added.messages))


def _unknown(file: Path, findings: Sequence[Finding], given: dict[str, bytes]) -> list[Finding]:
    from daft_lint.adoption.baseline import Baseline, BaselineError
    from daft_lint.report.text import SourceLines

    try:
        return Baseline.load(file).unknown(findings, SourceLines(given))
    except BaselineError as error:
        raise AdoptError(str(error)) from None


def _update(options: Options, report: Report, checked: Sequence[str], config: Config) -> Adopted:
    from daft_lint.adoption.baseline import Baseline, BaselineError
    from daft_lint.config.selection import Selection
    from daft_lint.report.text import SourceLines
    from daft_lint.source.printable import count

    assert options.baseline is not None
    unread = {problem.path for problem in report.problems}
    try:
        # A file that is there but is none is not written over: --baseline may name the wrong one.
        there = os.path.lexists(options.baseline)
        before = Baseline.load(options.baseline) if there else Baseline(options.baseline)
        looked_at = [path for path in checked if path not in unread]
        after = before.updated(report.findings, SourceLines(), looked_at, Selection(config))
        after.write()
    except BaselineError as error:
        raise AdoptError(str(error)) from None
    message = f"Wrote {count(len(after.entries), 'known finding')} to {options.baseline}."
    return Adopted((), (message,), written=True)


def _since(revision: str, findings: Sequence[Finding]) -> tuple[list[Finding], tuple[str, ...]]:
    """The findings on changed lines, and what is to be said of the comparison."""
    from daft_lint.adoption.since import Changes, SinceError

    paths = {span.path for f in findings for span in (f.span, *(related.span for related in f.related))}
    try:
        changes = Changes(revision, Path.cwd(), sorted(paths))
        return [finding for finding in findings if changes.touches(finding)], (changes.note,) if changes.note else ()
    except SinceError as error:
        raise AdoptError(str(error)) from None


def _ignore(options: Options, findings: Sequence[Finding], checked: Sequence[str], known: int) -> Adopted:
    from daft_lint.adoption import ignores
    from daft_lint.source.document import Document
    from daft_lint.source.printable import count

    try:
        paths = {finding.span.path for finding in findings} & set(checked)
        documents = {path: Document.read(path) for path in sorted(paths)}
    except OSError as error:
        raise AdoptError(f"{error.filename}: cannot be read: {error.strerror or error}") from None
    added = ignores.add(findings, documents, ignores.checked_reason(options.reason))
    silenced = set(added.silenced)
    left = tuple(finding for finding in findings if finding not in silenced)
    message = f"Silenced {count(len(silenced), 'finding')} in {count(added.files, 'file')}."
    return Adopted(left, (message,), added.problems, known)
