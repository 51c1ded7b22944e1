"""`daft-lint fix` as a user runs it: the real entry point, in a process of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.helpers import BAD, FIXABLE, FIXED, HEAVY_WITH_SINK, run_fix


def test_without_apply_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FIXABLE)
    (tmp_path / "b.py").write_text(FIXED)
    run = run_fix(tmp_path)
    assert run.returncode == 1
    assert run.stdout.decode().splitlines()[:2] == ["--- a/a.py", "+++ b/a.py"]
    assert [line for line in run.stdout.decode().splitlines() if line.startswith(("-d", "+d"))] == [
        '-df = df.repartition(8).where(df["a"] > 1)',
        '+df = df.where(df["a"] > 1)',
    ]
    assert run.stderr.decode() == "a.py: DFT204 1 fix\nWould apply 1 fix in 1 file.\n"
    assert (tmp_path / "a.py").read_text() == FIXABLE
    patch = subprocess.run(["patch", "-p1"], cwd=tmp_path, input=run.stdout, capture_output=True, check=False)
    assert patch.returncode == 0
    assert (tmp_path / "a.py").read_text() == FIXED
    clean = run_fix(tmp_path)
    assert (clean.returncode, clean.stdout, clean.stderr) == (0, b"", b"Nothing to fix.\n")


def test_apply_writes_and_lists(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FIXABLE)
    (tmp_path / "b.py").write_text(FIXABLE)
    run = run_fix(tmp_path, "--apply")
    assert (run.returncode, run.stdout) == (0, b"")
    assert run.stderr.decode() == "a.py: DFT204 1 fix\nb.py: DFT204 1 fix\nApplied 2 fixes in 2 files.\n"
    assert (tmp_path / "a.py").read_text() == (tmp_path / "b.py").read_text() == FIXED
    assert run_fix(tmp_path, "--apply").stderr == b"Nothing to fix.\n"


def test_apply_with_diff_shows_what_it_wrote(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FIXABLE)
    run = run_fix(tmp_path, "a.py", "--apply", "--diff", "--output", "o.diff")
    assert (run.returncode, run.stdout) == (0, b"")
    assert (tmp_path / "o.diff").read_text().startswith("--- a/a.py\n")
    assert (tmp_path / "a.py").read_text() == FIXED


def test_selection(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FIXABLE)
    assert run_fix(tmp_path, "--ignore", "DFT204").returncode == 0
    assert run_fix(tmp_path, "--select", "DFT1").returncode == 0
    assert run_fix(tmp_path, "--select", "DFT2").returncode == 1
    (tmp_path / "other.toml").write_text('ignore = ["DFT2"]\n')
    assert run_fix(tmp_path, "--config", "other.toml").returncode == 0
    verbose = run_fix(tmp_path, "--config", "other.toml", "-v").stderr.decode()
    assert "configuration: other.toml\nfiles: 1\n" in verbose


def test_unsafe_fixes_are_asked_for_and_say_why(tmp_path: Path) -> None:
    (tmp_path / "safe.py").write_text(HEAVY_WITH_SINK.format(sink="write_parquet('o')"))
    (tmp_path / "seen.py").write_text(HEAVY_WITH_SINK.format(sink="to_pydict()"))
    run = run_fix(tmp_path, "--select", "DFT101", "--apply", "--fail-on", "advice")
    assert run.returncode == 1, "the unsafe one is left"
    assert b"safe.py: DFT101 1 fix\nApplied 1 fix in 1 file.\n1 unsafe fix is left out" in run.stderr
    unsafe = run_fix(tmp_path, "--select", "DFT101", "--apply", "--unsafe")
    assert unsafe.returncode == 0
    assert b"unsafe: on Ray `into_batches` does not keep the row order, and `to_pydict` sees" in unsafe.stderr
    assert ".into_batches(64)" in (tmp_path / "seen.py").read_text()


def test_a_place_that_two_pipelines_share_is_as_safe_as_the_less_safe(tmp_path: Path) -> None:
    (tmp_path / "both.py").write_text(HEAVY_WITH_SINK.format(sink="show()\ndf.write_parquet('o')"))
    run = run_fix(tmp_path, "--select", "DFT101")
    assert (run.returncode, run.stdout) == (0, b"")
    assert b"1 unsafe fix is left out" in run.stderr


def test_standard_input(tmp_path: Path) -> None:
    diff = run_fix(tmp_path, "-", "--stdin-filename", "x/y.py", stdin=FIXABLE.encode())
    assert diff.returncode == 1
    assert diff.stdout.startswith(b"--- a/x/y.py\n")
    text = run_fix(tmp_path, "-", "--stdin-filename", "x/y.py", "--apply", stdin=FIXABLE.replace("\n", "\r\n").encode())
    assert (text.returncode, text.stdout) == (0, FIXED.replace("\n", "\r\n").encode())
    latin = ("# -*- coding: latin-1 -*-\n# é\n" + FIXABLE).encode("latin-1")
    assert run_fix(tmp_path, "-", "--apply", stdin=latin).stdout == ("# -*- coding: latin-1 -*-\n# é\n" + FIXED).encode(
        "latin-1"
    )
    assert not list(tmp_path.iterdir())


def test_interactive_asks_and_writes_what_is_accepted(tmp_path: Path) -> None:
    twice = FIXABLE.replace("df.write", "df = df.into_partitions(4).limit(9)\ndf.write")
    (tmp_path / "a.py").write_text(twice)
    run = run_fix(tmp_path, "a.py", "--interactive", stdin=b"n\ny\n")
    assert run.returncode == 1
    assert run.stderr.count(b"Apply this fix?") == 2
    assert (tmp_path / "a.py").read_text() == twice.replace(".into_partitions(4)", "")


def test_a_notebook_keeps_all_but_the_source(tmp_path: Path) -> None:
    source = FIXABLE.splitlines(keepends=True)
    cell = {"outputs": [{"text": ["x\n"]}], "cell_type": "code", "source": source, "execution_count": 7, "metadata": {}}
    notebook = {"nbformat_minor": 5, "cells": [cell], "nbformat": 4, "metadata": {"kernelspec": {"name": "é"}}}
    text = json.dumps(notebook, indent=3, ensure_ascii=False)
    (tmp_path / "a.ipynb").write_text(text)
    assert b"b/a.ipynb:cell 1" in run_fix(tmp_path, "a.ipynb").stdout
    assert run_fix(tmp_path, "a.ipynb", "--apply").returncode == 0
    assert (tmp_path / "a.ipynb").read_text() == text.replace(".repartition(8)", "")


def test_what_one_file_makes_of_another_is_seen(tmp_path: Path) -> None:
    """The heavy step is in one file, its UDF in another: the edit goes where the step is, and is seen there."""
    (tmp_path / "reading.py").write_text(
        "import daft\nfrom daft.functions import decode_image\n\n\ndef pictures():\n"
        "    df = daft.read_parquet('s3://p/')\n"
        "    return df.with_column('picture', decode_image(df['jpeg']))\n"
    )
    (tmp_path / "main.py").write_text(
        "import daft\nfrom reading import pictures\n\n\n@daft.func.batch(return_dtype=daft.DataType.int64())"
        "\ndef label(images):\n    return [0 for _ in images]\n\n\n"
        "df = pictures()\ndf.with_column('label', label(df['picture'])).write_parquet('o')\n"
    )
    main = (tmp_path / "main.py").read_text()
    run = run_fix(tmp_path, "--apply", "--unsafe", "--select", "DFT101")
    assert run.returncode == 0, run.stderr.decode()
    assert (tmp_path / "main.py").read_text() == main
    assert ".into_batches(64)" in (tmp_path / "reading.py").read_text()
    assert run_fix(tmp_path, "--unsafe", "--select", "DFT101").stderr == b"Nothing to fix.\n"


def test_what_cannot_be_written_is_a_line_and_the_rest_is_done(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FIXABLE)
    (tmp_path / "b.py").write_text(FIXABLE)
    (tmp_path / "a.py").chmod(0o444)
    run = run_fix(tmp_path, "--apply")
    assert run.returncode == 2
    assert run.stderr.decode().splitlines() == [
        "b.py: DFT204 1 fix",
        "Applied 1 fix in 1 file.",
        "daft-lint: a.py: not written: the file is read-only",
    ]
    assert (tmp_path / "a.py").read_text() == FIXABLE
    assert (tmp_path / "b.py").read_text() == FIXED


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no.py",), ("no.py", "No such file")),
        (("--select", "E501"), ("E501",)),
        (("-", "a.py"), ("standard input",)),
        (("-", "--interactive"), ("standard input",)),
        (("--stdin-filename", "a.py"), ("give -",)),
        (("--config", "no.toml"), ("no.toml", "cannot be read")),
        (("a.py", "--output", "no/o.diff"), ("no/o.diff", "cannot be written")),
        (("a.py", "--apply", "--diff", "--output", "no/o.diff"), ("no/o.diff", "cannot be written")),
    ],
)
def test_misuse_is_one_line(tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    (tmp_path / "a.py").write_text(FIXABLE)
    run = run_fix(tmp_path, *arguments)
    told = [line for line in run.stderr.decode().splitlines() if line.startswith("daft-lint: ")]
    assert run.returncode == 2
    assert len(told) == 1
    assert all(word in told[0] for word in words)
    assert (tmp_path / "a.py").read_text() == FIXABLE


def test_a_file_that_does_not_parse_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import daft\ndaft.func(\n")
    why = "daft-lint: a.py: not fixed: line 2: this file does not parse: '(' was never closed\n"
    run = run_fix(tmp_path, "--apply")
    remains = "1 finding remains; daft-lint check shows it.\n"
    assert (run.returncode, run.stderr.decode()) == (1, f"Nothing to fix.\n{why}{remains}")
    run = run_fix(tmp_path)
    assert (run.returncode, run.stderr.decode()) == (0, f"Nothing to fix.\n{why}")


def test_findings_that_remain_are_counted_where_they_fail(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    run = run_fix(tmp_path, "--apply", "--fail-on", "error")
    assert run.returncode == 1
    assert run.stderr.decode().endswith("\n1 finding remains; daft-lint check shows it.\n")
    assert run_fix(tmp_path, "--apply", "--fail-on", "never").stderr.decode().endswith("each can change.\n")


def test_what_an_example_in_markdown_shows_is_left(tmp_path: Path) -> None:
    """The last expression of a fenced block is what the block is about, as in a notebook's cell."""
    (tmp_path / "a.md").write_text(
        "```python\nimport daft\n\ndf = daft.read_parquet('s3://b/*.parquet')\ndf.where(df['a'] > 1)\n```\n"
        "\n```python\ndf.repartition(8)\ndf.show()\n```\n"
    )
    run = run_fix(tmp_path, "a.md", "--select", "DFT401", "--unsafe")
    assert [line for line in run.stdout.decode().splitlines() if line.startswith("+df")] == ["+df = df.repartition(8)"]
