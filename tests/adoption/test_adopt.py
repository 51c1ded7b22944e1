"""Old code bases: baselines, changed lines only, suppressions written; through the command line, on real git."""

from __future__ import annotations

import json
import os
import subprocess
import tokenize
from pathlib import Path

import pytest

from tests.cli.test_commands import BAD, ROOT, lint
from tests.report.test_outputs import HEAVY, notebook

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


# baselines


def test_a_baseline_hides_what_is_known_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    wrote = lint(tmp_path, "check", "--baseline", "known.json", "--update-baseline")
    assert (wrote.returncode, wrote.stdout) == (0, "")
    assert "Wrote 1 known finding to known.json." in wrote.stderr
    assert found(tmp_path, "--baseline", "known.json") == []
    (tmp_path / "a.py").write_text("# shifted\n\n" + BAD)
    assert found(tmp_path, "--baseline", "known.json") == []
    (tmp_path / "a.py").write_text("# shifted\n" + BAD.replace("df.show", "df.repartition(8)\ndf.show"))
    assert found(tmp_path, "--baseline", "known.json") == [("a.py", 6, "DFT401")]
    (tmp_path / "a.py").write_text(BAD.replace("(8)", "(9)"))
    assert found(tmp_path, "--baseline", "known.json") == [("a.py", 4, "DFT401")]
    (tmp_path / "b.py").write_text(BAD)
    (tmp_path / "a.py").unlink()
    assert found(tmp_path, "--baseline", "known.json") == [("b.py", 4, "DFT401")]


def test_a_baseline_counts_paths_from_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "a.py").write_text(BAD)
    lint(tmp_path, "check", "--baseline", "known.json", "--update-baseline")
    assert found(tmp_path / "jobs", "--baseline", "../known.json") == []
    assert found(tmp_path, str(tmp_path / "jobs" / "a.py"), "--baseline", str(tmp_path / "known.json")) == []


def test_an_update_keeps_what_was_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "b.py").write_text(BAD.replace("df.repartition(8)", "df = df.repartition()"))
    (tmp_path / "c.py").write_text(BAD)
    update = ("check", "--baseline", "known.json", "--update-baseline")
    lint(tmp_path, *update)
    (tmp_path / "c.py").unlink()
    lint(tmp_path, *update, "a.py", "--select", "DFT404")
    entries = json.loads((tmp_path / "known.json").read_text())["findings"]
    assert [(e["path"], e["code"]) for e in entries] == [("a.py", "DFT401"), ("b.py", "DFT404")]
    (tmp_path / "a.py").write_text("import daft\n")
    lint(tmp_path, *update, "a.py")
    assert [e["path"] for e in json.loads((tmp_path / "known.json").read_text())["findings"]] == ["b.py"]


def test_cells_of_a_notebook_may_move(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_text(notebook(BAD))
    lint(tmp_path, "check", "--baseline", "known.json", "--update-baseline")
    (tmp_path / "n.ipynb").write_text(notebook("x = 1\n", BAD))
    assert found(tmp_path, "--baseline", "known.json") == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2, "findings": []}', '{"version": 1, "findings": [1]}', "[" * 100_000, "\x00"]
)
def test_a_broken_baseline_is_one_line_and_stays(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "known.json").write_text(text)
    for arguments in ((), ("--update-baseline",)):
        assert "known.json" in refused(tmp_path, "--baseline", "known.json", *arguments)
    assert (tmp_path / "known.json").read_text() == text
    assert "--update-baseline" in refused(tmp_path, "--baseline", "none.json")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_baseline_is_written_through_no_link(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "target").write_text('{"version": 1, "findings": []}')
    (tmp_path / "known.json").symlink_to("target")
    assert "symbolic link" in refused(tmp_path, "--baseline", "known.json", "--update-baseline")
    assert (tmp_path / "target").read_text() == '{"version": 1, "findings": []}'


# changed lines


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


# suppressions


def ignored(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return lint(folder, "check", *CODES, "--add-ignores", "--reason", "kept until #12", *arguments)


COMMENT = "  # daft-lint: ignore[DFT401] kept until #12"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("df.repartition(8)", f"df.repartition(8){COMMENT}"),
        ("df.repartition(8)   ", f"df.repartition(8){COMMENT}   "),
        ("df.repartition(8)  # why", f"df.repartition(8)  # why{COMMENT}"),
        ("df.repartition(8)  # noqa: E501", f"df.repartition(8)  # noqa: E501{COMMENT}"),
        ("df.repartition(8)  # daft-lint: rows=5", f"df.repartition(8)  # daft-lint: rows=5{COMMENT}"),
        (
            "df.repartition(8)  # daft-lint: ignore[DFT101] old",
            "df.repartition(8)  # daft-lint: ignore[DFT101, DFT401] old",
        ),
        ("df.repartition(\n    8,\n)", f"df.repartition({COMMENT}\n    8,\n)"),
        ("df \\\n  .repartition(8)", f"df \\\n  .repartition(8){COMMENT}"),
        ("df.repartition(8, '''a\nb''')", f"df.repartition(8, '''a\nb'''){COMMENT}"),
    ],
)
def test_a_suppression_stands_beside_its_finding(tmp_path: Path, line: str, expected: str) -> None:
    before = BAD.replace("df.repartition(8)", line)
    for name, encode in (("a.py", str.encode), ("crlf.py", lambda text: text.replace("\n", "\r\n").encode())):
        (tmp_path / name).write_bytes(encode(before))
    run = ignored(tmp_path, "--ignore", "DFT002")
    assert run.returncode == 0, run.stderr
    assert "Silenced 2 findings in 2 files." in run.stderr
    after = BAD.replace("df.repartition(8)", expected)
    assert (tmp_path / "a.py").read_bytes() == after.encode()
    assert (tmp_path / "crlf.py").read_bytes() == after.replace("\n", "\r\n").encode()
    assert found(tmp_path, "--ignore", "DFT002") == []


def test_suppressions_in_notebooks_and_markdown(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_text(notebook("!pip list\n", BAD))
    (tmp_path / "g.md").write_text(
        f"# Guide\n\n- see\n\n  ```python\n  {BAD.strip().replace(chr(10), chr(10) + '  ')}\n  ```\n"
    )
    assert ignored(tmp_path, "n.ipynb", "g.md").returncode == 0
    cells = json.loads((tmp_path / "n.ipynb").read_text())["cells"]
    assert [cell["source"][-1] for cell in cells] == ["!pip list\n", "df.show()\n"]
    assert cells[1]["source"][3] == f"df.repartition(8){COMMENT}\n"
    assert f"\n  df.repartition(8){COMMENT}\n" in (tmp_path / "g.md").read_text()
    assert found(tmp_path, "n.ipynb", "g.md") == []


def test_one_comment_for_all_rules_of_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(HEAVY)
    before = lint(tmp_path, "check", "--format", "json")
    codes = {f["code"] for f in json.loads(before.stdout)["findings"]}
    assert {"DFT101", "DFT401"} <= codes
    run = lint(tmp_path, "check", "--add-ignores", "--reason", "old")
    assert run.returncode == 0, run.stdout
    text = (tmp_path / "a.py").read_text()
    assert all(line.count("daft-lint:") <= 1 for line in text.splitlines())
    assert lint(tmp_path, "check", "--fail-on", "advice").returncode == 0
    bare = "\n".join(line.split("  # daft-lint")[0] for line in text.splitlines()) + "\n"
    assert bare == HEAVY


def test_what_no_comment_can_silence_stays(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import daft\ndaft.func(\n")
    (tmp_path / "b.py").write_text("import daft\nx = 1  # noqa: DFT401\n")
    run = lint(tmp_path, "check", "--add-ignores", "--reason", "old")
    assert run.returncode == 1
    assert "DFT001" in run.stdout
    assert "DFT002" in run.stdout
    assert "Silenced 0 findings in 0 files." in run.stderr


def test_suppressions_go_with_a_baseline_and_with_since(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    commit(tmp_path)
    (tmp_path / "a.py").write_text(SECOND)
    run = ignored(tmp_path, "--since", "HEAD")
    assert "Silenced 1 finding in 1 file." in run.stderr
    assert (tmp_path / "a.py").read_text() == SECOND.replace("(9)", f"(9){COMMENT}")


@pytest.mark.skipif(os.name == "nt", reason="rights are otherwise there")
def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "a.py").chmod(0o444)
    run = ignored(tmp_path)
    assert run.returncode == 2
    assert "read-only" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--add-ignores",), "--reason"),
        (("--add-ignores", "--reason", " "), "--reason"),
        (("--add-ignores", "--reason", "[x]"), "plain text"),
        (("--add-ignores", "--reason", "see # noqa"), "plain text"),
        (("--add-ignores", "--reason", "a\x1bb"), "plain text"),
        (("--reason", "x"), "--add-ignores"),
        (("--update-baseline",), "--baseline"),
        (("--update-baseline", "--baseline", "b", "--since", "HEAD"), "--since"),
        (("-", "--add-ignores", "--reason", "x"), "give paths"),
        (("-", "--since", "HEAD"), "give paths"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "a.py").write_text(BAD)
    assert words in refused(tmp_path, *arguments)
    assert (tmp_path / "a.py").read_text() == BAD


@pytest.mark.slow
def test_every_fixture_can_be_silenced_and_known(tmp_path: Path) -> None:
    fixtures = sorted((ROOT / "fixtures" / "rules").glob("DFT*/found_*.py"))
    for path in fixtures:
        if not path.name.endswith(".fixed.py"):
            (tmp_path / f"{path.parent.name}_{path.name}").write_bytes(path.read_bytes())
    every = ("--select", "ALL", "--ignore", "DFT002", "--fail-on", "advice")
    before = json.loads(lint(tmp_path, "check", *every, "--format", "json").stdout)["findings"]
    assert len(before) > 100
    lint(tmp_path, "check", *every, "--baseline", "known.json", "--update-baseline")
    entries = json.loads((tmp_path / "known.json").read_text())["findings"]
    assert len(entries) == len(before)
    code = {path: tokens(path) for path in tmp_path.glob("*.py")}
    for path in code:
        path.write_bytes(b"# above\n" + path.read_bytes())
    assert lint(tmp_path, "check", *every, "--baseline", "known.json").returncode == 0
    run = lint(tmp_path, "check", *every, "--add-ignores", "--reason", "old")
    assert (run.returncode, run.stderr.startswith(f"Silenced {len(before)} findings in ")) == (0, True), run.stderr
    assert lint(tmp_path, "check", *every).returncode == 0
    assert {path: tokens(path) for path in code} == code


def tokens(path: Path) -> list[str]:
    with tokenize.open(path) as stream:
        return [
            t.string for t in tokenize.generate_tokens(stream.readline) if t.type not in (tokenize.COMMENT, tokenize.NL)
        ]
