"""What comes home from a named cluster that does not answer."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from daft_lint_runtime import supervise
from daft_lint_runtime.collect import JOINING
from daft_lint_runtime.spec import ClusterSpec, RunOptions, RunSpec
from daft_lint_runtime.supervise import LATE, Supervisor

HANGS_WHILE_JOINING = f"{JOINING}\n".encode()
HANGS_LATER = f"{JOINING}\ntaking what the nodes hold\n".encode()
COMES_HOME = None


@pytest.mark.parametrize(
    ("tries", "lost"),
    [
        ([COMES_HOME], ""),
        ([HANGS_WHILE_JOINING, COMES_HOME], ""),
        ([HANGS_WHILE_JOINING, HANGS_WHILE_JOINING], f"{LATE} (joining)"),
        ([HANGS_LATER], f"{LATE} (taking what the nodes hold)"),
        ([b""], LATE),
    ],
)
def test_only_a_join_that_hangs_is_tried_once_more(
    tries: list[bytes | None], lost: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list(tries)

    def run(command: list[str], **_options: Any) -> subprocess.CompletedProcess[bytes]:
        output = left.pop(0)
        if output is not COMES_HOME:
            raise subprocess.TimeoutExpired(command, 90, output=output)
        return subprocess.CompletedProcess(command, 0, b"", b"")

    monkeypatch.setattr(supervise.subprocess, "run", run)
    options = RunOptions(cluster=ClusterSpec(address="ray://nowhere:1"))
    folder = str(tmp_path)
    spec = RunSpec("run", "job.py", "script.txt", folder, folder, "marker", "ray", options, folder)
    supervisor = Supervisor(spec, f"{folder}/spec.json")
    supervisor._collect()
    assert (supervisor.ending.lost, left) == (lost, [])
