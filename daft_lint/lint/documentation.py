"""What `explain` prints and the documentation site shows of a rule: its metadata and its class docstring."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from daft_lint.api.rule import Rule


def summary(rule: type[Rule]) -> str:
    """The first paragraph of a rule's docstring on one line, in Markdown."""
    return " ".join(text(rule).split("\n\n")[0].split())


def text(rule: type[Rule]) -> str:
    """A rule's docstring, in Markdown."""
    return inspect.cleandoc(rule.__doc__ or "")


def notes(rule: type[Rule]) -> list[str]:
    """What keeps a rule from running by default."""
    return [*([] if rule.default else ["off unless selected"]), *(["preview"] if rule.preview else [])]


def page(rule: type[Rule]) -> str:
    """A rule's documentation, in Markdown: its code and name, the highest level of its findings, its docstring."""
    fix = "has a fix" if rule.fixable else "has no fix"
    default = "".join(f", {note}" for note in notes(rule))
    return f"# {rule.code} {rule.name}\n\nAt most {rule.level.name.lower()}; {fix}{default}.\n\n{text(rule)}"


def table(rules: Sequence[type[Rule]]) -> str:
    """The rules for a terminal, a line each: code, name, highest level, notes."""
    width = max(len(rule.name) for rule in rules)
    rows = []
    for rule in rules:
        shown = [*(["fix"] if rule.fixable else []), *notes(rule)]
        rows.append(f"{rule.code}  {rule.name:<{width}}  {rule.level.name.lower():<7}  {', '.join(shown)}".rstrip())
    return "\n".join(rows) + "\n"
