"""DFT205: a shuffle whose pieces are cut again before anything uses them."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.edits import RemoveCall
from daft_lint.pipeline.model import Pipeline, Runner, Script, Stage, Step, StepKind
from daft_lint.places import method_place
from daft_lint.rule import Fix, Level, Observation, ScriptRule

RECUTS_ALL = frozenset({StepKind.PARTITIONS, StepKind.BATCHES, StepKind.RECUT, StepKind.JOIN})
PIECES_ONLY = frozenset({"repartition", "into_partitions"})


class RedundantShuffle(ScriptRule):
    """A `repartition` whose pieces the next `repartition`, `into_partitions`, `into_batches`, `groupby`, `sort` or
    join cuts again, with only filters and light expressions between.

    ## Why
    A `repartition` sends every row over the network. Where nothing heavy runs on its pieces before they are cut
    again, that was for nothing: measured (experiment e8) with a light column between two of them, both moved 816 MB
    and the second alone 410 MB. Daft 0.7's optimizer drops the first of two only where filters alone stand between
    and the second is a `repartition` or `into_partitions`; with one `with_column` between, or before `into_batches`,
    `sort`, `groupby` and joins, the plan keeps both (`df.explain(show_all=True)`), and on Ray both run. And where the
    optimizer drops it, the line says something that does not happen.

    ## Example

        df = daft.read_parquet("s3://lake/pages/*.parquet").repartition(64)
        df = df.where(df["lang"] == "en")
        df = df.into_batches(256).with_column("vector", embed(df["text"]))

    becomes

        df = daft.read_parquet("s3://lake/pages/*.parquet")
        df = df.where(df["lang"] == "en")
        df = df.into_batches(256).with_column("vector", embed(df["text"]))

    ## Fix
    Removes the first call. It is safe: on Ray a `repartition` promises no row order, so none is lost.

    ## Options
    None. A `repartition` by columns before a `groupby`, `distinct` or join is left alone (these may use its pieces),
    and so is one before a broadcast or cross join, which cuts nothing.
    """

    code = "DFT205"
    name = "redundant-shuffle"
    level = Level.ADVICE
    words = ("repartition",)
    fixable = True

    def check(self, script: Script) -> Iterator[Observation]:
        verdicts: dict[int, tuple[Stage, Stage | None, bool]] = {}
        for pipeline in script.pipelines:
            if pipeline.runner is Runner.NATIVE:
                continue
            for stage in pipeline.stages:
                if stage.step.name != "repartition":
                    continue
                recut, key = _next_recut(pipeline, stage), id(stage.step.call.node)
                first = verdicts.get(key)
                # Every path through it has to cut it again: one path may need the pieces that the other wastes.
                redundant = recut is not None and (first is None or first[2])
                verdicts[key] = (stage, recut if first is None else first[1], redundant)
        for stage, recut, redundant in verdicts.values():
            if redundant and recut is not None:
                yield self._observation(stage.step, recut.step, adjacent=recut.index == stage.index + 1)

    def _observation(self, first: Step, then: Step, *, adjacent: bool) -> Observation:
        between = "right after it" if adjacent else "with nothing but filters and light expressions between"
        count = "" if first.count is None or first.count.value is None else f"{first.count.value}"
        dropped = then.name in PIECES_ONLY
        return Observation(
            place=method_place(first),
            level=self.level,
            seen=f"`repartition({count})`, and `{then.name}` cuts its pieces again {between}",
            costs="All rows are shuffled over the network and nothing uses the pieces"
            + (", unless the optimizer sees it and drops the first call" if dropped else ""),
            write="Remove this `repartition`",
            related=((method_place(then), f"`{then.name}` makes new pieces"),),
            fix=Fix(title="Remove the redundant `repartition`", actions=(RemoveCall(first.call),)),
        )


def _next_recut(pipeline: Pipeline, first: Stage) -> Stage | None:
    """The stage that cuts the pieces of `first` again before anything heavy works on them, else None."""
    for stage in pipeline.stages[first.index + 1 :]:
        if stage.udf_calls or any(i.heavy_read or i.weight.heavy for i in stage.inflations):
            return None
        if stage.step.kind in RECUTS_ALL:
            return stage if _cuts(first.step, stage.step) else None
        if stage.step.kind not in (StepKind.FILTER, StepKind.PROJECT):
            return None
    return None


def _cuts(first: Step, then: Step) -> bool:
    """Whether `then` makes new pieces of those of `first`, and can make no use of them."""
    options = then.options
    if then.kind is StepKind.JOIN and (options.get("strategy") == "broadcast" or options.get("how") == "cross"):
        return False
    by_columns = bool(first.expressions or first.outputs) or "1" in first.options
    return not (by_columns and then.kind in (StepKind.RECUT, StepKind.JOIN) and then.name != "sort")
