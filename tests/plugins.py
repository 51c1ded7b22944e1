"""Installs plugins for tests as an installer does, without one: a module and a `.dist-info` folder beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


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


def environment(*folders: Path) -> dict[str, str]:
    path = [str(ROOT / part) for part in (".", "rules", "runtime")] + [str(folder) for folder in folders]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), "NO_COLOR": "1"}


def python(folder: Path, *arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Runs Python in `folder` with the plugins of the folder `path` installed."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment(path), capture_output=True, text=True, check=False)
