"""Whether a project says that it is for Ray: what it depends on, and what it sets `DAFT_RUNNER` to.

Files are read as text; nothing is imported.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path

from daft_lint.pipeline.facts.target import requirements_of

_RAY = re.compile(r"(?i)\s*(?:ray(?![\w.-])|(?:get)?daft\s*\[[^\]]*\bray\b)")
"""A requirement of Ray, or of Daft with its extra, as PEP 508 spells it."""
_LISTED = re.compile(r"(?im)^[\s\"'-]*(?:ray(?![\w.-])|(?:get)?daft\s*\[[^\]\n]*\bray\b)")
"""The same at the beginning of a line of a list of requirements."""
_RUNNER = re.compile(r"DAFT_RUNNER[\"']?\s*[:=]\s*[\"']?ray\b")

_REQUIREMENTS = re.compile(r"requirements[\w.-]*\.(txt|in)|setup\.(py|cfg)|Pipfile|environment[\w.-]*\.ya?ml")
_ENVIRONMENT = re.compile(
    r"\.env[\w.-]*|[\w.-]+\.env|Dockerfile[\w.-]*|(docker-)?compose[\w.-]*\.ya?ml|Makefile|\.gitlab-ci\.yml"
    r"|azure-pipelines\.yml"
)
"""Names of files that set a project's environment."""
_CI_FOLDERS = {".github": "workflows", ".circleci": ""}
MAX_BYTES = 1024 * 1024
"""Larger files are not looked into."""


def ray_in_project(path: str) -> bool:
    """Whether the project that the file at `path` is in is for Ray, up to the root of its repository."""
    return _of_folder(Path(path).absolute().parent)


@functools.lru_cache(maxsize=4096)
def _of_folder(folder: Path) -> bool:
    if any(_says_ray(folder)):
        return True
    return folder.parent != folder and not (folder / ".git").exists() and _of_folder(folder.parent)


def _says_ray(folder: Path) -> Iterator[bool]:
    """For each of a folder's files, whether it says so."""
    for name in _names(folder):
        if name == "pyproject.toml":
            yield any(_RAY.match(requirement) for requirement in requirements_of(folder / name))
        elif _REQUIREMENTS.fullmatch(name):
            yield _LISTED.search(_text(folder / name)) is not None
        elif _ENVIRONMENT.fullmatch(name):
            yield _RUNNER.search(_text(folder / name)) is not None
        elif name in _CI_FOLDERS:
            inner = folder / name / _CI_FOLDERS[name]
            yield any(_RUNNER.search(_text(inner / one)) for one in _names(inner) if one.endswith((".yml", ".yaml")))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        if file.is_file() and file.stat().st_size <= MAX_BYTES:
            return file.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
    return ""
