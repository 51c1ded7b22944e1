"""What a project has: files with Daft, runners, UDFs, sources, the tools that run checks. Nothing of it is run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from daft_lint.config import Config, load
from daft_lint.dataclass import dataclass
from daft_lint.init import pre_commit
from daft_lint.init.jobs import JobFact, job_facts
from daft_lint.pipeline.facts.target import Version, oldest, stated_in, target_daft
from daft_lint.pipeline.model import Script, Step
from daft_lint.source.discovery import discover
from daft_lint.source.document import Document, run_as_deep_as_needed
from daft_lint.source.prefilter import mentions_daft
from daft_lint.source.problems import ParseFailure

if TYPE_CHECKING:
    from daft_lint.pipeline.interpreter.project import Project

GITHUB_WORKFLOWS = ".github/workflows"
CI_FILES = (GITHUB_WORKFLOWS, ".gitlab-ci.yml", ".circleci/config.yml", "azure-pipelines.yml", "Jenkinsfile")


@dataclass
class ProjectSurvey:
    """What a project has. `files` are those that use Daft; counters count by name."""

    root: Path
    files: list[Path] = field(default_factory=list)
    daft: Version | None = None
    """The oldest Daft that it requires."""
    daft_from: str | None = None
    """The file that requires it, unless `check` reads that file itself."""
    runners: Counter[str] = field(default_factory=Counter)
    """Numbers of files by the runner that they set."""
    udfs: int = 0
    bounded_udfs: int = 0
    """Those with a `batch_size`."""
    concurrency: int | None = None
    """The largest `max_concurrency` of a UDF."""
    sources: Counter[str] = field(default_factory=Counter)
    """The paths that are read, as often as they are."""
    pre_commit: bool = False
    hooked: bool = False
    """pre-commit already runs daft-lint."""
    ci: tuple[str, ...] = ()
    in_ci: bool = False
    """CI already runs daft-lint."""
    jobs: tuple[JobFact, ...] = ()
    """What its job files say of the cluster."""
    configured: Path | None = None
    """The file that already holds a configuration."""


def survey(root: Path) -> ProjectSurvey:
    """What a project has, by its files alone. Raises `config.ConfigError` for a configuration that cannot be used."""
    from daft_lint.pipeline.interpreter.project import Project

    config = load(root)
    inside = config.file is not None and config.file.resolve().parent == root.resolve()
    found = ProjectSurvey(root, configured=config.file if inside else None)
    if stated_in(root.absolute()) is None:
        found.daft, found.daft_from = _required(root)
    if found.daft is None:
        found.daft = target_daft(None, str(root / "x.py"))
    found.jobs = job_facts(root)
    found.pre_commit = (root / pre_commit.FILE).exists()
    found.hooked = pre_commit.has_hook(_raw(root / pre_commit.FILE))
    found.ci = tuple(name for name in CI_FILES if (root / name).exists())
    found.in_ci = any(b"daft-lint" in _raw(file) for name in found.ci for file in _files(root / name))
    project = Project()
    for file in discover([Path(os.path.relpath(root))], config.file_filter).files:
        with suppress(OSError, ParseFailure):
            raw = file.read_bytes()
            if mentions_daft(raw):
                _add(found, file, Document.from_bytes(file.as_posix(), raw), config, project)
    return found


def _required(root: Path) -> tuple[Version | None, str | None]:
    """The oldest Daft that a requirement on a line of its own allows, and the file that holds it."""
    for pattern in ("requirements*.txt", "requirements/*.txt", "setup.cfg"):
        for file in sorted(root.glob(pattern)):
            lines = _raw(file).decode("utf-8", "replace").splitlines()
            versions = [oldest(line.partition(" #")[0].strip()) for line in lines]
            known = [version for version in versions if version is not None]
            if known:
                return min(known), file.relative_to(root).as_posix()
    return None, None


def _raw(file: Path) -> bytes:
    """The bytes of a file; none where it is missing or cannot be read."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.y*ml")) if path.is_dir() else [path]


def _add(found: ProjectSurvey, file: Path, document: Document, config: Config, project: Project) -> None:
    from daft_lint.pipeline.interpreter.interpreter import interpret

    script = run_as_deep_as_needed(document, lambda: interpret(document, config.settings, project))
    if not script.steps and not script.udfs:
        return
    found.files.append(file)
    if script.runner_is_set:
        found.runners[script.runner.value] += 1
    _add_udfs(found, script)
    found.sources.update(path for step in _distinct(script.steps) if step.source for path in step.source.paths)


def _add_udfs(found: ProjectSurvey, script: Script) -> None:
    found.udfs += len(script.udfs)
    found.bounded_udfs += sum(udf.batch_size is not None for udf in script.udfs)
    counts = (udf.max_concurrency for udf in script.udfs if not udf.is_async)
    known = [count.value for count in counts if count is not None and count.value is not None]
    found.concurrency = max([*known, *([found.concurrency] if found.concurrency else [])], default=None)


def _distinct(steps: Iterable[Step]) -> Iterator[Step]:
    """One step for each call in the text."""
    yield from {step.call: step for step in steps}.values()
