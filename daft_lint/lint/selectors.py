"""Holds a configuration's selection of rules to the rules that there are."""

from __future__ import annotations

import importlib.util
import pkgutil
from collections.abc import Iterable
from dataclasses import replace

from daft_lint.config import ConfigError
from daft_lint.config.model import Config
from daft_lint.config.prefixes import ALL

_ENGINE_CODES = ("DFT001", "DFT002")


def with_known_rules(config: Config, *, plugins: bool = True) -> Config:
    """The configuration with its plugins loaded, and the codes of rules in place of their names.

    Without `plugins` those that it names are left out, and what selects no rule may be a rule of theirs.

    Raises `ConfigError` for what selects no rule or a plugin that cannot be used.
    """
    lenient = not plugins and bool(config.plugins)
    config = config if plugins else replace(config, plugins=())
    if config.plugins:
        from daft_lint.lint.registry import rules

        rules(config.plugins)
    where = f"{config.file}: " if config.file is not None else ""
    of_files = tuple(
        (pattern, resolved(f'{where}per-file-ignores."{pattern}"', selectors, config.plugins, lenient))
        for pattern, selectors in config.per_file_ignores
    )
    return replace(
        config,
        select=resolved(f"{where}select", config.select, config.plugins, lenient),
        extend_select=resolved(f"{where}extend-select", config.extend_select, config.plugins, lenient),
        ignore=resolved(f"{where}ignore", config.ignore, config.plugins, lenient),
        per_file_ignores=of_files,
    )


def resolved(key: str, selectors: Iterable[str], plugins: tuple[str, ...], lenient: bool = False) -> tuple[str, ...]:
    """The codes and prefixes of codes that selectors stand for. Raises `ConfigError` for one that selects no rule;
    `key` says whose it is; where that is `lenient`, such a one stays."""
    found = []
    for selector in selectors:
        code = _code_of(selector, plugins)
        if code is None and lenient:
            code = selector
        if code is None:
            raise ConfigError(f"{key}: there is no rule {selector}{_hint(selector, plugins)}")
        found.append(code)
    return tuple(found)


def _hint(selector: str, plugins: tuple[str, ...]) -> str:
    import difflib

    from daft_lint.lint.registry import documented_rules

    names = [rule.name for rule in documented_rules(plugins)]
    near = difflib.get_close_matches(selector.lower(), names, n=1)
    return f"; did you mean {near[0]}?" if near else "; daft-lint explain lists all rules"


def _code_of(selector: str, plugins: tuple[str, ...]) -> str | None:
    code = selector.upper()
    if code == ALL or any(known.startswith(code) for known in _own_codes()):
        return code
    # A name, or a code of a plugin: only now are the rules imported.
    from daft_lint.lint.registry import documented_rules

    for rule in documented_rules(plugins):
        if rule.code.startswith(code):
            return code
        if rule.name == selector.lower():
            return rule.code
    return None


def _own_codes() -> tuple[str, ...]:
    """The codes of the rules that come with the linter, by the names of their modules: none is imported."""
    spec = importlib.util.find_spec("daft_lint_rules")
    folders = (spec.submodule_search_locations or ()) if spec is not None else ()
    names = (module.name for module in pkgutil.iter_modules(folders))
    return (*_ENGINE_CODES, *(name.upper() for name in names if name.startswith("dft")))
