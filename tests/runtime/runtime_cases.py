"""Cases for the tests of the runtime: pairs of scripts, and the pipelines of the fixtures with their configuration."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from daft_lint_runtime import measure
from daft_lint_runtime.case import Predictions, VerifyCase
from daft_lint_runtime.cases import linted_case
from daft_lint_runtime.harness import Run
from daft_lint_runtime.spec import ClusterSpec

from daft_lint.api.finding import Finding, Span
from daft_lint.api.promises import Measure
from daft_lint.api.rule import Level
from daft_lint.config import Config, parse

ROOT = Path(__file__).parents[2]
PAIRS = ROOT / "tests" / "runtime" / "pairs"
PIPELINES = ROOT / "fixtures" / "pipelines"

KEPT = ("confirmed", "mechanism only")
"""Outcomes of a promise that came true; which of them depends on what small runs save."""

CONFIG_BLOCK = re.compile(r"^# daft-lint\.toml:\n((?:# .*\n)+)", re.MULTILINE)
MARK = re.compile(r"(DFT\d+) (\w+)")


def finding(code: str, path: str, line: int) -> Finding:
    """A finding with a place and nothing else of note."""
    return Finding(code, code.lower(), Level.WARNING, Span(path, None, line, 1, line, 200), "seen", "costs", "write")


def pair(name: str, code: str, at: str) -> VerifyCase:
    """The pair `name`, with a finding in the first line that holds `at`."""
    before, after = (PAIRS / f"{name}{suffix}" for suffix in (".py", ".fixed.py"))
    lines = before.read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if at in text)
    path = str(before)
    return VerifyCase(path, before.read_bytes(), after.read_bytes(), (finding(code, path, line),))


def fixture_config(text: str) -> Config:
    """The configuration that a fixture carries in its comments."""
    block = CONFIG_BLOCK.search(text)
    if block is None:
        return Config()
    lines = "\n".join(line.removeprefix("# ") for line in block[1].splitlines())
    return parse(lines, Path("daft-lint.toml"))


def pipeline(name: str) -> VerifyCase:
    """A pipeline of the fixtures as the linter sees and fixes it."""
    path = PIPELINES / f"{name}.py"
    return linted_case(path, fixture_config(path.read_text(encoding="utf-8")))


def expected(name: str) -> set[tuple[int, str, str]]:
    """Line, code and level of each finding that a pipeline is marked with."""
    lines = (PIPELINES / f"{name}.py").read_text(encoding="utf-8").splitlines()
    marked = ((number, line.partition("# expect:")[2]) for number, line in enumerate(lines, 1))
    return {(number, code, level) for number, text in marked for code, level in MARK.findall(text)}


def pipeline_names() -> list[str]:
    return sorted(path.stem for path in PIPELINES.glob("*.py") if not path.name.endswith(".fixed.py"))


def pipeline_cluster(name: str) -> ClusterSpec:
    """The cluster that a pipeline's configuration speaks of, simulated with a CPU a node; else this machine."""
    nodes = fixture_config((PIPELINES / f"{name}.py").read_text(encoding="utf-8")).settings.cluster.nodes
    return ClusterSpec() if nodes is None else ClusterSpec(nodes=nodes, cpus_per_node=1)


def measured(run: Run, predicted: Predictions) -> dict[tuple[str, Measure], float | None]:
    """What came out of what was predicted."""
    names: dict[str, list[str]] = {}
    for name in {call.udf for call in run.calls}:
        names.setdefault(name.rpartition(".")[2], []).append(name)
    return {(udf, what): measure.measured(what, run, names[udf]) for udf, what in predicted}


def ray_environment() -> dict[str, str]:
    """The environment of a process that starts a private Ray to measure on."""
    found = {**os.environ, "RAY_AUTH_MODE": "disabled", "DAFT_PROGRESS_BAR": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    found.pop("RAY_ADDRESS", None)
    return found


def experiment(text: str) -> Any:
    """What a text that measures on a private Ray prints as its last line, as JSON."""
    command = [sys.executable, "-c", text]
    run = subprocess.run(command, env=ray_environment(), capture_output=True, text=True, check=False, timeout=600)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])
