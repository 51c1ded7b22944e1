"""What a query's logical plan promises about its rows: an order, or only some rows of many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

KEEPS_ORDER = frozenset(
    {"Project", "Filter", "UDFProject", "ActorPoolProject", "Limit", "Offset", "Explode", "Unnest", "Sink"}
)
"""Plan nodes (as `LogicalPlanBuilder.repr_json` of Daft 0.7.26 calls them) that hand rows on in their order."""
SORTS = frozenset({"Sort", "TopN"})
PICKS = frozenset({"Limit", "Sample", "Offset"})

READS_ALL = frozenset(
    {"Source", "Project", "Sink", "Explode", "Repartition", "IntoPartitions", "IntoBatches", "Sort", "Distinct"}
)
"""Plan nodes that let no filter and no limit into the read."""

COLUMN = re.compile(r"col\((\w+)\)")
MADE_UP = re.compile(r"-\d+-\d+(?=\()")
"""What Daft adds to the name of a UDF in each run (0.7.26)."""


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The node, then all below it."""
    yield plan
    for child in plan.get("children") or ():
        yield from nodes(child)


@dataclass(frozen=True)
class SortKey:
    """What rows are sorted by: an expression, as the plan writes it."""

    expression: str
    descending: bool
    nulls_first: bool = False

    @property
    def column(self) -> str | None:
        """The name of a plain column; None for any other expression."""
        match = COLUMN.fullmatch(self.expression)
        return None if match is None else match.group(1)


def has_batches_behind_sort(plan: dict[str, Any]) -> bool:
    """Whether an `into_batches` stands between a sort and the end of a plan: whether the order survives it depends on
    which task is done first."""
    node, batches = plan, False
    while node.get("type") not in SORTS:
        children = node.get("children") or []
        if len(children) != 1:
            return False
        batches = batches or node.get("type") == "IntoBatches"
        node = children[0]
    return batches


def sort_keys(plan: dict[str, Any]) -> tuple[SortKey, ...] | None:
    """What the rows are sorted by where the script asked for an order, else None."""
    node = plan
    while True:
        if node.get("type") in SORTS:
            keys = (MADE_UP.sub("", str(key)) for key in node.get("sort_by") or ())
            flags = zip(node.get("descending") or (), node.get("nulls_first") or (), strict=True)
            return tuple(SortKey(key, bool(d), bool(n)) for key, (d, n) in zip(keys, flags, strict=True))
        children = node.get("children") or []
        if node.get("type") not in KEEPS_ORDER or len(children) != 1:
            return None
        node = children[0]


def readable(keys: Sequence[SortKey], schema: Iterable[tuple[str, str]]) -> tuple[SortKey, ...]:
    """The first of some keys, as far as they are columns of rows with this schema (name, type)."""
    names = {name for name, _ in schema}
    return tuple(takewhile(lambda key: key.column in names, keys))


def picks_any_rows(plan: dict[str, Any]) -> bool:
    """Whether the plan takes some rows of many without saying which: a limit or sample with no sort below it."""
    for node in nodes(plan):
        if node.get("type") in PICKS:
            below = [child.get("type") for child in nodes(node)]
            if not SORTS.intersection(below):
                return True
    return False


def reads_all_rows(plan: dict[str, Any]) -> bool:
    """Whether the plan has one source, and all its rows are read."""
    below = list(nodes(plan))
    sources = [node for node in below if node.get("type") == "Source"]
    return len(sources) == 1 and all(node.get("type") in READS_ALL or _adds_up(node) for node in below)


def _adds_up(node: dict[str, Any]) -> bool:
    """Whether it aggregates the values of all rows; a count may be taken from the files' metadata."""
    counts = any("count(" in str(aggregation) for aggregation in node.get("aggregations") or ())
    return node.get("type") == "Aggregate" and not counts


def reads_all_columns(plan: dict[str, Any], columns: Iterable[str]) -> bool:
    """Whether all these columns of the plan's only source are still there in each of its projections."""
    choosing = [node for node in nodes(plan) if node.get("type") in ("Project", "Aggregate")]
    return all(f"col({name})" in (node.get("projection") or ()) for node in choosing for name in columns)


def repartitions(plan: dict[str, Any]) -> int:
    """How many steps of the plan repartition its partitions."""
    return sum(1 for node in nodes(plan) if node.get("type") in ("Repartition", "IntoPartitions", "Shard"))


def outline(plan: dict[str, Any]) -> tuple[Any, ...]:
    """The plan's shape without the names that Daft makes anew in each run."""
    kept = {k: v for k, v in plan.items() if k in ("type", "repartition_spec", "limit", "num_partitions", "batch_size")}
    return (tuple(sorted((k, str(v)) for k, v in kept.items())), tuple(outline(c) for c in plan.get("children") or ()))
