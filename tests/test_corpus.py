"""What daft-lint says of public Daft code, where checkouts of it are at hand."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.corpus_table import (
    FOLDER,
    REPOSITORIES,
    CommitUnknownError,
    check,
    checkout,
    commit_of,
    expected,
    rows,
)

with_corpus = pytest.mark.skipif(FOLDER not in os.environ, reason=f"{FOLDER} names no folder with checkouts")


def corpus() -> Path:
    return Path(os.environ[FOLDER])


def test_the_table_is_in_order() -> None:
    table = expected()
    assert table == sorted(set(table))
    assert {row.repository for row in table} == set(REPOSITORIES)
    assert len({(row.repository, row.commit) for row in table}) == len(REPOSITORIES)
    assert {row.level for row in table} <= {"error", "warning", "advice"}


def test_a_checkout_without_git_names_its_commit_in_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "someone+jobs"
    folder.mkdir()
    with pytest.raises(CommitUnknownError, match="COMMIT"):
        commit_of(folder)
    (tmp_path / ".someone+jobs.commit").write_text("beside\n")
    assert commit_of(folder) == "beside"
    (folder / "COMMIT").write_text("inside\n")
    assert commit_of(folder) == "inside"


def test_the_commit_of_a_repository_around_a_checkout_is_not_taken(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    folder = tmp_path / "jobs"
    folder.mkdir()
    with pytest.raises(CommitUnknownError):
        commit_of(folder)


@with_corpus
@pytest.mark.parametrize("repository", REPOSITORIES)
def test_findings_are_those_of_the_table(repository: str) -> None:
    wanted = [row for row in expected() if row.repository == repository]
    try:
        commit = commit_of(checkout(corpus(), repository))
    except CommitUnknownError as error:
        pytest.skip(str(error))
    assert commit == wanted[0].commit, "the table is for another commit"
    assert rows(corpus(), repository) == wanted


@with_corpus
@pytest.mark.parametrize("repository", REPOSITORIES)
def test_every_file_is_checked_without_a_crash(repository: str) -> None:
    run = check(checkout(corpus(), repository), (".",))
    assert run.returncode in (0, 1), run.stderr
    assert run.stderr == ""
    assert json.loads(run.stdout)["summary"]["files"] > 100
