"""The rules there are: the engine's own, those that come with the linter, and those of plugins.

Rules are found by name: every module `daft_lint_rules.dft*` holds one. Nothing here knows any of them.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

from daft_lint.api.promises import Changes
from daft_lint.api.rule import Rule
from daft_lint.config import OWN_LETTERS, Selection
from daft_lint.lint.engine_rules import ENGINE_RULES

if TYPE_CHECKING:
    from daft_lint.config import Config

RULES_PACKAGE = "daft_lint_rules"


def rules(plugins: tuple[str, ...] = ()) -> tuple[type[Rule], ...]:
    """Every rule that comes with the linter and those of the named plugins, by code.

    Raises `plugins.PluginError` for a plugin that cannot be used.
    """
    if not plugins:
        return builtin_rules()
    from daft_lint.lint.plugins import PluginError, clash_of, load

    found = sorted((*builtin_rules(), *load(plugins)), key=lambda rule: rule.code)
    clash = clash_of(found)
    if clash is not None:
        raise PluginError(clash)
    return tuple(found)


def documented_rules(plugins: tuple[str, ...] = ()) -> tuple[type[Rule], ...]:
    """Everything that can be reported, by code: `rules`, and what the engine reports itself."""
    return (*ENGINE_RULES, *rules(plugins))


@functools.cache
def builtin_rules() -> tuple[type[Rule], ...]:
    """The rules that come with the linter, by code."""
    package = importlib.import_module(RULES_PACKAGE)
    found: list[type[Rule]] = []
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("dft"):
            loaded = importlib.import_module(f"{RULES_PACKAGE}.{module.name}")
            found.extend(
                value
                for value in vars(loaded).values()
                # The module first: on Python 3.10 an alias such as `tuple[int, ...]` passes for a type.
                if isinstance(value, type) and value.__module__ == loaded.__name__ and issubclass(value, Rule)
            )
    return tuple(sorted(found, key=lambda rule: rule.code))


def selected_rules(config: Config) -> tuple[type[Rule], ...]:
    """The rules that the configuration selects."""
    selection = Selection(config)
    return tuple(
        rule
        for rule in rules(config.plugins)
        if selection.runs(rule.code, rule.default) and (not rule.preview or selection.previews(rule.code))
    )


def code_letters(config: Config) -> frozenset[str]:
    """The letters that the codes of the rules in use begin with."""
    if not config.plugins:
        return frozenset({OWN_LETTERS})
    return frozenset({OWN_LETTERS, *(rule.code[: len(OWN_LETTERS)] for rule in rules(config.plugins))})


def upgrading_rules() -> tuple[type[Rule], ...]:
    """The rules whose fixes write what a script says for another Daft."""
    return tuple(rule for rule in builtin_rules() if rule.knows_versions and rule.changes is Changes.SPELLING)
