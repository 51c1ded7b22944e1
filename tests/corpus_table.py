"""The table of what daft-lint says of public Daft code, `tests/corpus/expected.tsv`, and how it comes about.

`DAFT_LINT_CORPUS=<folder> python -m tests.corpus_table` writes it anew from the checkouts in that folder.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parent / "corpus" / "expected.tsv"
FOLDER = "DAFT_LINT_CORPUS"

REPOSITORIES: dict[str, tuple[str, ...]] = {
    "Eventual-Inc/Daft": ("benchmarking/ai", "tutorials"),
    "Eventual-Inc/daft-examples": (".",),
}
"""What the table covers of each."""

TIMEOUT = 600.0
"""Seconds for one check: all of Daft's repository takes some 25."""


class Row(NamedTuple):
    """One finding; `line` is `cell:line` in a notebook."""

    repository: str
    commit: str
    path: str
    line: str
    code: str
    level: str


def checkout(folder: Path, repository: str) -> Path:
    """Where the repository is in a folder of checkouts: under its own name, or under `owner+name`."""
    with_owner = folder / repository.replace("/", "+")
    return with_owner if with_owner.is_dir() else folder / repository.rpartition("/")[2]


class CommitUnknownError(Exception):
    """Nothing says which commit a checkout is of."""


def commit_of(folder: Path) -> str:
    """The commit of a checkout: what git says, else a file `COMMIT` in it, else `.<name>.commit` beside it.

    Raises `CommitUnknownError` where there is none of them.
    """
    if (folder / ".git").exists():  # without this test git would answer for a repository around it
        command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    notes = (folder / "COMMIT", folder.with_name(f".{folder.name}.commit"))
    for note in notes:
        if note.is_file():
            return note.read_text(encoding="utf-8").strip()
    raise CommitUnknownError(f"{folder} has no .git, and neither {notes[0]} nor {notes[1]} names its commit")


def check(folder: Path, paths: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """`daft-lint check` as a user runs it, in a checkout, with no configuration but the defaults."""
    command = [sys.executable, "-m", "daft_lint", "check", "--format", "json", *paths]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=TIMEOUT)


def rows(folder: Path, repository: str) -> list[Row]:
    """What a check of the covered paths says, sorted; one row for all that a rule says of a line."""
    where = checkout(folder, repository)
    run = check(where, REPOSITORIES[repository])
    assert run.returncode in (0, 1), run.stderr
    commit = commit_of(where)
    found = []
    for finding in json.loads(run.stdout)["findings"]:
        line = f"{finding['cell']}:{finding['line']}" if "cell" in finding else str(finding["line"])
        found.append(Row(repository, commit, finding["path"], line, finding["code"], finding["level"]))
    return sorted(set(found))


def expected() -> list[Row]:
    """The table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter="\t"))
    assert lines[0] == list(Row._fields)
    return [Row(*line) for line in lines[1:]]


def main() -> None:
    folder = Path(os.environ[FOLDER])
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(Row._fields)
        for repository in REPOSITORIES:
            writer.writerows(rows(folder, repository))


if __name__ == "__main__":
    main()
