"""What daft-lint says of public Daft code, where checkouts of it are at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.corpus_table import FOLDER, REPOSITORIES, check, checkout, commit_of, expected, rows

with_corpus = pytest.mark.skipif(FOLDER not in os.environ, reason=f"{FOLDER} names no folder with checkouts")


def corpus() -> Path:
    return Path(os.environ[FOLDER])


def test_the_table_is_in_order() -> None:
    table = expected()
    assert table == sorted(set(table))
    assert {row.repository for row in table} == set(REPOSITORIES)
    assert len({(row.repository, row.commit) for row in table}) == len(REPOSITORIES)
    assert {row.level for row in table} <= {"error", "warning", "advice"}


@with_corpus
@pytest.mark.parametrize("repository", REPOSITORIES)
def test_findings_are_those_of_the_table(repository: str) -> None:
    wanted = [row for row in expected() if row.repository == repository]
    assert commit_of(checkout(corpus(), repository)) == wanted[0].commit, "the table is for another commit"
    assert rows(corpus(), repository) == wanted


@with_corpus
@pytest.mark.parametrize("repository", REPOSITORIES)
def test_every_file_is_checked_without_a_crash(repository: str) -> None:
    run = check(checkout(corpus(), repository), (".",))
    assert run.returncode in (0, 1), run.stderr
    assert run.stderr == ""
    assert json.loads(run.stdout)["summary"]["files"] > 100
