"""Sees each UDF call inside the process that makes it, and leaves a record in a file of that process.

Daft's engine fetches the Python function that calls a UDF by name from `daft.udf.execution`: once for a batch, and,
for a row-wise UDF, once for a *morsel* whose rows it then passes one by one. So a property in that module sees where a
morsel begins, and the end of its life is where the morsel ends. The user's functions stay untouched.

Runs in Ray's workers and in Daft's UDF processes: standard library only, and no import of Daft before the user's.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import json
import mmap
import os
import struct
import sys
import tempfile
import threading
import time
import types
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from daft_lint_runtime.memory_watch import MemoryWatch, Role, own_memory

if TYPE_CHECKING:
    import importlib.abc

PROBE_DIRECTORY_ENV = "DAFT_LINT_PROBE"
WORKING_DIRECTORY_ENV = "DAFT_LINT_CWD"
NODE_ENV = "DAFT_LINT_NODE"
ACTOR_ENV = "DAFT_LINT_ACTOR"
SHARED_MEMORY_ENV = "DAFT_LINT_SHM"

EXACT_ROWS = 64
"""The first rows of a morsel are all weighed, later ones one in `SAMPLE_EVERY`: weighing costs as much as the call."""
SAMPLE_EVERY = 16


class _Watcher:
    """Calls back when one of the named modules has been imported: a finder and a loader, which need no base class."""

    def __init__(self) -> None:
        self.callbacks: dict[str, list[Callable[[types.ModuleType], None]]] = {}
        self._loaders: dict[str, importlib.abc.Loader] = {}
        self._searching = threading.local()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.callbacks or getattr(self._searching, "name", None) == fullname:
            return None
        self._searching.name = fullname
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._searching.name = None
        if spec is None or spec.loader is None:
            return None
        self._loaders[fullname] = spec.loader
        spec.loader = cast("importlib.abc.Loader", self)
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        return self._loaders[spec.name].create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        loader = self._loaders[module.__name__]
        module.__loader__ = loader
        if module.__spec__ is not None:
            module.__spec__.loader = loader
        loader.exec_module(module)
        for callback in self.callbacks.get(module.__name__, ()):
            callback(module)


_watcher = _Watcher()


def on_import(name: str, callback: Callable[[types.ModuleType], None]) -> None:
    """Call `callback` with the module once it is imported, at once where it already is."""
    module = sys.modules.get(name)
    if module is not None:
        callback(module)
        return
    _watcher.callbacks.setdefault(name, []).append(callback)
    if _watcher not in sys.meta_path:
        sys.meta_path.insert(0, _watcher)


def size_of(value: object) -> int:
    """About how many bytes a UDF's argument or result holds; 0 for what it cannot tell."""
    if isinstance(value, (bytes, bytearray, str)):
        return len(value)
    if isinstance(value, (int, float, bool)) or value is None:
        return 8
    nbytes = getattr(value, "nbytes", None)
    if isinstance(nbytes, int):
        return nbytes
    if isinstance(value, (list, tuple)):
        return sum(size_of(item) for item in value[:EXACT_ROWS]) * max(len(value), 1) // max(len(value[:EXACT_ROWS]), 1)
    if isinstance(value, dict):
        return sum(size_of(item) for item in value.values())
    size = getattr(value, "size", None)
    if isinstance(size, tuple) and len(size) == 2:  # a PIL image: width and height, some bands of one byte
        return int(size[0]) * int(size[1]) * len(getattr(value, "getbands", lambda: "?")())
    return 0


def series_bytes(series: Any) -> int:
    """The size of a Daft Series in bytes; of anything else a batch UDF may take or return, as `size_of`."""
    measure = getattr(series, "size_bytes", None)
    return measure() if measure is not None else size_of(series)


PEAK_SECONDS = 0.01
"""How old the peak of memory in a record may be: reading it takes 25 µs, ten times as long as the rest of a record."""
RECORD = struct.Struct("<5Q2d")
"""A call: the UDF's number from 1 (0: no record), rows, bytes in, bytes out, peak, began, seconds."""
RECORDS_AT_ONCE = 1024
"""A file of calls grows by room for so many records."""


class CallRecorder:
    """Leaves the records of this process's UDF calls in two files, so that they outlive a killed worker:
    `calls-*.jsonl` with a line for the process and one for each UDF, and `calls-*.bin` with a `RECORD` for each call.

    The second one is mapped into memory: a record costs no system call, and the system keeps it whatever ends the
    process.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._name = ""
        self._pid = 0
        self._udfs: dict[UserFunction, int] = {}
        self._last: tuple[Any, int] = (None, 0)
        self._map: mmap.mmap | None = None
        self._used = self._room = 0
        self._peak_bytes = 0
        self._peak_at = 0.0
        self.base = 0
        """Resident bytes before the first call, with Daft imported."""

    def _begin(self) -> None:
        """Take files of this process's own; a forked child comes here once more."""
        self._pid = os.getpid()
        # A worker of a private Ray may have started before the run that it serves: the link is read this late.
        self._directory = os.path.realpath(self._directory)
        if not os.path.isdir(self._directory):
            raise FileNotFoundError(f"{self._directory} is gone")
        self._udfs, self._last = {}, (None, 0)
        self._map, self._used, self._room = None, 0, 0
        self._peak_bytes, self._peak_at = 0, 0.0
        self._name = os.path.join(self._directory, f"calls-{self._pid}-{time.time_ns()}")
        node, actor = ray_location()
        self._append({"pid": self._pid, "node": node, "actor": actor, "base": self.base})

    def _append(self, record: object) -> None:
        with open(self._name + ".jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def _grow(self) -> mmap.mmap:
        """More room. Its zeros are written, not skipped: a full disk must raise here, for a write to a page of the
        map that has no room on the disk would end the process (SIGBUS)."""
        with open(self._name + ".bin", "ab") as file:
            file.write(bytes(RECORD.size * RECORDS_AT_ONCE))
        with open(self._name + ".bin", "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self._room += RECORDS_AT_ONCE
        return self._map

    def _number(self, method: Any, kind: str) -> int:
        """The UDF's number in this process's file, from 1."""
        udf = function_behind(method)
        number = self._udfs.get(udf)
        if number is None:
            number = self._udfs[udf] = len(self._udfs) + 1
            self._append({"udf": number, **udf._asdict(), "kind": kind})
        self._last = (method, number)
        return number

    def load(self, name: str, seconds: float) -> None:
        """One instance made of the class `name` of a UDF."""
        if not self._directory:
            return
        with self._lock, contextlib.suppress(OSError):
            if self._pid != os.getpid():
                self._begin()
            self._append({"load": name, "seconds": seconds})

    def call(self, method: Any, kind: str, began: float, seconds: float, rows: int, size: tuple[int, int]) -> None:
        """One call: `began` is seconds since the epoch, `size` the bytes that went in and came out."""
        if not self._directory:
            return
        with self._lock:
            try:
                if self._pid != os.getpid():
                    self._begin()
                last, number = self._last
                if last is not method:
                    number = self._number(method, kind)
                records = self._map if self._used < self._room and self._map is not None else self._grow()
            except FileNotFoundError:
                self._directory = ""  # no run has asked for records
                return
            except OSError as error:
                # The UDF's result matters more than its record: say so once and stop recording.
                print(f"daft-lint: cannot record UDF calls: {error}", file=sys.stderr)
                self._directory = ""
                return
            if began + seconds - self._peak_at > PEAK_SECONDS:
                self._peak_bytes = max(self._peak_bytes, own_memory("VmHWM"))
                self._peak_at = began + seconds
            offset = self._used * RECORD.size
            RECORD.pack_into(records, offset, number, rows, *size, self._peak_bytes, began, seconds)
            self._used += 1


_recorder: CallRecorder | None = None
_memory: MemoryWatch | None = None


def ray_location() -> tuple[str, str]:
    """The Ray node and actor of this process, as hex; empty strings out of Ray."""
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        context = ray.get_runtime_context()
        with contextlib.suppress(Exception):  # the driver has no actor; older Rays raise
            return str(context.get_node_id()), str(context.get_actor_id() or "")
    return os.environ.get(NODE_ENV, ""), os.environ.get(ACTOR_ENV, "")


class UserFunction(NamedTuple):
    """A UDF as its author wrote it: qualified name, file and first line."""

    name: str
    file: str
    line: int


def _behind_closure(method: Any) -> Any:
    """Daft calls a generator UDF through a closure over its `Func`, and `.apply(f)` through one over `f`."""
    names = getattr(getattr(method, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, getattr(method, "__closure__", None) or (), strict=False):
        inner = getattr(cell.cell_contents, "_method", None)
        if inner is not None:
            return inner
        if name == "func" and callable(cell.cell_contents):
            return cell.cell_contents
    return method


def function_behind(method: Any) -> UserFunction:
    """The user's function behind what Daft calls."""
    if not hasattr(method, "__wrapped__") and getattr(method, "__module__", "").startswith("daft."):
        method = _behind_closure(method)
    while hasattr(method, "__wrapped__"):
        method = method.__wrapped__
    if hasattr(method, "func"):  # functools.partial
        method = method.func
    # An instance of a class with `__call__` has its code there.
    code = getattr(method if hasattr(method, "__code__") else vars(type(method)).get("__call__"), "__code__", None)
    name = getattr(method, "__qualname__", None) or type(method).__qualname__
    return UserFunction(name, getattr(code, "co_filename", ""), getattr(code, "co_firstlineno", 0))


class _Morsel:
    """Stands for `call_func` while one morsel's rows are passed to a row-wise UDF; its end is the morsel's end."""

    __slots__ = ("_began", "_clock", "_function", "_in", "_method", "_out", "_rows", "_weighed")

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._method: Any = None
        self._rows = self._weighed = self._in = self._out = 0
        self._began = time.time()
        self._clock = time.perf_counter()

    def __call__(self, cls: Any, method: Any, original: Any, evaluated: list[Any]) -> Any:
        rows = self._rows
        self._rows = rows + 1
        if rows >= EXACT_ROWS and rows % SAMPLE_EVERY:
            return self._function(cls, method, original, evaluated)
        self._method = method
        self._in += sum(map(size_of, evaluated))  # before the call: Daft empties the list
        result = self._function(cls, method, original, evaluated)
        self._out += size_of(result[0])
        self._weighed += 1
        return result

    def __del__(self) -> None:
        if self._method is not None and _recorder is not None and not sys.is_finalizing():
            scale = self._rows / max(self._weighed, 1)
            size = (int(self._in * scale), int(self._out * scale))
            seconds = time.perf_counter() - self._clock
            _recorder.call(self._method, "row", self._began, seconds, self._rows, size)


def _record(method: Any, kind: str, began: float, clock: float, rows: int, size: tuple[int, int]) -> None:
    if _recorder is not None:
        _recorder.call(method, kind, began, time.perf_counter() - clock, rows, size)


def _wrap_batch(function: Callable[..., Any]) -> Callable[..., Any]:
    def call_batch_func(cls: Any, method: Any, original: Any, evaluated: list[Any]) -> Any:
        rows, size = _weigh(evaluated)
        began, clock = time.time(), time.perf_counter()
        result = function(cls, method, original, evaluated)
        _record(method, "batch", began, clock, rows, (size, series_bytes(result[0])))
        return result

    return call_batch_func


def _wrap_async_batch(function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def call_batch_async(cls: Any, method: Any, original: Any, evaluated: list[Any]) -> Any:
        rows, size = _weigh(evaluated)
        began, clock = time.time(), time.perf_counter()
        result = await function(cls, method, original, evaluated)
        _record(method, "async batch", began, clock, rows, (size, series_bytes(result[0])))
        return result

    return call_batch_async


def _wrap_async_rows(function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def call_async_func_batched(cls: Any, method: Any, dtype: Any, original: Any, rows: list[list[Any]]) -> Any:
        began, clock, count = time.time(), time.perf_counter(), len(rows)
        size = sum(size_of(value) for row in rows for value in row)
        result = await function(cls, method, dtype, original, rows)
        _record(method, "async row", began, clock, count, (size, series_bytes(result[0])))
        return result

    return call_async_func_batched


def _wrap_legacy(function: Callable[..., Any]) -> Callable[..., Any]:
    def run_udf(func: Any, bound_args: Any, inputs: list[Any], dtype: Any, batch_size: int | None) -> Any:
        def recorded(*args: Any, **kwargs: Any) -> Any:
            began, clock = time.time(), time.perf_counter()
            series = [a for a in (*args, *kwargs.values()) if callable(getattr(a, "size_bytes", None))]
            result = func(*args, **kwargs)
            size = sum(map(series_bytes, series)), series_bytes(result)
            _record(func, "legacy", began, clock, len(series[0]) if series else 0, size)
            return result

        return function(recorded, bound_args, inputs, dtype, batch_size)

    return run_udf


def _weigh(evaluated: list[Any]) -> tuple[int, int]:
    """The rows and bytes of a batch (Daft's PySeries): the rows of its longest column, for a literal has one."""
    rows = size = 0
    for series in evaluated:
        length = series.__len__()
        rows = length if length > rows else rows
        size += series_bytes(series)
    return rows, size


def _watch_execution(module: types.ModuleType) -> None:
    if _recorder is not None:
        _recorder.base = own_memory("VmRSS")
    functions = module.__dict__
    if "call_batch_func" in functions:
        functions["call_batch_func"] = _wrap_batch(functions["call_batch_func"])
    if "call_batch_async" in functions:
        functions["call_batch_async"] = _wrap_async_batch(functions["call_batch_async"])
    if "call_async_func_batched" in functions:
        functions["call_async_func_batched"] = _wrap_async_rows(functions["call_async_func_batched"])
    if "call_func" in functions:
        original = functions["call_func"]

        class Watched(types.ModuleType):
            @property
            def call_func(self) -> _Morsel:
                return _Morsel(original)

        module.__class__ = Watched


def _watch_loads(module: types.ModuleType) -> None:
    """Daft makes the instance of a class when it first binds one of its methods in a process."""
    base = module.__dict__["ClsBase"]
    for name in ("_daft_bind_method", "_daft_bind_coroutine_method"):
        setattr(base, name, _counting_loads(getattr(base, name)))


def _counting_loads(bind: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def bound(self: Any, method: Any) -> Any:
        fresh = getattr(self, "_daft_local_instance", self) is None
        clock = time.perf_counter()
        result = bind(self, method)
        if fresh and _recorder is not None:
            _recorder.load(type(self).__qualname__, time.perf_counter() - clock)
        return result

    return bound


def _watch_legacy_loads(module: types.ModuleType) -> None:
    owner = module.__dict__["UninitializedUdf"]
    initialize = owner.initialize

    def initialized(self: Any, init_args: Any) -> Any:
        clock = time.perf_counter()
        result = initialize(self, init_args)
        if _recorder is not None:
            _recorder.load(str(self.name), time.perf_counter() - clock)
        return result

    owner.initialize = initialized


def _watch_legacy(module: types.ModuleType) -> None:
    if "UninitializedUdf" in module.__dict__:
        _watch_legacy_loads(module)
    module.__dict__["run_udf"] = _wrap_legacy(module.__dict__["run_udf"])


def _watch_processes(module: types.ModuleType) -> None:
    """A UDF process that Daft starts gets the probe too, and the node and actor of its parent."""
    popen = module.__dict__["subprocess"].Popen

    def start(command: list[str], **kwargs: Any) -> Any:
        if command[1:3] == ["-m", "daft.execution.udf_worker"]:
            command = [command[0], "-m", "daft_lint_runtime.udf_process", *command[3:]]
            kwargs["env"] = {
                **kwargs.get("env", os.environ),
                **dict(zip((NODE_ENV, ACTOR_ENV), ray_location(), strict=True)),
            }
        return popen(command, **kwargs)

    module.__dict__["subprocess"] = types.SimpleNamespace(
        **{
            name: getattr(module.__dict__["subprocess"], name)
            for name in ("PIPE", "STDOUT", "DEVNULL", "TimeoutExpired")
        },
        Popen=start,
    )


def _name_shared_memory(module: types.ModuleType) -> None:
    """Segments that a killed process leaves behind carry the run's name, so that they can be removed."""
    if hasattr(module, "_SHM_NAME_PREFIX"):
        module.__dict__["_SHM_NAME_PREFIX"] = os.environ[SHARED_MEMORY_ENV]


def begin_query() -> None:
    """In a driver that executes its queries itself: one begins."""
    if _memory is not None:
        _memory.begin()


def end_query() -> None:
    """As `begin_query`: it ends."""
    if _memory is not None:
        _memory.note()


DAFT, FIRST_TASK = "daft", "ray._private.function_manager"
"""The module from whose import on the memory of a worker counts: Daft's, which nothing but a query asks for, or, where
it is imported ahead, that by which Ray loads the function or class of a task, from the first of them on."""


SCHEDULER = "RemoteFlotillaRunner"
"""The class of the actor that schedules a run's tasks and executes none (Daft 0.7.26)."""
ROLES = {SCHEDULER: Role.SCHEDULER, "UDFActor": Role.ACTOR}
"""By the class of an actor (Daft 0.7.26); others are workers."""


def _at_first_task(module: types.ModuleType, begin: Callable[[str], None]) -> None:
    """Call `begin` with the name of an actor's class, "" for a task, when Ray first loads what this process is to
    execute, before anything of it runs (Ray 2.59)."""
    manager = module.__dict__["FunctionActorManager"]
    originals = {name: getattr(manager, name) for name in ("get_execution_info", "load_actor_class")}

    def beginning(original: Callable[..., Any]) -> Callable[..., Any]:
        def load(self: Any, job: Any, descriptor: Any) -> Any:
            for name, own in originals.items():
                setattr(manager, name, own)
            begin(str(getattr(descriptor, "class_name", "")).rpartition(".")[2])
            return original(self, job, descriptor)

        return load

    for name, original in originals.items():
        setattr(manager, name, beginning(original))


def install(watched_from: str = DAFT) -> None:
    """Watch this process if it belongs to a run. Its memory counts from the import of `watched_from` on (`DAFT` or
    `FIRST_TASK`) where it is there for nothing but queries, as Ray's workers are, in each of which this is called (see
    `cluster`); with "" it counts in queries alone."""
    global _recorder, _memory
    directory = os.environ.get(PROBE_DIRECTORY_ENV)
    if not directory or _recorder is not None:
        return
    if not os.path.isabs(directory):  # on a named cluster it is a name alone
        directory = os.path.join(tempfile.gettempdir(), directory)
        os.makedirs(directory, mode=0o700, exist_ok=True)
    working_directory = os.environ.get(WORKING_DIRECTORY_ENV, "")
    if os.path.isdir(working_directory):
        os.chdir(working_directory)
    if SHARED_MEMORY_ENV in os.environ:
        on_import("multiprocessing.shared_memory", _name_shared_memory)
    _recorder = CallRecorder(directory)
    _memory = memory = MemoryWatch(directory)

    def first_task(actor: str) -> None:
        memory.role = ROLES.get(actor, Role.WORKER)
        if watched_from == FIRST_TASK:
            memory.begin()

    if watched_from:
        on_import(FIRST_TASK, lambda module: _at_first_task(module, first_task))
    if watched_from == DAFT:
        on_import(DAFT, lambda _module: memory.begin())
    on_import("daft.udf.udf_v2", _watch_loads)
    on_import("daft.udf.execution", _watch_execution)
    on_import("daft.udf.legacy", _watch_legacy)
    on_import("daft.execution.udf", _watch_processes)
