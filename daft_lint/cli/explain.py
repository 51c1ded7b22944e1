"""`daft-lint explain`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from daft_lint.cli import options
from daft_lint.cli.configuration import configured
from daft_lint.cli.output import CLEAN

_WIDTH = 100
"""The most columns of a page: longer lines are hard to read."""


@click.command()
@click.argument("code", required=False, shell_complete=options.complete_code)
@options.config_option
@options.no_plugins_option
@options.color_option
def explain(code: str | None, config_file: Path | None, no_plugins: bool, color: str) -> int:
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
            _show(documentation.page(rule), color)
            return CLEAN
    raise click.ClickException(f"no rule {wanted}{did_you_mean(wanted.upper(), [rule.code for rule in rules])}")


def _show(page: str, color: str) -> None:
    """Prints a page of Markdown: laid out in a terminal, if Rich is installed, else as it is."""
    from importlib.util import find_spec

    from daft_lint.cli.output import terminal_width
    from daft_lint.report.text import wants_colour

    if not wants_colour(sys.stdout, choice=color) or find_spec("rich") is None:
        click.echo(page)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(force_terminal=True, width=min(terminal_width() or _WIDTH, _WIDTH)).print(Markdown(page))
