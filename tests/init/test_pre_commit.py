"""The hooks as a user has them: the real `pre-commit`, this checkout as the hooks' repository, real commits.

pre-commit builds one environment for both hooks. That needs what pip needs: an index, or wheels by PIP_FIND_LINKS.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import OFFLINE, ROOT, SHIPPED

CONFIGURATION = """\
repos:
  - repo: {hooks}
    rev: {revision}
    hooks:
      - id: daft-lint-fix
      - id: daft-lint-check
"""
CLEAN = "import daft\n\ndf = daft.read_parquet('s3://b/*.parquet')\ndf.show()\n"
NATIVE = CLEAN.replace("\n\n", "\n\ndaft.set_runner_native()\n")
FIXABLE = NATIVE.replace("df.show", "df = df.repartition(8)\ndf.show")
UNFIXABLE = CLEAN.replace("df.show()", "df = df.repartition()\ndf.show()")


class Team:
    """A repository whose commits run the hooks."""

    def __init__(self, folder: Path, hooks: Path, revision: str, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        (folder / ".pre-commit-config.yaml").write_text(CONFIGURATION.format(hooks=hooks, revision=revision))
        (folder / "daft-lint.toml").write_text('exclude = ["generated/"]\n')
        self.git("add", ".")
        self.run("pre-commit", "install")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=600
        )

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("git", *arguments)

    def commit(self, name: str, text: str) -> subprocess.CompletedProcess[str]:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.git("add", "--", name)
        run = self.git("commit", "-q", "-m", f"Change {name}")
        if run.returncode:
            self.git("rm", "-q", "--cached", "--", name)
        return run


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Team:
    pytest.importorskip("pre_commit")
    base = tmp_path_factory.mktemp("pre-commit")
    # The user's own hooks, git settings and caches stay out of it, and an environment of an outer hook too.
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PRE_COMMIT", "PYTHONPATH"))}
    environment = {
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")]),
        "PRE_COMMIT_HOME": str(base / "home"),
        "PRE_COMMIT_COLOR": "never",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    hooks = base / "hooks"
    hooks.mkdir()
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, hooks / name, ignore=shutil.ignore_patterns("__pycache__", "*.tmp"))
        else:
            shutil.copy(source, hooks / name)
    for command in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "Hooks")):
        subprocess.run(["git", *command], cwd=hooks, env=environment, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hooks, capture_output=True, text=True, check=True)
    made = Team(base / "team", hooks, head.stdout.strip(), environment)
    built = made.run("pre-commit", "install-hooks")
    if built.returncode and OFFLINE.search(built.stdout + built.stderr) and not os.environ.get("CI"):
        pytest.skip("pip reaches no index here, so the hooks' environment cannot be built")
    assert built.returncode == 0, built.stdout + built.stderr
    return made


@pytest.mark.slow
def test_a_clean_commit_passes(team: Team) -> None:
    run = team.commit("jobs/clean.py", CLEAN)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "jobs/clean.py" in team.git("show", "--stat").stdout


@pytest.mark.slow
def test_a_finding_stops_the_commit(team: Team) -> None:
    run = team.commit("jobs/unfixable.py", UNFIXABLE)
    output = run.stdout + run.stderr
    assert run.returncode == 1
    assert "DFT404" in output
    assert (team.folder / "jobs/unfixable.py").read_text() == UNFIXABLE
    assert "jobs/unfixable.py" not in team.git("log", "--all", "--stat").stdout


@pytest.mark.slow
def test_a_fix_stops_the_commit_once(team: Team) -> None:
    first = team.commit("jobs/native.py", FIXABLE)
    assert first.returncode == 1
    assert "files were modified by this hook" in first.stdout + first.stderr
    fixed = (team.folder / "jobs/native.py").read_text()
    assert fixed == NATIVE
    second = team.commit("jobs/native.py", fixed)
    assert second.returncode == 0, second.stdout + second.stderr


@pytest.mark.slow
def test_excludes_hold_for_the_files_that_are_handed_over(team: Team) -> None:
    run = team.commit("generated/unfixable.py", UNFIXABLE)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.slow
def test_a_notebook_is_checked_and_other_files_are_not(team: Team) -> None:
    assert team.commit("notes.txt", UNFIXABLE).returncode == 0
    cell = {"cell_type": "code", "source": UNFIXABLE, "metadata": {}, "outputs": [], "execution_count": None}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    run = team.commit("note.ipynb", json.dumps(notebook))
    assert run.returncode == 1
    assert "note.ipynb" in run.stdout + run.stderr
