"""What a rule needs to know of a step, and what to write where that is not known."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping

from daft_lint.api.expensive import why_expensive
from daft_lint.api.rows import gets_few_rows, known_value, reads_few
from daft_lint.pipeline.model import BoundKind, Operator, PartitionsKind, Pipeline, Runner


class Need(enum.Enum):
    """A fact that a rule rests on."""

    ALL_ROWS = "the sink reads all rows"
    HEAVY = "a column is heavy"
    UNBOUNDED = "nothing bounds the calls"
    WORK = "the step opens files or is expensive"
    ONE_PARTITION = "the rows come in one partition"
    RAY = "the script is for Ray"
    ROWS = "the number of rows"
    BATCH_SIZE = "the batch size of the UDF"
    CONCURRENCY = "the number of UDF calls at once"
    NODES = "the number of nodes"


def missing(pipeline: Pipeline, operator: Operator, needs: Iterable[Need]) -> Iterator[str]:
    """For each need that an operator does not meet: what is known instead, and how to state the fact."""
    for need in needs:
        text = _CHECKS[need](pipeline, operator)
        if text is not None:
            yield text


def _all_rows(pipeline: Pipeline, operator: Operator) -> str | None:
    if reads_few(pipeline) or gets_few_rows(pipeline, operator):
        return f"it gets a few rows only: behind a `limit`, or because `{pipeline.sink.step.name}` reads no more"
    if operator.udf_calls and not any(call.read for call in operator.udf_calls):
        return "nothing reads the column that it makes, so Daft drops it"
    return None


def _heavy(pipeline: Pipeline, operator: Operator) -> str | None:
    columns = [*operator.columns_in.values(), *operator.columns_out.values()]
    if any(column.weight.heavy for column in columns) or any(call.is_heavy for call in operator.udf_calls):
        return None
    unknown = sorted({column.name for column in columns if column.weight.heavy is None})
    if not columns:
        return f"no column of it is known: {_on_source(pipeline, 'heavy=NAME')}"
    if not unknown:
        return "all columns that reach it are known to be light"
    names = ", ".join(f"`{name}`" for name in unknown)
    return f"no column is known to be heavy ({names} may be): {_on_source(pipeline, f'heavy={unknown[0]}')}"


def _unbounded(pipeline: Pipeline, operator: Operator) -> str | None:
    bounds = [call.bound for call in operator.udf_calls] or [operator.bound]
    if any(bound.kind in (BoundKind.NONE, BoundKind.LOOSE) for bound in bounds):
        return None
    by = bounds[0].by
    name = "its own `batch_size`" if by is None else f"`{by.name}`"
    rows = "" if bounds[0].rows is None else f" to {bounds[0].rows:,} rows"
    return f"{name} bounds its calls{rows}"


def _work(pipeline: Pipeline, operator: Operator) -> str | None:
    opens = any(o.heavy_read for o in operator.heavy_operations) or any(call.opens for call in operator.udf_calls)
    if opens or any(why_expensive(call.udf) for call in operator.udf_calls):
        return None
    return "nothing in view shows that the step opens a file, runs a model or waits for an answer"


def _one_partition(pipeline: Pipeline, operator: Operator) -> str | None:
    partitions = operator.partitions_in
    if partitions.kind is PartitionsKind.ONE:
        return None
    if partitions.kind is PartitionsKind.MANY:
        count = "several" if partitions.count is None else f"{partitions.count:,}"
        return f"its rows come in {count} partitions"
    return f"how many partitions its rows come in is not known: {_on_source(pipeline, 'files=1')}"


def _ray(pipeline: Pipeline, operator: Operator) -> str | None:
    if pipeline.runner is Runner.NATIVE:
        return "the script is for the native runner"
    if pipeline.runner_is_sure:
        return None
    return 'nothing says that the script is for Ray: `runner = "ray"` in `[tool.daft-lint.cluster]`'


def _rows(pipeline: Pipeline, operator: Operator) -> str | None:
    if operator.rows_in is not None:
        return None
    return f"the number of rows is not known: {_on_source(pipeline, 'rows=1_000_000')}"


def _batch_size(pipeline: Pipeline, operator: Operator) -> str | None:
    if any(known_value(call.udf.batch_size) is not None for s in pipeline.stage_of(operator) for call in s.udf_calls):
        return None
    return "no UDF of its stage has a `batch_size` whose value is known: give it one at its decorator"


def _concurrency(pipeline: Pipeline, operator: Operator) -> str | None:
    udfs = [call.udf for s in pipeline.stage_of(operator) for call in s.udf_calls]
    if pipeline.cluster.total_concurrency or any(known_value(udf.max_concurrency) is not None for udf in udfs):
        return None
    return (
        "how many UDF calls run at once is not known: `max_concurrency` at the UDF's decorator, or `total_concurrency`"
        " in `[tool.daft-lint.cluster]`"
    )


def _nodes(pipeline: Pipeline, operator: Operator) -> str | None:
    if pipeline.cluster.nodes is not None:
        return None
    return "the number of nodes is not known: `nodes` in `[tool.daft-lint.cluster]`"


def _on_source(pipeline: Pipeline, fact: str) -> str:
    source = pipeline.source.step.source
    paths = source.paths if source is not None else ()
    table = f'`[tool.daft-lint.sources."{paths[0]}"]`' if paths else "`[tool.daft-lint.sources]`"
    comment = f"`# daft-lint: {fact}` on the line of `{pipeline.source.step.name}`"
    return f"{comment}, {table}, or what `daft-lint profile` measures"


_CHECKS: Mapping[Need, Callable[[Pipeline, Operator], str | None]] = {
    Need.ALL_ROWS: _all_rows,
    Need.HEAVY: _heavy,
    Need.UNBOUNDED: _unbounded,
    Need.WORK: _work,
    Need.ONE_PARTITION: _one_partition,
    Need.RAY: _ray,
    Need.ROWS: _rows,
    Need.BATCH_SIZE: _batch_size,
    Need.CONCURRENCY: _concurrency,
    Need.NODES: _nodes,
}
