"""How many rows: of a call that nothing bounds, of a sample, of a pipeline whose sink reads only a few."""

from __future__ import annotations

import functools

from daft_lint.pipeline.model import (
    DEFAULT_MORSEL_ROWS,
    DOWNLOAD_ROWS,
    REPARTITIONING,
    Count,
    Operator,
    Pipeline,
    Reads,
    StepKind,
    Udf,
    UdfKind,
)

FEW_ROWS = DOWNLOAD_ROWS
"""Rows of a sample that are not worth a fan-out: a call behind a `download` holds as many."""

_ROW_GROUP_SOURCES = frozenset(
    {"read_parquet", "read_deltalake", "read_hudi", "read_iceberg", "read_huggingface", "read_table"}
)


def known_value(count: Count | None) -> int | None:
    """The value of a count that is given, known and positive."""
    return count.value if count is not None and count.value is not None and count.value > 0 else None


def is_row_wise(udf: Udf) -> bool:
    """Whether its body gets one row at a time, of the many in a morsel, and not a batch of them."""
    return udf.kind in (UdfKind.FUNC, UdfKind.METHOD, UdfKind.APPLY)


def reads_few(pipeline: Pipeline) -> bool:
    """Whether the sink reads a few rows (`show`, `limit(n).collect()`), with nothing on the way that needs all of
    them, or no column at all."""
    if pipeline.reads is Reads.NONE:
        return True
    if pipeline.reads is Reads.FEW or _is_limited(pipeline):
        return not any(s.step.kind in REPARTITIONING or s.step.multiplies_rows() for s in pipeline.operators)
    return False


@functools.lru_cache(maxsize=2)
def is_sample(pipeline: Pipeline) -> bool:
    """Whether a `limit` leaves a few rows, to try things out."""
    limits = (operator for operator in pipeline.operators if operator.step.kind is StepKind.LIMIT)
    return any(operator.rows_out is not None and operator.rows_out <= FEW_ROWS for operator in limits)


def _is_limited(pipeline: Pipeline) -> bool:
    """A `limit` right before the rows are collected, or before a few of them are written or returned."""
    last = pipeline.sink
    if last.step.kind is StepKind.LIMIT:
        return last.rows_out is not None and last.rows_out <= FEW_ROWS
    if len(pipeline.operators) < 2 or pipeline.operators[-2].step.kind is not StepKind.LIMIT:
        return False
    if last.step.name.startswith("write_"):
        return last.rows_in is not None and last.rows_in <= FEW_ROWS
    return last.step.kind in (StepKind.COLLECT, StepKind.SINK)


def unbounded_rows(pipeline: Pipeline, operator: Operator) -> str:
    """The rows of a call that nothing bounds, in words; Parquet readers pass on a whole row group where it has more."""
    rows = operator.rows_in
    morsel = pipeline.morsel_size or DEFAULT_MORSEL_ROWS
    if rows is not None and rows < morsel:
        return f"{rows:,} rows (all of them)"
    source = pipeline.source.step.source
    by_groups = operator.stage == 0 and source is not None and source.name in _ROW_GROUP_SOURCES
    by_groups = by_groups and pipeline.morsel_size is None
    return f"{morsel:,} rows{' or a whole row group' if by_groups else ''}"
