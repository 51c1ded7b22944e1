from __future__ import annotations

import gc

import pytest

from daft_lint.config import Config
from daft_lint.lint.engine import Checker
from daft_lint.lint.results import SourceFile
from daft_lint.lint.sequential import COLLECT_EVERY, check_in_sequence, few_collections


def test_garbage_is_collected_by_what_was_parsed() -> None:
    with few_collections() as collect:
        assert not gc.isenabled()
        before = gc.get_stats()[2]["collections"]
        collect(COLLECT_EVERY // 2)
        assert gc.get_stats()[2]["collections"] == before
        collect(COLLECT_EVERY)
        assert gc.get_stats()[2]["collections"] == before + 1
    assert gc.isenabled()
    assert not gc.get_freeze_count()


def test_an_error_of_the_linter_itself_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Checker, document: object) -> None:
        raise ZeroDivisionError("in\nthe middle")

    monkeypatch.setattr(Checker, "analyse", broken)
    text = b"import daft\ndf = daft.read_parquet('a.parquet')\ndf.repartition(8)\n"
    (outcome,) = check_in_sequence([SourceFile("a.py", text)], Config(), None)
    assert outcome.result.failed
    assert outcome.result.problems[0].message == "internal error: ZeroDivisionError: in the middle"
