"""The calls that choose the runner."""

from __future__ import annotations

from daft_lint.pipeline.model import Runner

RUNNERS: dict[str, Runner] = {
    f"{module}set_runner_{runner}": Runner.RAY if runner == "ray" else Runner.NATIVE
    for module in ("", "context.", "runners.")
    for runner in ("ray", "native", "py")
}
"""The calls in `daft.` that set the runner. The `py` runner of getdaft 0.3 and 0.4 became the native one."""

SETTLE_RUNNER = frozenset({"from_pydict", "from_pylist", "from_arrow", "from_pandas", "read_parquet"})
"""Sources that ask for the runner when they are made, with Daft 0.7.26: after them it can no longer be set."""
