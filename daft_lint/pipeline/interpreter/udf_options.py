"""What the options of a UDF say: its numbers, the type that it returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import libcst as cst

from daft_lint.pipeline import dtypes
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.definitions import UdfOptions
from daft_lint.pipeline.interpreter.name_resolver import ScopeNames
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import count_of
from daft_lint.pipeline.interpreter.values import Literal
from daft_lint.pipeline.model import Count, NodeRef, Strength, Weight

OPTION_NAMES = {
    "batch_size": ("batch_size",),
    "max_concurrency": ("max_concurrency", "concurrency"),
    "gpus": ("gpus", "num_gpus"),
    "cpus": ("cpus", "num_cpus"),
}
"""Options of the model to their spellings, the current one first."""


class UdfCounts(TypedDict):
    """The numbers among a UDF's options, under the model's names."""

    batch_size: Count | None
    max_concurrency: Count | None
    gpus: Count | None
    cpus: Count | None


def options_of(args: Arguments, node: cst.Call, scope: Scope, *subjects: str) -> UdfOptions:
    """The keyword arguments of a call as options, without those (`subjects`) that hold what they are for."""
    keywords = {k: (v, scope.location(n)) for k, (v, n) in args.keywords.items() if k not in subjects}
    return UdfOptions(scope.location(node), keywords)


def udf_counts(options: UdfOptions) -> UdfCounts:
    """The numbers that the options give."""
    return UdfCounts(
        batch_size=_count(options.keywords, "batch_size"),
        max_concurrency=_count(options.keywords, "max_concurrency"),
        gpus=_count(options.keywords, "gpus"),
        cpus=_count(options.keywords, "cpus"),
    )


def count_values(options: UdfOptions) -> tuple[int | None, ...]:
    """What tells two UDFs apart that a factory makes at one place: called with 16 and with 256."""
    counts = (_count(options.keywords, name) for name in OPTION_NAMES)
    return tuple(None if count is None else count.value for count in counts)


def _count(keywords: Mapping[str, tuple[object, NodeRef]], name: str) -> Count | None:
    """One of them, by any of its spellings; None where it is not given, or given as None."""
    for spelling in OPTION_NAMES[name]:
        if spelling in keywords:
            value, location = keywords[spelling]
            is_none = isinstance(value, Literal) and value.value is None
            return None if is_none else count_of(value, location)
    return None


def declared_type(options: UdfOptions, names: ScopeNames) -> dtypes.DType | None:
    """The `return_dtype`, as a type; `names` are those that the UDF's definition sees."""
    given = options.keywords.get("return_dtype")
    if given is None:
        return None
    value, location = given
    if isinstance(value, dtypes.DType):
        return value
    if isinstance(value, Literal):
        return dtypes.from_value(value.value)
    node = location.node
    return dtypes.from_annotation(node, names) if isinstance(node, cst.BaseExpression) else None


def returned_weight(options: UdfOptions, heavy_row_bytes: int) -> Weight:
    """The weight of what a UDF returns whose definition is out of view."""
    value, _ = options.keywords.get("return_dtype", (None, None))
    if not isinstance(value, dtypes.DType):
        return Weight.UNKNOWN
    return value.weight(Strength.PROOF, options.carrier, heavy_row_bytes)
