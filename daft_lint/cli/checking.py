"""One run of `daft-lint check`, from the files to the report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daft_lint.cli.configuration import configured
from daft_lint.cli.fixing import Fixed, fix_files
from daft_lint.cli.inputs import discovered, reads_stdin, shown_path, stdin_document
from daft_lint.cli.notes import note_limits, note_unmatched_sources
from daft_lint.cli.output import CLEAN, FOUND, MISUSE, echo_error, echo_problems, echo_run, terminal_width
from daft_lint.dataclass import dataclass

if TYPE_CHECKING:
    from daft_lint.adoption.workflow import AdoptionOptions, AdoptionResult
    from daft_lint.api.finding import Finding
    from daft_lint.config import Config, NearestConfigs
    from daft_lint.lint.cache import Cache
    from daft_lint.lint.results import Report


@dataclass(frozen=True)
class CheckOptions:
    """The command line of `check`, by the names of its options."""

    paths: tuple[str, ...]
    select: tuple[str, ...]
    extend_select: tuple[str, ...]
    preview: bool | None
    ignore: tuple[str, ...]
    exclude: tuple[str, ...]
    level: str | None
    fail_on: str | None
    form: str
    output: str | None
    stdin_filename: str | None
    since: str | None
    baseline: Path | None
    update_baseline: bool
    add_ignores: bool
    reason: str | None
    statistics: bool
    fix: bool
    exit_non_zero_on_fix: bool
    show_files: bool
    show_settings: bool
    watch: bool
    jobs: int
    cache_dir: Path | None
    no_cache: bool
    config_file: Path | None
    facts: bool | None
    force_exclude: bool
    no_plugins: bool
    verbose: bool
    quiet: bool
    color: str

    def configs(self) -> NearestConfigs:
        """The configurations as they stand on the disk. Raises `click.ClickException`."""
        return configured(
            self.config_file,
            select=self.select,
            extend_select=self.extend_select,
            preview=self.preview,
            ignore=self.ignore,
            exclude=self.exclude,
            level=self.level,
            fail_on=self.fail_on,
            facts=self.facts,
            plugins=not self.no_plugins,
        )

    def adoption(self, from_stdin: bool) -> AdoptionOptions:
        """What `daft_lint.adoption` applies. Raises `click.UsageError` for options that do not go together."""
        from daft_lint.adoption.workflow import AdoptionError, AdoptionOptions

        try:
            found = AdoptionOptions(
                self.since, self.baseline, self.update_baseline, self.add_ignores, self.reason, from_stdin
            )
        except AdoptionError as error:
            raise click.UsageError(str(error)) from None
        if self.fix and (from_stdin or found.selects):
            raise click.UsageError("--fix fixes whole files: leave out -, --since, --baseline and --add-ignores")
        if self.watch and (from_stdin or self.update_baseline or self.add_ignores):
            raise click.UsageError(
                "--watch checks files again and again: leave out -, --update-baseline and --add-ignores"
            )
        return found


@dataclass(frozen=True)
class _Checked:
    """What was checked and what that gave. `files` are the checked files on the disk, `given` the bytes of others by
    path; `failed`: some of it could not be read, or not be checked by all rules."""

    report: Report
    failed: bool
    files: tuple[str, ...] = ()
    given: dict[str, bytes] = field(default_factory=dict)


class CheckRun:
    """Runs `check`, once or, as `--watch` asks, again and again."""

    def __init__(self, options: CheckOptions) -> None:
        self.options = options
        self.from_stdin = reads_stdin(options.paths, options.stdin_filename)
        self.adoption = options.adoption(self.from_stdin)

    def once(self) -> int:
        """Check and report, and return the exit status."""
        options = self.options
        configs = options.configs()
        files: list[str] = []
        unreadable = False
        if not self.from_stdin:
            files, unreadable = discovered(options.paths, configs, options.force_exclude)
        if options.show_files or options.show_settings:
            self._show(files, configs)
            return MISUSE if unreadable else CLEAN
        if not (files or unreadable or self.from_stdin):
            echo_error("daft-lint: warning: no Python files, notebooks or given files were found to check")
        fixed = fix_files(files, configs, quiet=options.quiet) if options.fix else Fixed()
        checked = self._check_stdin(configs) if self.from_stdin else self._check_files(files, configs)
        adopted = self._adopted(checked, configs)
        if not adopted.baseline_written:
            self._write_report(adopted.findings, checked)
        if not (options.quiet or self.from_stdin):
            note_limits(checked.report.limits, verbose=options.verbose)
            if not options.exclude:
                note_unmatched_sources(checked.files, configs, options.paths)
        if options.verbose:
            echo_run(configs.run, checked.report.files, checked.report.limits)
            if adopted.known:
                echo_error(f"known: {adopted.known} of {options.baseline}")
        if checked.failed or unreadable or fixed.failed or adopted.problems:
            return MISUSE
        failing = any(configs.of(f.span.path).fails(f.level) for f in adopted.findings)
        return FOUND if failing or (options.exit_non_zero_on_fix and fixed.fixes) else CLEAN

    def watched(self) -> set[str]:
        """The files whose changes `--watch` looks for: those that are checked, and their configurations."""
        from daft_lint.lint.by_config import by_config

        configs = self.options.configs()
        files, _ = discovered(self.options.paths, configs, self.options.force_exclude, quiet=True)
        used = [configs.run, *(config for config, _ in by_config(files, configs))]
        return {*files, *(str(config.file) for config in used if config.file is not None)}

    def _show(self, files: Sequence[str], configs: NearestConfigs) -> None:
        from daft_lint.cli import showing
        from daft_lint.lint.by_config import by_config

        if self.from_stdin:
            files = [self.options.stdin_filename or "stdin.py"]
        if self.options.show_settings:
            showing.show_settings([config for config, _ in by_config(files, configs)] or [configs.run])
        if self.options.show_files:
            showing.show_files(files)

    def _check_stdin(self, configs: NearestConfigs) -> _Checked:
        from daft_lint.lint.engine import check_document

        document = stdin_document(self.options.stdin_filename)
        report = check_document(document, configs.of(document.path))
        echo_problems(report.problems)
        return _Checked(report, report.failed, given={document.path: document.raw})

    def _check_files(self, files: Sequence[str], configs: NearestConfigs) -> _Checked:
        from daft_lint.cli.progress import ProgressBar
        from daft_lint.lint.by_config import check_by_config

        with ProgressBar(quiet=self.options.quiet) as progress:
            report = check_by_config(
                files,
                configs,
                jobs=self.options.jobs,
                cache_of=lambda config: self._cache(configs.run, config),
                progress=progress,
            )
        echo_problems(report.problems)
        given = {shown_path(Path(path)).as_posix() for path in self.options.paths}
        failed = report.failed or any(problem.path in given for problem in report.problems)
        return _Checked(report, failed, tuple(files))

    def _cache(self, run: Config, config: Config) -> Cache | None:
        """The cache of a configuration in the folder that is given, else in the one that the run's configuration names,
        else in the platform's; none behind a symbolic link."""
        if self.options.no_cache:
            return None
        from daft_lint.lint.cache import open_cache
        from daft_lint.source.writing import through_link

        folder = self.options.cache_dir
        if folder is None and run.cache_dir is not None:
            folder = run.root / run.cache_dir
        if folder is not None and through_link(str(folder), run.root):
            return None
        return open_cache(config, folder)

    def _adopted(self, checked: _Checked, configs: NearestConfigs) -> AdoptionResult:
        """What is left to show; messages and problems are printed."""
        from daft_lint.adoption.workflow import AdoptionError, apply_options

        try:
            result = apply_options(self.adoption, checked.report, checked.files, configs, checked.given)
        except AdoptionError as error:
            raise click.ClickException(str(error)) from None
        for message in () if self.options.quiet else result.messages:
            echo_error(message)
        echo_problems(result.problems)
        return result

    def _write_report(self, findings: Sequence[Finding], checked: _Checked) -> None:
        options = self.options
        if options.output is None:
            sys.stdout.write(self._rendered(options.form, findings, checked, True))
            return
        _write_file(options.output, self._rendered(options.form, findings, checked, False))
        if options.form != "text" and not options.statistics:
            # The file is for a machine; people read the text.
            sys.stdout.write(self._rendered("text", findings, checked, True))

    def _rendered(self, form: str, findings: Sequence[Finding], checked: _Checked, to_stdout: bool) -> str:
        from daft_lint.report import Summary, formats, statistics, statistics_json
        from daft_lint.report.text import wants_colour

        files = checked.report.files
        closing = Summary.of(findings, files).sentence() + "\n"
        if self.options.statistics:
            text = statistics_json(findings, files) if form == "json" else statistics(findings) + closing
        else:
            colour = to_stdout and wants_colour(sys.stdout, choice=self.options.color)
            width = terminal_width() if to_stdout else None
            text = formats.render(form, findings, files, checked.given, colour=colour, width=width)
        return text.removesuffix(closing) if self.options.quiet else text


def _write_file(output: str, text: str) -> None:
    from daft_lint.source.writing import write_report

    try:
        write_report(output, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise click.ClickException(f"{output}: cannot be written: {error.strerror or error}") from None
