"""Signs of Ray in a project: what it depends on, and what it sets `DAFT_RUNNER` to."""

from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.pipeline.facts.ray_signs import ray_in_project
from tests.helpers import lint

SIGNS = [
    ("pyproject.toml", '[project]\ndependencies = ["daft[ray]>=0.7"]\n'),
    ("pyproject.toml", '[project]\ndependencies = ["daft[aws,ray]"]\n'),
    ("pyproject.toml", '[dependency-groups]\ncluster = ["ray[default]>=2.40"]\n'),
    ("pyproject.toml", '[tool.poetry.dependencies]\nray = "^2.40"\n'),
    ("pyproject.toml", '[tool.poetry.dependencies]\ndaft = {version = "*", extras = ["ray"]}\n'),
    ("requirements-cluster.txt", "pandas\nray==2.40\n"),
    ("requirements.txt", "getdaft[ray]==0.5.1\n"),
    ("environment.yml", "dependencies:\n  - ray=2.40\n"),
    (".env", "DAFT_RUNNER=ray\n"),
    ("Dockerfile", 'FROM python\nENV DAFT_RUNNER="ray"\n'),
    (".github/workflows/ci.yml", "env:\n  DAFT_RUNNER: ray\n"),
]
NO_SIGNS = [
    ("pyproject.toml", '[project]\nkeywords = ["ray"]\ndependencies = ["daft>=0.7", "rayon"]\n'),
    ("pyproject.toml", "not TOML"),
    ("requirements.txt", "daft\narray\nray-tracer\n# ray\n"),
    (".env", "DAFT_RUNNER=native\n"),
    ("notes.txt", "DAFT_RUNNER=ray\n"),
]


@pytest.mark.parametrize(
    ("name", "text", "expected"), [(*sign, True) for sign in SIGNS] + [(*sign, False) for sign in NO_SIGNS]
)
def test_signs(name: str, text: str, expected: bool, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert ray_in_project(str(tmp_path / "jobs" / "run.py")) is expected


def test_a_repository_ends_the_search(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("ray\n")
    (tmp_path / "other" / ".git").mkdir(parents=True)
    assert not ray_in_project(str(tmp_path / "other" / "run.py"))
    assert ray_in_project(str(tmp_path / "mine" / "run.py"))


def test_work_that_opens_no_file_wants_a_fan_out_only_where_something_says_ray(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "ask.py").write_text(
        "import daft\nfrom daft import col\nfrom daft.functions import prompt\n\n"
        "df = daft.read_parquet('questions.parquet')\n"
        "df.with_column('answer', prompt(col('text'), provider='openai')).write_parquet('answers')\n"
    )
    check = ("check", "--select", "DFT203", "--format", "concise", "ask.py")
    assert lint(tmp_path, *check).stdout == "No findings in 1 file.\n"
    (tmp_path / "requirements.txt").write_text("ray\n")
    assert "ask.py:6:26: warning: DFT203 " in lint(tmp_path, *check).stdout
