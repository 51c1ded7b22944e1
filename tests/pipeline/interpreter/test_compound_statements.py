"""Branches, loops and contexts."""

from __future__ import annotations

import textwrap

import pytest

from daft_lint.pipeline.model import (
    Script,
)
from tests.pipeline.interpreter.scripts import paths, read, script, sinks


def test_branches_keep_both_plans() -> None:
    found = script(
        """
        import sys
        df = daft.read_parquet("a.parquet")
        if len(sys.argv) > 1:
            df = df.limit(4)
        df.write_parquet("out")
        """
    )
    assert paths(found) == [["read_parquet", "write_parquet"], ["read_parquet", "limit", "write_parquet"]]


SWITCHES = {
    "a default of the command line": """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--shards", type=int, default=0)
        shards = parser.parse_args().shards
        df = daft.read_parquet("a.parquet")
        if shards > 1:
            df = df.repartition(shards)
        """,
    "a default that the caller leaves": """
        def load(shards=0):
            df = daft.read_parquet("a.parquet")
            if shards:
                df = df.repartition(shards)
            return df

        df = load()
        """,
    "a constant": """
        SHARDS = None
        df = daft.read_parquet("a.parquet")
        df = df if SHARDS is None else df.repartition(SHARDS)
        """,
    "a function that returns early": """
        def spread(df, n=None):
            if not n:
                return df
            return df.repartition(n)

        df = spread(daft.read_parquet("a.parquet"))
        """,
    "the other way": """
        SHARDS = 0
        df = daft.read_parquet("a.parquet")
        if SHARDS == 0:
            pass
        else:
            df = df.repartition(SHARDS)
        """,
}


@pytest.mark.parametrize("case", SWITCHES)
def test_a_repartitioning_that_its_number_switches_is_a_way_of_the_script(case: str) -> None:
    found = script(textwrap.dedent(SWITCHES[case]) + 'df.write_parquet("out")\n')
    pipelines = sorted(found.pipelines, key=lambda pipeline: len(pipeline.operators))
    assert [pipeline.declined_cut for pipeline in pipelines] == [True, False]
    (count,) = (o.step.count for o in pipelines[1].operators if o.step.name == "repartition")
    assert count is not None
    assert count.value is None


def test_a_number_that_its_test_lets_through_is_known() -> None:
    found = script(textwrap.dedent(SWITCHES["a constant"].replace("None\n", "8\n")) + 'df.write_parquet("out")\n')
    (pipeline,) = found.pipelines
    assert [o.step.count.value for o in pipeline.operators if o.step.count is not None] == [8]


def test_a_constant_decides_its_branch() -> None:
    found = script(
        """
        DEBUG = False
        df = daft.read_parquet("a.parquet")
        if DEBUG:
            df = df.limit(4)
        df.write_parquet("out")
        """
    )
    assert sinks(found) == [["read_parquet", "write_parquet"]]


def test_a_loop_runs_once_more_for_what_it_carries() -> None:
    found = script(
        """
        df = daft.read_parquet("a.parquet")
        for name in names():
            df = df.with_column(name, size(df["image"]))
        df.write_parquet("out")
        """
    )
    assert sinks(found) == [["read_parquet", "with_column", "with_column", "write_parquet"]]


def test_a_returning_branch_ends() -> None:
    found = script(
        """
        def load(path, small):
            df = daft.read_parquet("a.parquet")
            if small:
                return df.limit(3)
            return df.into_batches(8)

        load("x", unknown()).write_parquet("out")
        """
    )
    assert paths(found) == [
        ["read_parquet", "limit", "write_parquet"],
        ["read_parquet", "into_batches", "write_parquet"],
    ]


def mistakes(script: Script) -> list[int]:
    found = (script.udfs, script.constructions, script.discarded, script.reads_on_dataframes, script.steps)
    return [len(kind) for kind in found]


@pytest.mark.parametrize("context", ["pytest.raises(ValueError)", "self.assertRaises(ValueError)", "raises(Exception)"])
def test_what_is_expected_to_fail_is_no_mistake(context: str) -> None:
    body = """
        @daft.func(max_concurrency=2)
        def double(x: int) -> int:
            return 2 * x
        df = daft.from_pydict({"x": [1]})
        df.repartition(2)
        df.repartition().show()
        df.read_parquet("a")
        @daft.cls
        class Model:
            def __call__(self, x: int) -> int:
                return x
        Model(max_concurrency=2)
    """
    wrong = read("import daft, pytest\nfrom pytest import raises\nif True:" + textwrap.indent(body, ""))
    expected = read(f"import daft, pytest\nfrom pytest import raises\nwith {context}:" + textwrap.indent(body, ""))
    assert all(mistakes(wrong))
    assert not any(mistakes(expected))
    assert not expected.pipelines
