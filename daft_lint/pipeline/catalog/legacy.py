"""The options of the older `daft.udf`, which the history of the API has as one row."""

from __future__ import annotations

from daft_lint.pipeline.facts.settings import Version

LEGACY_UDF_OPTIONS: dict[str, str] = {"concurrency": "max_concurrency", "num_gpus": "gpus", "num_cpus": "cpus"}
"""Options of `daft.udf` to those of `daft.cls`; `memory_bytes` has no equal."""

LEGACY_UDF_OPTIONS_SINCE: dict[str, Version] = {
    "concurrency": Version(0, 6, 6),
    "num_gpus": Version(0, 6, 6),
    "num_cpus": Version(0, 7, 6),
}
"""The version that each option of `daft.cls` came with; `daft.func` has `gpus` and `cpus` since 0.7.6."""
