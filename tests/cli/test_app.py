"""The command line as a whole: what it imports, and how it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from daft_lint import __version__
from daft_lint.cli.app import COMMANDS
from tests.helpers import BAD, environment, lint, python


def imported(folder: Path, *arguments: str) -> set[str]:
    """The modules that a command line has imported at its end."""
    code = (
        "import sys, daft_lint.cli\n"
        "try: daft_lint.cli.main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('MODULES', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.rpartition("MODULES")[2].split())


def test_version_imports_next_to_nothing(tmp_path: Path) -> None:
    assert not {"click", "dataclasses", "re", "libcst", "importlib.metadata"} & imported(tmp_path, "--version")
    assert lint(tmp_path, "--version").stdout == f"daft-lint {__version__}\n"


def test_a_command_imports_no_other(tmp_path: Path) -> None:
    commands = {module for module, _ in COMMANDS.values()}
    assert commands & imported(tmp_path, "partitions", "--help") == {"daft_lint.cli.partitions"}
    assert not commands & imported(tmp_path, "--help")


def test_the_table_of_commands_has_each_on_one_line_of_80_columns(tmp_path: Path) -> None:
    shown = lint(tmp_path, "--help").stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in shown] == sorted(COMMANDS)
    assert all(len(line) <= 80 and line.endswith(".") and "..." not in line for line in shown)


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("chek", "did you mean check?"),
        ("a.py", "to check a path, write daft-lint check a.py"),
        ("xyz", "daft-lint -h lists all commands"),
    ],
)
def test_an_unknown_command_is_one_line_with_a_hint(tmp_path: Path, given: str, hint: str) -> None:
    (tmp_path / "a.py").touch()
    run = lint(tmp_path, given)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"daft-lint: there is no command {given}; {hint}\n"


@pytest.mark.parametrize("text", ["print('hello')\n", "# a word on daft\nprint('hello')\n"])
def test_a_tree_without_daft_imports_no_libcst(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text)
    modules = imported(tmp_path, "check", "--no-cache", ".")
    assert "daft_lint.lint.runner" in modules
    assert not {"libcst", "multiprocessing", "daft"} & modules


def test_a_script_that_needs_no_parse_imports_no_libcst(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import daft\n\nprint(daft.__version__)\n")
    modules = imported(tmp_path, "check", "--no-cache", ".")
    assert "daft_lint_rules.dft101" in modules
    assert not {"libcst", "daft_lint.pipeline.interpreter.interpreter", "daft"} & modules
    (tmp_path / "a.py").write_text("import daft\n\ndaft.read_parquet('a').repartition(8).show()\n")
    assert "libcst" in imported(tmp_path, "check", "--no-cache", ".")


def test_a_script_without_udfs_and_findings_imports_nothing_for_them(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import daft\n\ndaft.read_parquet('a').sort('k').write_parquet('b')\n")
    modules = imported(tmp_path, "check", "--no-cache", "--select", "ALL", ".")
    assert "daft_lint.pipeline.interpreter.interpreter" in modules
    unneeded = (
        "daft_lint.api.equivalents",
        "daft_lint.fix",
        "daft_lint.lint.cache",
        "daft_lint.lint.pool",
        "daft_lint.pipeline.udf_body.definition",
        "daft_lint.pipeline.udf_body.walk",
        "hashlib",
    )
    assert not [name for name in modules if name.startswith(unneeded)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "no.py"), ("no.py", "No such file")),
        (("check", "--select", "E501"), ("E501",)),
        (("check", "--format", "xml"), ("xml",)),
        (("check", "-", "a.py"), ("standard input",)),
        (("check", "--stdin-filename", "a.py"), ("give -",)),
        (("check", "--config", "no.toml"), ("no.toml", "cannot be read")),
        (("explain", "DFT999"), ("DFT999",)),
        (("plan", "no.py"), ("no.py",)),
        (("partitions", "--rows", "1"), ("--nodes",)),
        (("partitions", "--rows", "1", "--nodes", "0", "--concurrency", "1", "--batch-size", "1"), ("--nodes",)),
        (("nonsense",), ("nonsense",)),
    ],
)
def test_misuse_is_one_line_and_2(tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    run = lint(tmp_path, *arguments)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert all(word in run.stderr for word in words)


@pytest.mark.parametrize("arguments", [(), ("check", "--nonsense"), ("check", "--level", "none"), ("nonsense",)])
def test_usage_errors_are_no_tracebacks_with_any_click(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """`make test-lowest` runs this with the oldest click that is allowed."""
    run = lint(tmp_path, *arguments)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    if not arguments:
        assert run.stdout.startswith("Usage: daft-lint [OPTIONS] COMMAND")
        assert "verify" in run.stdout


INTERRUPTED = """
import sys
from daft_lint.cli import app{case}

def interrupted(*args, **kwargs):
    raise KeyboardInterrupt

{target} = interrupted
sys.exit(app.run(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("arguments", "case", "target"),
    [
        (("check",), "\nimport daft_lint.lint.by_config", "daft_lint.lint.by_config.check_files"),
        (("partitions", "--help"), "\nimport click", "click.Command.get_help"),
    ],
)
def test_an_interrupt_is_130_and_no_traceback(
    tmp_path: Path, arguments: tuple[str, ...], case: str, target: str
) -> None:
    (tmp_path / "a.py").write_text(BAD)
    code = INTERRUPTED.format(case=case, target=target)
    command = [sys.executable, "-c", code, *arguments]
    run = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert run.returncode == 130
    assert "Traceback" not in run.stderr


def test_an_interrupt_during_the_imports_is_130_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    run = python(tmp_path, "-m", "daft_lint", "check", path=tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "")


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise there")
def test_a_reader_that_goes_is_no_traceback(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"a{number}.py").write_text(BAD)
    command = f"{sys.executable} -m daft_lint check | head -n 1"
    run = subprocess.run(
        command,
        shell=True,
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
