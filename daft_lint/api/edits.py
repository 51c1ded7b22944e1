"""The few edits that fixes are made of, as data, and how each becomes byte spans of its cell.

A rule proposes `Action`s on LibCST nodes; `render` turns them into `Edit`s once the positions of the file are known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from daft_lint.pipeline.model import NodeRef

if TYPE_CHECKING:
    import libcst as cst

    from daft_lint.source.document import Cell


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the bytes `start:end` of a cell (for a .py or .md file: of the file) by `text`."""

    start: int
    end: int
    text: str


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
    """Remove the keyword argument `name` of `call` and its comma; its comments stay where they stand."""

    call: NodeRef
    name: str


@dataclass(frozen=True, slots=True)
class AddImport:
    """Make `name` importable in the cell of `place`: `from module import name`, or `import module` with no name, in a
    new line after the last top-level import, unless it is there already."""

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
)


class EditError(ValueError):
    """An action cannot be rendered: its node is not in the cell, or is not of the kind that the action needs."""


class Spans(Protocol):
    """Where the nodes of one cell stand, as `daft_lint.source.positions.Positions` says it."""

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """The first byte of the node in the cell's source and the byte after its last, its own parentheses and
        surrounding whitespace not counted."""

    def statement_at(self, block: cst.Module | cst.IndentedBlock, offset: int) -> cst.CSTNode | None:
        """The statement of a block that a byte is in, or the last before it; None where there is none."""


def render(action: Action, positions: Spans) -> tuple[Edit, ...]:
    """The edits of one action whose nodes all stand in one cell, sorted.

    Raises:
        EditError: the action's node is not in the cell, or not of the kind that it needs, or it touches two cells.
    """
    edits = render_all((action,), lambda _: positions)
    if len(edits) > 1:
        raise EditError("the action touches two cells")
    return next(iter(edits.values()), ())


def render_all(actions: Sequence[Action], positions_of: Callable[[Cell], Spans]) -> dict[Cell, tuple[Edit, ...]]:
    """The edits of all actions of one fix, by cell, sorted. Arguments added to and removed from one call are worked
    out together, and imports of one cell too.

    Raises:
        EditError: see `render`; or two actions change the same bytes.
    """
    from daft_lint.fix.rendering import render_actions

    return render_actions(actions, positions_of)
