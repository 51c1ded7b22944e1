"""Functions that nobody in view calls, tests among them."""

from __future__ import annotations

import textwrap

from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import (
    Settings,
    StepKind,
)
from daft_lint.source.document import Document
from tests.pipeline.interpreter.scripts import chain, script


def test_uncalled_functions_have_open_parameters() -> None:
    found = script(
        """
        def add(df: daft.DataFrame) -> daft.DataFrame:
            return df.with_column("n", size(df["image"]))

        def unannotated(frame):
            return frame.with_column("n", size(frame["image"]))

        def pandas_like(df):
            return df.where(df["x"] > 3).sort("x")
        """
    )
    assert [chain(s) for s in found.steps if s.kind is StepKind.PROJECT] == [["parameter", "with_column"]] * 2
    assert not [s for s in found.steps if s.name in ("where", "sort")]


TESTED = """
    import daft, pytest
    from daft import col
    from daft.functions import download

    def load(urls):
        return daft.from_pydict({"url": urls}).with_column("bytes", download(col("url")))

    @pytest.fixture
    def loaded():
        return load(["a"])

    class TestLoad:
        def test_rows(self, urls):
            assert load(urls).to_pydict()

    def test_load(urls):
        load(urls).collect()
"""


def test_what_a_test_makes_is_no_pipeline() -> None:
    text = textwrap.dedent(TESTED)
    assert not interpret(Document.from_bytes("tests/test_load.py", text.encode()), Settings(), Project()).pipelines
    assert interpret(Document.from_bytes("load.py", text.encode()), Settings(), Project()).pipelines
    main = text + '\nload(open("urls.txt").read().split()).write_parquet("out")\n'
    (pipeline,) = interpret(Document.from_bytes("test_load.py", main.encode()), Settings(), Project()).pipelines
    assert pipeline.sink.step.name == "write_parquet"
