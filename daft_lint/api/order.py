"""Row order: who notices if an inserted call loses it on Ray."""

from __future__ import annotations

from daft_lint.pipeline.dataflow.order import order_seen as order_seen
from daft_lint.pipeline.model import NodeRef, Pipeline


def why_unordered(pipeline: Pipeline, index: int, method: str, after: NodeRef | None = None) -> str | None:
    """Why it is unsafe to put a call of `method`, which keeps no order on Ray, ahead of `operators[index]` (right
    `after` that expression, where it is given): who sees the order. None where nobody can."""
    seen = order_seen(pipeline, index, after)
    return None if seen is None else f"on Ray `{method}` does not keep the row order, and {seen}"
