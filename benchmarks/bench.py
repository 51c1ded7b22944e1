"""How fast daft-lint is, as ratios against floors that are taken in the same run.

    python benchmarks/bench.py [--daft CHECKOUT] [--hypernodes CHECKOUT] [--pandas FOLDER] [--others VENV]
        [--repeat 3] [--lines 10000] [--output FILE]

Each measure and its floor run in turn, each in a process of its own, and the medians of the pairs' ratios count: a
noisy machine slows both. The checkouts of Eventual-Inc/Daft and gilad-rubin/hypernodes come from their options, else
from Daft and hypernodes in `DAFT_LINT_CORPUS`, pandas' source from where it is installed.
Needs nothing but the standard library and the linter itself; the other tools run where `--others` has them.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inputs import LARGE, SCRIPT, STEP, beside, findings_everywhere, with_environment

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {
    # Without bytecode on the disk a start compiles the sources, which no installed tool does.
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("", "rules", "runtime")),
    "PYTHONHASHSEED": "0",
}
LINT = (sys.executable, "-m", "daft_lint")
PASS = (sys.executable, "-c", "pass")
PARSE = """
import re, sys, pathlib, libcst
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    if "site-packages" in path.parts:
        continue
    raw = path.read_bytes()
    if re.search(rb"(?m)^[ \\t]*(?:import|from)[ \\t]+daft\\b", raw):
        libcst.parse_module(raw)
"""
PARSE_ON_ALL = """
import os, re, sys, pathlib, libcst
texts = [path.read_bytes() for path in pathlib.Path(sys.argv[1]).rglob("*.py")]
texts = [raw for raw in texts if re.search(rb"(?m)^[ \\t]*(?:import|from)[ \\t]+daft\\b", raw)]
texts.sort(key=len)
for core in range(os.cpu_count()):
    if not os.fork():
        for raw in texts[core :: os.cpu_count()]:
            libcst.parse_module(raw)
        os._exit(0)
for _ in range(os.cpu_count()):
    os.wait()
"""
READ = """
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith((".py", ".pyi", ".ipynb")):
            with open(os.path.join(folder, name), "rb", 0) as stream:
                stream.read()
"""
STEPS = """
import sys, time
from pathlib import Path
from daft_lint.lint.runner import read
from daft_lint.config import Config
from daft_lint.source.discovery import discover
from daft_lint.source.prefilter import mentions_daft
clock, spent = time.process_time, [time.process_time()]
names = discover([Path(sys.argv[1])], Config().file_filter).names
spent.append(clock())
texts = [read(name) for name in names]
spent.append(clock())
any([mentions_daft(text) for text in texts])
spent.append(clock())
print(*(f"{after - before:.3f}" for before, after in zip(spent, spent[1:])))
"""
ONE = "import sys, libcst; libcst.parse_module(open(sys.argv[1], 'rb').read())"


@dataclass(frozen=True)
class Run:
    """What one run cost: seconds, and the largest resident memory of a process in it (MB)."""

    wall: float
    cpu: float
    memory: float


PATIENCE = 120.0
"""Seconds after which another linter is ended, and said to take longer."""

_IMPORT_TIME = re.compile(r"import time:\s*(?P<own>\d+) \|\s*\d+ \|\s*(?P<module>\S+)")

_SAID: list[str] = []


def say(line: str) -> None:
    """Prints a line of the table, and keeps it for `--output`."""
    print(line, flush=True)
    _SAID.append(line)


def run(command: Sequence[str], most: float | None = None) -> Run:
    """Runs a command to its end, whatever its status; after `most` seconds it is ended, with what it started."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    alarm = None if most is None else threading.Timer(most, os.killpg, (process.pid, signal.SIGKILL))
    if alarm is not None:
        alarm.start()
    _, _, usage = os.wait4(process.pid, 0)
    if alarm is not None:
        alarm.cancel()
    wall = time.perf_counter() - begun
    process.returncode = 0
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale)


def pairs(
    measured: Sequence[str],
    floor: Sequence[str],
    repeat: int,
    before: Callable[[], None] = lambda: None,
    most: float | None = None,
) -> tuple[Run, float, float]:
    """The median run, and the median ratios of wall and of CPU time to the floor's."""
    runs, walls, cpus = [], [], []
    for _ in range(repeat):
        before()
        one, other = run(measured, most), run(floor)
        runs.append(one)
        walls.append(one.wall / other.wall)
        cpus.append(one.cpu / other.cpu)
    median = Run(*(statistics.median(getattr(r, key) for r in runs) for key in ("wall", "cpu", "memory")))
    return median, statistics.median(walls), statistics.median(cpus)


def row(name: str, measured: Run, wall: float, cpu: float, goal: str = "") -> None:
    say(f"{name:<52} {measured.wall:8.2f} {measured.cpu:8.2f} {measured.memory:7.0f} {wall:7.2f} {cpu:7.2f}  {goal}")


def imports(command: Sequence[str]) -> dict[str, float]:
    """CPU seconds that a command's imports take by themselves: of daft-lint, of LibCST, of all else."""
    told = subprocess.run(
        (command[0], "-X", "importtime", *command[1:]), env=ENVIRONMENT, capture_output=True, text=True, check=False
    ).stderr
    spent = {"daft-lint": 0.0, "LibCST": 0.0, "click and the standard library": 0.0}
    for line in told.splitlines():
        found = _IMPORT_TIME.match(line)
        if found is not None:
            package = found["module"].partition(".")[0].partition("_rules")[0]
            whose = {"daft_lint": "daft-lint", "libcst": "LibCST"}.get(package, [*spent][-1])
            spent[whose] += int(found["own"]) / 1e6
    return spent


def profile(name: str, command: Sequence[str], repeat: int, steps: str = "") -> None:
    """Where the CPU time of a command goes, by medians."""
    total = statistics.median(run(command).cpu for _ in range(repeat))
    floor = statistics.median(run(PASS).cpu for _ in range(repeat))
    taken = [imports(command) for _ in range(repeat)]
    parts = {f"imports of {whose}": statistics.median(one[whose] for one in taken) for whose in taken[0]}
    rest = total - floor - sum(parts.values())
    text = ", ".join(f"{part} {seconds:.2f}" for part, seconds in {"python": floor, **parts, "the rest": rest}.items())
    say(f"{name}, CPU s: {total:.2f}: {text}{steps}")


def clean(folder: Path) -> None:
    """Empty a cache folder."""
    for file in folder.glob("*"):
        file.unlink()


def without_daft(folder: Path, wheels: Path | None) -> Path:
    """A tree of 8,000 files without daft: what wheels hold, else the standard library and made-up modules."""
    if wheels is not None:
        import zipfile

        for wheel in sorted(wheels.glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder / wheel.stem)
        return folder
    library = [path for path in Path(os.__file__).parent.rglob("*.py") if b"daft" not in path.read_bytes()]
    for number in range(8000):
        target = folder / f"p{number // 100}" / f"m{number}.py"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(library[number % len(library)].read_bytes())
    return folder


def large_files(folder: Path, repeat: int) -> None:
    """Files of one kind: CPU seconds count, for a floor of 0.2 s says little."""
    for name, text in LARGE.items():
        file = folder / "large.py"
        file.write_text(text)
        floor = (sys.executable, "-c", ONE, str(file))
        check = (*LINT, "check", "--no-cache", str(file))
        row(f"(e) {name} / import libcst, parse", *pairs(check, floor, repeat), "5 s CPU")


def trees(folder: Path, pandas: Path | None, hypernodes: Path | None, repeat: int) -> None:
    """Trees in one process, against a bare parse of their own files that import daft."""
    made = {"every file has a finding": findings_everywhere(folder / "findings")}
    if pandas is None:
        say("(f) pandas' source: not installed: give --pandas")
    else:
        made["a job beside pandas' source"] = beside(folder / "beside", pandas)
        made["a virtual environment in it"] = with_environment(folder / "environment", pandas)
    if hypernodes is None or not hypernodes.is_dir():
        say("(f) hypernodes: no checkout: give --hypernodes or DAFT_LINT_CORPUS")
    else:
        made["hypernodes"] = hypernodes
    for name, tree in made.items():
        check = (*LINT, "check", "--no-cache", "--jobs", "1", "--config", os.devnull, str(tree))
        parse = (sys.executable, "-c", PARSE, str(tree))
        row(f"(f) {name} / bare parse", *pairs(check, parse, repeat), "2 CPU, 300 MB")


def growth(folder: Path, repeat: int, most: int) -> None:
    """Work per line from 10 lines up, tenfold to `most`, start-up left out."""
    start = folder / "empty.py"
    start.write_text("import daft\ndaft.func\n")
    check = (*LINT, "check", "--no-cache", "--jobs", "1")
    parse = (sys.executable, "-c", ONE)
    texts = []
    for lines in (count for count in (10, 100, 1000, 10_000) if count <= most):
        file = folder / f"lines{lines}.py"
        file.write_text(SCRIPT + "".join(STEP.format(n=n) for n in range(max(1, lines // 9))))
        ours, floor = (
            statistics.median(run((*c, str(file))).cpu - run((*c, str(start))).cpu for _ in range(repeat))
            for c in (check, parse)
        )
        texts.append(f"{lines:,}: {1e6 * ours / lines:,.0f} ({1e6 * floor / lines:,.0f})")
    say(f"CPU a line above start-up, µs, by lines of the file (of LibCST's parse alone): {', '.join(texts)}")


def others(venv: Path | None, tree: Path, name: str, repeat: int, floor: Sequence[str]) -> None:
    """The other linters over the same tree."""
    tools = {
        "ruff check --no-cache": ("ruff", "check", "--no-cache", "--exit-zero"),
        "fixit lint": ("fixit", "--quiet", "lint"),
        "torchfix": ("torchfix",),
        "flake8": ("flake8",),
    }
    for label, (tool, *arguments) in tools.items():
        path = None if venv is None else venv / "bin" / tool
        if path is None or not path.exists():
            say(f"{name}: {label}: not installed, skipped")
            continue
        one, wall, cpu = pairs((str(path), *arguments, str(tree)), floor, repeat, most=PATIENCE)
        if one.wall > PATIENCE:
            say(f"{name}: {label}: ended after {PATIENCE:,.0f} s, {wall:,.0f} times the floor")
        else:
            row(f"{name}: {label}", one, wall, cpu)


def _installed(package: str) -> Path | None:
    """The folder of a package, which is not imported."""
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def main() -> None:
    corpus = os.environ.get("DAFT_LINT_CORPUS")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--daft", type=Path, default=Path(corpus) / "Daft" if corpus else None)
    nodes = Path(corpus) / "hypernodes" if corpus else None
    parser.add_argument("--hypernodes", type=Path, default=nodes)
    parser.add_argument("--pandas", type=Path, default=_installed("pandas"), help="The folder of pandas' source.")
    parser.add_argument("--others", type=Path, help="A virtual environment with ruff, fixit, torchfix, flake8.")
    parser.add_argument("--wheels", type=Path, help="A folder of wheels to unpack for the tree without daft.")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--lines", type=int, default=10_000, help="The lines of the longest file.")
    parser.add_argument("--output", type=Path, help="A file for the table; complete or not written.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cache").mkdir()
        machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
        say(f"Python {platform.python_version()}, {machine}; runs: {given.repeat}")
        say(f"{'':<52} {'wall s':>8} {'CPU s':>8} {'MB':>7} {'wall x':>7} {'CPU x':>7}  goal")
        row("--version / python -c pass", *pairs((*LINT, "--version"), PASS, 5 * given.repeat), "4")
        (folder / "tree").mkdir()
        tree = without_daft(folder / "tree", given.wheels)
        read = (sys.executable, "-c", READ, str(tree))
        check = (*LINT, "check", str(tree), "--config", os.devnull)
        row("(b) no daft, cold / reading its bytes", *pairs((*check, "--no-cache"), read, given.repeat), "2")
        walked, *spent = subprocess.run(
            (sys.executable, "-c", STEPS, str(tree)), env=ENVIRONMENT, capture_output=True, text=True, check=True
        ).stdout.split()
        steps = f"; walking {walked}, reading {spent[0]}, looking for the word {spent[1]}"
        profile("(b) no daft, cold", (*check, "--no-cache"), given.repeat, steps)
        others(given.others, tree, "(b) no daft / reading", 1, read)
        one = folder / "one.py"
        one.write_text(SCRIPT + "".join(STEP.format(n=n) for n in range(14)))
        floor = (sys.executable, "-c", ONE, str(one))
        row(
            "(c) one script / import libcst, parse",
            *pairs((*LINT, "check", "--no-cache", str(one)), floor, given.repeat),
            "1.5",
        )
        profile("(c) one script", (*LINT, "check", "--no-cache", str(one)), given.repeat)
        others(given.others, one, "(c) one script", given.repeat, floor)
        large_files(folder, given.repeat)
        trees(folder, given.pandas, given.hypernodes, given.repeat)
        growth(folder, given.repeat, given.lines)
        if given.daft is None or not given.daft.is_dir():
            say("(a) Daft's repository: no checkout: give --daft or DAFT_LINT_CORPUS")
        else:
            daft_rows(given.daft, folder / "cache", given.others, given.repeat)
    if given.output is not None:
        given.output.write_text("".join(f"{line.rstrip()}\n" for line in _SAID), encoding="utf-8")


def daft_rows(daft: Path, cache: Path, venv: Path | None, repeat: int) -> None:
    """(a): cold in one process and in all, warm, one file changed."""
    parse = (sys.executable, "-c", PARSE, str(daft))
    read = (sys.executable, "-c", READ, str(daft))
    check = (*LINT, "check", str(daft))
    row("(a) Daft, one process / bare parse", *pairs((*check, "--no-cache", "--jobs", "1"), parse, repeat), "1.4 CPU")
    spread = (sys.executable, "-c", PARSE_ON_ALL, str(daft))
    row("(a) Daft, all cores / bare parse on all cores", *pairs((*check, "--no-cache"), spread, repeat), "1.3 wall")
    kept = (*check, "--cache-dir", str(cache))
    row("(a) Daft, cold, cache kept / bare parse", *pairs(kept, parse, 1, lambda: clean(cache)))
    row("(a) Daft, warm / python -c pass, reading", *pairs(kept, read, 3 * repeat), "3")
    profile("(a) Daft, warm", kept, repeat)
    changed = Path(tempfile.mkdtemp(dir=cache.parent)) / "changed.py"

    def change() -> None:
        changed.write_text(f"import daft\ndaft.read_parquet('a.parquet').repartition({time.time_ns()}).show()\n")

    change()
    run((*kept, str(changed)))
    row("(a) Daft, one file changed / bare parse", *pairs((*kept, str(changed)), parse, 1, change))
    others(venv, daft, "(a) Daft / bare parse", 1, parse)


if __name__ == "__main__":
    main()
