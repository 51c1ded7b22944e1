"""Workers of a private Ray that start before a run asks for them: it waits for two, one after the other, some seconds.

They start while the run's driver imports what it needs. None has worked for anybody, and Ray gives each to one job and
ends it with that (Ray 2.59), so that no peak of memory carries over from one run to the next.
"""

from __future__ import annotations

import os
from typing import Any

from daft_lint_runtime import processes

SCHEDULERS = 1
"""Workers of a run that Daft's scheduler takes; on each node one more executes (Daft 0.7.26)."""
KEPT_SECONDS = 60
"""How long Ray keeps a worker that no run takes."""
ANSWER_SECONDS = 5.0
"""Seconds that a node has to answer."""


def start_workers() -> None:
    """Start as many workers as the next run will take. Called in the process that owns the Ray; where Ray does not
    answer to this, which is none of its public interfaces, the run starts them itself, and waits."""
    import ray

    nodes = [node for node in ray.nodes() if node["Alive"]]
    working = [node for node in nodes if node["Resources"].get("CPU", 0) > 0]
    missing = SCHEDULERS + len(working) - _idle()
    for node in nodes if len(nodes) > 1 else nodes * (SCHEDULERS + 1):
        if missing > 0:
            _ask(node)
            missing -= 1


def _idle() -> int:
    """The workers that wait for a job."""
    return sum(processes.title(process) == "ray::IDLE" for process in processes.descendants(os.getpid()))


def _ask(node: dict[str, Any]) -> None:
    """Ask a node for one worker more."""
    try:
        import grpc
        from ray._private.grpc_utils import init_grpc_channel
        from ray.core.generated import node_manager_pb2, node_manager_pb2_grpc
    except ImportError:
        return
    request = node_manager_pb2.PrestartWorkersRequest(num_workers=1, keep_alive_duration_secs=KEPT_SECONDS)
    channel = init_grpc_channel(f"{node['NodeManagerAddress']}:{node['NodeManagerPort']}")
    try:
        node_manager_pb2_grpc.NodeManagerServiceStub(channel).PrestartWorkers(request, timeout=ANSWER_SECONDS)
    except grpc.RpcError as error:
        print(f"no workers started ahead: {error}", flush=True)
    finally:
        channel.close()
