"""The real command on hostile and extreme files."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SECONDS = 600
"""When a run counts as one that never ends: a busy machine is no failure. Times are measured in `benchmarks/`."""

HEAD = """import daft
from daft import col
from daft.functions import download

@daft.func.batch(return_dtype=daft.DataType.int64())
def size(image):
    return [len(x) for x in image.to_pylist()]

df = daft.read_parquet("s3://bucket/*.parquet")
"""
TAIL = """df = df.with_column("image", download(col("url")))
df.with_column("size", size(col("image"))).write_parquet("out")
"""


@dataclasses.dataclass(frozen=True)
class Run:
    status: int
    out: str
    err: str


def lint(folder: Path, *arguments: str, stdin: bytes = b"") -> Run:
    path = os.pathsep.join(str(ROOT / part) for part in (".", "rules", "runtime"))
    environment = {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "XDG_CACHE_HOME": str(folder / ".cache-home")}
    run = subprocess.run(
        [sys.executable, "-m", "daft_lint", *arguments],
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )
    return Run(run.returncode, run.stdout.decode("utf-8", "replace"), run.stderr.decode("utf-8", "replace"))


def sane(folder: Path, *arguments: str, stdin: bytes = b"") -> Run:
    """A run that ended as every run must."""
    run = lint(folder, *arguments, stdin=stdin)
    assert run.status in (0, 1, 2), run.err
    assert "Traceback" not in run.err, run.err
    assert "Traceback" not in run.out
    return run


def checked(folder: Path, text: str | bytes, name: str = "a.py") -> list[tuple[str, str]]:
    """The code and the message of each finding in a file with this text."""
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    run = sane(folder, "check", name, "--format", "json")
    assert run.err == ""
    return [(finding["code"], finding["message"]) for finding in json.loads(run.out)["findings"]]


def codes(found: list[tuple[str, str]]) -> set[str]:
    return {code for code, _ in found}
