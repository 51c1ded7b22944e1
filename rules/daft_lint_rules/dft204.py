"""DFT204: partitions on the native runner."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.edits import RemoveCall
from daft_lint.api.nodes import has_open_parameter, method_location
from daft_lint.api.promises import Direction, Measure, Promise
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule
from daft_lint.api.wording import written_call
from daft_lint.pipeline.model import Runner, Script


class PartitionsOnNative(ScriptRule):
    """A `repartition` or `into_partitions` in a script that sets the native runner, unconditionally.

    ## Why
    The native runner has no partitions. Daft warns at run time ("not supported on the NativeRunner. This will be a
    no-op"), drops the step and goes on: the partitions that the script relies on are never made. `into_batches` works
    on both runners.

    ## Example

        daft.set_runner_native()
        df = daft.read_parquet("pages.parquet").repartition(16)
        df = df.with_column("vector", embed(df["text"]))

    becomes

        daft.set_runner_native()
        df = daft.read_parquet("pages.parquet")
        df = df.with_column("vector", embed(df["text"]))

    To bound the rows of a call, write `.into_batches(n)`. To spread the work over nodes, write `daft.set_runner_ray()`.

    ## Fix
    Removes the call. It is safe: the call does nothing.

    ## Options
    None. `runner = "native"` in `[tool.daft-lint.cluster]` does not count, nor does a runner that only one branch sets:
    the script may run on Ray then.
    """

    code = "DFT204"
    name = "partitions-on-native"
    level = Level.ERROR
    trigger_words = ("repartition", "into_partitions")
    fixable = True
    runner = Runner.NATIVE
    promises = (Promise(Measure.PLANNED_REPARTITIONS, Direction.LOWER),)

    def check(self, script: Script) -> Iterator[Observation]:
        if script.runner is not Runner.NATIVE or not script.runner_is_set:
            return
        seen: set[int] = set()
        for step in script.steps:
            if step.name not in self.trigger_words or id(step.call.node) in seen:
                continue
            seen.add(id(step.call.node))
            yield Observation(
                location=method_location(step),
                level=self.level.lowered() if has_open_parameter(step) else self.level,
                observed=f"`{written_call(step)}` on the native runner, which this script sets",
                impact="It does nothing: the native runner has no partitions, and Daft drops the step with a"
                " warning at run time",
                suggestion="Remove it; write `.into_batches(n)` to bound the rows of a call, or"
                " `daft.set_runner_ray()` to spread the work",
                fix=Fix(title=f"Remove `{step.name}`", actions=(RemoveCall(step.call),)),
            )
