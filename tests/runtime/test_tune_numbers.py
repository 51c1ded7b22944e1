"""Which numbers of a script are tuned, with which candidates, and what is written."""

from __future__ import annotations

import json
import os
import textwrap
from dataclasses import replace

import pytest
from daft_lint_runtime.script_text import as_script
from daft_lint_runtime.spec import VerifyError
from daft_lint_runtime.tuning.candidates import MOST, Candidates, Facts, candidates
from daft_lint_runtime.tuning.numbers import FoundNumbers, NumberKind, TunableNumber, edited, find_numbers
from hypothesis import given
from hypothesis import strategies as st

from daft_lint.config import Config
from daft_lint.pipeline.model import UdfFacts
from daft_lint.source.document import Document

SCRIPT = """
import os
import daft
from daft import DataType, Series, col

BATCH = 1_024
ACTORS: int = 2
SHARED = BATCH


@daft.cls(max_concurrency=ACTORS)
class Model:
    @daft.method.batch(return_dtype=DataType.int64(), batch_size=SHARED)
    def score(self, x: Series) -> Series:
        return x


@daft.func.batch(return_dtype=DataType.int64(), batch_size=int(os.environ.get("N", "8")))
def other(x: Series) -> Series:
    return x


@daft.func(return_dtype=DataType.int64(), max_concurrency=4)
async def fetch(x: int) -> int:
    return x


df = daft.read_parquet("in/*.parquet")
df = df.repartition(8).into_batches(BATCH)
df = df.with_column("a", Model().score(col("x"))).with_column("b", other(col("x"))).with_column("c", fetch(col("x")))
df = df.limit(100)
df.write_parquet("out")
"""


def found(text: str) -> FoundNumbers:
    return find_numbers(document(text), Config())


def document(text: str) -> Document:
    return Document.from_bytes("script.py", textwrap.dedent(text).encode())


def number(text: str, kind: NumberKind) -> TunableNumber:
    return next(n for n in found(text).numbers if kind in n.kinds)


def test_numbers_are_found_where_they_are_spelled_out() -> None:
    numbers = found(SCRIPT).numbers
    assert [(n.line, n.value, n.constant, n.purpose) for n in numbers] == [
        (6, 1024, "BATCH", "into_batches, batch_size of Model.score"),
        (7, 2, "ACTORS", "max_concurrency of Model.score"),
        (29, 8, "", "repartition"),
    ]


def test_what_the_text_does_not_spell_out_is_named() -> None:
    assert found(SCRIPT).skipped == ("line 18: batch_size of other is no number that the script's own text spells out",)


def test_a_limit_and_what_bounds_nothing_are_no_numbers_to_tune() -> None:
    assert not {"limit", "fetch"} & {word for n in found(SCRIPT).numbers for word in n.purpose.split()}


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("6", 6),
        ("BATCH", 6),
        ("into_batches", 6),
        ("batch_size", 6),
        ("Model.score", 6),
        ("ACTORS", 7),
        ("repartition", 29),
    ],
)
def test_a_number_answers_to_its_line_its_constant_and_its_uses(word: str, line: int) -> None:
    assert any(n.answers_to(word) for n in found(SCRIPT).numbers if n.line == line)
    assert not any(n.answers_to("") or n.answers_to("limit") for n in found(SCRIPT).numbers)


def test_only_the_literals_change() -> None:
    doc = document(SCRIPT)
    first, second, third = find_numbers(doc, Config()).numbers
    changed = edited(doc, [(first, 2048), (second, 4), (third, 16)]).text
    assert changed == (
        textwrap.dedent(SCRIPT)
        .replace("BATCH = 1_024", "BATCH = 2_048")
        .replace("ACTORS: int = 2", "ACTORS: int = 4")
        .replace("repartition(8)", "repartition(16)")
    )


def test_a_script_that_does_not_parse_is_refused() -> None:
    with pytest.raises(VerifyError, match=r"script\.py:1:"):
        found("x = (\n")


def notebook(*cells: str) -> bytes:
    code = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": c} for c in cells]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_a_notebook_has_numbers_in_its_cells_and_runs_as_one_script() -> None:
    head, _, tail = SCRIPT.partition("df = daft")
    raw = notebook("%pip install daft\n" + head, "df = daft" + tail)
    doc = Document.from_bytes("job.ipynb", raw)
    numbers = find_numbers(doc, Config()).numbers
    assert [(n.place, n.location, n.name) for n in numbers] == [
        ("cell 1, line 7", "cell 1:7", "BATCH"),
        ("cell 1, line 8", "cell 1:8", "ACTORS"),
        ("cell 2, line 2", "cell 2:2", "repartition"),
    ]
    changed = edited(doc, [(numbers[0], 2048)]).raw
    assert changed == raw.replace(b"1_024", b"2_048")
    text = as_script(doc.path, changed).decode()
    assert "pip" not in text
    assert text.partition("\n")[2] == (head + "\ndf = daft" + tail).replace("1_024", "2_048")


def test_what_is_no_notebook_is_refused() -> None:
    with pytest.raises(VerifyError, match=r"job\.ipynb: "):
        as_script("job.ipynb", b"import daft")


# Candidates

FACTS = Facts(nodes=4, cpus=16, rows={"score": 16_384})


@given(st.integers(1, 100_000), st.integers(1, 64), st.integers(1, 64), st.integers(1, 10**7))
def test_candidates_hold_the_present_value_and_are_few(value: int, nodes: int, cpus: int, rows: int) -> None:
    text = SCRIPT.replace("1_024", str(value)).replace("repartition(8)", f"repartition({value})")
    for one in _numbers(text):
        facts = Facts(nodes, cpus * nodes, {"score": rows})
        tried = candidates(one, facts)
        assert one.value in tried.values
        assert list(tried.values) == sorted(set(tried.values))
        assert tried.values[0] >= 1
        assert len(tried.values) <= MOST
        assert set(tried.formula) <= set(tried.values)
        limit = facts.cpus if NumberKind.CONCURRENCY in one.kinds else rows
        assert all(v <= limit or v == one.value for v in tried.values)


def _numbers(text: str) -> tuple[TunableNumber, ...]:
    return found(text).numbers


def test_partitions_are_tried_around_the_formula() -> None:
    text = (
        SCRIPT.replace("1_024", "64").replace("ACTORS: int = 2", "ACTORS: int = 16").replace(".into_batches(BATCH)", "")
    )
    tried = candidates(number(text, NumberKind.PARTITIONS), FACTS)
    # 16,384 rows, 64 x 16 / 4 rows a partition: at most 64, a quarter of it to one digit: 20; and one for each CPU.
    assert tried.formula == (20, 16)
    assert {8, 16, 20} <= set(tried.values)
    # 256 batches of 0.1 s pay for 2.5 tasks a call, of 1 ms for none but one a node.
    for seconds, partitions in ((0.1, 40), (0.001, 4)):
        cost = ((f"{os.path.abspath('script.py')}:Model.score", UdfFacts(seconds, 64)),)
        tried = candidates(number(text, NumberKind.PARTITIONS), replace(FACTS, udfs=cost))
        assert tried.formula == (partitions, 16)


def test_no_more_partitions_are_tried_first_than_the_calls_can_use() -> None:
    text = (
        SCRIPT.replace("1_024", "8").replace("ACTORS: int = 2", "ACTORS: int = 4").replace(".into_batches(BATCH)", "")
    )
    tried = candidates(number(text, NumberKind.PARTITIONS), Facts(nodes=2, cpus=4, rows={"score": 10**6}))
    # The guide says a quarter of 10^6 / (8 x 4 / 2), 20,000; what is advised is 64 x 4 calls at once.
    assert tried.formula == (256, 4)


def test_batches_are_tried_around_what_the_udf_needs() -> None:
    text = SCRIPT.replace("batch_size=SHARED", "batch_size=64").replace("ACTORS: int = 2", "ACTORS: int = 16")
    tried = candidates(number(text, NumberKind.BATCHES), FACTS)
    # 64 x 16 / 4 rows fill the batches of a node; 4 times as many are what is advised where no cost is known.
    assert tried.formula == (1024, 256)


def test_no_more_actors_are_tried_than_there_are_cpus() -> None:
    tried = candidates(number(SCRIPT, NumberKind.CONCURRENCY), Facts(nodes=1, cpus=4))
    assert tried.values == (1, 2, 4)


def test_a_batch_of_more_rows_than_there_are_is_held_to_smaller_ones() -> None:
    tried = candidates(number(SCRIPT, NumberKind.BATCH_SIZE), Facts(nodes=1, cpus=4, rows={"score": 100}))
    assert {25, 50, 100, 1024} <= set(tried.values)


@pytest.mark.parametrize(
    ("seconds", "value"),
    [
        ({8: 3.0, 16: 2.0, 32: 1.0}, 64),
        ({8: 3.0, 16: 1.0, 32: 1.2}, 64),
        ({8: 1.0, 16: 2.0, 32: 3.0}, 4),
        ({8: 3.0, 16: 1.0, 32: 2.0}, None),
        ({1: 1.0, 2: 2.0}, None),
        ({50: 2.0, 80: 1.0}, 100),
        ({50: 2.0, 100: 1.0}, None),
    ],
)
def test_what_lies_beyond_the_best_is_tried_up_to_the_bound(seconds: dict[int, float], value: int | None) -> None:
    assert Candidates(tuple(seconds), most=100).beyond(seconds) == value
