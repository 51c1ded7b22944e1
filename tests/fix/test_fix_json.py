"""The edits that `check --format json` gives, applied by hand, make what `fix` makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import FIXABLE, HEAVY_WITH_SINK, ROOT, run_fix

TEXTS = {
    "safe": FIXABLE.encode(),
    "unsafe": HEAVY_WITH_SINK.format(sink="to_pydict()").encode(),
    "behind other bytes": f'"""Größe 📷"""\n{FIXABLE}'.encode(),
    "crlf": FIXABLE.replace("\n", "\r\n").encode(),
    "bom": b"\xef\xbb\xbf" + FIXABLE.encode(),
    "cookie": b"# coding: latin-1\n# \xe9\xe8\n" + FIXABLE.encode(),
}


def fixes(folder: Path, name: str) -> list[dict[str, Any]]:
    path = os.pathsep.join(str(ROOT / part) for part in (".", "rules", "runtime"))
    command = [sys.executable, "-m", "daft_lint", "check", "--format", "json", name]
    environment = {**os.environ, "PYTHONPATH": path}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return [finding["fix"] for finding in json.loads(run.stdout)["findings"] if finding["fix"]]


def applied(source: bytes, edits: list[dict[str, Any]]) -> bytes:
    for edit in sorted(edits, key=lambda e: e["start"], reverse=True):
        source = source[: edit["start"]] + edit["text"].encode() + source[edit["end"] :]
    return source


@pytest.mark.parametrize("text", TEXTS)
def test_edits_applied_by_hand_make_what_fix_makes(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(TEXTS[text])
    (fix,) = fixes(tmp_path, "a.py")
    assert list(fix) == ["title", "safe", "why_unsafe", "effects", "edits"]
    assert fix["safe"] == (text != "unsafe") == (fix["why_unsafe"] is None)
    assert all(set(edit) >= {"start", "end", "text"} for edit in fix["edits"])
    by_hand = applied(TEXTS[text], fix["edits"])
    assert by_hand != TEXTS[text]
    run_fix(tmp_path, "a.py", "--apply", "--unsafe")
    assert (tmp_path / "a.py").read_bytes() == by_hand


def test_edits_of_a_notebook_are_of_its_cell(tmp_path: Path) -> None:
    sources = ["'📷'\n", FIXABLE]
    cells = [{"cell_type": "code", "source": source} for source in sources]
    (tmp_path / "a.ipynb").write_text(json.dumps({"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": cells}))
    (fix,) = fixes(tmp_path, "a.ipynb")
    assert {edit["cell"] for edit in fix["edits"]} == {2}
    run_fix(tmp_path, "a.ipynb", "--apply", "--unsafe")
    after = json.loads((tmp_path / "a.ipynb").read_text())["cells"][1]["source"]
    assert "".join(after).encode() == applied(FIXABLE.encode(), fix["edits"])
