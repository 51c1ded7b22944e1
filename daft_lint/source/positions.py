"""Where LibCST nodes stand in their cell: a statement is written to see that, which costs as much as its parse."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

from daft_lint.source import scanner
from daft_lint.source.completion import completed
from daft_lint.source.deep import run_deep

if TYPE_CHECKING:
    import libcst as cst
    from libcst.metadata import CodeSpan

    from daft_lint.source.document import Cell


_Spans = Mapping["cst.CSTNode", tuple[int, int]]


class Positions:
    """The byte spans of a cell's nodes in `cell.source`.

    The span of an expression in parentheses of its own is what stands between them, as LibCST has it. Raises
    `ValueError` for a cell whose tree is shared with another text.
    """

    def __init__(self, cell: Cell) -> None:
        if cell.before is not None:
            raise ValueError(f"{cell.document.path}: the nodes of this tree have no positions")
        self.cell = cell
        self._spans: dict[cst.CSTNode, tuple[int, int]] = {}
        self._starts = scanner.line_starts(cell.source)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """The bytes `start:end` of a node. Raises `KeyError` for a node of another cell, and `CannotComplete`."""
        if node not in self._spans:
            self._spans |= self._spans_in_statement(node) or self._all_spans
        return self._spans[node]

    def _spans_in_statement(self, node: cst.CSTNode) -> _Spans | None:
        """The spans of the nodes of the top-level statement that a node stands in; None where that has to be written
        with all others, to see what stands where."""
        statement, parents = node, self.cell.parents
        while statement in parents and parents[statement] is not self.cell.module:
            statement = parents[statement]
        end = self._ends.get(statement)
        if end is None:
            return None
        spans, written = _written(self.cell.module, completed(statement))
        if end == len(self.cell.source) and not self.cell.source.endswith(b"\n"):
            written = written.removesuffix(b"\n")
        start = end - len(written)
        if start < 0 or self.cell.source[start:end] != written:
            return None
        return {one: (start + at.start, start + at.start + at.length) for one, at in spans.items()}

    @cached_property
    def _ends(self) -> Mapping[cst.CSTNode, int]:
        """The byte at which each top-level statement ends, where that can be told."""
        spans = None if self.cell.is_deep else self.cell.spans
        body = self.cell.module.body
        if spans is None or len(spans) != len(body):
            return {}
        return {statement: end for statement, (_, end) in zip(body, spans, strict=True)}

    @cached_property
    def _all_spans(self) -> _Spans:
        module, source = self.cell.module, self.cell.source
        if self.cell.is_incomplete:
            self.cell.cannot_complete()
        spans, written = run_deep(lambda: _written(module, module)) if self.cell.is_deep else _written(module, module)
        dropped = [] if written == source else _dropped(source, written)

        def in_source(offset: int) -> int:
            # What LibCST drops comes on top of what it writes.
            return offset + bisect_right(dropped, offset) if dropped else offset

        return {one: (in_source(at.start), in_source(at.start + at.length)) for one, at in spans.items()}

    def line_column(self, offset: int) -> tuple[int, int]:
        """The line and the column, in characters, of a byte offset; both count from 1."""
        line = scanner.line_of(self._starts, offset)
        return line, len(self.cell.source[self._starts[line - 1] : offset].decode(errors="replace")) + 1


def _written(module: cst.Module, node: cst.CSTNode) -> tuple[Mapping[cst.CSTNode, CodeSpan], bytes]:
    """The spans of what a node of a module holds in what LibCST writes of it, and that text."""
    from libcst.metadata import ByteSpanPositionProvider
    from libcst.metadata.span_provider import SpanProvidingCodegenState, byte_length_in_utf8

    # What ByteSpanPositionProvider does. A MetadataWrapper visits each node besides, for providers that are not asked
    # for, and keeps no text: three times as long.
    provider = ByteSpanPositionProvider()
    state = SpanProvidingCodegenState(
        module.default_indent, module.default_newline, provider=provider, get_length=byte_length_in_utf8
    )
    node._codegen(state)
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
