"""The pairs of the proof hold what the table writes; `make upgrade-proof` runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from api_history import proof
from api_history.apply import apply
from api_history.proof import Pair, pairs, rewritten

from daft_lint.pipeline.catalog.history.changes import Equality, by_name, changes

RUNNER = Path(proof.__file__).with_name("runner.py")
PACKAGE = """
class Frame:
    def to_pydict(self): return {"x": [1, None, float("nan"), b"a"]}
    def collect(self): return self
    def to_arrow(self): return type("T", (), {"schema": [type("F", (), {"name": "x", "type": "int"})]})
def read(path, mode="r", **options): raise AssertionError
"""


@pytest.mark.parametrize("pair", [pair for pair in pairs() if not pair.by_hand], ids=lambda pair: pair.id)
def test_the_new_text_is_what_the_rows_write(pair: Pair) -> None:
    assert rewritten(pair)[0] == pair.new


def test_each_row_with_a_rewrite_is_proved() -> None:
    used = {id(row) for pair in pairs() for row in (pair.changes if pair.by_hand else rewritten(pair)[1])}

    assert [row.name for row in changes() if row.rewrite is not None and id(row) not in used] == []


def test_each_exception_is_shown() -> None:
    shown = {name for pair in pairs() if pair.differs for name in pair.rows}

    assert [row.name for row in changes() if row.equality is Equality.BUT and row.name not in shown] == []


def test_scripts_hold_the_frames_that_they_mention() -> None:
    pair = next(pair for pair in pairs() if "numbers" in pair.old)

    assert "numbers = daft.from_pydict(" in pair.script(pair.old)
    assert "pictures = " not in pair.script(pair.old)


def test_a_text_without_the_spelling_stays() -> None:
    (row,) = by_name()["daft.coalesce"]

    assert apply(row, "out = daft.functions.coalesce(a, b)") is None
    assert apply(row, "out = daft.coalesce(a, b)") == "out = daft.functions.coalesce(a, b)"


def test_a_receiver_keeps_its_parentheses() -> None:
    row = next(row for row in by_name()["Expression.str.upper"])

    assert apply(row, '(col("ä") + "x").str.upper()') == '(col("ä") + "x").upper()'


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "daft.py").write_text(PACKAGE)
    return tmp_path


def _run(package: Path, *jobs: dict[str, Any]) -> list[dict[str, Any]]:
    listed = [{"binds": "", "alone": False, "id": str(number), **job} for number, job in enumerate(jobs)]
    done = subprocess.run(
        [sys.executable, RUNNER],
        input=json.dumps(listed),
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(package), "PATH": ""},
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_runner_answers_for_each_script(package: Path) -> None:
    frame, plain, bad = _run(
        package,
        {"script": "import daft\nout = daft.Frame()"},
        {"script": "print('noise')\nout = (1, {'a': b'x'})"},
        {"script": "out = 1 / 0"},
    )

    assert frame == {"id": "0", "values": {"x": [1, None, "float:nan", "bytes:61"]}, "types": {"x": "int"}}
    assert plain == {"id": "1", "values": [1, {"a": "bytes:78"}], "types": None}
    assert bad["error"].startswith("ZeroDivisionError")


def test_a_script_that_kills_its_process_leaves_the_others(package: Path) -> None:
    answers = _run(package, {"script": "import os\nos._exit(3)"}, {"script": "out = 2"})

    assert answers == [{"id": "0", "error": "died or timed out"}, {"id": "1", "values": 2, "types": None}]


def test_a_function_that_only_binds(package: Path) -> None:
    (answer,) = _run(package, {"script": "import daft\ndaft.read('p', x=1)", "binds": "daft.read", "alone": True})

    assert answer["values"] == {"given": ["path", "options"], "all": {"path": "p", "mode": "r", "options": {"x": 1}}}


def test_what_is_bound_is_compared_by_the_new_names() -> None:
    pair = next(pair for pair in pairs() if pair.rows == ("daft.read_lance",) and "url=" in pair.old)
    old = {"values": {"given": ["url"], "all": {"url": "t", "asof": None}}}

    assert proof.equal(pair, old, {"values": {"given": ["uri"], "all": {"uri": "t", "asof": None, "new": 1}}})
    assert not proof.equal(pair, old, {"values": {"given": ["uri"], "all": {"uri": "u", "asof": None}}})
    assert not proof.equal(
        pair, old, {"values": {"given": ["uri", "new"], "all": {"uri": "t", "asof": None, "new": 1}}}
    )
