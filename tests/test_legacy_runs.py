"""What DFT403 and DFT405 make of a script runs with the installed Daft, to the rows that the script's last comment
says; and what it replaces no longer does (e10)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("daft")

RULES = Path(__file__).parent.parent / "fixtures" / "rules"
RUN = "import os, runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__'); sys.stdout.flush(); os._exit(0)"
"""Ends without the interpreter's own end, in which threads of Daft 0.7.26 sometimes crash."""
PRINTS = re.compile(r"# prints: (.*)$", re.MULTILINE)
SCRIPTS = tuple(RULES.glob("DFT40[35]/*.fixed.py"))
FIXED = sorted(str(path.relative_to(RULES)) for path in SCRIPTS if PRINTS.search(path.read_text(encoding="utf-8")))


def test_there_are_scripts_to_run() -> None:
    assert len(FIXED) >= 8


@pytest.mark.parametrize("name", FIXED)
def test_the_fixed_script_gives_its_rows(name: str, tmp_path: Path) -> None:
    path = RULES / name
    wanted = PRINTS.search(path.read_text(encoding="utf-8"))
    assert wanted is not None
    environment = {**os.environ, "DAFT_RUNNER": "native", "DAFT_PROGRESS_BAR": "0", "DAFT_ANALYTICS_ENABLED": "0"}
    command = [sys.executable, "-c", RUN, str(path)]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == wanted.group(1)


def raised(body: str) -> str:
    """What a script says on standard error, its own warnings as errors; "" where it runs to its end."""
    head = "import os, daft\nfrom daft import DataType, col"
    run = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", f"{head}\n{body}\nos._exit(0)"],
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stderr if run.returncode else ""


@pytest.mark.parametrize(
    ("before", "error", "after"),
    [
        ("daft.range(3).repartition()", "TypeError: missing a required argument", "daft.range(3).repartition(8)"),
        ("col('url').url.download()", "AttributeError: 'Expression' object has no", "col('url').download()"),
        ("daft.context.set_runner_native()", "AttributeError: ", "daft.set_runner_native()"),
        (
            "daft.udf(return_dtype=DataType.int64())(lambda x: x)",
            "DeprecationWarning: The `@daft.udf` decorator is deprecated",
            "daft.func.batch(return_dtype=DataType.int64())(lambda x: x)",
        ),
    ],
)  # fmt: skip
def test_what_it_replaces_fails_and_what_it_writes_runs(before: str, error: str, after: str) -> None:
    assert f"\n{error}" in raised(before)
    assert raised(after) == ""
