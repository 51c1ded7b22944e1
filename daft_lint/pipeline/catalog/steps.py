"""Methods of DataFrame and GroupedDataFrame."""

from __future__ import annotations

from daft_lint.pipeline.catalog.spec import KEYWORD_ONLY, Argument, ColumnArguments, RowsEffect, StepSpec
from daft_lint.pipeline.model import Projection, Reads, StepKind

_OTHER = Argument(0, "other")
_FILTER = StepSpec(StepKind.FILTER, rows=RowsEffect.FEWER, columns=ColumnArguments.READ)
_CONCAT = StepSpec(StepKind.UNION, rows=RowsEffect.SUM, others=_OTHER)
_DISTINCT = StepSpec(StepKind.SHUFFLE, rows=RowsEffect.FEWER, columns=ColumnArguments.READ, keeps_order=False)
# `union` is a `concat` and a `distinct`: at most the rows of both.
_UNION = StepSpec(StepKind.SHUFFLE, rows=RowsEffect.SUM, others=_OTHER, keeps_order=False)
_SET = StepSpec(StepKind.SHUFFLE, rows=RowsEffect.FEWER, others=_OTHER, keeps_order=False)
_UNPIVOT = StepSpec(
    StepKind.EXPLODE,
    projection=Projection.UNKNOWN,
    rows=RowsEffect.MORE,
    columns=ColumnArguments.READ,
    keys=(Argument(0, "ids"), Argument(1, "values")),
)


def _aggregate(function: str | None, *, sees_order: bool = False) -> StepSpec:
    """An aggregation: its arguments go through `function`, or are expressions of their own where that is None."""
    return StepSpec(
        StepKind.SHUFFLE,
        projection=Projection.ONLY,
        rows=RowsEffect.FEWER,
        columns=ColumnArguments.EXPRESSIONS,
        keeps_order=False,
        sees_order=sees_order,
        function=function,
    )


def _sink(reads: Reads, *, sees_order: bool = False) -> StepSpec:
    return StepSpec(StepKind.SINK, lazy=False, reads=reads, sees_order=sees_order)


_WRITE = _sink(Reads.ALL)
_TO = _sink(Reads.ALL, sees_order=True)
_ASK = _sink(Reads.NONE)

_AGGREGATES: dict[str, StepSpec] = {
    **{
        name: _aggregate(name)
        for name in ("sum", "mean", "min", "max", "stddev", "var", "skew", "product", "count", "count_distinct")
    },
    "agg": _aggregate(None),
    # The first row that it meets.
    "any_value": _aggregate("any_value", sees_order=True),
}
"""Those that DataFrame and GroupedDataFrame share."""

GROUPED_STEPS: dict[str, StepSpec] = {
    **_AGGREGATES,
    "list_agg": _aggregate("list_agg", sees_order=True),
    "list_agg_distinct": _aggregate("list_agg_distinct"),
    "string_agg": _aggregate("string_agg", sees_order=True),
    # Whole rows go to the task of their group, and the UDF can return any number of them.
    "map_groups": StepSpec(
        StepKind.SHUFFLE,
        projection=Projection.ONLY,
        rows=RowsEffect.MORE,
        columns=ColumnArguments.EXPRESSIONS,
        keeps_order=False,
        sees_order=True,
    ),
    # Until getdaft 0.6.14.
    "agg_list": _aggregate("list_agg", sees_order=True),
    "agg_set": _aggregate("list_agg_distinct"),
    "agg_concat": _aggregate("string_agg", sees_order=True),
}
"""By the name of the GroupedDataFrame method: the step that it makes of `groupby(...)` and itself. The keys of the
`groupby` come first among its columns."""

STEPS: dict[str, StepSpec] = {
    # Columns.
    "select": StepSpec(StepKind.PROJECT, projection=Projection.ONLY, columns=ColumnArguments.EXPRESSIONS),
    "with_column": StepSpec(StepKind.PROJECT, columns=ColumnArguments.NAME_AND_EXPRESSION),
    "with_columns": StepSpec(StepKind.PROJECT, columns=ColumnArguments.MAPPING),
    "exclude": StepSpec(StepKind.PROJECT, projection=Projection.DROP, columns=ColumnArguments.DROPPED_NAMES),
    "with_column_renamed": StepSpec(StepKind.PROJECT, projection=Projection.RENAME, columns=ColumnArguments.RENAMES),
    "with_columns_renamed": StepSpec(StepKind.PROJECT, projection=Projection.RENAME, columns=ColumnArguments.RENAMES),
    # Rows.
    "where": _FILTER,
    "filter": _FILTER,
    "drop_null": _FILTER,
    "drop_nan": _FILTER,
    # Asks Ray actors that hold the keys which are there already; its rows stay where they are.
    "skip_existing": StepSpec(StepKind.FILTER, rows=RowsEffect.FEWER, keys=(Argument(1, "key_column"),)),
    "limit": StepSpec(StepKind.LIMIT, rows=RowsEffect.LIMIT, count=Argument(0, "num"), sees_order=True),
    "offset": StepSpec(StepKind.OTHER, rows=RowsEffect.FEWER, count=Argument(0, "num"), sees_order=True),
    "sample": StepSpec(StepKind.OTHER, rows=RowsEffect.FEWER, sees_order=True),
    "explode": StepSpec(StepKind.EXPLODE, rows=RowsEffect.MORE, columns=ColumnArguments.EXPRESSIONS),
    "unpivot": _UNPIVOT,
    "melt": _UNPIVOT,
    # Partitions.
    "into_batches": StepSpec(StepKind.BATCHES, count=Argument(0, "batch_size"), keeps_order=False),
    "into_partitions": StepSpec(StepKind.REPARTITION, count=Argument(0, "num")),
    # `num` is required, but may be None: the number of partitions stays, the rows are shuffled all the same.
    "repartition": StepSpec(
        StepKind.REPARTITION,
        columns=ColumnArguments.READ,
        count=Argument(0, "num"),
        columns_from=1,
        keeps_order=False,
    ),
    "shuffle": StepSpec(StepKind.SHUFFLE, keeps_order=False),
    "sort": StepSpec(StepKind.SHUFFLE, columns=ColumnArguments.READ, keys=(Argument(0, "by"),), keeps_order=False),
    "distinct": _DISTINCT,
    "unique": _DISTINCT,
    "drop_duplicates": _DISTINCT,
    # Several DataFrames.
    "join": StepSpec(
        StepKind.JOIN,
        rows=RowsEffect.MORE,
        columns=ColumnArguments.READ,
        keys=(Argument(1, "on"), Argument(2, "left_on"), Argument(3, "right_on")),
        others=_OTHER,
        keeps_order=False,
    ),
    "join_asof": StepSpec(
        StepKind.JOIN,
        columns=ColumnArguments.READ,
        keys=tuple(Argument(KEYWORD_ONLY, name) for name in ("on", "left_on", "right_on", "by", "left_by", "right_by")),
        others=_OTHER,
        keeps_order=False,
    ),
    "concat": _CONCAT,
    "union_all": _CONCAT,
    "union_all_by_name": StepSpec(StepKind.UNION, projection=Projection.UNKNOWN, rows=RowsEffect.SUM, others=_OTHER),
    "union": _UNION,
    "union_by_name": StepSpec(
        StepKind.SHUFFLE,
        projection=Projection.UNKNOWN,
        rows=RowsEffect.SUM,
        others=_OTHER,
        keeps_order=False,
    ),
    "intersect": _SET,
    "intersect_all": _SET,
    "except_all": _SET,
    "except_distinct": _SET,
    # Aggregations of all rows. `agg_*` are current here and legacy on a GroupedDataFrame.
    **_AGGREGATES,
    "agg_list": _aggregate("list_agg", sees_order=True),
    "agg_set": _aggregate("list_agg_distinct"),
    "agg_concat": _aggregate("string_agg", sees_order=True),
    "groupby": StepSpec(StepKind.SHUFFLE, columns=ColumnArguments.READ, keeps_order=False),
    "pivot": StepSpec(
        StepKind.SHUFFLE,
        projection=Projection.UNKNOWN,
        rows=RowsEffect.FEWER,
        columns=ColumnArguments.READ,
        keys=(Argument(0, "group_by"), Argument(1, "pivot_col"), Argument(2, "value_col")),
        keeps_order=False,
    ),
    "summarize": StepSpec(
        StepKind.SHUFFLE,
        projection=Projection.UNKNOWN,
        rows=RowsEffect.MORE,
        keeps_order=False,
    ),
    # Made of the schema alone.
    "describe": StepSpec(StepKind.SINK, reads=Reads.NONE),
    # Call the function that they are given; only where that is not in view do they count as steps.
    "pipe": StepSpec(StepKind.OTHER, projection=Projection.UNKNOWN, rows=RowsEffect.MORE, lazy=False),
    "transform": StepSpec(StepKind.OTHER, projection=Projection.UNKNOWN, rows=RowsEffect.MORE, lazy=False),
    # Ends. `collect` keeps its rows in the DataFrame that it is called on, so its result may be dropped.
    "collect": StepSpec(StepKind.COLLECT, lazy=False),
    "show": StepSpec(StepKind.SINK, count=Argument(0, "n"), lazy=False, reads=Reads.FEW, sees_order=True),
    # Daft prunes every column that no filter needs: UDFs that make columns do not run.
    "count_rows": _sink(Reads.COUNT),
    **dict.fromkeys(
        (
            "to_arrow",
            "to_arrow_iter",
            "to_dask_dataframe",
            "to_pandas",
            "to_pydict",
            "to_pylist",
            "to_ray_dataset",
            "to_torch_dataloader",
            "to_torch_iter_dataset",
            "to_torch_map_dataset",
            "iter_partitions",
            "iter_rows",
        ),
        _TO,
    ),
    **dict.fromkeys(
        (
            "write_bigtable",
            "write_clickhouse",
            "write_csv",
            "write_deltalake",
            "write_huggingface",
            "write_iceberg",
            "write_json",
            "write_lance",
            "write_paimon",
            "write_parquet",
            "write_sink",
            "write_sql",
            "write_turbopuffer",
        ),
        _WRITE,
    ),
    **dict.fromkeys(("explain", "num_partitions", "schema"), _ASK),
    **dict.fromkeys(("column_names", "columns", "metrics", "skipped_corrupt_files"), _ASK),
}
"""By the name of the DataFrame method."""

DAFT_ONLY_STEPS = frozenset({"into_batches", "into_partitions"})
"""Methods that no DataFrame but Daft's has."""

ITERATING_BUILTINS = frozenset({"enumerate", "iter", "list", "set", "sorted", "tuple"})
"""Builtins that read a DataFrame's rows as `iter_rows` does; a `for` loop does so, too. `len(df)` runs nothing: it
needs a `collect` before it."""
