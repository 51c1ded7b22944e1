"""Heavy data in a pipeline: what makes it, and whether anything reads it."""

from __future__ import annotations

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


def used_after(pipeline: Pipeline, index: int, name: str) -> bool:
    """Whether an operator after `operators[index]`, or the sink, reads the column; if none does, Daft's optimizer
    drops the column before that operator."""
    for operator in pipeline.operators[index + 1 :]:
        step = operator.step
        read = {column for root in (*step.outputs, *step.expressions) for column in root.columns()}
        if name in read or None in read or "*" in read or step.projection is Projection.UNKNOWN:
            return True
        if step.projection is Projection.ONLY or (step.projection is Projection.DROP and name in step.dropped):
            return False
        if any(output.output == name for output in step.outputs):
            return False
        name = step.renamed.get(name, name)
    return pipeline.reads is not Reads.NONE
