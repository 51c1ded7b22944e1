from __future__ import annotations

import os
from pathlib import Path

import pytest

from daft_lint.config import Config, Selection
from daft_lint.source.discovery import FileFilter, discover


def tree(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("import daft\n")


def names(root: Path, file_filter: FileFilter | None = None) -> list[str]:
    found = discover([root], file_filter or FileFilter(root))
    assert found.problems == ()
    return [file.relative_to(root).as_posix() for file in found.files]


def test_ignore_files_and_excludes(tmp_path: Path) -> None:
    tree(
        tmp_path, "b.py", "a.ipynb", "c.txt", "r.md", "x/gen_1.py", "x/keep/gen_2.py", ".venv/l.py", "old/o.py", "i.py"
    )
    (tmp_path / ".git" / "info").mkdir(parents=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("i.py\n")
    (tmp_path / ".gitignore").write_text("gen_*.py\n")
    (tmp_path / "x" / "keep" / ".gitignore").write_text("!gen_2.py\n")
    assert names(tmp_path, FileFilter(tmp_path, exclude=("old/",))) == ["a.ipynb", "b.py", "x/keep/gen_2.py"]
    below = discover([tmp_path / "x"], FileFilter(tmp_path))
    assert [file.name for file in below.files] == ["gen_2.py"]


@pytest.mark.parametrize("line", ["!", "[z-a]", "a\\", "!!", "[", "/", "[[:x:]]", "**a/**/"])
def test_a_line_that_is_no_pattern_matches_nothing(tmp_path: Path, line: str) -> None:
    """As with git; the lines beside it count."""
    tree(tmp_path, "b.py", "old/o.py", "new/n.py")
    (tmp_path / ".git" / "info").mkdir(parents=True)
    (tmp_path / ".git" / "info" / "exclude").write_text(f"{line}\nnew/\n")
    (tmp_path / ".gitignore").write_text(f"{line}\nold/\n")
    config = Config(root=tmp_path, exclude=(line, "x/"), per_file_ignores=((line, ("DFT1",)), ("b.py", ("DFT2",))))
    assert names(tmp_path, config.file_filter) == ["b.py"]
    assert [Selection(config).ignores_in(str(tmp_path / "b.py"), code) for code in ("DFT101", "DFT201")] == [
        False,
        True,
    ]


def test_a_given_file_is_taken_unless_excludes_are_forced(tmp_path: Path) -> None:
    tree(tmp_path, "old/o.py", "r.md")
    file_filter = FileFilter(tmp_path, exclude=("old/",))
    given = [tmp_path / "old" / "o.py", tmp_path / "r.md"]
    assert discover(given, file_filter).files == tuple(given)
    assert discover(given, file_filter, force_exclude=True).files == (tmp_path / "r.md",)


def test_links_loops_and_missing_paths(tmp_path: Path) -> None:
    tree(tmp_path, "a.py")
    os.symlink(tmp_path, tmp_path / "loop")
    os.symlink("nowhere.py", tmp_path / "broken.py")
    os.symlink("a.py", tmp_path / "again.py")
    found = discover([tmp_path, tmp_path / "loop", tmp_path / "no.py"], FileFilter(tmp_path))
    assert [file.name for file in found.files] == ["a.py"]
    assert [(Path(p.path).name, p.message) for p in found.problems] == [
        ("broken.py", "a symbolic link to a file that does not exist"),
        ("no.py", "No such file or directory"),
    ]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_a_problem(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "shut/b.py")
    (tmp_path / "shut").chmod(0)
    try:
        found = discover([tmp_path], FileFilter(tmp_path))
    finally:
        (tmp_path / "shut").chmod(0o700)
    assert [file.name for file in found.files] == ["a.py"]
    assert [problem.message for problem in found.problems] == ["Permission denied"]


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta/history"])
def test_a_virtual_environment_is_left_out_whatever_its_name(mark: str, tmp_path: Path) -> None:
    for name in ("job.py", f"tools/env3/{mark}", "tools/env3/lib/a.py", "tools/b.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("import daft\n")
    everything = FileFilter(tmp_path)
    found = {file.relative_to(tmp_path).as_posix() for file in discover([tmp_path], everything).files}
    assert found == {"job.py", "tools/b.py"}
    given = {file.relative_to(tmp_path).as_posix() for file in discover([tmp_path / "tools/env3"], everything).files}
    assert given == {"tools/env3/lib/a.py"}
