"""`daft-lint check --why RULE FILE:LINE`."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from daft_lint.cli.output import CLEAN

if TYPE_CHECKING:
    from daft_lint.api.rule import Rule
    from daft_lint.cli.checking import CheckOptions

_PLACE = re.compile(
    r"(?P<notebook>.+\.ipynb):(?:cell )?(?P<cell>\d+):(?P<at>\d+)(?::\d+)?|(?P<file>.+?):(?P<line>\d+)(?::\d+)?",
    re.IGNORECASE,
)
"""`FILE:LINE`, of a notebook `FILE:CELL:LINE`; a finding adds the column."""


def explain_silence(asked: str, options: CheckOptions) -> int:
    """Print why a rule, by its code or name, says nothing of the one line that is given. Raises
    `click.ClickException`."""
    from daft_lint.lint.why import why_silent
    from daft_lint.source.document import Document, run_as_deep_as_needed
    from daft_lint.source.problems import ParseFailure

    path, cell, line = _place(options.paths)
    config = options.configs().of(path)
    rule = _rule(asked, config.plugins)
    try:
        document = Document.read(path)
        reasons = run_as_deep_as_needed(document, lambda: list(why_silent(document, config, rule, line, cell)))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise click.ClickException(f"{path}: {reason}") from None
    except ParseFailure as failure:
        raise click.ClickException(f"{path}:{failure}") from None
    place = f"{path}:{line}" if cell is None else f"{path}:cell {cell}:{line}"
    sys.stdout.write(f"{place}: {rule.code} {rule.name}\n" + "".join(f"   = {text}.\n" for text in reasons))
    return CLEAN


def _place(paths: tuple[str, ...]) -> tuple[str, int | None, int]:
    """The file, the cell of a notebook and the line, as they are given or as a finding shows them."""
    found = _PLACE.fullmatch(paths[0]) if len(paths) == 1 else None
    if found is None:
        raise click.UsageError("--why asks of one line: give it as FILE:LINE, or NOTEBOOK:CELL:LINE")
    path, cell, line = (
        (found["notebook"], found["cell"], found["at"]) if found["at"] else (found["file"], None, found["line"])
    )
    return path, None if cell is None else int(cell), int(line)


def _rule(asked: str, plugins: tuple[str, ...]) -> type[Rule]:
    from daft_lint.lint.registry import rules

    found = next((rule for rule in rules(plugins) if asked.lower() in (rule.code.lower(), rule.name)), None)
    if found is None:
        raise click.UsageError(f"there is no rule {asked}")
    return found
