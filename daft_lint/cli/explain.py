"""`daft-lint explain`."""

from __future__ import annotations

from pathlib import Path

import click

from daft_lint.cli import options
from daft_lint.cli.configuration import configured
from daft_lint.cli.output import CLEAN


@click.command()
@click.argument("code", required=False, shell_complete=options.complete_code)
@options.config_option
@options.no_plugins_option
def explain(code: str | None, config_file: Path | None, no_plugins: bool) -> int:
    """Print the documentation of the rule CODE, or a table of all rules."""
    from daft_lint.config import did_you_mean
    from daft_lint.lint import documentation
    from daft_lint.lint.registry import documented_rules

    rules = documented_rules(configured(config_file, plugins=not no_plugins).run.plugins)
    if code is None:
        click.echo(documentation.table(rules), nl=False)
        return CLEAN
    wanted = code.strip()
    for rule in rules:
        if wanted.upper() == rule.code or wanted.lower() == rule.name:
            click.echo(documentation.page(rule))
            return CLEAN
    raise click.ClickException(f"no rule {wanted}{did_you_mean(wanted.upper(), [rule.code for rule in rules])}")
