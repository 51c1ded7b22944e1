"""`daft-lint check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from daft_lint.cli import options
from daft_lint.report.formats import FORMATS


@click.command()
@options.paths_argument
@options.select_option
@options.extend_select_option
@options.preview_option
@options.ignore_option
@options.exclude_option
@click.option("--level", type=options.LEVEL, help="The lowest level to show (default: advice).")
@click.option(
    "--fail-on", type=options.FAIL_ON_LEVEL, help="The lowest level that makes the exit status 1 (default: warning)."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How the findings are written.",
)
@options.output_option
@options.stdin_option
@click.option("--since", metavar="REV", help="Report only findings on lines that changed since this git revision.")
@click.option("--baseline", type=click.Path(path_type=Path, dir_okay=False), help="Hide the findings in this file.")
@click.option("--update-baseline", is_flag=True, help="Write all findings to the file of --baseline.")
@click.option("--add-ignores", is_flag=True, help="Suppress each finding with a comment that gives the --reason.")
@click.option("--reason", metavar="TEXT", help="The reason that --add-ignores writes.")
@click.option("--statistics", is_flag=True, help="Show the number of findings per rule instead of the findings.")
@click.option("--fix", is_flag=True, help="First make the safe fixes; report what is left.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="With --fix, exit with 1 if something was fixed.")
@click.option("--show-files", is_flag=True, help="List the files that would be checked, and stop.")
@click.option("--show-settings", is_flag=True, help="Show the configurations of these files in TOML, and stop.")
@click.option(
    "--why",
    metavar="RULE",
    shell_complete=options.complete_code,
    help="Say why this rule is silent at FILE:LINE (NOTEBOOK:CELL:LINE), the only path, and which facts it lacks.",
)
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@click.option("--jobs", type=click.IntRange(min=0), default=0, metavar="N", help="Processes; 0: as many as pay off.")
@click.option("--cache-dir", type=click.Path(path_type=Path), help="Keep the results of runs in this folder.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep the results of earlier runs.")
@options.config_option
@options.facts_option
@options.force_exclude_option
@options.no_plugins_option
@options.verbose_option
@options.quiet_option
@options.color_option
def check(**given: Any) -> int:
    """Report problems in PATHS (default: the configured `src`, else this folder); `-` reads standard input."""
    from daft_lint.cli.checking import CheckOptions, CheckRun

    asked = given.pop("why")
    if asked is not None:
        from daft_lint.cli.why import explain_silence

        return explain_silence(asked, CheckOptions(**given))
    run = CheckRun(CheckOptions(**given))
    if not given["watch"]:
        return run.once()
    from daft_lint.cli.watching import watch

    return watch(run.once, run.watched)
