"""DFT404: `repartition()` without a count."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.nodes import has_open_parameter, method_location
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.pipeline.model import Script, Step


class PartitionCountMissing(ScriptRule):
    """A `repartition()` without its count.

    ## Why
    `DataFrame.repartition(num, *partition_by)` requires `num`: without it the script stops with a TypeError when it
    reaches the line, which may be after hours of work on an earlier `collect`. Daft has no automatic count. Measured
    with Daft 0.7.26 (experiment e10): `df.repartition()` raised the TypeError, `df.repartition(8)` ran.

    ## Example

        df = df.repartition()

    becomes

        df = df.repartition(64)            # 64 partitions
        df = df.into_batches(256)          # or: partitions of 256 rows, however many that makes
        df = df.repartition(None, "doc")   # or: by a column, in as many partitions as there are

    ## Fix
    None: the script does not say what the count should be. `daft-lint explain DFT201` has the formula.

    ## Options
    None.
    """

    code = "DFT404"
    name = "partition-count-missing"
    level = Level.ERROR
    trigger_words = ("repartition",)
    ends = (Failure("TypeError", "when the line runs"),)

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for step in script.steps:
            if step.name != "repartition" or step.count is not None or _is_starred(step) or id(step.call.node) in seen:
                continue
            seen.add(id(step.call.node))
            yield Observation(
                location=method_location(step),
                level=self.level.lowered() if has_open_parameter(step) else self.level,
                observed="`repartition` is called without `num`, the number of partitions",
                impact="`num` is required, and Daft has no default for it: this line raises a TypeError",
                suggestion="Write `.repartition(n)`, or `.into_batches(rows)` if you know how many rows a partition"
                " should have",
            )


def _is_starred(step: Step) -> bool:
    """Whether the call has `*args` or `**kwargs`, which may hold the count."""
    node = step.call.node
    return isinstance(node, cst.Call) and any(argument.star for argument in node.args)
