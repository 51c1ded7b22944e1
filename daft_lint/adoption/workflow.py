"""What `check` does for a code base that has findings already: it hides known ones or those on unchanged lines, and
writes baselines and suppressions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from daft_lint.config.selection import Selections
from daft_lint.dataclass import dataclass

if TYPE_CHECKING:
    from daft_lint.api.finding import Finding
    from daft_lint.config import Configured
    from daft_lint.lint.results import Report
    from daft_lint.source.problems import Problem


class AdoptionError(Exception):
    """Why the options cannot be applied, in one line."""


@dataclass(frozen=True, slots=True)
class AdoptionOptions:
    """`--since`, `--baseline`, `--update-baseline`, `--add-ignores` and `--reason`.

    Raises `AdoptionError` for options that do not go together.
    """

    since: str | None = None
    baseline: Path | None = None
    update_baseline: bool = False
    add_ignores: bool = False
    reason: str | None = None
    from_stdin: bool = False

    @property
    def selects(self) -> bool:
        """Only some findings of a file count, or they are changed."""
        return self.since is not None or self.baseline is not None or self.add_ignores

    def __post_init__(self) -> None:
        if self.update_baseline and self.baseline is None:
            raise AdoptionError("--update-baseline writes the file that --baseline names: pass --baseline as well")
        if self.update_baseline and (self.since is not None or self.add_ignores):
            raise AdoptionError("--update-baseline records all findings: leave out --since and --add-ignores")
        if self.from_stdin and (self.since is not None or self.update_baseline or self.add_ignores):
            raise AdoptionError("--since, --update-baseline and --add-ignores work on files: pass paths, not -")
        if self.reason is not None and not self.add_ignores:
            raise AdoptionError("--reason is written by --add-ignores: pass --add-ignores as well")
        if self.add_ignores:
            from daft_lint.adoption.ignores import checked_reason

            try:
                checked_reason(self.reason)
            except ValueError as error:
                raise AdoptionError(str(error)) from None


@dataclass(frozen=True, slots=True)
class AdoptionResult:
    """The findings that are left to show, messages for standard error about what was done, and what went wrong.

    `known` is the number of findings that the baseline hides. `baseline_written`: a baseline was written, and nothing
    is to be shown.
    """

    findings: tuple[Finding, ...]
    messages: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    known: int = 0
    baseline_written: bool = False


def apply_options(
    options: AdoptionOptions, report: Report, files: Iterable[str], config: Configured, given: dict[str, bytes]
) -> AdoptionResult:
    """Apply the options to the findings of a check of `files`. `given` are the bytes of files that are not read from
    the disk, by path. Raises `AdoptionError`."""
    checked = [path.replace(os.sep, "/") for path in files]
    findings = list(report.findings)
    if options.update_baseline:
        return _update_baseline(options.baseline, report, checked, config)
    known = 0
    if options.baseline is not None:
        new = _new_findings(options.baseline, findings, given)
        known, findings = len(findings) - len(new), new
    notes: tuple[str, ...] = ()
    if options.since is not None:
        findings, notes = _on_changed_lines(options.since, findings)
    findings = [finding for finding in findings if config.of(finding.span.path).shows(finding.level)]
    if not options.add_ignores:
        return AdoptionResult(tuple(findings), notes, known=known)
    added = _add_ignores(options, findings, checked, known)
    return replace(added, messages=(*notes, *added.messages))


def _new_findings(file: Path, findings: Sequence[Finding], given: dict[str, bytes]) -> list[Finding]:
    from daft_lint.adoption.baseline import Baseline, BaselineError
    from daft_lint.lint.source_lines import SourceLines

    try:
        return Baseline.load(file).unknown(findings, SourceLines(given))
    except BaselineError as error:
        raise AdoptionError(str(error)) from None


def _update_baseline(file: Path | None, report: Report, checked: Sequence[str], config: Configured) -> AdoptionResult:
    from daft_lint.adoption.baseline import Baseline, BaselineError
    from daft_lint.lint.source_lines import SourceLines
    from daft_lint.source.printable import count

    assert file is not None
    unread = {problem.path for problem in report.problems}
    try:
        # A file that is no baseline is not overwritten: --baseline may name the wrong one.
        there = os.path.lexists(file)
        before = Baseline.load(file) if there else Baseline(file)
        looked_at = [path for path in checked if path not in unread]
        after = before.updated(report.findings, SourceLines(), looked_at, Selections(config))
        after.write()
    except BaselineError as error:
        raise AdoptionError(str(error)) from None
    message = f"Wrote {count(len(after.entries), 'known finding')} to {file}."
    return AdoptionResult((), (message,), baseline_written=True)


def _on_changed_lines(revision: str, findings: Sequence[Finding]) -> tuple[list[Finding], tuple[str, ...]]:
    """The findings on changed lines, and notes about the comparison."""
    from daft_lint.adoption.since import Changes, SinceError

    paths = {span.path for f in findings for span in (f.span, *(related.span for related in f.related))}
    try:
        changes = Changes(revision, Path.cwd(), sorted(paths))
        return [finding for finding in findings if changes.touches(finding)], (changes.note,) if changes.note else ()
    except SinceError as error:
        raise AdoptionError(str(error)) from None


def _add_ignores(
    options: AdoptionOptions, findings: Sequence[Finding], checked: Sequence[str], known: int
) -> AdoptionResult:
    from daft_lint.adoption import ignores
    from daft_lint.source.document import Document
    from daft_lint.source.printable import count

    try:
        paths = {finding.span.path for finding in findings} & set(checked)
        documents = {path: Document.read(path) for path in sorted(paths)}
    except OSError as error:
        raise AdoptionError(f"{error.filename}: cannot be read: {error.strerror or error}") from None
    added = ignores.add(findings, documents, ignores.checked_reason(options.reason))
    silenced = set(added.silenced)
    left = tuple(finding for finding in findings if finding not in silenced)
    message = f"Suppressed {count(len(silenced), 'finding')} in {count(added.files, 'file')}."
    return AdoptionResult(left, (message,), added.problems, known)
