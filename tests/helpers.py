"""What tests of several packages share: scripts, the command line as a process, plugins without an installer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHIPPED = ("daft_lint", "rules", "runtime", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
"""What a checkout has that an installer needs."""
OFFLINE = re.compile(r"Temporary failure in name resolution|Could not find a version|NewConnectionError|ProxyError")
"""What pip says where it cannot reach an index."""
BAD = "import daft\n\ndf = daft.read_parquet('s3://b/*.parquet')\ndf.repartition(8)\ndf.show()\n"
"""Line 4 has a DFT401 finding."""
HEAVY = """\
import daft
from daft.functions import decode_image, download

@daft.func
def size(jpeg: bytes) -> int:
    return len(jpeg)

df = daft.read_parquet("s3://b/*.parquet")
df = df.with_column("jpeg", download(df["url"]))
df = df.with_column("size", size(df["jpeg"]))
df.repartition(8)
df.write_parquet("out")
"""
"""A DFT101 and a DFT401 finding."""
FIXABLE = """import daft

daft.set_runner_native()
df = daft.read_parquet("s3://b/")
df = df.repartition(8).where(df["a"] > 1)
df.write_parquet("o")
"""
FIXED = FIXABLE.replace(".repartition(8)", "")
HEAVY_WITH_SINK = """import daft
from daft.functions import decode_image


@daft.func.batch(return_dtype=daft.DataType.int64())
def label(images):
    return [0 for _ in images]


df = daft.read_parquet("s3://photos/")
df = df.with_column("picture", decode_image(df["jpeg"]))
df = df.with_column("label", label(df["picture"]))
df.{sink}
"""
"""A DFT101 finding whose fix is safe if the sink does not see the row order."""
RULE = '''
from daft_lint.api.rule import Level, Observation, ScriptRule


class Mine(ScriptRule):
    """Reports every file."""

    code = "ACM101"
    name = "every-file"
    level = Level.ADVICE
    trigger_words = ("daft",)

    def check(self, script):
        for step in script.steps:
            yield Observation(step.call, self.level, "a step", "nothing", "nothing")
'''
"""A plugin: a rule that reports every step."""


def notebook(*cells: str) -> str:
    """The JSON of a notebook with these code cells."""
    made = [
        {
            "cell_type": "code",
            "source": cell.splitlines(keepends=True),
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for cell in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def environment(*folders: Path) -> dict[str, str]:
    """The environment of a process that imports from this checkout, and then from `folders`."""
    path = [str(ROOT / part) for part in (".", "rules", "runtime")] + [str(folder) for folder in folders]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), "NO_COLOR": "1"}


def python(folder: Path, *arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Runs Python in `folder` with the plugins of the folder `path` installed."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment(path), capture_output=True, text=True, check=False)


def lint(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Runs `daft-lint` in `folder`."""
    command = [sys.executable, "-m", "daft_lint", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(), input=stdin, capture_output=True, text=True, check=False
    )


def run_fix(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Runs `daft-lint fix` in `folder`; standard input and output are bytes."""
    command = [sys.executable, "-m", "daft_lint", "fix", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), input=stdin, capture_output=True, check=False)


def install(folder: Path, name: str, source: str | Path, value: str | None = None) -> None:
    """Puts the plugin `name` into `folder`: a module with this text, or the package at this path."""
    folder.mkdir(exist_ok=True)
    if isinstance(source, Path):
        (folder / source.name).symlink_to(source, target_is_directory=True)
    else:
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[daft_lint.rules]\n{name} = {value or name}\n", encoding="utf-8")
