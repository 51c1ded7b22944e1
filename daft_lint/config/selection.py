"""Which rules run, and where: the prefixes of `select` and `ignore`, and `per-file-ignores`."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daft_lint.config.model import Config
from daft_lint.config.prefixes import longest
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
        if not self.config.select:
            return default and ignored is None
        selected = longest(self.config.select, code)
        if selected is None:
            return False
        return ignored is None or ignored < selected

    def ignores_in(self, path: str, code: str) -> bool:
        """Whether `per-file-ignores` ignores a rule in a file; patterns are in gitignore style."""
        return any(
            longest(codes, code) is not None and pattern.match_file(self.relative(path))
            for pattern, codes in self._specs
        )

    def relative(self, path: str) -> str:
        """The path as the configuration's folder sees it."""
        return os.path.relpath(path, self.config.root).replace(os.sep, "/")

    @functools.cached_property
    def _specs(self) -> tuple[tuple[GitIgnoreSpec, tuple[str, ...]], ...]:
        return tuple((spec([p]), codes) for p, codes in self.config.per_file_ignores)
