"""Brings home what a run left on the nodes of somebody else's cluster, which need share no file system with this one.

Each node's records of UDF calls and the rows that it wrote to redirected sinks come back through the object store, and
nothing of them stays there. A process of its own, so that it does its work however the script ended.
Usage: `python -m daft_lint_runtime.collect SPEC`; the supervisor starts it when the script is done.
"""

from __future__ import annotations

import glob
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path

from daft_lint_runtime.spec import RunSpec, node_folder, shared_memory_prefix

JOINING = "joining"
"""What it says on its output while it has taken nothing yet."""
PATIENCE = 60.0
"""Seconds that the nodes have to answer."""
GOODBYE = 10.0
"""Seconds that the cluster has to let go of a client."""

Files = dict[str, bytes]


def take(records: str, scratch: str, out: str, segments: str, node: str) -> tuple[Files, Files]:
    """On a node: the files in its folder of `records`, and those in the run's `scratch` folder by their relative path.

    Both folders are gone afterwards, and so are the shared memory `segments` of killed processes; `scratch` stays
    where the node sees the run's folder `out`, for there it is no other than the driver's. Runs as a Ray task in a
    worker without this package, so that it uses nothing of this module.
    """

    def emptied(folder: str) -> dict[str, bytes]:
        own = f"{folder}.{node}"  # several nodes may share a folder: one gets it
        try:
            os.rename(folder, own)
        except OSError:
            return {}
        names = [name for name in glob.glob("**", root_dir=own, recursive=True) if os.path.isfile(f"{own}/{name}")]
        files = {}
        for name in names:
            with open(os.path.join(own, name), "rb") as file:
                files[name] = file.read()
        shutil.rmtree(own, ignore_errors=True)
        return files

    for path in glob.glob(f"/dev/shm{segments}*"):
        os.unlink(path)
    calls = emptied(os.path.join(tempfile.gettempdir(), records))
    if os.path.isdir(out):
        return calls, {}
    rows = emptied(scratch)
    shutil.rmtree(os.path.dirname(scratch), ignore_errors=True)
    return calls, rows


def collect(spec: RunSpec) -> None:
    """Fetch from every node that is alive and write below the run's folders."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    print(JOINING, flush=True)
    ray.init(address=spec.options.cluster.address, log_to_driver=False, logging_level="error")
    print("taking what the nodes hold", flush=True)
    task = ray.remote(num_cpus=0)(take)
    asked = [
        task.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote(
            node_folder(spec.marker), spec.scratch, spec.out, shared_memory_prefix(spec.marker), node["NodeID"]
        )
        for node in ray.nodes()
        if node["Alive"]
    ]
    for calls, rows in ray.get(asked, timeout=PATIENCE):
        for folder, files in ((Path(spec.out, "calls"), calls), (Path(spec.scratch), rows)):
            for name, data in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)


def leave() -> None:
    """Leave the cluster. Ray's client (2.59) waits without end until the server has let go of its streams."""
    import ray

    leaving = threading.Thread(target=ray.shutdown, daemon=True)
    leaving.start()
    leaving.join(GOODBYE)


def main(spec_file: str) -> int:
    collect(RunSpec.read(Path(spec_file)))
    leave()
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stderr.flush()
    os._exit(code)  # all is done, and no thread of Ray's is to hold this process
