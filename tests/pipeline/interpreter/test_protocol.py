"""The state of a run."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.interpreter.protocol import Nesting


def test_nesting_counts_the_blocks_at_work() -> None:
    nesting = Nesting()
    assert not nesting
    with nesting:
        with nesting:
            assert nesting.depth == 2
        assert nesting
    assert nesting.depth == 0


def test_nesting_ends_with_an_error() -> None:
    nesting = Nesting()
    with pytest.raises(RecursionError), nesting:
        raise RecursionError
    assert not nesting
