from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.pipeline.facts.target import Version, _of_folder, oldest, target_daft


@pytest.mark.parametrize(
    ("requirement", "version"),
    [
        ("daft", None),
        ("daft[ray]>=0.7", (0, 7, 0)),
        ("getdaft == 0.3.15", (0, 3, 15)),
        ("Daft[aws, ray] >=0.6.2,<0.8 ; python_version > '3.9'", (0, 6, 2)),
        ("daft (>=0.5)", (0, 5, 0)),
        ("daft~=0.6.4", (0, 6, 4)),
        ("daft<0.7", (0, 6, 999)),
        ("daft<=0.6.3", (0, 6, 3)),
        ("daft!=0.6.1", None),
        ("daft^0.6", (0, 6, 0)),
        ("daft*", None),
        ("daft @ https://example.org/daft.whl", None),
        ("daftpunk>=2", None),
        ("ray>=2", None),
    ],
)
def test_the_oldest_that_a_requirement_allows(requirement: str, version: Version | None) -> None:
    assert oldest(requirement) == version


@pytest.mark.parametrize(
    "text",
    [
        "[project]\ndependencies = ['click', 'daft>=0.6.4']\n",
        "[project.optional-dependencies]\nai = ['daft[ray]>=0.6.4']\nold = ['daft>=0.7']\n",
        "[dependency-groups]\nai = [{include-group = 'x'}, 'daft==0.6.4']\n",
        "[tool.poetry.dependencies]\npython = '^3.10'\ndaft = '^0.6.4'\n",
        "[tool.poetry.group.ai.dependencies]\ngetdaft = {version = '~0.6.4', extras = ['ray']}\n",
    ],
)
def test_the_nearest_requirement_counts(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "jobs"
    folder.mkdir()
    (tmp_path / "pyproject.toml").write_text(text)
    (folder / "pyproject.toml").write_text("[project]\ndependencies = ['click']\n")
    assert target_daft(None, str(folder / "a.py")) == (0, 6, 4)
    assert target_daft("0.7", str(folder / "a.py")) == (0, 7, 0)
    assert target_daft(">=0.5,<0.7", str(folder / "a.py")) == (0, 5, 0)


def test_a_broken_pyproject_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.prefix", str(tmp_path / "without_daft"))
    (tmp_path / "pyproject.toml").write_text("[project\n")
    assert target_daft(None, str(tmp_path / "a.py")) is None


@pytest.mark.parametrize("own", [False, True])
def test_what_is_installed_counts_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool) -> None:
    folder, linter = tmp_path / "project", tmp_path / "tools"
    monkeypatch.setattr("sys.prefix", str(linter))
    _install("0.6.2", linter)
    if own:
        _install("0.6.4", folder / ".venv")
    folder.mkdir(exist_ok=True)

    assert target_daft(None, str(folder / "a.py")) == ((0, 6, 4) if own else (0, 6, 2))
    (tmp_path / "requirements.txt").write_text("daft>=0.5\n")
    _of_folder.cache_clear()
    assert target_daft(None, str(folder / "a.py")) == (0, 5, 0)


def _install(version: str, environment: Path) -> None:
    metadata = environment / f"lib/python3.12/site-packages/daft-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Name: daft\n")
