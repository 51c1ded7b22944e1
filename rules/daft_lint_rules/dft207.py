"""DFT207: a write that leaves many small files."""

from __future__ import annotations

import math
from collections.abc import Iterator

from daft_lint.api.edits import InsertCall
from daft_lint.api.nodes import method_location
from daft_lint.api.promises import Direction, Measure, Promise
from daft_lint.api.rows import known_value
from daft_lint.api.rule import Fix, Level, Observation, PipelineRule, Sinks, level_for
from daft_lint.api.wording import counted, written_call
from daft_lint.pipeline.model import (
    REPARTITIONING,
    Expression,
    ExpressionKind,
    Operator,
    PartitionsKind,
    Pipeline,
    Runner,
    StepKind,
)

_MANY_FILES = 64
"""Files of a write that are not many on any cluster."""
_FEW_ROWS = 128
"""Rows of light data that are little for a file."""
_UNIQUE = frozenset({"uuid", "monotonically_increasing_id", "row_number", "random_int"})
_PARTITIONED = frozenset({"write_parquet", "write_csv", "write_json", "write_deltalake"})


class ManySmallFiles(PipelineRule):
    """A write whose tasks leave many small files: small `into_batches` before a write of light rows, `partition_cols`
    of many tasks that each hold rows of every key, or `partition_cols` with a value of its own in each row.

    It is a *warning* where the number of files is known, or each row has a file, else *advice*; and in preview: in the
    public code that the rules were tried on it spoke twice, of two copies of a notebook that does not say whether it is
    for Ray.

    ## Why
    On Ray a task writes a file, with `partition_cols` one for each of its keys (experiment e22): 32 batches left 32
    files, gathered by `into_partitions(2)` 2; 8 keys of 4 tasks left 32, after `repartition(4, "k")` 8; 64 rows with a
    `uuid()` as their key left 64. Whoever reads them has a partition for each.

    ## Example

        df.write_parquet("s3://events/by-day/", partition_cols=["day"])

    becomes

        df.repartition(None, "day").write_parquet("s3://events/by-day/", partition_cols=["day"])

    ## Fix
    `.into_partitions(k)` before the write, with the nodes of the cluster. None for `partition_cols`: a `repartition` by
    the keys moves all rows over the network, which is worth it only where the files are small.

    ## Options
    - `[tool.daft-lint.cluster]`: `nodes` gives the `k`; on `native` only keys of one row are reported.
    """

    code = "DFT207"
    name = "many-small-files"
    level = Level.WARNING
    preview = True
    trigger_words = ("into_batches", "partition_cols")
    fixable = True
    sinks = Sinks.ALL_ROWS
    promises = (Promise(Measure.WRITTEN_FILES, Direction.LOWER),)

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """At most one observation for the write."""
        sink = pipeline.sink
        if sink.step.kind is not StepKind.SINK or not sink.step.name.startswith("write_"):
            return
        keys = _keys(sink) if sink.step.name in _PARTITIONED else []
        if keys:
            observation = _unique_key(pipeline, keys) or _keys_of_tasks(pipeline, keys)
        else:
            observation = _small_batches(pipeline)
        if observation is not None:
            yield observation


def _keys(sink: Operator) -> list[str]:
    """The names of `partition_cols`; none where not all are known."""
    given = sink.step.options.get("partition_cols")
    names: list[str] = []
    for key in given if isinstance(given, list | tuple) else ():
        name = key.name if isinstance(key, Expression) and key.kind is ExpressionKind.COLUMN else key
        if not isinstance(name, str):
            return []
        names.append(name)
    return names


def _made(sink: Operator, key: str) -> Expression | None:
    """The expression that makes a column that the sink gets, if one in view does."""
    column = sink.columns_in.get(key)
    outputs = column.made_by.outputs if column is not None else ()
    return next((output for output in outputs if output.output == key), None)


def _is_number_of_task(sink: Operator, key: str) -> bool:
    """Whether a key is computed of `monotonically_increasing_id`, whose upper bits are the partition's number: a task
    has a few of its own."""
    made = _made(sink, key)
    return made is not None and any(e.name == "monotonically_increasing_id" for e in made.walk())


def _unique_key(pipeline: Pipeline, keys: list[str]) -> Observation | None:
    """A key that is another one in each row."""
    sink = pipeline.sink
    for key in keys:
        made = _made(sink, key)
        while made is not None and made.kind is ExpressionKind.FUNCTION and made.name == "alias" and made.inputs:
            made = made.inputs[0]
        if made is not None and made.kind is ExpressionKind.FUNCTION and made.name in _UNIQUE:
            return Observation(
                location=method_location(sink.step),
                level=level_for(Level.WARNING, pipeline, None),
                observed=f"`partition_cols` holds `{key}`, which `{made.name}` makes another one in each row",
                impact="Each row is written to a folder and a file of its own",
                suggestion="Partition by something that many rows share, or not at all",
                related=() if made.location is None else ((made.location, f"`{key}` is made here"),),
            )
    return None


def _keys_of_tasks(pipeline: Pipeline, keys: list[str]) -> Observation | None:
    """Keys that are spread over several tasks."""
    sink = pipeline.sink
    if pipeline.runner is Runner.NATIVE or sink.partitions_in.kind is PartitionsKind.ONE:
        return None
    if any(_is_number_of_task(sink, key) for key in keys):
        return None
    last = next((o for o in reversed(pipeline.operators[:-1]) if o.step.kind in REPARTITIONING), None)
    if last is not None and _gathers(last, keys):
        return None
    names = ", ".join(f'"{key}"' for key in keys)
    call = f"repartition(None, {names})"
    count = sink.partitions_in.count
    tasks = "several tasks" if count is None else f"{count:,} tasks"
    return Observation(
        location=method_location(sink.step),
        level=level_for(Level.ADVICE, pipeline, None),
        observed=f"`partition_cols` of {tasks}, each of which may hold rows of every key",
        impact="A task writes a file for each of its keys: 8 keys of 4 tasks left 32 files in our measurement, 8 where"
        " the rows were repartitioned by the key before",
        suggestion=f"Write `.{call}` before it, where the files come out small",
    )


def _gathers(operator: Operator, keys: list[str]) -> bool:
    """Whether all rows of a key may be in one partition behind a step: it repartitions by these columns, or groups,
    joins or sorts by something."""
    if operator.step.kind is not StepKind.REPARTITION:
        return True
    columns = {name for expression in operator.step.expressions for name in expression.columns()}
    return bool(columns) and columns <= {*keys}


def _small_batches(pipeline: Pipeline) -> Observation | None:
    """Small batches of light rows that become files."""
    sink = pipeline.sink
    cut = next(
        (o for o in reversed(pipeline.operators[1:-1]) if o.step.kind in (StepKind.BATCHES, *REPARTITIONING)), None
    )
    size = known_value(cut.step.count) if cut is not None and cut.step.kind is StepKind.BATCHES else None
    ends = any(o.step.kind in (StepKind.LIMIT, StepKind.COLLECT) for o in pipeline.operators)
    heavy = any(column.weight.heavy for column in sink.columns_in.values())
    if cut is None or size is None or size > _FEW_ROWS or ends or heavy or pipeline.runner is Runner.NATIVE:
        return None
    files = None if cut.rows_in is None else math.ceil(cut.rows_in / size)
    if files is not None and files < _MANY_FILES:
        return None
    nodes, receiver = pipeline.cluster.nodes, sink.step.receiver
    call = f"into_partitions({nodes})" if nodes is not None else None
    made = f"about {files:,} files" if files is not None else "a file for each batch"
    return Observation(
        location=method_location(sink.step),
        level=level_for(Level.WARNING if files is not None else Level.ADVICE, pipeline, None),
        observed=f"`{written_call(cut.step)}` makes {made} of {counted(size, 'light row')} each",
        impact="A task writes a file: 32 batches left 32 files in our measurement, gathered by `into_partitions(2)` 2",
        suggestion=f"Write `.{call or 'into_partitions(k)'}` before the write",
        related=((method_location(cut.step), "the rows are cut into batches here"),),
        fix=None
        if call is None or receiver is None
        else Fix(f"Insert `.{call}` before the write", (InsertCall(receiver, call),)),
    )
