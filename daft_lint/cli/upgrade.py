"""`daft-lint upgrade`."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import click

from daft_lint.api.finding import SYNTAX_ERROR
from daft_lint.cli import options
from daft_lint.cli.configuration import configured
from daft_lint.cli.fix import read_documents
from daft_lint.cli.inputs import discovered, shown_path
from daft_lint.cli.output import MISUSE, echo_problems, echo_run

_VERSION = re.compile(r"\d+(\.\d+){0,2}")


def _version(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _VERSION.fullmatch(value):
        raise click.BadParameter(f"{value} is no version of Daft, such as 0.7.26")
    return value


@click.command()
@options.paths_argument
@click.option(
    "--to",
    "to_version",
    metavar="VERSION",
    callback=_version,
    help="The Daft to upgrade to (default: the newest known).",
)
@click.option(
    "--from",
    "from_version",
    metavar="VERSION",
    callback=_version,
    help="The Daft that the scripts run on (default: what the project pins, requires or has installed).",
)
@click.option("--apply", is_flag=True, help="Write the files; without it, only the diff is shown.")
@click.option("--unsafe", is_flag=True, help="Also apply rewrites where the engine itself changed.")
@click.option(
    "--requirements", is_flag=True, help="Raise the requirement of Daft in pyproject.toml and requirements*.txt."
)
@click.option("--report", type=click.Choice(["markdown", "json"]), help="Print an assessment in place of the diff.")
@options.output_option
@options.config_option
@options.force_exclude_option
@options.verbose_option
def upgrade(
    paths: tuple[str, ...],
    to_version: str | None,
    from_version: str | None,
    apply: bool,
    unsafe: bool,
    requirements: bool,
    report: str | None,
    output: str | None,
    config_file: Path | None,
    force_exclude: bool,
    verbose: bool,
) -> int:
    """Rewrite PATHS (default: the configured `src`) for another Daft: show a diff, or write the files with --apply.

    What has no equal call is left as it is, and listed with the reason.
    """
    from daft_lint.fix.upgrade import UpgradeOptions, newest, run_upgrade
    from daft_lint.lint.project_checker import ProjectChecker
    from daft_lint.lint.registry import upgrading_rules

    to = to_version or newest()
    configs = configured(config_file, plugins=False)
    config = replace(
        configs.run,
        select=(*(rule.code for rule in upgrading_rules()), SYNTAX_ERROR),
        ignore=(),
        target_daft=f"=={to}",
        written_for=f"=={from_version}" if from_version else "",
    )
    files, failed = discovered(paths, configs, force_exclude)
    documents, all_read = read_documents(files)
    checker = ProjectChecker(config, others=files)
    status, problems = run_upgrade(
        UpgradeOptions(
            to, from_version, apply, unsafe, report, output, shown_path(config.root) if requirements else None
        ),
        documents,
        checker.observe,
        checker.overlay,
        frozenset(file.replace(os.sep, "/") for file in files),
    )
    echo_problems(problems)
    if verbose:
        echo_run(config, len(files), checker.limits)
    return status if all_read and not failed else MISUSE
