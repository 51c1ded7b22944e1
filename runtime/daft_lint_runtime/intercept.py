"""What the harness changes in the driver before the script runs: the runner, Ray's start, sources and sinks.

Everything is replaced on the modules when they are imported; the script's text is never touched.
"""

from __future__ import annotations

import functools
import inspect
import os
import types
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from daft_lint_runtime.capture import Capture
from daft_lint_runtime.cluster import RayCluster
from daft_lint_runtime.probe import on_import
from daft_lint_runtime.spec import VerifyError
from daft_lint_runtime.writes import BLOCKED_WRITES, CATALOG_WRITES, FILE_WRITES, UPLOAD

SEEN_OTHERWISE = frozenset(
    {"self", "root_dir", "write_mode", "io_config", "partition_cols", "compression", "column_compression"}
)
"""Arguments of writes that are no options to compare: the place and the mode stand by themselves, what reaches the
storage is redirected, the folders of partitions become columns of the rows, and compression shows in bytes alone."""


class Interception:
    """The harness inside the driver process."""

    def __init__(self, capture: Capture, cluster: RayCluster, runner: str) -> None:
        self.capture = capture
        self.cluster = cluster
        self.runner = runner
        self.options = capture.spec.options
        self.redirects: dict[str, str] = {}
        self._ray_init: Callable[..., Any] | None = None
        self._ray_shutdown: Callable[..., Any] | None = None
        self._context: Any = None

    def install(self) -> None:
        on_import("ray", self._change_ray)
        on_import("daft", self._change_daft)
        on_import("daft.functions.url", self._change_upload)
        on_import("daft.runners.ray_runner", lambda m: self._watch_runner(m.RayRunner, "ray"))
        on_import("daft.runners.native_runner", lambda m: self._watch_runner(m.NativeRunner, "native"))

    def close(self) -> None:
        if self._ray_shutdown is not None:
            self.cluster.close(self._ray_shutdown)

    # Ray

    def _change_ray(self, ray: types.ModuleType) -> None:
        self._ray_init, self._ray_shutdown = ray.init, ray.shutdown

        @functools.wraps(ray.init)
        def init(*args: Any, **kwargs: Any) -> Any:
            asked = {k: v for k, v in kwargs.items() if k != "runtime_env" and v is not None}
            if args or (asked and not _is_daft_itself(asked)):
                shown = ", ".join([*map(repr, args), *(f"{k}={v!r}" for k, v in asked.items())])
                self.capture.note(f"ray.init({shown}) gets the run's own cluster")
            return self.start_ray(kwargs.get("runtime_env") or {})

        @functools.wraps(ray.shutdown)
        def shutdown(*_args: Any, **_kwargs: Any) -> None:
            self.capture.note("ray.shutdown() is put off until the script is done")

        ray.init = init  # type: ignore[attr-defined]
        ray.shutdown = shutdown  # type: ignore[attr-defined]

    def start_ray(self, runtime_env: Mapping[str, Any]) -> Any:
        if not self.cluster.started:
            assert self._ray_init is not None
            self._context = self.cluster.start(runtime_env, self._ray_init)
        return self._context

    # Daft's runner

    def _change_daft(self, daft: types.ModuleType) -> None:
        for module in (daft, daft.runners, daft.context):
            for name in ("set_runner_ray", "set_runner_native"):
                if hasattr(module, name):
                    setattr(module, name, self._set_runner(name, getattr(module, name)))
        for module in (daft, daft.io):
            for name in dir(module):
                if name.startswith("read_") or name in ("from_glob_path", "from_files"):
                    setattr(module, name, self._reading(name, getattr(module, name)))
        frame = daft.DataFrame
        for name in FILE_WRITES:
            if hasattr(frame, name):
                setattr(frame, name, self._redirected(name, getattr(frame, name)))
        if not self.options.allow_writes:
            for owner, names in (
                (frame, BLOCKED_WRITES),
                *((owner, CATALOG_WRITES) for owner in (daft, daft.Session, daft.Catalog)),
            ):
                for name in names:
                    if hasattr(owner, name):
                        setattr(owner, name, self._blocked(name))

    def _set_runner(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def set_runner(*_args: Any, **_kwargs: Any) -> Any:
            import daft

            asked = name.removeprefix("set_runner_")
            if asked != self.runner:
                self.capture.note(f"{name}() gets the {self.runner} runner")
            return daft.runners.get_or_create_runner()

        return set_runner

    def _watch_runner(self, runner: Any, name: str) -> None:
        run, run_iter = runner.run, runner.run_iter

        @functools.wraps(run)
        def watched_run(self_: Any, builder: Any) -> Any:
            if self.capture.nested:
                return run(self_, builder)
            query = self.capture.begin(name, builder)
            try:
                with self.capture.nesting():
                    entry, metadata = run(self_, builder)
                    query.finish(metadata)
                    for result in entry.value.values():
                        query.save(result.micropartition())
            except BaseException as error:
                query.close(error)
                raise
            query.close()
            return entry, metadata

        @functools.wraps(run_iter)
        def watched_run_iter(self_: Any, builder: Any, results_buffer_size: int | None = None) -> Any:
            if self.capture.nested:
                return (yield from run_iter(self_, builder, results_buffer_size))
            query = self.capture.begin(name, builder)
            return (yield from _watched_results(query, run_iter(self_, builder, results_buffer_size)))

        runner.run, runner.run_iter = watched_run, watched_run_iter

    # Sources and sinks

    def _reading(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def read(*args: Any, **kwargs: Any) -> Any:
            asked = (args, kwargs)
            paths = next((v for v in (*args, *kwargs.values()) if isinstance(v, (str, Path, list))), [])
            args = tuple(self._replaced(value) for value in args)
            kwargs = {key: self._replaced(value) for key, value in kwargs.items()}
            frame = original(*args, **kwargs)
            if self.capture.nested:
                return frame
            self.capture.sources.append(
                {
                    "name": name,
                    "paths": [str(p) for p in (paths if isinstance(paths, list) else [paths])],
                    "line": self.capture.line(),
                    "frame": frame,
                    "reads": frame._builder.pretty_print(simple=False).strip() if asked == (args, kwargs) else "",
                    "columns": frame.column_names,
                }
            )
            return frame if self.options.limit_rows is None else frame.limit(self.options.limit_rows)

        return read

    def _replaced(self, value: Any) -> Any:
        """A path as the run reads it: a source that the user replaces, or a sink that went elsewhere."""
        if isinstance(value, list):
            return [self._replaced(item) for item in value]
        if not isinstance(value, (str, Path)):
            return value
        text = str(value)
        replacement = self.options.stand_in(text)
        if replacement is not None:
            return replacement
        for root, redirected in self.redirects.items():
            if text == root or text.startswith(root.rstrip("/") + "/"):
                return redirected + text[len(root.rstrip("/")) :]
        return value

    def _redirected(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        given = inspect.signature(original)

        @functools.wraps(original)
        def write(frame: Any, root_dir: Any, *args: Any, **kwargs: Any) -> Any:
            asked = given.bind(frame, root_dir, *args, **kwargs)
            asked.apply_defaults()
            mode = asked.arguments.get("write_mode", "append")
            options = {key: value for key, value in asked.arguments.items() if key not in SEEN_OTHERWISE}
            schema = [[f.name, str(f.dtype)] for f in frame.schema()]
            index, folder = self._sink(name, root_dir, schema, options, str(mode))
            target = folder / Path(str(root_dir)).name if kwargs.get("single_file") else folder
            self.redirects[str(root_dir)] = str(target)
            with self.capture.sink(index):
                return original(frame, str(target), *args, **kwargs)

        return write

    def _sink(
        self, name: str, to: Any, schema: list[list[str]], options: dict[str, Any], mode: str = "append"
    ) -> tuple[int, Path]:
        """A new sink's number, and the folder that it writes to instead: one for all that goes to the same place."""
        index = len(self.capture.sinks)
        same = [sink["folder"] for sink in self.capture.sinks if (sink["name"], sink["to"]) == (name, str(to))]
        folder = Path(self.capture.spec.scratch, "sinks", same[0] if same else f"{index}-{name}")
        folder.mkdir(parents=True, exist_ok=True)
        self.capture.sinks.append(
            {
                "index": index,
                "name": name,
                "to": str(to),
                "line": self.capture.line(),
                "folder": folder.name,
                "schema": schema,
                "options": options,
                "mode": mode,
            }
        )
        return index, folder

    def _change_upload(self, url: types.ModuleType) -> None:
        original = url.upload

        @functools.wraps(original)
        def upload(expr: Any, location: Any, *args: Any, **kwargs: Any) -> Any:
            if isinstance(location, (str, Path)):
                _, folder = self._sink(UPLOAD, location, [["bytes", "Binary"]], {})
                self.redirects[str(location)] = str(folder)
                return original(expr, str(folder), *args, **kwargs)
            if self.options.allow_writes:
                return original(expr, location, *args, **kwargs)
            return self._blocked("upload to the places of a column")()

        url.upload = upload  # type: ignore[attr-defined]

    def _blocked(self, name: str) -> Callable[..., Any]:
        def write(*_args: Any, **_kwargs: Any) -> Any:
            raise VerifyError(f"line {self.capture.line()}: {name} cannot be redirected; give --allow-writes to run it")

        return write


def _watched_results(query: Any, results: Generator[Any, None, Any]) -> Generator[Any, None, Any]:
    """Pass the results on and keep them; the reader may stop early, as `show` does."""
    try:
        while True:
            try:
                result = next(results)
            except StopIteration as end:
                query.finish(end.value)
                query.close()
                return end.value
            query.save(result.micropartition())
            yield result
    except GeneratorExit:
        results.close()
        query.close()
        raise
    except BaseException as error:
        query.close(error)
        raise


def _is_daft_itself(asked: Mapping[str, Any]) -> bool:
    """Daft's own `ray.init(address=...)`, with what the harness put into RAY_ADDRESS."""
    return set(asked) <= {"address"} and asked.get("address") in (None, os.environ.get("RAY_ADDRESS"))
