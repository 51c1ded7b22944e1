"""What `explain` prints and the documentation site shows of the rules: their metadata and their class docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from daft_lint.api.rule import Rule

ENGINE = {
    "DFT001": """# DFT001 syntax-error

Always error; has no fix.

A file that does not parse, with the place: nothing in it can be checked. A notebook's cell or a Markdown block that
does not parse is left out instead, and `--verbose` names it. No comment silences it.""",
    "DFT002": """# DFT002 unused-suppression

Always advice; has no fix.

A suppression that silences nothing, or a `# daft-lint:` comment that means nothing. A later finding would go unseen
below the first; the second has no effect. Remove it, or write it as it was meant. A file without the word daft is not
looked into.""",
}
"""What the linter reports without a rule: code to documentation, in Markdown."""


def summary(rule: type[Rule]) -> str:
    """The first paragraph of a rule's docstring on one line, in Markdown."""
    return " ".join(text(rule).split("\n\n")[0].split())


def text(rule: type[Rule]) -> str:
    """A rule's docstring, in Markdown."""
    return inspect.cleandoc(rule.__doc__ or "")


def page(rule: type[Rule]) -> str:
    """A rule's documentation, in Markdown: its code and name, how bad its findings can be, its docstring."""
    fix = "has a fix" if rule.fixable else "has no fix"
    default = "" if rule.default else ", off unless selected"
    return f"# {rule.code} {rule.name}\n\nAt most {rule.level.name.lower()}; {fix}{default}.\n\n{text(rule)}"


def table(rules: Sequence[type[Rule]]) -> str:
    """All codes for a terminal, a line each: code, name, highest level, notes."""
    width = max(len(rule.name) for rule in rules)
    rows = [f"DFT001  {'syntax-error':<{width}}  error", f"DFT002  {'unused-suppression':<{width}}  advice"]
    for rule in rules:
        notes = [*(["fix"] if rule.fixable else []), *([] if rule.default else ["off unless selected"])]
        rows.append(f"{rule.code}  {rule.name:<{width}}  {rule.level.name.lower():<7}  {', '.join(notes)}".rstrip())
    return "\n".join(rows) + "\n"
