"""A flake8 plugin: after `pip install 'daft-lint[flake8]'`, flake8 reports the findings of daft-lint."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

from daft_lint import __version__
from daft_lint.config import Config, load

Report = tuple[int, int, str, type]
"""What flake8 expects: a line from 1, a column from 0, a text that begins with the code, the plugin."""


class Plugin:
    """Checks one file, as the nearest configuration says; flake8's own `select` and `ignore` apply as well."""

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
        from daft_lint.lint.engine import check_document
        from daft_lint.source.document import Document

        document = Document.from_text(_path(self.filename), text)
        config = _config(Path(document.path).absolute().parent)
        for finding in check_document(document, config).findings:
            if finding.span.path == document.path and config.shows(finding.level):
                location = (finding.span.line, finding.span.column - 1)
                yield (*location, f"{finding.code} {finding.message}", Plugin)


@functools.cache
def _config(folder: Path) -> Config:
    from daft_lint.lint.selectors import with_known_rules

    return with_known_rules(load(folder))


def _path(filename: str) -> str:
    """The path as reports show it; flake8 puts `./` before it, and calls standard input `stdin` or `-`."""
    path = Path(filename).as_posix()
    return path if path.endswith((".py", ".pyi")) else f"{path}.py"
