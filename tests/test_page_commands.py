"""The lines of the pages that are for pip, make, flake8 and a shell are run as they stand there.

pip installs a copy of the checkout into an environment of this module's own, from pip's cache where that has what it
needs. A target of make runs in the checkout with the environment of the tests; where it runs tests itself, they are
collected and not run once more.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import OFFLINE, ROOT, SHIPPED, environment

sys.path.insert(0, str(ROOT / "docs"))

import snippets

pytestmark = pytest.mark.slow

BLOCKS = [block for page in snippets.page_files() for block in snippets.blocks(page.read_text(encoding="utf-8"))]
LINES = sorted({line for block in BLOCKS if block.language == "sh" for line in snippets.lines_of(block)})
PIP = [line for line in LINES if line.startswith("pip ")]
FLAKE8 = [line for line in LINES if line.startswith("flake8 ")]
MAKE = [line for line in LINES if line.startswith("make ")]
DISCARDED = 'import daft\n\ndf = daft.read_parquet("s3://b/*.parquet")\ndf.repartition(8)\ndf.show()\n'
EXTRAS = {"server": "lsp", "verify": "runtime", "profile": "runtime", "tune": "runtime"}
"""The commands that need more than the core, and the extra that brings it."""


class Installed:
    """An environment that the lines of the pages are typed into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = folder / "checkout"
        self.checkout.mkdir()
        for name in SHIPPED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.checkout / name)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        (folder / "jobs").mkdir()
        (folder / "jobs" / "a.py").write_text(DISCARDED, encoding="utf-8")

    def type(self, line: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a line in a shell with the environment activated; nothing else of this machine's Python is in sight."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        path = os.pathsep.join([str(self.folder / "venv" / "bin"), "/usr/local/bin", "/usr/bin", "/bin"])
        return subprocess.run(
            ["sh", "-c", line],
            cwd=folder or self.folder,
            env={**kept, "PATH": path, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self, line: str) -> None:
        run = self.type(line, self.checkout)
        if run.returncode and OFFLINE.search(run.stdout + run.stderr) and not os.environ.get("CI"):
            pytest.skip("pip finds no index and no wheels")
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("typed"))


def extra_of(line: str) -> str:
    match = re.search(r"\[(\w+)\]", line)
    return match[1] if match else ""


def findings(installed: Installed) -> None:
    checked = installed.type("daft-lint check jobs")
    assert "a.py:4:4: DFT401" in checked.stdout, checked.stderr


def flake8(installed: Installed) -> None:
    for line in FLAKE8:
        run = installed.type(line)
        assert "a.py:4:4: DFT401" in run.stdout, run.stderr


def server(installed: Installed) -> None:
    run = installed.type("daft-lint server")
    assert run.returncode == 0, run.stderr


def runtime(installed: Installed) -> None:
    (installed.folder / "range.py").write_text("import daft\n\ndaft.range(4).write_parquet('out')\n")
    run = installed.type("daft-lint profile --runner native range.py")
    assert run.returncode == 0, run.stdout + run.stderr


BRINGS: dict[str, Callable[[Installed], None]] = {"": findings, "flake8": flake8, "lsp": server, "runtime": runtime}


@pytest.mark.parametrize("line", sorted(PIP, key=extra_of))
def test_what_is_installed_does_what_the_page_says(installed: Installed, line: str) -> None:
    installed.install(line)
    BRINGS[extra_of(line)](installed)


def test_every_extra_for_users_is_on_a_page() -> None:
    assert {extra_of(line) for line in PIP} == set(BRINGS)
    assert FLAKE8


def test_without_its_extra_a_command_says_in_one_line_how_to_get_it(tmp_path: Path) -> None:
    bare = Installed(tmp_path)
    bare.install(next(line for line in PIP if not extra_of(line)))
    for command, extra in EXTRAS.items():
        run = bare.type(f"daft-lint {command} jobs/a.py" if extra == "runtime" else f"daft-lint {command}")
        assert run.returncode == 2
        (line,) = run.stderr.splitlines()
        assert line.endswith(f"pip install 'daft-lint[{extra}] @ {bare.checkout.as_uri()}'"), line
    findings(bare)


def make(line: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line for make with the environment of the tests in the place of the one that it would set up."""
    if shutil.which("make") is None:
        pytest.skip("needs make")
    ours = [f"BIN={Path(sys.executable).parent}", "-o", ".venv/.ready", *arguments]
    return subprocess.run(
        [*line.split(), *ours],
        cwd=ROOT,
        # A corpus would be measured, which takes many minutes.
        env={key: value for key, value in {**environment(), **variables}.items() if key != "DAFT_LINT_CORPUS"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("line", ["make docs", "make test", "make verify", "make facts"])
def test_the_targets_do_what_they_are_for(line: str) -> None:
    assert line in MAKE
    for module in ("mkdocs", "mypy", "ruff"):
        pytest.importorskip(module, reason="needs the extras `dev` and `docs`")
    if line in ("make verify", "make facts"):
        pytest.importorskip("ray", reason="needs the extra `runtime`")
    run = make(line, PYTEST_ADDOPTS="--collect-only")
    assert run.returncode == 0, run.stdout + run.stderr
    if line == "make docs":
        assert (ROOT / "build" / "site" / "index.html").exists()
    else:
        assert re.search(r"^\d+(?:/\d+)? tests collected", run.stdout, re.M), run.stdout


def test_the_benchmarks_run(tmp_path: Path) -> None:
    """On few files, against one other linter: the table is that of the page but for its numbers."""
    assert "make bench" in MAKE
    few = ("TOOLS=flake8", "PACKAGES=iniconfig", "BENCH=--repeat 1 --lines 100")
    run = make("make bench", *few, f"OTHERS={tmp_path / 'others'}", f"RESULTS={tmp_path / 'results.txt'}")
    assert run.returncode == 0, run.stdout + run.stderr
    rows = [line[:46].rstrip() for line in (tmp_path / "results.txt").read_text(encoding="utf-8").splitlines()]
    assert "(c) one script / import libcst, parse" in rows
    assert len(run.stdout.splitlines()) >= len(rows) > 5


def test_every_line_to_type_is_run() -> None:
    """Here, by `test_docs.py`, as the demo by `runtime/test_commands.py`, or by CI, as `test_vscode.py` makes sure."""
    here = {*PIP, *FLAKE8, "make docs", "make test", "make verify", "make facts", "make bench", "make demo"}
    here |= {"make setup", "make vscode", "make test-lowest"}
    assert [line for line in LINES if line not in here and not line.startswith("daft-lint ")] == []


@pytest.mark.parametrize("page", ["editors.md", "findings.md"])
def test_ruff_takes_the_codes_for_ours(page: str, tmp_path: Path) -> None:
    ruff = Path(sys.executable).parent / "ruff"
    if not ruff.exists():
        pytest.skip("needs the extra `dev`")
    text = (ROOT / "docs" / "pages" / page).read_text(encoding="utf-8")
    (snippet,) = (block.body for block in snippets.blocks(text) if "external" in block.body)
    (tmp_path / "a.py").write_text("x = 1  # noqa: DFT401\n", encoding="utf-8")

    def complaints() -> str:
        command = [str(ruff), "check", "--no-cache", "--extend-select", "RUF100,RUF102", "a.py"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n", encoding="utf-8")
    assert "DFT401" in complaints()
    (tmp_path / "pyproject.toml").write_text(snippet, encoding="utf-8")
    assert "All checks passed" in complaints()
