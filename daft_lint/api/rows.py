"""How many rows: of a call that nothing bounds, of a sample, of a pipeline whose sink reads only a few."""

from __future__ import annotations

import functools

from daft_lint.api import cst
from daft_lint.api.scopes import ModuleScopes
from daft_lint.pipeline.model import (
    DEFAULT_MORSEL_ROWS,
    DOWNLOAD_ROWS,
    REPARTITIONING,
    Count,
    Operator,
    PartitionsKind,
    Pipeline,
    Reads,
    Script,
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
    return _few_rows_from(pipeline) == 0


def gets_few_rows(pipeline: Pipeline, operator: Operator) -> bool:
    """Whether an operator gets a few rows, whatever those before it do: the sink reads no more, and nothing from there
    on needs all of them, or a `limit` stands before it, with an `explode` at most between."""
    return operator.index >= _few_rows_from(pipeline) or _is_behind_small_limit(pipeline, operator)


def has_few_rows(udf: Udf, script: Script) -> bool:
    """Whether each pipeline that calls a UDF is known to have few rows for it; without any, whether the script calls it
    with values."""
    calls = [
        reads_few(pipeline) or (operator.rows_in is not None and operator.rows_in <= FEW_ROWS)
        for pipeline in script.pipelines
        for operator in pipeline.operators
        if any(call.udf.definition == udf.definition for call in operator.udf_calls)
    ]
    return all(calls) if calls else _is_called_with_values(udf)


def _is_called_with_values(udf: Udf) -> bool:
    """Whether a function is only called with literals: Daft then runs it on the spot, like any other."""
    definition = udf.definition
    if definition is None or not isinstance(definition.node, cst.FunctionDef):
        return False
    name, scopes = definition.node.name, ModuleScopes.of(definition.cell)
    named = (use for use in scopes.names[name.value] if use is not name)
    uses = [use for use in named if definition.node in scopes.resolve(use.value, use)[1]]
    return bool(uses) and all(_is_call_with_literals(scopes.parents.get(use), use) for use in uses)


def _is_call_with_literals(call: cst.CSTNode | None, called: cst.Name) -> bool:
    if not isinstance(call, cst.Call) or call.func is not called or not call.args:
        return False
    return all(isinstance(argument.value, cst.BaseString | cst.BaseNumber) for argument in call.args)


@functools.lru_cache(maxsize=2)
def _few_rows_from(pipeline: Pipeline) -> int:
    """The first operator from which on the sink's few rows are enough; as many as there are operators where none is."""
    if pipeline.reads is Reads.NONE:
        return 0
    if pipeline.reads is not Reads.FEW and not _is_limited(pipeline):
        return len(pipeline.operators)
    whole = (s.index for s in pipeline.operators if s.step.kind in REPARTITIONING or s.step.multiplies_rows())
    return max(whole, default=-1) + 1


def _is_behind_small_limit(pipeline: Pipeline, operator: Operator) -> bool:
    before = pipeline.operators[: operator.index]
    limit = next((s for s in reversed(before) if s.step.kind is StepKind.LIMIT), None)
    if limit is None or limit.rows_out is None or limit.rows_out > FEW_ROWS:
        return False
    more = (s.step for s in before[limit.index + 1 :] if s.rows_out is None and s.rows_in is not None)
    return all(step.kind is StepKind.EXPLODE or step.multiplies_rows() for step in more)


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
        is_whole = operator.partitions_in.kind is PartitionsKind.ONE
        return f"{rows:,} rows{' (all of them)' if is_whole else ''}"
    source = pipeline.source.step.source
    by_groups = operator.stage == 0 and source is not None and source.name in _ROW_GROUP_SOURCES
    by_groups = by_groups and pipeline.morsel_size is None
    by_groups = by_groups and not any(s.step.kind is StepKind.LIMIT for s in pipeline.operators[: operator.index])
    return f"{morsel:,} rows{' or a whole row group' if by_groups else ''}"
