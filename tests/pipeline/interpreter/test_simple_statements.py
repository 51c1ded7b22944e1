"""Statements whose value is dropped."""

from __future__ import annotations

from tests.pipeline.interpreter.scripts import script


def test_a_discarded_transformation() -> None:
    found = script(
        """
        df = daft.read_parquet("a.parquet")
        df.repartition(8)
        df.show()
        df.collect()
        """
    )
    assert [(d.step.name, d.target) for d in found.discarded] == [("repartition", "df")]
