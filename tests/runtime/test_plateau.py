"""Which values are equal within the noise: properties of the statistics, with timings made up."""

from __future__ import annotations

import random
import statistics

import pytest
from daft_lint_runtime.tuning.plateau import (
    LEAST_ROUNDS,
    MARGIN,
    Plateau,
    Timings,
    find_plateau,
    interval,
    ratios,
    sentence,
)
from hypothesis import given
from hypothesis import strategies as st

SECONDS = st.floats(0.01, 1000, allow_nan=False, allow_infinity=False)


def made_up(medians: dict[int, float], noise: float, rounds: int, seed: int, drift: float = 0.0) -> Timings:
    """Seconds with a noise (the share of one standard deviation) and with a `drift` that whole rounds share."""
    rng = random.Random(seed)
    slow = [rng.lognormvariate(0, drift) for _ in range(rounds)]
    return {
        value: [seconds * slow[r] * rng.lognormvariate(0, noise) for r in range(rounds)]
        for value, seconds in medians.items()
    }


@st.composite
def timings(draw: st.DrawFn) -> tuple[Timings, int]:
    rounds = draw(st.integers(1, 12))
    values = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=7, unique=True))
    found: dict[int, list[float | None]] = {}
    for value in values:
        length = rounds if value == values[0] else draw(st.integers(1, rounds))
        seconds: list[float | None] = list(draw(st.lists(SECONDS, min_size=length, max_size=length)))
        found[value] = seconds + [None] * (rounds - length)
    return found, values[0]


@given(timings())
def test_the_best_is_on_the_plateau_and_every_interval_holds_its_median(given: tuple[Timings, int]) -> None:
    measured, present = given
    plateau = find_plateau(measured, present)
    assert [s.value for s in plateau.standings] == sorted(measured)
    assert plateau.best in plateau.values
    assert plateau.standing(plateau.best).ratio == 1
    for standing in plateau.standings:
        assert standing.low <= standing.ratio * (1 + 1e-9)
        assert standing.ratio <= standing.high * (1 + 1e-9)
        assert standing.rounds == len(ratios(measured, standing.value, plateau.best))


@given(timings(), st.floats(0.01, 100))
def test_the_unit_of_time_does_not_matter(given: tuple[Timings, int], factor: float) -> None:
    measured, present = given
    scaled = {v: [None if s is None else s * factor for s in seconds] for v, seconds in measured.items()}
    one, other = find_plateau(measured, present), find_plateau(scaled, present)
    for a, b in zip(one.standings, other.standings, strict=True):
        if one.best == other.best:
            assert a.ratio == pytest.approx(b.ratio)


@given(st.lists(SECONDS, min_size=1, max_size=40))
def test_an_interval_holds_the_median_and_narrows_to_it(values: list[float]) -> None:
    low, high = interval(values)
    assert min(values) <= low <= statistics.median(values) <= high <= max(values)
    if len(values) < 9:
        assert (low, high) == (min(values), max(values))


@pytest.mark.parametrize("rounds", [5, 9])
@pytest.mark.parametrize("noise", [0.05, 0.1, 0.2, 0.3])
def test_equal_values_are_seldom_called_slower(noise: float, rounds: int) -> None:
    """Six equal values, 300 times: where luck decided, each time but one would name a winner."""
    equal = dict.fromkeys((8, 16, 32, 64, 128, 256), 2.0)
    wrong = sum(
        len(find_plateau(made_up(equal, noise, rounds, seed, drift=0.3), 32).values) < len(equal) for seed in range(300)
    )
    assert wrong <= 30


@pytest.mark.parametrize(("noise", "found"), [(0.02, 0.99), (0.05, 0.98), (0.1, 0.6)])
def test_a_value_that_is_a_third_slower_is_found(noise: float, found: float) -> None:
    medians = {16: 1.33, 32: 1.0, 64: 1.0, 128: 1.0}
    hits = sum(
        find_plateau(made_up(medians, noise, 9, seed, drift=0.3), 128).standing(16).slower for seed in range(200)
    )
    assert hits / 200 >= found


def test_what_slows_whole_rounds_drops_out() -> None:
    medians = {16: 1.3, 32: 1.0}
    steady = find_plateau(made_up(medians, 0.01, 5, 1), 32)
    drifting = find_plateau(made_up(medians, 0.01, 5, 1, drift=1.0), 32)
    assert steady.values == drifting.values == (32,)
    assert drifting.noise < 0.05


def test_few_rounds_say_nothing_but_of_what_is_far_off() -> None:
    for rounds in range(1, LEAST_ROUNDS):
        plateau = find_plateau({8: [1.3] * rounds, 16: [1.0] * rounds, 32: [9.0] * rounds}, 16)
        assert plateau.values == ((8, 16) if rounds >= 3 else (8, 16, 32))
        assert not plateau.settled


def test_too_few_rounds_are_said_to_be_too_few() -> None:
    plateau = find_plateau({8: [1.0] * 2, 16: [1.0] * 2}, 8)
    assert sentence(plateau) == "2 rounds are too few to tell 8 to 16 apart: it takes at least 5"
    assert sentence(find_plateau({8: [1.0], 16: [1.0]}, 8)).startswith("1 round is too few")


def test_differences_within_the_margin_are_none() -> None:
    plateau = find_plateau({8: [1 + MARGIN * 0.9] * 9, 16: [1.0] * 9}, 16)
    assert plateau.values == (8, 16)
    assert plateau.settled


def judged(medians: dict[int, float]) -> Plateau:
    return find_plateau({value: [seconds] * 5 for value, seconds in medians.items()}, min(medians))


@pytest.mark.parametrize(
    ("medians", "said"),
    [
        (
            {8: 1.3, 16: 1.2, 32: 1.0, 64: 1.01, 128: 1.25, 256: 1.3},
            "32 to 64 are equal within noise; 16 and fewer and 128 and more are 20 to 30 % slower",
        ),
        (
            {16: 1.2, 32: 1.0, 64: 1.0, 128: 1.25, 256: 1.3},
            "32 to 64 are equal within noise; 16 and 128 and more are 20 to 30 % slower",
        ),
        ({16: 1.0, 32: 1.0, 64: 1.0}, "16 to 64 are equal within noise"),
        ({16: 1.2, 32: 1.0, 64: 1.4}, "32 is fastest beyond noise; 16 and 64 are 20 to 40 % slower"),
        ({8: 1.9, 16: 13.1, 32: 1.0}, "32 is fastest beyond noise; 16 and fewer are 1.9 to 13.1 times as slow"),
        ({1: 4.04, 1000: 1.0, 2000: 1.0}, "1,000 to 2,000 are equal within noise; 1 is 4.0 times as slow"),
        ({1: 1.0, 2: 1.2, 4: 1.0, 8: 1.2}, "1 and 4 are equal within noise; 2 and 8 are 20 % slower"),
        ({64: 1.0}, "only 64 could be measured"),
    ],
)
def test_a_plateau_in_words(medians: dict[int, float], said: str) -> None:
    assert sentence(judged(medians)) == said
