"""Methods of expressions."""

from __future__ import annotations

from tests.pipeline.interpreter.scripts import read


def test_legacy_spellings_mean_the_current_ones() -> None:
    found = read(
        """
        import daft
        df = daft.read_parquet("a/*.parquet")
        df = df.with_column("image", daft.col("url").url.download().image.decode().image.resize(32, 32))
        df.show()
        """
    )
    expression = next(s for s in found.steps if s.name == "with_column").outputs[0]
    assert [e.name for e in expression.walk()] == ["url", "download", "decode_image", "resize"]
    assert [u.name for u in found.api_uses if u.name.startswith("Expression.")] == [
        "Expression.url.download",
        "Expression.image.decode",
        "Expression.image.resize",
    ]
