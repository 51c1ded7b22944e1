"""Which rules run, and where: the prefixes of `select`, `extend-select` and `ignore`, and `per-file-ignores`."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from daft_lint.config.model import Config, Configured
from daft_lint.config.prefixes import longest
from daft_lint.dataclass import dataclass
from daft_lint.source.patterns import spec

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(frozen=True)
class Selection:
    """The rules that one configuration selects. The longest prefix of a code decides; `ignore` wins a tie, as in
    Ruff."""

    config: Config

    def runs(self, code: str, default: bool = True) -> bool:
        """Whether a rule runs; `default` decides where nothing is selected by name."""
        ignored = longest(self.config.ignore, code)
        selected = longest((*self.config.select, *self.config.extend_select), code)
        if not self.config.select and not selected:
            return default and ignored is None
        if selected is None:
            return False
        return ignored is None or ignored < selected

    def previews(self, code: str) -> bool:
        """Whether a preview rule may run: `preview` is on, or its own code is selected."""
        return self.config.preview or code in (*self.config.select, *self.config.extend_select)

    def reports(self, path: str, code: str) -> bool:
        """Whether a finding of a rule that has run is reported in a file."""
        return self.runs(code) and not self.ignores_in(path, code)

    def ignores_in(self, path: str, code: str) -> bool:
        """Whether `per-file-ignores` ignores a rule in a file; patterns are in gitignore style."""
        return any(
            longest(codes, code) is not None and pattern.match_file(self.relative(path))
            for pattern, codes in self._specs
        )

    def relative(self, path: str) -> str:
        """The path as the folder that the patterns count from sees it."""
        return os.path.relpath(path, self.config.ignores_root or self.config.root).replace(os.sep, "/")

    @functools.cached_property
    def _specs(self) -> tuple[tuple[GitIgnoreSpec, tuple[str, ...]], ...]:
        return tuple((spec([p]), codes) for p, codes in self.config.per_file_ignores)


class Selections:
    """The selection of each file's configuration."""

    def __init__(self, config: Configured) -> None:
        self._config = config
        self._made: dict[int, Selection] = {}

    def of(self, path: str) -> Selection:
        """The selection of the configuration of a file."""
        config = self._config.of(path)
        made = self._made.get(id(config))
        if made is None or made.config is not config:
            made = self._made[id(config)] = Selection(config)
        return made
