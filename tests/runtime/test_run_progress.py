"""What is shown of runs: a bar with a clock on a terminal, a line for each elsewhere."""

from __future__ import annotations

import io
import sys

import pytest
from daft_lint_runtime.progress import RunProgress

from daft_lint.cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_each_run_is_a_line_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with RunProgress(2) as shown:
        shown("a.py: before")
        shown("a.py: after")
    assert capsys.readouterr().err == "running a.py: before\nrunning a.py: after\n"


def test_a_terminal_gets_a_bar_with_a_clock_that_is_gone_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(progress, "_SHOWN_AFTER", 0.0)
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    with RunProgress(4) as shown:
        shown("a.py: before")
        shown("a.py: after")
        shown("round 1: a name that is much longer than what is left of a line")
        shown("last", 5, 4)
    lines = terminal.getvalue().split("\r")
    assert lines[1].startswith("Running a.py: before, 0 s [....")
    assert "] 0 of 4 runs" in lines[1]
    assert "] 1 of 4 runs" in lines[2]
    assert "Running …much longer than what is left of a line, 0 s" in lines[3]
    assert "] 4 of 4 runs" in lines[4]
    assert lines[-1] == ""
    assert lines[-2].isspace()
