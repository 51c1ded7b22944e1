"""`daft-lint check --why RULE FILE:LINE`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from daft_lint.cli.output import CLEAN

if TYPE_CHECKING:
    from daft_lint.api.rule import Rule
    from daft_lint.cli.checking import CheckOptions


def explain_silence(asked: str, options: CheckOptions) -> int:
    """Print why a rule, by its code or name, says nothing of the one line that is given. Raises
    `click.ClickException`."""
    from daft_lint.lint.why import why_silent
    from daft_lint.source.document import Document, run_as_deep_as_needed
    from daft_lint.source.problems import ParseFailure

    path, line = _place(options.paths)
    config = options.configs().of(path)
    rule = _rule(asked, config.plugins)
    try:
        document = Document.read(path)
        reasons = run_as_deep_as_needed(document, lambda: list(why_silent(document, config, rule, line)))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise click.ClickException(f"{path}: {reason}") from None
    except ParseFailure as failure:
        raise click.ClickException(f"{path}:{failure}") from None
    sys.stdout.write(f"{path}:{line}: {rule.code} {rule.name}\n" + "".join(f"   = {text}.\n" for text in reasons))
    return CLEAN


def _place(paths: tuple[str, ...]) -> tuple[str, int]:
    """The file and the line of `FILE:LINE`."""
    path, _, line = paths[0].rpartition(":") if len(paths) == 1 else ("", "", "")
    if not path or not line.isdecimal():
        raise click.UsageError("--why asks of one line: give it as FILE:LINE")
    return path, int(line)


def _rule(asked: str, plugins: tuple[str, ...]) -> type[Rule]:
    from daft_lint.lint.registry import rules

    found = next((rule for rule in rules(plugins) if asked.lower() in (rule.code.lower(), rule.name)), None)
    if found is None:
        raise click.UsageError(f"there is no rule {asked}")
    return found
