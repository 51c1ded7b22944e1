"""The configuration of each file: that of the nearest folder upwards that has one, as in Ruff."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from daft_lint.config.model import Config


class NearestConfigs:
    """`run` is the configuration of the run: that of the working directory, and of files that have no nearer one.
    `read` gives the configuration that lies in a folder itself, None where there is none; it may raise."""

    def __init__(self, run: Config, read: Callable[[Path], Config | None]) -> None:
        self.run = run
        self._read = read
        self._by_folder: dict[str, Config] = {}
        self._real: dict[str, str] = {}
        self._of_shown: dict[str, Config] = {}
        if run.file is not None:
            self._by_folder[os.path.realpath(run.root)] = run

    def of(self, path: str) -> Config:
        """The configuration of a file."""
        shown = os.path.dirname(path)
        known = self._of_shown.get(shown)
        if known is None:
            known = self._of_shown[shown] = self.of_folder(os.path.abspath(shown))
        return known

    def of_folder(self, folder: str) -> Config:
        """The configuration of the files in a folder, by its absolute path."""
        known = self._by_folder.get(folder)
        if known is not None:
            return known
        own = self._by_folder.get(self._real_path(folder)) or self._read(Path(folder))
        above = os.path.dirname(folder)
        if own is None:
            own = self.run if above == folder else self.of_folder(above)
        self._by_folder[folder] = own
        return own

    def _real_path(self, folder: str) -> str:
        """`os.path.realpath` of a folder by its absolute path, which asks for the links above it once."""
        known = self._real.get(folder)
        if known is None:
            above, name = os.path.split(folder)
            is_link = os.path.islink(folder)
            known = os.path.realpath(folder) if is_link or not name else os.path.join(self._real_path(above), name)
            self._real[folder] = known
        return known
