"""What the interpreter computes with.

A value is a DataFrame, a Daft `Expression` or `Udf` of the model, a name of Daft's or of another package, a literal, a
container of values, a function or class of the project (`definitions`), or `UNKNOWN`. What is not known is silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

import libcst as cst

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import Branch, Expression, ExpressionKind, NodeRef, Step
from daft_lint.source.syntax import spelling

MAX_CHOICES = 4
"""Possible values that are kept for one name where branches meet."""
MAX_FUNCTIONS = 32
"""The same where all of them are functions of the project: a table of them."""
MAX_CONTAINED = 8192
"""Values that a container may hold, those in its containers included, before its content counts as not known:
`c = [c, c]` in 40 lines holds more than any loop can visit."""
MAX_DEPTH = 32
"""Containers in one another, likewise."""


class Unknown:
    """Not known, and not a parameter that could turn out to be a DataFrame."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


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


class Environment:
    """What an environment variable holds that may not be set: where the script has a constant for that case, the
    constant is what it counts on."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ENVIRONMENT"


ENVIRONMENT = Environment()


@dataclass(frozen=True, slots=True)
class Tail:
    """A text of which only the end is known: `f"{bucket}/listing.parquet"`; `head` are the other known parts of it."""

    text: str
    head: str = ""


# Containers


class Extent(NamedTuple):
    """How many values a container holds, those in its containers included, and how deep those go."""

    size: int = 0
    depth: int = 1


def extent_of(values: Iterable[object]) -> Extent:
    """The extent of a container of these values."""
    size = depth = 0
    for value in values:
        size += 1
        if isinstance(value, (ListValue, Sized, DictValue, Choice)):
            size += value.extent.size
            depth = max(depth, value.extent.depth)
    return Extent(size, depth + 1)


def is_too_large(extent: Extent) -> bool:
    """Whether a container counts as open and empty."""
    return extent.size > MAX_CONTAINED or extent.depth > MAX_DEPTH


@dataclass(frozen=True, slots=True, eq=False)
class ListValue:
    """A list, tuple or set; `open` says that there may be more items than these."""

    items: tuple[object, ...]
    open: bool = False
    extent: Extent = field(init=False, default=Extent())

    def __post_init__(self) -> None:
        extent = extent_of(self.items)
        if is_too_large(extent):
            object.__setattr__(self, "items", ())
            object.__setattr__(self, "open", True)
        else:
            object.__setattr__(self, "extent", extent)


@dataclass(frozen=True, slots=True)
class Sized:
    """A sequence of which the length is known: `range(1000)`, `[x] * 1000`. `at_most`: it may be shorter (`rows[:10]`).
    `element` stands for each of its items."""

    length: int
    at_most: bool = False
    element: object = field(default=UNKNOWN, compare=False)
    extent: Extent = field(init=False, default=Extent(), compare=False)

    def __post_init__(self) -> None:
        extent = extent_of((self.element,))
        if is_too_large(extent):
            object.__setattr__(self, "element", UNKNOWN)
        else:
            object.__setattr__(self, "extent", extent)


@dataclass(frozen=True, slots=True, eq=False)
class DictValue:
    """A dict with its known keys; `open` says that there may be others."""

    entries: Mapping[object, object]
    open: bool = False
    extent: Extent = field(init=False, default=Extent())

    def __post_init__(self) -> None:
        extent = extent_of(self.entries.values())
        if is_too_large(extent):
            object.__setattr__(self, "entries", {})
            object.__setattr__(self, "open", True)
        else:
            object.__setattr__(self, "extent", extent)


@dataclass(frozen=True, slots=True, eq=False)
class LiteralTable:
    """A table of pandas, Arrow or Polars that the script spells out: a dict of columns, or a list of rows."""

    data: object


@dataclass(frozen=True, slots=True, eq=False)
class Attributes:
    """An object with known attributes: what `parse_args()` returns, a parser with its defaults."""

    names: dict[str, object]


# Names


@dataclass(frozen=True, slots=True)
class DaftName:
    """A dotted name below `daft`: a module, a function, a type."""

    path: str

    @property
    def last(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class ExternalName:
    """A dotted name of a package out of view: `numpy.ndarray`."""

    path: str


@dataclass(frozen=True, slots=True)
class ExternalCall:
    """What a call of an external name returned: `Console()` of rich."""

    path: str


@dataclass(frozen=True, slots=True, eq=False)
class LazyImport:
    """A name imported from a module of the project, looked up when it is first needed; `name` is None for the module
    itself."""

    module: str
    name: str | None


@dataclass(frozen=True, slots=True, eq=False)
class OpenParameter:
    """A parameter with no caller in view and no annotation: a DataFrame where it turns out to be used as one.

    `function` is whose parameter it is, as `path::name`.
    """

    location: NodeRef
    function: str


@dataclass(frozen=True, slots=True, eq=False)
class MethodReference:
    """An attribute of a value that is about to be called: `df.where`, `expr.alias`."""

    owner: object
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """`functools.partial`."""

    function: object
    args: tuple[object, ...]
    keywords: Mapping[str, object]


# Daft's


@dataclass(frozen=True, slots=True, eq=False)
class DataFrame:
    """A DataFrame: the step that made it."""

    step: Step


@dataclass(frozen=True, slots=True, eq=False)
class GroupedDataFrame:
    """What `groupby` returns."""

    step: Step
    keys: tuple[Expression, ...]
    receiver: NodeRef | None


@dataclass(frozen=True, slots=True, eq=False)
class ExpressionNamespace:
    """A namespace that expressions had in older versions of Daft: `col("x").url`, spelled at `node`."""

    expression: Expression
    name: str
    node: cst.Attribute


@dataclass(frozen=True, slots=True, eq=False)
class WhenExpression:
    """`when(condition, value)`, waiting for `.otherwise`."""

    expression: Expression


@dataclass(frozen=True, slots=True, eq=False)
class DaftObject:
    """An object of another class of Daft's, by its name: `Window`, `Catalog`, `Table`, `DaftContext`."""

    name: str


DAFT_OBJECTS: dict[str, str] = {
    "Window": "Window",
    "get_context": "DaftContext",
    "load_table": "Table",
    "get_table": "Table",
    "get_catalog": "Catalog",
    "from_iceberg": "",
    "from_unity": "",
    "from_glue": "",
    "from_pydict": "",
}
"""What calls of Daft's names and methods make; "": an object of the class that the method stands in."""


def daft_object(parts: Sequence[str]) -> object:
    """What a call of a dotted name of Daft's makes, where it is one of these."""
    made = DAFT_OBJECTS.get(parts[-1])
    if made == "":
        made = parts[-2] if parts[-2] in ("Catalog", "Table") else None
    return UNKNOWN if made is None else DaftObject(made)


@dataclass(frozen=True, slots=True, eq=False)
class MaybeColumn:
    """`x["name"]` of something out of view: a column where Daft takes it as one."""

    name: str
    location: NodeRef


class ProjectFunction:
    """A function or lambda of the project (`definitions.Function`)."""

    __slots__ = ()


# Alternatives


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of several values: what branches leave behind. `branches` lead to each value; empty where that is not
    known."""

    values: tuple[object, ...]
    branches: tuple[Branch, ...] = ()
    extent: Extent = field(init=False, default=Extent())

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", extent_of(self.values))


def choice(values: Iterable[object]) -> object:
    """The one value that all are, else a `Choice` of at most `MAX_CHOICES` (of functions `MAX_FUNCTIONS`), the first
    ones."""
    kept: list[object] = []
    for value in values:
        for v in value.values if isinstance(value, Choice) else (value,):
            if not any(is_same(v, k) for k in kept):
                kept.append(v)
    if not kept:
        return UNKNOWN
    functions = all(isinstance(v, ProjectFunction) or v is UNKNOWN for v in kept)
    return kept[0] if len(kept) == 1 else Choice(tuple(kept[: MAX_FUNCTIONS if functions else MAX_CHOICES]))


def is_same(a: object, b: object) -> bool:
    """Whether two branches left the same value."""
    if a is b:
        return True
    if isinstance(a, Literal) and isinstance(b, Literal):
        return type(a.value) is type(b.value) and a.value == b.value
    if isinstance(a, DataFrame) and isinstance(b, DataFrame):
        return a.step is b.step
    return isinstance(a, (DaftName, ExternalName, Tail)) and a == b


def alternatives(value: object) -> tuple[object, ...]:
    """The values that it can be."""
    return value.values if isinstance(value, Choice) else (value,)


# What a value is or holds


def literal_value(value: object) -> object:
    """The Python constant that it is, None where it is none or not known."""
    return value.value if isinstance(value, Literal) else None


def to_python(value: object) -> object:
    """Literals and containers of them as Python objects; other values as they are."""
    if isinstance(value, Literal):
        return value.value
    if isinstance(value, ListValue):
        return [to_python(v) for v in value.items]
    if isinstance(value, DictValue):
        return {k: to_python(v) for k, v in value.entries.items()}
    return value


def strings_in(value: object) -> Iterator[str]:
    """Every string constant in a value: a column name, or a list of them."""
    if isinstance(value, Literal):
        if isinstance(value.value, str):
            yield value.value
    elif isinstance(value, ListValue):
        for item in value.items:
            yield from strings_in(item)
    elif isinstance(value, Sized):
        yield from strings_in(value.element)


def dataframes_in(value: object, depth: int = 3) -> tuple[DataFrame, ...]:
    """The DataFrames in a value and in what it contains."""
    if isinstance(value, DataFrame):
        return (value,)
    if isinstance(value, GroupedDataFrame):
        return (DataFrame(value.step),)
    if depth == 0 or not isinstance(value, (ListValue, DictValue, Choice)):
        return ()
    inner: Iterable[object] = ()
    if isinstance(value, ListValue):
        inner = value.items
    elif isinstance(value, DictValue):
        inner = value.entries.values()
    else:
        inner = value.values
    return tuple(frame for item in inner for frame in dataframes_in(item, depth - 1))


def has_daft_expression(value: object) -> bool:
    """Whether a value is, or holds, an Expression of Daft's."""
    if isinstance(value, (Expression, WhenExpression)):
        return True
    if isinstance(value, Choice):
        return any(has_daft_expression(v) for v in value.values)
    if isinstance(value, ListValue):
        return any(has_daft_expression(v) for v in value.items)
    return isinstance(value, DictValue) and any(has_daft_expression(v) for v in value.entries.values())


def is_column(value: object) -> bool:
    """An expression, or what is one where a DataFrame's column is meant."""
    return isinstance(value, MaybeColumn) or has_daft_expression(value)


def as_list(value: object) -> object:
    """A sequence of which the length is known as a list that may hold more than what stands for its items."""
    return ListValue((value.element,), open=True) if isinstance(value, Sized) else value


def any_function(values: Iterable[object]) -> object:
    """One of the functions that a container holds, whichever; UNKNOWN where it holds something else."""
    found = tuple(values)
    return choice(found) if all(isinstance(v, ProjectFunction) for v in found) else UNKNOWN


def element_of(value: object) -> object:
    """What a loop variable holds."""
    if isinstance(value, ListValue):
        return choice([*value.items, UNKNOWN] if value.open else value.items)
    if isinstance(value, MethodReference) and value.name == "columns" and isinstance(value.owner, DataFrame):
        return Expression(ExpressionKind.COLUMN, value.owner.step.call)  # `df.columns`
    return value.element if isinstance(value, Sized) else UNKNOWN


# How a constant is spelled and where it comes from


def spelled_as(value: object, node: cst.Attribute | cst.Subscript) -> object:
    """A constant under the name that the script spells it with: `self.batch_size`, `SIZES["batch"]`."""
    if isinstance(value, Literal):
        return Literal(value.value, spelling(node) or None, value.sure, value.origin)
    return value


def unsure(value: object) -> object:
    """A constant that something out of view can replace."""
    return Literal(value.value, value.name, sure=False) if isinstance(value, Literal) else value


def with_origin(value: object, location: NodeRef) -> object:
    """What an assignment to `location` binds: a constant has its origin there, unless it has one already."""
    if isinstance(value, Literal) and value.origin is None:
        return Literal(value.value, value.name, value.sure, location)
    return value
