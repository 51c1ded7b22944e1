"""The pipeline model: what rules read.

The interpreter turns LibCST statements into `Step`s, `flow` turns every path from a source to a sink into a
`Pipeline` whose `Operator`s say what is known where: columns and their weight, rows, partitions, the batch bound.
All of it is immutable; what is not known is None (or `Weight.UNKNOWN`), never a guess.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from daft_lint.pipeline.facts.settings import Cluster as Cluster
from daft_lint.pipeline.facts.settings import Runner as Runner
from daft_lint.pipeline.facts.settings import Settings as Settings
from daft_lint.pipeline.facts.settings import SourceFacts as SourceFacts

if TYPE_CHECKING:
    import libcst as cst

    from daft_lint.source.document import Cell


@dataclass(frozen=True, slots=True, eq=False)
class NodeRef:
    """A LibCST node and the cell (a .py file, a notebook cell, a fenced block) that it stands in.

    Two places are equal when they hold the same node object.
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
    STRONG = 2
    PROOF = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a column is heavy. `reason` completes the sentence "`img` is heavy: …", with no full stop."""

    strength: Strength
    reason: str
    location: NodeRef | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    """What is known of a column's rows.

    `heavy` is True or False where it is known, None where it is not; `row_bytes` is the size of one row where the
    declared shape or a source fact gives it.
    """

    heavy: bool | None = None
    evidence: Evidence | None = None
    row_bytes: int | None = None

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

    `place` is the argument's value; `name` is the constant that it is spelled with, such as `BATCH_SIZE`, and `origin`
    the target of the assignment that gave the constant its first name, in whatever file that is. `one_of`: it is one
    of several whole numbers, `64 if torch.cuda.is_available() else 8`.
    """

    value: int | None
    location: NodeRef | None = None
    name: str | None = None
    origin: NodeRef | None = None
    one_of: bool = False


class UdfKind(enum.Enum):
    """How a UDF is made; `.value` is how messages call it."""

    FUNC = "daft.func"
    FUNC_BATCH = "daft.func.batch"
    METHOD = "daft.method"
    METHOD_BATCH = "daft.method.batch"
    LEGACY = "daft.udf"
    APPLY = "apply"
    AI = "AI function"


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A parameter of a UDF: what its annotation and the body say of the column that it takes.

    `opens`: the body opens the path, URL or file reference that it is given.
    """

    name: str
    weight: Weight = Weight.UNKNOWN
    opens: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Udf:
    """A user-defined function as Daft sees it.

    `definition` is the function or class (None for a lambda out of view), `options` is the decorator or call that
    carries the options, `returns` is the weight of what it makes. A count is None where the option is not given.
    `batch_size` counts rows a call. `model_loads` are the calls in the body that load a model, with no cache.
    """

    name: str
    kind: UdfKind
    definition: NodeRef | None = None
    options: NodeRef | None = None
    parameters: tuple[Parameter, ...] = ()
    returns: Weight = Weight.UNKNOWN
    batch_size: Count | None = None
    max_concurrency: Count | None = None
    gpus: Count | None = None
    cpus: Count | None = None
    is_async: bool = False
    is_generator: bool = False
    is_class: bool = False
    multiplies: bool = False
    """A UDF that turns a heavy column into lists or tensors of unknown length."""
    model_loads: tuple[NodeRef, ...] = ()

    def parameter(self, index: int, keyword: str | None = None) -> Parameter | None:
        """The parameter that an argument meets, `self` not counted; None where it is not known."""
        if keyword is not None:
            return next((p for p in self.parameters if p.name == keyword), None)
        return self.parameters[index] if index < len(self.parameters) else None


class ExpressionKind(enum.Enum):
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
      other arguments that are known: literals by keyword, or by position as "0", "1", ... (receiver not counted).
    - UDF: `udf`, with `inputs`, and `keywords` saying the keyword of each input (None: by position).
    - UNKNOWN: `inputs` are what it may read.

    `output` is the name of the column that it makes where known. `weight` is a declared weight (`cast`, the
    return type of a function) where there is one. `spread` is true for `unnest(...)` and `col("*")`: many columns.
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
        """This expression's inputs, innermost first, then itself; one that is read twice comes once."""
        return walk((self,))

    def columns(self) -> Iterator[str | None]:
        """The names of the columns that it reads (None: a column whose name is not known)."""
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


class PartitionsKind(enum.Enum):
    ONE = "one"
    MANY = "many"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Partitions:
    """How many tasks Ray makes of the data at a step; `count` only where it is known."""

    kind: PartitionsKind = PartitionsKind.UNKNOWN
    count: int | None = None

    UNKNOWN: ClassVar[Partitions]
    ONE: ClassVar[Partitions]
    MANY: ClassVar[Partitions]

    @staticmethod
    def of(count: int | None) -> Partitions:
        """`count` partitions; None (given, but not known) counts as many: somebody cut on purpose."""
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
    have, `row_bytes` the bytes of one row, both only from facts. `columns` are the known ones; `closed` says that there
    are no others.
    `names_hint`: the names of its columns count as hints. `rest_light`: the columns that are not listed are light.
    `function` is the function, as `path::name`, whose parameter it is; "" where it is none.
    """

    name: str
    paths: tuple[str, ...] = ()
    partitions: Partitions = Partitions.UNKNOWN
    rows: int | None = None
    row_bytes: int | None = None
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
    OTHER = "other"


REPARTITIONING = frozenset({StepKind.REPARTITION, StepKind.SHUFFLE, StepKind.JOIN})
"""The kinds that make new partitions; `into_batches` does too, but it is a bound and not an end of a stage."""


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
    """Which columns there are is not known afterwards (pivot, an unknown helper)."""


class Reads(enum.Enum):
    """How much of a pipeline its sink reads."""

    ALL = "all"
    FEW = "few"
    COUNT = "count"
    """It runs the plan, but needs no column that a filter does not (`count_rows`)."""
    NONE = "none"
    """It runs nothing (`schema`, `explain`, `columns`)."""


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

    def udf_calls(self) -> Iterator[Expression]:
        """Every UDF call in the step's expressions, innermost first."""
        for expression in (*self.outputs, *self.expressions):
            yield from (e for e in expression.walk() if e.kind is ExpressionKind.UDF)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column at some operator. `made_by` is the step that made it, `inflated_by` the first step in its lineage at
    which it (or the column it was made from) became heavy; None for a light or unknown one."""

    name: str
    weight: Weight
    made_by: Step
    inflated_by: Step | None = None


class BoundKind(enum.Enum):
    NONE = "none"
    LOOSE = "loose"
    """Only a built-in `download` before it: 128 rows a call (`e7`), or a source that cuts its rows as one does."""
    UDF = "udf"
    """A `batch_size`: the UDF's own, its built-in default, or that of a later UDF in the stage (file sources); or a
    source that fills its batches by their bytes."""
    BATCHES = "batches"
    """An `into_batches`, or `default_morsel_size`."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The most rows that reach a UDF in one call, and the step that bounds them (None: the UDF itself or a setting).
    `rows` is None where the bound is given but its number is not known."""

    kind: BoundKind = BoundKind.NONE
    rows: int | None = None
    by: Step | None = None

    @property
    def is_batched(self) -> bool:
        return self.kind is BoundKind.BATCHES


@dataclass(frozen=True, slots=True, eq=False)
class UdfCall:
    """A UDF call at an operator. `heavy` are the heavy columns that it takes; `makes` is the weight of what it makes.

    `inflating` is the first step that made its data heavy (the operator's own step where the call itself makes the
    heavy data, the source's step where the source is heavy); None where nothing is heavy. `evidence` is the strongest
    evidence for that. `bound` holds for this call. `read` says that the column it makes is used by the sink or on
    the way to it. `opens`: it opens what one of its columns points to.
    """

    expression: Expression
    udf: Udf
    bound: Bound
    heavy: tuple[Column, ...] = ()
    makes: Weight = Weight.UNKNOWN
    inflating: Step | None = None
    evidence: Evidence | None = None
    read: bool = True
    opens: bool = False

    @property
    def is_heavy(self) -> bool:
        """A heavy UDF: it takes a heavy column, or makes one."""
        return self.inflating is not None


@dataclass(frozen=True, slots=True, eq=False)
class HeavyOperation:
    """A built-in function at an operator that makes heavy data, or opens what a light column points to.

    `heavy_read`: it opens a path, URL or file reference (`download`, `video_frames`, `decode_image_file`).
    """

    expression: Expression
    bound: Bound
    weight: Weight
    heavy_read: bool
    read: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """A step in its pipeline, with what is known before and after it.

    `stage` numbers the stages from 0; a repartitioning step and a `collect` begin the next one and belong to it.
    `rows_in`, `rows_out` are upper bounds, None where not known. `bound` is what holds for a call in this step,
    before a UDF's own `batch_size` counts.
    """

    step: Step
    index: int
    stage: int
    columns_in: Mapping[str, Column]
    columns_out: Mapping[str, Column]
    rows_in: int | None
    rows_out: int | None
    partitions_in: Partitions
    partitions_out: Partitions
    bound: Bound
    udf_calls: tuple[UdfCall, ...] = ()
    heavy_operations: tuple[HeavyOperation, ...] = ()
    exact_columns: bool = False
    """`columns_out` are all the columns that there are."""

    def heavy_columns_out(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns_out.values() if c.weight.heavy)


Constants = Mapping[tuple[str, NodeRef], tuple[str, ...]]
"""A constant of the script, by the path of a file and its `origin`, as the top level of that file calls it."""


@dataclass(slots=True, eq=False)
class ScriptPipelines:
    """All pipelines of a script; filled when the last of them is made."""

    pipelines: tuple[Pipeline, ...] = ()
    _by_step: dict[Step, list[Pipeline]] = field(default_factory=dict)

    def sharing(self, step: Step) -> tuple[Pipeline, ...]:
        """The pipelines that a step is in."""
        if not self._by_step:
            for pipeline in self.pipelines:
                for operator in pipeline.operators:
                    self._by_step.setdefault(operator.step, []).append(pipeline)
        return tuple(self._by_step.get(step, ()))


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    """A path from a source to a sink, with its facts.

    `operators[0]` is the source (or the `collect` that stands for it), `operators[-1]` the sink, or the last step
    where the DataFrame is returned or leaves the view. `reads` is how much of it is read. `cluster` has the script's
    own facts in place of the configuration's where it gives them. `runner` is the target; `runner_is_set` says that
    the script sets it unconditionally. `open_parameter`: the rows come from a DataFrame parameter with no caller in
    view, and `entry` is that function. `morsel_size` is the script's `default_morsel_size` (rows). `family` has all
    pipelines of the script: an edit at a step that several share concerns them all. `constants` says what the top
    level of a file calls the constants behind its batch sizes: by the file's path and the constant's `origin`, such as
    `settings.BATCH`.
    """

    operators: tuple[Operator, ...]
    reads: Reads
    runner: Runner
    runner_is_set: bool
    cluster: Cluster
    settings: Settings
    open_parameter: bool = False
    morsel_size: int | None = None
    script_pipelines: ScriptPipelines = field(default_factory=ScriptPipelines)
    constants: Constants = field(default_factory=dict)

    @property
    def entry(self) -> str:
        """The function whose DataFrame parameter the rows come from, as `path::name`; "" where there is none."""
        source = self.source.step.source
        return "" if source is None else source.function

    @property
    def source(self) -> Operator:
        return self.operators[0]

    @property
    def sink(self) -> Operator:
        return self.operators[-1]

    def operator_of(self, step: Step) -> Operator | None:
        return next((s for s in self.operators if s.step is step), None)

    def stage_of(self, operator: Operator) -> tuple[Operator, ...]:
        """All operators of the operator's stage, in order."""
        return tuple(s for s in self.operators if s.stage == operator.stage)

    def between(self, first: Operator, last: Operator) -> tuple[Operator, ...]:
        """The operators after `first` and before `last`."""
        return self.operators[first.index + 1 : last.index]


@dataclass(frozen=True, slots=True, eq=False)
class Construction:
    """A call of a `daft.cls` class: `Model(max_concurrency=16)`. `parameters` are those its `__init__` takes
    (without `self`); `takes_any`: it has `**kwargs`, or a base class or decorator that is not in view."""

    name: str
    call: NodeRef
    definition: NodeRef
    decorator: NodeRef | None
    parameters: tuple[str, ...]
    takes_any: bool
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DiscardedStep:
    """A lazy transformation whose result is dropped. `target` is the name to assign it back to (`df`,
    `self.df`), None where there is none. The last expression of a notebook cell is shown, and so is none."""

    step: Step
    target: str | None


@dataclass(frozen=True, slots=True, eq=False)
class ReadOnDataFrame:
    """`df.read_parquet(...)`: `name` is the reader, `call` the call, `daft_name` how the module in view spells daft
    (None where it is not imported)."""

    name: str
    call: NodeRef
    daft_name: str | None


@dataclass(frozen=True, slots=True, eq=False)
class LegacyUse:
    """A spelling of an older Daft. `name` is the key in `catalog.LEGACY`, `call` the node; `definition` is the function
    or class that a `daft.udf` decorates, or that a method such as `with_concurrency` is called on."""

    name: str
    call: NodeRef
    daft_name: str | None = None
    definition: NodeRef | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """All that the interpreter understood of one file (and of what it calls in others)."""

    pipelines: tuple[Pipeline, ...] = ()
    udfs: tuple[Udf, ...] = ()
    constructions: tuple[Construction, ...] = ()
    discarded: tuple[DiscardedStep, ...] = ()
    reads_on_dataframes: tuple[ReadOnDataFrame, ...] = ()
    legacy: tuple[LegacyUse, ...] = ()
    steps: tuple[Step, ...] = ()
    """Every step, those out of any pipeline included."""
    runner: Runner = Runner.RAY
    runner_is_set: bool = False
    cluster: Cluster = Cluster()
    settings: Settings = Settings()
    called: frozenset[str] = frozenset()
    """The functions that it calls, as `path::name`, those of other files included."""
    limits_hit: tuple[str, ...] = ()
    """The interpreter's caps that were reached, in words (`--verbose`)."""
