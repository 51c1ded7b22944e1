"""Results are compared as multisets of rows; every wrong rewrite must be seen, and nothing else."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from daft_lint_runtime import plans
from daft_lint_runtime.compare import rows as compared_rows
from daft_lint_runtime.compare.rows import Comparison, ComparisonKind, Order, ResultRows, close, compare_rows
from daft_lint_runtime.compare.runs import aligned, compare_runs, schema_difference
from daft_lint_runtime.compare.sinks import file_order
from daft_lint_runtime.harness import run_text
from daft_lint_runtime.plans import SortKey
from daft_lint_runtime.spec import RunOptions
from hypothesis import given, settings
from hypothesis import strategies as st


def rows(columns: dict[str, Any], batch: int = 1000) -> ResultRows:
    table = pa.table(columns)
    batches = table.to_batches(max_chunksize=batch)
    return ResultRows(lambda: iter(batches), tuple((f.name, str(f.type)) for f in table.schema))


def compare(before: dict[str, Any], after: dict[str, Any], sorted_by: tuple[str, ...] | None = None) -> Comparison:
    order = None if sorted_by is None else Order(sorted_by, same_ties=bool(sorted_by))
    return compare_rows("result", rows(before), rows(after, 7), order)


BIG = {"id": list(range(100_000)), "text": [f"row {i}" for i in range(100_000)]}


def test_same_rows_in_any_order() -> None:
    found = compare(BIG, {name: values[::-1] for name, values in BIG.items()})
    assert found.kind == ComparisonKind.SAME
    assert (found.rows_before, found.rows_after) == (100_000, 100_000)


def test_one_changed_value_in_100_000_rows() -> None:
    changed = dict(BIG, text=[t if i != 77_777 else "wrong" for i, t in enumerate(BIG["text"])])
    found = compare(BIG, changed)
    assert found.kind == ComparisonKind.ROWS
    assert found.only_before == ("{id: 77777, text: 'row 77777'}",)
    assert found.only_after == ("{id: 77777, text: 'wrong'}",)
    assert "1 of 100,000 rows differ" in found.message


def test_a_dropped_row() -> None:
    found = compare(BIG, {name: values[:-1] for name, values in BIG.items()})
    assert found.kind == ComparisonKind.ROWS
    assert found.only_before == ("{id: 99999, text: 'row 99999'}",)
    assert found.only_after == ()


def test_lost_duplicates() -> None:
    assert compare({"x": [1, 1, 2]}, {"x": [1, 2, 2]}).kind == ComparisonKind.ROWS
    assert compare({"x": [1, 1, 2]}, {"x": [1, 2]}).kind == ComparisonKind.ROWS
    assert compare({"x": [1, 1, 2]}, {"x": [2, 1, 1]}).kind == ComparisonKind.SAME


def test_floats_differ_by_rounding_only() -> None:
    before = {"id": [1, 2, 3], "x": [0.1 + 0.2, math.nan, -0.0]}
    assert compare(before, {"id": [3, 2, 1], "x": [0.0, math.nan, 0.3]}).kind == ComparisonKind.SAME
    assert compare(before, {"id": [3, 2, 1], "x": [0.0, math.nan, 0.3001]}).kind == ComparisonKind.ROWS
    assert compare(before, {"id": [3, 2, 1], "x": [0.0, 0.0, 0.3]}).kind == ComparisonKind.ROWS
    assert compare(before, {"id": [1, 2, 3], "x": [0.3, None, 0.0]}).kind == ComparisonKind.ROWS


def test_floats_are_compared_as_their_type() -> None:
    for kind, equal in ((pa.float32(), True), (pa.float64(), False)):
        before, after = pa.array([1.0, 2.0], kind), pa.array([1.0, 2.000001], kind)
        assert compare({"x": before}, {"x": after}).equal is equal
        lists = pa.array([[1.0], [2.0]], pa.list_(kind)), pa.array([[1.0], [2.000001]], pa.list_(kind))
        assert compare({"x": lists[0]}, {"x": lists[1]}).equal is equal


def test_close_floats_are_paired_within_equal_other_columns() -> None:
    before = {"g": ["a"] * 4, "x": [1.0, 2.0, 3.0, 4.0], "y": [4.0, 3.0, 2.0, 1.0]}
    after = {name: [v * (1 + 1e-10) if name != "g" else v for v in values[::-1]] for name, values in before.items()}
    assert compare(before, after).kind == ComparisonKind.SAME
    after["y"][0] = 1.1
    assert compare(before, after).kind == ComparisonKind.ROWS


def test_many_rows_of_nothing_but_changed_floats_are_not_all_tried_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0

    def counting(one: Any, two: Any) -> bool:
        nonlocal tried
        tried += 1
        return close(one, two)

    monkeypatch.setattr(compared_rows, "close", counting)
    numbers = np.arange(1, 30_001) * 0.7
    assert compare({"x": numbers}, {"x": numbers * 1.03}).kind == ComparisonKind.ROWS
    assert 30_000 <= tried < 10 * 30_000


def test_missing_is_not_the_text_of_it() -> None:
    assert compare({"x": ["None", "a"]}, {"x": pa.array([None, "a"])}).kind == ComparisonKind.ROWS
    assert compare({"x": [b"", b"a"]}, {"x": pa.array([None, b"a"], pa.binary())}).kind == ComparisonKind.ROWS


def test_text_does_not_run_over_into_the_next_column() -> None:
    assert compare({"a": ["x,y"], "b": ["z"]}, {"a": ["x"], "b": ["y,z"]}).kind == ComparisonKind.ROWS
    assert compare({"a": ["x\x1fs1:y"], "b": ["z"]}, {"a": ["x"], "b": ["y\x1fs1:z"]}).kind == ComparisonKind.ROWS


@pytest.mark.parametrize(
    "array",
    [
        pa.array([[1, 2], [], None, [3]]),
        pa.array([[1.5, math.nan], [], None, [3.0]]),
        pa.array([[1.5, None], [], None, [3.0]]),
        pa.array([{"a": 1, "b": [1.0]}, None, {"a": None, "b": None}, {"a": 2, "b": []}]),
        pa.array([[{"a": "x"}], [{"a": None}], None, []]),
        pa.array([[("k", 1.0)], [], None, [("l", 2.0)]], pa.map_(pa.string(), pa.float64())),
        pa.array([[1, 2], [3, 4], None, [5, 6]], pa.list_(pa.int8(), 2)),
        pa.array([[1.0, 2.0], [3.0, 4.0], None, [5.0, 6.0]], pa.list_(pa.float32(), 2)),
        pa.array(["a", "b", None, "a"]).dictionary_encode(),
        pa.array([1, 2, None, 4], pa.decimal128(10, 2)),
        pa.array([1, 2, None, 4], pa.timestamp("us", "UTC")),
        pa.array([True, False, None, True]),
        pa.nulls(4),
    ],
    ids=lambda array: str(array.type),
)
def test_every_type_is_read_value_by_value(array: pa.Array) -> None:
    there = {"id": range(4), "value": array}
    assert compare(there, {"id": [3, 2, 1, 0], "value": array.take(pa.array([3, 2, 1, 0]))}).kind == ComparisonKind.SAME
    if array.null_count < len(array):
        swapped = array.take(pa.array([3, 1, 2, 0]))
        differ = array[0].as_py() != array[3].as_py()
        assert (compare(there, {"id": range(4), "value": swapped}).kind == ComparisonKind.ROWS) is differ


def test_images_and_tensors_are_compared_by_their_pixels() -> None:
    tensor = pa.struct({"data": pa.large_list(pa.float32()), "shape": pa.list_(pa.uint64())})
    values = [{"data": np.arange(6, dtype=np.float32) + i, "shape": [2, 3]} for i in range(3)]
    same = compare({"t": pa.array(values, tensor)}, {"t": pa.array(values[::-1], tensor)})
    turned = [dict(v, shape=[3, 2]) for v in values]
    assert same.kind == ComparisonKind.SAME
    assert compare({"t": pa.array(values, tensor)}, {"t": pa.array(turned, tensor)}).kind == ComparisonKind.ROWS


def test_order_counts_where_it_was_asked_for() -> None:
    before, after = {"k": [1, 2, 3]}, {"k": [3, 2, 1]}
    assert compare(before, after, ("k",)).kind == ComparisonKind.ORDER
    assert compare(before, before, ("k",)).kind == ComparisonKind.SAME
    ties = {"k": [1, 1, 2], "v": ["a", "b", "c"]}, {"k": [1, 1, 2], "v": ["b", "a", "c"]}
    assert compare(*ties, ("k",)).kind == ComparisonKind.SAME
    assert compare(*ties, ()).kind == ComparisonKind.ORDER
    floats = {"k": [0.1, 0.2, 0.3], "v": ["a", "b", "c"]}, {"k": [0.3, 0.2, 0.1], "v": ["c", "b", "a"]}
    assert compare(*floats, ("k",)).kind == ComparisonKind.ORDER
    assert compare({"k": [0.1, 0.2]}, {"k": [0.2, 0.1]}, ("k",)).kind == ComparisonKind.ORDER
    assert compare({"k": [0.1, 0.2]}, {"k": [0.1, 0.2 + 1e-12]}, ("k",)).kind == ComparisonKind.SAME


def test_empty_results() -> None:
    nothing = ResultRows(lambda: iter(()), (("x", "Int64"),))
    assert compare_rows("result", nothing, nothing, None).kind == ComparisonKind.SAME
    assert compare_rows("result", nothing, rows({"x": [1]}), None).kind == ComparisonKind.ROWS


def test_schema_difference_in_words() -> None:
    before, after = [("a", "Int64"), ("b", "Utf8")], [("a", "Int32"), ("c", "Utf8")]
    assert schema_difference(before, after) == "column b is gone; column c is new; column a is Int32, was Int64"
    assert schema_difference(before, before[::-1]) == "the columns are in another order"


VALUES = st.one_of(st.none(), st.integers(-3, 3), st.just(7))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(VALUES, st.sampled_from(["", "a", "b"])), max_size=12), st.randoms(use_true_random=False))
def test_a_shuffled_multiset_is_the_same_and_any_change_is_seen(
    values: list[tuple[int | None, str]], random: Any
) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)

    def columns(pairs: list[tuple[int | None, str]]) -> dict[str, Any]:
        return {"x": pa.array([x for x, _ in pairs], pa.int64()), "y": pa.array([y for _, y in pairs], pa.string())}

    assert compare(columns(values), columns(shuffled)).kind == ComparisonKind.SAME
    if values:
        changed = [*shuffled[:-1], (99, shuffled[-1][1])]
        assert compare(columns(values), columns(changed)).kind == ComparisonKind.ROWS


def node(kind: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": kind, "children": list(children), **more}


def test_which_plans_promise_an_order() -> None:
    source = node("Source")
    keys = ["col(a)", "__main__.score-5822-0(col(b))"]
    sort = node("Sort", source, sort_by=keys, descending=[True, False], nulls_first=[True, False])
    found = plans.sort_keys(node("Project", node("Limit", sort, limit=3)))
    assert found == (SortKey("col(a)", True, True), SortKey("__main__.score(col(b))", False, False))
    assert plans.readable(found, [("a", "Int64"), ("b", "Int64")]) == found[:1]
    assert plans.readable(found, [("b", "Int64")]) == ()
    assert plans.sort_keys(node("Repartition", sort)) is None
    assert plans.sort_keys(node("Project", source)) is None
    assert plans.has_batches_behind_sort(node("Sink", node("IntoBatches", node("Project", sort))))
    assert not plans.has_batches_behind_sort(node("Sink", node("Project", sort)))
    assert not plans.has_batches_behind_sort(node("Sink", node("IntoBatches", source)))
    assert not plans.has_batches_behind_sort(node("Sink", node("Sort", node("IntoBatches", source))))


def test_which_plans_take_any_rows() -> None:
    source = node("Source")
    assert plans.picks_any_rows(node("Project", node("Limit", source)))
    assert not plans.picks_any_rows(node("Limit", node("Sort", source, sort_by=["col(a)"])))
    assert not plans.picks_any_rows(node("Project", source))


@pytest.mark.parametrize(
    ("files", "descending", "order"),
    [
        ([[1, 2], [3, 4]], False, (0, False)),
        ([[3, 4], [1, 2]], False, (0, False)),
        ([[4, 3], [2, 1]], True, (0, False)),
        ([[1, 3], [2, 4]], False, (0, True)),
        ([[1, 2], [2, 2], [2, 5], []], False, (0, False)),
        ([[1, None, 2], [3]], False, (1, False)),
        ([[1, 2], [3, None], [None]], False, (0, False)),
        ([[None, 2], [1]], True, (0, False)),
        ([[2, None], [1]], True, (1, False)),
        ([[None, 1], [None, 2]], True, (0, True)),
        ([[2, 1], [3]], False, (1, False)),
        ([[1, 2], [3, 4]], True, (2, False)),
    ],
)
def test_files_are_in_order_where_their_ranges_do_not_overlap(
    tmp_path: Path, files: list[list[int | None]], descending: bool, order: tuple[int, bool]
) -> None:
    for number, values in enumerate(files):
        pq.write_table(pa.table({"x": pa.array(values, pa.int64())}), tmp_path / f"{number}.parquet")
    sink = {"name": "write_parquet", "schema": [["x", "Int64"]]}
    found = file_order(tmp_path, sink, [SortKey("col(x)", descending, nulls_first=descending)])
    assert (found.unsorted, found.overlap) == order
    assert found.files == len(files)


@pytest.mark.parametrize(("values", "unsorted"), [([1, 2, 3], 0), ([1, 3, 2], 1)])
def test_files_in_folders_of_partitions_are_sorted_by_the_other_keys(
    tmp_path: Path, values: list[int], unsorted: int
) -> None:
    (tmp_path / "k=7").mkdir()
    pq.write_table(pa.table({"x": pa.array(values, pa.int64())}), tmp_path / "k=7" / "0.parquet")
    sink = {"name": "write_parquet", "schema": [["k", "Int64"], ["x", "Int64"]]}
    assert file_order(tmp_path, sink, [SortKey("col(k)", False), SortKey("col(x)", False)]).unsorted == unsorted


def test_results_are_aligned_where_a_change_is_one_of_what_is_brought_to_the_driver() -> None:
    """The results are their names here; a capital stands for one that is cut to what is used."""

    def compared(index: int, one: str | None, two: str | None) -> Comparison:
        if one is None or two is None:
            kind = ComparisonKind.NEEDLESS
        else:
            kind = ComparisonKind.SAME if one == two.lower() else ComparisonKind.ROWS
        return Comparison(f"{index}", kind, f"{one} {two}")

    def of(before: str, after: str) -> list[tuple[str, bool]]:
        return [(c.message, c.equal) for c in aligned(before, after, compared)]

    assert of("ab", "ab") == [("a a", True), ("b b", True)]
    assert of("ab", "b") == [("a None", True), ("b b", True)]
    assert of("ab", "xAb") == [("None x", True), ("a A", True), ("b b", True)]
    assert of("ab", "ac") == [("a a", True), ("b c", False)]
    assert of("abc", "axc") == [("a a", True), ("b x", False), ("c c", True)]
    assert of("", "a") == [("None a", True)]
    assert of("a", "b") == [("a b", False)]


@pytest.mark.parametrize(
    ("after", "equal"),
    [
        ('df.select("id").to_pydict()', True),
        ("df.count_rows()", True),
        ("df.collect(); df.to_pydict()", True),
        ('df.select("id").where("id > 0").to_pydict()', False),
        ('df.where("id > 0").count_rows()', False),
        ('df.with_column("id", df["id"] + 1).select("id").to_pydict()', False),
        ('df.select((df["id"] + 1).alias("other")).to_pydict()', False),
    ],
)
def test_what_a_script_needs_of_its_rows_is_the_same(base: Path, tmp_path: Path, after: str, equal: bool) -> None:
    head = 'import daft\ndf = daft.range(100).with_column("text", daft.col("id").cast(str))\n'
    path, options = str(tmp_path / "script.py"), RunOptions(timeout=50.0)
    before, changed = (
        run_text(label, path, f"{head}{end}\n".encode(), "native", options, base)
        for label, end in (("before", "df.to_pydict()"), ("after", after))
    )
    assert before.ok, before.stderr
    assert changed.ok, changed.stderr
    found = compare_runs(before, changed, needed=True)
    assert all(c.equal for c in found) is equal, found
