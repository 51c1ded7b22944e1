"""Where LibCST nodes stand in their cell; only for cells with findings: it costs as much as a parse."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, cast

from daft_lint.source import scanner
from daft_lint.source.deep import run_deep

if TYPE_CHECKING:
    from collections.abc import Mapping

    import libcst as cst
    from libcst.metadata import CodeSpan

    from daft_lint.source.document import Cell


class Positions:
    """The byte spans of a cell's nodes in `cell.source`.

    The span of an expression in parentheses of its own is what stands between them, as LibCST has it. Raises
    `ValueError` for a cell with a bare tree.
    """

    def __init__(self, cell: Cell) -> None:
        if cell.document.is_bare:
            raise ValueError(f"{cell.document.path}: the nodes of a bare tree have no positions")
        self.cell = cell
        module = cell.module
        self._spans, written = run_deep(lambda: _written(module)) if cell.is_deep else _written(module)
        self._dropped = [] if written == cell.source else _dropped(cell.source, written)
        self._starts = scanner.line_starts(cell.source)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """The bytes `start:end` of a node. Raises `KeyError` for a node of another cell."""
        span = self._spans[node]
        return self._in_source(span.start), self._in_source(span.start + span.length)

    def line_column(self, offset: int) -> tuple[int, int]:
        """The line and the column, in characters, of a byte offset; both count from 1."""
        line = scanner.line_of(self._starts, offset)
        return line, len(self.cell.source[self._starts[line - 1] : offset].decode(errors="replace")) + 1

    def _in_source(self, offset: int) -> int:
        """`offset` counts in what LibCST writes; the bytes that it drops come on top."""
        return offset + bisect_right(self._dropped, offset) if self._dropped else offset


def _written(module: cst.Module) -> tuple[Mapping[cst.CSTNode, CodeSpan], bytes]:
    """The spans of the nodes in what LibCST writes, and that text."""
    from libcst.metadata import ByteSpanPositionProvider
    from libcst.metadata.span_provider import SpanProvidingCodegenState, byte_length_in_utf8

    # What ByteSpanPositionProvider does. A MetadataWrapper visits each node besides, for providers that are not asked
    # for, and keeps no text: three times as long.
    provider = ByteSpanPositionProvider()
    state = SpanProvidingCodegenState(
        module.default_indent, module.default_newline, provider=provider, get_length=byte_length_in_utf8
    )
    module._codegen(state)
    spans = cast("Mapping[cst.CSTNode, CodeSpan]", provider._computed)
    return spans, "".join(state.tokens).encode(module.encoding)


def _dropped(source: bytes, written: bytes) -> list[int]:
    """The offsets in `written` before which LibCST dropped a byte: a form feed in front, a `\\r` at the end."""
    dropped: list[int] = []
    position = 0
    for byte in source:
        if position < len(written) and written[position] == byte:
            position += 1
        else:
            dropped.append(position)
    return dropped
