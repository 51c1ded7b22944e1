"""Phrases that the messages of several rules share."""

from __future__ import annotations

from daft_lint.pipeline.model import Step


def written_call(step: Step) -> str:
    """A step with its count where that is known, as code: `repartition(64)`, `repartition()`."""
    return f"{step.name}({'' if step.count is None or step.count.value is None else step.count.value})"


def byte_size(value: float) -> str:
    """A number of bytes in the units of docs/pages/measurements.md (1 MB is 10^6 bytes)."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if value >= scale:
            return f"{value / scale:,.1f} {unit}"
    return f"{value:,.0f} bytes"


def counted(number: int, noun: str) -> str:
    """`1 node`, `1,000 nodes`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
