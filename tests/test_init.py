from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from plugins import environment

from daft_lint import config

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SCRIPT = """import daft


@daft.cls(max_concurrency=12)
class Model:
    @daft.method.batch(batch_size=64)
    def run(self, image):
        return image


daft.set_runner_ray()
df = daft.read_parquet("s3://photos/*.parquet")
df = df.with_column("x", Model().run(df["image"]))
df.repartition(8)
df.write_parquet("s3://out")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "a.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.py").write_text("import polars\n", encoding="utf-8")
    return tmp_path


def init(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "daft_lint", "init", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False, encoding="utf-8"
    )


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".cache" not in str(path)}


def test_it_shows_and_writes_nothing(project: Path) -> None:
    before = everything(project)
    run = init(project)
    assert (run.returncode, run.stderr) == (0, "")
    assert "ray in 1" in run.stdout
    assert "s3://photos/*.parquet" in run.stdout
    assert "jobs/a.py:14:4: DFT401" in run.stdout
    assert "# total-concurrency = 12" in run.stdout
    assert "repo: local" in run.stdout
    assert "daft-lint check --format github" in run.stdout
    assert "init --write" in run.stdout
    assert everything(project) == before


def test_it_writes_a_configuration_that_check_reads(project: Path) -> None:
    run = init(project, "--write")
    assert (run.returncode, run.stdout.splitlines()[-1]) == (0, "written: daft-lint.toml")
    read = config.load(project)
    assert (read.src, read.fail_on, read.settings.cluster.runner) == (("jobs",), "warning", config.Runner.RAY)
    # What is commented out is right too.
    text = (project / "daft-lint.toml").read_text(encoding="utf-8")
    all_on = "\n".join(line.removeprefix("# ") for line in text.splitlines())
    assert config.parse(all_on, Path("daft-lint.toml")).settings.sources[0][0] == "s3://photos/*.parquet"
    again = init(project, "--write")
    assert again.returncode == 2
    assert "has a configuration already" in again.stderr
    assert (project / "daft-lint.toml").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_it_appends_to_a_pyproject(project: Path, end: str) -> None:
    before = f'[project]{end or chr(10)}dependencies = ["daft>=0.7.3"]{end}'.encode()
    (project / "pyproject.toml").write_bytes(before)
    (project / ".github" / "workflows").mkdir(parents=True)
    run = init(project, "--write")
    assert run.returncode == 0
    assert "0.7.3 or newer" in run.stdout
    after = (project / "pyproject.toml").read_bytes()
    assert after.startswith(before)
    assert after.count(b"\r\n") == (after.count(b"\n") if end == "\r\n" else 0)
    assert tomllib.loads(after.decode())["tool"]["daft-lint"]["src"] == ["jobs"]
    assert (
        (project / ".github" / "workflows" / "daft-lint.yml").read_text(encoding="utf-8").startswith("name: daft-lint")
    )
    assert sorted(path.name for path in project.iterdir()) == [".github", "jobs", "other", "pyproject.toml"]


def test_it_overwrites_no_table(project: Path) -> None:
    text = "[tool.daft-lint]\nignore = ['DFT4']\n"
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    run = init(project, "--write")
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert (project / "pyproject.toml").read_text(encoding="utf-8") == text
    assert init(project).returncode == 0


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        (
            "bash",
            'eval "$(_DAFT_LINT_COMPLETE=bash_source daft-lint)"; COMP_WORDS=(daft-lint ch); COMP_CWORD=1; '
            '_daft_lint_completion daft-lint; echo "${COMPREPLY[@]}"',
        ),
        (
            "zsh",
            'autoload -U compinit; compinit -u -D; eval "$(_DAFT_LINT_COMPLETE=zsh_source daft-lint)"; '
            'compadd() { print -r -- "${(P)@[-1]}" }; _describe() { print -rl -- "${(@P)4}" "${(@P)3}" }; '
            "words=(daft-lint ch); CURRENT=2; _daft_lint_completion; echo $_comps[daft-lint]",
        ),
        ("fish", 'source (_DAFT_LINT_COMPLETE=fish_source daft-lint | psub); complete -C "daft-lint ch"'),
    ],
)
def test_shells_complete_its_commands(tmp_path: Path, shell: str, script: str) -> None:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    command = tmp_path / "daft-lint"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m daft_lint "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    if shell == "fish":
        script = script.replace("_DAFT_LINT", "env _DAFT_LINT")
    run = subprocess.run(
        [found, "-c", script], env={**environment(), **path}, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "check" in run.stdout.replace("\n", " ").replace(":", " ").split(), run.stdout + run.stderr
