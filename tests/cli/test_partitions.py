from __future__ import annotations

import re
from pathlib import Path

from tests.helpers import lint

NUMBERS = ("--rows", "1000000", "--nodes", "4", "--concurrency", "16", "--batch-size", "64")


def numbers(text: str) -> dict[str, str]:
    """The number of each line, by the line's name."""
    lines = (re.split(r"\s{2,}", line) for line in text.splitlines())
    return {name: number for name, number, *_ in lines}


def test_it_shows_the_guides_numbers_and_what_to_use(tmp_path: Path) -> None:
    assert numbers(lint(tmp_path, "partitions", *NUMBERS).stdout) == {
        "minimum rows per partition": "256",
        "maximum partitions": "3,906",
        "lower bound": "4",
        "recommended partitions": "1,000",
        "partitions to use": "1,000",
        "rows of an `into_batches`": "1,024",
    }


def test_the_seconds_of_a_batch_decide_what_to_use(tmp_path: Path) -> None:
    found = numbers(lint(tmp_path, "partitions", *NUMBERS, "--seconds-per-batch", "0.2").stdout)
    assert (found["recommended partitions"], found["partitions to use"]) == ("1,000", "40")
    found = numbers(lint(tmp_path, "partitions", *NUMBERS, "--seconds-per-batch", "0.0001").stdout)
    assert found["partitions to use"] == "4"
    found = numbers(lint(tmp_path, "partitions", *NUMBERS, "--seconds-per-batch", "0.0001", "--skewed").stdout)
    assert found["partitions to use"] == "40"


def test_skew_is_nothing_without_the_seconds(tmp_path: Path) -> None:
    done = lint(tmp_path, "partitions", *NUMBERS, "--skewed")
    assert done.returncode == 2
    assert "--seconds-per-batch" in done.stderr
