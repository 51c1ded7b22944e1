"""Imported by Ray in each worker of a private cluster before its first task: the probe, where the run has one, and what
every worker of Daft imports, so that one which was started ahead has done it when a run asks for it."""

from __future__ import annotations

from contextlib import suppress

from daft_lint_runtime import probe

probe.install(watched_from=probe.FIRST_TASK)
with suppress(ImportError):
    import daft.runners.flotilla  # noqa: F401
