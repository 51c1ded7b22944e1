"""What a run imports, keeps and shares."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from daft_lint.cli.progress import ProgressBar
from daft_lint.config import Config
from daft_lint.lint.engine import Checker
from daft_lint.lint.runner import COLLECT_EVERY, few_collections
from daft_lint.source import scanner
from daft_lint.source.document import Document, run_deep

ROOT = Path(__file__).parents[2]


def imported(folder: Path, *arguments: str) -> set[str]:
    """The modules that a command line has imported at its end."""
    code = (
        "import sys, daft_lint.cli\n"
        "try: daft_lint.cli.main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('MODULES', *sys.modules)"
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "rules"), str(ROOT / "runtime")])
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.rpartition("MODULES")[2].split())


def test_version_imports_next_to_nothing(tmp_path: Path) -> None:
    assert not {"click", "dataclasses", "re", "libcst"} & imported(tmp_path, "--version")


@pytest.mark.parametrize("text", ["print('hello')\n", "# a word on daft\nprint('hello')\n"])
def test_a_tree_without_daft_imports_no_libcst(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text)
    modules = imported(tmp_path, "check", "--no-cache", ".")
    assert "daft_lint.lint.runner" in modules
    assert not {"libcst", "multiprocessing", "daft"} & modules


def test_a_script_that_needs_no_parse_imports_no_libcst(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import daft\n\ndaft.read_parquet('a').where(daft.col('x') > 1).show()\n")
    modules = imported(tmp_path, "check", "--no-cache", ".")
    assert "daft_lint_rules.dft101" in modules
    assert not {"libcst", "daft_lint.pipeline.interpreter.interpreter", "daft"} & modules
    (tmp_path / "a.py").write_text("import daft\n\ndaft.read_parquet('a').repartition(8).show()\n")
    assert "libcst" in imported(tmp_path, "check", "--no-cache", ".")


def test_a_module_that_is_imported_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import libcst

    monkeypatch.chdir(tmp_path)
    Path("helper.py").write_text("import daft\n\n@daft.func\ndef f(x: int) -> int:\n    return x\n")
    Path("a.py").write_text("import daft\nfrom helper import f\ndf = daft.range(3)\ndf.select(f(df['id'])).show()\n")
    parsed: list[object] = []
    parse = libcst.parse_module
    monkeypatch.setattr(libcst, "parse_module", lambda *a: (parsed.append(a[0]), parse(*a))[1])
    checker = Checker(Config(root=tmp_path))
    for path in ("a.py", "helper.py"):
        document = checker.project.document_of(path, Path(path).read_bytes())
        checker.check(document)
        checker.project.release(document)
    assert len(parsed) == 2
    files, looked_for = checker.modules.looked_into("a.py")
    assert files == {"helper.py"}
    assert "helper.py" in {os.path.normpath(path) for path in looked_for}


def test_garbage_is_collected_by_what_was_parsed() -> None:
    with few_collections() as collect:
        assert not gc.isenabled()
        before = gc.get_stats()[2]["collections"]
        collect(COLLECT_EVERY // 2)
        assert gc.get_stats()[2]["collections"] == before
        collect(COLLECT_EVERY)
        assert gc.get_stats()[2]["collections"] == before + 1
    assert gc.isenabled()
    assert not gc.get_freeze_count()


def test_in_a_deep_run_nothing_is_measured() -> None:
    document = Document.from_bytes("a.py", b"x = " + b"a." * 200 + b"b\n")
    assert document.is_deep
    assert not run_deep(lambda: document.is_deep)


LINES = b"1 +\n" * 4000 + b"1)\n"
HOSTILE = {
    "brackets": b"x=" + b"(" * 500 + b")" * 500,
    "chain": b"x=a" + b".b()" * 4000,
    "lines": b"x=(\n" + LINES,
    "a quote in a formatted string": b"x=f\"{'\"'}\" + (#'\n" + LINES,
    "a raw formatted string": b"r'''\n'''\nrf'''{\"'''\"}'''+(\n" + LINES,
    "a formatted field": b'x=f"{' + b"(" * 450 + b"1" + b")" * 450 + b'}"',
    "a long field": b'z=1;y=f"""{(\n' + LINES[:-1] + b'}"""\n',
    "no formatted string": b'x = not"{" + (\n' + LINES,
    "a continued string": b'"\\\n"+(' + LINES,
    "branches": b"if a:\n  pass\n" + b"elif b:\n  pass\n" * 4000,
    "blocks": b"".join(b" " * i + b"if x:\n" for i in range(120)) + b" " * 130 + b"pass",
    "late": b"y = 1\n" * 5000 + b"x = a" + b"[0]" * 3500,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_sieve_lets_nothing_deep_through(name: str) -> None:
    assert scanner.measure(HOSTILE[name]).too_deep is not None
    assert scanner.may_be_too_deep(HOSTILE[name])


def test_the_sieve_spares_ordinary_text() -> None:
    scripts = [path.read_bytes() for path in sorted((ROOT / "daft_lint").rglob("*.py"))]
    assert len(scripts) > 30
    assert not any(scanner.may_be_too_deep(text) for text in scripts)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "ci", "shows"), [(Terminal, "", True), (Terminal, "1", False), (io.StringIO, "", False)]
)
def test_the_bar_is_for_terminals(
    stream: type[io.StringIO], ci: str, shows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = stream()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("daft_lint.cli.progress._SHOWN_AFTER", 0.0)
    with ProgressBar() as bar:
        bar(5, 10)
    assert ("5 of 10 files" in written.getvalue()) is shows
    assert not shows or written.getvalue().endswith("\r")
