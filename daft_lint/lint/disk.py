"""What lies on the disk, as one run sees it: every folder is listed and every file is digested once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from daft_lint.pipeline.facts.ray_signs import ray_in_project
from daft_lint.source.digests import DATA_SUFFIX, digest, file_state


class Disk:
    """Folders and files; what was read once does not change during a run."""

    def __init__(self) -> None:
        self.folders: dict[str, dict[str, str]] = {}
        self.contents: dict[str, str | None] = {}
        self.around: dict[str, str] = {}

    def listing(self, folder: str) -> dict[str, str]:
        """The names in a folder: "f" for a file, "d" for a folder, "o" for anything else."""
        known = self.folders.get(folder)
        if known is None:
            known = {}
            with suppress(OSError), os.scandir(folder or ".") as entries:
                for entry in entries:
                    with suppress(OSError):
                        known[entry.name] = "f" if entry.is_file() else "d" if entry.is_dir() else "o"
            self.folders[folder] = known
        return known

    def states(self, paths: Iterable[str]) -> dict[str, dict[str, str]]:
        """What lies at paths, by folder and name; "" for nothing."""
        states: dict[str, dict[str, str]] = {}
        for path in sorted(paths):
            folder, name = os.path.split(path)
            states.setdefault(folder, {})[name] = self.listing(folder).get(name, "")
        return states

    def differs(self, folder: str, names: Mapping[str, str]) -> bool:
        """Whether something else lies in a folder than did."""
        listing = self.listing(folder)
        return any(listing.get(name, "") != state for name, state in names.items())

    def content(self, path: str) -> str | None:
        """The digest of a file's bytes, the state of a data file; None where it cannot be read."""
        if path not in self.contents:
            try:
                is_data = path.endswith(DATA_SUFFIX)
                self.contents[path] = file_state(path) if is_data else digest(Path(path).read_bytes())
            except OSError:
                self.contents[path] = None
        return self.contents[path]

    def requirements(self, folder: str) -> str:
        """A digest of every pyproject.toml from a folder upwards, which say which Daft a file is for, and whether the
        project is for Ray."""
        known = self.around.get(folder)
        if known is None:
            parent = os.path.dirname(folder)
            above = "" if parent == folder else self.requirements(parent)
            file = os.path.join(folder, "pyproject.toml")
            here = self.content(file) if self.listing(folder).get("pyproject.toml") == "f" else None
            for_ray = ray_in_project(os.path.join(folder, "x.py"))
            known = above if here is None and not for_ray else digest(f"{above} {here} {for_ray}".encode())
            self.around[folder] = known
        return known
