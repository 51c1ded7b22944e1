"""Published versions of Daft, unpacked one at a time into a cache, and a snapshot of the API of each."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

OLDEST = (0, 2, 33)
"""The last version before 0.3, so that what 0.3.0 removed is told."""
RENAMED = (0, 5, 0)
"""Before it the distribution was called `getdaft`."""

BASE = "numpy<2 pyarrow<18 pandas<2.3 pillow fsspec tqdm psutil packaging typing_extensions requests pydantic".split()
"""What every version of Daft since 0.3 imports and runs with, so that one environment serves all of them."""

Version = tuple[int, ...]
Snapshot = dict[str, Any]

_NUMBERS = re.compile(r"\d+\.\d+\.\d+")


def cache() -> Path:
    """Where environments and snapshots are kept: `DAFT_LINT_API_CACHE`, or `api-history` in the user's cache."""
    given = os.environ.get("DAFT_LINT_API_CACHE")
    return Path(given) if given else user_cache_path("daft-lint") / "api-history"


def parse(version: str) -> Version:
    return tuple(int(number) for number in version.split("."))


def spell(version: Version) -> str:
    return ".".join(map(str, version))


def distribution(version: Version) -> str:
    return "daft" if version >= RENAMED else "getdaft"


def published() -> list[Version]:
    """All released versions from `OLDEST` on, in order. Raises `CalledProcessError` where the index is out of reach."""
    found: set[Version] = set()
    for name in ("getdaft", "daft"):
        done = subprocess.run(
            [sys.executable, "-m", "pip", "index", "versions", name], check=True, capture_output=True, text=True
        )
        line = next(line for line in done.stdout.splitlines() if line.startswith("Available versions:"))
        found.update(v for v in map(parse, _NUMBERS.findall(line)) if v >= OLDEST and distribution(v) == name)
    return sorted(found)


def base_python(name: str = "base", more: Sequence[str] = ()) -> Path:
    """The interpreter of the environment with all that Daft needs but Daft itself, and `more` packages."""
    home = cache() / name
    python = home / "bin" / "python"
    ready = home / "ready"
    packages = [*BASE, *more]
    if not ready.exists() or ready.read_text() != "\n".join(packages):
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        ready.write_text("\n".join(packages))
    return python


def unpack(version: Version, folder: Path) -> None:
    """Downloads the wheel of a version and unpacks it into `folder`, which then serves as a `PYTHONPATH`."""
    with tempfile.TemporaryDirectory() as wheels:
        requirement = f"{distribution(version)}=={spell(version)}"
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"),
                *("--dest", wheels, requirement),
            ],
            check=True,
        )
        (wheel,) = Path(wheels).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)


def installed(version: Version) -> Path:
    """The folder of an unpacked version that stays in the cache, for runs of scripts."""
    folder = cache() / "sites" / spell(version)
    if not folder.exists():
        partial = folder.with_name(folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        unpack(version, partial)
        partial.rename(folder)
    return folder


def environment(site: Path) -> dict[str, str]:
    """The variables that a process with the Daft in `site` gets."""
    return {**os.environ, "PYTHONPATH": str(site), "DO_NOT_TRACK": "1", "DAFT_ANALYTICS_ENABLED": "0"}


def record(version: Version) -> Snapshot:
    """The snapshot of a version, from the cache or made and put there."""
    path = cache() / "snapshots" / f"{spell(version)}.json"
    if not path.exists():
        kept = cache() / "sites" / spell(version)
        with tempfile.TemporaryDirectory() as folder:
            site = kept if kept.exists() else Path(folder)
            if site is not kept:
                unpack(version, site)
            text = introspect(base_python(), site)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    snapshot: Snapshot = json.loads(path.read_text(encoding="utf-8"))
    return snapshot


def introspect(python: Path, site: Path | None = None) -> str:
    """What `record.py` writes in that environment."""
    recorder = Path(__file__).with_name("record.py")
    variables = environment(site) if site is not None else {**os.environ, "DO_NOT_TRACK": "1"}
    done = subprocess.run([python, recorder], check=True, capture_output=True, text=True, env=variables)
    return done.stdout[done.stdout.index("{") :]


def record_all(versions: Iterable[Version]) -> dict[Version, Snapshot]:
    return {version: record(version) for version in versions}
