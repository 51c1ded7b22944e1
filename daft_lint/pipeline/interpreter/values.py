"""What the interpreter computes with.

A value is a DataFrame (`Frame`), a Daft `Expression` or `Udf` of the model, a name of Daft's or of another package, a
literal, a container of values, a function or class of the tree, or `UNKNOWN`. What is not known is silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from daft_lint.pipeline.model import Expression, NodeRef, Step, Udf
from daft_lint.source.syntax import spelling

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

MAX_CHOICES = 4
"""Possible values that are kept for one name where branches meet."""


class Unknown:
    """Not known, and not a parameter that could turn out to be a DataFrame."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()

MAX_CONTAINED = 8192
"""Values that a container may hold, those in its containers included, before its content counts as not known:
`c = [c, c]` in 40 lines holds more than any loop can visit."""
MAX_DEPTH = 32
"""Containers in one another, likewise."""


def extent(values: Iterable[object]) -> tuple[int, int]:
    """How many values these are, those in their containers included, and how deep the containers go."""
    size = depth = 0
    for value in values:
        size += 1
        if isinstance(value, (Items, Entries, Choice)):
            size += value.extent[0]
            depth = max(depth, value.extent[1])
    return size, depth + 1


def fits(size: tuple[int, int]) -> bool:
    return size[0] <= MAX_CONTAINED and size[1] <= MAX_DEPTH


@dataclass(frozen=True, slots=True)
class Literal:
    """A Python constant; `name` is the variable that it is spelled with, None where it is spelled out.

    `sure` is false for a default that the command line, the environment or a caller can replace. `origin` is the
    target of the assignment that first gave it a name, in whatever file that is.
    """

    value: object
    name: str | None = None
    sure: bool = True
    origin: NodeRef | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list, tuple or set; `open` says that there may be more items than these."""

    items: tuple[object, ...]
    open: bool = False
    extent: tuple[int, int] = field(init=False, default=(0, 1))
    """How many values it holds, those in its containers included, and how deep those go; what is too large is open
    and empty."""

    def __post_init__(self) -> None:
        size = extent(self.items)
        if fits(size):
            object.__setattr__(self, "extent", size)
        else:
            object.__setattr__(self, "items", ())
            object.__setattr__(self, "open", True)


@dataclass(frozen=True, slots=True)
class Sized:
    """A sequence of which only the length is known: `range(1000)`, `[x] * 1000`."""

    length: int


@dataclass(frozen=True, slots=True, eq=False)
class Attributes:
    """An object with known attributes: what `parse_args()` gives, a parser with its defaults."""

    names: dict[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """A dict with its known keys; `open` says that there may be others."""

    entries: Mapping[object, object]
    open: bool = False
    extent: tuple[int, int] = field(init=False, default=(0, 1))
    """As for `Items`."""

    def __post_init__(self) -> None:
        size = extent(self.entries.values())
        if fits(size):
            object.__setattr__(self, "extent", size)
        else:
            object.__setattr__(self, "entries", {})
            object.__setattr__(self, "open", True)


@dataclass(frozen=True, slots=True)
class DaftName:
    """A dotted name below `daft`: a module, a function, a type."""

    path: str

    @property
    def last(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class External:
    """A dotted name of a package out of view: `numpy.ndarray`."""

    path: str


@dataclass(frozen=True, slots=True)
class ExternalCall:
    """What a call of an external name gave: `Console()` of rich."""

    path: str


@dataclass(frozen=True, slots=True, eq=False)
class OpenParameter:
    """A parameter with no caller in view and no annotation: a DataFrame where it turns out to be used as one.

    `entry` is its function, as `path::name`.
    """

    name: str
    location: NodeRef
    entry: str


@dataclass(frozen=True, slots=True, eq=False)
class MaybeColumn:
    """`x["name"]` of something out of view: a column where Daft takes it as one."""

    name: str
    location: NodeRef


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A DataFrame: the step that made it."""

    step: Step


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """A GroupedDataFrame, from `groupby`."""

    step: Step
    keys: tuple[Expression, ...]
    call: NodeRef
    receiver: NodeRef | None


@dataclass(frozen=True, slots=True, eq=False)
class Namespace:
    """An old namespace of an Expression: `col("x").url`."""

    expression: Expression
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """An attribute of a value that is about to be called: `df.where`, `expr.alias`."""

    owner: object
    name: str
    node: cst.Attribute


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function or lambda of the tree, with the scope that it closes over. `owner` is the class of a method."""

    node: cst.FunctionDef | cst.Lambda
    scope: Scope
    name: str
    owner: Class | None = None
    decorated: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of the tree with the names of its body; `udf` holds the options of `daft.cls` (None: a plain class)."""

    node: cst.ClassDef
    scope: Scope
    names: dict[str, object]
    bases: tuple[object, ...] = ()
    udf: Options | None = None
    legacy: bool = False
    dataclass: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An object of a class of the tree; its attributes live in the interpreter's heap."""

    of: Class
    overrides: Options | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A method with its object."""

    instance: Instance
    function: Function | Marked


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """Keyword arguments of a UDF decorator or constructor, and the node that carries them."""

    carrier: NodeRef
    keywords: Mapping[str, tuple[object, NodeRef]]
    legacy: bool = False

    def with_(self, other: Options) -> Options:
        return Options(other.carrier, {**self.keywords, **other.keywords}, self.legacy)


@dataclass(frozen=True, slots=True, eq=False)
class Decorator:
    """A decorator of Daft's with its options: `daft.func.batch(return_dtype=...)`."""

    name: str
    options: Options


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """A method under `@daft.method` or `@daft.method.batch`."""

    function: Function
    name: str
    options: Options | None


@dataclass(frozen=True, slots=True, eq=False)
class UdfFunction:
    """A callable UDF; `function` is what it runs, None where that is not in view."""

    udf: Udf
    function: Function | None = None
    of: Class | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """`functools.partial`."""

    function: object
    args: tuple[object, ...]
    keywords: Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class When:
    """`when(condition, value)`, waiting for `.otherwise`."""

    expression: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A module of the tree."""

    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Lazy:
    """A name imported from a module of the tree, looked up when it is first needed."""

    module: str
    name: str | None
    level: int


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of several values: what branches leave behind."""

    values: tuple[object, ...]
    extent: tuple[int, int] = field(init=False, default=(0, 1))
    """As for `Items`; made of what fits."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", extent(self.values))


def choice(values: Iterable[object]) -> object:
    """The one value that all are, else a `Choice` of at most `MAX_CHOICES`, the first ones."""
    kept: list[object] = []
    for value in values:
        for v in value.values if isinstance(value, Choice) else (value,):
            if not any(same(v, k) for k in kept):
                kept.append(v)
    if not kept:
        return UNKNOWN
    return kept[0] if len(kept) == 1 else Choice(tuple(kept[:MAX_CHOICES]))


def same(a: object, b: object) -> bool:
    if a is b:
        return True
    if isinstance(a, Literal) and isinstance(b, Literal):
        return type(a.value) is type(b.value) and a.value == b.value
    if isinstance(a, Frame) and isinstance(b, Frame):
        return a.step is b.step
    return isinstance(a, (DaftName, External)) and a == b


def each(value: object) -> tuple[object, ...]:
    """The values that it can be."""
    return value.values if isinstance(value, Choice) else (value,)


def literal(value: object) -> object:
    """The Python constant that it is, None where it is none or not known."""
    return value.value if isinstance(value, Literal) else None


def plain(value: object) -> object:
    """Literals and containers of them as Python objects; other values as they are."""
    if isinstance(value, Literal):
        return value.value
    if isinstance(value, Items):
        return [plain(v) for v in value.items]
    if isinstance(value, Entries):
        return {k: plain(v) for k, v in value.entries.items()}
    return value


def strings(value: object) -> Iterator[str]:
    """Every string constant in a value: a column name, or a list of them."""
    if isinstance(value, Literal):
        if isinstance(value.value, str):
            yield value.value
    elif isinstance(value, Items):
        for item in value.items:
            yield from strings(item)


class Layers:
    """Names and values in layers: a branch writes into a layer of its own, which is merged when the branches meet, so
    that a branch costs what it writes and not what is in scope."""

    __slots__ = ("layers",)

    def __init__(self) -> None:
        self.layers: list[dict[object, object]] = [{}]

    def get(self, key: object) -> object | None:
        for layer in reversed(self.layers):
            value = layer.get(key)
            if value is not None:
                return value
        return None

    def set(self, key: object, value: object) -> None:
        self.layers[-1][key] = value

    def beneath(self, key: object) -> object | None:
        """The value under the topmost layer."""
        for layer in reversed(self.layers[:-1]):
            value = layer.get(key)
            if value is not None:
                return value
        return None

    def push(self) -> None:
        self.layers.append({})

    def pop(self) -> dict[object, object]:
        return self.layers.pop()

    def close_loop(self) -> None:
        """Bind what a loop's body left: DataFrames as they are, other values beside what they were before."""
        written = self.layers.pop()
        for key, value in written.items():
            before = self.get(key)
            ran = before is None or frames_in(value)
            self.set(key, value if ran else choice([before, value]))

    def merge(self, branches: Iterable[Mapping[object, object]], or_unchanged: bool) -> None:
        """Bind what the branches wrote; `or_unchanged`: none of them may have run."""
        branches = list(branches)
        for key in dict.fromkeys(k for branch in branches for k in branch):
            before = self.get(key)
            values = [branch.get(key, before) for branch in branches]
            if or_unchanged:
                values.insert(0, before)
            self.set(key, choice(v for v in values if v is not None))


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a module or of one function call."""

    cell: Cell
    path: str
    names: Layers = field(default_factory=Layers)
    parent: Scope | None = None
    globals_: frozenset[str] = frozenset()
    stars: list[str] = field(default_factory=list)
    """Daft modules under `import *`."""

    def root(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def get(self, name: str) -> object | None:
        scope: Scope | None = self
        while scope is not None:
            value = scope.names.get(name)
            if value is not None:
                return value
            scope = scope.parent
        return None

    def set(self, name: str, value: object) -> None:
        (self.root() if name in self.globals_ else self).names.set(name, value)

    def location(self, node: cst.CSTNode) -> NodeRef:
        return NodeRef(self.cell, node)


@dataclass(slots=True, eq=False)
class Args:
    """The evaluated arguments of a call; `open`: there may be more (`*args`, `**kwargs` of unknown content)."""

    positional: list[tuple[object, cst.BaseExpression]] = field(default_factory=list)
    keywords: dict[str, tuple[object, cst.BaseExpression]] = field(default_factory=dict)
    open: bool = False

    def get(self, index: int, keyword: str) -> tuple[object, cst.BaseExpression] | None:
        if keyword in self.keywords:
            return self.keywords[keyword]
        return self.positional[index] if 0 <= index < len(self.positional) else None

    def value(self, index: int, keyword: str) -> object | None:
        found = self.get(index, keyword)
        return None if found is None else found[0]

    def values(self) -> list[object]:
        return [v for v, _ in self.positional] + [v for v, _ in self.keywords.values()]

    def rest(self) -> Args:
        """Without the first positional argument."""
        return Args(self.positional[1:], self.keywords, self.open)


def frames_in(value: object, depth: int = 3) -> tuple[Frame, ...]:
    """The DataFrames in a value and in what it contains."""
    if isinstance(value, Frame):
        return (value,)
    if isinstance(value, Grouped):
        return (Frame(value.step),)
    if depth == 0:
        return ()
    inner: Iterable[object] = ()
    if isinstance(value, Items):
        inner = value.items
    elif isinstance(value, Entries):
        inner = value.entries.values()
    elif isinstance(value, Choice):
        inner = value.values
    return tuple(frame for item in inner for frame in frames_in(item, depth - 1))


def element_of(value: object) -> object:
    """What a loop variable holds."""
    if isinstance(value, Items):
        return choice([*value.items, UNKNOWN] if value.open else value.items)
    return UNKNOWN


def named(value: object, node: cst.Attribute | cst.Subscript) -> object:
    """A constant under the name that the script spells it with: `self.batch_size`, `SIZES["batch"]`."""
    if isinstance(value, Literal):
        return Literal(value.value, spelling(node) or None, value.sure, value.origin)
    return value


def unsure(value: object) -> object:
    """A constant that something out of view can replace."""
    return Literal(value.value, value.name, sure=False) if isinstance(value, Literal) else value


def bound_at(value: object, location: NodeRef) -> object:
    """What an assignment to `place` binds: a constant has its origin there, unless it has one already."""
    if isinstance(value, Literal) and value.origin is None:
        return Literal(value.value, value.name, value.sure, location)
    return value


def repeated(left: object, right: object) -> object:
    """`[x] * n`, `n * [x]`."""
    if isinstance(left, Literal):
        left, right = right, left
    if isinstance(right, Literal) and isinstance(right.value, int):
        if isinstance(left, Items) and not left.open:
            return Sized(max(0, len(left.items) * right.value))
        if isinstance(left, Sized):
            return Sized(max(0, left.length * right.value))
    return UNKNOWN


MAX_TEXT = 4096
MAX_NUMBER = 10**18


def arithmetic(operator: cst.CSTNode, left: Literal, right: Literal) -> object:
    """The operations on constants that scripts compute sizes, names and paths with."""
    a, b, sure = left.value, right.value, left.sure and right.sure
    if isinstance(a, str) and isinstance(b, str):
        fits = isinstance(operator, cst.Add) and len(a) + len(b) <= MAX_TEXT
        return Literal(a + b, sure=sure) if fits else UNKNOWN
    if not isinstance(a, (int, float)) or not isinstance(b, (int, float)):
        return UNKNOWN
    if abs(a) > MAX_NUMBER or abs(b) > MAX_NUMBER:
        return UNKNOWN
    result: float | None = None
    if isinstance(operator, cst.Add):
        result = a + b
    elif isinstance(operator, cst.Subtract):
        result = a - b
    elif isinstance(operator, cst.Multiply):
        result = a * b
    elif isinstance(operator, cst.FloorDivide) and b:
        result = a // b
    elif isinstance(operator, cst.Divide) and b:
        result = a / b
    elif isinstance(operator, cst.Modulo) and b:
        result = a % b
    elif isinstance(operator, cst.Power) and isinstance(b, int) and 0 <= b <= 64 and abs(a) <= 1024:
        result = a**b
    elif isinstance(operator, cst.LeftShift) and isinstance(a, int) and isinstance(b, int) and 0 <= b <= 62:
        result = a << b
    return UNKNOWN if result is None else Literal(result, sure=sure)


def compared(operator: cst.CSTNode, left: object, right: object) -> object:
    """A comparison of two constants."""
    if not isinstance(left, Literal) or not isinstance(right, Literal):
        return UNKNOWN
    sure = left.sure and right.sure
    if isinstance(operator, (cst.Equal, cst.Is)):
        return Literal(left.value == right.value, sure=sure)
    if isinstance(operator, (cst.NotEqual, cst.IsNot)):
        return Literal(left.value != right.value, sure=sure)
    if not isinstance(left.value, (int, float)) or not isinstance(right.value, (int, float)):
        return UNKNOWN
    if isinstance(operator, cst.GreaterThan):
        return Literal(left.value > right.value, sure=sure)
    if isinstance(operator, cst.LessThan):
        return Literal(left.value < right.value, sure=sure)
    if isinstance(operator, cst.GreaterThanEqual):
        return Literal(left.value >= right.value, sure=sure)
    if isinstance(operator, cst.LessThanEqual):
        return Literal(left.value <= right.value, sure=sure)
    return UNKNOWN


def has_daft_expression(value: object) -> bool:
    """Whether a value is, or holds, an Expression of Daft's."""
    if isinstance(value, (Expression, When)):
        return True
    if isinstance(value, Choice):
        return any(has_daft_expression(v) for v in value.values)
    if isinstance(value, Items):
        return any(has_daft_expression(v) for v in value.items)
    return isinstance(value, Entries) and any(has_daft_expression(v) for v in value.entries.values())
