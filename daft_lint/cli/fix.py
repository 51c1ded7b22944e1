"""`daft-lint fix`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from daft_lint.cli import options
from daft_lint.cli.configuration import configured
from daft_lint.cli.inputs import discovered, reads_stdin, stdin_document
from daft_lint.cli.output import MISUSE, echo_problems, echo_run

if TYPE_CHECKING:
    from daft_lint.config import NearestConfigs
    from daft_lint.fix.command import FixOptions
    from daft_lint.source.document import Document


@click.command()
@options.paths_argument
@click.option("--apply", is_flag=True, help="Write the files; without it, only the diff is shown.")
@click.option("--unsafe", is_flag=True, help="Also apply fixes that can change results, such as the row order.")
@click.option("--diff", is_flag=True, help="Show the diff even if the files are written.")
@click.option("--interactive", is_flag=True, help="Ask about each fix, and write those that you accept.")
@options.select_option
@options.extend_select_option
@options.preview_option
@options.ignore_option
@options.exclude_option
@click.option(
    "--fail-on",
    type=options.FAIL_ON_LEVEL,
    help="With --apply, the lowest level of a remaining finding that makes the exit status 1.",
)
@options.output_option
@options.stdin_option
@options.config_option
@options.facts_option
@options.force_exclude_option
@options.verbose_option
@options.quiet_option
@options.color_option
@options.no_plugins_option
def fix(
    paths: tuple[str, ...],
    apply: bool,
    unsafe: bool,
    diff: bool,
    interactive: bool,
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    preview: bool | None,
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    fail_on: str | None,
    output: str | None,
    stdin_filename: str | None,
    config_file: Path | None,
    facts: bool | None,
    force_exclude: bool,
    verbose: bool,
    quiet: bool,
    color: str,
    no_plugins: bool,
) -> int:
    """Fix the findings in PATHS (default: the configured `src`): show a diff, or write the files with --apply.

    `-` reads standard input; with --apply, the fixed text goes to standard output.
    """
    from daft_lint.fix.command import FixOptions
    from daft_lint.report.text import wants_colour

    configs = configured(
        config_file, select=select, extend_select=extend_select, preview=preview, ignore=ignore, exclude=exclude,
        fail_on=fail_on, facts=facts, plugins=not no_plugins,
    )  # fmt: skip
    given = _inputs(paths, stdin_filename, interactive, configs, force_exclude)
    fix_options = FixOptions(
        apply=apply or interactive,
        diff=diff,
        unsafe=unsafe,
        interactive=interactive,
        quiet=quiet,
        colour=wants_colour(sys.stdout, choice=color),
        stdin=given.is_stdin,
        output=output,
        fails=lambda finding: configs.of(finding.span.path).fails(finding.level),
    )
    status, limits = _run(fix_options, given, configs)
    if verbose:
        echo_run(configs.run, len(given.files), limits)
    return status if given.all_read else MISUSE


class _Inputs(NamedTuple):
    """What there is to fix. `files` are those that were looked at; `all_read`: none of them failed."""

    documents: list[Document]
    files: tuple[str, ...]
    all_read: bool
    is_stdin: bool


def _inputs(
    paths: tuple[str, ...], stdin_filename: str | None, interactive: bool, configs: NearestConfigs, force_exclude: bool
) -> _Inputs:
    if reads_stdin(paths, stdin_filename):
        if interactive:
            raise click.UsageError("--interactive asks on standard input, which - reads the text from")
        return _Inputs([stdin_document(stdin_filename)], ("-",), True, True)
    files, failed = discovered(paths, configs, force_exclude)
    documents, all_read = read_documents(files)
    return _Inputs(documents, tuple(file.replace(os.sep, "/") for file in files), all_read and not failed, False)


def _run(fix_options: FixOptions, given: _Inputs, configs: NearestConfigs) -> tuple[int, Sequence[str]]:
    """The exit status of a fix, and the caps that were reached, in words."""
    from daft_lint.cli.progress import ProgressBar
    from daft_lint.fix.command import OutputError, run_fix
    from daft_lint.lint.project_checker import ProjectChecker

    checker = ProjectChecker(configs, others=given.files)

    def overlay(current: Mapping[str, Document]) -> None:
        with ProgressBar(quiet=fix_options.quiet):
            checker.overlay(current)

    try:
        status = run_fix(fix_options, given.documents, checker.observe, overlay=overlay, others=given.files)
        return status, checker.limits
    except OutputError as error:
        raise click.ClickException(str(error)) from None


def read_documents(files: Sequence[str]) -> tuple[list[Document], bool]:
    """The files that can have a finding, and whether all files could be read; problems are printed."""
    from daft_lint.lint.runner import read_all
    from daft_lint.source.document import Document

    sources, problems = read_all(files)
    echo_problems(problems)
    return [Document.from_bytes(source.path, source.raw) for source in sources], not problems
