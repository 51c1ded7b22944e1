"""DFT206: a sort whose order is thrown away."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import catalog, cst
from daft_lint.api.insertion import move_call, point_before
from daft_lint.api.nodes import method_location
from daft_lint.api.promises import Changes
from daft_lint.api.rows import known_value
from daft_lint.api.rule import Fix, Level, Need, Observation, PipelineRule, Sinks, level_for
from daft_lint.api.wording import written_call
from daft_lint.pipeline.model import Operator, Pipeline, Runner, StepKind

LOSING = frozenset({"repartition", "into_batches", "shuffle", "distinct", "unique", "drop_duplicates"})
"""Steps that hand on the same rows, or some of them, in another order on Ray."""

_MEASURED = ": a tenth of the sorted range was in all of 16 files in our measurement, in 3 where the `sort` came last"


class OrderLost(PipelineRule):
    """On Ray, a `sort` whose order a later `repartition(n)`, `into_batches` or `distinct` throws away before anything
    has used it.

    A `sort` before a `limit`, or before a step that sees the row order, is left alone, and so is one before
    `into_partitions` and `repartition(1)`, which keep the order.

    ## Why
    A `sort` shuffles every row over the network. Measured on Ray (experiments e21 and e4): `where`, `into_partitions`
    and `repartition(1)` keep the order of a `sort` before them; `repartition(n)`, `into_batches` and `distinct` do not.
    The work is wasted, and the files are not in the order that the script asks for, without an error: a tenth of the
    sorted range is in 3 of 16 files where the `sort` comes last, in all 16 where a `repartition(16)` does.

    ## Example

        df.sort("at").repartition(16).write_parquet("s3://events/by-time/")

    becomes

        df.repartition(16).sort("at").write_parquet("s3://events/by-time/")

    ## Fix
    Moves a `repartition(n)` right behind the `sort` before it: a `sort` makes as many partitions as the plan has
    (experiment e28), so that the files are as many, and in order. It is unsafe, for it changes the order of the rows.
    None for a `repartition` by keys or after other steps, which would shuffle other rows there, nor for `into_batches`,
    which a `sort` joins again, and `distinct`: whether the order or what they do is wanted is your decision.

    ## Options
    - `cluster.runner`: on `native` the order is kept, and the rule is silent.
    """

    code = "DFT206"
    name = "order-lost"
    level = Level.WARNING
    needs_ray = True
    needs = (Need.ALL_ROWS, Need.RAY)
    trigger_words = ("sort",)
    sinks = Sinks.ALL_ROWS
    fixable = True
    changes = Changes.RESULTS

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each `sort` that another step undoes."""
        if pipeline.runner is Runner.NATIVE:
            return
        for operator in pipeline.operators:
            if operator.step.name == "sort":
                losing = _losing(pipeline, operator)
                if losing is not None:
                    yield _observation(pipeline, operator, losing)


def _losing(pipeline: Pipeline, sort: Operator) -> Operator | None:
    """The step that loses the order of a `sort` before anything uses it."""
    for operator in pipeline.operators[sort.index + 1 :]:
        step = operator.step
        spec = catalog.STEPS.get(step.name)
        if step.name in LOSING:
            one = step.name == "repartition" and (step.count is None or known_value(step.count) == 1)
            few = step.kind is StepKind.BATCHES and _fits(operator)
            if one or few:
                continue
            return operator
        if spec is None or spec.sees_order or not spec.keeps_order or step.kind is StepKind.COLLECT:
            return None
        if operator.udf_calls or _calls_anything_ordered(operator):
            return None
    return None


def _fits(operator: Operator) -> bool:
    """Whether all rows fit into one batch."""
    size = known_value(operator.step.count)
    return size is not None and operator.rows_in is not None and operator.rows_in <= size


def _calls_anything_ordered(operator: Operator) -> bool:
    """Whether a function of the step numbers the rows in their order."""
    specs = (catalog.FUNCTIONS.get(e.name or "") for e in operator.step.walk())
    return any(spec is not None and spec.numbers_rows for spec in specs)


def _observation(pipeline: Pipeline, sort: Operator, losing: Operator) -> Observation:
    known = losing.step.count is not None and losing.step.count.value is not None
    call = written_call(losing.step) if known else losing.step.name
    return Observation(
        location=method_location(sort.step),
        level=level_for(Level.WARNING, pipeline, None),
        observed=f"`{call}` throws away the order of this `sort`",
        impact="On Ray the rows behind it come in another order, without an error, and the `sort` shuffled all of them"
        f" for nothing{_MEASURED if losing.step.kind is not StepKind.BATCHES else ''}",
        suggestion=f"Sort last, behind the `{losing.step.name}`, or leave out the one of the two that is not wanted",
        related=((method_location(losing.step), f"`{losing.step.name}` does not keep the row order"),),
        operator=sort,
        fix=_fix(pipeline, sort, losing),
    )


def _fix(pipeline: Pipeline, sort: Operator, losing: Operator) -> Fix | None:
    """The `repartition` before the `sort`, where it comes right behind it and names no keys."""
    node = losing.step.call.node
    if losing.step.name != "repartition" or losing.index != sort.index + 1:
        return None
    sharing = pipeline.script_pipelines.sharing
    if not isinstance(node, cst.Call) or len(node.args) != 1 or len({*sharing(sort.step), *sharing(losing.step)}) > 1:
        return None
    return move_call(losing, point_before(pipeline, sort), "the rows come in the order of the `sort`")
