"""A file on disk is old or new, whatever happens."""

from __future__ import annotations

import os
import random
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from daft_lint.source import leftovers
from daft_lint.source.writing import create, leads_out, write_atomically, write_report
from tests.helpers import BAD, lint


def test_a_failed_write_leaves_no_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_text("one = 1\n")

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        write_atomically(str(path), b"one = 1\n", b"two = 1\n")
    assert path.read_text() == "one = 1\n"
    assert [p.name for p in tmp_path.iterdir()] == ["a.py"]


def start_writer(folder: Path) -> int:
    """A child process that writes the files of a folder over and over; its process id.

    It is forked, so that a hundred of them do not start Python a hundred times.
    """
    child = os.fork()
    if child:
        return child
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        while True:
            for file in sorted(folder.glob("*.py")):
                before = file.read_bytes()
                after = (b"old" if before.startswith(b"new") else b"new") * 20_000
                write_atomically(str(file), before, after)
    except KeyboardInterrupt:
        os._exit(130)
    finally:
        os._exit(1)  # never back into the test runner


def old_files(folder: Path) -> None:
    for i in range(8):
        (folder / f"f{i}.py").write_bytes(b"old" * 20_000)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_killed_run_leaves_each_file_old_or_new(tmp_path: Path) -> None:
    """A hundred times, at a random moment; what a kill leaves is looked at before the next writer starts."""
    whole = {b"old" * 20_000, b"new" * 20_000}
    old_files(tmp_path)
    chance = random.Random(7)
    changed, longest = 0, 0.02
    for _ in range(100):
        before = {p: p.read_bytes() for p in tmp_path.glob("*.py")}
        child = start_writer(tmp_path)
        time.sleep(chance.uniform(0.0005, longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the writer ended by itself"
        after = {p: p.read_bytes() for p in tmp_path.glob("*.py")}
        assert after.keys() == before.keys()
        assert set(after.values()) <= whole
        changed += before != after
        longest = min(longest * 1.2, 0.5) if before == after else 0.02  # a busy machine takes its time to begin
        left = [p.name for p in tmp_path.iterdir() if p.suffix != ".py"]
        assert all(name.startswith(".f") and name.endswith(".daft-lint-tmp") for name in left)
    assert changed > 10, "the kills came before anything was written"


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_an_interrupted_run_cleans_up(tmp_path: Path) -> None:
    old_files(tmp_path)
    child = start_writer(tmp_path)
    time.sleep(0.05)
    os.kill(child, signal.SIGINT)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    assert {p.suffix for p in tmp_path.iterdir()} == {".py"}
    assert {p.read_bytes()[:3] for p in tmp_path.iterdir()} <= {b"old", b"new"}


def test_a_file_is_made_once_and_through_no_link(tmp_path: Path) -> None:
    create(str(tmp_path / "a.toml"), b"a = 1\n")
    with pytest.raises(FileExistsError):
        create(str(tmp_path / "a.toml"), b"a = 2\n")
    (tmp_path / "link.toml").symlink_to("b.toml")
    with pytest.raises(OSError, match="symbolic link"):
        create(str(tmp_path / "link.toml"), b"a = 3\n")
    assert (tmp_path / "a.toml").read_bytes() == b"a = 1\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.toml", "link.toml"]


# What a file has besides its bytes

linux = pytest.mark.skipif(sys.platform != "linux", reason="Python reads extended attributes on Linux only")
ACCESS = "system.posix_acl_access"


def access_list(*entries: tuple[int, int, int]) -> bytes:
    """A POSIX access control list as the kernel takes it: tag, permissions, user or group."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


ANYONE = 0xFFFFFFFF
LIST = access_list((1, 6, ANYONE), (2, 6, 65534), (4, 4, ANYONE), (16, 6, ANYONE), (32, 0, ANYONE))
"""The owner and a user may write; the group may only read, though the mask, which shows as the group's mode, is rw-."""


def set_attribute(path: Path, name: str, value: bytes) -> None:
    assert sys.platform == "linux"
    try:
        os.setxattr(path, name, value)
    except OSError:
        pytest.skip("this file system has no such attributes")


def attributes(path: Path) -> dict[str, bytes]:
    assert sys.platform == "linux"
    return {name: os.getxattr(path, name) for name in os.listxattr(path) if not name.startswith("security.")}


@linux
@pytest.mark.parametrize("arguments", [("fix", "--apply", "--unsafe"), ("check", "--add-ignores", "--reason", "x")])
def test_attributes_and_access_lists_are_kept(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = tmp_path / "a.py"
    file.write_text(BAD)
    set_attribute(file, ACCESS, LIST)
    set_attribute(file, "user.note", b"x")
    before, mode = attributes(file), file.stat().st_mode
    lint(tmp_path, *arguments, "a.py")
    assert file.read_text() != BAD
    assert (attributes(file), file.stat().st_mode) == (before, mode)


@linux
def test_a_file_gets_no_list_from_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(BAD)
    file.chmod(0o640)
    set_attribute(tmp_path, "system.posix_acl_default", LIST)
    lint(tmp_path, "fix", "--apply", "--unsafe", "a.py")
    assert file.read_text() != BAD
    assert (attributes(file), file.stat().st_mode & 0o777) == ({}, 0o640)


@linux
def test_attributes_that_cannot_be_kept_are_a_reason_to_leave_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"one = 1\n")
    set_attribute(file, "user.note", b"x")

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setxattr", refuse)
    with pytest.raises(OSError, match="extended attributes cannot be kept"):
        write_atomically(str(file), b"one = 1\n", b"two = 1\n")
    assert file.read_bytes() == b"one = 1\n"
    assert os.listdir(tmp_path) == ["a.py"]


# Links


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
@pytest.mark.parametrize("repository", [True, False])
def test_nothing_is_written_through_a_linked_folder_that_leads_out(tmp_path: Path, repository: bool) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    (tree / "pkg").mkdir(parents=True)
    (outside / "sub").mkdir(parents=True)
    for file in (outside / "m.py", outside / "sub" / "m.py", tree / "pkg" / "in.py"):
        file.write_text(BAD)
    if repository:
        (tree / ".git").mkdir()
    (tree / "lnk").symlink_to("../outside", target_is_directory=True)
    (tree / "inner").symlink_to("pkg", target_is_directory=True)
    for path in ("lnk/m.py", "lnk/sub/m.py", str(tree / "lnk" / "m.py"), "pkg/../lnk/m.py"):
        for arguments in (("fix", "--apply", "--unsafe"), ("check", "--add-ignores", "--reason", "x")):
            run = lint(tree, *arguments, path)
            assert run.returncode == 2
            assert "not written: a symbolic link that leads out of the tree" in run.stderr
    assert {file.read_text() for file in outside.rglob("*.py")} == {BAD}
    lint(tree, "fix", "--apply", "--unsafe", "inner/in.py")
    assert (tree / "pkg" / "in.py").read_text() != BAD, "a link within the tree is followed"


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_a_home_that_is_linked_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "disk" / "project").mkdir(parents=True)
    (tmp_path / "disk" / "project" / "a.py").write_text(BAD)
    (tmp_path / "home").symlink_to("disk", target_is_directory=True)
    assert not leads_out(str(tmp_path / "home" / "project" / "a.py"))
    (tmp_path / ".git").mkdir()
    assert not leads_out(str(tmp_path / "home" / "project" / "a.py"))


# Kills, and reports


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("arguments", [("fix", "--apply", "--unsafe"), ("check", "--format", "json", "--output", "o")])
def test_the_next_run_removes_what_a_kill_left_and_nothing_else(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "a.py").write_text(BAD)
    left = [tmp_path / f".{name}.{'0123456789abcdef'}.daft-lint-tmp" for name in ("a.py", "gone.py", "o")]
    mine = [tmp_path / name for name in (".a.py.daft-lint-tmp", ".a.py.0123456789abcdef.tmp", "a.py.0123456789abcdef")]
    used = tmp_path / ".used.py.0123456789abcdef.daft-lint-tmp"
    for file in (*left, *mine, used):
        file.write_bytes(b"x")
    linked = tmp_path / ".linked.py.0123456789abcdef.daft-lint-tmp"
    linked.symlink_to("a.py")
    with open(used, "rb") as stream:
        leftovers.lock(stream.fileno())
        lint(tmp_path, *arguments, "a.py")
    assert [file.name for file in left if file.exists()] == []
    assert all(file.exists() for file in (*mine, used, linked))


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_report_is_old_or_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "report.json"
    report.write_bytes(b"old")
    report.chmod(0o640)
    number = report.stat().st_ino
    write_report(str(report), b"new")
    assert (report.read_bytes(), report.stat().st_mode & 0o777) == (b"new", 0o640)
    assert report.stat().st_ino != number, "another file in its place, not one that is emptied and filled"

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        write_report(str(report), b"newer")
    assert report.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["report.json"]


@pytest.mark.skipif(os.name == "nt", reason="devices and pipes")
def test_a_report_goes_to_devices_and_pipes_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    run = lint(tmp_path, "check", "a.py", "--format", "json", "--output", "/dev/stdout")
    assert '"DFT401"' in run.stdout
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", "pipe"], cwd=tmp_path, stdout=subprocess.PIPE) as reader:
        lint(tmp_path, "check", "a.py", "--format", "json", "--output", "pipe")
        assert b'"DFT401"' in reader.communicate()[0]


@pytest.mark.skipif(os.name == "nt", reason="names with colons")
@pytest.mark.parametrize("folder", ["::error file=x.py,line=1::", "##[error]", " ::warning::"])
def test_no_path_is_a_command_of_the_ci(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "a.py").write_text(BAD)
    for arguments in (
        ("check",), ("check", "--format", "concise"), ("fix", "--unsafe"), ("fix", "--unsafe", "--apply", "--diff"),
    ):  # fmt: skip
        run = lint(tmp_path, *arguments, ".")
        lines = [line.lstrip() for line in (run.stdout + run.stderr).splitlines()]
        assert [line for line in lines if line.startswith(("::", "##"))] == []
        assert any(folder.strip() in line for line in lines)
