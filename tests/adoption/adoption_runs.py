"""What the tests of `check --baseline`, `--since` and `--add-ignores` share: runs of the command line, and real git."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.helpers import BAD, lint

CODES = ("--select", "DFT401,DFT404,DFT002")
SECOND = BAD.replace("df.show", "df.repartition(9)\ndf.show")


def found(folder: Path, *arguments: str) -> list[tuple[str, int, str]]:
    """Where what is found is: path, line and code."""
    run = lint(folder, "check", "--format", "json", *CODES, *arguments)
    assert run.returncode in (0, 1), run.stderr
    return [(f["path"], f["line"], f["code"]) for f in json.loads(run.stdout)["findings"]]


def refused(folder: Path, *arguments: str) -> str:
    run = lint(folder, "check", *arguments)
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (2, "", 1)
    return run.stderr


def git(folder: Path, *arguments: str) -> None:
    who = {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True)


def commit(folder: Path, name: str = "x") -> None:
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", name)
