"""The process that runs a script: harness first, then the text as `__main__`, then the record of what happened.

Usage: `python -m daft_lint_runtime.driver SPEC`; the supervisor starts it.
"""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import re
import sys
import threading
import time
import traceback
import types
from pathlib import Path
from typing import Any, NoReturn

from daft_lint_runtime import probe
from daft_lint_runtime.capture import Capture
from daft_lint_runtime.cluster import RayCluster, prepare_environment
from daft_lint_runtime.intercept import Interception
from daft_lint_runtime.side_files import SideFiles
from daft_lint_runtime.spec import RunSpec, VerifyError

SAMPLED_ROWS = 64
"""Rows of a source that a profile weighs."""
ERROR_LINE = re.compile(r"(?:\d+: )?(?:DaftError::\w+ )?(?P<cause>[\w.]+(Error|Exception|Interrupt|Exit): .*)")
"""A traceback's last line, or one of Daft's list of errors (`1: DaftError::PyO3Error ZeroDivisionError: ...`)."""
CARRIERS = frozenset({"DaftCoreException", "UDFException"})
"""Exceptions of Daft that carry those of a UDF in their text."""


class Driver:
    def __init__(self, spec: RunSpec) -> None:
        self.spec = spec
        self.capture = Capture(spec)
        os.environ["DAFT_RUNNER"] = spec.runner
        prepare_environment(None if spec.options.cluster.address is not None else spec.ray_address or "local")
        self.cluster = RayCluster(spec.options.cluster, Path(spec.scratch).parent / "ray", spec.ray_address)
        self.interception = Interception(self.capture, self.cluster, spec.runner)
        self.side_files = SideFiles((spec.cwd, os.path.dirname(spec.path)), os.path.dirname(spec.scratch))
        self.began = time.time()
        self._recorded = False

    def run(self) -> int:
        """Run the script and return its exit code."""
        probe.install(watched_from="")
        self.interception.install()
        self._catch_exit()
        source = Path(self.spec.text_file).read_bytes()
        code, error = 0, None
        try:
            self._execute(source)
        except SystemExit as leave:
            code, error = self._exit_code(leave), None
        except VerifyError as refusal:
            code, error = 1, str(refusal)
        except KeyboardInterrupt:
            code, error = 130, "KeyboardInterrupt"
        except BaseException as failure:  # noqa: BLE001 -- whatever the script raises is its result
            code, error = 1, self._report(failure)
        with contextlib.suppress(KeyboardInterrupt):
            self._wait_for_threads()
        self.record(code, error)
        return code

    def _execute(self, source: bytes) -> None:
        path = self.spec.path
        sys.argv = [path, *self.spec.options.script_args]
        sys.path[0] = os.path.dirname(path)
        main = types.ModuleType("__main__")
        main.__dict__.update({"__file__": path, "__builtins__": __builtins__, "__annotations__": {}})
        sys.modules["__main__"] = main
        self.side_files.watch()
        lines = source.decode("utf-8", "replace").splitlines(keepends=True)
        # So that tracebacks and inspect.getsource show the text that runs, which need not be the one on disk.
        linecache.cache[path] = (len(source), None, lines, path)
        exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)

    @staticmethod
    def _exit_code(leave: SystemExit) -> int:
        if leave.code is None or isinstance(leave.code, int):
            return leave.code or 0
        print(leave.code, file=sys.stderr)
        return 1

    def _report(self, failure: BaseException) -> str:
        """Print the traceback from the script's first frame on, and say what failed in one line."""
        frames = failure.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename != self.spec.path:
            frames = frames.tb_next
        traceback.print_exception(type(failure), failure, frames or failure.__traceback__)
        return one_line(failure)

    @staticmethod
    def _wait_for_threads() -> None:
        """As Python does before it ends: a script may have its work in threads."""
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()

    def _catch_exit(self) -> None:
        """A script that leaves by os._exit still gets its record written, unless a forked child calls it."""
        leave, own = os._exit, os.getpid()

        def exit_(code: int) -> NoReturn:
            if os.getpid() == own and not self._recorded:
                self.capture.note(f"the script left by os._exit({code})")
                self.record(code, None)
            leave(code)

        os._exit = exit_  # type: ignore[assignment]

    def record(self, code: int, error: str | None) -> None:
        """Write run.json and close the cluster."""
        self._recorded = True
        ended = time.time()
        store: dict[str, int] = {}
        if self.cluster.started:
            try:
                store = self.cluster.object_store()
            except Exception as failure:  # noqa: BLE001 -- a private interface of Ray, of a cluster that may be gone
                self.capture.note(f"no facts of the object store: {failure}")
        record: dict[str, Any] = {
            "code": code,
            "error": error,
            "began": self.began,
            "wall": ended - self.began - self.capture.saving_seconds,
            "runner": self.spec.runner,
            "notes": self.capture.notes,
            "sinks": self.capture.sinks,
            "side_files": self.side_files.keep(self.capture.out),
            "cluster": self.cluster.facts,
            "object_store": store,
            "sources": [self._source(s) for s in self.capture.sources],
            "versions": {name: _version(name) for name in ("daft", "ray", "pyarrow")},
        }
        partial = self.capture.out / "run.json.part"
        partial.write_text(json.dumps(record), encoding="utf-8")
        partial.rename(self.capture.out / "run.json")
        self.interception.close()

    def _source(self, source: dict[str, Any]) -> dict[str, Any]:
        record = {k: v for k, v in source.items() if k not in ("frame", "reads")}
        if self.spec.options.profile and source["paths"]:
            with self.capture.nesting():
                record["profile"] = profile_source(source["frame"], source["paths"])
        return record


def profile_source(frame: Any, paths: list[str]) -> dict[str, Any]:
    """Rows and files of a source, and the bytes per row of each column in a sample of its first rows."""
    import daft

    table = frame.limit(SAMPLED_ROWS).to_arrow()
    rows = max(len(table), 1)
    try:
        files: int | None = sum(daft.from_glob_path(path).count_rows() for path in paths)
    except Exception:  # noqa: BLE001 -- not every source is files, and each storage fails in its own way
        files = None
    return {
        "rows": frame.count_rows(),
        "files": files,
        "columns": {name: table.column(name).nbytes / rows for name in table.column_names},
    }


def one_line(failure: BaseException) -> str:
    """An exception in one line; of one that Ray or Daft carries over from a worker, the line that names the cause."""
    lines = [line.strip() for line in str(failure).splitlines() if line.strip()]
    name = type(failure).__name__
    causes = [match.group("cause") for line in lines if (match := ERROR_LINE.match(line))]
    if name.startswith("RayTaskError"):
        return causes[-1] if causes else f"{name}: {lines[-1] if lines else ''}"
    if causes and name in CARRIERS:
        return causes[-1]
    return f"{name}: {lines[0] if lines else ''}"


def _version(module: str) -> str | None:
    loaded = sys.modules.get(module)
    return str(getattr(loaded, "__version__", "?")) if loaded is not None else None


def main(spec_file: str) -> int:
    return Driver(RunSpec.read(Path(spec_file))).run()


if __name__ == "__main__":
    from daft_lint_runtime import driver  # not `__main__`, which becomes the script

    sys.exit(driver.main(sys.argv[1]))
