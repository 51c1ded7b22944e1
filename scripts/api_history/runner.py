"""Runs scripts on the Daft that is importable, each in a fork, so that Daft is imported once.

It runs inside the environment of each version, so it imports nothing of this project, and knows Python 3.9. Standard
input: a JSON list of `{"id", "script", "binds", "alone"}`; standard output: a line of JSON for each, `{"id", "values",
"types"}` or `{"id", "error"}`. A script leaves its result in `out`. Those that are not `alone` share a fork with
others, unless it dies. With `binds` the function of that name is not run: the result is what each of its parameters
gets, for functions that need a service or another distribution.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
import hashlib
import importlib
import inspect
import io
import json
import math
import os
import select
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from typing import Any

Answer = dict[str, Any]
Job = dict[str, Any]

TIMEOUT_S = 120.0
BATCH = 25


def main() -> None:
    jobs = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if not os.environ.get("API_HISTORY_VERBOSE"):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warnings.simplefilter("ignore")
    import daft  # noqa: F401

    # What Daft imports when it is first needed, so that no fork pays for it. No thread may run yet.
    for name in ("numpy", "pandas", "pyarrow", "pyarrow.dataset", "PIL.Image", "fsspec", "daft.runners.native_runner"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for batch in _batches(jobs):
        found = _forked(batch)
        if found is None and len(batch) > 1:
            found = [answer for job in batch for answer in _forked([job]) or [{"error": "died or timed out"}]]
        for number, job in enumerate(batch):
            answer = found[number] if found else {"error": "died or timed out"}
            print(json.dumps({"id": job["id"], **answer}), file=answers, flush=True)


def _batches(jobs: list[Job]) -> Iterator[list[Job]]:
    batch: list[Job] = []
    for job in jobs:
        if job["alone"]:
            yield [job]
            continue
        batch.append(job)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _forked(batch: list[Job]) -> list[Answer] | None:
    """The answers of a child, or None where it died or took too long."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as stream:
            stream.write(json.dumps([_answer(job) for job in batch]))
        os._exit(0)
    os.close(writer)
    chunks = []
    while True:
        ready, _, _ = select.select([reader], [], [], TIMEOUT_S)
        chunk = os.read(reader, 1 << 16) if ready else b""
        if not ready:
            os.kill(child, signal.SIGKILL)
        if not chunk:
            break
        chunks.append(chunk)
    os.close(reader)
    os.waitpid(child, 0)
    text = b"".join(chunks)
    return json.loads(text) if text else None


def _answer(job: Job) -> Answer:
    try:
        answer = _run(job)
        json.dumps(answer)
    except BaseException as error:  # noqa: BLE001 - a panic of the engine is an answer as well
        return {"error": f"{type(error).__name__}: {str(error)[:300]}"}
    return answer


def _run(job: Job) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        namespace: dict[str, Any] = {"__name__": "__main__"}
        if job.get("binds"):
            _bind(job["binds"], namespace)
        exec(compile(job["script"], "<proof>", "exec"), namespace)
        out = namespace["out"]
        types = None
        if hasattr(out, "to_pydict"):
            out = out.collect()
            table = out.to_arrow()
            types = {field.name: str(field.type) for field in table.schema}
            out = out.to_pydict()
        answer = {"values": _plain(out), "types": types}
        os.chdir("/")
    return answer


def _bind(path: str, namespace: dict[str, Any]) -> None:
    """Has the function at `path` put what its parameters get into `out`."""
    import daft

    owner_path, _, name = path.rpartition(".")
    owner: Any = daft
    spelled = "daft"
    for part in owner_path.split(".")[1:]:
        spelled += f".{part}"
        with contextlib.suppress(ImportError):
            importlib.import_module(spelled)
        owner = getattr(owner, part)
    function = getattr(owner, name)
    signature = inspect.signature(function)

    def record(*args: Any, **kwargs: Any) -> None:
        bound = signature.bind(*args, **kwargs)
        given = [name for name in bound.arguments if name not in ("self", "cls")]
        bound.apply_defaults()
        namespace["out"] = {
            "given": given,
            "all": {k: v for k, v in bound.arguments.items() if k not in ("self", "cls")},
        }

    setattr(owner, name, record)


def _plain(value: Any) -> Any:
    """The same JSON for equal values of two versions; what has a type of its own in Python keeps a mark of it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else f"float:{value}"
    if isinstance(value, (bytes, bytearray)):
        return f"bytes:{bytes(value).hex()}"
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (datetime.date, datetime.time, datetime.datetime, datetime.timedelta, decimal.Decimal)):
        return f"{type(value).__name__}:{value}"
    if type(value).__module__ == "numpy":
        import numpy as np

        array = np.asarray(value)
        return f"array:{array.dtype}:{array.shape}:{hashlib.sha1(array.tobytes()).hexdigest()}"
    if hasattr(value, "save") and hasattr(value, "mode"):
        stream = io.BytesIO()
        value.save(stream, "PNG")
        return f"image:{value.mode}:{value.size}:{hashlib.sha1(stream.getvalue()).hexdigest()}"
    return f"{type(value).__name__}:{value!r}".partition(" at 0x")[0]


if __name__ == "__main__":
    main()
