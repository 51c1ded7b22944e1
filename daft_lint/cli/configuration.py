"""The configurations that a command works with, the command line's options in place of what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from daft_lint.config import Config, NearestConfigs

T = TypeVar("T")


def configured(
    file: Path | None,
    *,
    start: Path | None = None,
    select: tuple[str, ...] = (),
    extend_select: tuple[str, ...] = (),
    preview: bool | None = None,
    ignore: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    level: str | None = None,
    fail_on: str | None = None,
    facts: bool | None = None,
    plugins: bool = True,
) -> NearestConfigs:
    """The configurations of a run in the folder `start` (by default the working directory), plugins loaded; `file`, if
    given, is that of every file. Raises `click.ClickException` for one that
    cannot be used, now or when it is needed."""
    from daft_lint.config import NearestConfigs, fail_on_of, footers_of, level_of, load, load_in

    def with_options(config: Config) -> Config:
        if facts is not None:
            footers = footers_of(facts, config.settings.footers)
            config = replace(config, facts=facts, settings=replace(config.settings, footers=footers))
        return replace(
            config,
            select=select or config.select,
            extend_select=(*config.extend_select, *extend_select),
            preview=config.preview if preview is None else preview,
            ignore=ignore or config.ignore,
            also_exclude=(((Path.cwd(), exclude),) if exclude else ()) + config.also_exclude,
            level=config.level if level is None else level_of(level),
            fail_on=config.fail_on if fail_on is None else fail_on_of(fail_on),
        )

    def usable(config: Config) -> Config:
        return _usable(config, plugins)

    run = _checked(lambda: usable(load(start or Path.cwd(), file)))
    select, extend_select, ignore = (
        _given(name, texts, run.plugins)
        for name, texts in (("--select", select), ("--extend-select", extend_select), ("--ignore", ignore))
    )

    def read(folder: Path) -> Config | None:
        found = None if file is not None else _checked(lambda: load_in(folder))
        return None if found is None else with_options(_checked(lambda: usable(found)))

    return NearestConfigs(with_options(run), read)


def _usable(config: Config, plugins: bool) -> Config:
    if not (config.plugins or config.select or config.extend_select or config.ignore or config.per_file_ignores):
        return config
    from daft_lint.lint.selectors import with_known_rules

    return with_known_rules(config, plugins=plugins)


def _given(name: str, texts: tuple[str, ...], plugins: tuple[str, ...]) -> tuple[str, ...]:
    """The codes of an option. Raises `click.UsageError` for one that there is no rule for."""
    if not texts:
        return ()
    from daft_lint.config import ConfigError
    from daft_lint.lint.selectors import resolved

    try:
        return resolved(name, texts, plugins)
    except ConfigError as error:
        raise click.UsageError(str(error)) from None


def _checked(work: Callable[[], T]) -> T:
    """What `work` gives; a configuration or a plugin that cannot be used is one line for the user."""
    from daft_lint.config import ConfigError

    try:
        return work()
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
