"""Writes what `daft-lint init` proposes: whole files or none, and never over what is there."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path

from daft_lint.init import pre_commit
from daft_lint.init.installation import origin
from daft_lint.init.proposal import GITHUB_WORKFLOW, ci_job, configuration, hook, target
from daft_lint.init.survey import GITHUB_WORKFLOWS, ProjectSurvey
from daft_lint.source.writing import create, write_atomically

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class InitError(Exception):
    """Why a proposal cannot be written, in one line."""


def writable(project: ProjectSurvey) -> dict[Path, Callable[[], None]]:
    """The files that `write` would write, and how: the configuration, and the files of tools that the project uses.

    Raises `InitError` for a file that cannot take its entry.
    """
    found: dict[Path, Callable[[], None]] = {}
    if project.configured is None:
        file, table = target(project)
        proposal = configuration(project, table)
        if table:
            found[file] = _change(file, lambda before: _appended(before, proposal))
        else:
            found[file] = functools.partial(create, str(file), proposal.encode())
    if origin().missing:
        return found
    hooks = project.root / pre_commit.FILE
    if project.pre_commit and not project.hooked:
        found[hooks] = _change(hooks, lambda before: pre_commit.with_hook(before, hook()))
    workflow = project.root / GITHUB_WORKFLOW
    if GITHUB_WORKFLOWS in project.ci and not project.in_ci:
        found[workflow] = functools.partial(create, str(workflow), ci_job(project)[1].encode())
    return found


def what_write_does(project: ProjectSurvey) -> str:
    """What `write` would do, in one line."""
    try:
        names = [file.relative_to(project.root).as_posix() for file in writable(project)]
    except InitError as error:
        return str(error)
    does = f"daft-lint init --write writes {', '.join(names)}" if names else "--write has nothing to add"
    return f"Nothing was written: {does}." + (f"\n{note}" if (note := left_out(project)) else "")


def left_out(project: ProjectSurvey) -> str:
    """Why a hook and a CI job that the project lacks are not proposed; "" where they are."""
    missing = origin().missing
    if not missing or (project.hooked and project.in_ci):
        return ""
    return f"No hook and no CI job: {missing}. Install it from a package index or a repository, and run init again."


def write(project: ProjectSurvey) -> list[Path]:
    """Writes the files that `writable` gives, and returns them.

    Raises `InitError`, with nothing written, if there is nothing to write or a file is not understood; and if the
    system refuses a file, naming the files that were written before.
    """
    found = writable(project)
    if not found:
        raise InitError(f"{project.configured} already has a configuration: nothing was written")
    written: list[Path] = []
    for file, work in found.items():
        try:
            work()
        except OSError as error:
            before = f" (written: {', '.join(path.name for path in written)})" if written else ""
            raise InitError(f"{file}: cannot be written: {error.strerror or error}{before}") from None
        written.append(file)
    return written


def _change(file: Path, change: Callable[[bytes], bytes]) -> Callable[[], None]:
    """Works out the changed bytes of a file, and returns what writes them."""
    try:
        before = file.read_bytes()
        after = change(before)
    except OSError as error:
        raise InitError(f"{file}: cannot be read: {error.strerror or error}") from None
    except pre_commit.NotUnderstood as error:
        raise InitError(f"{file.name}: {error}: add the proposal by hand; nothing was written") from None
    return functools.partial(write_atomically, str(file), before, after)


def _appended(before: bytes, proposal: str) -> bytes:
    """The file with the proposal at its end, in its own line breaks. Raises `NotUnderstood` if that is not TOML."""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = end if before.endswith(b"\n") or not before else end * 2
    after = before + gap + proposal.encode().replace(b"\n", end)
    try:
        tomllib.loads(after.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise pre_commit.NotUnderstood(f"no table can be appended to it: {error}") from None
    return after
