"""DFT413: a step that a plan with a checkpoint rejects."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.checkpoints import has_checkpoint, is_rejected
from daft_lint.api.nodes import method_location
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Level, Observation, PipelineRule
from daft_lint.pipeline.model import Pipeline, Reads, Runner


class CheckpointBreaker(PipelineRule):
    """A step behind a source with `checkpoint=` that Daft refuses there: an aggregation, `sort`, `distinct`, a join, a
    `repartition` or `into_partitions`, `limit`, `offset`, `sample`, `concat`; `count_rows` and `show`, which are an
    aggregation and a limit; and any such plan on the native runner.

    ## Why
    A checkpoint remembers the key of each row between the source and the write, so only steps that take rows as they
    come are allowed: filters, columns, UDFs, `explode`, `unpivot`, `into_batches`. For the others the plan raises a
    ValueError before anything runs, "Checkpointing only supports map-only pipelines", and so does every plan on the
    native runner (experiment e29).

    ## Example

        docs = daft.read_parquet("s3://in/", checkpoint=CheckpointConfig(store=store, on="id"))
        docs.distinct("url").write_parquet("s3://out/")

    becomes

        docs = daft.read_parquet("s3://in/", checkpoint=CheckpointConfig(store=store, on="id"))
        docs.write_parquet("s3://out/")
        daft.read_parquet("s3://out/").distinct("url").write_parquet("s3://out-once/")

    ## Fix
    None: the step goes before, into what the source reads, or into a script of its own behind the write.

    ## Options
    None.
    """

    code = "DFT413"
    name = "checkpoint-breaker"
    level = Level.ERROR
    trigger_words = ("checkpoint",)
    ends = (Failure("ValueError", "when the plan runs"),)

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """The first step that is refused, or the source where the runner refuses it."""
        if pipeline.reads is Reads.NONE or not has_checkpoint(pipeline):
            return
        source = pipeline.source.step
        if pipeline.runner is Runner.NATIVE:
            yield Observation(
                location=source.call,
                level=Level.ERROR,
                observed=f"`{source.name}` has a checkpoint, and the plan runs on the native runner",
                impact="Daft raises a ValueError when the plan runs: only the Ray runner keeps checkpoints",
                suggestion="Set the Ray runner, or leave out the checkpoint",
            )
            return
        refused = next((o.step for o in pipeline.operators[1:] if is_rejected(o.step)), None)
        if refused is not None:
            yield Observation(
                location=method_location(refused),
                level=Level.ERROR,
                observed=f"`{refused.name}` stands behind a source with a checkpoint",
                impact="Daft raises a ValueError when the plan runs: a checkpoint allows steps that take rows as they"
                " come, and no other",
                suggestion="Write the rows first, and go on from what was written; or leave out the checkpoint",
                related=((source.call, f"`{source.name}` has the checkpoint"),),
            )
