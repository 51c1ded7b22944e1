"""DFT104 ragged-batches."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.edits import ReplaceNode
from daft_lint.pipeline.model import Pipeline, Place, Stage, StepKind, UdfCall
from daft_lint.places import method_place, replaceable, udf_related
from daft_lint.rule import Fix, Level, Observation, PipelineRule
from daft_lint_rules._fanout import known
from daft_lint_rules._streaming import common_multiple, number, reads_few
from daft_lint_rules.dft103 import fed_by


class RaggedBatches(PipelineRule):
    """`into_batches(n)` with n above the `batch_size` of a UDF and no multiple of it: the last call of each batch is
    a small one, every time.

    ## Why

    A UDF's batches do not reach over the pieces that `into_batches` makes. `into_batches(1000)` ahead of
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
    words = ("into_batches",)
    fixable = True

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each `into_batches` that makes ragged calls."""
        if reads_few(pipeline):
            return
        for batches in pipeline.stages:
            rows = known(batches.step.count)
            if batches.step.kind is not StepKind.BATCHES or rows is None:
                continue
            fed = fed_by(pipeline, batches)
            ragged = [call for stage, call in fed if _is_ragged(rows, stage, call)]
            if ragged:
                sizes = [known(call.udf.batch_size) or 1 for _, call in fed]
                yield _observation(batches, ragged[0], rows, sizes)


def _is_ragged(rows: int, stage: Stage, call: UdfCall) -> bool:
    size = known(call.udf.batch_size) or 1
    few = stage.rows_in is not None and stage.rows_in <= rows
    return rows > size and rows % size != 0 and not few


def _observation(batches: Stage, call: UdfCall, rows: int, sizes: list[int]) -> Observation:
    size = known(call.udf.batch_size) or 1
    unit = common_multiple(sizes)
    suits_all = all(unit % other == 0 for other in sizes)
    wanted = -(-rows // unit) * unit
    place = batches.step.count.place if batches.step.count is not None else None
    full, rest = divmod(rows, size)
    related: list[tuple[Place, str]] = []
    if call.expression.place is not None:
        related.append((call.expression.place, f"`{call.udf.name}` gets its rows here"))
    calls = f"{number(full)} {'call' if full == 1 else 'calls'} of {number(size)} rows"
    fix = None
    if suits_all and place is not None and replaceable(place):
        fix = Fix(f"Round `into_batches` up to {number(wanted)} rows", (ReplaceNode(place, str(wanted)),))
    return Observation(
        place=method_place(batches.step),
        level=Level.ADVICE,
        seen=f"`into_batches({number(rows)})` feeds `{call.udf.name}`, whose `batch_size` is {number(size)}",
        costs=f"Each batch ends in a small call: {calls}, then one of {number(rest)}",
        write=(
            f"Write `into_batches({wanted})`, {number(wanted // size)} full calls"
            if suits_all
            else f"Let the batch sizes agree ({', '.join(number(s) for s in sorted(set(sizes)))}), then take a multiple"
        ),
        related=(*related, *udf_related(call.udf)),
        fix=fix,
    )
