"""UDFs: decorators, call forms, classes."""

from __future__ import annotations

from daft_lint.pipeline.model import (
    UdfKind,
)
from tests.pipeline.interpreter.scripts import read


def test_udf_forms() -> None:
    found = read(
        """
        import daft
        from daft import DataType, col

        def plain(x: bytes) -> int:
            return len(x)

        called = daft.func(plain)
        with_options = daft.func.batch(plain, return_dtype=DataType.int64(), batch_size=16)
        legacy = daft.udf(return_dtype=DataType.int64(), batch_size=8, concurrency=2)(plain)

        class Model:
            def __call__(self, x):
                return x

        Wrapped = daft.cls(Model, gpus=1, max_concurrency=4)

        def factory(n):
            @daft.func.batch(return_dtype=DataType.binary(), batch_size=n)
            def inner(x):
                return x
            return inner

        df = daft.read_parquet("s3://b/*.parquet")
        df = df.with_columns({
            "a": called(col("x")), "b": with_options(col("x")), "c": legacy(col("x")),
            "d": Wrapped()(col("x")), "e": factory(64)(col("x")), "f": col("x").apply(plain, return_dtype=int),
        })
        df.write_parquet("out")
        """
    )
    step = next(s for s in found.steps if s.name == "with_columns")
    udfs = {e.output: e.udf for e in step.outputs}
    kinds = {k: u.kind for k, u in udfs.items() if u is not None}
    assert kinds == {
        "a": UdfKind.FUNC,
        "b": UdfKind.FUNC_BATCH,
        "c": UdfKind.LEGACY,
        "d": UdfKind.METHOD,
        "e": UdfKind.FUNC_BATCH,
        "f": UdfKind.APPLY,
    }
    sizes = {k: u.batch_size.value for k, u in udfs.items() if u is not None and u.batch_size is not None}
    assert sizes == {"b": 16, "c": 8, "e": 64}
    concurrency = {k: u.max_concurrency.value for k, u in udfs.items() if u is not None and u.max_concurrency}
    assert concurrency == {"c": 2, "d": 4}
    made = udfs["e"]
    assert made is not None
    assert made.returns.heavy is True


def test_later_options_of_a_legacy_udf_count() -> None:
    found = read(
        """
        import daft

        @daft.udf(return_dtype=daft.DataType.int64(), concurrency=16, batch_size=8)
        class Model:
            def __call__(self, x):
                return x

        tuned = Model.with_concurrency(2).override_options(batch_size=4)
        daft.read_parquet("a/*.parquet").with_column("y", tuned(daft.col("x"))).show()
        """
    )
    options = [(u.max_concurrency, u.batch_size) for u in found.udfs]
    assert [(c.value, b.value) for c, b in options if c is not None and b is not None] == [(2, 4)]


def test_constructions() -> None:
    found = read(
        """
        import daft

        @daft.cls
        class Model:
            def __init__(self, name: str = "x"):
                self.name = name

            @daft.method.batch(return_dtype=daft.DataType.string(), batch_size=4)
            def predict(self, x):
                return x

        model = Model(max_concurrency=16)
        df = daft.read_parquet("a.parquet").with_column("y", model.predict(daft.col("x")))
        df.write_parquet("out")
        """
    )
    construction = found.constructions[0]
    assert (construction.keywords, construction.parameters) == (("max_concurrency",), ("name",))
    assert not construction.takes_any
