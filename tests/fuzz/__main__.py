"""`python -m tests.fuzz --count 1000 --seed 1`: 0 where every input ends as it should, 1 where one does not.

A run is cut into shards by its seeds: each makes other inputs. The last line says how many inputs of each kind ended
with which exit status, so that a run that reaches nothing is seen.
"""

from __future__ import annotations

import argparse
import faulthandler
import resource
import sys
import time
from collections import Counter
from pathlib import Path

from .harness import SECONDS, WAIT, generated, run_all
from .hosts import EACH, files, hosted
from .inputs import Input


class Watch:
    """Counts what ended how. What stops or kills the process itself leaves the number of the input in `file`."""

    def __init__(self, seed: int, file: Path) -> None:
        self.seed, self.file = seed, file
        self.ended: Counter[tuple[str, int]] = Counter()
        self.began = self.last = time.monotonic()

    def __call__(self, number: int, given: Input, status: int | None) -> None:
        if status is not None:
            self.ended[given.kind, status] += 1
            return
        self.file.write_text(f"{self.seed}/{number}\n")
        # The alarm cannot ring within a call of C code that never returns.
        faulthandler.dump_traceback_later(SECONDS * WAIT * 3, exit=True, file=sys.__stderr__)
        if time.monotonic() - self.last > 60:
            self.last = time.monotonic()
            print(f"{number}: {self.last - self.began:.0f} s", flush=True)

    def said(self) -> str:
        """A line for each kind of input."""
        kinds = sorted({kind for kind, _ in self.ended})
        rows = (f"{kind:<9}" + "".join(f"{self.ended[kind, status]:>8}" for status in (0, 1, 2)) for kind in kinds)
        return "\n".join(["exit status    0       1       2", *rows])


def main() -> int:
    """Run the inputs of one seed and print each failure and a last line with the count."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, help="how many inputs (default: 1000, or all of --hosts)")
    parser.add_argument("--seed", type=int, default=0, help="the run; the same seed makes the same inputs")
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--hosts", type=Path, nargs="+", default=[], help="folders of code to put the fixtures into")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="where failures are written")
    arguments = parser.parse_args()
    keep = arguments.keep.absolute()
    keep.mkdir(parents=True, exist_ok=True)
    watch = Watch(arguments.seed, keep / f"running-{arguments.seed}")
    hosts = files(arguments.hosts)
    make = (lambda _, number: hosted(hosts, number)) if hosts else generated
    count = arguments.count or (len(hosts) * EACH - arguments.first if hosts else 1000)
    failures = 0
    for failure in run_all(arguments.seed, range(arguments.first, arguments.first + count), watch, make):
        failures += 1
        failure.save(keep)
        last = failure.what.strip().splitlines()[-1]
        print(f"{failure.seed}/{failure.number} {failure.given.kind} {failure.given.arguments}: {last}", flush=True)
    faulthandler.cancel_dump_traceback_later()
    watch.file.unlink()
    print(watch.said())
    seconds, memory = time.monotonic() - watch.began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} inputs, {failures} failures, {seconds:.0f} s, {memory:.0f} MiB at most")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
