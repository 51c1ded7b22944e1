"""`daft-lint upgrade`: all rewrites for another Daft, and what is left by hand."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from daft_lint.dataclass import dataclass
from daft_lint.fix.assessment import OLDEST, Assessment
from daft_lint.fix.command import show, unparsed, write
from daft_lint.fix.diff import text_diff, unified_diff
from daft_lint.fix.loop import Check, Overlay, fix_documents
from daft_lint.fix.requirements import raised_text, requirement_files
from daft_lint.pipeline.catalog.history.lookup import NEWEST
from daft_lint.pipeline.facts.target import parse_version
from daft_lint.source.printable import visible, visible_lines
from daft_lint.source.problems import Problem
from daft_lint.source.writing import write_atomically

if TYPE_CHECKING:
    from daft_lint.source.document import Document


@dataclass(frozen=True, slots=True)
class UpgradeOptions:
    """The flags of `daft-lint upgrade`. `root` is the folder whose requirements are raised, None: they stay;
    `written_for` the Daft that the scripts run on, None: what their project says."""

    to: str
    written_for: str | None = None
    apply: bool = False
    unsafe: bool = False
    report: str | None = None
    output: str | None = None
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class _Raised:
    file: Path
    before: bytes
    after: bytes


def newest() -> str:
    """The newest Daft that the history knows."""
    return ".".join(map(str, NEWEST))


def run_upgrade(
    options: UpgradeOptions,
    documents: Sequence[Document],
    check: Check,
    overlay: Overlay | None,
    others: Collection[str] = (),
) -> tuple[int, list[Problem]]:
    """Show the diff or the assessment, or write the files; the exit status and what went wrong.

    `others` are files that may be rewritten for what is found in another one.

    1 where something is to change, with `apply` where something is left that fails or does not parse; 2 where something
    went wrong.
    """
    report = fix_documents(documents, check, unsafe=options.unsafe, overlay=overlay, others=others)
    before = parse_version(options.written_for) if options.written_for else OLDEST
    found = Assessment(report, len(documents), options.to, before)
    raised = list(_raised(options))
    problems = list(report.problems)
    if options.report is not None:
        text = found.to_json() + "\n" if options.report == "json" else found.to_markdown()
        show(text.encode("utf-8", "replace"), options.output, sys.stdout)
    elif not options.apply:
        diff = unified_diff(report) + "".join(
            text_diff(str(r.file), r.before.decode("utf-8", "replace"), r.after.decode("utf-8", "replace"))
            for r in raised
        )
        show(diff.encode("utf-8", "replace"), options.output, sys.stdout)
    if options.apply:
        problems += write(report)
        problems += [problem for change in raised if (problem := _write(change)) is not None]
    sys.stderr.write(visible_lines(found.summary()))
    if parse_version(options.to) > NEWEST:
        sys.stderr.write(f"What Daft changed after {newest()} is not known.\n")
    unread = list(unparsed(report))
    for problem in unread:
        sys.stderr.write(visible(f"daft-lint: {problem}") + "\n")
    for change in raised:
        sys.stderr.write(visible(f"{change.file}: requires daft>={options.to}; lock it anew") + "\n")
    if problems:
        return 2, problems
    return int(bool(found.blockers or unread) if options.apply else bool(report.changed or raised)), problems


def _write(change: _Raised) -> Problem | None:
    try:
        write_atomically(str(change.file), change.before, change.after)
    except OSError as error:
        return Problem(str(change.file), f"not written: {error.strerror or error}")
    return None


def _raised(options: UpgradeOptions) -> list[_Raised]:
    """The files of requirements that change."""
    if options.root is None:
        return []
    found = []
    for file in requirement_files(options.root):
        before = file.read_bytes()
        text = before.decode("utf-8", "surrogateescape")
        after = raised_text(file, text, parse_version(options.to)).encode("utf-8", "surrogateescape")
        if after != before:
            found.append(_Raised(file, before, after))
    return found
