"""A slice of `make upgrade-proof`: the installed Daft against what the older versions answered, as it is recorded."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from api_history import recorded
from api_history.proof import Pair, pairs

from daft_lint.pipeline.catalog.history.lookup import NEWEST

EVERY = 4
"""One of so many pairs."""


def test_the_answers_of_all_older_versions_are_recorded() -> None:
    assert recorded.missing(pairs()) == []


def test_nothing_else_is_recorded() -> None:
    known = {(recorded.digest(pair), version) for pair in pairs() for version in pair.on}

    assert recorded.read().keys() <= known


def test_the_new_texts_give_what_the_old_ones_gave() -> None:
    if importlib.util.find_spec("daft") is None:
        pytest.skip("no Daft is installed, which runs the new texts")
    installed = importlib.metadata.version("daft")
    if tuple(map(int, installed.split(".")[:3])) < NEWEST:
        pytest.skip(f"Daft {installed} is installed, and the texts are for {'.'.join(map(str, NEWEST))}")

    assert recorded.prove_installed(sys.executable, pairs()[::EVERY]) == []


def test_an_answer_that_differs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "daft.py").write_text("col = None\none = [1]\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(recorded, "RECORDED", tmp_path / "recorded.jsonl")
    pair = Pair(rows=("daft.col",), on=((0, 5, 22), (0, 6, 14)), old="out = [1]", new="out = daft.one")
    answers = {(recorded.digest(pair), version): {"values": [1], "types": None} for version in pair.on}

    recorded.write(answers)
    assert recorded.read() == answers
    assert recorded.missing([pair]) == []
    assert recorded.prove_installed(sys.executable, [pair]) == []

    recorded.write({**answers, (recorded.digest(pair), (0, 6, 14)): {"values": [2], "types": None}})
    (told,) = recorded.prove_installed(sys.executable, [pair])
    assert "0.6.14: {'values': [2], 'types': None}" in told
    assert recorded.missing([replace(pair, old="out = 3")]) == ["daft.col | out = 3"]
