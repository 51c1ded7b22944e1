"""What expressions are made of: nodes, weights, UDFs, and the expressions themselves, as trees."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, ClassVar

from daft_lint.dataclass import dataclass

if TYPE_CHECKING:
    import libcst as cst

    from daft_lint.source.document import Cell


@dataclass(frozen=True, slots=True, eq=False)
class NodeRef:
    """A LibCST node and the cell (a .py file, a notebook cell, a fenced block) that it stands in.

    Two references are equal when they hold the same node object.
    """

    cell: Cell
    node: cst.CSTNode

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NodeRef) and other.node is self.node

    def __hash__(self) -> int:
        return id(self.node)


class Strength(enum.IntEnum):
    """How sure it is that a column is heavy; the order is the order of strength."""

    HINT = 1
    """Its name says so."""
    STRONG = 2
    """A UDF or function decodes it, or is annotated to take heavy data."""
    PROOF = 3
    """A function or a declared type makes it so, or a source fact says so."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a column is heavy. `reason` completes the sentence "`img` is heavy: …", without a full stop; `location` is
    the node that shows it, where there is one."""

    strength: Strength
    reason: str
    location: NodeRef | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    """What is known of the size of a column's rows.

    `heavy` is True or False where it is known, None where it is not. `row_bytes` is the size of one row in bytes, where
    a declared shape or a source fact gives it. From how many bytes on a row is heavy: `Settings.heavy_row_bytes`.
    """

    heavy: bool | None = None
    evidence: Evidence | None = None
    row_bytes: int | None = None
    fields: Mapping[str, Weight] | None = field(default=None, compare=False)
    """The weights of a struct's fields, where its type declares them."""

    UNKNOWN: ClassVar[Weight]
    LIGHT: ClassVar[Weight]

    @staticmethod
    def of(strength: Strength, reason: str, location: NodeRef | None = None, row_bytes: int | None = None) -> Weight:
        """A heavy weight with its evidence."""
        return Weight(True, Evidence(strength, reason, location), row_bytes)


Weight.UNKNOWN = Weight()
Weight.LIGHT = Weight(heavy=False)


@dataclass(frozen=True, slots=True)
class Count:
    """A number that a script gives: `value` is None where it is given but not known.

    `location` is the argument's value; `name` is the constant that it is spelled with, such as `BATCH_SIZE`, and
    `origin` the target of the assignment that gave the constant its first name, in whatever file that is. `one_of`: it
    is one of several whole numbers, as in `64 if torch.cuda.is_available() else 8`. `is_default`: the command line, the
    environment or a caller can give another one.
    """

    value: int | None
    location: NodeRef | None = None
    name: str | None = None
    origin: NodeRef | None = None
    one_of: bool = False
    is_default: bool = False


class UdfKind(enum.Enum):
    """How a UDF is made; `.value` is what messages call it."""

    FUNC = "daft.func"
    FUNC_BATCH = "daft.func.batch"
    METHOD = "daft.method"
    METHOD_BATCH = "daft.method.batch"
    LEGACY = "daft.udf"
    APPLY = "apply"
    AI = "AI function"


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A parameter of a UDF: what its annotation and the UDF's body say of the column that it takes.

    `opens`: the body opens the path, URL or file reference that it is given.
    """

    name: str
    weight: Weight = Weight.UNKNOWN
    opens: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Udf:
    """A user-defined function as Daft sees it.

    `definition` is the function or class (None for a lambda out of view), `options` is the decorator or call that
    carries the options, `returns` is the weight of what it makes and `return_type` its declared type (`list[float32]`;
    "": not known). The numbers are None where the option is not given: `batch_size` is the most rows per call,
    `max_concurrency` the most calls (or instances of the class) at once in the cluster, `gpus` and `cpus` are those
    that one call or instance asks for. `model_loads` are the calls in the body that load a model and keep it in no
    cache, `connections` those that make a client or connect to a database, `init_model_loads` and `init_connections`
    those in the `__init__` of its class.
    """

    name: str
    kind: UdfKind
    definition: NodeRef | None = None
    options: NodeRef | None = None
    parameters: tuple[Parameter, ...] = ()
    returns: Weight = Weight.UNKNOWN
    return_type: str = ""
    batch_size: Count | None = None
    max_concurrency: Count | None = None
    gpus: Count | None = None
    cpus: Count | None = None
    is_async: bool = False
    is_generator: bool = False
    is_class: bool = False
    unsized_output: bool = False
    """It returns numbers of unknown length (samples, pixels), which are heavy where it takes a heavy column."""
    model_loads: tuple[NodeRef, ...] = ()
    connections: tuple[NodeRef, ...] = ()
    init_model_loads: tuple[NodeRef, ...] = ()
    init_connections: tuple[NodeRef, ...] = ()

    def parameter(self, index: int, keyword: str | None = None) -> Parameter | None:
        """The parameter that an argument is bound to (`self` does not count); None where it is not known."""
        if keyword is not None:
            return next((p for p in self.parameters if p.name == keyword), None)
        return self.parameters[index] if index < len(self.parameters) else None


class ExpressionKind(enum.Enum):
    """What an expression is made by; see `Expression`."""

    COLUMN = "column"
    LITERAL = "literal"
    FUNCTION = "function"
    UDF = "udf"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A Daft expression.

    - COLUMN: `name` is the column, None where the name is not known; `"*"` is all columns.
    - LITERAL: a value that is the same in each row.
    - FUNCTION: `name` is the key in `catalog.FUNCTIONS` (`download`, `decode_image`, `get`, `alias`, `cast`, ...; an
      operator such as `+` is `"operator"`); `inputs` are its column arguments, receiver first; `options` are its
      other arguments, as far as they are known: literals by keyword, or by position as "0", "1", ... (the receiver does
      not count).
    - UDF: `udf`, with `inputs`, and `keywords` for the keyword of each input (None: by position).
    - UNKNOWN: `inputs` are what it may read.

    `output` is the name of the column that it makes, where known. `weight` is a declared weight (`cast`, the return
    type of a function), where there is one. `spread` is true for `unnest(...)` and `col("*")`: many columns.
    """

    kind: ExpressionKind
    location: NodeRef | None = None
    name: str | None = None
    inputs: tuple[Expression, ...] = ()
    keywords: tuple[str | None, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    udf: Udf | None = None
    output: str | None = None
    weight: Weight = Weight.UNKNOWN
    spread: bool = False

    def walk(self) -> Iterator[Expression]:
        """Everything below this expression, innermost first, then itself; what is read twice comes once."""
        return walk((self,))

    def columns(self) -> Iterator[str | None]:
        """The names of the columns that it reads; None for a column whose name is not known."""
        return (e.name for e in self.walk() if e.kind is ExpressionKind.COLUMN)


def walk(roots: Iterable[Expression]) -> Iterator[Expression]:
    """Every expression below the roots and these themselves, inputs before what reads them, each once."""
    # With a stack and a set: `e = e + e` in 40 lines is deeper and wider than any recursion can go.
    seen: set[int] = set()
    pending = [(root, False) for root in reversed(tuple(roots))]
    while pending:
        node, entered = pending.pop()
        if entered:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            pending.append((node, True))
            pending.extend((child, False) for child in reversed(node.inputs))
