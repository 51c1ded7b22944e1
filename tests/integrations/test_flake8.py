"""The plugin, through the real flake8."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from daft_lint import __version__
from tests.helpers import ROOT, environment

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytest.importorskip("flake8")

BAD = (
    'import daft\n\ndf = daft.read_parquet("s3://b/*.parquet")\nx = "\u00e9\U0001f600"; df.repartition(8)\ndf.show()\n'
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder in which daft-lint is registered with flake8 as pyproject.toml says, under its own name: where it is
    installed too, the two count as one."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ((code, value),) = table["project"]["entry-points"]["flake8.extension"].items()
    info = tmp_path / "site" / f"daft_lint-{__version__}.dist-info"
    info.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: daft-lint\nVersion: {__version__}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[flake8.extension]\n{code} = {value}\n", encoding="utf-8")
    return tmp_path / "site"


def flake8(site: Path, *arguments: str, stdin: str = "") -> list[str]:
    command = [sys.executable, "-m", "flake8", *arguments]
    run = subprocess.run(
        command, cwd=site.parent, env=environment(site), input=stdin, capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    return [line for line in run.stdout.splitlines() if " DFT" in line]


def test_findings_are_flake8s(tmp_path: Path, site: Path) -> None:
    (tmp_path / "a.py").write_text(BAD, encoding="utf-8")
    (found,) = flake8(site, "a.py")
    assert found.startswith(("a.py:4:14: DFT401 ", "./a.py:4:14: DFT401 "))
    assert flake8(site, "-", "--stdin-display-name", "a.py", stdin=BAD) == [found.removeprefix("./")]
    assert flake8(site, "--extend-ignore", "DFT4", "a.py") == []
    assert len(flake8(site, "--select", "DFT", "a.py")) == 1
    assert flake8(site, "--select", "E", "a.py") == []


@pytest.mark.parametrize("comment", ["# noqa: DFT401", "# daft-lint: ignore[DFT401] for the benchmark"])
def test_what_is_silenced_is_silent(tmp_path: Path, site: Path, comment: str) -> None:
    (tmp_path / "a.py").write_text(BAD.replace("(8)", f"(8)  {comment}"), encoding="utf-8")
    assert flake8(site, "a.py") == []


@pytest.mark.parametrize("name", ["pyproject.toml", "daft-lint.toml"])
def test_our_configuration_counts(tmp_path: Path, site: Path, name: str) -> None:
    (tmp_path / "a.py").write_text(BAD, encoding="utf-8")
    head = "[tool.daft-lint]\n" if name == "pyproject.toml" else ""
    (tmp_path / name).write_text(f'{head}ignore = ["DFT401"]\n', encoding="utf-8")
    assert flake8(site, "a.py") == []


def test_a_cookie_and_a_file_without_daft(tmp_path: Path, site: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# -*- coding: latin-1 -*-\n" + BAD.replace("\U0001f600", "").encode("latin-1"))
    (tmp_path / "b.py").write_text("import polars\n", encoding="utf-8")
    (found,) = flake8(site, "a.py", "b.py")
    assert "a.py:5:13: DFT401 " in found


def test_the_version_names_the_plugin(site: Path) -> None:
    command = [sys.executable, "-m", "flake8", "--version"]
    run = subprocess.run(command, cwd=site.parent, env=environment(site), capture_output=True, text=True, check=True)
    assert f"daft-lint: {__version__}" in " ".join(run.stdout.split())
