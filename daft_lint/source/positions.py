"""Where LibCST nodes stand in their cell. Trees do not say: a statement that is asked about is written again, and
looked for in the text. To write all of a module costs as much as its parse."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, cast

from daft_lint.dataclass import dataclass
from daft_lint.source import scanner
from daft_lint.source.deep import run_deep

if TYPE_CHECKING:
    from collections.abc import Mapping

    import libcst as cst
    from libcst.metadata import CodeSpan

    from daft_lint.source.document import Cell


class Positions:
    """The byte spans of a cell's nodes in `cell.source`.

    The span of an expression in parentheses of its own is what stands between them, as LibCST has it.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self._line_starts = scanner.line_starts(cell.source)
        self._numbers = {id(statement): number for number, statement in enumerate(cell.module.body)}
        self._statements: dict[int, _Written] = {}
        self._starts: dict[int, int] = {}
        self._whole: _Written | None = None
        self._dropped: list[int] = []

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """The bytes `start:end` of a node. Raises `KeyError` for a node of another cell."""
        number = None if self._whole is not None else self._number_of(node)
        if number is not None and self._is_placed(number) and node in self._statements[number].spans:
            start, span = self._starts[number], self._statements[number].spans[node]
            return start + span.start, start + span.start + span.length
        if self._whole is None:
            self._whole = self._write(self.cell.module)
            self._dropped = _dropped(self.cell.source, self._whole.text)
        span = self._whole.spans[node]
        return self._in_source(span.start), self._in_source(span.start + span.length)

    def line_column(self, offset: int) -> tuple[int, int]:
        """The line and the column, in characters, of a byte offset; both count from 1."""
        line = scanner.line_of(self._line_starts, offset)
        return line, len(self.cell.source[self._line_starts[line - 1] : offset].decode(errors="replace")) + 1

    def _in_source(self, offset: int) -> int:
        """`offset` counts in what LibCST writes; the bytes that it drops come on top."""
        return offset + bisect_right(self._dropped, offset) if self._dropped else offset

    def _number_of(self, node: cst.CSTNode) -> int | None:
        """The number of the module's statement that a node is in; None for what is in none."""
        at: cst.CSTNode | None = node
        while at is not None:
            number = self._numbers.get(id(at))
            if number is not None:
                return number
            at = self.cell.parents.get(at)
        return None

    def _is_placed(self, number: int) -> bool:
        """Whether it is known where a statement starts: the only place where its text stands, else behind the one
        before it. False where LibCST does not write what stands there."""
        first = number
        while first not in self._starts and first >= 0:
            if first not in self._statements:
                self._statements[first] = self._write(self.cell.module.body[first])
            text = self._statements[first].text
            start = self.cell.source.find(text)
            if self.cell.source.find(text, start + 1) < 0:
                self._starts[first] = start
            elif first == 0:
                self._starts[0] = sum(len(self._write(line).text) for line in self.cell.module.header)
            else:
                first -= 1
        for later in range(first + 1, number + 1):
            before = self._starts[later - 1]
            self._starts[later] = -1 if before < 0 else before + len(self._statements[later - 1].text)
        start = self._starts[number]
        return start >= 0 and self.cell.source.startswith(self._statements[number].text, start)

    def _write(self, node: cst.CSTNode) -> _Written:
        """A statement, or the whole module, as LibCST writes it."""
        module = self.cell.module
        ends = not module.has_trailing_newline and not module.footer and module.body and node is module.body[-1]
        written = run_deep(lambda: _written(module, node)) if self.cell.is_deep else _written(module, node)
        newline = module.default_newline.encode()
        return _Written(written.text.removesuffix(newline), written.spans) if ends else written


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    """What LibCST writes of a node, and where in that its nodes stand."""

    text: bytes
    spans: Mapping[cst.CSTNode, CodeSpan]


def _written(module: cst.Module, node: cst.CSTNode) -> _Written:
    from libcst.metadata.span_provider import (
        ByteSpanPositionProvider,
        SpanProvidingCodegenState,
        byte_length_in_utf8,
    )

    # What the provider does for a whole module; `MetadataWrapper` walks the tree once more besides.
    provider = ByteSpanPositionProvider()
    state = SpanProvidingCodegenState(
        default_indent=module.default_indent,
        default_newline=module.default_newline,
        provider=provider,
        get_length=byte_length_in_utf8,
    )
    node._codegen(state)
    spans = cast("Mapping[cst.CSTNode, CodeSpan]", provider._computed)
    return _Written("".join(state.tokens).encode(), spans)


def _dropped(source: bytes, written: bytes) -> list[int]:
    """The offsets in `written` before which LibCST dropped a byte: a form feed in front, a `\\r` at the end."""
    dropped: list[int] = []
    if source == written:
        return dropped
    position = 0
    for byte in source:
        if position < len(written) and written[position] == byte:
            position += 1
        else:
            dropped.append(position)
    return dropped
