"""What a release holds, and that it installs and runs with nothing but its core dependencies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from daft_lint import __version__
from daft_lint.lint.registry import documented_rules, rules

pytestmark = pytest.mark.slow
pytest.importorskip("build", reason="needs the extra `dev`")

ROOT = Path(__file__).parent.parent
OLDEST = (3, 10)
SCRIPT = """import daft

df = daft.read_parquet("s3://logs/*.parquet")
df.repartition(8)
df.write_parquet("s3://logs/out")
"""


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


def test_twine_finds_nothing_wrong(dist: Path) -> None:
    pytest.importorskip("twine", reason="needs the extra `dev`")
    files = [str(path) for path in dist.iterdir()]
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"daft_lint", "daft_lint_rules", "daft_lint_runtime", f"daft_lint-{__version__}.dist-info"}
    packaged = [name for name in names if not name.startswith("daft_lint-")]
    assert all(
        Path(name).suffix in (".py", ".typed", ".html", ".css", ".js", ".json", ".j2", ".tsv") for name in packaged
    )
    assert not [name for name in names if "fixtures" in name or "__pycache__" in name or "/tests/" in name]
    assert {"daft_lint/py.typed", "daft_lint_runtime/py.typed"} <= set(names)
    assert f"daft_lint-{__version__}.dist-info/licenses/LICENSE" in names
    for rule in rules():
        if rule.__module__.startswith("daft_lint_rules."):
            home = rule.__module__.replace(".", "/")
            assert {f"{home}.py", f"{home}/__init__.py"} & set(names), home


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    metadata = zipfile.ZipFile(wheel).read(f"daft_lint-{__version__}.dist-info/METADATA").decode()
    core = [line for line in re.findall(r"^Requires-Dist: (.*)$", metadata, re.M) if "extra ==" not in line]
    names = {match[0].lower() for line in core if (match := re.match(r"[\w-]+", line))}
    assert {"click", "libcst", "pathspec", "tomli"} <= names
    assert not names & {"daft", "ray", "rich", "pyarrow", "pygls", "numpy"}
    assert len(names) <= 5
    assert "Requires-Python: >=3.10" in metadata


def test_the_sdist_can_be_tested_and_holds_nothing_of_the_machine(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "mkdocs.yml", "pyproject.toml")
    assert set(wanted) <= names
    assert {name.split("/")[0] for name in names} - set(wanted) <= {
        *("daft_lint", "rules", "runtime", "tests", "fixtures", "docs", "benchmarks", "PKG-INFO", ".gitignore"),
        *("SECURITY.md", "action.yml", ".pre-commit-hooks.yaml", "examples", "editors", "scripts", ".ci"),
    }
    assert not [name for name in names if "__pycache__" in name or name.startswith(("build/", ".venv"))]
    assert not [name for name in names if "node_modules" in name or name.endswith((".vsix", "extension.js"))]
    assert "tests/test_fixtures.py" in names
    assert any(name.startswith("fixtures/rules/DFT101/") for name in names)


def interpreters() -> Iterator[tuple[tuple[int, int], str]]:
    """Every Python of ours that this machine has: by name on PATH, and under pyenv."""
    names = [shutil.which(f"python3.{minor}") for minor in range(OLDEST[1], 30)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in [*names, *map(str, sorted(pyenv.glob("3.*/bin/python3"))), sys.executable]:
        if candidate is None:
            continue
        asked = subprocess.run(
            [candidate, "-c", "import sys, venv, ensurepip; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        # A shim of pyenv's is there for versions that are not switched on, and fails.
        if asked.returncode == 0:
            major, minor = map(int, asked.stdout.split())
            if (major, minor) >= OLDEST:
                yield (major, minor), candidate


PYTHONS = dict(interpreters())
TRIED = {"oldest": OLDEST, "newest": max(PYTHONS)}


@pytest.mark.parametrize("which", TRIED)
def test_the_wheel_runs_in_an_empty_environment(which: str, wheel: Path, tmp_path: Path) -> None:
    version = TRIED[which]
    if version not in PYTHONS:
        pytest.skip(f"no Python {version[0]}.{version[1]} on this machine")
    environment = tmp_path / "venv"
    subprocess.run([PYTHONS[version], "-m", "venv", str(environment)], check=True)
    quiet = ("--quiet", "--disable-pip-version-check")
    subprocess.run([environment / "bin" / "pip", "install", *quiet, str(wheel)], check=True)
    (tmp_path / "job.py").write_text(SCRIPT)

    def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        command = [environment / "bin" / "daft-lint", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)

    assert tool("--version").stdout == f"daft-lint {__version__}\n"
    checked = tool("check", "job.py")
    assert (checked.returncode, checked.stderr) == (1, "")
    assert "job.py:4:4: DFT401" in checked.stdout
    assert "## Why" in tool("explain", "DFT401").stdout
    assert tool("explain").stdout.count("\n") == len(documented_rules())
    assert "+df = df.repartition(8)" in tool("fix", "--unsafe", "job.py").stdout
    listed = subprocess.run(
        [
            environment / "bin" / "python",
            "-c",
            "import importlib.util as u; print(u.find_spec('daft'), u.find_spec('ray'))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout == "None None\n"
