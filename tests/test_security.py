"""A tree full of booby traps: check, plan and fix import and run nothing of it, and write nothing but what they say."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BAD = "import daft\n\ndf = daft.read_parquet('s3://b/*.parquet')\ndf.repartition(8)\ndf.show()\n"
TRAP = "open({marker!r}, 'w').write(__file__)\n"
FOUND = "a.py:4:4: error: DFT401"


def snapshot(folder: Path) -> dict[str, bytes | str]:
    """Every file of a tree with its bytes, every link with its target."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path)] = os.readlink(path)
        elif path.is_file():
            found[str(path)] = path.read_bytes()
    return found


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree whose every file that an interpreter or a tool could run writes `tmp_path/sprung`."""
    folder = tmp_path / "tree"
    folder.mkdir()
    trap = TRAP.format(marker=str(tmp_path / "sprung"))
    for name in (
        "conftest.py", "sitecustomize.py", "usercustomize.py", "setup.py", "noxfile.py", "helpers.py", "__init__.py",
        "daft/__init__.py", "daft/functions.py", "libcst/__init__.py", "click/__init__.py", "pathspec/__init__.py",
        "tomllib.py", "tomli.py", "json.py", "ast.py", "re.py", "daft_lint_rules/dft999.py",
        "daft_lint_rules/__init__.py",
        "multiprocessing/__init__.py", "pickle.py", "runpy.py", "threading.py", "signal.py",
        "pyarrow/__init__.py", "pkg/__init__.py", "pkg/__main__.py", "encodings/trap.py",
    ):  # fmt: skip
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(trap)
    (folder / "trap.pth").write_text(f"import os; open({str(tmp_path / 'sprung')!r}, 'w')\n")
    (folder / "a.py").write_text(BAD + "from helpers import *\nfrom pkg import x\nimport json, conftest\n" + trap)
    (folder / "coded.py").write_text("# -*- coding: trap -*-\n" + BAD)
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["!touch sprung\n", "%run a.py\n", BAD]}
    (folder / "b.ipynb").write_text(
        json.dumps({"cells": [cell] * 200, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text(f"[core]\n\tfsmonitor = touch {tmp_path / 'sprung'}\n")
    return folder


def lint(folder: Path, *arguments: str, below: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as its console script does: the working directory, the folder or one `below` it, is not where
    modules are looked for."""
    code = f"import sys; sys.path[:0] = {[str(ROOT / part) for part in ('.', 'rules', 'runtime')]!r}\n"
    code += f"from daft_lint.cli import main; main({list(arguments)!r})"
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment = {**kept, "NO_COLOR": "1", "XDG_CACHE_HOME": str(folder.parent / "cache")}
    script = folder.parent / "daft-lint"
    script.write_text(code)
    command = [sys.executable, str(script)]
    return subprocess.run(
        command, cwd=folder / below, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


COMMANDS = (
    ("check",),
    ("check", ".", "--format", "json", "--select", "ALL"),
    ("check", "a.py", "conftest.py", "coded.py", "b.ipynb"),
    ("plan", "a.py"),
    ("plan", "b.ipynb", "--format", "json"),
    ("fix", "--unsafe"),
    ("fix", "a.py", "--diff", "--unsafe"),
)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_nothing_of_the_tree_is_run_and_nothing_is_written(tree: Path, arguments: tuple[str, ...]) -> None:
    before = snapshot(tree)
    run = lint(tree, *arguments)
    assert run.returncode in (0, 1, 2)
    assert "Traceback" not in run.stderr
    assert not (tree.parent / "sprung").exists()
    assert snapshot(tree) == before


def test_worker_processes_run_nothing_of_the_tree(tree: Path) -> None:
    """A spawned process begins with `python -c`, which looks for modules in the working directory first."""
    script = tree.parent / "spawning"
    script.write_text(
        f"""
import sys, threading
sys.path[:0] = {[str(ROOT / part) for part in (".", "rules", "runtime")]!r}
if __name__ == "__main__":
    # A second thread has the workers spawned, as on macOS and Windows.
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    from daft_lint.cli import main
    main(["check", "--jobs", "2", "--no-cache", "--format", "concise"])
"""
    )
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, str(script)]
    run = subprocess.run(command, cwd=tree, env=kept, capture_output=True, text=True, check=False, timeout=120)
    assert not (tree.parent / "sprung").exists(), (tree.parent / "sprung").read_text()
    assert run.returncode == 1, run.stderr
    assert FOUND in run.stdout


def test_the_traps_would_spring(tree: Path) -> None:
    """The fixture is worth something: Python itself, started in the tree, runs into it."""
    subprocess.run([sys.executable, "-c", "import helpers"], cwd=tree, capture_output=True, check=True)
    assert (tree.parent / "sprung").exists()


def test_the_tree_is_checked_all_the_same(tree: Path) -> None:
    run = lint(tree, "check", "--format", "concise")
    assert run.returncode == 1
    assert FOUND in run.stdout
    assert "b.ipynb" in run.stdout


@pytest.mark.parametrize(
    "text",
    [
        '[tool.daft-lint]\nselect = ["DFT1"\n',
        '[tool.daft-lint]\nsrc = ["../../../../etc"]\n',
        '[tool.daft-lint]\nexclude = ["' + "*" * 5000 + '"]\n',
        "[tool.daft-lint]\n" + "x = {" * 5000,
        "[tool.daft-lint]\ntarget_batch_bytes = " + "9" * 5000 + "\n",
        '[build-system]\nrequires = []\nbuild-backend = "trap"\nbackend-path = ["."]\n[tool.daft-lint]\n',
        '[tool.daft-lint.sources]\n"' + "(" * 3000 + '" = { rows = 1 }\n',
    ],
    ids=["broken", "outside", "stars", "deep", "digits", "backend", "pattern"],
)
def test_a_hostile_configuration(tree: Path, text: str) -> None:
    (tree / "pyproject.toml").write_text(text)
    (tree / "backend.py").write_text("raise SystemExit(9)\n")
    run = lint(tree, "check")
    assert run.returncode in (0, 1, 2)
    assert "Traceback" not in run.stderr
    assert not (tree.parent / "sprung").exists()


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_links_out_of_the_tree_are_not_walked(tree: Path) -> None:
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text(BAD)
    (tree / "linked").symlink_to(outside, target_is_directory=True)
    run = lint(tree, "check", "--format", "concise")
    assert "secret.py" not in run.stdout
    lint(tree, "fix", "--apply", "--unsafe")
    assert (outside / "secret.py").read_text() == BAD


def test_what_a_source_says_is_text_and_no_markup_of_the_terminal(tree: Path) -> None:
    (tree / "c.py").write_text(BAD.replace("df.rep", "df.with_column('\\x1b', 1).rep") + "# \x1b[31m\x1b]0;title\x07\n")
    (tree / "d.py").write_text(
        "import daft\n\ndf = daft.read_parquet('\\x1b]0;\\u202e/*.parquet')\ndf.repartition(8)\n"
    )
    for arguments in (
        ("check", "c.py"),
        ("plan", "c.py"),
        ("plan", "d.py"),
        ("init",),
        ("check", "c.py", "d.py", "-v"),
    ):
        run = lint(tree, *arguments)
        assert run.returncode in (0, 1)
        assert not {"\x1b", "\u202e"} & set(run.stdout + run.stderr), arguments


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be there")
def test_what_a_path_says_steers_no_terminal_and_ends_no_line(tree: Path) -> None:
    name = "x\x1b[31m\n::error::y\u202e.py"
    (tree / name).symlink_to("nowhere")
    shown = "x\\x1b[31m\\n::error::y\\u202e.py"
    for arguments in (("check",), ("fix",), ("check", name), ("plan", name), ("check", "a.py", "--baseline", name)):
        run = lint(tree, *arguments)
        assert run.stderr.count(shown) == 1, arguments
        assert not {"\x1b", "\u202e"} & set(run.stderr)
        assert not any(line.startswith("::") for line in run.stderr.splitlines())
    (tree / name).unlink()
    (tree / name).write_text(BAD)
    for arguments in (("fix", name, "--unsafe"), ("fix", name, "--unsafe", "--apply"), ("check", "-v", name)):
        run = lint(tree, *arguments)
        output = run.stdout + run.stderr
        assert shown in output or arguments[0] == "check"
        assert not {"\x1b", "\u202e"} & set(output)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="a terminal of its own")
@pytest.mark.parametrize("arguments", [("fix", "c.py", "--unsafe"), ("fix", "c.py", "--unsafe", "--interactive")])
def test_a_diff_steers_no_terminal(tree: Path, arguments: tuple[str, ...]) -> None:
    (tree / "c.py").write_bytes(BAD.replace("8)", "8)  # \x1b]0;title\x07 \u202e").replace("\n", "\r\n").encode())
    master, slave = os.openpty()
    code = f"import sys; sys.path[:0] = {[str(ROOT / part) for part in ('.', 'rules', 'runtime')]!r}\n"
    code += f"from daft_lint.cli import main; main({list(arguments)!r})"
    (tree.parent / "on-terminal").write_text(code)
    with subprocess.Popen(
        [sys.executable, str(tree.parent / "on-terminal")],
        cwd=tree,
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
    ) as process:
        os.close(slave)
        shown = b""
        with contextlib.suppress(OSError):  # Linux says so when the last writer has gone
            while chunk := os.read(master, 4096):
                shown += chunk
        os.close(master)
        process.wait(60)
    text = re.sub(r"\x1b\[\d*m", "", shown.decode())  # the colours of the diff itself
    assert "+df = df.repartition(8)  # \\x1b]0;title\\x07 \\u202e\r\n" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_a_configuration_names_no_code_of_the_tree(tree: Path) -> None:
    """A plugin is a name that an installed package registered, and no module: the tree's own are not looked at."""
    (tree / "plug.egg-info").mkdir()
    (tree / "plug.egg-info" / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: plug\nVersion: 1\n")
    (tree / "plug.egg-info" / "entry_points.txt").write_text("[daft_lint.rules]\nhelpers = helpers\n")
    for name in ("helpers", "pkg", "antigravity"):
        (tree / "pyproject.toml").write_text(f'[tool.daft-lint]\nplugins = ["{name}"]\n')
        run = lint(tree, "check", "a.py")
        assert run.returncode == 2
        assert f"plugin {name} is not installed" in run.stderr
        assert not (tree.parent / "sprung").exists()


def test_without_plugins_none_of_the_environment_is_imported(tree: Path) -> None:
    (tree / "pyproject.toml").write_text('[tool.daft-lint]\nplugins = ["helpers"]\n')
    run = lint(tree, "check", "a.py", "--no-plugins", "--format", "concise")
    assert run.returncode == 1, run.stderr
    assert FOUND in run.stdout


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_a_report_is_written_through_no_link(tree: Path) -> None:
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (tree / "report.sarif").symlink_to(outside / "kept")
    (tree / "dangling.sarif").symlink_to(outside / "new")
    (tree / "reports").symlink_to(outside, target_is_directory=True)
    (outside / "deep").mkdir()
    (tree / "deep").symlink_to(outside / "deep", target_is_directory=True)
    for name in ("report.sarif", "dangling.sarif", "reports/new", "deep/../new", str(tree / "reports" / "new")):
        run = lint(tree, "check", "a.py", "--format", "sarif", "--output", name)
        assert run.returncode in (1, 2)
        assert run.stderr.count("\n") == 1
        assert "behind, a symbolic link" in run.stderr
    fixed = lint(tree, "fix", "a.py", "--unsafe", "--diff", "--output", "report.sarif")
    assert "symbolic link" in fixed.stderr
    from_below = lint(tree, "check", "../a.py", "--format", "sarif", "--output", "../reports/new", below="pkg")
    assert "symbolic link" in from_below.stderr
    for name in ("reports/known.json", "deep/../known.json"):
        assert "symbolic link" in lint(tree, "check", "a.py", "--baseline", name, "--update-baseline").stderr
    assert [(path.name, path.read_text()) for path in outside.iterdir() if path.is_file()] == [("kept", "kept")]
    assert lint(tree, "check", "a.py", "--format", "sarif", "--output", "real.sarif").returncode == 1
    assert json.loads((tree / "real.sarif").read_text())["version"] == "2.1.0"


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_results_are_kept_through_no_link_of_the_tree(tree: Path) -> None:
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "deep").mkdir()
    (tree / "kept").symlink_to(outside, target_is_directory=True)
    (tree / "deep").symlink_to(outside / "deep", target_is_directory=True)
    for name in ("kept/inner", "deep/../inner"):
        (tree / "pyproject.toml").write_text(f'[tool.daft-lint]\ncache-dir = "{name}"\n')
        assert lint(tree, "check", "a.py", "--format", "concise").returncode == 1
        assert lint(tree, "check", "../a.py", "--format", "concise", below="pkg").returncode == 1
        assert lint(tree, "check", "a.py", "--cache-dir", name).returncode == 1
    assert not [path for path in outside.rglob("*") if path.is_file()]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
@pytest.mark.parametrize("arguments", [("fix", "--unsafe", "--apply"), ("check", "--add-ignores", "--reason", "x")])
def test_nothing_is_changed_behind_a_link_out_of_the_tree(tree: Path, arguments: tuple[str, ...]) -> None:
    outside = tree.parent / "outside.py"
    outside.write_text(BAD)
    (tree / "out.py").symlink_to(outside)
    (tree / "pkg" / "in.py").symlink_to("../a.py")
    for path, below in (("out.py", ""), ("../out.py", "pkg"), (str(tree / "out.py"), "")):
        run = lint(tree, arguments[0], path, *arguments[1:], below=below)
        assert run.returncode == 2
        assert "out.py: not written: a symbolic link that leads out of the tree" in run.stderr
    assert outside.read_text() == BAD
    assert lint(tree, arguments[0], "pkg/in.py", *arguments[1:]).returncode in (0, 1)
    assert (tree / "a.py").read_text().startswith(BAD.splitlines()[0])
    assert "df = df.repartition" in (tree / "a.py").read_text() or "daft-lint: ignore" in (tree / "a.py").read_text()
