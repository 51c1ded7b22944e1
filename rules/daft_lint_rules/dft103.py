"""DFT103 batches-below-udf-batch."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.batching import FedCalls, fed_calls, recommended_batch_rows, rows_that_fit
from daft_lint.api.promises import Direction, Measure, Promise
from daft_lint.api.rows import known_value
from daft_lint.api.rule import Level, Observation, PipelineRule, Sinks, level_for
from daft_lint.pipeline.model import Operator, Pipeline, UdfCall


class BatchesBelowUdfBatch(PipelineRule):
    """`into_batches(n)` hands a UDF fewer rows than the `batch_size` that it asks for, so no call is ever full.

    ## Why

    `into_batches` caps each batch downstream. Measured with `batch_size=64`, 16 actors on 4 nodes and 16,384 rows:

    | plan | wall | UDF calls | largest batch |
    |---|---|---|---|
    | `into_batches(16)` | 41.6 s | 1,024 | 16 |
    | `into_batches(64)`, the batch size | 21.2 s | 256 | 64 |
    | `into_batches(256)`, batch size x concurrency / nodes | 15.1 s | 256 | 64 |

    ## Example

    ```python
    # before
    @daft.func.batch(return_dtype=DataType.float32(), batch_size=64)
    def score(images: Series) -> list[float]: ...

    df.into_batches(16).with_column("score", score(df["image"]))

    # after
    df.into_batches(64).with_column("score", score(df["image"]))
    ```

    ## Fix

    Raises n to the largest `batch_size` that it feeds; where concurrency and nodes are known, to 4 times the minimum
    rows of the partition formula (batch size x concurrency / nodes), as far as that leaves a batch for each node. It is
    safe.
    There is none where n is decided elsewhere (a parameter, an environment variable). Where the size of the rows is
    known and a full batch would not fit `target_batch_bytes`, nothing is reported.

    ## Options

    - `cluster.nodes`, `cluster.total_concurrency`: the factor in n.
    - `target_batch_bytes` (1 GiB): the most that one batch may hold.
    """

    code = "DFT103"
    name = "batches-below-udf-batch"
    level = Level.WARNING
    trigger_words = ("into_batches",)
    fixable = True
    sinks = Sinks.ALL_ROWS
    promises = (Promise(Measure.CALLS, Direction.LOWER), Promise(Measure.LARGEST_CALL, Direction.HIGHER))

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each `into_batches` that starves a UDF."""
        for fed in fed_calls(pipeline):
            operators = tuple(operator for operator, _ in fed.calls)
            fit = rows_that_fit(pipeline, operators) if operators else None
            starved = [call for operator, call in fed.calls if _starves(fed.rows, operator, call, fit)]
            if starved:
                yield _observation(pipeline, fed, starved)


def _starves(rows: int, operator: Operator, call: UdfCall, fit: int | None) -> bool:
    size = known_value(call.udf.batch_size) or 0
    if operator.rows_in is not None and operator.rows_in <= rows:
        return False
    return rows < (size if fit is None else min(size, fit))


def _observation(pipeline: Pipeline, fed: FedCalls, starved: list[UdfCall]) -> Observation:
    first = max(starved, key=lambda call: known_value(call.udf.batch_size) or 0)
    size = known_value(first.udf.batch_size) or 0
    wanted = recommended_batch_rows(pipeline, tuple(operator for operator, _ in fed.calls))
    return fed.observation(
        first,
        level_for(Level.WARNING, pipeline, None),
        asks=f"which asks for batches of {size:,} rows",
        impact=f"Every call gets {fed.rows:,} rows at most, {_times(size / fed.rows)} the calls: 16-row batches for a"
        " `batch_size` of 64 took 41.6 s in our measurement, 64-row batches 21.2 s",
        suggestion=f"Write `into_batches({fed.written(wanted, pipeline)})`",
        fix=fed.resize(wanted, pipeline, f"Raise `into_batches` to {wanted.rows:,} rows"),
    )


def _times(factor: float) -> str:
    return f"{factor:.0f} times" if abs(factor - round(factor)) < 0.05 else f"{factor:.1f} times"
