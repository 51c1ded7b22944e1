"""Rows that a notebook collects: what a later cell reads of them is what keeps DFT503 silent."""

from __future__ import annotations

import pytest

from daft_lint.config import Config
from daft_lint.lint.engine import check_document
from daft_lint.source.document import Document
from tests.helpers import notebook

SOURCE = 'import daft\n\nsales = daft.read_parquet("sales/*.parquet")\n'
DISTINCT = "unique = sales.distinct()\nprint(len(unique.collect()))\n"
LISTED = "shops = unique.collect()\nrows = shops.to_pylist()\n"


def codes(*cells: str) -> list[tuple[str, int | None]]:
    document = Document.from_bytes("sales.ipynb", notebook(SOURCE, *cells).encode())
    return [(finding.code, finding.span.cell) for finding in check_document(document, Config()).findings]


@pytest.mark.parametrize(
    "cells",
    [(DISTINCT,), (DISTINCT, "print(sales.schema())\nuniques = 3\n"), ("unique = sales.distinct()\n", LISTED)],
    ids=["last cell", "others later", "its own variable"],
)
def test_rows_that_no_later_cell_reads_are_reported(cells: tuple[str, ...]) -> None:
    assert codes(*cells) == [("DFT503", 2 if cells[0] is DISTINCT else 3)]


@pytest.mark.parametrize("later", ["unique.show()\n", "def best():\n    return unique.limit(3).to_pylist()\n"])
def test_rows_that_a_later_cell_reads_are_kept(later: str) -> None:
    assert codes(DISTINCT, later) == []


def test_a_collected_variable_that_a_later_cell_reads_is_kept() -> None:
    assert codes("unique = sales.distinct()\n", LISTED, "shops.show()\n") == []
