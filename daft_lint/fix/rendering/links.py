"""The links of a chain of method calls, and how they are laid out."""

from __future__ import annotations

import re

import libcst as cst

from daft_lint.dataclass import dataclass
from daft_lint.fix.rendering.editor import CellEditor, EditError

_LAST_BREAK = re.compile(r"[ \t\f]*(?:\\\r?\n|\\\r|\r\n|\n|\r)[ \t\f]*\Z")

LINKABLE = (
    cst.Name,
    cst.Attribute,
    cst.Call,
    cst.Subscript,
    cst.SimpleString,
    cst.FormattedString,
    cst.List,
    cst.Set,
    cst.Dict,
    cst.ListComp,
    cst.SetComp,
    cst.DictComp,
    cst.Ellipsis,
)
"""Expressions that a `.method()` can follow with no parentheses around them."""


def expression_of(node: cst.CSTNode) -> cst.BaseExpression:
    """Raises `EditError` for what is no expression."""
    if not isinstance(node, cst.BaseExpression):
        raise EditError(f"{type(node).__name__} is not an expression")
    return node


@dataclass(frozen=True, slots=True)
class Link:
    """`value.method(...)`: the call, its function, and the expression that the method is called on."""

    call: cst.Call
    function: cst.Attribute
    value: cst.BaseExpression


def link_of(node: cst.CSTNode) -> Link:
    """Raises `EditError` for what is no method call."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        raise EditError(f"{type(node).__name__} is not a method call")
    return Link(node, node.func, node.func.value)


@dataclass(frozen=True, slots=True)
class LinkStyle:
    """How a link of a chain is written: what stands before its dot and what behind it.

    `bracketed`: the line breaks before the dot stand in brackets, so comments can stand there too.
    """

    before: str
    behind: str
    bracketed: bool

    @property
    def breaks(self) -> bool:
        return bool(self.before or self.behind)


INLINE = LinkStyle("", "", False)


def link_style(editor: CellEditor, attribute: cst.Attribute) -> LinkStyle:
    """How the link that ends with the attribute's name is written."""
    # From the source: what LibCST calls the whitespace lacks the indentation of the block around it.
    dot = editor.inner(attribute.dot)[0]
    before = _LAST_BREAK.search(editor.slice(editor.outer(attribute.value)[1], dot))
    if before:
        bracketed = isinstance(attribute.dot.whitespace_before, cst.ParenthesizedWhitespace)
        return LinkStyle(before.group().lstrip(" \t\f\\") if bracketed else before.group(), "", bracketed)
    behind = _LAST_BREAK.search(editor.slice(dot + 1, editor.inner(attribute.attr)[0]))
    return LinkStyle("", behind.group(), False) if behind else INLINE


def dot_of(editor: CellEditor, link: Link) -> int:
    """Where the dot of the link stands."""
    return editor.inner(link.function.dot)[0]
