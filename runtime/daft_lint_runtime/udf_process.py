"""A UDF process of Daft with the probe in it: what Daft would start, `python -m daft.execution.udf_worker`."""

from __future__ import annotations

import runpy

from daft_lint_runtime import probe

if __name__ == "__main__":
    probe.install()
    runpy.run_module("daft.execution.udf_worker", run_name="__main__", alter_sys=True)
