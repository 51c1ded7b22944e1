"""What is followed through a body: values, and the functions that are walked with them."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field, replace

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.name_resolver import NameResolver
from daft_lint.source import cst


class Form(enum.IntEnum):
    """What a value holds of a parameter's rows; the order is that of how much it claims."""

    NUMBERS = 1
    """An array of them, which may be embeddings or tokens."""
    ROW = 2
    """The rows, some of them, or a part of one."""
    BUFFER = 3
    """An in-memory file, or decoded text, made from a row's bytes."""


class Small(enum.Enum):
    """What makes a value small, whatever it is made from."""

    BYTES = "bytes"
    """A digest, a header, a prefix, an encoded record: only a few bytes."""
    TEXT = "text"
    """A text that the body spells, with what it puts in."""
    ARRAY = "array"
    """An array of few numbers, as its shape says."""
    NEUTRAL = "neutral"
    """A constant or an empty container: small whatever stands beside it, but no sign of anything by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Callee:
    """A function in view: its definition, the names that its module sees, and those of the functions around it."""

    definition: cst.FunctionDef | cst.Lambda
    resolver: NameResolver
    closure: Mapping[str, TrackedValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class TrackedValue:
    """What is followed of a value: the parameters whose rows it holds; `anchored`: it begins with them, with no fixed
    prefix before. `made_by` is the qualified name of what made it, or why it is small. `items` are those of a tuple,
    `function` is the function that it is."""

    params: frozenset[str] = frozenset()
    form: Form = Form.ROW
    anchored: bool = True
    made_by: str | Small = ""
    items: tuple[TrackedValue, ...] = ()
    function: Callee | None = None

    def keep(self, form: Form | None = None) -> TrackedValue:
        """The same rows, with nothing else known."""
        return TrackedValue(self.params, form or self.form, self.anchored, self.made_by)


NOTHING = TrackedValue()


def union(values: Iterable[TrackedValue]) -> TrackedValue:
    """What may be one of these, or holds all of them."""
    given = tuple(values)
    telling = [v for v in given if v.made_by is not Small.NEUTRAL] or list(given)
    held = [v for v in telling if v.params or v.function or v.made_by]
    if not held:
        return NOTHING
    if len(held) < len(telling):
        # one of them is not known, and so need not be small
        held = [replace(v, made_by="") if isinstance(v.made_by, Small) else v for v in held]
    if len(held) == 1:
        return held[0]
    rows = [v for v in held if v.params] or held
    return TrackedValue(
        frozenset().union(*(v.params for v in rows)),
        # the weakest claim wins
        min(v.form for v in rows),
        all(v.anchored for v in rows),
        rows[0].made_by if all(v.made_by == rows[0].made_by for v in held) else "",
        (),
        next((v.function for v in held if v.function), None),
    )


@dataclass(frozen=True, slots=True)
class CallArgument:
    """An argument of a call: its value and node, its keyword, and its star ("", "*" or "**")."""

    value: TrackedValue
    node: cst.BaseExpression
    keyword: str | None = None
    star: str = ""


class Nesting:
    """How many of its `with` blocks are entered at the moment."""

    __slots__ = ("depth",)

    def __init__(self) -> None:
        self.depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1


@dataclass(slots=True)
class Frame:
    """A function that is being walked.

    `names` are its variables, `imports` those that import something. `cached`: its result, and so a model that it
    loads, is kept. `guards` are the conditions and assignments around that keep what is made in them. `returned` are
    the values of its `return`s and `yield`s. `spelled` are the lists and f-strings that variables were given, which may
    be command lines.
    """

    resolver: NameResolver
    names: dict[str, TrackedValue]
    cached: bool = False
    imports: dict[str, str] = field(default_factory=dict)
    guards: Nesting = field(default_factory=Nesting)
    returned: list[TrackedValue] = field(default_factory=list)
    yields: bool = False
    spelled: dict[str, cst.BaseExpression] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether something keeps what is made at this point."""
        return self.cached or self.guards.depth > 0

    def guarded(self, is_guard: bool) -> AbstractContextManager[None]:
        """A part of the body in which what is made is kept, where `is_guard`."""
        return self.guards if is_guard else nullcontext()
