"""Plans whose source has a checkpoint, and what Daft refuses in them."""

from __future__ import annotations

from daft_lint.pipeline.model import Pipeline, Step, StepKind
from daft_lint.source import cst

_REJECTED_KINDS = frozenset({StepKind.REPARTITION, StepKind.SHUFFLE, StepKind.JOIN, StepKind.UNION, StepKind.LIMIT})
_REJECTED = frozenset({"offset", "sample", "count_rows", "show"})
"""Steps of other kinds that Daft plans as a limit or an aggregation, or rejects as such."""


def has_checkpoint(pipeline: Pipeline) -> bool:
    """Whether the source of a pipeline is read with `checkpoint=`."""
    node = pipeline.source.step.call.node
    if not isinstance(node, cst.Call):
        return False
    given = (a.value for a in node.args if a.keyword is not None and a.keyword.value == "checkpoint")
    return any(not (isinstance(value, cst.Name) and value.value == "None") for value in given)


def is_rejected(step: Step) -> bool:
    """Whether Daft refuses a step behind a source with a checkpoint: it takes rows one by one, or in batches, only
    (docs/pages/measurements.md, e26)."""
    return step.kind in _REJECTED_KINDS or step.name in _REJECTED
