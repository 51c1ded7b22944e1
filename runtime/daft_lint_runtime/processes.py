"""The processes of a run: who belongs to it, what they use, and how to end every one of them."""

from __future__ import annotations

import contextlib
import ctypes
import glob
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import psutil

from daft_lint_runtime.memory_watch import status_bytes
from daft_lint_runtime.spec import MARKER_ENV

PR_SET_CHILD_SUBREAPER = 36
"""prctl(2): orphans of this process's tree become its children, so that a daemonized one stays in view."""


def adopt_orphans(adopt: bool = True) -> None:
    """Make this process the parent of what its descendants leave behind (Linux; elsewhere the marker finds them).

    Ray's agents write their title over their environment, where the marker was: only their parent leads to them.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0)


def marked(marker: str) -> list[psutil.Process]:
    """Every process of this user that carries the run's marker in its environment."""
    found = []
    own = os.getpid()
    for process in psutil.process_iter():
        if process.pid == own:
            continue
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARKER_ENV) == marker:
                found.append(process)
    return found


def descendants(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return list(psutil.Process(pid).children(recursive=True))
    return []


def end_all(marker: str, pids: Iterable[int] = (), patience: float = 2.0) -> int:
    """End every process of the run and return how many there were: asked first, killed after `patience` seconds.

    Looks again until none is left, for a process may start another while it ends.
    """
    ended: set[int] = set()
    for round_ in range(20):
        members = {p.pid: p for p in marked(marker)}
        for pid in pids:
            members.update({p.pid: p for p in descendants(pid)})
            with contextlib.suppress(psutil.Error):
                members.setdefault(pid, psutil.Process(pid))
        alive = [p for p in members.values() if p.pid != os.getpid() and _is_alive(p)]
        if not alive:
            break
        ended.update(p.pid for p in alive)
        for process in alive:
            with contextlib.suppress(psutil.Error):
                process.terminate() if round_ == 0 else process.kill()
        psutil.wait_procs(alive, timeout=patience)
    return len(ended)


def is_running(pid: int) -> bool:
    """Whether there is such a process and it has not ended: one that nobody has waited for yet has."""
    try:
        return _is_alive(psutil.Process(pid))
    except psutil.Error:
        return False


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def remove_shared_memory(prefix: str) -> None:
    """Remove the shared memory segments that killed processes of the run left behind."""
    for path in glob.glob(f"/dev/shm{prefix}*"):
        with contextlib.suppress(OSError):
            os.unlink(path)


OWNER = "Ray's owner"
WORKER_TITLE = "ray::"
RESTING = frozenset({"ray::IDLE", "ray::DashboardAgent", "ray::RuntimeEnvAgent"})
"""Titles of Ray's processes that work for no job (Ray 2.59)."""


@dataclass(frozen=True)
class Sample:
    """What one process uses at one moment: `private` and `peak` are bytes of memory, `cpu` seconds so far."""

    pid: int
    name: str
    private: int
    shared: int
    peak: int
    cpu: float


LOOK_SECONDS = 0.5
"""How often a `Sampler` looks for processes that started and reads all of each: that costs 70 µs a process and
1 ms for the machine's, memory and CPU in use alone 20 µs."""


class Sampler:
    """Measures processes and their descendants again and again. `look_seconds` is how old the list of them may be."""

    def __init__(self, pids: Sequence[int], look_seconds: float = LOOK_SECONDS) -> None:
        self._pids = pids
        self._look_seconds = look_seconds
        self._known: list[tuple[psutil.Process, Sample]] = []
        self._looked = float("-inf")

    def samples(self) -> list[Sample]:
        """Each process once; one that ends meanwhile is left out. `peak` and `name` are from the last look."""
        if time.monotonic() - self._looked < self._look_seconds:
            found = [(process, _in_use(process, last)) for process, last in self._known]
        else:
            tree = [p for pid in self._pids if psutil.pid_exists(pid) for p in (psutil.Process(pid), *descendants(pid))]
            found = [(process, _measure(process)) for process in tree]
            self._looked = time.monotonic()
        self._known = [(process, sample) for process, sample in found if sample is not None]
        return [sample for _, sample in self._known]


def _measure(process: psutil.Process) -> Sample | None:
    with contextlib.suppress(psutil.Error, OSError), process.oneshot():
        memory = process.memory_info()
        times = process.cpu_times()
        shared = getattr(memory, "shared", 0)
        peak = status_bytes("VmHWM", process.pid) or memory.rss
        name = _shown_name(process)
        return Sample(process.pid, name, memory.rss - shared, shared, peak, times.user + times.system)
    return None


def _in_use(process: psutil.Process, last: Sample) -> Sample | None:
    with contextlib.suppress(psutil.Error, OSError):
        memory, times = process.memory_info(), process.cpu_times()
        shared = getattr(memory, "shared", 0)
        peak, cpu = max(last.peak, memory.rss), times.user + times.system
        return replace(last, private=memory.rss - shared, shared=shared, peak=peak, cpu=cpu)
    return None


def _shown_name(process: psutil.Process) -> str:
    """Ray's workers say what they are in their title; others by their program."""
    title = process.cmdline()[:4]
    if title and title[0].startswith(WORKER_TITLE):
        return str(title[0]).split(":")[2].split(".")[0].split(" ")[0]
    if "daft_lint_runtime.udf_process" in title:
        return "UDF process"
    if "daft_lint_runtime.driver" in title:
        return "driver"
    if "daft_lint_runtime.ray_owner" in title:
        return OWNER
    return str(process.name())


def title(process: psutil.Process) -> str:
    """What a process calls itself; "" for one that has ended."""
    with contextlib.suppress(psutil.Error, OSError):
        return next(iter(process.cmdline()), "")
    return ""


def wait_for_workers(owner: int, seconds: float) -> None:
    """Wait up to `seconds` until the Ray below the process `owner` has ended the workers of the job that is done."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        names = {title(process) for process in descendants(owner)}
        if not any(name.startswith(WORKER_TITLE) and name not in RESTING for name in names):
            return
        time.sleep(0.05)


def wait_until_gone(marker: str, seconds: float) -> bool:
    """Whether all processes of the run ended by themselves within `seconds`."""
    until = time.monotonic() + seconds
    while marked(marker):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
