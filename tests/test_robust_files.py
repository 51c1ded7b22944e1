"""Odd files, places, encodings and outputs through the real command: each ends in a result or one clear line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile import HEAD, ROOT, SECONDS, TAIL, Run, sane

# Odd places


@pytest.mark.parametrize("start", [".", "pkg", "pkg/sub", "pkg/sub/deep", "other"])
def test_imports_mean_the_same_from_wherever_one_stands(tmp_path: Path, start: str) -> None:
    """Above `..` is `../..`, and where one stands may be a package: the way up ends at the folder that holds it."""
    for folder in ("pkg/sub/deep", "other"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("pkg", "pkg/sub", "pkg/sub/deep"):
        (tmp_path / folder / "__init__.py").touch()
    head, size = HEAD.split("@daft")[0], "@daft" + HEAD.split("@daft")[1].split("df =")[0]
    (tmp_path / "pkg" / "helpers.py").write_text(head + size)
    (tmp_path / "pkg" / "a.py").write_text(head + "from pkg.helpers import *\n" + "df =" + HEAD.split("df =")[1] + TAIL)
    for path in ("pkg/a.py", "pkg"):
        run = sane(tmp_path / start, "check", os.path.relpath(path, start), "--format", "json")
        assert "DFT101" in {finding["code"] for finding in json.loads(run.out)["findings"]}, run.out


# Odd files

BAD = b"import daft\n\ndf = daft.read_parquet('s3://b/*.parquet')\ndf.repartition(8)\ndf.show()\n"
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX file names and links")


@posix
def test_a_broken_link(tmp_path: Path) -> None:
    (tmp_path / "a.py").symlink_to("nowhere.py")
    (tmp_path / "b.py").write_bytes(BAD)
    run = sane(tmp_path, "check", "--format", "concise")
    assert run.status == 1
    assert run.err == "daft-lint: a.py: a symbolic link to a file that does not exist\n"
    assert sane(tmp_path, "check", "a.py").status == 2


@posix
def test_links_in_a_loop(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.py").write_bytes(BAD)
    (tmp_path / "inner" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.py").symlink_to("self.py")
    run = sane(tmp_path, "check", "--format", "concise")
    assert run.status == 1
    assert len(run.out.splitlines()) == 2
    assert run.err.startswith("daft-lint: self.py: ")
    assert sane(tmp_path, "check", "inner/up/inner/up", "--format", "concise").status == 1


@posix
def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(BAD)
    (tmp_path / "a.py").chmod(0)
    if os.access(tmp_path / "a.py", os.R_OK):
        pytest.skip("this user may read every file")
    run = sane(tmp_path, "check", "a.py")
    assert run.status == 2
    assert run.err == "daft-lint: a.py: cannot be read: Permission denied\n"


def test_a_folder_with_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "x.py").mkdir()
    (tmp_path / "x.py" / "a.py").write_bytes(BAD)
    (tmp_path / "y.ipynb").mkdir()
    assert sane(tmp_path, "check").status == 1
    run = sane(tmp_path, "plan", "x.py")
    assert run.status == 2
    assert len(run.err.splitlines()) == 1


@posix
@pytest.mark.parametrize("arguments", [("check",), ("check", "x.py"), ("plan", "x.py"), ("fix", "x.py")])
def test_a_pipe_with_the_name_of_a_file(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    os.mkfifo(tmp_path / "x.py")
    run = sane(tmp_path, *arguments)
    problems = [line for line in run.err.splitlines() if line.startswith("daft-lint: ") and ": warning: " not in line]
    assert len(problems) <= 1
    assert problems == ([] if arguments == ("check",) else ["daft-lint: x.py: neither a file nor a folder"])


@posix
def test_a_module_that_is_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "helpers.py")
    (tmp_path / "a.py").write_bytes(b"from helpers import size\n" + BAD)
    assert "DFT401" in sane(tmp_path, "check", "a.py", "--format", "concise").out


@posix
def test_a_configuration_that_is_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyproject.toml")
    os.mkfifo(tmp_path / ".gitignore")
    (tmp_path / "a.py").write_bytes(BAD)
    sane(tmp_path, "check")


@posix
def test_devices(tmp_path: Path) -> None:
    for path in ("/dev/null", "/dev/zero"):
        run = sane(tmp_path, "check", path)
        assert run.status == 2
        assert run.err == f"daft-lint: {path}: neither a file nor a folder\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_no_utf_8(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.py"
    Path(os.fsdecode(name)).write_bytes(BAD)
    for form in ("text", "concise", "json"):
        run = sane(tmp_path, "check", "--format", form)
        assert run.status == 1
        assert "caf\\" in run.out
    (tmp_path / "line\nbreak.py").write_bytes(BAD)
    sane(tmp_path, "check", "--format", "concise")


@pytest.mark.parametrize("name", ["a.py", "a.ipynb", "a.md", "a", ".py", "", "/", "x\ny.py", "\u00e9.py", "../../a.py"])
def test_any_name_for_standard_input(tmp_path: Path, name: str) -> None:
    sane(tmp_path, "check", "-", "--stdin-filename", name, stdin=BAD)


# Output that cannot be written

FULL = Path("/dev/full")
COMMANDS = [
    ("check", "--no-cache", "a.py"),
    ("check", "--format", "sarif", "a.py"),
    ("fix", "--unsafe", "a.py"),
    ("plan", "a.py"),
    ("explain",),
    ("init",),
    ("check", "--help"),
    ("--version",),
    ("server", "--help"),
    (),
]


def shell(folder: Path, redirection: str, *arguments: str) -> Run:
    """The command with its output redirected by a shell."""
    path = os.pathsep.join(str(ROOT / part) for part in (".", "rules", "runtime"))
    environment = {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "XDG_CACHE_HOME": str(folder / ".cache-home")}
    line = f'"$0" -m daft_lint "$@" {redirection}'
    run = subprocess.run(
        ["/bin/sh", "-c", line, sys.executable, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS,
    )  # fmt: skip
    return Run(run.returncode, run.stdout, run.stderr)


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("redirection", ["> /dev/full", ">&-"])
def test_output_that_cannot_be_written_is_one_line(
    tmp_path: Path, redirection: str, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "a.py").write_bytes(BAD)
    run = shell(tmp_path, redirection, *arguments)
    assert run.status == 2
    assert run.err.startswith("daft-lint: standard output cannot be written: ")
    assert len(run.err.splitlines()) == 1


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("redirection", ["2> /dev/full", "2>&-", "> /dev/full 2> /dev/full", ">&- 2>&-", "<&-"])
def test_streams_that_are_full_or_closed_end_in_a_status(tmp_path: Path, redirection: str) -> None:
    (tmp_path / "a.py").write_bytes(BAD)
    assert shell(tmp_path, redirection, "check", "no-such-file.py").status == 2
    assert shell(tmp_path, redirection, "nosuch").status == 2
    run = shell(tmp_path, redirection, "check", "a.py")
    assert run.status == (2 if redirection.startswith(">") else 1), run.err
    assert "Traceback" not in run.out + run.err


def test_standard_input_that_is_closed(tmp_path: Path) -> None:
    run = shell(tmp_path, "<&-", "check", "-")
    assert (run.status, run.err) == (2, "daft-lint: standard input is closed\n")


# Encodings

STATEFUL = {
    "utf-7": b"x = '+AGEAYgBj-+AGEAYgBj-'",
    "UTF-7": b"x = '+AOk +AOk.'",
    "iso2022_jp": b"x = '\x1b$BF|K\\8l\x1b(B\x1b$BF|\x1b(B'\x1b(B",
    "iso2022-kr": "x = '\ud55c\uad6d\uc5b4'".encode("iso2022_kr"),
    "hz": "x = '\u6c49\u5b57'".encode("hz"),
    "unicode_escape": rb"x = '\x41\u0042'",
    "raw_unicode_escape": rb"x = '\u0042\u00e9'",
    "utf_16": b"x = 1",
    "idna": b"x = 1",
    "punycode": b"x = 1",
    "undefined": b"x = 1",
    "shift_jisx0213": "x = '\u304b\u309a'".encode("shift_jisx0213"),
}


@pytest.mark.parametrize("encoding", STATEFUL)
def test_what_does_not_round_trip_is_left_alone_in_one_line(tmp_path: Path, encoding: str) -> None:
    raw = b"# coding: " + encoding.encode() + b"\n" + STATEFUL[encoding] + b"\n" + BAD
    (tmp_path / "a.py").write_bytes(raw)
    (tmp_path / "b.py").write_bytes(BAD)
    assert sane(tmp_path, "check", "--format", "concise").out.count("b.py:") == 1, "one file costs no other"
    for form in ("json", "sarif", "github"):
        sane(tmp_path, "check", "a.py", "--format", form)
    run = sane(tmp_path, "fix", "--apply", "--unsafe", "a.py")
    assert len([line for line in run.err.splitlines() if line.startswith("daft-lint: ")]) <= 1
    assert (tmp_path / "a.py").read_bytes() == raw


def test_a_stateless_encoding_is_fixed_in_its_own_bytes(tmp_path: Path) -> None:
    for encoding, word in (
        ("latin-1", "caf\u00e9"),
        ("shift_jis", "\u65e5\u672c"),
        ("gbk", "\u6c49"),
        ("koi8-r", "\u0444"),
    ):
        head = f"# coding: {encoding}\nx = '{word}'  # {word}\n".encode(encoding)
        (tmp_path / "a.py").write_bytes(head + BAD)
        sane(tmp_path, "fix", "--apply", "--unsafe", "a.py")
        assert (tmp_path / "a.py").read_bytes() == head + BAD.replace(b"df.repartition", b"df = df.repartition")


# Small input that takes long


@pytest.mark.parametrize("place", [".gitignore", "exclude", "per-file-ignores"])
def test_wildcards_that_try_everything(tmp_path: Path, place: str) -> None:
    pattern = "*a" * 25 + "*b"
    name = "a" * 120 + ".py"
    (tmp_path / name).write_bytes(BAD)
    (tmp_path / ".git").mkdir()
    if place == ".gitignore":
        (tmp_path / place).write_text(f"{pattern}\n{'**/a/' * 30}b\n")
    else:
        value = f'["{pattern}"]' if place == "exclude" else f'{{ "{pattern}" = ["DFT"] }}'
        (tmp_path / "daft-lint.toml").write_text(f"{place} = {value}\n")
    run = sane(tmp_path, "check", "--no-cache", "--format", "concise")
    assert (run.status, run.err) == (1, "")


@posix
def test_a_cache_record_that_is_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(BAD)
    sane(tmp_path, "check", "--cache-dir", "cc", "a.py")
    records = list((tmp_path / "cc").glob("*.json"))
    assert records
    for record in records:
        record.unlink()
        os.mkfifo(record)
    assert sane(tmp_path, "check", "--cache-dir", "cc", "a.py").status == 1
    assert all(record.is_file() for record in records), "replaced"


@posix
def test_a_pyproject_that_is_a_pipe_beside_a_file_with_a_cache(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.py").write_bytes(BAD)
    os.mkfifo(tmp_path / "sub" / "pyproject.toml")
    assert sane(tmp_path, "check", "--cache-dir", "cc", "sub/a.py").status == 1
