"""DFT104 ragged-batches."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.batching import BatchSize, FedCalls, batch_sizes, common_multiple, fed_calls
from daft_lint.api.promises import Direction, Measure, Promise
from daft_lint.api.rows import known_value
from daft_lint.api.rule import Level, Observation, PipelineRule, Sinks
from daft_lint.api.wording import counted
from daft_lint.pipeline.model import Operator, Pipeline, UdfCall


class RaggedBatches(PipelineRule):
    """`into_batches(n)` with an n that is above the `batch_size` of a UDF and not a multiple of it: the last call of
    each batch is a small one, every time.

    ## Why

    A UDF's batches do not span the partitions that `into_batches` makes. `into_batches(1000)` ahead of
    `batch_size=64` gave 15 calls of 64 rows and one of 40 in our measurement, for each 1,000 rows: the model is called
    more often than it need be, one time in sixteen with fewer rows than it was tuned for.

    ## Example

    ```python
    # before: 15 x 64 + 40 rows
    df.into_batches(1000).with_column("embedding", embed(df["image"]))

    # after: 16 x 64 rows
    df.into_batches(1024).with_column("embedding", embed(df["image"]))
    ```

    ## Fix

    Rounds n up to a multiple of every `batch_size` that it feeds. It is safe. There is none where n is decided
    elsewhere (a parameter, an environment variable), or where the batch sizes have no common multiple of a reasonable
    size: let them agree first.

    ## Options

    None.
    """

    code = "DFT104"
    name = "ragged-batches"
    level = Level.ADVICE
    trigger_words = ("into_batches",)
    fixable = True
    sinks = Sinks.ALL_ROWS
    promises = (Promise(Measure.CALLS, Direction.LOWER), Promise(Measure.RAGGED_CALLS, Direction.LOWER))

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each `into_batches` that makes ragged calls."""
        for fed in fed_calls(pipeline):
            ragged = [call for operator, call in fed.calls if _is_ragged(fed.rows, operator, call)]
            if ragged:
                yield _observation(pipeline, fed, ragged[0])


def _is_ragged(rows: int, operator: Operator, call: UdfCall) -> bool:
    size = known_value(call.udf.batch_size) or 1
    few = operator.rows_in is not None and operator.rows_in <= rows
    return rows > size and rows % size != 0 and not few


def _observation(pipeline: Pipeline, fed: FedCalls, call: UdfCall) -> Observation:
    size = known_value(call.udf.batch_size) or 1
    sizes = [known_value(other.udf.batch_size) or 1 for _, other in fed.calls]
    unit = common_multiple(sizes)
    suits_all = all(unit % other == 0 for other in sizes)
    wanted = BatchSize(-(-fed.rows // unit) * unit, batch_sizes(other for _, other in fed.calls))
    full, rest = divmod(fed.rows, size)
    return fed.observation(
        call,
        Level.ADVICE,
        asks=f"whose `batch_size` is {size:,}",
        impact=f"Each batch ends in a small call: {counted(full, 'call')} of {size:,} rows, then one of {rest:,}",
        suggestion=(
            f"Write `into_batches({fed.written(wanted, pipeline)})`, {wanted.rows // size:,} full calls"
            if suits_all
            else f"Let the batch sizes agree ({', '.join(f'{s:,}' for s in sorted(set(sizes)))}), then take a multiple"
        ),
        fix=fed.resize(wanted, pipeline, f"Round `into_batches` up to {wanted.rows:,} rows") if suits_all else None,
    )
