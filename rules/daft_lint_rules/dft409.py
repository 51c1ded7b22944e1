"""DFT409: a runner that is set too late."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.nodes import method_location
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.pipeline.model import Script, StepKind


class RunnerSetLate(ScriptRule):
    """`set_runner_ray()` or `set_runner_native()` after a DataFrame was made or run.

    ## Why
    Daft chooses its runner when it first needs one, and keeps it: at the first sink, and at sources such as
    `from_pydict` and `read_parquet`. A call after that raises a DaftCoreException, "Cannot set runner more than once"
    (experiment e19). The cells of a notebook run one after the other; each block of a Markdown page is an example of
    its own.

    ## Example

        sample = daft.read_parquet("s3://lake/pages/*.parquet").limit(10)
        sample.show()
        daft.set_runner_ray()

    becomes

        daft.set_runner_ray()
        sample = daft.read_parquet("s3://lake/pages/*.parquet").limit(10)
        sample.show()

    ## Fix
    None: where the call goes depends on what it needs, such as an address from the command line.

    ## Options
    None.
    """

    code = "DFT409"
    name = "runner-set-late"
    level = Level.ERROR
    trigger_words = ("set_runner_ray", "set_runner_native", "set_runner_py")
    ends = (Failure("DaftCoreException", "when the line runs"),)

    def check(self, script: Script) -> Iterator[Observation]:
        for setting in script.runner_settings:
            step = setting.after
            if step is None:
                continue
            is_made = step.kind is StepKind.SOURCE
            yield Observation(
                location=setting.call,
                level=self.level,
                observed=f"The runner is set after `{step.name}` {'made' if is_made else 'ran'} a DataFrame",
                impact="Daft has chosen its runner by then and keeps it: this line raises a DaftCoreException",
                suggestion="Set the runner before the first DataFrame",
                related=((method_location(step), "Daft chooses its runner here"),),
            )
