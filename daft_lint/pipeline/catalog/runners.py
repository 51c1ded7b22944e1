"""The calls that choose the runner."""

from __future__ import annotations

from daft_lint.pipeline.model import Runner

RUNNERS: dict[str, Runner] = {
    f"{module}set_runner_{runner}": Runner.RAY if runner == "ray" else Runner.NATIVE
    for module in ("", "context.", "runners.")
    for runner in ("ray", "native", "py")
}
"""The calls in `daft.` that set the runner. The `py` runner of getdaft 0.3 and 0.4 became the native one."""
