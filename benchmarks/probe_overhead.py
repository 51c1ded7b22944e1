"""What the probes cost: each script with and without them, on the native runner, the fastest of several runs.

Usage: python benchmarks/probe_overhead.py [--runs N] [SCRIPT...]; default: the pipelines of the fixtures.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from daft_lint_runtime.harness import run_text, workspace
from daft_lint_runtime.spec import RunOptions

PIPELINES = Path(__file__).parents[1] / "fixtures" / "pipelines"
SAMPLING = {True: 0.1, False: 3600.0}
"""Seconds between two samples of all processes; without probes there is one."""


def fastest(script: Path, probes: bool, runs: int) -> float:
    """Seconds of the script's own work in the fastest of its runs."""
    options = RunOptions(probe_calls=probes, sample_seconds=SAMPLING[probes], compare="none", timeout=120)
    walls = []
    for _ in range(runs):
        with workspace() as base:
            run = run_text("run", str(script), script.read_bytes(), "native", options, base)
        if not run.ok:
            raise SystemExit(f"{script}: {run.message}\n{run.stderr}")
        walls.append(run.wall)
    return min(walls)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    scripts = given.scripts or [p for p in sorted(PIPELINES.glob("*.py")) if p.stem != "actor_options"]
    total = {True: 0.0, False: 0.0}
    for script in scripts:
        walls = {probes: fastest(script, probes, given.runs) for probes in (False, True)}
        for probes, wall in walls.items():
            total[probes] += wall
        show(script.stem, walls)
    show("all", total)


def show(name: str, walls: dict[bool, float]) -> None:
    more = walls[True] / walls[False] - 1
    print(f"{name:20} {walls[False]:7.3f} s  with probes {walls[True]:7.3f} s  {more:+.1%}", flush=True)


if __name__ == "__main__":
    main()
