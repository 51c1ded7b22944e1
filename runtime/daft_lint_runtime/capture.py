"""What the driver keeps of a run: each query with its plan, metrics and rows, each sink, and notes for the user."""

from __future__ import annotations

import contextlib
import json
import pickle
import sys
import threading
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from daft_lint_runtime import probe
from daft_lint_runtime.spec import RunSpec


class Capture:
    """Appends to `queries.jsonl` as queries end, so that a script which is killed leaves its finished ones."""

    def __init__(self, spec: RunSpec) -> None:
        self.spec = spec
        self.out = Path(spec.out)
        self.notes: list[str] = []
        self.sinks: list[dict[str, Any]] = []
        self.sources: list[dict[str, Any]] = []
        self.saving_seconds = 0.0
        self._queries = 0
        self._local = threading.local()
        self._lock = threading.Lock()

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def line(self) -> int:
        """The script's line that is being executed; 0 where no frame of it is."""
        frame: types.FrameType | None = sys._getframe()
        while frame is not None and frame.f_code.co_filename != self.spec.path:
            frame = frame.f_back
        return 0 if frame is None else frame.f_lineno

    @contextlib.contextmanager
    def sink(self, index: int) -> Iterator[None]:
        """Queries of this thread belong to a redirected sink meanwhile."""
        self._local.sink = index
        try:
            yield
        finally:
            self._local.sink = None

    @property
    def nested(self) -> bool:
        return bool(getattr(self._local, "nested", False))

    @contextlib.contextmanager
    def nesting(self) -> Iterator[None]:
        """What runs inside is part of a query that is captured already."""
        self._local.nested = True
        try:
            yield
        finally:
            self._local.nested = False

    def begin(self, runner: str, builder: Any) -> CapturedQuery:
        with self._lock:
            index = self._queries
            self._queries += 1
        return CapturedQuery(self, index, runner, builder, getattr(self._local, "sink", None))

    def source_of(self, builder: Any) -> int | None:
        """The source, by its number, that a plan with one source reads as the script names it; None for another."""
        text = builder.pretty_print(simple=False).strip()
        reads = (s["reads"] for s in reversed(self.sources))
        last = next((at for at, own in enumerate(reads, 1) if own and f"\n{text}".endswith(f"\n{own}")), None)
        return None if last is None else len(self.sources) - last

    def append(self, record: dict[str, Any]) -> None:
        with self._lock, open(self.out / "queries.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(record, default=str) + "\n")


class CapturedQuery:
    """One execution of a plan, from its start to its last row."""

    def __init__(self, capture: Capture, index: int, runner: str, builder: Any, sink: int | None) -> None:
        self._capture = capture
        self._began = time.time()
        self._clock = time.perf_counter()
        self._works = runner == "native"
        if self._works:
            probe.begin_query()
        self._writer: Any = None
        self._saves = capture.spec.options.compare == "rows" and sink is None
        self.record: dict[str, Any] = {
            "index": index,
            "runner": runner,
            "line": capture.line(),
            "began": self._began,
            "sink": sink,
            "source": capture.source_of(builder),
            "schema": [[f.name, str(f.dtype)] for f in builder.schema()],
            "plan": json.loads(builder.repr_json()),
            "rows": 0,
            "file": None,
            "complete": False,
            "error": None,
        }

    def save(self, partition: Any) -> None:
        """Keep the rows of one partition (a Daft MicroPartition)."""
        clock = time.perf_counter()
        self.record["rows"] += len(partition)
        if self._saves:
            table = as_arrow(partition)
            if self._writer is None:
                import pyarrow as pa

                name = f"result-{self.record['index']}.arrow"
                self.record["file"] = name
                self._writer = pa.ipc.new_stream(str(self._capture.out / name), table.schema)
            self._writer.write_table(table)
        self._capture.saving_seconds += time.perf_counter() - clock

    def finish(self, metadata: Any) -> None:
        """The query ran to its end; `metadata` is Daft's ExecutionMetadata, or None."""
        self.record["seconds"] = time.perf_counter() - self._clock
        self.record["complete"] = True
        if self._works:
            probe.end_query()
        if metadata is not None:
            self.record["physical"] = metadata.query_plan
            self.record["metrics"] = metadata.to_recordbatch().to_pylist()

    def close(self, error: BaseException | None = None) -> None:
        if error is not None:
            self.record["error"] = f"{type(error).__name__}: {error}"
        self.record.setdefault("seconds", time.perf_counter() - self._clock)
        if self._writer is not None:
            self._writer.close()
        self._capture.append(self.record)


def as_arrow(partition: Any) -> Any:
    """A partition as an Arrow table; columns of Python objects, which Arrow has no type for, as pickled bytes."""
    import pyarrow as pa

    fields = list(partition.schema())
    if not any(f.dtype.is_python() for f in fields):
        return partition.to_arrow()
    plain = [f.name for f in fields if not f.dtype.is_python()]
    values = partition.to_pydict()
    columns = {name: pa.array(values[name]) for name in plain}
    for f in fields:
        if f.dtype.is_python():
            columns[f.name] = pa.array([pickle.dumps(v) for v in values[f.name]], type=pa.binary())
    return pa.table({f.name: columns[f.name] for f in fields})
