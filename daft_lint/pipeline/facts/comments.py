"""Source facts that comments state: `df = daft.read_parquet(path)  # daft-lint: rows=1_000_000 heavy=img`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.facts.settings import SourceFacts
from daft_lint.source.comments import IGNORE, LinterComment, linter_comments

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

_FACT = re.compile(r"(?P<key>[A-Za-z_-]+)\s*=\s*(?P<value>[^\s=]+)\s*")
_NUMBERS = ("rows", "files", "row_bytes")
_NAMES = ("heavy", "light")


@dataclass(frozen=True, slots=True)
class MalformedComment:
    """A `# daft-lint:` comment that is neither a suppression nor facts, and what is wrong with it."""

    comment: LinterComment
    message: str


@dataclass(frozen=True, slots=True)
class CommentFacts:
    """The facts that the comments of a cell state, by the line in the cell that they are about: their own, or the next
    one for a comment that is alone on its line."""

    by_line: Mapping[int, SourceFacts]
    malformed: tuple[MalformedComment, ...] = ()
    comments: Mapping[int, LinterComment] = field(default_factory=dict)
    """The comments by the same lines."""


def comment_facts(cell: Cell) -> CommentFacts:
    """What the comments of a cell say of its sources."""
    by_line: dict[int, SourceFacts] = {}
    malformed: list[MalformedComment] = []
    comments: dict[int, LinterComment] = {}
    if b"daft-lint:" not in cell.source:
        return CommentFacts(by_line)
    for comment in linter_comments(cell):
        body = next((body for body in comment.directives() if not IGNORE.match(body)), None)
        if body is None:
            continue
        try:
            facts = parse_facts(body)
        except ValueError as error:
            malformed.append(MalformedComment(comment, str(error)))
            continue
        shown, _ = cell.document.location(cell, comment.line, comment.column)
        by_line[comment.line + comment.alone] = replace(facts, origin=f"line {shown}")
        comments[comment.line + comment.alone] = comment
    return CommentFacts(by_line, tuple(malformed), comments)


def parse_facts(body: str) -> SourceFacts:
    """Facts as a comment spells them: `rows=1_000_000 files=1 row_bytes=4096 heavy=img,audio light=url`.

    Raises `ValueError`, worded for the user.
    """
    facts = SourceFacts()
    position = 0
    text = body.strip()
    while position < len(text):
        match = _FACT.match(text, position)
        if match is None:
            unread = text[position:].split(maxsplit=1)[0]
            raise ValueError(f"cannot read {unread!r}; write # daft-lint: rows=1_000_000 heavy=img")
        facts = _with_fact(facts, match["key"].replace("-", "_"), match["value"])
        position = match.end()
    if facts == SourceFacts():
        raise ValueError("it says nothing; write # daft-lint: ignore[CODE] reason or # daft-lint: rows=1_000_000")
    return facts


def _with_fact(facts: SourceFacts, key: str, value: str) -> SourceFacts:
    if key in _NUMBERS:
        if not re.fullmatch(r"[0-9](?:[0-9_,]*[0-9])?", value):
            raise ValueError(f"{key} must be a whole number, not {value!r}")
        return replace(facts, **{key: int(re.sub("[_,]", "", value)[:18])})  # type: ignore[arg-type]
    if key in _NAMES:
        return replace(facts, **{key: tuple(name for name in value.split(",") if name)})  # type: ignore[arg-type]
    raise ValueError(f"unknown fact {key}; the known facts are rows, files, row_bytes, heavy, light")
