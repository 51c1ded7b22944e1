"""The buffers of an editor and the findings in them, by file; nothing here depends on the protocol's library."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from daft_lint.api.finding import Finding
from daft_lint.config import Config, ConfigError, load
from daft_lint.dataclass import dataclass
from daft_lint.fix.loop import fix_documents
from daft_lint.integrations.lsp.texts import Buffer
from daft_lint.lint.plugins import PluginError
from daft_lint.lint.project_checker import ProjectChecker
from daft_lint.lint.results import Fixes, go_on
from daft_lint.lint.selectors import with_known_rules
from daft_lint.source.discovery import discover
from daft_lint.source.document import Document
from daft_lint.source.edit import Edit

_LINE = re.compile(rb"[^\n]*\n|[^\n]+\Z")


@dataclass
class Session:
    """Checks buffers together: what one imports from another is read from the buffer, saved or not.

    Not thread-safe. `plugins`: run those that a configuration names. `before_trial` is called before each trial of a
    fix; what it raises leaves the check.
    """

    plugins: bool = True
    before_trial: Callable[[], None] = go_on
    checkers: dict[tuple[Path | None, bool], ProjectChecker] = field(default_factory=dict)
    """By the file that the configuration was read from, and whether findings get their fixes."""
    complaints: dict[str, bool] = field(default_factory=dict)
    """What is wrong with a configuration or a plugin, and whether the user was told."""

    def config_of(self, path: str) -> Config:
        """The configuration of the folder that a file is in; the defaults where it cannot be used."""
        folder = Path(path).absolute().parent
        try:
            config = load(folder)
            return with_known_rules(config, plugins=self.plugins)
        except PluginError as error:
            self.complaints.setdefault(str(error), False)
            return with_known_rules(config, plugins=False)
        except ConfigError as error:
            self.complaints.setdefault(str(error), False)
            return Config(root=folder)

    def check(self, buffers: Mapping[str, Buffer], *, fixes: bool = True) -> dict[str, list[Finding]]:
        """The findings to show in each buffer, by path. Without fixes there are also those that the fix of another
        ends, and a suggestion may be one that a trial would refuse."""
        found: dict[str, list[Finding]] = {}
        for checker, checked in self._by_checker(buffers, fixes):
            checker.overlay({path: buffer.document for path, buffer in checked.items()})
            for path, buffer in checked.items():
                found[path] = [
                    finding
                    for finding in checker.observe(buffer.document)
                    if finding.span.path == path and checker.config.of(path).shows(finding.level)
                ]
        return {path: found.get(path, []) for path in buffers}

    def fixed(self, buffers: Mapping[str, Buffer], path: str, *, unsafe: bool = False) -> list[Edit]:
        """The edits that apply every fix there is for a buffer."""
        checker = ProjectChecker(self.config_of(path))
        around = {other: buffer.document for other, buffer in buffers.items()}
        before = buffers[path].document
        report = fix_documents(
            [before],
            lambda document: [f for f in checker.observe(document) if f.span.path == path],
            unsafe=unsafe,
            overlay=lambda documents: checker.overlay({**around, **documents}),
        )
        return differences(before, report.files[0].after)

    def _by_checker(self, buffers: Mapping[str, Buffer], fixes: bool) -> list[tuple[ProjectChecker, dict[str, Buffer]]]:
        """The buffers that share a configuration, with its checker; excluded ones are left out."""
        grouped: dict[Path | None, tuple[ProjectChecker, dict[str, Buffer]]] = {}
        for path, buffer in buffers.items():
            config = self.config_of(path)
            if _is_excluded(path, config):
                continue
            key = config.file, fixes
            checker = self.checkers.get(key)
            if checker is None or checker.config != config:
                checker = self.checkers[key] = ProjectChecker(config, Fixes(fixes, self.before_trial))
            grouped.setdefault(config.file, (checker, {}))[1][path] = buffer
        return list(grouped.values())


def _is_excluded(path: str, config: Config) -> bool:
    return os.path.exists(path) and not discover([Path(path)], config.file_filter, force_exclude=True).files


def differences(before: Document, after: Document) -> list[Edit]:
    """The edits, line by line, that make one document of the other; in a notebook, of each cell's source."""
    if before.kind != "notebook":
        return _line_edits(before.path, None, before.raw, after.raw, before.encoding)
    edits: list[Edit] = []
    for old, new in zip(before.cells, after.cells, strict=True):
        edits += _line_edits(before.path, old.number, old.source, new.source, "utf-8")
    return edits


def _line_edits(path: str, cell: int | None, before: bytes, after: bytes, encoding: str) -> list[Edit]:
    old, new = _LINE.findall(before), _LINE.findall(after)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    edits = []
    for kind, first, last, new_first, new_last in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if kind != "equal":
            text = b"".join(new[new_first:new_last]).decode(encoding)
            edits.append(Edit(path, cell, starts[first], starts[last], text))
    return edits
