"""A cheap scan over Python text: comments, logical lines, and how deep its expressions go.

It is for where a tokenizer is too slow, too strict, or of another version of Python than the text. It never fails:
text that is not Python gets some answer, and the parser reports what is wrong with it.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterator

from daft_lint.dataclass import dataclass

MAX_NESTING = 400
"""Brackets in brackets that are parsed: 1,000 nested calls cost LibCST 1.9 some 10 s, 300 cost 0.5 s."""
MAX_LINKS = 3_000
"""Links of one expression that are parsed: a chain of 1,000 calls (2,000 links) costs LibCST 1.9 some 2 s, one of 5,000
calls ends the process by a segmentation fault."""
MAX_INDENTATION = 100
"""Blocks in blocks: CPython's own limit."""
MAX_BRANCHES = 3_000
"""`elif` branches of one `if`: each is a level of the tree."""
DEEP = 40
"""From here on a recursive walk may meet Python's recursion limit (chains of some 150 calls do)."""

_QUOTED = rb"""
    \"\"\"[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*\"\"\"
  | '''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''
  | "(?!"")[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*"
  | '(?!'')[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*'
  | "" | ''
"""
_TOKEN = (
    rb"""(?xs)
    (?P<comment>\#[^\r\n]*)
  | (?P<formatted>(?:[fFtT][rR]?|[rR][fFtT])(?:\"\"\"|'''|"|'))
  | (?P<string>(?:[rR][bB]?|[bB][rR]?|[uU])?(?:"""
    + _QUOTED
    + rb"""))
  | (?P<word>[A-Za-z_0-9\x80-\xff]+)
  | (?P<newline>\r\n|\r|\n)
  | (?P<continued>\\(?:\r\n|\r|\n))
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<stray>["'][^\r\n]*)
  | (?P<operator>[^\s\w\\])
    """
)
_compiled = functools.cache(re.compile)
"""The large patterns are compiled at first use: most texts need none of them."""
_FORMATTED_TEXT = re.compile(rb"(?s)\\.|\{\{|[{}\"'\r\n]")
_SPEC_TEXT = re.compile(rb"[{}\r\n]")
_FIELD_TEXT = (
    rb"""(?xs)
    (?P<formatted>(?:[fFtT][rR]?|[rR][fFtT])(?:\"\"\"|\'\'\'|"|'))
  | (?P<string>(?:[rR][bB]?|[bB][rR]?|[uU])?(?:"""
    + _QUOTED
    + rb"""))
  | (?P<word>[A-Za-z_0-9\x80-\xff]+)
  | (?P<comment>\#[^\r\n]*)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<colon>:)
  | (?P<quote>["'])
    """
)
_LINE_END = re.compile(rb"\r\n|\r|\n")
_WORD_OPERATORS = frozenset({b"and", b"or", b"not", b"if", b"else", b"lambda", b"await", b"in", b"is", b"for"})
_NOT_LINKS = frozenset(b",;:")
_COLON = ord(":")


_MARK = (
    rb"""(?xs)
    [^"'\#()\[\]{}\\\r\n]*
    (?: (\#[^\r\n]*) | ("""
    + _QUOTED
    + rb""") | ([(\[{]) | ([)\]}]) | (\r\n?|\n) | (\\(?:\r\n?|\n)?) | (["'][^\r\n]*) | \Z )
    """
)
"""What decides where a logical line ends, and all text before it; the numbers of its groups are below."""
_MARK_STRING, _MARK_OPEN, _MARK_CLOSE, _MARK_NEWLINE, _MARK_STRAY = 2, 3, 4, 5, 7
_FORMATTED_PREFIX = re.compile(rb"(?<![A-Za-z_0-9\x80-\xff])(?:[fFtT][rR]?|[rR][fFtT])\Z")
_INDENTED = re.compile(rb"(?m)^[ \t\f]{%d}" % MAX_INDENTATION)
_NO_LINK = bytes(b for b in range(256) if b >= 128 or chr(b).isalnum() or chr(b).isspace() or b in b"_,;:\\")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text. `kind` is the name of a group of the scanner's pattern; a formatted string is one token,
    whose `fields` are the spans of the expressions in it."""

    kind: str
    start: int
    end: int
    fields: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """How deep a text goes, and the byte offset at which it goes deepest.

    `links` counts the operators, dots and brackets that one expression nests, `nesting` its brackets in brackets,
    `branches` the `elif`s of one `if`, `indentation` its blocks in blocks.
    """

    nesting: int = 0
    links: int = 0
    branches: int = 0
    indentation: int = 0
    offset: int = 0

    @property
    def too_deep(self) -> str | None:
        """What is too deep for the parser, in words; None where it can be parsed."""
        if self.nesting > MAX_NESTING:
            return f"{self.nesting:,} brackets in one another (at most {MAX_NESTING:,} are read)"
        if self.links > MAX_LINKS:
            return f"an expression of {self.links:,} links (at most {MAX_LINKS:,} are read)"
        if self.branches > MAX_BRANCHES:
            return f"{self.branches:,} branches of one if (at most {MAX_BRANCHES:,} are read)"
        if self.indentation > MAX_INDENTATION:
            return f"{self.indentation:,} blocks in one another (at most {MAX_INDENTATION:,} are read)"
        return None

    @property
    def is_deep(self) -> bool:
        """A recursive walk over its tree needs a large stack."""
        return self.nesting + self.links + self.branches > DEEP


def line_starts(source: bytes) -> list[int]:
    """The byte offsets at which lines begin; `\\n`, `\\r\\n` and `\\r` end one."""
    return [0, *(m.end() for m in _LINE_END.finditer(source))]


def line_of(starts: list[int], offset: int) -> int:
    """The 1-based line that a byte offset is in."""
    return bisect_right(starts, offset)


def tokens(source: bytes, position: int = 0, end: int | None = None) -> Iterator[Token]:
    """The tokens of `source` from `position` on; white space is left out."""
    end = len(source) if end is None else end
    while position < end:
        for match in _compiled(_TOKEN).finditer(source, position, end):
            kind = match.lastgroup or "operator"
            if kind == "formatted":
                position, fields = _formatted(source, match.start(), match.end(), end)
                yield Token("string", match.start(), position, fields)
                break
            yield Token(kind, match.start(), match.end())
        else:
            return


def _formatted(source: bytes, start: int, body: int, limit: int) -> tuple[int, tuple[tuple[int, int], ...]]:
    """The end of the formatted string whose prefix and quote are `start:body`, and the spans of its outermost fields.

    Strings and fields nest in each other: a stack, not recursion, so that no hostile file ends the process. An
    entry is the opening quote of a string, "{" with the open brackets of a field, or ":" in its format.
    """
    stack: list[tuple[bytes, int]] = [(source[start:body].lstrip(b"fFtTrR"), 0)]
    fields: list[tuple[int, int]] = []
    field_start = position = body
    while stack:
        opener, brackets = stack[-1]
        pattern = _compiled(_FIELD_TEXT) if opener == b"{" else _SPEC_TEXT if opener == b":" else _FORMATTED_TEXT
        match = pattern.search(source, position, limit)
        if match is None:
            return limit, tuple(fields)
        found, position = match.group(), match.end()
        if opener == b"{":
            kind = match.lastgroup
            if kind == "quote":
                # A field cannot hold its string's own quote before Python 3.12: the string ends here, broken.
                return match.start(), tuple(fields)
            if kind == "formatted":
                stack.append((found.lstrip(b"fFtTrR"), 0))
            elif kind == "open":
                stack[-1] = (opener, brackets + 1)
            elif kind == "colon" and not brackets:
                stack[-1] = (b":", 0)
            elif kind == "close" and brackets:
                stack[-1] = (opener, brackets - 1)
            elif kind == "close":
                stack.pop()
        elif found == b"{":
            stack.append((b"{", 0))
            if len(stack) == 2:
                field_start = position
        elif opener == b":":
            if found != b"}":
                return match.start(), tuple(fields)
            stack.pop()
        elif found[:1] in (b"\r", b"\n"):
            if len(opener) == 1:
                return match.start(), tuple(fields)
        elif found in (b'"', b"'") and source.startswith(opener, match.start()):
            position = match.start() + len(opener)
            stack.pop()
        if opener in (b"{", b":") and len(stack) == 1:
            fields.append((field_start, match.start()))
    return position, tuple(fields)


def logical_line_end(source: bytes, position: int) -> int:
    """Where the logical line that begins at `position` ends: after its line break, or at the end of the text."""
    depth = 0
    for token in tokens(source, position):
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth = max(depth - 1, 0)
        elif token.kind == "newline" and not depth:
            return token.end
    return len(source)


def logical_lines(source: bytes) -> Iterator[tuple[int, int]]:
    """The first and last physical line, from 1, of each logical line that is longer than one physical line."""
    depth, line, first = 0, 1, 1
    for token in tokens(source):
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth = max(depth - 1, 0)
        elif token.kind == "newline":
            if not depth:
                if line > first:
                    yield first, line
                first = line + 1
            line += 1
        elif token.kind in ("string", "continued"):
            line += len(_LINE_END.findall(source, token.start, token.end))
    if line > first:
        yield first, line


def comments(source: bytes) -> Iterator[Token]:
    """The comments of a text, those in strings left out."""
    return (token for token in tokens(source) if token.kind == "comment")


class _DepthMeter:
    """Counts the depth of one text, token by token."""

    def __init__(self) -> None:
        self.shape = Shape()
        self.levels = [0]
        self.above = 0
        self.indents: list[int] = []
        self.branches: dict[int, int] = {}

    def record(self, offset: int, inside: Shape | None = None) -> None:
        """Records the depth at `offset`, with that of a formatted string's field there."""
        links = self.above + self.levels[-1] + (inside.links if inside else 0)
        nesting = len(self.levels) - 1 + (inside.nesting if inside else 0)
        known = self.shape
        if links > known.links or nesting > known.nesting:
            deepest = offset if known.too_deep is None else known.offset
            self.shape = Shape(
                max(nesting, known.nesting), max(links, known.links), known.branches, known.indentation, deepest
            )

    def open(self, offset: int) -> None:
        self.levels[-1] += 1
        self.above += self.levels[-1]
        self.levels.append(0)
        self.record(offset)

    def close(self) -> None:
        if len(self.levels) > 1:
            self.levels.pop()
            self.above -= self.levels[-1]

    def link(self, offset: int) -> None:
        self.levels[-1] += 1
        self.record(offset)

    def statement(self, column: int, word: bytes, offset: int) -> None:
        """A statement begins at `column` with `word`."""
        while self.indents and self.indents[-1] > column:
            self.branches.pop(self.indents.pop(), None)
        if column and (not self.indents or self.indents[-1] < column):
            self.indents.append(column)
        if word == b"elif":
            self.branches[column] = self.branches.get(column, 0) + 1
        elif word == b"if":
            self.branches[column] = 0
        known = self.shape
        branches = max(known.branches, self.branches.get(column, 0))
        indentation = max(known.indentation, len(self.indents))
        if branches > known.branches or indentation > known.indentation:
            self.shape = Shape(known.nesting, known.links, branches, indentation, offset)


def may_be_deep(source: bytes) -> bool:
    """A sieve before `measure`, at C speed: what is deep has this many links or branches, or indentations."""
    links = sum(source.count(mark) for mark in (b"(", b"[", b"{", b".", b"+", b'"', b"'"))
    return links > DEEP


def may_be_too_deep(source: bytes) -> bool:
    """A sieve before `measure`, at a tenth of its cost: False where no expression and no block can be too deep.

    A logical line has no more links than bytes, and no more brackets in one another than brackets.
    """
    if source.count(b"elif") > MAX_BRANCHES or _INDENTED.search(source):
        return True
    brackets = source.count(b"(") + source.count(b"[") + source.count(b"{")
    if brackets <= MAX_NESTING and _links_at_most(source) <= MAX_LINKS:
        return False
    return _has_long_line(source)


def _links_at_most(source: bytes) -> int:
    """No fewer links than the text has, comments and strings included."""
    return len(source.translate(None, _NO_LINK)) + sum(source.count(word) for word in _WORD_OPERATORS)


def _has_long_line(source: bytes) -> bool:
    """Whether some logical line has so many brackets or operators that it has to be measured."""
    position, begin, depth, opened = 0, 0, 0, 0
    while position < len(source):
        for match in _compiled(_MARK).finditer(source, position):
            group = match.lastindex
            if group == _MARK_NEWLINE:
                if depth <= 0:
                    end = match.end()
                    if end - begin > MAX_LINKS and _links_at_most(source[begin:end]) > MAX_LINKS:
                        return True
                    begin, depth, opened = end, 0, 0
            elif group == _MARK_OPEN:
                depth += 1
                opened += 1
                if opened > MAX_NESTING:
                    return True
            elif group == _MARK_CLOSE:
                depth -= 1
            elif group in (_MARK_STRING, _MARK_STRAY) and _is_formatted(source, match.start(group)):
                # The one kind of string that the pattern cannot tell the end of.
                start = match.start(group)
                quote = 3 if source[start : start + 3] in (b'"""', b"'''") else 1
                position, fields = _formatted(source, start, start + quote, len(source))
                opened += len(fields)
                if opened > MAX_NESTING or any(stop - first > MAX_NESTING for first, stop in fields):
                    return True
                break
        else:
            break
    return len(source) - begin > MAX_LINKS and _links_at_most(source[begin:]) > MAX_LINKS


def _is_formatted(source: bytes, quote: int) -> bool:
    """Whether the string whose quote stands at `quote` has the prefix of a formatted one."""
    if not quote or source[quote - 1] not in b"fFtTrR":
        return False
    before = source[max(quote - 3, 0) : quote]
    prefix = _FORMATTED_PREFIX.search(before)
    return prefix is not None and (prefix.start() > 0 or quote <= 3)


def measure(source: bytes, position: int = 0, end: int | None = None, level: int = 0) -> Shape:
    """How deep the expressions and blocks of a text go; linear in its length.

    An estimate from above of the depth of the syntax tree, so that what passes can be parsed.
    """
    state = _DepthMeter()
    begins = True
    line_start = position
    for token in tokens(source, position, end):
        kind = token.kind
        if kind == "word":
            if begins:
                begins = False
                state.statement(token.start - line_start, source[token.start : token.end], token.start)
            elif token.end - token.start <= 6 and source[token.start : token.end] in _WORD_OPERATORS:
                state.link(token.start)
            continue
        if kind == "newline":
            line_start = token.end
            if len(state.levels) == 1:
                state.levels[0] = 0
                begins = True
            continue
        if kind in ("comment", "continued"):
            continue
        begins = False
        if kind == "open":
            state.open(token.start)
        elif kind == "close":
            state.close()
        elif kind == "string":
            state.link(token.start)
            for field in token.fields:
                state.record(token.start, _field(source, field, level))
        elif kind == "operator":
            operator = source[token.start]
            if operator not in _NOT_LINKS:
                state.link(token.start)
            elif operator != _COLON:
                state.levels[-1] = 0
    return state.shape


def _field(source: bytes, field: tuple[int, int], level: int) -> Shape:
    """The depth of a formatted string's field; strings that nest beyond reason count as too deep."""
    if level > 20:
        return Shape(nesting=MAX_NESTING + 1)
    return measure(source, *field, level=level + 1)
