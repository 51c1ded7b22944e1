"""Facts of the configuration that are about no source: their patterns name what no file of a run names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daft_lint.pipeline.facts.settings import SourceFacts

_PART = re.compile(r"[^/*?]+")


def unmatched_sources(
    sources: Iterable[tuple[str, SourceFacts]], texts: Iterable[str]
) -> Iterator[tuple[SourceFacts, str]]:
    """The facts whose pattern has a part that stands in none of the texts, with that part.

    A source that the interpreter can match has each part of its path in a text, however the path is put together;
    whether one and the same call has them all is not asked.
    """
    wanted = [(facts, part, re.compile(words)) for pattern, facts in sources for part, words in _parts(pattern)]
    for text in texts:
        wanted = [one for one in wanted if not one[2].search(text)]
        if not wanted:
            return
    told: set[int] = set()
    for facts, part, _ in wanted:
        if id(facts) not in told:
            told.add(id(facts))
            yield facts, part


def _parts(pattern: str) -> Iterator[tuple[str, str]]:
    """The parts of a path between `/` and wildcards, each with a regular expression for it; a scheme is none."""
    if "[" in pattern:
        return
    for match in _PART.finditer(pattern):
        start, end = match.span()
        if match.group().endswith(":") or not re.search(r"\w", match.group()):
            continue
        before = r"(?<!\w)" if pattern[start - 1 : start] in ("", "/") and pattern[start].isalnum() else ""
        after = r"(?!\w)" if pattern[end : end + 1] in ("", "/") and pattern[end - 1].isalnum() else ""
        yield match.group(), before + re.escape(match.group()) + after
