"""The private Ray that the runs of one `verify` share: started once, by a process that lives as long as it is wanted.

A run joins it as a job of its own, and Ray gives each job workers of its own and ends them with it (Ray 2.59), so that
no peak of memory carries over from one text to the next.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from daft_lint_runtime import probe, processes
from daft_lint_runtime.cluster import joining_environment
from daft_lint_runtime.spec import MARKER_ENV, ClusterSpec, OwnerSpec, VerifyError, shared_memory_prefix

START_SECONDS = 120.0
"""Seconds that a private Ray has to start (about 3; 13 on a busy machine)."""
STOP_SECONDS = 30.0
"""Seconds that its owner has to end it before it is ended by force."""
TEMPORARY = "t"
"""The folder of the workspace that is the runs' TMPDIR, and that of the Ray's processes."""
CURRENT = "current"
"""A link in the workspace to the folder of the run that the workers serve."""


@dataclass(frozen=True)
class RaySession:
    """A running private Ray. `environment` is what a driver needs to join it; `pid` is its owner's."""

    address: str
    pid: int
    environment: Mapping[str, str] = field(default_factory=dict)


class PrivateRay:
    """Starts a Ray when it is first asked for, and another one where the cluster's size or the folder changes."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._asked: tuple[ClusterSpec, str] | None = None
        self._owner: subprocess.Popen[bytes] | None = None
        self._marker = ""
        self._others: set[int] = set()
        self._session: RaySession | None = None

    def __enter__(self) -> PrivateRay:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def session(self, cluster: ClusterSpec, out: Path) -> RaySession:
        """The Ray for a run whose folder is `out`. Raises `VerifyError` where none can be started."""
        asked = (cluster, os.getcwd())
        if self._session is None or self._asked != asked or self._owner is None or self._owner.poll() is not None:
            self.close()
            self._session = self._start(cluster)
            self._asked = asked
        else:
            self._announce_run()
        link = self._base / f"{CURRENT}.part"
        link.unlink(missing_ok=True)
        link.symlink_to(out)
        link.replace(self._base / CURRENT)
        return self._session

    def _start(self, cluster: ClusterSpec) -> RaySession:
        self._marker = secrets.token_hex(12)
        self._others = {process.pid for process in processes.descendants(os.getpid())}
        folder = self._base / "ray"
        for needed in (folder, self._base / TEMPORARY):
            needed.mkdir(parents=True, exist_ok=True)
        environment = joining_environment()
        spec = OwnerSpec(cluster, str(folder), self._marker)
        spec_file, log = self._base / "ray.json", self._base / "ray.log"
        spec_file.write_text(json.dumps(asdict(spec)), encoding="utf-8")
        processes.adopt_orphans()
        with open(log, "wb") as output:
            self._owner = subprocess.Popen(
                [sys.executable, "-m", "daft_lint_runtime.ray_owner", str(spec_file)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**os.environ, **environment, **self._workers_environment()},
                start_new_session=True,
            )
        address = Path(spec.address_file)
        until = time.monotonic() + START_SECONDS
        while not address.exists():
            if self._owner.poll() is not None or time.monotonic() > until:
                lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                self.close()
                raise VerifyError(f"no private Ray could be started: {lines[-1] if lines else 'it did not answer'}")
            time.sleep(0.05)
        return RaySession(address.read_text(encoding="utf-8"), self._owner.pid, environment)

    def _announce_run(self) -> None:
        """Tell the owner of a run, so that workers start while its driver does."""
        assert self._owner is not None
        assert self._owner.stdin is not None
        with suppress(OSError):
            self._owner.stdin.write(b"\n")
            self._owner.stdin.flush()

    def _workers_environment(self) -> dict[str, str]:
        """What Ray's processes inherit. The probe's folder is that of whichever run goes on: see `CURRENT`."""
        paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        return {
            MARKER_ENV: self._marker,
            "TMPDIR": str(self._base / TEMPORARY),
            "PYTHONPATH": os.pathsep.join(p for p in paths if p),
            probe.PROBE_DIRECTORY_ENV: str(self._base / CURRENT / "calls"),
            probe.WORKING_DIRECTORY_ENV: os.getcwd(),
            probe.SHARED_MEMORY_ENV: shared_memory_prefix(self._marker),
        }

    def close(self) -> None:
        """End the Ray and all its processes."""
        owner, self._owner, self._session = self._owner, None, None
        if owner is None:
            return
        assert owner.stdin is not None
        killed = owner.poll() is not None
        above = os.getpid() if killed else owner.pid  # what a killed owner leaves behind becomes ours
        below = [p.pid for p in processes.descendants(above) if p.pid not in self._others]
        try:
            with suppress(OSError):  # what it did not read any more
                owner.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                owner.wait(timeout=STOP_SECONDS)
        finally:
            processes.end_all(self._marker, [owner.pid, *below])
            owner.wait()
            processes.remove_shared_memory(shared_memory_prefix(self._marker))
            processes.adopt_orphans(False)
