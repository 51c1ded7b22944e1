"""The Ray that a run works on: a private one that this process owns, a simulated cluster, or a named one.

Imported in the driver only; `ray` is imported when a cluster is started.
"""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daft_lint_runtime import probe
from daft_lint_runtime.spec import MARKER_ENV, ClusterSpec, VerifyError, node_folder

CONNECT_SECONDS = 10.0
"""Seconds that a named cluster has to accept a connection, and to answer."""
HTTP2_HEADER = 9
"""Bytes of a frame's header: the length in three, the type, flags, and the stream in four (RFC 9113, 4.1)."""
HTTP2_SETTINGS = 4
"""The type of a frame with settings."""
PRELOAD_ENV = "RAY_preload_python_modules"
"""Ray reads its own settings in lower case."""
PRESTART_ENV = "RAY_prestart_worker_first_driver"
"""Where it is 0, Ray starts no worker for each CPU at once, which are more than a run takes: see `prestart`."""
PRELOADED = "daft_lint_runtime.worker"
"""What the workers of a private cluster import. A setup hook would do as well, but it is part of a runtime_env, and
with one Ray leaves the workers that it has started already and starts others: 2 s of each run."""
SETUP_HOOK = "daft_lint_runtime.probe.install"
SET_BY_RAY = "RAY_CLIENT_MODE"
"""What the import of Ray puts into the environment: as part of a runtime_env it would cost as much as the hook."""
QUIET = {
    "DAFT_PROGRESS_BAR": "0",
    "DAFT_ANALYTICS_ENABLED": "0",
    "DO_NOT_TRACK": "true",
    "SCARF_NO_ANALYTICS": "true",
    "PYTHONUNBUFFERED": "1",
}
"""What drivers and workers of a run are told: a worker's progress bar would stand among the script's output."""
SHIPPED_ENV = (probe.WORKING_DIRECTORY_ENV, probe.SHARED_MEMORY_ENV, "DAFT_PROGRESS_BAR")
"""What a worker of a named cluster must know; those of a private one inherit it."""


def prepare_environment(private: str | None) -> None:
    """Set what Ray reads from the environment, before it is imported. `private` is the private Ray's address, "local"
    where there is none yet: whoever calls Ray behind our back must not join a cluster that runs here."""
    for name, value in {**QUIET, "RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}.items():
        os.environ.setdefault(name, value)
    if private is None:
        return
    os.environ["RAY_ADDRESS"] = private
    os.environ[PRELOAD_ENV] = PRELOADED
    os.environ[PRESTART_ENV] = "0"
    os.environ.update(joining_environment())


def joining_environment() -> dict[str, str]:
    """What a private cluster and its drivers share. It gets a token of its own, so that nobody else on the machine can
    run code in it and nothing is written to the user's home; RAY_AUTH_MODE, where it is set, is kept."""
    mode = os.environ.get("RAY_AUTH_MODE", "token")
    found = {"RAY_AUTH_MODE": mode}
    if mode == "token" and not {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & set(os.environ):
        found["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    return found


class RayCluster:
    """A started or joined Ray. `close` takes down what `start` made and nothing else. `private` is the address of the
    run's private Ray, where it has one: it is joined, and the spec says how large it is."""

    def __init__(self, spec: ClusterSpec, temp_dir: Path, private: str | None = None) -> None:
        self.spec = spec
        self._private = private
        self._environment = dict(os.environ)
        self._store_before: dict[str, int] = {}
        self._temp_dir = temp_dir
        self._simulated: Any = None
        self.started = False
        self.facts: dict[str, float] = {}

    def start(self, runtime_env: Mapping[str, Any], init: Any) -> Any:
        """Start or join, with the script's own `runtime_env` under the probe's; `init` is Ray's own `ray.init`."""
        import ray

        arguments: dict[str, Any] = {
            "runtime_env": self._runtime_env(runtime_env),
            "log_to_driver": True,
            "logging_level": "warning",
        }
        if self.spec.address is not None:
            context = init(address=self.spec.address, **arguments)
        elif self._private is not None:
            context = init(address=self._private, **arguments)
        elif self.spec.nodes > 1:
            context = init(address=self._simulate(), **arguments)
        else:
            context = init(address="local", include_dashboard=False, **self._size(), **arguments)
        self.started = True
        alive = [node for node in ray.nodes() if node["Alive"]]
        self.facts = {
            "nodes": float(sum(1 for node in alive if node["Resources"].get("CPU", 0) > 0)),
            "cpus": float(ray.cluster_resources().get("CPU", 0)),
            "gpus": float(ray.cluster_resources().get("GPU", 0)),
        }
        try:
            self._store_before = object_store_facts()
        except Exception:  # noqa: BLE001 -- a private interface of Ray: without it there are no facts at the end either
            self._store_before = {}
        return context

    def object_store(self) -> dict[str, int]:
        """What went through the object store since the run joined: see `object_store_facts`."""
        return {name: value - self._store_before.get(name, 0) for name, value in object_store_facts().items()}

    def _runtime_env(self, runtime_env: Mapping[str, Any]) -> dict[str, Any]:
        """The script's own on a private cluster, whose workers inherit all that they need; else with the probe."""
        merged = dict(runtime_env)
        if self.spec.address is None:
            changed = self._changed_environment()
            if changed:
                merged["env_vars"] = {**changed, **merged.get("env_vars", {})}
            return merged
        if probe.PROBE_DIRECTORY_ENV in os.environ:
            merged["worker_process_setup_hook"] = _with_probe(merged.get("worker_process_setup_hook"))
        merged["env_vars"] = {**merged.get("env_vars", {}), **self._shipped()}
        merged["py_modules"] = [*merged.get("py_modules", []), str(Path(__file__).parent)]
        return merged

    def _changed_environment(self) -> dict[str, str]:
        """What the script has put into its environment: the workers of a Ray that it starts itself inherit that."""
        before = self._environment
        return {k: v for k, v in os.environ.items() if before.get(k) != v and k != SET_BY_RAY}

    def _shipped(self) -> dict[str, str]:
        from ray._private.ray_constants import WORKER_PROCESS_SETUP_HOOK_ENV_VAR

        shipped = {name: os.environ[name] for name in SHIPPED_ENV if name in os.environ}
        if probe.PROBE_DIRECTORY_ENV in os.environ:
            shipped[probe.PROBE_DIRECTORY_ENV] = node_folder(os.environ[MARKER_ENV])
            if str(self.spec.address).startswith("ray://"):
                # Ray's client drops the hook (2.59); this is what becomes of one in a driver of the cluster.
                shipped[WORKER_PROCESS_SETUP_HOOK_ENV_VAR] = SETUP_HOOK
        return shipped

    def _size(self) -> dict[str, Any]:
        size: dict[str, Any] = {
            "num_cpus": self.spec.cpus_per_node or usable_cpus(),
            "num_gpus": self.spec.gpus_per_node,
            "_temp_dir": str(self._temp_dir),
        }
        if self.spec.object_store_bytes is not None:
            size["object_store_memory"] = self.spec.object_store_bytes
        return size

    def _simulate(self) -> str:
        """Several raylets on this machine: a head with no CPUs, then the nodes. Returns the address."""
        from ray.cluster_utils import Cluster as SimulatedCluster

        # Ray notes the cluster's address there, and does not make the folder.
        Path(tempfile.gettempdir(), "ray").mkdir(exist_ok=True)
        store = self.spec.object_store_bytes or 300 * 10**6
        head = {
            "num_cpus": 0,
            "num_gpus": 0,
            "object_store_memory": store,
            "include_dashboard": False,
            "temp_dir": str(self._temp_dir),
        }
        self._simulated = SimulatedCluster(initialize_head=True, head_node_args=head)
        for _ in range(self.spec.nodes):
            self._simulated.add_node(
                num_cpus=self.spec.cpus_per_node or usable_cpus(),
                num_gpus=self.spec.gpus_per_node or 0,
                object_store_memory=store,
            )
        self._simulated.wait_for_nodes()
        return str(self._simulated.address)

    def close(self, shutdown: Any) -> None:
        """Leave the cluster, and stop it where it is our own; `shutdown` is Ray's own `ray.shutdown`."""
        if self.started:
            shutdown()
        if self._simulated is not None:
            self._simulated.shutdown()
        self.started = False


def _with_probe(hook: Any) -> Any:
    """The probe as the workers' setup hook, with the script's own `hook` after it: a function or its dotted name."""
    if hook is None:
        return SETUP_HOOK

    def both() -> None:
        from ray._common.utils import load_class

        probe.install()
        (load_class(hook) if isinstance(hook, str) else hook)()

    return both


def refuse_dead_address(address: str) -> None:
    """Raises `VerifyError` where no Ray listens at `host:port` or `ray://host:port`, or `auto` is no cluster: Ray would
    try for minutes, or join one that nobody named."""
    if address == "auto":
        address = noted_address()
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon and address.startswith("ray://"):
        raise VerifyError(f"--address {address}: add the port of Ray's client server, mostly 10001")
    if not colon or not port.isdigit():
        return
    try:
        with socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS) as connection:
            greeted = _greets_as_grpc(connection)
    except TimeoutError:
        raise VerifyError(f"no Ray at {address}: no answer within {CONNECT_SECONDS:g} s") from None
    except OSError as error:
        raise VerifyError(f"no Ray at {address}: {error}") from None
    if not greeted:
        raise VerifyError(f"no Ray at {address}: something else answers there")


def _greets_as_grpc(connection: socket.socket) -> bool:
    """Whether the other side answers as Ray's servers do, which speak gRPC: HTTP/2, whose first frame from a server is
    its SETTINGS (RFC 9113, 3.4). Behind TLS nothing is asked."""
    if os.environ.get("RAY_USE_TLS", "").lower() in ("1", "true"):
        return True
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, HTTP2_SETTINGS, 0, 0, 0, 0, 0)))
    header = b""
    while len(header) < HTTP2_HEADER and (more := connection.recv(HTTP2_HEADER - len(header))):
        header += more
    return len(header) == HTTP2_HEADER and header[3] == HTTP2_SETTINGS


def noted_address() -> str:
    """What `auto` is: the address in the environment, else the one that `ray start` notes on this machine.

    Raises `VerifyError` where there is none.
    """
    named = os.environ.get("RAY_ADDRESS", "")
    if named not in ("", "auto"):
        return named
    note = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()) / "ray" / "ray_current_cluster"
    try:
        return note.read_text(encoding="utf-8").strip()
    except OSError:
        raise VerifyError(
            "--address auto: no Ray is noted on this machine: `ray start --head` notes one; or name it by host:port"
        ) from None


def usable_cpus() -> int:
    """The CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def object_store_facts() -> dict[str, int]:
    """What all nodes' object stores report: bytes ever put, bytes spilled to disk, bytes read back."""
    import ray
    from ray._private.internal_api import get_memory_info_reply, get_state_from_address

    stats = get_memory_info_reply(get_state_from_address(ray.get_runtime_context().gcs_address)).store_stats
    return {
        "put_bytes": int(stats.cumulative_created_bytes),
        "put_objects": int(stats.cumulative_created_objects),
        "spilled_bytes": int(stats.spilled_bytes_total),
        "restored_bytes": int(stats.restored_bytes_total),
    }
