"""A file on disk is old or new, whatever happens."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from daft_lint.source.writing import create, write_atomically


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
    changed = 0
    for _ in range(100):
        before = {p: p.read_bytes() for p in tmp_path.glob("*.py")}
        child = start_writer(tmp_path)
        time.sleep(chance.uniform(0.0005, 0.02))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the writer ended by itself"
        after = {p: p.read_bytes() for p in tmp_path.glob("*.py")}
        assert after.keys() == before.keys()
        assert set(after.values()) <= whole
        changed += before != after
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
