"""What `daft-lint init` proposes for a project: a configuration, a pre-commit hook and a CI job."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from daft_lint.init import pre_commit
from daft_lint.init.installation import origin
from daft_lint.init.jobs import JobFact, by_key, in_words, settled
from daft_lint.init.survey import GITHUB_WORKFLOWS, ProjectSurvey
from daft_lint.pipeline.facts.target import Version

GITHUB_WORKFLOW = f"{GITHUB_WORKFLOWS}/daft-lint.yml"
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://")


def summary(project: ProjectSurvey) -> str:
    """What the project has, a line for each topic."""
    version = "no requirement seen" if project.daft is None else f"{_dotted(project.daft)} or newer"
    version += f", by {project.daft_from}" if project.daft_from else ""
    runners = ", ".join(f"{name} in {number}" for name, number in project.runners.most_common())
    assumed = "" if "runner" in by_key(project.jobs) else "; Ray is assumed"
    rows = [
        ("files with Daft", str(len(project.files))),
        ("Daft", version),
        ("runner", runners or f"set by no script{assumed}"),
        ("cluster", in_words(project.jobs) or "no job file says"),
        ("UDFs", f"{project.udfs}, {project.bounded_udfs} with a batch_size"),
        ("sources", ", ".join(name for name, _ in project.sources.most_common(3)) or "none with a known path"),
        ("pre-commit", ("yes" if project.pre_commit else "no") + (", with daft-lint" if project.hooked else "")),
        ("CI", (", ".join(project.ci) or "none seen") + (", with daft-lint" if project.in_ci else "")),
        ("configuration", "none" if project.configured is None else project.configured.name),
    ]
    return "".join(f"{name:<16} {value}\n" for name, value in rows)


def configuration(project: ProjectSurvey, table: str) -> str:
    """A commented configuration; `table` is the table to put it into: "" or "tool.daft-lint"."""
    native = project.runners and set(project.runners) == {"native"}
    prefix = f"{table}." if table else ""
    lines = [f"[{table}]"] if table else []
    lines += [f"src = {_array(_folders(project))}"]
    lines += [_commented('fail-on = "warning"', "advice, warning, error, never")]
    lines += [
        _commented('# ignore = ["DFT4"]', "prefixes of codes"),
        _commented("# facts = true", "read local Parquet footers"),
    ]
    if project.daft is None:
        lines.append(_commented('# target-daft = "0.7"', "the oldest Daft that the scripts must run on"))
    elif project.daft_from is not None:
        lines.append(_commented(f'target-daft = "{_dotted(project.daft)}"', f"as in {project.daft_from}"))
    lines += ["", _commented(f"[{prefix}cluster]", "what the scripts run on")]
    lines += _cluster(settled(project.jobs), "native" if native else "ray")
    lines.append(
        _commented(f"# total-concurrency = {project.concurrency or 16}", "UDF calls at once, on all nodes together")
    )
    for path in [path for path, _ in project.sources.most_common() if _REMOTE.match(path)][:3]:
        lines += ["", f"# [{prefix}sources.{_string(path)}]", "# rows = 1_000_000", '# heavy = ["image"]']
    return "\n".join(lines) + "\n"


def _cluster(known: Mapping[str, JobFact], runner: str) -> Iterator[str]:
    """The lines for what job files say, each with its origin; else the runner of the scripts, and nodes to fill in."""
    if "runner" not in known:
        yield f'runner = "{runner}"'
    if "nodes" not in known:
        yield _commented("# nodes = 4", "with these two, partition counts can be judged")
    for key, fact in known.items():
        value = _string(fact.value) if isinstance(fact.value, str) else str(fact.value)
        yield _commented(f"{key} = {value}", f"as in {fact.origin}")


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


def _commented(line: str, comment: str) -> str:
    return f"{line:<32} # {comment}"


def _folders(project: ProjectSurvey) -> list[str]:
    """The top-level folders that hold files with Daft; the root itself if it holds one directly."""
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
        "additional_dependencies": f'["{origin().requirement()}"]',
        "types_or": "[python, jupyter]",
        "require_serial": "true",
    }


def ci_job(project: ProjectSurvey) -> tuple[str, str]:
    """Where to put a job that runs `check`, and the job, for the CI that the project has; else a GitHub workflow."""
    install = f'pip install "{origin().requirement()}"'
    if not project.ci or GITHUB_WORKFLOWS in project.ci:
        return GITHUB_WORKFLOW, _workflow(install)
    if ".gitlab-ci.yml" in project.ci:
        return ".gitlab-ci.yml, as another job", _gitlab_job(install)
    return f"{project.ci[0]}, as commands of a job", f"{install}\ndaft-lint check\n"


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


def proposals(project: ProjectSurvey) -> list[tuple[str, str]]:
    """What the project does not have yet: where to put it, and its text; nothing that installs what only this machine
    has."""
    found: list[tuple[str, str]] = []
    if project.configured is None:
        file, table = target(project)
        found.append((file.name, configuration(project, table)))
    if origin().missing:
        return found
    if not project.hooked:
        entry = pre_commit.with_hook(b"repos:\n", hook()).decode().partition("\n")[2]
        found.append((f"{pre_commit.FILE}, below repos:", entry))
    if not project.in_ci:
        found.append(ci_job(project))
    return found


def target(project: ProjectSurvey) -> tuple[Path, str]:
    """The file to put the configuration into, and the table in it: pyproject.toml if there is one."""
    pyproject = project.root / "pyproject.toml"
    return (pyproject, "tool.daft-lint") if pyproject.is_file() else (project.root / "daft-lint.toml", "")
