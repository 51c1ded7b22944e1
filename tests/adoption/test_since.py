"""Findings on changed lines only, through the command line and on real git."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.adoption.adoption_runs import SECOND, commit, found, git, refused
from tests.helpers import BAD, HEAVY, lint, notebook


def test_since_shows_changed_lines_only(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "old.py").write_text(BAD)
    commit(tmp_path)
    assert found(tmp_path, "--since", "HEAD") == []
    (tmp_path / "a.py").write_text("# above\n" + SECOND)
    assert found(tmp_path, "--since", "HEAD") == [("a.py", 6, "DFT401")]
    commit(tmp_path)
    assert found(tmp_path, "--since", "HEAD") == []
    assert found(tmp_path, "--since", "HEAD~1") == [("a.py", 6, "DFT401")]


def test_since_takes_untracked_and_staged_files_whole(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import daft\n")
    commit(tmp_path)
    (tmp_path / "new.py").write_text(BAD)
    (tmp_path / "staged.py").write_text(BAD)
    git(tmp_path, "add", "staged.py")
    assert found(tmp_path, "--since", "HEAD") == [("new.py", 4, "DFT401"), ("staged.py", 4, "DFT401")]


def test_since_follows_a_rename(tmp_path: Path) -> None:
    filler = "".join(f"x{i} = {i}\n" for i in range(20))
    (tmp_path / "a.py").write_text(BAD + filler)
    commit(tmp_path)
    (tmp_path / "jobs").mkdir()
    git(tmp_path, "mv", "a.py", "jobs/b.py")
    assert found(tmp_path, "--since", "HEAD") == []
    (tmp_path / "jobs" / "b.py").write_text(SECOND + filler)
    assert found(tmp_path, "--since", "HEAD") == [("jobs/b.py", 5, "DFT401")]


def test_since_counts_from_where_the_branch_left(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SECOND)
    commit(tmp_path)
    git(tmp_path, "checkout", "-q", "-b", "topic")
    (tmp_path / "b.py").write_text(BAD)
    commit(tmp_path)
    git(tmp_path, "checkout", "-q", "main")
    (tmp_path / "a.py").write_text("import daft\n")
    commit(tmp_path)
    git(tmp_path, "checkout", "-q", "topic")
    assert found(tmp_path, "--since", "main") == [("b.py", 4, "DFT401")]


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be there")
def test_since_reads_any_name_and_any_content(tmp_path: Path) -> None:
    names = ("a b.py", "é.py", 'q"\t.py', "-x.py")
    for name in names:
        (tmp_path / name).write_text(BAD.rstrip("\n"))
    commit(tmp_path)
    for name in names:
        # A removed and an added line that look like the heads of a diff, and no line break at the end.
        (tmp_path / name).write_text("'''\n++ b/other.py\n@@ -1 +1,99 @@\n'''\n" + SECOND.rstrip("\n"))
    expected = sorted((name, 9, "DFT401") for name in names)
    assert sorted(found(tmp_path, ".", "--since", "HEAD")) == expected
    (tmp_path / "sub").mkdir()
    assert sorted(line for _, line, _ in found(tmp_path / "sub", "..", "--since", "HEAD")) == [9] * 4


def test_since_in_a_notebook_is_about_its_cells(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_text(notebook(BAD))
    commit(tmp_path)
    again = notebook("x = 1\n", BAD).replace('"execution_count": null', '"execution_count": 7')
    (tmp_path / "n.ipynb").write_text(again)
    assert found(tmp_path, "--since", "HEAD") == []
    (tmp_path / "n.ipynb").write_text(notebook("x = 1\n", SECOND))
    assert found(tmp_path, "--since", "HEAD") == [("n.ipynb", 5, "DFT401")]


def test_since_shows_what_a_deletion_made_wrong(tmp_path: Path) -> None:
    text = HEAVY.replace("df.repartition(8)\n", "").replace('size(df["jpeg"]))', 'size(df["jpeg"]))  # last')
    batched = text.replace('df = df.with_column("jpeg"', 'df = df.into_batches(64)\ndf = df.with_column("jpeg"')
    (tmp_path / "a.py").write_text(batched)
    commit(tmp_path)
    assert lint(tmp_path, "check", "--select", "DFT101", "--fail-on", "advice", "--since", "HEAD").returncode == 0
    (tmp_path / "a.py").write_text(text)
    run = lint(tmp_path, "check", "--select", "DFT101", "--fail-on", "advice", "--since", "HEAD")
    assert (run.returncode, "DFT101" in run.stdout) == (1, True), run.stdout


def test_since_needs_git_and_a_revision_that_it_knows(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    assert "no git repository" in refused(tmp_path, "--since", "HEAD")
    commit(tmp_path)
    for revision in ("nonsense", "--output=stolen", "HEAD; touch stolen"):
        assert "no such revision" in refused(tmp_path, f"--since={revision}")
    assert not (tmp_path / "stolen").exists()


def test_since_runs_nothing_that_the_repository_names(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / ".gitattributes").write_text("*.py diff=trap\n")
    commit(tmp_path)
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\ntouch {tmp_path}/sprung\ncat "$1"\n')
    trap.chmod(0o755)
    for key in ("diff.external", "diff.trap.command", "diff.trap.textconv", "core.fsmonitor"):
        git(tmp_path, "config", key, str(trap))
    git(tmp_path, "config", "diff.noprefix", "true")
    (tmp_path / "a.py").write_text(SECOND)
    (tmp_path / "sprung").unlink(missing_ok=True)
    assert found(tmp_path, "--since", "HEAD") == [("a.py", 5, "DFT401")]
    assert not (tmp_path / "sprung").exists()


FILTERS = ("clean", "process", "smudge")


@pytest.mark.parametrize("name", ["trap", "a.b"])
def test_since_runs_no_filter_of_the_repository(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.py").write_text(BAD)
    commit(tmp_path)
    (tmp_path / ".gitattributes").write_text(f"*.py filter={name}\n")
    for key in FILTERS:
        git(tmp_path, "config", f"filter.{name}.{key}", f"sh -c 'touch {tmp_path}/sprung; cat'")
    git(tmp_path, "config", f"filter.{name}.required", "true")
    (tmp_path / "a.py").write_text(SECOND)
    assert found(tmp_path, "--since", "HEAD") == [("a.py", 5, "DFT401")]
    assert not (tmp_path / "sprung").exists()
    git(tmp_path, "config", "filter.a=b.clean", "cat")
    assert "cannot be switched off" in refused(tmp_path, "--since", "HEAD")


def test_since_fetches_nothing(tmp_path: Path) -> None:
    """What a partial clone lacks would be fetched by a program that the repository's configuration names."""
    origin, here = tmp_path / "origin", tmp_path / "here"
    origin.mkdir()
    (origin / "a.py").write_text(BAD)
    commit(origin)
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", origin.as_uri(), str(here))
    git(here, "config", "remote.origin.uploadpack", f"touch {tmp_path}/sprung; git-upload-pack")
    (here / "a.py").write_text(SECOND)
    git(here, "read-tree", "HEAD")
    assert "--since" in refused(here, "--since", "HEAD")
    assert not (tmp_path / "sprung").exists()


def test_since_in_a_shallow_clone(tmp_path: Path) -> None:
    origin, here = tmp_path / "origin", tmp_path / "here"
    origin.mkdir()
    (origin / "a.py").write_text(BAD)
    commit(origin)
    git(origin, "checkout", "-q", "-b", "topic")
    (origin / "b.py").write_text(BAD)
    commit(origin)
    git(origin, "commit", "-q", "--allow-empty", "-m", "y")
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "topic", origin.as_uri(), str(here))
    assert "shallow clone: fetch it first (fetch-depth: 0" in refused(here, "--since", "origin/main")
    git(here, "fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    run = lint(here, "check", "--since", "origin/main", "--format", "concise")
    assert "b.py:4:4" in run.stdout
    assert "a.py" not in run.stdout
    assert run.stderr == (
        "--since origin/main: no common ancestor in this shallow clone: compared with origin/main itself\n"
    )
    git(here, "fetch", "-q", "--unshallow")
    assert found(here, "--since", "origin/main") == [("b.py", 4, "DFT401")]


def test_since_means_the_same_whatever_git_is_told_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    text = "".join(f"x{i} = {i}\n" for i in range(9)) + BAD
    (tmp_path / "sub" / "a.py").write_text(text)
    commit(tmp_path)
    changed = "y = 1\n" + text.replace("df.show()", "df.repartition(9)\ndf.show()")
    (tmp_path / "sub" / "a.py").write_text(changed)
    for name, value in (
        ("GIT_DIFF_OPTS", "--unified=99"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_GLOB_PATHSPECS", "1"),
    ):
        with monkeypatch.context() as context:
            context.setenv(name, value)
            assert found(tmp_path, "--since", "HEAD") == [("sub/a.py", 15, "DFT401")], name
