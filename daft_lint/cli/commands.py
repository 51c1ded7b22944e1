"""The commands, with click; each imports what it needs when it runs."""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daft_lint import __version__

if TYPE_CHECKING:
    from daft_lint.adoption.adopt import Adopted, Options
    from daft_lint.api.finding import Finding
    from daft_lint.config import Config
    from daft_lint.lint.cache import Cache
    from daft_lint.lint.results import Report
    from daft_lint.source.document import Document
    from daft_lint.source.problems import Problem

CLEAN, FOUND, MISUSE = 0, 1, 2
_BROKEN_PIPE = 141
"""What a shell reports of a process that SIGPIPE ended."""
_INTERRUPTED = 130


def run(arguments: Sequence[str]) -> int:
    """Runs a command line and returns its exit status. Bad input is one line on standard error and 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A path or a source may hold what the terminal's encoding has no character for.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = cli.main(args=list(arguments), prog_name="daft-lint", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else CLEAN
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return MISUSE
    except click.ClickException as error:
        _say(f"daft-lint: {error.format_message()}")
        return MISUSE
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader has gone: nothing more is written, at the interpreter's end neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE


def _say(line: str) -> None:
    """A line on standard error; a path or a source's text in it can neither end it nor steer a terminal."""
    from daft_lint.source.printable import visible

    click.echo(visible(line), err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="daft-lint %(version)s")
def cli() -> None:
    """Finds what makes a Daft pipeline slow, large or wrong on Ray, and says what to write instead."""


def _codes(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip().upper() for text in value for code in text.split(",") if code.strip())


_NO_PLUGINS = "daft_lint.no_plugins"


def _without_plugins(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    context.meta[_NO_PLUGINS] = value


_FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown")
_LEVEL = click.Choice(["advice", "warning", "error"], case_sensitive=False)
_FAIL_ON = click.Choice(["advice", "warning", "error", "never"], case_sensitive=False)
_config_option = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), help="Read this configuration."
)


def _complete_code(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The codes of our rules that a shell can complete a word to. Those of plugins would have to run first."""
    from daft_lint.lint import engine

    return [rule.code for rule in engine.rules() if rule.code.startswith(incomplete.upper())]


_select_option = click.option(
    "--select",
    multiple=True,
    callback=_codes,
    shell_complete=_complete_code,
    metavar="CODES",
    help="Only rules with these prefixes.",
)
_ignore_option = click.option(
    "--ignore",
    multiple=True,
    callback=_codes,
    shell_complete=_complete_code,
    metavar="CODES",
    help="No rules with these prefixes.",
)
_paths_argument = click.argument("paths", nargs=-1, type=click.Path(allow_dash=True))
_stdin_option = click.option("--stdin-filename", metavar="NAME", help="The name of the text that `-` reads.")
_output_option = click.option("--output", type=click.Path(dir_okay=False), help="Write the report to this file.")
_facts_option = click.option(
    "--facts/--no-facts", default=None, help="Read the footers of local Parquet sources for rows and sizes."
)
_force_exclude_option = click.option("--force-exclude", is_flag=True, help="Excludes hold for given files too.")
_plugins_option = click.option(
    "--no-plugins",
    is_flag=True,
    expose_value=False,
    callback=_without_plugins,
    help="No rules of plugins, whatever the configuration names: for trees that are not trusted.",
)
_verbose_option = click.option("-v", "--verbose", is_flag=True, help="Say on stderr what was read and cut short.")


@cli.command()
@_paths_argument
@_select_option
@_ignore_option
@click.option("--level", type=_LEVEL, help="The lowest level that is shown (default: advice).")
@click.option("--fail-on", type=_FAIL_ON, help="The lowest level that makes the exit status 1 (default: warning).")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True)
@_output_option
@_stdin_option
@click.option("--since", metavar="REV", help="Only findings on lines that have changed since this git revision.")
@click.option("--baseline", type=click.Path(path_type=Path, dir_okay=False), help="Hide the findings in this file.")
@click.option("--update-baseline", is_flag=True, help="Write what is found now to the file of --baseline.")
@click.option("--add-ignores", is_flag=True, help="Write a suppression beside each finding, with a --reason.")
@click.option("--reason", metavar="TEXT", help="Why, for --add-ignores.")
@click.option("--statistics", is_flag=True, help="How often each rule spoke, in place of the findings.")
@click.option("--jobs", type=click.IntRange(min=0), default=0, metavar="N", help="Processes; 0: as many as pay.")
@click.option("--cache-dir", type=click.Path(path_type=Path), help="Keep results in this folder.")
@click.option("--no-cache", is_flag=True, help="Neither read nor keep results of other runs.")
@_config_option
@_facts_option
@_force_exclude_option
@_plugins_option
@_verbose_option
def check(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
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
    verbose: bool,
) -> int:
    """Report what is wrong in PATHS (default: the configured `src`); `-` reads standard input."""
    config = _configured(config_file, select=select, ignore=ignore, level=level, fail_on=fail_on, facts=facts)
    given: dict[str, bytes] = {}
    files: list[str] = []
    from_stdin = _reads_stdin(paths, stdin_filename)
    options = _adoption(since, baseline, update_baseline, add_ignores, reason, from_stdin)
    if from_stdin:
        document = _stdin_document(stdin_filename)
        given[document.path] = document.raw
        report = _check_document(document, config)
        failed = report.failed
    else:
        files, failed = _files(paths, config, force_exclude)
        cache = None if no_cache else _cache(config, cache_dir)
        report, failed = _check_files(files, paths, config, failed, jobs, cache)
    adopted = _adopted(options, report, files, config, given)
    failed = failed or bool(adopted.problems)
    shown = adopted.findings
    if not adopted.written:
        _write_report(shown, report.files, form, output, given, statistics)
    if verbose:
        _tell(report, config)
        if adopted.known:
            _say(f"known: {adopted.known} of {baseline}")
    if failed:
        return MISUSE
    return FOUND if any(f.level.name.lower() in _from(config.fail_on) for f in shown) else CLEAN


def _adoption(
    since: str | None, baseline: Path | None, update: bool, add_ignores: bool, reason: str | None, from_stdin: bool
) -> Options:
    from daft_lint.adoption.adopt import AdoptError, Options

    try:
        return Options(since, baseline, update, add_ignores, reason, from_stdin)
    except AdoptError as error:
        raise click.UsageError(str(error)) from None


def _adopted(
    options: Options, report: Report, files: Sequence[str], config: Config, given: dict[str, bytes]
) -> Adopted:
    """What is left to show; what was done on the way is told."""
    from daft_lint.adoption.adopt import AdoptError, adopt

    try:
        adopted = adopt(options, report, files, config, given)
    except AdoptError as error:
        raise click.ClickException(str(error)) from None
    for message in adopted.messages:
        _say(message)
    _tell_problems(adopted.problems)
    return adopted


def _from(level: str) -> tuple[str, ...]:
    """The levels from `level` up; "never": none."""
    from daft_lint.config import LEVELS

    return LEVELS[LEVELS.index(level) :] if level in LEVELS else ()


def _configured(file: Path | None, **given: object) -> Config:
    """The configuration with the command line's options in place of what it says."""
    from daft_lint.config import ConfigError, is_prefix, load

    try:
        config = load(Path.cwd(), file)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
    changes = {key: value for key, value in given.items() if value is not None and value != ()}
    if "facts" in changes:
        changes["settings"] = dataclasses.replace(config.settings, footers=bool(changes["facts"]))
    config = dataclasses.replace(config, **changes)  # type: ignore[arg-type]
    config = _with_plugins(config)
    for code in (code for key in ("select", "ignore") for code in changes.get(key, ())):  # type: ignore[attr-defined]
        if not is_prefix(code, foreign=bool(config.plugins)):
            raise click.UsageError(f"{code} is no rule code nor the beginning of one, such as DFT1 or DFT101")
    return config


def _with_plugins(config: Config) -> Config:
    """The configuration, its plugins loaded; without them where the command line says so."""
    if click.get_current_context().meta.get(_NO_PLUGINS):
        return dataclasses.replace(config, plugins=())
    if config.plugins:
        from daft_lint.lint import engine
        from daft_lint.lint.plugins import PluginError

        try:
            engine.rules(config.plugins)
        except PluginError as error:
            raise click.ClickException(str(error)) from None
    return config


def _reads_stdin(paths: Sequence[str], stdin_filename: str | None) -> bool:
    if "-" not in paths:
        if stdin_filename is not None:
            raise click.UsageError("--stdin-filename names the text of standard input: give - as the path")
        return False
    if len(paths) > 1:
        raise click.UsageError("- reads standard input and stands alone: leave the other paths out")
    return True


def _stdin_document(name: str | None) -> Document:
    from daft_lint.source.document import Document

    return Document.from_bytes(Path(name or "stdin.py").as_posix(), sys.stdin.buffer.read())


def _files(paths: Sequence[str], config: Config, force_exclude: bool) -> tuple[list[str], bool]:
    """The files to check, and whether a path that was given could not be read; what cannot be read is told."""
    from daft_lint.source.discovery import discover

    starts = [Path(path) for path in paths] or [_from_here(config.root / source) for source in config.src]
    found = discover([_relative(path) for path in starts], config.file_filter, force_exclude=force_exclude)
    _tell_problems(found.problems)
    given = {_relative(path).as_posix() for path in starts}
    names = found.names if paths else tuple(str(_from_here(Path(name))) for name in found.names)
    return list(names), any(problem.path in given for problem in found.problems)


def _from_here(path: Path) -> Path:
    """The path from the working directory, which can lie below the project's root."""
    try:
        return Path(os.path.relpath(path))
    except ValueError:  # another drive
        return path


def _relative(path: Path) -> Path:
    """The path from the working directory, where it lies below it."""
    try:
        return path.absolute().relative_to(Path.cwd()) if path.is_absolute() else path
    except ValueError:
        return path


def _tell_problems(problems: Iterable[Problem]) -> None:
    for problem in problems:
        _say(f"daft-lint: {problem.path}: {problem.message}")


def _check_document(document: Document, config: Config) -> Report:
    from daft_lint.lint import engine

    report = engine.check_document(document, config)
    _tell_problems(report.problems)
    return report


def _cache(config: Config, folder: Path | None) -> Cache | None:
    """The cache in `folder`, else in the configured one, else in the platform's place; none behind a link."""
    from daft_lint.lint.cache import open_cache
    from daft_lint.source.writing import through_link

    if folder is None and config.cache_dir is not None:
        folder = config.root / config.cache_dir
    if folder is not None and through_link(str(folder), config.root):
        return None
    return open_cache(config, folder)


def _check_files(
    files: Sequence[str],
    paths: Sequence[str],
    config: Config,
    failed: bool,
    jobs: int = 0,
    cache: Cache | None = None,
) -> tuple[Report, bool]:
    from daft_lint.cli.progress import ProgressBar
    from daft_lint.lint.runner import check_files

    with ProgressBar() as progress:
        report = check_files(files, config, jobs=jobs, cache=cache, progress=progress)
    _tell_problems(report.problems)
    given = {_relative(Path(path)).as_posix() for path in paths}
    return report, failed or report.failed or any(problem.path in given for problem in report.problems)


def _write_report(
    findings: Sequence[Finding], files: int, form: str, output: str | None, given: dict[str, bytes], statistics: bool
) -> None:
    from daft_lint.report import Summary
    from daft_lint.report import statistics as tally
    from daft_lint.report.text import stdout_colour

    if statistics:
        text = tally(findings) + Summary.of(findings, files).sentence() + "\n"
    else:
        text = _rendered(findings, files, form, given, colour=output is None and stdout_colour())
    if output is None:
        sys.stdout.write(text)
        return
    _write_file(output, text)
    if form != "text" and not statistics:
        # The file is for a machine; whoever looks on reads the text.
        sys.stdout.write(_rendered(findings, files, "text", given, colour=stdout_colour()))


def _write_file(output: str, text: str) -> None:
    from daft_lint.source.writing import write_report

    try:
        write_report(output, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise click.ClickException(f"{output}: cannot be written: {error.strerror or error}") from None


def _rendered(findings: Sequence[Finding], files: int, form: str, given: dict[str, bytes], *, colour: bool) -> str:
    if form == "json":
        from daft_lint.report import json

        return json.render(findings, files)
    if form == "concise":
        from daft_lint.report import concise

        return concise.render(findings, files)
    if form != "text":
        from daft_lint.report.locations import Locations

        rendered: str = importlib.import_module(f"daft_lint.report.{form}").render(findings, files, Locations(given))
        return rendered
    from daft_lint.report import text

    return text.render(findings, files, text.SourceLines(given), colour=colour)


def _tell(report: Report, config: Config) -> None:
    _tell_run(config, report.files, report.limits)


def _tell_run(config: Config, files: int, limits: Iterable[str]) -> None:
    _say(f"configuration: {config.file or 'none, the defaults hold'}")
    _say(f"files: {files}")
    for limit in limits:
        _say(f"limit: {limit}")


@cli.command()
@_paths_argument
@click.option("--apply", is_flag=True, help="Write the files; without it, only the diff is shown.")
@click.option("--unsafe", is_flag=True, help="Also fixes that can change results, such as the row order.")
@click.option("--diff", is_flag=True, help="Show the diff when the files are written, too.")
@click.option("--interactive", is_flag=True, help="Ask for each fix, and write those that are accepted.")
@_select_option
@_ignore_option
@click.option("--fail-on", type=_FAIL_ON, help="The lowest level that, left after --apply, makes the exit status 1.")
@_output_option
@_stdin_option
@_config_option
@_facts_option
@_force_exclude_option
@_verbose_option
@_plugins_option
def fix(
    paths: tuple[str, ...],
    apply: bool,
    unsafe: bool,
    diff: bool,
    interactive: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str | None,
    output: str | None,
    stdin_filename: str | None,
    config_file: Path | None,
    facts: bool | None,
    force_exclude: bool,
    verbose: bool,
) -> int:
    """Rewrite what has a fix in PATHS (default: the configured `src`): a diff, or the files with --apply.

    `-` reads standard input; with --apply, the fixed text goes to standard output.
    """
    from daft_lint.api.finding import Level
    from daft_lint.fix.command import FixOptions, OutputError, run_fix
    from daft_lint.lint.project_checker import ProjectChecker

    config = _configured(config_file, select=select, ignore=ignore, fail_on=fail_on, facts=facts)
    from_stdin, failed = _reads_stdin(paths, stdin_filename), False
    if from_stdin and interactive:
        raise click.UsageError("--interactive asks on standard input, which - reads the text from")
    if from_stdin:
        documents = [_stdin_document(stdin_filename)]
    else:
        files, failed = _files(paths, config, force_exclude)
        documents, unreadable = _documents(files)
        failed = failed or bool(unreadable)
    tree = ProjectChecker(config)
    options = FixOptions(
        apply=apply or interactive,
        diff=diff,
        unsafe=unsafe,
        interactive=interactive,
        stdin=from_stdin,
        output=output,
        fail_on=None if config.fail_on == "never" else Level[config.fail_on.upper()],
    )
    try:
        status = run_fix(options, documents, tree.observe, overlay=tree.overlay)
    except OutputError as error:
        raise click.ClickException(str(error)) from None
    if verbose:
        _tell_run(config, len(documents) if from_stdin else len(files), tree.limits)
    return MISUSE if failed else status


def _documents(files: Sequence[str]) -> tuple[list[Document], list[Problem]]:
    """The files that can have a finding, read; and those that cannot be read, which are told."""
    from daft_lint.lint.runner import read_all
    from daft_lint.source.document import Document

    sources, problems = read_all(files)
    _tell_problems(problems)
    return [Document.from_bytes(source.path, source.raw) for source in sources], problems


@cli.command()
@click.argument("path", type=click.Path())
@click.option("--format", "form", type=click.Choice(["tree", "json", "mermaid"]), default="tree", show_default=True)
@_config_option
@_facts_option
def plan(path: str, form: str, config_file: Path | None, facts: bool | None) -> int:
    """Show the pipelines that were understood in PATH: steps, heavy columns, rows, partitions, bounds; `?` is not
    known."""
    from daft_lint.pipeline.interpreter.interpret import interpret
    from daft_lint.pipeline.interpreter.project import Project
    from daft_lint.report.plan import render
    from daft_lint.source.document import Document, run_as_deep_as_needed
    from daft_lint.source.problems import ParseFailure

    config = _configured(config_file, facts=facts)
    try:
        document = Document.read(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise click.ClickException(f"{path}: {reason}") from None
    try:

        def work() -> str:
            return render(interpret(document, config.settings, Project()), form)

        text = run_as_deep_as_needed(document, work)
    except ParseFailure as failure:
        raise click.ClickException(f"{path}:{failure}") from None
    sys.stdout.write(text)
    return CLEAN


@cli.command()
@click.argument("code", required=False, shell_complete=_complete_code)
@_config_option
@_plugins_option
def explain(code: str | None, config_file: Path | None) -> int:
    """Print the documentation of rule CODE, or a table of all rules."""
    from daft_lint.lint import documentation, engine

    rules = engine.rules(_configured(config_file).plugins)
    if code is None:
        click.echo(documentation.table(rules), nl=False)
        return CLEAN
    wanted = code.strip()
    if wanted.upper() in documentation.ENGINE:
        click.echo(documentation.ENGINE[wanted.upper()])
        return CLEAN
    for rule in rules:
        if wanted.upper() == rule.code or wanted.lower() == rule.name:
            click.echo(documentation.page(rule))
            return CLEAN
    from daft_lint.config import did_you_mean

    raise click.ClickException(f"no rule {wanted}{did_you_mean(wanted.upper(), [rule.code for rule in rules])}")


_POSITIVE = click.IntRange(min=1)


@cli.command()
@click.option("--rows", type=click.IntRange(min=0), required=True, help="Rows in all.")
@click.option("--nodes", type=_POSITIVE, required=True, help="Nodes of the cluster.")
@click.option("--concurrency", type=_POSITIVE, required=True, help="UDF calls that run at once, on all nodes together.")
@click.option("--batch-size", type=_POSITIVE, required=True, help="Rows in a call of the UDF.")
def partitions(rows: int, nodes: int, concurrency: int, batch_size: int) -> int:
    """Work out how many partitions a UDF should be fed with, and say why."""
    from daft_lint.api.formula import PartitionPlan

    click.echo(PartitionPlan.of(rows, nodes, concurrency, batch_size).explain())
    return CLEAN


def _needs(module: str, extra: str, what: str) -> None:
    """Says in one line how to get what a command needs, where it is not installed."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise click.ClickException(f"{what} needs {module}: pip install 'daft-lint[{extra}]'")


class _RuntimeCommand(click.Command):
    """A command of the companion runtime, which gets its arguments as they are and is imported when it runs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.args = list(args)
        return []

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own options where a shell completes them; else all arguments are taken as they are."""
        return self._imported().get_params(ctx) if ctx.resilient_parsing else super().get_params(ctx)

    def _imported(self) -> click.Command:
        command = getattr(importlib.import_module("daft_lint_runtime.cli"), self.name or "")
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        _needs("daft", "runtime", f"daft-lint {self.name}")
        return self._imported().main(ctx.args, prog_name=ctx.command_path, standalone_mode=False)


cli.add_command(
    _RuntimeCommand("verify", help="Run scripts before and after their fixes on Ray, and measure what the fixes bring.")
)
cli.add_command(_RuntimeCommand("profile", help="Run a script once and write down the sizes of its sources for check."))


@cli.command()
@click.option("--stdio", is_flag=True, help="Speak on standard input and output, as it does anyway.")
@click.option("--no-plugins", is_flag=True, help="No rules of plugins, whatever a configuration names.")
def server(stdio: bool, no_plugins: bool) -> int:
    """Serve editors by the Language Server Protocol: findings as one types, fixes, and hovers."""
    _needs("pygls", "lsp", "the language server")
    from daft_lint.integrations.lsp.server import serve

    serve(plugins=not no_plugins)
    return CLEAN


@cli.command()
@click.option(
    "--write",
    is_flag=True,
    help="Write the configuration, the hook where pre-commit is in use, the workflow where there are others.",
)
@_plugins_option
def init(write: bool) -> int:
    """Look at the project in this folder and propose a configuration, a pre-commit hook and a CI job."""
    from daft_lint.config import ConfigError
    from daft_lint.init import proposal
    from daft_lint.source.printable import visible_lines

    try:
        project = proposal.look(Path.cwd())
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
    click.echo(visible_lines(proposal.summary(project)))
    _show_first()
    if write:
        try:
            written = proposal.write(project)
        except proposal.InitError as error:
            raise click.ClickException(str(error)) from None
        click.echo("".join(f"written: {_relative(path)}\n" for path in written), nl=False)
        return CLEAN
    for place, text in proposal.proposals(project):
        click.echo(f"# {place}\n\n{text}")
    click.echo(proposal.what_write_does(project))
    return CLEAN


_FIRST = 5
"""Findings that `init` shows."""


def _show_first() -> None:
    """The findings that `check` would begin with, the worst first."""
    from daft_lint.lint.runner import check_files
    from daft_lint.report import Summary, concise

    config = _configured(None)
    files, _ = _files((), config, False)
    report = check_files(files, config)
    _tell_problems(report.problems)
    worst = sorted(report.findings, key=lambda finding: -finding.level)[:_FIRST]
    click.echo("check would report:" if worst else "check would report nothing.")
    click.echo(concise.render(worst, report.files).rsplit("\n", 2)[0] + "\n" if worst else "", nl=False)
    click.echo(Summary.of(report.findings, report.files).sentence() + "\n")
