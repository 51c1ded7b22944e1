"""What the probes cost: scripts with and without them in turn, compared pair by pair.

A run of each kind follows the other at once, in turned order, so that what else the machine does meets both; the
median of the pairs' ratios is shown with its quartiles, of wall and of CPU, and the shortest run with them over the
shortest without. Where the machine is not idle CPU is the steady one; and Ray starts its workers in steps of a second,
so that one script takes 3 or 4 seconds either way, which only the shortest runs leave out. The workloads take seconds,
for a script of 100 ms measures Python's start.

Usage: python benchmarks/probe_overhead.py [--pairs N] [--runner native|ray] [SCRIPT...]; default: two workloads of many
and of large calls. For all of `fixtures/pipelines` the last line is the median of all their pairs.
"""

from __future__ import annotations

import argparse
import math
import resource
import statistics
from dataclasses import dataclass
from pathlib import Path

from daft_lint_runtime.harness import run_text, workspace
from daft_lint_runtime.spec import RunOptions

SAMPLING = {True: 0.1, False: 3600.0}
"""Seconds between two samples of all processes; without probes there is one."""

WORK = """
import daft, hashlib
from daft import DataType, Series

@daft.func.batch(return_dtype=DataType.string(), batch_size={batch})
def digest(x: Series) -> Series:
    return Series.from_pylist([hashlib.sha256(b"%d" % v * {size}).hexdigest() for v in x.to_pylist()])

df = daft.range({rows})
df.select(digest(df["id"]).alias("y")).agg(daft.col("y").max()).collect()
"""
WORKLOADS = {
    "many-calls": WORK.format(batch=64, size=200, rows=400_000),
    "large-calls": WORK.format(batch=16_384, size=200, rows=400_000),
}


class RunError(Exception):
    """A script that does not run, as that fixture whose failure is the finding."""


@dataclass(frozen=True)
class Cost:
    """Seconds of a run: `wall` of the script's own work, with the start of Ray where it runs there, `cpu` of all its
    processes and of the one that watches them."""

    wall: float
    cpu: float


def cost(name: str, text: bytes, runner: str, probes: bool) -> Cost:
    options = RunOptions(probe_calls=probes, sample_seconds=SAMPLING[probes], compare="none", timeout=120)
    before = _used()
    with workspace() as base:
        run = run_text("run", name, text, runner, options, base)
    if not run.ok:
        raise RunError(f"{name}: {run.message}, left out")
    return Cost(run.wall, _used() - before)


def _used() -> float:
    """CPU seconds of the children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ratios(name: str, text: bytes, runner: str, pairs: int) -> tuple[list[Cost], float]:
    """With probes over without, for each pair of runs, and of the shortest run of each kind the wall time."""
    found = []
    least = {True: math.inf, False: math.inf}
    for index in range(pairs):
        order = (True, False) if index % 2 else (False, True)
        costs = {probes: cost(name, text, runner, probes) for probes in order}
        found.append(Cost(costs[True].wall / costs[False].wall, costs[True].cpu / costs[False].cpu))
        least = {probes: min(least[probes], costs[probes].wall) for probes in order}
    return found, least[True] / least[False]


def show(name: str, found: list[Cost], least: float) -> None:
    shown = []
    for title, values in (("wall", [c.wall for c in found]), ("CPU", [c.cpu for c in found])):
        first, median, third = statistics.quantiles(values, n=4)
        shown.append(f"{title} {median - 1:+6.1%} ({first - 1:+.1%} to {third - 1:+.1%})")
    print(f"{name:20} {'  '.join(shown)}  least wall {least - 1:+6.1%}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", nargs="*", type=Path)
    parser.add_argument("--pairs", type=int, default=11)
    parser.add_argument("--runner", choices=("native", "ray"), default="native")
    given = parser.parse_args()
    texts = {str(path): path.read_bytes() for path in given.scripts}
    found, leasts = [], []
    for name, text in (texts or {name: text.encode() for name, text in WORKLOADS.items()}).items():
        try:
            pairs, least = ratios(name, text, given.runner, given.pairs)
        except RunError as error:
            print(error, flush=True)
            continue
        found += pairs
        leasts.append(least)
        show(Path(name).stem, pairs, least)
    show(f"all {len(found)} pairs", found, statistics.median(leasts))


if __name__ == "__main__":
    main()
