"""Imported by Ray in each worker of a private cluster before its first task: the probe, where the run has one."""

from __future__ import annotations

from daft_lint_runtime import probe

probe.install()
