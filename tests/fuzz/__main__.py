"""`python -m tests.fuzz --count 1000 --seed 1`: 0 where every input ends as it should, 1 where one does not."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from .harness import run_all


def main() -> int:
    """Run the inputs of one seed and print each failure and a last line with the count."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many inputs (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="the run; the same seed makes the same inputs")
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="where failures are written")
    arguments = parser.parse_args()
    keep = arguments.keep.absolute()
    began = time.monotonic()
    failures = 0
    for failure in run_all(arguments.seed, range(arguments.first, arguments.first + arguments.count)):
        failures += 1
        failure.save(keep)
        last = failure.what.strip().splitlines()[-1]
        print(f"{failure.seed}/{failure.number}: {' '.join(failure.given.arguments)}: {last}", flush=True)
    print(f"{arguments.count} inputs, {failures} failures, {time.monotonic() - began:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
