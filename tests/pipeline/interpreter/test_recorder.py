"""What a script leaves behind: its runner, the DataFrames that are read."""

from __future__ import annotations

from daft_lint.pipeline.model import (
    Reads,
    Runner,
)
from tests.pipeline.interpreter.scripts import read, script


def test_runner() -> None:
    assert read("import daft\ndaft.set_runner_native()\n").runner is Runner.NATIVE
    conditional = read("import daft, sys\nif sys.argv[1:]:\n    daft.set_runner_native()\n")
    assert (conditional.runner, conditional.runner_is_set) == (Runner.RAY, False)
    assert read("import daft\ndaft.context.set_runner_ray()\n").runner_is_set
    assert read('import os, daft\nos.environ["DAFT_RUNNER"] = "native"\n').runner is Runner.NATIVE


def test_sinks_and_ends() -> None:
    found = script(
        """
        df = daft.read_parquet("a.parquet")
        df.show()
        df.count_rows()
        kept = df.where(col("x") > 1)

        def unused():
            dropped = daft.read_csv("b.csv")
        """
    )
    reads = {p.sink.step.name: p.reads for p in found.pipelines}
    assert reads["show"] is Reads.FEW
    assert reads["where"] is Reads.ALL
    assert reads["read_csv"] is Reads.NONE


def test_what_a_function_returns_is_read_and_what_it_drops_is_not() -> None:
    text = """
        import daft

        def kept():
            return daft.read_parquet("a")

        def run():
            df = kept()

        run()
    """
    assert [p.reads for p in read(text).pipelines] == [Reads.ALL]
    unread = read("def f():\n    import daft\n    df = daft.read_parquet('a')\nf()").pipelines
    assert [p.reads for p in unread] == [Reads.NONE]
