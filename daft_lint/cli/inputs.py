"""What the commands work on: the configuration, the files, standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daft_lint.cli.output import echo_problems

if TYPE_CHECKING:
    from daft_lint.config import Config
    from daft_lint.source.document import Document


def configured(
    file: Path | None,
    *,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    level: str | None = None,
    fail_on: str | None = None,
    facts: bool | None = None,
    plugins: bool = True,
) -> Config:
    """The configuration, with the command line's options in place of what it says; its plugins are loaded."""
    from daft_lint.config import ConfigError, fail_on_of, is_prefix, level_of, load

    try:
        config = load(Path.cwd(), file)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
    if facts is not None:
        config = replace(config, facts=facts, settings=replace(config.settings, footers=facts))
    config = replace(
        config,
        select=select or config.select,
        ignore=ignore or config.ignore,
        level=config.level if level is None else level_of(level),
        fail_on=config.fail_on if fail_on is None else fail_on_of(fail_on),
        plugins=config.plugins if plugins else (),
    )
    _load_plugins(config)
    for code in (*select, *ignore):
        if not is_prefix(code, foreign=bool(config.plugins)):
            raise click.UsageError(f"{code} is neither a rule code nor the beginning of one, such as DFT1")
    return config


def _load_plugins(config: Config) -> None:
    if not config.plugins:
        return
    from daft_lint.lint.plugins import PluginError
    from daft_lint.lint.registry import rules

    try:
        rules(config.plugins)
    except PluginError as error:
        raise click.ClickException(str(error)) from None


def reads_stdin(paths: Sequence[str], stdin_filename: str | None) -> bool:
    """Whether the paths are `-` alone. Raises `click.UsageError` for `-` among other paths, and for a name of standard
    input that is not read."""
    if "-" not in paths:
        if stdin_filename is not None:
            raise click.UsageError("--stdin-filename is for standard input: give - as the path")
        return False
    if len(paths) > 1:
        raise click.UsageError("- reads standard input and cannot be combined with other paths")
    return True


def stdin_document(name: str | None) -> Document:
    """The document on standard input, under a name."""
    from daft_lint.source.document import Document

    if sys.stdin is None:
        raise click.ClickException("standard input is closed")
    return Document.from_bytes(Path(name or "stdin.py").as_posix(), sys.stdin.buffer.read())


def discovered(paths: Sequence[str], config: Config, force_exclude: bool) -> tuple[list[str], bool]:
    """The files to check, and whether a given path could not be read; problems are printed."""
    from daft_lint.source.discovery import discover

    starts = [Path(path) for path in paths] or [_from_working_directory(config.root / source) for source in config.src]
    found = discover([shown_path(path) for path in starts], config.file_filter, force_exclude=force_exclude)
    echo_problems(found.problems)
    given = {shown_path(path).as_posix() for path in starts}
    names = found.names if paths else tuple(str(_from_working_directory(Path(name))) for name in found.names)
    return list(names), any(problem.path in given for problem in found.problems)


def _from_working_directory(path: Path) -> Path:
    """The path from the working directory, which can lie below the project's root."""
    try:
        return Path(os.path.relpath(path))
    except ValueError:  # another drive
        return path


def shown_path(path: Path) -> Path:
    """A path as reports show it: from the working directory if it lies below that."""
    try:
        return path.absolute().relative_to(Path.cwd()) if path.is_absolute() else path
    except ValueError:
        return path
