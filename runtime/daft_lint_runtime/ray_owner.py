"""The process that owns a private Ray: starts it, says where it is, and ends it when its standard input closes.

So it ends as well when `verify` is killed. A line that it reads there says that another run begins.

Usage: `python -m daft_lint_runtime.ray_owner SPEC`; see `private_ray`.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from daft_lint_runtime import processes
from daft_lint_runtime.cluster import RayCluster, prepare_environment
from daft_lint_runtime.prestart import start_workers
from daft_lint_runtime.spec import OwnerSpec, shared_memory_prefix


def main(spec_file: str) -> int:
    parent = os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # `verify` decides; it closes the pipe
    spec = OwnerSpec.read(Path(spec_file))
    processes.adopt_orphans()
    prepare_environment("local")
    cluster = RayCluster(spec.cluster, Path(spec.folder))
    try:
        import ray

        cluster.start({}, ray.init)
        address = Path(spec.address_file)
        partial = address.with_suffix(".part")
        partial.write_text(str(ray.get_runtime_context().gcs_address), encoding="utf-8")
        partial.rename(address)
        start_workers()
        for _ in iter(sys.stdin.buffer.readline, b""):  # another run begins
            start_workers()
        cluster.close(ray.shutdown)
    finally:
        for child in processes.descendants(os.getpid()):
            child.kill()
        processes.end_all(spec.marker)
        processes.remove_shared_memory(shared_memory_prefix(spec.marker))
        shutil.rmtree(spec.folder, ignore_errors=True)
        if os.getppid() != parent:
            shutil.rmtree(Path(spec.folder).parent, ignore_errors=True)  # nobody else is left to do it
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
