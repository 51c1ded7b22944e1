"""What the commands work on: the files, standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daft_lint.cli.output import echo_problems

if TYPE_CHECKING:
    from daft_lint.config import NearestConfigs
    from daft_lint.source.document import Document


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


def discovered(
    paths: Sequence[str], configs: NearestConfigs, force_exclude: bool, *, quiet: bool = False
) -> tuple[list[str], bool]:
    """The files to check, and whether a given path could not be read; problems are printed, unless `quiet`.

    Without a path: what the configured `src` names, else the working directory.
    """
    from daft_lint.cli.progress import ProgressBar
    from daft_lint.source.discovery import discover

    run = configs.run
    starts = (
        [Path(path) for path in paths] or [_from_working_directory(run.root / path) for path in run.src] or [Path()]
    )
    with ProgressBar("Looking for files", quiet=quiet):
        found = discover(
            [shown_path(path) for path in starts],
            lambda folder: configs.of_folder(folder).file_filter,
            force_exclude=force_exclude,
        )
    echo_problems(() if quiet else found.problems)
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
