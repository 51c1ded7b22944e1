"""The commands `verify`, `profile` and `tune`, with click; `daft_lint.cli.runtime` adds them and imports this late.

What they need of Daft, Ray and rich is imported when they run.
"""

from __future__ import annotations

import re
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import click

from daft_lint_runtime import missing_packages
from daft_lint_runtime.output import show, write
from daft_lint_runtime.spec import DEFAULT_TIMEOUT, ClusterSpec, RunOptions, VerifyError

if TYPE_CHECKING:
    from daft_lint.config import Config, VerifyConfig
    from daft_lint_runtime.verify import VerifySummary

DEFAULTS = RunOptions()
PASSED, REFUTED, MISUSE = 0, 1, 2
UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


class Size(click.ParamType):  # type: ignore[type-arg] # click 8.1 has no type parameters
    """An amount of memory in bytes: `2GiB`, `500MB`, `1000000`."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?\s*", str(value).lower())
        if match is None or match[2] not in UNITS:
            self.fail(f"{value} is no size, such as 2GiB or 500MB", param, ctx)
        return int(float(match[1]) * UNITS[match[2]])


SECONDS = click.FloatRange(min=0, min_open=True)
SCRIPT_ARGUMENTS = "daft_lint_runtime.script_arguments"


class ScriptCommand(click.Command):
    """A command that leaves what follows `--` to the script."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            split = args.index("--")
            ctx.meta[SCRIPT_ARGUMENTS] = tuple(args[split + 1 :])
            args = args[:split]
        return super().parse_args(ctx, args)


def _mapping(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    pairs = dict(text.partition("=")[::2] for text in value)
    for name, place in pairs.items():
        if not name or not place:
            raise click.BadParameter("write --source 's3://bucket/x=tests/data/x.parquet'")
    return pairs


def _values(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[int, ...]:
    words = [word.strip().replace("_", "") for text in value for word in text.split(",") if word.strip()]
    if any(not word.isdecimal() or not int(word) for word in words):
        raise click.BadParameter("write whole numbers from 1 on, such as --values 16,32,64")
    return tuple(dict.fromkeys(int(word) for word in words))


def _run_options(function: Any) -> Any:
    """The options that `verify`, `profile` and `tune` share."""
    options = (
        click.option("--runner", type=click.Choice(["auto", "ray", "native"]), default="auto", show_default=True,
                     help="What the scripts run on; auto: as they say."),
        click.option("--address", metavar="ADDRESS", help="Join this Ray cluster (auto, ray://host:port, host:port)."),
        click.option("--nodes", type=click.IntRange(min=1), default=1, help="Simulate this many nodes here."),
        click.option("--cpus-per-node", type=click.IntRange(min=1), help="CPUs per node (default: all here)."),
        click.option("--gpus-per-node", type=click.IntRange(min=0), help="GPUs per node; Ray only counts them."),
        click.option("--object-store", type=Size(), help="Size of the object store per node, such as 500MB."),
        click.option("--timeout", type=SECONDS, default=DEFAULT_TIMEOUT, show_default=True, help="Seconds per run."),
        click.option("--memory-limit", type=Size(), help="End a run that uses more memory than this."),
        click.option("--source", "sources", multiple=True, callback=_mapping, metavar="PATH=OTHER",
                     help="Read OTHER in place of PATH, which may contain `*`."),
        click.option("--limit-rows", type=click.IntRange(min=1), help="Read at most this many rows of each source."),
        click.option("--allow-writes", is_flag=True, help="Run writes that cannot be redirected."),
        click.option("--config", "config_file", type=click.Path(path_type=Path), help="Read this configuration."),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


_FILE = click.Path(path_type=Path, dir_okay=False)
_COMPARE = click.option(
    "--compare",
    type=click.Choice(["rows", "schema", "none"]),
    default="rows",
    show_default=True,
    help="What must stay the same in the results.",
)
_HTML = click.option("--html", type=_FILE, help="Write a page with charts to this file.")
_OUTPUT = click.option("--output", type=_FILE, help="Write the report to this file.")


@click.command(cls=ScriptCommand)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--against", metavar="REV|FILE", help="Compare with a git revision or another file, not with the fix.")
@_COMPARE
@click.option(
    "--repeat", type=click.IntRange(min=1), default=1, help="Run each text this many times, to measure the noise."
)
@click.option("--select", multiple=True, metavar="CODES", help="Only rules with these prefixes.")
@click.option("--ignore", multiple=True, metavar="CODES", help="No rules with these prefixes.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit", "markdown"]),
    default="text",
    show_default=True,
    help="How the report is written.",
)
@_HTML
@_OUTPUT
@click.option("-v", "--verbose", is_flag=True, help="Show every comparison and the harness's notes.")
@click.option(
    "--facts/--no-facts",
    "learn",
    default=True,
    help="Keep the rows of sources and the seconds of UDFs that were measured in daft-lint.facts.toml, for check.",
)
@_run_options
def verify(
    paths: tuple[Path, ...],
    against: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    form: str,
    html: Path | None,
    output: Path | None,
    verbose: bool,
    learn: bool,
    config_file: Path | None,
    **asked: Any,
) -> int:
    """Run the scripts at PATHS before and after their fixes, and show whether each fix keeps its promise.

    Arguments for the scripts follow after `--`. Exit status: 0 confirmed or harmless, 1 refuted or failing, 2 misuse.
    """
    config = _configured(config_file, select, ignore)
    return verify_command(
        paths, config, against=against, form=form, html=html, output=output, verbose=verbose, learn=learn,
        options=run_options(**_with_configured(config.verify, asked)),
    )  # fmt: skip


@click.command(cls=ScriptCommand)
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=_FILE,
    help="Where the facts go (default: daft-lint.facts.toml beside the configuration, where check reads it).",
)
@_run_options
def profile(path: Path, output: Path | None, config_file: Path | None, **asked: Any) -> int:
    """Run the script at PATH once and write what it shows to daft-lint.facts.toml: rows and sizes of its sources, the
    seconds that a batch of each UDF takes."""
    config = _configured(config_file, (), ())
    return profile_command(path, config, output=output, options=run_options(**_with_configured(config.verify, asked)))


@click.command(cls=ScriptCommand)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--apply", is_flag=True, help="Write the better numbers into the script.")
@click.option(
    "--only", multiple=True, metavar="NUMBER", help="Only this number: its line, constant, UDF, or what it is for."
)
@click.option("--values", multiple=True, callback=_values, metavar="NUMBERS", help="Try these, with commas between.")
@click.option(
    "--rounds", type=click.IntRange(min=1), help="Run each value at most this many times (default: 9, at least 5)."
)
@click.option("--budget", type=SECONDS, help="Begin no round after this many seconds.")
@_COMPARE
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the report is written.",
)
@_HTML
@_OUTPUT
@_run_options
def tune(
    path: Path,
    apply: bool,
    only: tuple[str, ...],
    values: tuple[int, ...],
    rounds: int | None,
    budget: float | None,
    form: str,
    html: Path | None,
    output: Path | None,
    config_file: Path | None,
    **asked: Any,
) -> int:
    """Run the script at PATH, your code, many times with other numbers, and show which of them are equally fast.

    The numbers are those of batch_size, into_batches, repartition, into_partitions and max_concurrency, as literals or
    constants. Arguments for the script follow after `--`. Exit status: 0 nothing to change, or changed; 1 a better
    number was found and not written; 2 misuse.
    """
    from daft_lint_runtime.tuning.command import TuneRequest, tune_command

    _need_runtime()
    config = _configured(config_file, (), ())
    options = run_options(**_with_configured(config.verify, asked))
    _need_cluster(options)
    _end_on_signals()
    request = TuneRequest(path, config, options, only, values, rounds, budget, apply)
    return tune_command(request, form=form, html=html, output=output)


def _with_configured(given: VerifyConfig, asked: dict[str, Any]) -> dict[str, Any]:
    """The command line's options, and the configuration's for those that were left out."""
    context = click.get_current_context()
    found = dict(asked)
    for name, value in vars(given).items():
        source = context.get_parameter_source(name)
        if name == "sources":
            found[name] = {**dict(value), **asked[name]}
        elif value is not None and source is click.core.ParameterSource.DEFAULT:
            size = Size().convert(value, None, context) if name == "memory_limit" else value
            found[name] = size
    return found


def run_options(
    *,
    runner: str = "auto",
    address: str | None = None,
    nodes: int = 1,
    cpus_per_node: int | None = None,
    gpus_per_node: int | None = None,
    object_store: int | None = None,
    timeout: float = DEFAULT_TIMEOUT,
    memory_limit: int | None = None,
    sources: dict[str, str] | None = None,
    limit_rows: int | None = None,
    allow_writes: bool = False,
    compare: str = "rows",
    repeat: int = 1,
) -> RunOptions:
    """The command line's options as plain data; the script's own arguments come from the context."""
    context = click.get_current_context(silent=True)
    return RunOptions(
        runner=runner,
        cluster=ClusterSpec(address, nodes, cpus_per_node, gpus_per_node, object_store),
        timeout=timeout,
        memory_limit=memory_limit,
        sources=sources or {},
        limit_rows=limit_rows,
        allow_writes=allow_writes,
        compare=compare,
        repeat=repeat,
        script_args=() if context is None else context.meta.get(SCRIPT_ARGUMENTS, ()),
    )


def verify_command(
    paths: tuple[Path, ...],
    config: Config,
    *,
    against: str | None = None,
    form: str = "text",
    html: Path | None = None,
    output: Path | None = None,
    verbose: bool = False,
    learn: bool = False,
    options: RunOptions = DEFAULTS,
) -> int:
    """Verify and report; returns the exit status. Misuse is a `click.ClickException`."""
    _need_runtime()
    _need_cluster(options)
    from daft_lint_runtime.capacity import with_capacity
    from daft_lint_runtime.cases import cases_of, scripts
    from daft_lint_runtime.progress import RunProgress
    from daft_lint_runtime.verify import verify_cases

    cases, problems = cases_of(scripts(paths, config), config, against)
    for problem in problems:
        click.echo(f"daft-lint: {problem}", err=True)
    if not cases:
        raise click.ClickException("nothing to verify: no script that uses Daft")
    _end_on_signals()
    if options.runner != "native":
        cases = [with_capacity(case, options.cluster, config) for case in cases]
    for path, note in ((case.path, note) for case in cases for note in case.notes):
        click.echo(f"{path}: {note}", err=True)
    with RunProgress(options.repeat * sum(1 + (case.fixed is not None) for case in cases)) as progress:
        summary = verify_cases(cases, options, progress)
    if learn:
        _keep_facts(summary, config)
    _report(summary, form, output, html, verbose)
    return MISUSE if problems else summary.exit_code


def profile_command(path: Path, config: Config, *, output: Path | None = None, options: RunOptions = DEFAULTS) -> int:
    """Profile and write the facts; returns the exit status. Misuse is a `click.ClickException`."""
    _need_runtime()
    _need_cluster(options)
    from daft_lint.config import FACTS_FILE
    from daft_lint_runtime.capacity import with_capacity
    from daft_lint_runtime.cases import linted_case
    from daft_lint_runtime.facts import described, udf_facts, updated
    from daft_lint_runtime.profile import profile_script
    from daft_lint_runtime.progress import RunProgress

    _end_on_signals()
    try:
        if options.runner != "native":
            case = with_capacity(linted_case(path, config), options.cluster, config)
            options = replace(options, cluster=case.cluster or options.cluster)
            for note in case.notes:
                click.echo(f"{path}: {note}", err=True)
        with RunProgress() as progress:
            progress(str(path))
            found = profile_script(path, options)
    except VerifyError as error:
        raise click.ClickException(str(error)) from None
    target = output or _from_here(config.root / FACTS_FILE)
    sources = {source.pattern: source.facts(config.settings.heavy_row_bytes) for source in found.sources}
    udfs = udf_facts(found.run, config.root)
    write(target, updated(target, sources, udfs))
    click.echo(f"{target}: {described(sources, udfs)}")
    return PASSED


def _keep_facts(summary: VerifySummary, config: Config) -> None:
    """Write what the runs of the scripts as they are have shown of their UDFs and sources; a folder that takes no file
    is no failure."""
    from daft_lint.config import FACTS_FILE
    from daft_lint_runtime.facts import described, udf_facts, updated
    from daft_lint_runtime.profile import sources_seen

    runs = [result.as_it_is for result in summary.results if result.as_it_is is not None]
    udfs = {key: facts for run in runs for key, facts in udf_facts(run, config.root).items()}
    heavy = config.settings.heavy_row_bytes
    sources = {source.pattern: source.facts(heavy) for run in runs for source in sources_seen(run)}
    target = _from_here(config.root / FACTS_FILE)
    if not udfs and not sources:
        return
    try:
        write(target, updated(target, {}, udfs, sources))
    except click.ClickException as error:
        click.echo(f"daft-lint: {error.message}", err=True)
    else:
        click.echo(f"{target}: {described(sources, udfs)}", err=True)


def _from_here(file: Path) -> Path:
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


def _need_runtime() -> None:
    missing = missing_packages()
    if missing:
        from daft_lint.init.installation import how_to_add

        raise click.ClickException(f"this command needs {', '.join(missing)}: {how_to_add('runtime')}")


def _need_cluster(options: RunOptions) -> None:
    from daft_lint_runtime.cluster import refuse_dead_address

    try:
        refuse_dead_address(options.cluster.address or "")
    except VerifyError as error:
        raise click.ClickException(str(error)) from None


def _configured(file: Path | None, select: tuple[str, ...], ignore: tuple[str, ...]) -> Config:
    from daft_lint.cli.configuration import configured

    return configured(file, select=_codes(select), ignore=_codes(ignore)).run


def _codes(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip() for text in texts for code in text.split(",") if code.strip())


def _end_on_signals() -> None:
    """SIGTERM and SIGHUP end a run as Ctrl-C does: everything that it started first."""

    def interrupt(number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt(signal.Signals(number).name)

    signal.signal(signal.SIGTERM, interrupt)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, interrupt)


def _report(summary: VerifySummary, form: str, output: Path | None, html: Path | None, verbose: bool) -> None:
    """The report where it was asked for; on the terminal as well, unless another form of it goes there."""
    from daft_lint_runtime.report import html as page
    from daft_lint_runtime.report import render
    from daft_lint_runtime.report import text as terminal

    if html is not None:
        write(html, page.render(summary))
    if form == "text":
        show(lambda console: terminal.show(summary, console, verbose), output)
    elif output is None:
        sys.stdout.write(render(form, summary))
    else:
        write(output, render(form, summary))
        show(lambda console: terminal.show(summary, console, verbose))
