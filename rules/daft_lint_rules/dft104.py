"""DFT104 ragged-batches."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.nodes import method_location
from daft_lint.api.rule import Level, Observation, PipelineRule
from daft_lint.pipeline.model import Operator, Pipeline, UdfCall
from daft_lint_rules._fanout import known
from daft_lint_rules._streaming import (
    Feeding,
    Rows,
    batch_sizes,
    common_multiple,
    fed_related,
    feedings,
    number,
    resized,
)


class RaggedBatches(PipelineRule):
    """`into_batches(n)` with n above the `batch_size` of a UDF and no multiple of it: the last call of each batch is
    a small one, every time.

    ## Why

    A UDF's batches do not reach over the partitions that `into_batches` makes. `into_batches(1000)` ahead of
    `batch_size=64` gave 15 calls of 64 rows and one of 40 in our measurement, for each 1,000 rows: the model
    is called more often than it need be, once in sixteen for less than it was tuned for.

    ## Example

    ```python
    # before: 15 x 64 + 40 rows
    df.into_batches(1000).with_column("embedding", embed(df["image"]))

    # after: 16 x 64 rows
    df.into_batches(1024).with_column("embedding", embed(df["image"]))
    ```

    ## Fix

    Rounds n up to a multiple of every `batch_size` that it feeds. It is safe. There is none where n is decided
    elsewhere (a parameter, an environment variable), or where the batch sizes have no multiple in common that
    is in proportion to them: let them agree first.

    ## Options

    None.
    """

    code = "DFT104"
    name = "ragged-batches"
    level = Level.ADVICE
    trigger_words = ("into_batches",)
    fixable = True

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each `into_batches` that makes ragged calls."""
        for feeding in feedings(pipeline):
            ragged = [call for operator, call in feeding.calls if _is_ragged(feeding.rows, operator, call)]
            if ragged:
                yield _observation(pipeline, feeding, ragged[0])


def _is_ragged(rows: int, operator: Operator, call: UdfCall) -> bool:
    size = known(call.udf.batch_size) or 1
    few = operator.rows_in is not None and operator.rows_in <= rows
    return rows > size and rows % size != 0 and not few


def _observation(pipeline: Pipeline, feeding: Feeding, call: UdfCall) -> Observation:
    size = known(call.udf.batch_size) or 1
    sizes = [known(fed.udf.batch_size) or 1 for _, fed in feeding.calls]
    unit = common_multiple(sizes)
    suits_all = all(unit % other == 0 for other in sizes)
    wanted = Rows(-(-feeding.rows // unit) * unit, batch_sizes(fed for _, fed in feeding.calls))
    text, fix = resized(pipeline, feeding, wanted, f"Round `into_batches` up to {number(wanted.value)} rows")
    full, rest = divmod(feeding.rows, size)
    calls = f"{number(full)} {'call' if full == 1 else 'calls'} of {number(size)} rows"
    return Observation(
        location=method_location(feeding.operator.step),
        level=Level.ADVICE,
        observed=f"`into_batches({number(feeding.rows)})` feeds `{call.udf.name}`, whose `batch_size` is "
        f"{number(size)}",
        impact=f"Each batch ends in a small call: {calls}, then one of {number(rest)}",
        suggestion=(
            f"Write `into_batches({text})`, {number(wanted.value // size)} full calls"
            if suits_all
            else f"Let the batch sizes agree ({', '.join(number(s) for s in sorted(set(sizes)))}), then take a multiple"
        ),
        related=fed_related(call),
        fix=fix if suits_all else None,
    )
