"""A text, its nodes by what they are called, and what edits make of it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace

import libcst as cst
import pytest
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from daft_lint.api.edits import (
    Action,
)
from daft_lint.fix.rendering import render
from daft_lint.pipeline.model import NodeRef
from daft_lint.source.edit import Edit


@dataclass(eq=False)
class Source:
    """The part of a cell that rendering needs, with LibCST's own positions: independent of `source.document`."""

    text: str
    number: int | None = None
    document = SimpleNamespace(layout=SimpleNamespace(uneditable=None))

    @cached_property
    def source(self) -> bytes:
        return self.text.encode()

    @property
    def written(self) -> bytes:
        return self.source

    @cached_property
    def module(self) -> cst.Module:
        return cst.parse_module(self.source)

    @cached_property
    def _spans(self) -> dict[cst.CSTNode, tuple[int, int]]:
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        spans = wrapper.resolve(ByteSpanPositionProvider)
        return {node: (span.start, span.start + span.length) for node, span in spans.items()}

    def edit(self, start: int, end: int, text: str) -> Edit:
        return Edit("fixed.py", self.number, start, end, text)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        return self._spans[node]

    @cached_property
    def parents(self) -> dict[cst.CSTNode, cst.CSTNode]:
        return {child: node for node in self.nodes() for child in node.children}

    def nodes(self) -> list[cst.CSTNode]:
        found: list[cst.CSTNode] = []
        stack: list[cst.CSTNode] = [self.module]
        while stack:
            node = stack.pop()
            found.append(node)
            stack.extend(reversed(node.children))
        return found

    def find(self, code: str, nth: int = 0) -> NodeRef:
        """The nth expression whose code without parentheses of its own begins and ends as given:
        `code` is the whole code, or `head...tail`."""
        head, _, tail = code.partition("...")
        hits = []
        for node in self.nodes():
            if not isinstance(node, cst.BaseExpression):
                continue
            start, end = self.span(node)
            partition = self.source[start:end].decode()
            if partition == code or ("..." in code and partition.startswith(head) and partition.endswith(tail)):
                hits.append(node)
        assert hits, f"no node with the code {code!r}"
        return NodeRef(self, hits[nth])  # type: ignore[arg-type]

    def call(self, method: str, nth: int = 0) -> NodeRef:
        """The nth call of a method or function of that name."""
        hits = [n for n in self.nodes() if isinstance(n, cst.Call) and called(n) == method]
        return NodeRef(self, hits[nth])  # type: ignore[arg-type]


def called(call: cst.Call) -> str | None:
    function = call.func
    if isinstance(function, cst.Attribute):
        return function.attr.value
    return function.value if isinstance(function, cst.Name) else None


def applied(source: Source, edits: Sequence[Edit]) -> str:
    result, at = b"", 0
    for edit in edits:
        result += source.source[at : edit.start] + edit.text.encode()
        at = edit.end
    return (result + source.source[at:]).decode()


def comments(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    stack: list[cst.CSTNode] = [cst.parse_module(text.encode())]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Comment):
            found[node.value] += 1
        stack.extend(node.children)
    return found


def fixed(source: Source, *actions: Action) -> str:
    edits = render(actions, lambda _: source)  # type: ignore[arg-type,return-value]
    assert list(edits) == sorted(edits)
    text = applied(source, edits)
    compile(text, "fixed.py", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert comments(text) >= comments(source.text), "a comment is lost"
    return text


BATCHES = "into_batches(64)"
LONG = "x" * 95
"""An argument that leaves no room for another call on the line."""


DEPTHS = pytest.mark.parametrize("depth", [0, 1, 2])


def nested(text: str, depth: int) -> str:
    """The text inside as many blocks; LibCST has the indentation of blocks apart from all other whitespace."""
    for level in range(depth):
        newline = "\r\n" if "\r\n" in text else "\n"
        lines = [f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True)]
        text = f"async def zz{level}():{newline}" + "".join(lines)
    return text
