"""`check --fix`: the safe fixes are made before what is left is reported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from daft_lint.cli.output import echo_problems
from daft_lint.dataclass import dataclass

if TYPE_CHECKING:
    from daft_lint.config import Configured


@dataclass(frozen=True)
class Fixed:
    """The number of fixes that were made, and whether a file could not be fixed or written."""

    fixes: int = 0
    failed: bool = False


def fix_files(files: Sequence[str], configs: Configured, *, quiet: bool = False) -> Fixed:
    """Makes the safe fixes in files and says so on standard error, unless `quiet`; problems are printed. What cannot be
    read is left to the check."""
    from daft_lint.fix.command import summary, write
    from daft_lint.fix.loop import fix_documents
    from daft_lint.lint.project_checker import ProjectChecker
    from daft_lint.lint.runner import read_all
    from daft_lint.source.document import Document

    sources, _ = read_all(files)
    documents = [Document.from_bytes(source.path, source.raw) for source in sources]
    if not documents:
        return Fixed()
    checker = ProjectChecker(configs, others=files)
    report = fix_documents(documents, checker.observe, unsafe=False, accept=None, overlay=checker.overlay)
    unwritten = write(report)
    echo_problems([*report.problems, *unwritten])
    made = sum(sum(counts.values()) for counts in report.counts().values())
    if made and not quiet:
        click.echo(summary(report, applied=True, unwritten={problem.path for problem in unwritten}), err=True, nl=False)
    return Fixed(made, bool(report.problems or unwritten))
