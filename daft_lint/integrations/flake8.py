"""daft-lint's findings as flake8 reports them: `pip install 'daft-lint[flake8]'`, and flake8 finds this by itself."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

from daft_lint import __version__
from daft_lint.config import LEVELS, Config, load

Report = tuple[int, int, str, type]
"""A line from 1, a column from 0, a text that begins with the code, the plugin."""


class Plugin:
    """Checks one file. The configuration is [tool.daft-lint]; what runs, flake8's `select` and `ignore` decide too."""

    name = "daft-lint"
    version = __version__

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self.filename = filename
        self.lines = lines

    def run(self) -> Iterator[Report]:
        """The findings in the file."""
        text = "".join(self.lines)
        if "daft" not in text:
            return
        from daft_lint.lint import engine
        from daft_lint.source.document import Document

        config = _config()
        shown = LEVELS[LEVELS.index(config.level) :]
        document = Document.from_text(_path(self.filename), text)
        for finding in engine.check_document(document, config).findings:
            if finding.span.path == document.path and finding.level.name.lower() in shown:
                location = (finding.span.line, finding.span.column - 1)
                yield (*location, f"{finding.code} {finding.message}", Plugin)


@functools.cache
def _config() -> Config:
    return load(Path.cwd())


def _path(filename: str) -> str:
    """The path as reports show it; flake8 puts `./` before it, and calls standard input `stdin` or `-`."""
    path = Path(filename).as_posix()
    return path if path.endswith((".py", ".pyi")) else f"{path}.py"
