"""Random branches, cuts, sinks and UDFs: after `fix --unsafe` no path is worse, and a second run changes nothing."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from daft_lint import config as configuration
from daft_lint.api.finding import Finding
from daft_lint.fix.loop import fix_documents
from daft_lint.lint.engine import check_document
from daft_lint.lint.outlook import harm_between
from daft_lint.pipeline.dataflow.effects import RowOrder, effects_of
from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import Script
from daft_lint.source.document import Document

pytestmark = pytest.mark.slow

HEAD = """\
import daft
from daft import DataType, col
from daft.functions import decode_image, download


@daft.func
def size_of(data: bytes) -> int:
    return len(data)


@daft.func.batch(return_dtype=DataType.float64(), batch_size=16)
def blur(pictures):
    return [p.mean() for p in pictures.to_pylist()]


@daft.func(return_dtype=DataType.list(DataType.binary()))
def pages(data: bytes):
    return split(data)


@daft.cls
class Tagger:
    def __init__(self):
        self.net = load_model("tagger")

    @daft.method.batch(return_dtype=DataType.int64())
    def tag(self, pictures):
        return self.net(pictures)


@daft.cls(max_concurrency=2)
class Embedder:
    def __init__(self):
        self.net = load_model("embedder")

    @daft.method.batch(return_dtype=DataType.embedding(DataType.float32(), 8), batch_size=32)
    def embed(self, pictures):
        return self.net(pictures)


"""
CONFIGS = tuple(
    configuration.parse(text, Path("daft-lint.toml"))
    for text in (
        "",
        "[cluster]\nnodes = 4\ntotal_concurrency = 16\n",
        '[cluster]\nrunner = "native"\ntotal_concurrency = 4\n',
    )
)
SOURCES = (
    'daft.from_glob_path("s3://b/*.png")',
    'daft.read_parquet("s3://b/*.parquet")',
    'daft.read_parquet("one.parquet")',
    'daft.read_csv("list.csv")',
    'daft.from_pydict({"path": paths, "k": keys})',
)
STEPS = (
    '.with_column("data", download(col("path")))',
    '.with_column("data", decode_image(col("data")))',
    '.with_column("size", size_of(col("data")))',
    '.with_column("blur", blur(col("data")))',
    '.with_column("tag", Tagger().tag(col("data")))',
    '.with_column("vector", Embedder().embed(col("data")))',
    '.with_column("data", pages(col("data"))).explode("data")',
    '.where(col("k") > 3)',
    '.sort("k")',
    '.distinct("k")',
    ".limit(1000)",
    ".repartition(8)",
    ".repartition(n)",
    ".into_partitions(4)",
    ".into_batches(16)",
    ".into_batches(n)",
)
SINKS = ('.write_parquet("out")', '.select("k").write_csv("out")', ".collect()", ".show()", ".to_pandas()")
TESTS = ("a", "not a", "b", "n is not None", "n > 1")


def _lines(step: str, test: str | None) -> Sequence[str]:
    line = f"df = df{step}"
    return [line] if test is None else [f"if {test}:", f"    {line}"]


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """One function, with some of its steps under conditions, and one sink or two."""
    tests = st.one_of(st.none(), st.sampled_from(TESTS))
    body = [f"df = {draw(st.sampled_from(SOURCES))}"]
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=2, max_size=7)):
        body += _lines(step, draw(tests))
    body += [f"df{sink}" for sink in draw(st.lists(st.sampled_from(SINKS), min_size=1, max_size=2))]
    return HEAD + "def build(paths, keys, a, b, n):\n" + "".join(f"    {line}\n" for line in body)


def sorted_sinks(script: Script) -> Counter[str]:
    """The sinks whose rows are in the order of a `sort`, on however many paths."""
    return Counter(p.sink.step.name for p in script.pipelines if effects_of(p).order is RowOrder.SORTED)


def own_cuts(text: str) -> Counter[tuple[str, str]]:
    """The cuts to a number that the script takes under a condition on that number."""
    lines = [line.strip() for line in text.splitlines()]
    return Counter(
        (test, cut[-1])
        for test, line in itertools.pairwise(lines)
        if re.match(r"if n\b", test) and (cut := re.findall(r"repartition\(n\)|into_batches\(n\)", line))
    )


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(scripts(), st.sampled_from(CONFIGS))
@example(
    HEAD + "def build(paths, keys, a, b, n):\n"
    '    df = daft.read_csv("list.csv")\n'
    "    if n is not None:\n"
    "        df = df.repartition(n)\n"
    '    df = df.with_column("data", download(col("path")))\n'
    '    df = df.with_column("tag", Tagger().tag(col("data")))\n'
    '    df.write_parquet("out")\n',
    CONFIGS[1],
)
@example(
    HEAD + "def build(paths, keys, a, b, n):\n"
    '    df = daft.from_glob_path("s3://b/*.png")\n'
    '    df = df.with_column("tag", Tagger().tag(col("data")))\n'
    '    df = df.sort("k")\n'
    '    df.write_parquet("out")\n'
    '    df.write_parquet("out")\n',
    CONFIGS[0],
)
def test_no_path_is_worse_after_all_fixes(text: str, config: configuration.Config) -> None:
    def check(document: Document) -> tuple[Finding, ...]:
        report = check_document(document, config)
        assert report.problems == ()
        return report.findings

    before = Document.from_bytes("script.py", text.encode())
    report = fix_documents([before], check, unsafe=True)
    assert report.problems == ()
    after = report.files[0].after
    shown = f"{text}----\n{after.raw.decode()}"
    old, new = (interpret(document, config.settings, Project()) for document in (before, after))
    assert harm_between(old, new) == (), shown
    assert sorted_sinks(old) - sorted_sinks(new) == Counter(), shown
    assert own_cuts(text) <= own_cuts(after.raw.decode()), shown
    assert fix_documents([after], check, unsafe=True).changed == (), shown
