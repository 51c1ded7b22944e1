"""`daft-lint init`: looks at a project without running it, and proposes a configuration, a hook and a CI job."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from daft_lint import __version__
from daft_lint.config import Config, load
from daft_lint.init import pre_commit
from daft_lint.pipeline.facts.target import Version, oldest, target_daft
from daft_lint.pipeline.model import Script, Step
from daft_lint.source.discovery import discover
from daft_lint.source.document import Document, run_as_deep_as_needed
from daft_lint.source.prefilter import mentions_daft
from daft_lint.source.problems import ParseFailure
from daft_lint.source.writing import create, write_atomically

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_WORKFLOWS = ".github/workflows"
_CI = (_WORKFLOWS, ".gitlab-ci.yml", ".circleci/config.yml", "azure-pipelines.yml", "Jenkinsfile")
_WORKFLOW = f"{_WORKFLOWS}/daft-lint.yml"
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://")


@dataclass
class Project:
    """What was seen of a project. `files` are those that use Daft; counts go by name."""

    root: Path
    files: list[Path] = field(default_factory=list)
    daft: Version | None = None
    """The oldest Daft that it requires."""
    daft_from: str | None = None
    """The file that requires it, where that is none that `check` reads."""
    runners: Counter[str] = field(default_factory=Counter)
    """Files by the runner that they set."""
    udfs: int = 0
    bounded_udfs: int = 0
    """Those with a `batch_size`."""
    concurrency: int | None = None
    """The largest `max_concurrency` of a UDF."""
    sources: Counter[str] = field(default_factory=Counter)
    """The paths that are read."""
    pre_commit: bool = False
    hooked: bool = False
    """pre-commit runs daft-lint already."""
    ci: tuple[str, ...] = ()
    in_ci: bool = False
    """CI runs daft-lint already."""
    configured: Path | None = None
    """The file that has a configuration already."""


def look(root: Path) -> Project:
    """What a project has, by its files alone. Raises `config.ConfigError` for a configuration that cannot be used."""
    from daft_lint.pipeline.interpreter.project import Project as Tree

    config = load(root)
    inside = config.file is not None and config.file.resolve().parent == root.resolve()
    project = Project(root, configured=config.file if inside else None)
    project.daft = target_daft(None, str(root / "x.py"))
    if project.daft is None:
        project.daft, project.daft_from = _required(root)
    project.pre_commit = (root / pre_commit.FILE).exists()
    project.hooked = pre_commit.has_hook(_raw(root / pre_commit.FILE))
    project.ci = tuple(name for name in _CI if (root / name).exists())
    project.in_ci = any(b"daft-lint" in _raw(file) for name in project.ci for file in _files(root / name))
    tree = Tree()
    for file in discover([Path(os.path.relpath(root))], config.file_filter).files:
        with suppress(OSError, ParseFailure):
            raw = file.read_bytes()
            if mentions_daft(raw):
                _add(project, file, Document.from_bytes(file.as_posix(), raw), config, tree)
    return project


def _required(root: Path) -> tuple[Version | None, str | None]:
    """The oldest Daft of the requirements that are lines of their own, and the file that has them."""
    for pattern in ("requirements*.txt", "requirements/*.txt", "setup.cfg"):
        for file in sorted(root.glob(pattern)):
            lines = _raw(file).decode("utf-8", "replace").splitlines()
            versions = [oldest(line.partition(" #")[0].strip()) for line in lines]
            known = [version for version in versions if version is not None]
            if known:
                return min(known), file.relative_to(root).as_posix()
    return None, None


def _raw(file: Path) -> bytes:
    """A file of the project's tools; empty where there is none, or none that can be read."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*.y*ml")) if place.is_dir() else [place]


def _add(project: Project, file: Path, document: Document, config: Config, tree: object) -> None:
    from daft_lint.pipeline.interpreter.interpret import interpret
    from daft_lint.pipeline.interpreter.project import Project as Tree

    assert isinstance(tree, Tree)
    script = run_as_deep_as_needed(document, lambda: interpret(document, config.settings, tree))
    if not script.steps and not script.udfs:
        return
    project.files.append(file)
    if script.runner_is_set:
        project.runners[script.runner.value] += 1
    _add_udfs(project, script)
    project.sources.update(path for step in _once(script.steps) if step.source for path in step.source.paths)


def _add_udfs(project: Project, script: Script) -> None:
    project.udfs += len(script.udfs)
    project.bounded_udfs += sum(udf.batch_size is not None for udf in script.udfs)
    counts = (udf.max_concurrency for udf in script.udfs if not udf.is_async)
    known = [count.value for count in counts if count is not None and count.value is not None]
    project.concurrency = max([*known, *([project.concurrency] if project.concurrency else [])], default=None)


def _once(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, each call of the text once."""
    yield from {step.call: step for step in steps}.values()


# What is proposed


def summary(project: Project) -> str:
    """What was seen, a line each."""
    version = "no requirement seen" if project.daft is None else f"{_dotted(project.daft)} or newer"
    version += f", by {project.daft_from}" if project.daft_from else ""
    runners = ", ".join(f"{name} in {number}" for name, number in project.runners.most_common())
    rows = [
        ("files with Daft", str(len(project.files))),
        ("Daft", version),
        ("runner", runners or "set by no file; Ray is assumed"),
        ("UDFs", f"{project.udfs}, {project.bounded_udfs} with a batch_size"),
        ("sources", ", ".join(name for name, _ in project.sources.most_common(3)) or "none with a known path"),
        ("pre-commit", ("yes" if project.pre_commit else "no") + (", with daft-lint" if project.hooked else "")),
        ("CI", (", ".join(project.ci) or "none seen") + (", with daft-lint" if project.in_ci else "")),
        ("configuration", "none" if project.configured is None else project.configured.name),
    ]
    return "".join(f"{name:<16} {value}\n" for name, value in rows)


def configuration(project: Project, table: str) -> str:
    """A commented configuration; `table` is the table that it is in: "" or "tool.daft-lint"."""
    native = project.runners and set(project.runners) == {"native"}
    prefix = f"{table}." if table else ""
    lines = [f"[{table}]"] if table else []
    lines += [f"src = {_array(_folders(project))}"]
    lines += [_said('fail-on = "warning"', "advice, warning, error, never")]
    lines += [
        _said('# ignore = ["DFT104"]', "prefixes of codes"),
        _said("# facts = true", "read local Parquet footers"),
    ]
    if project.daft is None:
        lines.append(_said('# target-daft = "0.7"', "the oldest Daft that the scripts are to run on"))
    elif project.daft_from is not None:
        lines.append(_said(f'target-daft = "{_dotted(project.daft)}"', f"as {project.daft_from} has it"))
    lines += ["", _said(f"[{prefix}cluster]", "what the scripts run on")]
    lines.append(f'runner = "{"native" if native else "ray"}"')
    lines.append(_said("# nodes = 4", "with these two, partition counts can be judged"))
    lines.append(
        _said(f"# total-concurrency = {project.concurrency or 16}", "UDF calls at once, on all nodes together")
    )
    for path in [path for path, _ in project.sources.most_common() if _REMOTE.match(path)][:3]:
        lines += ["", f"# [{prefix}sources.{_string(path)}]", "# rows = 1_000_000", '# heavy = ["image"]']
    return "\n".join(lines) + "\n"


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


def _said(line: str, comment: str) -> str:
    return f"{line:<32} # {comment}"


def _folders(project: Project) -> list[str]:
    """The folders at the root that hold files with Daft; the root itself where one lies there."""
    tops: set[str] = set()
    for file in project.files:
        parts = Path(os.path.relpath(file, project.root)).parts
        tops.add(parts[0] if len(parts) > 1 else ".")
    return ["."] if "." in tops or not tops else sorted(tops)


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _array(items: Sequence[str]) -> str:
    return "[" + ", ".join(_string(item) for item in items) + "]"


def hook() -> dict[str, str]:
    """The hook of a local repository in .pre-commit-config.yaml: its keys, and their values as YAML."""
    return {
        "id": "daft-lint",
        "name": "daft-lint",
        "entry": "daft-lint check --force-exclude",
        "language": "python",
        "additional_dependencies": f'["daft-lint=={__version__}"]',
        "types_or": "[python, jupyter]",
        "require_serial": "true",
    }


def ci_job(project: Project) -> tuple[str, str]:
    """Where a job goes that runs `check`, and the job, for the CI that was seen; a GitHub workflow where none was."""
    install = f'pip install "daft-lint=={__version__}"'
    if not project.ci or _WORKFLOWS in project.ci:
        return _WORKFLOW, _workflow(install)
    if ".gitlab-ci.yml" in project.ci:
        return ".gitlab-ci.yml, a job more", _gitlab_job(install)
    return f"{project.ci[0]}, the commands of a job", f"{install}\ndaft-lint check\n"


def _workflow(install: str) -> str:
    return f"""\
name: daft-lint
on: [push, pull_request]
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: {install}
      - run: daft-lint check --format github
"""


def _gitlab_job(install: str) -> str:
    return f"""\
daft-lint:
  stage: test
  image: python:3.12-slim
  script:
    - {install}
    - daft-lint check --format gitlab --output gl-code-quality-report.json
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
"""


def proposals(project: Project) -> list[tuple[str, str]]:
    """What the project does not have yet: where it goes, and its text."""
    found: list[tuple[str, str]] = []
    if project.configured is None:
        file, table = target(project)
        found.append((file.name, configuration(project, table)))
    if not project.hooked:
        entry = pre_commit.with_hook(b"repos:\n", hook()).decode().partition("\n")[2]
        found.append((f"{pre_commit.FILE}, below repos:", entry))
    if not project.in_ci:
        found.append(ci_job(project))
    return found


# Writing


class InitError(Exception):
    """What keeps a proposal from being written, in one line."""


def target(project: Project) -> tuple[Path, str]:
    """The file that the configuration goes to, and the table in it: pyproject.toml where there is one."""
    pyproject = project.root / "pyproject.toml"
    return (pyproject, "tool.daft-lint") if pyproject.is_file() else (project.root / "daft-lint.toml", "")


def writable(project: Project) -> dict[Path, Callable[[], None]]:
    """The files that `write` would write, and how: those of tools that the project uses, and its configuration.

    Raises `InitError` for a file that the entry cannot be put into.
    """
    found: dict[Path, Callable[[], None]] = {}
    if project.configured is None:
        file, table = target(project)
        proposal = configuration(project, table)
        if table:
            found[file] = _change(file, lambda before: _appended(before, proposal))
        else:
            found[file] = functools.partial(create, str(file), proposal.encode())
    hooks = project.root / pre_commit.FILE
    if project.pre_commit and not project.hooked:
        found[hooks] = _change(hooks, lambda before: pre_commit.with_hook(before, hook()))
    workflow = project.root / _WORKFLOW
    if _WORKFLOWS in project.ci and not project.in_ci:
        found[workflow] = functools.partial(create, str(workflow), ci_job(project)[1].encode())
    return found


def what_write_does(project: Project) -> str:
    """What `write` would do, in one line."""
    try:
        names = [file.relative_to(project.root).as_posix() for file in writable(project)]
    except InitError as error:
        return str(error)
    does = f"daft-lint init --write writes {', '.join(names)}" if names else "there is nothing that --write would add"
    return f"Nothing is written: {does}."


def write(project: Project) -> list[Path]:
    """Writes what can be written, and returns the files.

    Raises `InitError` where there is nothing to write, or a file is not understood: then nothing is written. Where the
    system refuses a file, it says which, and which were written before.
    """
    found = writable(project)
    if not found:
        raise InitError(f"{project.configured} has a configuration already: nothing is written")
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
    """What replaces a file's bytes by changed ones, which are worked out at once."""
    try:
        before = file.read_bytes()
        after = change(before)
    except OSError as error:
        raise InitError(f"{file}: cannot be read: {error.strerror or error}") from None
    except pre_commit.NotUnderstood as error:
        raise InitError(f"{file.name}: {error}: put the proposal there by hand; nothing is written") from None
    return functools.partial(write_atomically, str(file), before, after)


def _appended(before: bytes, proposal: str) -> bytes:
    """The file with the proposal behind it, in its own line breaks. Raises `NotUnderstood` where that is no TOML."""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = end if before.endswith(b"\n") or not before else end * 2
    after = before + gap + proposal.encode().replace(b"\n", end)
    try:
        tomllib.loads(after.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise pre_commit.NotUnderstood(f"it takes no table at its end: {error}") from None
    return after
