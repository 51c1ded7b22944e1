"""Stands between `verify` and the process that runs a script: it samples, enforces limits, and ends everything.

It is a process of its own, so that a run is ended and cleaned up even when `verify` itself is killed: its standard
input is a pipe that the system closes then. Usage: `python -m daft_lint_runtime.supervise SPEC`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from daft_lint_runtime import probe, processes
from daft_lint_runtime.collect import JOINING
from daft_lint_runtime.spec import MARKER_ENV, RunSpec, TextEnum, shared_memory_prefix

GRACE = 4.0
"""Seconds that the processes of a finished run have to end by themselves (Ray's need about 1.3)."""
DEAD_WORKER = b"Worker exit type: SYSTEM_ERROR"
"""What Ray prints on the driver's output when a worker dies; Daft 0.7.26 starts it anew and waits without end."""
STALLED_CPU = 0.25
"""Processes that wait use less CPU than this together, in cores: Ray's own and Daft's take some 0.1."""
LEAST_DISK = 2**16
"""A disk with less room than this (bytes) is full."""
COLLECTING = 90.0
"""Seconds that a named cluster has to hand out what a run left on its nodes."""
LATE = f"the cluster did not answer within {COLLECTING:g} s"
NOT_JOINED = f"{LATE} ({JOINING})"


class StopReason(TextEnum):
    """Why the supervisor ended a run."""

    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory limit"
    DEAD_WORKER = "dead worker"
    DEAD_RAY = "dead Ray"
    INTERRUPTED = "interrupted"


@dataclass
class RunEnding:
    """How a run ended. `reason` is None where it ended by itself. `full` is whether the disk is.

    `peak` is the most private memory of all processes together (bytes); `leftovers` counts the processes that had
    to be ended after the script was done; `lost` says why what is on the nodes of a named cluster did not come home.
    """

    code: int | None = None
    reason: StopReason | None = None
    wall: float = 0.0
    peak: int = 0
    leftovers: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)
    lost: str = ""
    full: bool = False


class Supervisor:
    def __init__(self, spec: RunSpec, spec_file: str) -> None:
        self.spec = spec
        self.spec_file = spec_file
        self.out = Path(spec.out)
        self.ending = RunEnding()
        self._cpu: dict[int, tuple[str, float]] = {}
        self._idle_cpu: dict[int, float] = {}
        """Seconds that the processes of the private Ray had used before the run."""
        self._peak: dict[int, tuple[str, int]] = {}
        self._working = time.monotonic(), 0.0
        self._died = False
        self._next_look = 0.0

    def environment(self) -> dict[str, str]:
        environment = dict(os.environ)
        environment[MARKER_ENV] = self.spec.marker
        environment["TMPDIR"] = self.spec.scratch
        environment[probe.SHARED_MEMORY_ENV] = shared_memory_prefix(self.spec.marker)
        environment[probe.WORKING_DIRECTORY_ENV] = self.spec.cwd
        if self.spec.options.probe_calls:
            environment[probe.PROBE_DIRECTORY_ENV] = str(self.out / "calls")
        # The project's own packages must be found by workers, also where they are not installed but on the path.
        paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(p for p in paths if p)
        if self.spec.options.cluster.address is not None:
            # Where Ray notes which cluster `auto` is.
            environment.setdefault("RAY_TMPDIR", tempfile.gettempdir())
        return environment

    def run(self) -> RunEnding:
        processes.adopt_orphans()
        began = time.monotonic()
        with open(self.out / "stdout.txt", "wb") as stdout, open(self.out / "stderr.txt", "wb") as stderr:
            driver = subprocess.Popen(
                [sys.executable, "-m", "daft_lint_runtime.driver", self.spec_file],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env=self.environment(),
                cwd=self.spec.cwd,
                start_new_session=True,
            )
            try:
                self._watch(driver, began)
            finally:
                self._finish(driver)
        self.ending.wall = time.monotonic() - began
        return self.ending

    def _watch(self, driver: subprocess.Popen[bytes], began: float) -> None:
        options = self.spec.options
        look_seconds = processes.LOOK_SECONDS if options.memory_limit is None else 0.0  # a limit misses no process
        roots = [driver.pid] if self.spec.ray_pid is None else [driver.pid, self.spec.ray_pid]
        sampler = processes.Sampler(roots, look_seconds)
        self._idle_cpu = {s.pid: s.cpu for s in processes.Sampler(roots[1:]).samples()}
        with open(self.out / "samples.jsonl", "wb", buffering=0) as samples:
            next_sample = time.monotonic()
            while driver.poll() is None:
                now = time.monotonic()
                if now - began > options.timeout:
                    self.ending.reason = StopReason.TIMEOUT
                    return
                if now >= next_sample:
                    used = self._sample(sampler.samples(), samples)
                    if options.memory_limit is not None and used > options.memory_limit:
                        self.ending.reason = StopReason.MEMORY_LIMIT
                        return
                    if self.spec.ray_pid is not None and not processes.is_running(self.spec.ray_pid):
                        self.ending.reason = StopReason.DEAD_RAY
                        return
                    if self._is_stalled():
                        self.ending.reason = StopReason.DEAD_WORKER
                        return
                    # A sample of a large tree takes a while: leave forty times as long to the work.
                    next_sample = now + max(options.sample_seconds, 40 * (time.monotonic() - now))
                if lifeline_is_cut(max(min(0.05, next_sample - time.monotonic()), 0.005)):
                    self.ending.reason = StopReason.INTERRUPTED
                    return

    def _is_stalled(self) -> bool:
        """Whether a worker of Ray has died and the rest of the run has done next to nothing ever since."""
        now, used = time.monotonic(), sum(seconds for _, seconds in self._cpu.values())
        since, used_then = self._working
        if used - used_then > STALLED_CPU * self.spec.options.stall or not self._worker_died():
            self._working = now, used
            return False
        return now - since > self.spec.options.stall

    def _worker_died(self) -> bool:
        if not self._died and time.monotonic() > self._next_look:
            self._next_look = time.monotonic() + 1
            with contextlib.suppress(OSError):
                self._died = DEAD_WORKER in (self.out / "stdout.txt").read_bytes()
        return self._died

    def _sample(self, found: list[processes.Sample], file: io.FileIO) -> int:
        for s in found:
            self._cpu[s.pid] = (s.name, s.cpu - self._idle_cpu.get(s.pid, 0.0))
            self._peak[s.pid] = (s.name, s.peak)
        used = sum(s.private for s in found) + max((s.shared for s in found), default=0)
        self.ending.peak = max(self.ending.peak, used)
        line = [round(time.time(), 3), [[s.pid, s.name, s.private, s.shared, s.peak] for s in found]]
        with contextlib.suppress(OSError):  # on a full disk the run itself fails
            file.write(json.dumps(line).encode() + b"\n")
        return used

    def _finish(self, driver: subprocess.Popen[bytes]) -> None:
        if self.ending.reason is None and driver.poll() is not None:
            self.ending.code = driver.returncode
            if not processes.wait_until_gone(self.spec.marker, GRACE):
                self.ending.leftovers = processes.end_all(self.spec.marker, [])
            if self.spec.ray_pid is not None:
                processes.wait_for_workers(self.spec.ray_pid, GRACE)
        else:
            processes.end_all(self.spec.marker, [driver.pid])
            self.ending.code = driver.poll()
        if self.spec.options.cluster.address is not None and self._joined():
            self._collect()
        for child in processes.descendants(os.getpid()):
            child.kill()
        processes.remove_shared_memory(shared_memory_prefix(self.spec.marker))
        for name, seconds in self._cpu.values():
            self.ending.cpu[name] = self.ending.cpu.get(name, 0.0) + seconds
        for name, peak in self._peak.values():
            self.ending.peaks[name] = max(self.ending.peaks.get(name, 0), peak)

    def _joined(self) -> bool:
        """Whether the run may have been on its cluster: without a record, who knows."""
        try:
            return bool(json.loads((self.out / "run.json").read_bytes())["cluster"])
        except (OSError, ValueError):
            return True

    def _collect(self) -> None:
        """Bring home what the run left on the nodes of the named cluster; a join that hangs is tried once more."""
        self.ending.lost = self._collected()
        if self.ending.lost == NOT_JOINED:
            self.ending.lost = self._collected()

    def _collected(self) -> str:
        """Why what is on the nodes did not come home; "" where it did."""
        command = [sys.executable, "-m", "daft_lint_runtime.collect", self.spec_file]
        environment = self.environment()
        try:
            done = subprocess.run(command, env=environment, timeout=COLLECTING, capture_output=True, check=False)
        except subprocess.TimeoutExpired as late:
            step = (late.stdout or b"").decode(errors="replace").strip().rpartition("\n")[2]
            return f"{LATE} ({step})" if step else LATE
        if not done.returncode:
            return ""
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {done.returncode}"


def lifeline_is_cut(seconds: float) -> bool:
    """Wait up to `seconds`; whether `verify` closed its end of the pipe, or is gone."""
    readable, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(readable) and os.read(sys.stdin.fileno(), 1) == b""


def main(spec_file: str) -> int:
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # `verify` decides; it cuts the lifeline
    spec = RunSpec.read(Path(spec_file))
    supervisor = Supervisor(spec, spec_file)
    ending = supervisor.run()
    ending.full = shutil.disk_usage(spec.out).free < LEAST_DISK if os.path.isdir(spec.out) else False
    with contextlib.suppress(BrokenPipeError):  # `verify` is gone
        print(json.dumps(asdict(ending)), flush=True)  # into a pipe, which holds it also where the disk is full
    if ending.reason is StopReason.INTERRUPTED and os.getppid() != parent:
        shutil.rmtree(Path(spec.scratch).parent, ignore_errors=True)  # nobody else is left to do it
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
