"""Sources and steps: what a script does with DataFrames, one operation at a time."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import ClassVar

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model.expressions import Count, Expression, ExpressionKind, NodeRef, Weight, walk
from daft_lint.source import cst
from daft_lint.source.completion import code_in_line


class PartitionsKind(enum.Enum):
    """Whether there is one partition, or more."""

    ONE = "one"
    MANY = "many"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Partitions:
    """How many partitions, and so tasks, the data has at a step on Ray; `count` only where it is known."""

    kind: PartitionsKind = PartitionsKind.UNKNOWN
    count: int | None = None

    UNKNOWN: ClassVar[Partitions]
    ONE: ClassVar[Partitions]
    MANY: ClassVar[Partitions]

    @staticmethod
    def of(count: int | None) -> Partitions:
        """`count` partitions; None (given, but not known) counts as many: somebody asked for them."""
        return Partitions(PartitionsKind.ONE if count == 1 else PartitionsKind.MANY, count)


Partitions.UNKNOWN = Partitions()
Partitions.ONE = Partitions(PartitionsKind.ONE, 1)
Partitions.MANY = Partitions(PartitionsKind.MANY)


class SourceKind(enum.Enum):
    """What gives a pipeline its rows; `.value` is the name of a source that no call makes."""

    CALL = "call"
    """A function of Daft's that makes a DataFrame (`read_parquet`)."""
    PARAMETER = "parameter"
    """A DataFrame parameter with no caller in view."""
    UNKNOWN = "unknown"
    """A DataFrame that comes from somewhere out of view."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where a pipeline's rows come from.

    `name` is Daft's (`read_parquet`) where a call makes it, else that of its kind. `rows` is the most rows that it can
    have, `row_bytes` the size of one row in bytes, both only from facts. `columns` are the known ones; `closed` says
    that there are no others. `function` is the function, as `path::name`, whose parameter it is; "" where it is none.
    `largest_file` is the rows of its largest file where each is read at once; `in_parts`: one is read in several parts.
    `names_hint`: the names of its columns count as hints. `rest_light`: the columns that are not listed are light.
    """

    name: str
    paths: tuple[str, ...] = ()
    partitions: Partitions = Partitions.UNKNOWN
    rows: int | None = None
    row_bytes: int | None = None
    largest_file: int | None = None
    in_parts: bool = False
    columns: Mapping[str, Weight] = field(default_factory=dict)
    closed: bool = False
    names_hint: bool = False
    rest_light: bool = False
    kind: SourceKind = SourceKind.CALL
    function: str = ""


class StepKind(enum.Enum):
    """What a step does to rows and partitions."""

    SOURCE = "source"
    PROJECT = "project"
    FILTER = "filter"
    LIMIT = "limit"
    EXPLODE = "explode"
    BATCHES = "into_batches"
    REPARTITION = "repartition"
    SHUFFLE = "shuffle"
    JOIN = "join"
    UNION = "union"
    COLLECT = "collect"
    SINK = "sink"
    MERGE = "merge"
    """Where branches meet: one of `Step.parents`, as `Step.branches` say. No operator of a pipeline."""
    OTHER = "other"


REPARTITIONING = frozenset({StepKind.REPARTITION, StepKind.SHUFFLE, StepKind.JOIN})
"""The kinds that end a stage and make new partitions. `into_batches` makes new ones too, but ends no stage."""


class Projection(enum.Enum):
    """What a step does to the columns."""

    KEEP = "keep"
    """All columns stay; `Step.outputs` are added or replaced (with_column, explode, ...)."""
    ONLY = "only"
    """Only `Step.outputs` stay (select, agg)."""
    DROP = "drop"
    """All but `Step.dropped` stay (exclude)."""
    RENAME = "rename"
    """`Step.renamed` maps old to new names."""
    UNKNOWN = "unknown"
    """Which columns there are afterwards is not known (pivot, an unknown helper)."""


class Reads(enum.Enum):
    """How much of a pipeline its sink reads."""

    ALL = "all"
    FEW = "few"
    """The first rows (`show`)."""
    COUNT = "count"
    """It runs the plan, but needs only the columns that filters do (`count_rows`)."""
    NONE = "none"
    """It runs nothing (`schema`, `explain`, `columns`)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How one test of a script comes out on a path: `condition` is the test's node, `asked` what it asks (negations
    taken off), behind the `word` of a case or handler.

    `test` is equal for two decisions that come out alike. `cuts` are the author's own `repartition`, `into_partitions`
    and `into_batches` whose number the test asks about (`if n > 1: df = df.repartition(n)`).
    """

    condition: NodeRef | None
    holds: bool
    word: str = field(compare=False)
    asked: cst.CSTNode | None = field(compare=False)
    test: object = None
    cuts: tuple[Step, ...] = ()

    @property
    def text(self) -> str:
        """What it asks as code on one line, without parentheses around it."""
        said = () if self.asked is None else (code_in_line(self.asked),)
        return " ".join(filter(None, (self.word, *said)))

    @property
    def author_cut(self) -> bool:
        """Whether it decides on a repartitioning whose number it asks about."""
        return bool(self.cuts)


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """What leads to one parent of a MERGE step: the decisions on the way, the first one first.

    `implies` is what is known on it, by what it is known of; two branches that differ in one of these exclude each
    other.
    """

    decisions: tuple[Decision, ...] = ()
    implies: Mapping[object, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One operation on a DataFrame.

    `name` is Daft's (`with_column`), `call` the node that made it (a `cst.Call`; for `df[...]` a
    `cst.Subscript`): that is where an edit goes; `receiver` is the DataFrame expression that it is called on (None
    for a source). `parents` are the DataFrames that it reads, the receiver first. `count` is the `n` of
    `repartition`, `into_partitions`, `into_batches` and `limit`; None where the call has none.
    `expressions` are those it evaluates without making a column (a filter's predicate, sort keys).
    `statement` is the innermost statement that holds the call.
    """

    name: str
    kind: StepKind
    call: NodeRef
    receiver: NodeRef | None = None
    parents: tuple[Step, ...] = ()
    count: Count | None = None
    outputs: tuple[Expression, ...] = ()
    expressions: tuple[Expression, ...] = ()
    projection: Projection = Projection.KEEP
    dropped: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    source: Source | None = None
    reads: Reads = Reads.ALL
    """For a sink, how much it reads."""
    statement: NodeRef | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    """Literal arguments by keyword, or by position as "0", "1", ...: `strategy`, `how`, `on`, ..."""
    branches: tuple[Branch, ...] = ()
    """For a MERGE, what leads to each parent."""
    is_grown: bool = False
    """For a UNION, whether one of the parents stands for a number of DataFrames that is not known."""
    _walked: list[tuple[Expression, ...]] = field(default_factory=list, init=False, repr=False)
    """The answer of `walk`, once it was asked for: each pipeline that the step is in asks again."""

    def follows(self, previous: Step) -> bool:
        """Whether it is called on what `previous` made, by itself or where branches have met."""
        pending = list(self.parents[:1])
        while pending:
            step = pending.pop()
            if step is previous:
                return True
            if step.kind is StepKind.MERGE:
                pending.extend(step.parents)
        return False

    def multiplies_rows(self) -> bool:
        """Whether more rows may leave the step than enter it: an `explode`, as a method or a function, or a generator
        UDF."""
        if self.kind is StepKind.EXPLODE:
            return True
        return any(
            (e.kind is ExpressionKind.FUNCTION and e.name == "explode") or (e.udf is not None and e.udf.is_generator)
            for e in walk(self.outputs)
        )

    def walk(self) -> Iterator[Expression]:
        """Every expression that the step evaluates, inputs before what reads them, each once."""
        if not self._walked:
            self._walked.append(tuple(walk((*self.outputs, *self.expressions))))
        return iter(self._walked[0])

    def udf_calls(self) -> Iterator[Expression]:
        """Every UDF call in the step's expressions, innermost first."""
        for expression in (*self.outputs, *self.expressions):
            yield from (e for e in expression.walk() if e.kind is ExpressionKind.UDF)
