"""`daft-lint plan`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from daft_lint.cli import options
from daft_lint.cli.configuration import configured
from daft_lint.cli.output import CLEAN


@click.command()
@click.argument("path", type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(["tree", "json", "mermaid"]),
    default="tree",
    show_default=True,
    help="How the pipelines are drawn.",
)
@options.config_option
@options.facts_option
def plan(path: str, form: str, config_file: Path | None, facts: bool | None) -> int:
    """Show the pipelines of the script at PATH: steps, heavy columns, rows, partitions, batch sizes; `?` is unknown."""
    from daft_lint.init.cluster import cluster_facts
    from daft_lint.pipeline.facts.settings import with_all_footers
    from daft_lint.pipeline.interpreter.interpreter import interpret
    from daft_lint.pipeline.interpreter.project import Project
    from daft_lint.report.plan import render
    from daft_lint.source.document import Document, run_as_deep_as_needed
    from daft_lint.source.problems import ParseFailure

    config = configured(config_file, facts=facts).of(path)
    try:
        document = Document.read(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise click.ClickException(f"{path}: {reason}") from None

    def work() -> str:
        script = interpret(document, with_all_footers(config.settings), Project())
        return render(script, form, cluster_facts(config, path))

    try:
        text = run_as_deep_as_needed(document, work)
    except ParseFailure as failure:
        raise click.ClickException(f"{path}:{failure}") from None
    sys.stdout.write(text)
    return CLEAN
