from __future__ import annotations

from pathlib import Path

from tests.helpers import lint


def test_it_explains_the_number(tmp_path: Path) -> None:
    numbers = ("--rows", "1000000", "--nodes", "4", "--concurrency", "16", "--batch-size", "64")
    assert "1,000" in lint(tmp_path, "partitions", *numbers).stdout
