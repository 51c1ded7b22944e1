"""What a process uses of memory: at this moment, at most, and at most in its queries.

Runs in Ray's workers and in Daft's UDF processes: standard library only.
"""

from __future__ import annotations

import contextlib
import enum
import mmap
import os
import struct
import threading
import time


def status_bytes(field: str, pid: int | str = "self") -> int:
    """A memory field of /proc/PID/status in bytes (`VmHWM`, `VmRSS`); 0 where the system has no such file."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0


def own_memory(total: str) -> int:
    """This process's VmHWM or VmRSS (`total`) in bytes, less the pages of Ray's object store that it maps (RssShmem):
    a worker that puts what it made there touches them all, and needs no memory of its own for it."""
    found = dict.fromkeys((total, "RssShmem"), 0)
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii", errors="replace") as file:
        for line in file:
            field, _, value = line.partition(":")
            if field in found:
                found[field] = int(value.split()[0]) * 1024
    return max(found[total] - found["RssShmem"], 0)


def forget_peak() -> bool:
    """Let VmHWM begin anew at what is used at this moment (proc(5), Linux); whether the system does that."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        return False
    return True


MEMORY = struct.Struct("<3QB")
"""A process's memory: its id, what it used before the query, the most that it gained over that (bytes), and its
`Role`."""


class Role(enum.IntEnum):
    """What a process does for a query."""

    WORKER = 0
    """It executes tasks."""
    ACTOR = 1
    """It is one of a pool that calls a UDF for them."""
    SCHEDULER = 2
    """It hands tasks out and executes none."""


MEMORY_SECONDS = 0.02
"""How often a process notes its peak of memory: that takes 50 µs."""


class MemoryWatch:
    """Leaves in `memory-*.bin` what the queries of this process took of memory at most, whatever asked for it: UDFs,
    the engine's own decoding, a read. A thread notes it again and again, for nobody says when a worker is ended."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._map: mmap.mmap | None = None
        self._field = "VmHWM"
        self._base = self._gained = 0
        self.role = Role.WORKER

    def begin(self) -> None:
        """A query begins, or may begin from now on."""
        self._field = "VmHWM" if forget_peak() else "VmRSS"
        self._base = own_memory("VmRSS")
        if self._map is None:
            threading.Thread(target=self._run, name="daft-lint memory", daemon=True).start()

    def _run(self) -> None:
        while self.note():
            time.sleep(MEMORY_SECONDS)

    def note(self) -> bool:
        """Note the peak; whether that can be done."""
        self._gained = max(self._gained, own_memory(self._field) - self._base)
        try:
            if self._map is None:
                folder = os.path.realpath(self._directory)
                name = os.path.join(folder, f"memory-{os.getpid()}-{time.time_ns()}.bin")
                with open(name, "w+b") as file:
                    file.write(bytes(MEMORY.size))
                    file.flush()
                    self._map = mmap.mmap(file.fileno(), 0)
        except OSError:
            return False  # no run has asked for it, or the disk is full
        MEMORY.pack_into(self._map, 0, os.getpid(), self._base, self._gained, self.role)
        return True
