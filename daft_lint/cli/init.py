"""`daft-lint init`."""

from __future__ import annotations

from pathlib import Path

import click

from daft_lint.cli import options
from daft_lint.cli.configuration import configured
from daft_lint.cli.inputs import discovered, shown_path
from daft_lint.cli.output import CLEAN, echo_problems

_FIRST = 5
"""Findings that `init` shows."""


@click.command()
@click.option(
    "--write",
    is_flag=True,
    help="Write the configuration, the hook if pre-commit is in use, and the workflow if there are others.",
)
@options.no_plugins_option
def init(write: bool, no_plugins: bool) -> int:
    """Survey the project in this folder and propose a configuration, a pre-commit hook and a CI job."""
    from daft_lint.config import ConfigError
    from daft_lint.init import proposal, writing
    from daft_lint.init.survey import survey
    from daft_lint.source.printable import visible_lines

    try:
        project = survey(Path.cwd())
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
    click.echo(visible_lines(proposal.summary(project)))
    _show_first_findings(plugins=not no_plugins)
    if write:
        try:
            written = writing.write(project)
        except writing.InitError as error:
            raise click.ClickException(str(error)) from None
        click.echo("".join(f"written: {shown_path(path)}\n" for path in written), nl=False)
        if note := writing.left_out(project):
            click.echo(note)
        return CLEAN
    for destination, text in proposal.proposals(project):
        click.echo(f"# {destination}\n\n{text}")
    click.echo(writing.what_write_does(project))
    return CLEAN


def _show_first_findings(*, plugins: bool) -> None:
    """The findings that `check` would report, the worst first."""
    from daft_lint.lint.by_config import check_by_config
    from daft_lint.report import Summary, concise

    configs = configured(None, plugins=plugins)
    files, _ = discovered((), configs, False)
    report = check_by_config(files, configs)
    echo_problems(report.problems)
    worst = sorted(report.findings, key=lambda finding: -finding.level)[:_FIRST]
    if worst:
        click.echo("check would report:\n" + "".join(f"{concise.line(finding)}\n" for finding in worst), nl=False)
    else:
        click.echo("check would report nothing.")
    click.echo(Summary.of(report.findings, report.files).sentence() + "\n")
