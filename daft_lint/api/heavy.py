"""Heavy data in a pipeline: what makes it, and whether anything reads it."""

from __future__ import annotations

from daft_lint.pipeline.dataflow.liveness import EVERYTHING, Needs
from daft_lint.pipeline.model import Operator, Pipeline, Projection, Reads, SourceKind, Step


def maker(operator: Operator) -> str:
    """What makes an operator's data heavy, by name: the built-in function, the UDF, else the step itself."""
    for heavy_operation in operator.heavy_operations:
        if heavy_operation.expression.name:
            return heavy_operation.expression.name
    for call in operator.udf_calls:
        if call.makes.heavy:
            return call.udf.name
    return operator.step.name


def inflated_label(pipeline: Pipeline, step: Step) -> str:
    """What the inflating step is called where it is a related place."""
    if step is pipeline.source.step:
        name = step.source.name if step.source is not None else step.name
        if step.source is not None and step.source.kind is SourceKind.PARAMETER:
            return "the DataFrame comes in here; no caller is in view"
        return f"the rows that `{name}` reads are heavy already"
    operator = pipeline.operator_of(step)  # None: the other side of a join
    return f"`{step.name if operator is None else maker(operator)}` makes the data heavy here"


def read_after(pipeline: Pipeline) -> list[Needs]:
    """For each operator, the columns that those after it, or the sink, read; Daft's optimizer drops the others before
    it."""
    needs = [Needs() if pipeline.reads is Reads.NONE else EVERYTHING]
    for operator in reversed(pipeline.operators[1:]):
        needs.append(_read_from(operator.step, needs[-1]))
    return needs[::-1]


def _read_from(step: Step, after: Needs) -> Needs:
    """The columns that a step reads, or what comes `after` it."""
    read = {column for root in (*step.outputs, *step.expressions) for column in root.columns()}
    names = {name for name in read if name is not None}
    if None in read or "*" in read or step.projection is Projection.UNKNOWN:
        return EVERYTHING
    if step.projection is Projection.ONLY:
        return Needs(frozenset(names))
    gone = {output.output for output in step.outputs if output.output is not None}
    if step.projection is Projection.DROP:
        gone.update(step.dropped)
    renamed = (old for old, new in step.renamed.items() if old not in gone and after.has(new))
    return after.without((*gone, *step.renamed)).adding((*renamed, *names))
