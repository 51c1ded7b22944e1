"""The rounds of `tune`, with runs made up: who is run when, who is given up, and what is chosen."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from daft_lint_runtime.harness import ProcessMemory, Run, RunStatus
from daft_lint_runtime.spec import RunOptions, VerifyError
from daft_lint_runtime.tuning import session
from daft_lint_runtime.tuning.choice import choose
from daft_lint_runtime.tuning.numbers import find_numbers
from daft_lint_runtime.tuning.results import TuneResult
from daft_lint_runtime.tuning.session import TuneOptions

from daft_lint.config import Config
from daft_lint.source.document import Document

SCRIPT = b"""
import daft
from daft import DataType, Series, col

BATCH = 32

@daft.func.batch(return_dtype=DataType.int64(), batch_size=BATCH)
def score(x: Series) -> Series:
    return x

df = daft.read_parquet("in").into_batches(64).with_column("a", score(col("x")))
df.write_parquet("out")
"""
MIB = 2**20
Made = tuple[float, float, str]
"""Seconds, memory in MiB, and what went wrong."""


class Runs:
    """Stands in for `run_text`: what a run comes to, by the value of BATCH in its text."""

    def __init__(self, come_to: Callable[[int], Made]) -> None:
        self.come_to = come_to
        self.values: list[int] = []
        self.rng = random.Random(7)

    def __call__(
        self, label: str, _path: str, text: bytes, runner: str, _options: object, base: Path, *_: object
    ) -> Run:
        value = int(text.partition(b"BATCH = ")[2].split()[0])
        self.values.append(value)
        seconds, memory, wrong = self.come_to(value)
        query = {"seconds": seconds * self.rng.lognormvariate(0, 0.02), "sink": 0, "error": None, "index": 0}
        status = RunStatus.FAILED if wrong else RunStatus.OK
        gained = (ProcessMemory(1, 0, int(memory * MIB)),)
        return Run(label, runner, status, wrong, base / label, seconds, 0, 0, queries=(query,), memory=gained)


@pytest.fixture
def tune(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[TuneResult, Runs]]:
    def run(come_to: Callable[[int], Made], only: str = "BATCH", **options: object) -> tuple[TuneResult, Runs]:
        runs = Runs(come_to)
        monkeypatch.setattr(session, "run_text", runs)
        document = Document.from_bytes("script.py", SCRIPT)
        numbers = [n for n in find_numbers(document, Config()).numbers if n.answers_to(only)]
        asked = TuneOptions(RunOptions(runner="native"), **options)  # type: ignore[arg-type]
        return session.tune(document, numbers, Config(), asked, lambda *_: None), runs

    return run


def bowl(value: int) -> Made:
    """32 and 64 are equal; smaller and larger ones are slower."""
    return {8: 1.6, 16: 1.3, 32: 1.0, 64: 1.0, 128: 1.3}.get(value, 2.0), 100, ""


def test_every_round_runs_each_value_once_in_another_order(tune: Callable[..., tuple[TuneResult, Runs]]) -> None:
    _, runs = tune(lambda value: (1.0, 100, ""), values=(16, 64), rounds=5)
    rounds = [tuple(runs.values[1 + i * 3 : 4 + i * 3]) for i in range(5)]
    assert runs.values[0] == 32
    assert all(sorted(one) == [16, 32, 64] for one in rounds)
    assert len(set(rounds)) > 1


def test_the_plateau_is_found_and_the_present_value_stays(tune: Callable[..., tuple[TuneResult, Runs]]) -> None:
    result, runs = tune(bowl)
    (tuned,) = result.numbers
    assert tuned.plateau.values == (32, 64)
    assert not choose(tuned).changes
    assert runs.values.count(8) < runs.values.count(64), "given up early"


def test_a_better_value_beyond_the_first_ones_is_found(tune: Callable[..., tuple[TuneResult, Runs]]) -> None:
    result, _ = tune(lambda value: (64 / min(value, 512), 100, ""))
    (tuned,) = result.numbers
    assert {512, 1024} <= set(tuned.plateau.values)
    choice = choose(tuned)
    assert choice.changes
    assert choice.value >= 512


def test_more_memory_rules_out_what_is_as_fast(tune: Callable[..., tuple[TuneResult, Runs]]) -> None:
    result, _ = tune(lambda value: (1.0, 1000 if value >= 32 else 100, ""), values=(8, 16, 32, 64))
    (tuned,) = result.numbers
    assert tuned.plateau.values == (8, 16, 32, 64)
    choice = choose(tuned)
    assert choice.changes
    assert choice.value in (8, 16)
    assert "900.0 MiB less memory" in choice.reason


def test_a_value_that_fails_is_named_and_not_run_again(tune: Callable[..., tuple[TuneResult, Runs]]) -> None:
    result, runs = tune(lambda value: (1.0, 100, "out of memory" if value == 128 else ""), values=(64, 128))
    (tuned,) = result.numbers
    assert runs.values.count(128) == 1
    assert tuned.trials[128].problem == "failed: out of memory"
    assert 128 not in tuned.plateau.values


def test_a_script_that_fails_as_it_is_is_refused(tune: Callable[..., tuple[TuneResult, Runs]]) -> None:
    with pytest.raises(VerifyError, match="out of memory"):
        tune(lambda value: (1.0, 100, "out of memory"))


def test_no_round_begins_after_the_budget(tune: Callable[..., tuple[TuneResult, Runs]]) -> None:
    result, _ = tune(lambda value: (1.0, 100, ""), budget=1e-9)
    assert result.rounds == 1
    (tuned,) = result.numbers
    assert not choose(tuned).changes, "one round says nothing"
