"""`daft-lint check`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daft_lint.cli import options
from daft_lint.cli.configuration import configured
from daft_lint.cli.inputs import discovered, reads_stdin, shown_path, stdin_document
from daft_lint.cli.output import CLEAN, FOUND, MISUSE, echo_error, echo_problems, echo_run
from daft_lint.report.formats import FORMATS

if TYPE_CHECKING:
    from daft_lint.adoption.workflow import AdoptionOptions, AdoptionResult
    from daft_lint.api.finding import Finding
    from daft_lint.config import Config, NearestConfigs
    from daft_lint.lint.cache import Cache
    from daft_lint.lint.results import Report


@click.command()
@options.paths_argument
@options.select_option
@options.extend_select_option
@options.ignore_option
@options.exclude_option
@click.option("--level", type=options.LEVEL, help="The lowest level to show (default: advice).")
@click.option(
    "--fail-on", type=options.FAIL_ON_LEVEL, help="The lowest level that makes the exit status 1 (default: warning)."
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@options.output_option
@options.stdin_option
@click.option("--since", metavar="REV", help="Report only findings on lines that changed since this git revision.")
@click.option("--baseline", type=click.Path(path_type=Path, dir_okay=False), help="Hide the findings in this file.")
@click.option("--update-baseline", is_flag=True, help="Write all findings to the file of --baseline.")
@click.option("--add-ignores", is_flag=True, help="Suppress each finding with a comment that gives the --reason.")
@click.option("--reason", metavar="TEXT", help="The reason that --add-ignores writes.")
@click.option("--statistics", is_flag=True, help="Show the number of findings per rule instead of the findings.")
@click.option("--jobs", type=click.IntRange(min=0), default=0, metavar="N", help="Processes; 0: as many as pay off.")
@click.option("--cache-dir", type=click.Path(path_type=Path), help="Keep the results of runs in this folder.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep the results of earlier runs.")
@options.config_option
@options.facts_option
@options.force_exclude_option
@options.no_plugins_option
@options.verbose_option
def check(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    level: str | None,
    fail_on: str | None,
    form: str,
    output: str | None,
    stdin_filename: str | None,
    since: str | None,
    baseline: Path | None,
    update_baseline: bool,
    add_ignores: bool,
    reason: str | None,
    statistics: bool,
    jobs: int,
    cache_dir: Path | None,
    no_cache: bool,
    config_file: Path | None,
    facts: bool | None,
    force_exclude: bool,
    no_plugins: bool,
    verbose: bool,
) -> int:
    """Report problems in PATHS (default: the configured `src`); `-` reads standard input."""
    configs = configured(
        config_file,
        select=select,
        extend_select=extend_select,
        ignore=ignore,
        exclude=exclude,
        level=level,
        fail_on=fail_on,
        facts=facts,
        plugins=not no_plugins,
    )
    from_stdin = reads_stdin(paths, stdin_filename)
    adoption = _adoption_options(since, baseline, update_baseline, add_ignores, reason, from_stdin)
    if from_stdin:
        checked = _check_stdin(stdin_filename, configs)
    else:
        caches = _CacheOptions(cache_dir, no_cache)
        checked = _check_paths(paths, configs, force_exclude, jobs, caches)
    adopted = _apply(adoption, checked, configs)
    if not adopted.baseline_written:
        _write_report(adopted.findings, checked, form, output, statistics)
    if verbose:
        echo_run(configs.run, checked.report.files, checked.report.limits)
        if adopted.known:
            echo_error(f"known: {adopted.known} of {baseline}")
    if checked.failed or adopted.problems:
        return MISUSE
    return FOUND if any(configs.of(f.span.path).fails(f.level) for f in adopted.findings) else CLEAN


@dataclass(frozen=True)
class _Checked:
    """What was checked and what that gave. `files` are the checked files on the disk, `given` the bytes of others by
    path; `failed`: some of it could not be read, or not be checked by all rules."""

    report: Report
    failed: bool
    files: tuple[str, ...] = ()
    given: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class _CacheOptions:
    """`--cache-dir` and `--no-cache`."""

    folder: Path | None
    off: bool

    def opened(self, run: Config, config: Config) -> Cache | None:
        """The cache of a configuration in the folder that is given, else in the one that the run's configuration names,
        else in the platform's; none behind a symbolic link."""
        from daft_lint.lint.cache import open_cache
        from daft_lint.source.writing import through_link

        folder = self.folder
        if folder is None and run.cache_dir is not None:
            folder = run.root / run.cache_dir
        if self.off or (folder is not None and through_link(str(folder), run.root)):
            return None
        return open_cache(config, folder)


def _check_stdin(name: str | None, configs: NearestConfigs) -> _Checked:
    from daft_lint.lint.engine import check_document

    document = stdin_document(name)
    report = check_document(document, configs.of(document.path))
    echo_problems(report.problems)
    return _Checked(report, report.failed, given={document.path: document.raw})


def _check_paths(
    paths: Sequence[str],
    configs: NearestConfigs,
    force_exclude: bool,
    jobs: int,
    caches: _CacheOptions,
) -> _Checked:
    from daft_lint.cli.progress import ProgressBar
    from daft_lint.lint.by_config import check_by_config

    files, unreadable = discovered(paths, configs, force_exclude)
    with ProgressBar() as progress:
        report = check_by_config(
            files, configs, jobs=jobs, cache_of=lambda config: caches.opened(configs.run, config), progress=progress
        )
    echo_problems(report.problems)
    given = {shown_path(Path(path)).as_posix() for path in paths}
    failed = unreadable or report.failed or any(problem.path in given for problem in report.problems)
    return _Checked(report, failed, tuple(files))


def _adoption_options(
    since: str | None, baseline: Path | None, update: bool, add_ignores: bool, reason: str | None, from_stdin: bool
) -> AdoptionOptions:
    from daft_lint.adoption.workflow import AdoptionError, AdoptionOptions

    try:
        return AdoptionOptions(since, baseline, update, add_ignores, reason, from_stdin)
    except AdoptionError as error:
        raise click.UsageError(str(error)) from None


def _apply(options: AdoptionOptions, checked: _Checked, configs: NearestConfigs) -> AdoptionResult:
    """What is left to show; messages and problems are printed."""
    from daft_lint.adoption.workflow import AdoptionError, apply_options

    try:
        result = apply_options(options, checked.report, checked.files, configs, checked.given)
    except AdoptionError as error:
        raise click.ClickException(str(error)) from None
    for message in result.messages:
        echo_error(message)
    echo_problems(result.problems)
    return result


def _write_report(
    findings: Sequence[Finding], checked: _Checked, form: str, output: str | None, statistics: bool
) -> None:
    from daft_lint.report import Summary, formats
    from daft_lint.report import statistics as tally
    from daft_lint.report.text import stdout_colour

    files, given = checked.report.files, checked.given
    if statistics:
        text = tally(findings) + Summary.of(findings, files).sentence() + "\n"
    else:
        text = formats.render(form, findings, files, given, colour=output is None and stdout_colour())
    if output is None:
        sys.stdout.write(text)
        return
    _write_file(output, text)
    if form != "text" and not statistics:
        # The file is for a machine; people read the text.
        sys.stdout.write(formats.render("text", findings, files, given, colour=stdout_colour()))


def _write_file(output: str, text: str) -> None:
    from daft_lint.source.writing import write_report

    try:
        write_report(output, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise click.ClickException(f"{output}: cannot be written: {error.strerror or error}") from None
