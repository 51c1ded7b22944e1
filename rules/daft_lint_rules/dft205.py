"""DFT205: partitions that are made again before anything uses them."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.edits import RemoveCall
from daft_lint.api.nodes import method_location
from daft_lint.api.promises import Direction, Measure, Promise
from daft_lint.api.rule import Fix, Level, Observation, Prescan, ScriptRule, in_pipelines
from daft_lint.api.wording import written_call
from daft_lint.pipeline.model import Operator, Pipeline, Runner, Script, Step, StepKind

ALWAYS_REPARTITIONING = frozenset({StepKind.REPARTITION, StepKind.BATCHES, StepKind.SHUFFLE, StepKind.JOIN})
AS_MANY_AS_THEY_GET = frozenset({"groupby", "sort", "distinct", "unique", "drop_duplicates"})
"""They make as many partitions as the plan has before them (docs/pages/measurements.md, e28)."""
PARTITIONS_ONLY = frozenset({"repartition", "into_partitions"})


class RedundantShuffle(ScriptRule):
    """A `repartition` whose rows the next `repartition`, `into_partitions`, `into_batches` or join repartitions again,
    with only filters and light expressions between; and an `into_batches` right before such a `repartition`,
    `into_partitions`, `sort`, `distinct`, `groupby` or join.

    ## Why
    A `repartition` sends every row over the network. Where nothing heavy runs on its partitions before the next
    repartitioning step, that is wasted: measured (experiment e8) with a light column between two of them, both moved
    816 MB and the second alone 410 MB. Daft 0.7's optimizer drops the first of two only where there are just filters
    between them and the second is a `repartition` or `into_partitions`; with one `with_column` between, or before
    `into_batches` and joins, the plan keeps both (`df.explain(show_all=True)`), and on Ray both run.
    And where the optimizer drops it, the line says something that never happens. An `into_batches` ends one set of
    tasks and starts another, each of some 25 ms, and a repartitioning step does not keep its batches.

    ## Example

        df = daft.read_parquet("s3://lake/pages/*.parquet").repartition(64)
        df = df.where(df["lang"] == "en")
        df = df.into_batches(256).with_column("vector", embed(df["text"]))

    becomes

        df = daft.read_parquet("s3://lake/pages/*.parquet")
        df = df.where(df["lang"] == "en")
        df = df.into_batches(256).with_column("vector", embed(df["text"]))

    ## Fix
    Removes the first call. It is safe: on Ray `repartition` and `into_batches` promise no row order, so none is lost.

    ## Options
    None. A `repartition` before a `groupby`, `sort` or `distinct` is left alone, since these make as many partitions as
    they get (experiment e28; with a `groupby` 8 actors on 4 nodes worked, 2 actors on 1 node without the
    `repartition`); so is one by columns before a join (it may use its partitions), and one before a broadcast or cross
    join, which does not repartition.
    """

    code = "DFT205"
    name = "redundant-shuffle"
    level = Level.ADVICE
    trigger_words = ("repartition", "into_batches")
    fixable = True
    promises = (Promise(Measure.SHUFFLES, Direction.LOWER), Promise(Measure.SHUFFLED_BYTES, Direction.LOWER))

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        return in_pipelines(prescan, cls.trigger_words)

    def check(self, script: Script) -> Iterator[Observation]:
        wasted: dict[int, tuple[Operator, Operator]] = {}
        used: set[int] = set()
        for pipeline in script.pipelines:
            if pipeline.runner is Runner.NATIVE:
                continue
            for operator in pipeline.operators:
                if _is_cut(operator.step) and operator.step not in pipeline.author_cuts:
                    following, key = _next_repartitioning(pipeline, operator), id(operator.step.call.node)
                    if following is None:
                        used.add(key)  # one path may need the partitions that another wastes
                    else:
                        wasted.setdefault(key, (operator, following))
        for key, (operator, following) in wasted.items():
            if key not in used:
                adjacent = following.index == operator.index + 1
                yield self._observation(operator.step, following.step, adjacent=adjacent)

    def _observation(self, first: Step, then: Step, *, adjacent: bool) -> Observation:
        between = "right after it" if adjacent else "with nothing but filters and light expressions between"
        dropped = then.name in PARTITIONS_ONLY and first.name == "repartition"
        return Observation(
            location=method_location(first),
            level=self.level,
            observed=f"`{written_call(first)}`, and `{then.name}` repartitions the rows again {between}",
            impact=(
                "All rows are shuffled over the network" if first.name == "repartition" else "It ends one set of tasks"
            )
            + " and nothing uses the partitions"
            + (", unless the optimizer sees it and drops the first call" if dropped else ""),
            suggestion=f"Remove this `{first.name}`",
            related=((method_location(then), f"`{then.name}` makes new partitions"),),
            fix=Fix(title=f"Remove the redundant `{first.name}`", actions=(RemoveCall(first.call),)),
        )


def _is_cut(step: Step) -> bool:
    """A `repartition` without its count raises, whatever follows: DFT404 speaks of it."""
    return step.name == "into_batches" or (step.name == "repartition" and step.count is not None)


def _next_repartitioning(pipeline: Pipeline, first: Operator) -> Operator | None:
    """The operator that repartitions the rows of `first` before anything heavy works on its partitions, else None."""
    for operator in pipeline.operators[first.index + 1 :]:
        if operator.udf_calls or any(i.heavy_read or i.weight.heavy for i in operator.heavy_operations):
            return None
        if operator.step.kind in ALWAYS_REPARTITIONING:
            fans_out = operator.step.name == "groupby" and _works_later(pipeline, operator)
            return operator if _repartitions(first.step, operator.step) and not fans_out else None
        if operator.step.kind not in (StepKind.FILTER, StepKind.PROJECT):
            return None
    return None


def _works_later(pipeline: Pipeline, groupby: Operator) -> bool:
    """Whether a UDF or a heavy read works on the partitions of a `groupby`, which are as many as it gets."""
    return any(o.udf_calls or o.heavy_operations for o in pipeline.operators[groupby.index :])


def _repartitions(first: Step, then: Step) -> bool:
    """Whether `then` makes new partitions of those of `first`, and can make no use of them."""
    options = then.options
    if then.name in AS_MANY_AS_THEY_GET and first.kind is not StepKind.BATCHES:
        return False  # the steps behind it run on them
    if first.kind is StepKind.BATCHES and then.kind is StepKind.BATCHES:
        return False
    if then.kind is StepKind.JOIN and (options.get("strategy") == "broadcast" or options.get("how") == "cross"):
        return False
    by_columns = bool(first.expressions or first.outputs) or "1" in first.options
    return not (by_columns and then.kind in (StepKind.SHUFFLE, StepKind.JOIN) and then.name != "sort")
