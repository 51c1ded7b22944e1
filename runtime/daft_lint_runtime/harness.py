"""Runs one text of a script in processes of its own and reads what they left: the `verify` side of a run."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daft_lint_runtime import processes
from daft_lint_runtime.memory_watch import MEMORY, Role
from daft_lint_runtime.private_ray import TEMPORARY, PrivateRay, RaySession
from daft_lint_runtime.probe import RECORD
from daft_lint_runtime.script_text import as_script
from daft_lint_runtime.spec import RunOptions, RunSpec, TextEnum, VerifyError, shared_memory_prefix
from daft_lint_runtime.supervise import StopReason
from daft_lint_runtime.writes import blocked_writes

TAIL = 4000
"""Characters of a failed script's output that are shown."""
SIGNAL_TRACE = "*** SIGTERM received"
"""What Ray writes of the signal that ends a run, with a stack that says nothing of the script."""
LONGEST_SOCKET_PATH = 50
"""Ray puts its sockets some 55 characters below its temporary folder, and the system allows 107 in all."""


@dataclass(frozen=True)
class UdfCallRecord:
    """One UDF call: for a row-wise UDF the rows of one morsel. Times are seconds, sizes bytes.

    `peak` is the most memory of its own that the process had used when the call was done (VmHWM, less what it maps of
    the object store), `base` what it used before its first call; `node` and `actor` are Ray's ids, empty out of Ray.
    """

    udf: str
    file: str
    line: int
    kind: str
    pid: int
    node: str
    actor: str
    began: float
    seconds: float
    rows: int
    bytes_in: int
    bytes_out: int
    peak: int
    base: int

    @property
    def held(self) -> int:
        """The bytes that the call holds at once: what it took and what it made."""
        return self.bytes_in + self.bytes_out


@dataclass(frozen=True)
class ModelLoad:
    """An instance made of a UDF's class in a process that works: the class and the seconds that it took."""

    name: str
    seconds: float


@dataclass(frozen=True)
class ProcessMemory:
    """What a process of a query used before it (`base`) and gained over that at most, in bytes."""

    pid: int
    base: int
    gained: int
    role: Role = Role.WORKER


@dataclass(frozen=True)
class OperatorStats:
    """One operator of a query's physical plan, with what Daft measured: see `DataFrame.metrics`."""

    query: int
    id: int
    name: str
    kind: str
    tasks: int
    rows_in: int
    rows_out: int
    bytes_in: int
    bytes_out: int
    seconds: float


class RunStatus(TextEnum):
    """How a run ended."""

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory limit"
    KILLED = "killed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Run:
    """What a run left behind. `runner` is "ray" or "native"; `message` says in one line why the status is not OK.
    `written_files` are the sizes (bytes) of the files in redirected sinks, `row_groups` those of the row groups of such
    Parquet files, uncompressed, for each file; `side_files` are the files that the script wrote by itself."""

    label: str
    runner: str
    status: RunStatus
    message: str
    out: Path
    wall: float
    code: int | None
    peak: int
    notes: tuple[str, ...] = ()
    queries: tuple[dict[str, Any], ...] = ()
    sinks: tuple[dict[str, Any], ...] = ()
    sources: tuple[dict[str, Any], ...] = ()
    side_files: tuple[dict[str, Any], ...] = ()
    calls: tuple[UdfCallRecord, ...] = ()
    loads: tuple[ModelLoad, ...] = ()
    memory: tuple[ProcessMemory, ...] = ()
    operators: tuple[OperatorStats, ...] = ()
    samples: tuple[tuple[float, tuple[tuple[int, str, int, int, int], ...]], ...] = ()
    object_store: dict[str, int] = field(default_factory=dict)
    cluster: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str | None] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)
    stdout: str = ""
    stderr: str = ""
    leftovers: int = 0
    written_files: tuple[int, ...] = ()
    row_groups: tuple[tuple[int, ...], ...] = ()

    @property
    def ok(self) -> bool:
        return self.status is RunStatus.OK


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder for the runs of one script, with a path short enough for sockets; gone afterwards, whatever happens."""
    parent = tempfile.gettempdir()
    if len(parent) > LONGEST_SOCKET_PATH and os.path.isdir("/tmp"):
        parent = "/tmp"
    base = Path(tempfile.mkdtemp(prefix="dl-", dir=parent))
    try:
        yield base
    finally:
        try:
            shutil.rmtree(base, ignore_errors=True)
        except KeyboardInterrupt:  # a second one
            shutil.rmtree(base, ignore_errors=True)
            raise


def refuse_blocked_writes(path: str, text: bytes, options: RunOptions) -> None:
    """Raises `VerifyError`, naming the line, where a text writes to what the harness cannot redirect."""
    if options.allow_writes:
        return
    for line, name in blocked_writes(text):
        raise VerifyError(f"{path}:{line}: {name} cannot be redirected; give --allow-writes to run it")


def _emptied(folder: Path) -> Path:
    """The folder, made anew with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def run_text(
    label: str,
    path: str,
    text: bytes,
    runner: str,
    options: RunOptions,
    base: Path,
    ray: PrivateRay | None = None,
) -> Run:
    """Run `text` as the script or notebook `path` in `base` (see `workspace`). The path's file itself is not read.

    `ray` is the private Ray of `base` that several runs share; without it the run has one for itself.
    Raises `VerifyError` for a write that cannot be redirected, a Ray that does not start or what is no notebook, and
    lets KeyboardInterrupt through once everything that the run started has ended.
    """
    if ray is None:
        with PrivateRay(base) as own:
            return run_text(label, path, text, runner, options, base, own)
    text = as_script(path, text)
    refuse_blocked_writes(path, text, options)
    out, scratch = _emptied(base / label), _emptied(base / TEMPORARY)
    if options.probe_calls and options.cluster.address is None:
        (out / "calls").mkdir()
    session = ray.session(options.cluster, out) if runner == "ray" and options.cluster.address is None else None
    text_file = out / "script.txt"
    text_file.write_bytes(text)
    marker = secrets.token_hex(12)
    spec = RunSpec(
        label=label,
        path=os.path.abspath(path),
        text_file=str(text_file),
        out=str(out),
        scratch=str(scratch),
        marker=marker,
        runner=runner,
        options=options,
        cwd=os.getcwd(),
        ray_address=session.address if session is not None else None,
        ray_pid=session.pid if session is not None else None,
    )
    spec.write(out / "spec.json")
    ending: dict[str, Any] = {}
    try:
        ending = _supervise(out / "spec.json", marker, session)
    finally:
        if session is not None and (not ending or ending.get("reason")):
            ray.close()  # what was ended by force may have left something in it
    with suppress(OSError):
        (scratch / "sinks").rename(out / "sinks")
    return read_run(label, out, options, ending)


def _supervise(spec_file: Path, marker: str, session: RaySession | None) -> dict[str, Any]:
    """Start the supervisor, wait for it and return its word; the pipe to it is what it lives by."""
    environment = {**os.environ, **({} if session is None else session.environment)}
    # Only the standard library and psutil are needed there, but the package must be found.
    paths = [str(Path(__file__).parents[1]), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(p for p in paths if p)
    others = {process.pid for process in processes.descendants(os.getpid())}
    processes.adopt_orphans()
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "daft_lint_runtime.supervise", str(spec_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    assert supervisor.stdin is not None
    assert supervisor.stdout is not None
    try:
        supervisor.wait()
        return _parsed(supervisor.stdout.read())
    except BaseException:
        supervisor.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            supervisor.wait(timeout=30)
        raise
    finally:
        with suppress(OSError):
            supervisor.stdin.close()
        if supervisor.poll() != 0:
            orphans = [p.pid for p in processes.descendants(os.getpid()) if p.pid not in others]
            processes.end_all(marker, [supervisor.pid, *orphans])
            processes.remove_shared_memory(shared_memory_prefix(marker))
        supervisor.stdout.close()
        processes.adopt_orphans(session is not None)


def read_run(label: str, out: Path, options: RunOptions, ending: dict[str, Any]) -> Run:
    """What is in a run's folder, however the run ended; `ending` is what the supervisor says of it (`RunEnding`)."""
    record: dict[str, Any] = _json(out / "run.json")
    queries = tuple(_lines(out / "queries.jsonl"))
    stdout, stderr = _tail(out / "stdout.txt"), _tail(out / "stderr.txt")
    if ending.get("reason") or ending.get("leftovers"):
        stderr = stderr.partition(SIGNAL_TRACE)[0]
    status, message = _status(ending, record, stderr, options)
    written = [file for file in (out / "sinks").rglob("*") if is_data(file)]
    return Run(
        label=label,
        runner=_json(out / "spec.json").get("runner", ""),
        status=status,
        message=message,
        out=out,
        wall=record.get("wall", ending.get("wall", 0.0)),
        code=record.get("code", ending.get("code")),
        peak=ending.get("peak", 0),
        notes=tuple(record.get("notes", ())),
        queries=tuple(sorted(queries, key=lambda q: int(q["index"]))),
        sinks=tuple(record.get("sinks", ())),
        sources=tuple(record.get("sources", ())),
        side_files=tuple(record.get("side_files", ())),
        calls=tuple(_calls(out / "calls")),
        loads=tuple(_loads(out / "calls")),
        memory=tuple(_memory(out / "calls")),
        operators=tuple(op for query in queries for op in operators(query)),
        samples=tuple(
            (line[0], tuple((p, n, m, s, k) for p, n, m, s, k in line[1])) for line in _lines(out / "samples.jsonl")
        ),
        object_store=record.get("object_store", {}),
        cluster=record.get("cluster", {}),
        versions=record.get("versions", {}),
        cpu=ending.get("cpu", {}),
        peaks=ending.get("peaks", {}),
        stdout=stdout,
        stderr=stderr,
        leftovers=ending.get("leftovers", 0),
        written_files=tuple(file.stat().st_size for file in written),
        row_groups=tuple(_row_groups(file) for file in written if file.suffix == ".parquet"),
    )


def _status(ending: dict[str, Any], record: dict[str, Any], stderr: str, options: RunOptions) -> tuple[RunStatus, str]:
    reason = ending.get("reason")
    if reason == StopReason.TIMEOUT:
        return RunStatus.TIMEOUT, f"not done after {options.timeout:g} s: all its processes were ended"
    if reason == StopReason.MEMORY_LIMIT:
        limit = options.memory_limit or 0
        return RunStatus.MEMORY_LIMIT, f"used more than {limit / 2**20:,.0f} MiB: all its processes were ended"
    if reason == StopReason.DEAD_WORKER:
        return RunStatus.KILLED, (
            "a worker process of Ray died, killed or out of memory, and Daft waited for it: after"
            f" {options.stall:g} s without work all processes were ended"
        )
    if reason == StopReason.DEAD_RAY:
        return RunStatus.KILLED, "the private Ray was killed: all processes of the run were ended"
    if reason == StopReason.INTERRUPTED:
        return RunStatus.INTERRUPTED, "interrupted: all its processes were ended"
    if not ending:
        return RunStatus.KILLED, "the supervisor was killed; all processes of the run were ended"
    code = ending.get("code")
    if not record:
        how = _how_it_died(code, stderr)
        return RunStatus.KILLED, f"the disk of {tempfile.gettempdir()} is full: {how}" if ending.get("full") else how
    if record.get("code"):
        return RunStatus.FAILED, record.get("error") or f"exit code {record['code']}"
    if ending.get("lost"):
        return RunStatus.FAILED, f"what the run left on the cluster's nodes did not come back: {ending['lost']}"
    return RunStatus.OK, ""


def _how_it_died(code: int | None, stderr: str) -> str:
    last = next((line for line in reversed(stderr.splitlines()) if line.strip()), "")
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        hint = " (the system's out-of-memory killer, or somebody)" if name == "SIGKILL" else ""
        return f"the script's process was ended by {name}{hint}"
    return f"the script's process ended with code {code} and left no record" + (f": {last}" if last else "")


def operators(query: dict[str, Any]) -> Iterator[OperatorStats]:
    """The operators of a query with Daft's metrics; none where the query did not end."""
    for item in query.get("metrics") or ():
        stats = {name: (entry or {}).get("value", 0) for name, entry in _pairs(item.get("stats"))}
        yield OperatorStats(
            query=int(query["index"]),
            id=int(item["id"]),
            name=str(item["name"]),
            kind=str(item["type"]),
            tasks=int(stats.get("task.count", 1) or 0),
            rows_in=int(stats.get("rows.in", 0) or 0),
            rows_out=int(stats.get("rows.out", 0) or 0),
            bytes_in=int(stats.get("bytes.in", 0) or 0),
            bytes_out=int(stats.get("bytes.out", 0) or 0),
            seconds=float(stats.get("duration", 0) or 0) / 1e6,
        )


def _pairs(stats: Any) -> list[tuple[str, Any]]:
    return list(stats.items()) if isinstance(stats, dict) else [(name, entry) for name, entry in stats or ()]


def _calls(folder: Path) -> Iterator[UdfCallRecord]:
    """The records that `probe.CallRecorder` left in a folder."""
    for file in sorted(folder.glob("calls-*.jsonl")):
        head: dict[str, Any] = {}
        udfs: dict[int, dict[str, Any]] = {}
        for line in _lines(file):
            if "pid" in line:
                head = line
            elif "udf" in line:
                udfs[line["udf"]] = line
        for number, rows, bytes_in, bytes_out, peak, began, seconds in _records(file.with_suffix(".bin")):
            udf = udfs[number]
            yield UdfCallRecord(
                udf["name"], udf["file"], udf["line"], udf["kind"], head["pid"], head["node"], head["actor"],
                began, seconds, rows, bytes_in, bytes_out, peak, head["base"],
            )  # fmt: skip


def _loads(folder: Path) -> Iterator[ModelLoad]:
    for file in sorted(folder.glob("calls-*.jsonl")):
        for line in _lines(file):
            if "load" in line:
                yield ModelLoad(str(line["load"]), float(line["seconds"]))


def _memory(folder: Path) -> Iterator[ProcessMemory]:
    """What `MemoryWatch` left in a folder."""
    for file in sorted(folder.glob("memory-*.bin")):
        with suppress(OSError):
            for pid, base, gained, role in MEMORY.iter_unpack(file.read_bytes()[: MEMORY.size]):
                if pid:
                    yield ProcessMemory(pid, base, gained, Role(role))


def is_data(file: Path) -> bool:
    """Whether a file in a sink holds rows: no folder, and none of the marks that writers leave beside them."""
    return file.is_file() and not file.name.startswith("_")


def _row_groups(file: Path) -> tuple[int, ...]:
    """The uncompressed bytes of each row group of a Parquet file; none where it was not written to its end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        footer = pq.read_metadata(file)
    except (OSError, pa.ArrowException):
        return ()
    return tuple(footer.row_group(index).total_byte_size for index in range(footer.num_row_groups))


def _records(file: Path) -> Iterator[tuple[Any, ...]]:
    """The records of a file, whose rest is zeros."""
    try:
        data = file.read_bytes()
    except OSError:
        return
    for record in RECORD.iter_unpack(data[: len(data) // RECORD.size * RECORD.size]):
        if not record[0]:
            return
        yield record


def _json(file: Path) -> dict[str, Any]:
    try:
        return _parsed(file.read_bytes())
    except OSError:
        return {}


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(text)
    except ValueError:
        return {}
    return data


def _lines(file: Path) -> Iterator[Any]:
    """The whole lines of a file of JSON lines; the last may be cut, where its writer was killed."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        with suppress(ValueError):
            yield json.loads(line)


def _tail(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")[-TAIL:]
    except OSError:
        return ""
