"""DFT205: a shuffle whose partitions are cut again before anything uses them."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.edits import RemoveCall
from daft_lint.api.nodes import method_location
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule
from daft_lint.pipeline.model import Operator, Pipeline, Runner, Script, Step, StepKind

ALWAYS_REPARTITIONING = frozenset({StepKind.REPARTITION, StepKind.BATCHES, StepKind.SHUFFLE, StepKind.JOIN})
PARTITIONS_ONLY = frozenset({"repartition", "into_partitions"})


class RedundantShuffle(ScriptRule):
    """A `repartition` whose partitions the next `repartition`, `into_partitions`, `into_batches`, `groupby`, `sort` or
    join cuts again, with only filters and light expressions between.

    ## Why
    A `repartition` sends every row over the network. Where nothing heavy runs on its partitions before they are cut
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
    None. A `repartition` by columns before a `groupby`, `distinct` or join is left alone (these may use its
    partitions), and so is one before a broadcast or cross join, which cuts nothing.
    """

    code = "DFT205"
    name = "redundant-shuffle"
    level = Level.ADVICE
    trigger_words = ("repartition",)
    fixable = True

    def check(self, script: Script) -> Iterator[Observation]:
        verdicts: dict[int, tuple[Operator, Operator | None, bool]] = {}
        for pipeline in script.pipelines:
            if pipeline.runner is Runner.NATIVE:
                continue
            for operator in pipeline.operators:
                if operator.step.name != "repartition" or operator.step in pipeline.author_cuts:
                    continue
                repartitioning, key = _next_repartitioning(pipeline, operator), id(operator.step.call.node)
                first = verdicts.get(key)
                # Every path through it has to cut it again: one path may need the partitions that the other wastes.
                redundant = repartitioning is not None and (first is None or first[2])
                verdicts[key] = (operator, repartitioning if first is None else first[1], redundant)
        for operator, repartitioning, redundant in verdicts.values():
            if redundant and repartitioning is not None:
                yield self._observation(
                    operator.step, repartitioning.step, adjacent=repartitioning.index == operator.index + 1
                )

    def _observation(self, first: Step, then: Step, *, adjacent: bool) -> Observation:
        between = "right after it" if adjacent else "with nothing but filters and light expressions between"
        count = "" if first.count is None or first.count.value is None else f"{first.count.value}"
        dropped = then.name in PARTITIONS_ONLY
        return Observation(
            location=method_location(first),
            level=self.level,
            observed=f"`repartition({count})`, and `{then.name}` cuts its partitions again {between}",
            impact="All rows are shuffled over the network and nothing uses the partitions"
            + (", unless the optimizer sees it and drops the first call" if dropped else ""),
            suggestion="Remove this `repartition`",
            related=((method_location(then), f"`{then.name}` makes new partitions"),),
            fix=Fix(title="Remove the redundant `repartition`", actions=(RemoveCall(first.call),)),
        )


def _next_repartitioning(pipeline: Pipeline, first: Operator) -> Operator | None:
    """The operator that cuts the partitions of `first` again before anything heavy works on them, else None."""
    for operator in pipeline.operators[first.index + 1 :]:
        if operator.udf_calls or any(i.heavy_read or i.weight.heavy for i in operator.heavy_operations):
            return None
        if operator.step.kind in ALWAYS_REPARTITIONING:
            return operator if _cuts(first.step, operator.step) else None
        if operator.step.kind not in (StepKind.FILTER, StepKind.PROJECT):
            return None
    return None


def _cuts(first: Step, then: Step) -> bool:
    """Whether `then` makes new partitions of those of `first`, and can make no use of them."""
    options = then.options
    if then.kind is StepKind.JOIN and (options.get("strategy") == "broadcast" or options.get("how") == "cross"):
        return False
    by_columns = bool(first.expressions or first.outputs) or "1" in first.options
    return not (by_columns and then.kind in (StepKind.SHUFFLE, StepKind.JOIN) and then.name != "sort")
