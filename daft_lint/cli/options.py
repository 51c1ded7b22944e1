"""The arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from daft_lint.config import FAIL_ON, LEVELS


def _codes(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip() for text in value for code in text.split(",") if code.strip())


def complete_code(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The codes and names that a shell can complete a word to, without those of plugins: they would have to be
    imported."""
    from daft_lint.lint.registry import documented_rules

    rules = documented_rules()
    codes = [rule.code for rule in rules if rule.code.startswith(incomplete.upper())]
    return codes or [rule.name for rule in rules if rule.name.startswith(incomplete.lower())]


LEVEL = click.Choice(LEVELS, case_sensitive=False)
FAIL_ON_LEVEL = click.Choice(FAIL_ON, case_sensitive=False)

paths_argument = click.argument("paths", nargs=-1, type=click.Path(allow_dash=True))
config_option = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), help="Read this configuration file."
)
select_option = click.option(
    "--select",
    multiple=True,
    callback=_codes,
    shell_complete=complete_code,
    metavar="RULES",
    help="Run only these rules: names, codes, or prefixes of codes, with commas between.",
)
extend_select_option = click.option(
    "--extend-select",
    multiple=True,
    callback=_codes,
    shell_complete=complete_code,
    metavar="RULES",
    help="Run these rules besides those that are selected.",
)
preview_option = click.option(
    "--preview/--no-preview",
    default=None,
    help="Also run rules that are new and may change.",
)
ignore_option = click.option(
    "--ignore",
    multiple=True,
    callback=_codes,
    shell_complete=complete_code,
    metavar="RULES",
    help="Do not run these rules.",
)
exclude_option = click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Leave out what matches, in gitignore style, too."
)
stdin_option = click.option("--stdin-filename", metavar="NAME", help="The file name to report for standard input.")
output_option = click.option("--output", type=click.Path(dir_okay=False), help="Write the report to this file.")
facts_option = click.option(
    "--facts/--no-facts",
    default=None,
    help="Read row counts and sizes from the footers of local Parquet sources; by default, of files that a script "
    "names.",
)
force_exclude_option = click.option(
    "--force-exclude", is_flag=True, help="Apply excludes to files given as PATHS, too."
)
no_plugins_option = click.option(
    "--no-plugins",
    is_flag=True,
    help="Run no plugins, even if the configuration names some: for code that you do not trust.",
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print findings and errors, and nothing else.")
color_option = click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    show_default=True,
    help="Colour; auto: on a terminal, and as NO_COLOR and FORCE_COLOR say.",
)
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Print on stderr what was read and cut short.")
