"""What is known of the data behind a source: said in a comment, in the configuration, or by the files' footers."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence

import libcst as cst

from daft_lint.pipeline.facts.footers import footer_facts
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.model import SourceFacts


def source_facts(
    interpreter: InterpreterProtocol, node: cst.CSTNode, paths: tuple[str, ...], scope: Scope
) -> SourceFacts:
    """What is known of a source: said on its lines, else in the configuration, else in the footers that its files have
    today, else learned from earlier runs."""
    settings = interpreter.settings
    known = [
        interpreter.project.facts_at(scope.cell, node, interpreter.statement),
        matching_facts(settings.sources, paths),
        footer_facts(paths, ".", settings.heavy_row_bytes, settings.footers),
        matching_facts(settings.learned, paths),
    ]
    return merged_facts([facts for facts in known if facts is not None])


def matching_facts(patterns: Iterable[tuple[str, SourceFacts]], paths: tuple[str, ...]) -> SourceFacts | None:
    """The first configured facts that all paths match."""
    for pattern, facts in patterns:
        if paths and all(fnmatch.fnmatchcase(p, pattern) or p == pattern for p in paths):
            return facts
    return None


def merged_facts(known: Sequence[SourceFacts]) -> SourceFacts:
    """One set of facts: each number from the first that has it, each column as the first that names it says."""
    is_heavy: dict[str, bool] = {}
    for facts in known:
        for name in facts.heavy:
            is_heavy.setdefault(name, True)
        for name in facts.light:
            is_heavy.setdefault(name, False)
    return SourceFacts(
        rows=next((f.rows for f in known if f.rows is not None), None),
        files=next((f.files for f in known if f.files is not None), None),
        row_bytes=next((f.row_bytes for f in known if f.row_bytes is not None), None),
        heavy=tuple(name for name, heavy in is_heavy.items() if heavy),
        light=tuple(name for name, heavy in is_heavy.items() if not heavy),
        largest_file=next((f.largest_file for f in known if f.largest_file is not None), None),
        in_parts=next((f.in_parts for f in known if f.in_parts is not None), None),
        origin=next((f.origin for f in known if f.origin), ""),
    )
