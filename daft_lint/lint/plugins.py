"""Custom rules: packages that register a module under the entry-point group `daft_lint.rules`.

A plugin is imported only when the configuration names it. Its rules are held to the contract of `daft_lint.api.rule`
before any of them runs.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from collections.abc import Iterable
from types import ModuleType

from daft_lint.api.rule import Level, PipelineRule, Rule, ScriptRule
from daft_lint.config import OWN_LETTERS, ConfigError, did_you_mean

GROUP = "daft_lint.rules"
_CODE = re.compile(r"[A-Z]{3}[0-9]{3}\Z")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+\Z")


class PluginError(ConfigError):
    """A plugin that cannot be used: says which, and what is wrong with it in one line."""


@functools.cache
def load(names: tuple[str, ...]) -> tuple[type[Rule], ...]:
    """The rules of the plugins with these entry-point names.

    Raises `PluginError` for a plugin that is not installed, cannot be imported, or whose rules break the contract.
    """
    found: list[type[Rule]] = []
    for name in dict.fromkeys(names):
        rules = rules_of(_module(name))
        if not rules:
            raise PluginError(f"plugin {name}: its module has no rule (no subclass of PipelineRule or ScriptRule)")
        for rule in rules:
            wrong = broken(rule)
            if wrong is not None:
                raise PluginError(f"plugin {name}: {rule.__name__}: {wrong}")
        found += rules
    clash = clash_of(found)
    if clash is not None:
        raise PluginError(clash)
    return tuple(found)


def rules_of(module: ModuleType) -> list[type[Rule]]:
    """The rules that a module, or the `__init__` of a package, offers: those among its names that it defines itself."""
    own = (module.__name__, f"{module.__name__}.")
    return [
        value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and not name.startswith("_")
        # Before `issubclass`: on Python 3.10 an alias such as `tuple[int, ...]` passes for a type.
        and (value.__module__ == own[0] or value.__module__.startswith(own[1]))
        and issubclass(value, Rule)
    ]


def clash_of(rules: Iterable[type[Rule]]) -> str | None:
    """What is wrong if two rules share a code or a name; None if all differ."""
    for what in ("code", "name"):
        known: dict[str, type[Rule]] = {}
        for rule in rules:
            other = known.setdefault(getattr(rule, what), rule)
            if other is not rule:
                shared = getattr(rule, what)
                return f"two rules have the {what} {shared}: {_spelled(other)} and {_spelled(rule)}"
    return None


def broken(rule: type[Rule]) -> str | None:
    """How a rule breaks the contract of `daft_lint.api.rule`, in words; None if it keeps the contract."""
    if not issubclass(rule, PipelineRule | ScriptRule):
        return "a rule is a PipelineRule or a ScriptRule"
    if inspect.isabstract(rule):
        return "it has no check method"
    values = {key: getattr(rule, key, None) for key in ("code", "name", "level", "trigger_words", "fixable", "default")}
    missing = [key for key, value in values.items() if value is None]
    if missing:
        return f"it has no {missing[0]}"
    return _wrong_name(values["code"], values["name"]) or _wrong_kind(rule, values)


def _wrong_name(code: object, name: object) -> str | None:
    if not isinstance(code, str) or not _CODE.match(code):
        return f"the code {code!r} is not three capital letters and three digits"
    if code.startswith(OWN_LETTERS):
        return f"the code {code} begins with {OWN_LETTERS}, which is reserved for daft-lint's own rules"
    if not isinstance(name, str) or not _NAME.match(name):
        return f"the name {name!r} is not in kebab-case, such as heavy-udf"
    return None


def _wrong_kind(rule: type[Rule], values: dict[str, object]) -> str | None:
    words = values["trigger_words"]
    if not isinstance(values["level"], Level):
        return "its level is not a daft_lint.api.rule.Level"
    if not isinstance(words, tuple) or not words or not all(isinstance(word, str) and word for word in words):
        return "its trigger_words are not a tuple of strings: a file with none of these words has no finding"
    if not all(isinstance(value, bool) for value in (values["fixable"], values["default"], rule.preview)):
        return "its fixable, default and preview must be True or False"
    if not inspect.cleandoc(rule.__doc__ or "").strip():
        return "it has no docstring, which is its documentation"
    return None


def _spelled(rule: type[Rule]) -> str:
    return f"{rule.__module__}.{rule.__qualname__}"


def _module(name: str) -> ModuleType:
    # Late: reading the metadata of what is installed takes a while.
    from importlib.metadata import entry_points

    installed = {point.name: point for point in entry_points(group=GROUP)}
    point = installed.get(name)
    if point is None:
        known = did_you_mean(name, installed) if installed else "; no plugin is installed"
        raise PluginError(f"plugin {name} is not installed (no entry point of the group {GROUP}){known}")
    if point.attr:
        raise PluginError(f"plugin {name}: its entry point {point.value} must name a module, not something in it")
    try:
        return importlib.import_module(point.module)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the code of others raises, it is one line
        reason = " ".join(str(error).split())
        raise PluginError(f"plugin {name} cannot be imported: {type(error).__name__}: {reason}") from None
