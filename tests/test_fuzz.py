"""A short run of the fuzzer, the same inputs each time; `python -m tests.fuzz` runs as many as there is time for."""

from __future__ import annotations

import ast
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from daft_lint.cli import app
from tests.fuzz import grammar, harness, hosts, inputs
from tests.fuzz.harness import generated, run_all
from tests.fuzz.inputs import Input

COUNT = 300


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="a hang is seen by an alarm")
def test_hostile_inputs_end_with_a_result_or_one_clear_line() -> None:
    failures = list(run_all(0, range(COUNT)))
    assert not failures, "\n\n".join(
        f"{f.seed}/{f.number}: {' '.join(f.given.arguments)}\n{f.what}" for f in failures[:3]
    )


def test_a_seed_makes_the_same_inputs() -> None:
    assert [generated(3, n) for n in range(20)] == [generated(3, n) for n in range(20)]
    assert generated(3, 1) != generated(4, 1)


def test_every_kind_of_input_is_made() -> None:
    assert {generated(0, number).kind for number in range(COUNT)} == set(inputs._KINDS)


def test_most_changed_trees_are_python() -> None:
    made = [
        grammar.changed(random.Random(number), inputs.seeds()[number % 50], inputs.seeds()) for number in range(100)
    ]
    assert len(set(made)) > 90
    assert sum(grammar.parsed(raw) is not None for raw in made) > 90
    assert any(
        isinstance(node, ast.AsyncFunctionDef) for raw in made for node in ast.walk(grammar.parsed(raw) or ast.Pass())
    )


HOST = (
    b'"""Of others."""\nfrom __future__ import annotations\nclass A:\n\t@property\n\tdef f(self): # why\n\t\treturn 1\n'
)


@pytest.mark.parametrize("place", hosts.PLACES[1:])
def test_a_pipeline_is_put_into_code_of_others(place: str) -> None:
    made = [hosts.with_pipeline(random.Random(number), HOST, place) for number in range(10)]
    assert all(grammar.parsed(raw) is not None and (b"import daft" in raw or b"from daft" in raw) for raw in made)
    lines = [iter(raw.splitlines()) for raw in made]
    assert all(line in rest for rest in lines for line in HOST.splitlines())


def test_every_command_meets_every_place(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.py").write_bytes(HOST + b"#" * number + b"\n")
    paths = hosts.files([tmp_path])
    made = [hosts.hosted(paths, number) for number in range(len(paths) * hosts.EACH)]
    assert len({(given.files[0][1], given.arguments[0]) for given in made}) == 12
    assert {given.arguments[0] for given in made} == {"check", "plan", "fix"}
    assert not list(run_all(0, range(len(made)), make=lambda _, number: made[number]))


def _raises(_: object) -> int:
    raise KeyError("planted")


def _says(text: str, status: int = 0) -> Callable[[object], int]:
    return lambda _: sys.stderr.write(text) and status


def _writes(name: str, text: str = "x = 1\n") -> Callable[[object], int]:
    return lambda _: Path(name).write_text(text) and 0


def _prints(text: str) -> Callable[[object], int]:
    return lambda _: sys.stdout.write(text) and 0


def _spins(_: object) -> int:
    """As an analysis that does not end: in a thread, which the main one waits for."""
    from daft_lint.source.deep import run_deep

    def work() -> int:
        while True:
            pass

    return run_deep(work)


def _waits(_: object) -> int:
    time.sleep(60)
    return 0


SCRIPT = (("a.py", b"x = 1  # why\n"),)
CHECK = Input("bytes", SCRIPT, ("check", "a.py"))
APPLY = Input("apply", SCRIPT, ("fix", "a.py", "--apply"), may_write=frozenset({"a.py"}))


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="a hang is seen by an alarm")
@pytest.mark.parametrize(
    ("given", "planted", "words"),
    [
        (CHECK, _raises, "planted"),
        (CHECK, _says("Traceback (most recent call last)"), "Traceback"),
        (CHECK, _says("daft-lint: a.py: internal error: KeyError", 2), "internal error"),
        (CHECK, lambda _: 3, "exit status 3"),
        (CHECK, lambda _: 2, "not a word why"),
        (CHECK, _writes("a.py"), "files changed: ['a.py']"),
        (CHECK, _writes(".a.py.tmp"), "files changed: ['.a.py.tmp']"),
        (CHECK, _spins, "no end"),
        (CHECK, _waits, "no end"),
        (Input("bytes", SCRIPT, ("check", "a.py", "--format", "sarif")), _prints("{"), "no sarif"),
        (Input("bytes", SCRIPT, ("check", "a.py", "--format", "junit")), _prints("<a>\x1b</a>"), "no junit"),
        (
            Input("bytes", SCRIPT, ("check", "a.py", "--format", "github")),
            _prints("::error::x\ny\nFound"),
            "a line of its",
        ),
        (Input("grammar", SCRIPT, ("check", "a.py")), _says("a.py: too deep to be checked", 2), "too deep"),
        (APPLY, _writes("a.py"), "comments are lost"),
        (APPLY, _writes("a.py", "x = (  # why\n"), "no Python"),
        (APPLY, lambda _: Path("a.py").write_text(Path("a.py").read_text() + "y = 1\n") and 0, "a second fix"),
        (
            Input("ignores", SCRIPT, ("check", "a.py"), may_write=frozenset({"a.py"})),
            _writes("a.py", "y = 1\n"),
            "changed code",
        ),
        (
            Input("apply", SCRIPT, ("fix", "a.py"), may_write=frozenset({"a.py"}), host=SCRIPT[0][1]),
            _writes("a.py", "x = 2  # why\n"),
            "a line of other code",
        ),
        (Input("known", SCRIPT, ("check", "a.py"), again=("check", "a.py")), lambda _: 1, "still finds something"),
    ],
)
def test_the_harness_sees_what_goes_wrong(
    given: Input, planted: Callable[[object], int], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "run", planted)
    if planted in (_spins, _waits):
        monkeypatch.setattr(harness, "SECONDS", 0.3)
    with harness.scratch() as folder, pytest.raises(harness.Wrong, match=words.replace("[", r"\[")):
        harness.run(given, folder)
    assert "daft-lint-deep" not in {thread.name for thread in threading.enumerate()}
