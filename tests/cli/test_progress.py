from __future__ import annotations

import io
import sys

import pytest

from daft_lint.cli.progress import ProgressBar


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
