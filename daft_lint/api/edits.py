"""The few actions that fixes are made of, as data.

A rule proposes actions on LibCST nodes; once the positions of the file are known, they are rendered as edits of its
bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import NodeRef


@dataclass(frozen=True, slots=True)
class InsertCall:
    """Call a method on the DataFrame expression `after`: `.into_batches(64)` for `call="into_batches(64)"`.

    Where `after` is a link of a chain that has one call a line, the call gets a line of its own.
    """

    after: NodeRef
    call: str


@dataclass(frozen=True, slots=True)
class RemoveCall:
    """Remove the link `.method(...)` that makes `call`; its comments stay where they stand.

    Where nothing but `df = df` or `df` would be left, the whole statement goes.
    """

    call: NodeRef


@dataclass(frozen=True, slots=True)
class MoveCall:
    """Take the link `.method(...)` that makes `call` out and put it right after the expression `after`, with the
    comments that belong to it. Where the link is a statement `df = df.method(...)` and `after` is the `df` that an
    earlier statement of the same block starts from, the whole statement moves up."""

    call: NodeRef
    after: NodeRef


@dataclass(frozen=True, slots=True)
class ReplaceNode:
    """Put `text` in the place of a node: an argument's value, a callee's name, a whole call."""

    node: NodeRef
    text: str


@dataclass(frozen=True, slots=True)
class RemoveAttribute:
    """Remove the last `.name` of an attribute: of `x.url` in `x.url.download()`, `.url`; its comments stay."""

    node: NodeRef


@dataclass(frozen=True, slots=True)
class AddDecorator:
    """Put a line `@text` above a function or class that has no decorators."""

    definition: NodeRef
    text: str


@dataclass(frozen=True, slots=True)
class InsertBefore:
    """Put `text` right before a node: `df = ` before an expression statement."""

    node: NodeRef
    text: str


@dataclass(frozen=True, slots=True)
class AddKeyword:
    """Add `name=value` as the last argument of `call`; where it is a decorator without parentheses, add those."""

    call: NodeRef
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class RemoveArgument:
    """Remove the argument `name` of `call` (the keyword, or the index of one by position) and its comma; its comments
    stay where they stand."""

    call: NodeRef
    name: str | int


@dataclass(frozen=True, slots=True)
class RemoveImport:
    """Remove one name of an import statement; the statement where it is the only one."""

    alias: NodeRef


@dataclass(frozen=True, slots=True)
class AddImport:
    """Import `name` in the cell of `location`: `from module import name`, or `import module` with no name, in a new
    line after the last top-level import, unless it is there already."""

    location: NodeRef
    module: str
    name: str | None = None


Action = (
    InsertCall
    | RemoveCall
    | MoveCall
    | ReplaceNode
    | RemoveAttribute
    | AddDecorator
    | InsertBefore
    | AddKeyword
    | RemoveArgument
    | AddImport
    | RemoveImport
)


def places_in(action: Action) -> Iterator[NodeRef]:
    """The nodes that an action changes; an import that it adds changes none."""
    if not isinstance(action, AddImport):
        values = (getattr(action, field.name) for field in fields(action))
        yield from (value for value in values if isinstance(value, NodeRef))
