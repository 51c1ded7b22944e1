"""What the catalog says of DataFrame methods, against the installed Daft."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING

import daft
import pytest

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog import ColumnArguments
from daft_lint.pipeline.model import Projection, Reads, StepKind
from tests.pipeline.catalog.installed_daft import F, assert_argument, col, parameters

if TYPE_CHECKING:
    from daft import DataFrame


@pytest.mark.parametrize("name", [n for n in catalog.STEPS if not isinstance(getattr(daft.DataFrame, n), property)])
def test_arguments_of_steps(name: str) -> None:
    spec, method = catalog.STEPS[name], getattr(daft.DataFrame, name)
    for argument in (spec.count, spec.others, *spec.keys):
        if argument is not None:
            assert_argument(method, argument, method=True)
    is_predicate = name in ("where", "filter")
    if spec.columns in (ColumnArguments.EXPRESSIONS, ColumnArguments.READ) and not spec.keys and not is_predicate:
        assert parameters(method, method=True)[spec.columns_from].kind is inspect.Parameter.VAR_POSITIONAL


@pytest.mark.parametrize("name", catalog.STEPS)
def test_properties_and_results_of_steps(name: str) -> None:
    spec, member = catalog.STEPS[name], getattr(daft.DataFrame, name)
    if isinstance(member, property):
        assert (spec.kind, spec.reads) == (StepKind.SINK, Reads.NONE)
    if spec.lazy:
        assert "DataFrame" in str(inspect.signature(member).return_annotation)
    if spec.kind is StepKind.SINK and spec.reads is not Reads.NONE:
        assert not spec.lazy


def test_functions_of_aggregations_are_functions() -> None:
    for spec in [*catalog.STEPS.values(), *catalog.GROUPED_STEPS.values()]:
        assert spec.function is None or spec.function in F.__all__


def runs(end: Callable[[DataFrame], object]) -> int:
    """How many rows of a column are made when a DataFrame of 50 rows is read so."""
    calls: list[int] = []

    def mark(x: int) -> int:
        calls.append(x)
        return x

    marked = daft.func(mark, use_process=False)(col("x"))
    end(daft.from_pydict({"x": list(range(50))}).with_column("y", marked))
    return len(calls)


def test_what_ends_read() -> None:
    ends: dict[str, Callable[[DataFrame], object]] = {
        "count_rows": lambda df: df.count_rows(),
        "schema": lambda df: df.schema(),
        "columns": lambda df: df.columns,
        "column_names": lambda df: df.column_names,
        "num_partitions": lambda df: df.num_partitions(),
        "describe": lambda df: df.describe().to_pydict(),
        "to_pydict": lambda df: df.to_pydict(),
        "to_pylist": lambda df: df.to_pylist(),
        "to_arrow": lambda df: df.to_arrow(),
        "iter_rows": lambda df: list(df.iter_rows()),
        "show": lambda df: df.show(2),
    }
    expected = {Reads.ALL: 50, Reads.NONE: 0, Reads.COUNT: 0, Reads.FEW: 2}
    for name, end in ends.items():
        assert runs(end) == expected[catalog.STEPS[name].reads], name


def test_count_rows_runs_what_a_filter_needs() -> None:
    assert runs(lambda df: df.where(col("y") >= 0).count_rows()) == 50
    assert runs(lambda df: df.where(col("y") >= 0).schema()) == 0


def test_projections() -> None:
    frame = daft.from_pydict({"g": [1, 1, 2], "x": [1, 2, 3], "many": [[1], [2, 3], [4]]})
    made = {
        "select": frame.select("x"),
        "with_column": frame.with_column("y", col("x")),
        "with_columns": frame.with_columns({"y": col("x")}),
        "exclude": frame.exclude("x"),
        "with_column_renamed": frame.with_column_renamed("x", "y"),
        "explode": frame.explode("many"),
        "limit": frame.limit(1),
        "distinct": frame.distinct("x"),
        "sum": frame.sum("x"),
        "agg": frame.agg(col("x").max()),
        "sort": frame.sort("x"),
    }
    expected = {
        Projection.KEEP: {"g", "x", "many"},
        Projection.ONLY: {"x"},
        Projection.DROP: {"g", "many"},
        Projection.RENAME: {"g", "y", "many"},
    }
    for name, result in made.items():
        more = {"y"} if name in ("with_column", "with_columns") else set()
        assert set(result.column_names) == expected[catalog.STEPS[name].projection] | more, name
    assert frame.groupby("g").agg(col("x").sum()).column_names == ["g", "x"]
    assert catalog.GROUPED_STEPS["agg"].projection is Projection.ONLY


def test_aggregates_keep_the_name_of_their_column() -> None:
    grouped = daft.from_pydict({"g": [1, 1], "x": [1.0, 2.0], "s": ["a", "b"]}).groupby("g")
    for name, spec in catalog.GROUPED_STEPS.items():
        if spec.function is not None and hasattr(grouped, name):
            column = "s" if spec.function == "string_agg" else "x"
            assert getattr(grouped, name)(column).column_names == ["g", column], name
