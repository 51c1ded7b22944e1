"""A short run of the fuzzer, the same inputs each time; `python -m tests.fuzz` runs as many as there is time for."""

from __future__ import annotations

import signal

import pytest
from fuzz.harness import generated, run_all

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
