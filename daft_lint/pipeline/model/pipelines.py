"""Pipelines, the paths from sources to sinks with what is known at each step, and the scripts that they are part of."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TypeVar, cast

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.facts.settings import Cluster, Runner, Settings
from daft_lint.pipeline.model.expressions import Evidence, Expression, NodeRef, Udf, Weight
from daft_lint.pipeline.model.steps import REPARTITIONING, Decision, Partitions, Reads, Step, StepKind

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column at some operator. `made_by` is the step that made it; `inflated_by` is the first step of its lineage
    where it, or the column that it is made from, became heavy, and None where it is light or unknown."""

    name: str
    weight: Weight
    made_by: Step
    inflated_by: Step | None = None


DEFAULT_BATCH_ROWS = 64
"""Rows of an inserted `into_batches` where no UDF has a `batch_size`: a choice, not a measurement."""

DEFAULT_MORSEL_ROWS = 131_072
"""Rows of a UDF call that nothing bounds: Daft's default morsel size (docs/pages/measurements.md, e1)."""

DOWNLOAD_ROWS = 128
"""Rows of a call behind a built-in `download` (docs/pages/measurements.md, e7)."""


class BoundKind(enum.Enum):
    """What bounds the rows of a UDF call."""

    NONE = "none"
    """Nothing: a call gets up to `DEFAULT_MORSEL_ROWS`."""
    LOOSE = "loose"
    """Only a built-in `download` before it, or a source that limits its batches as a `download` does."""
    UDF = "udf"
    """A `batch_size`: the UDF's own, its built-in default, or that of a later UDF in the stage (file sources); or a
    source that limits its batches by their bytes."""
    BATCHES = "batches"
    """An `into_batches`, or `default_morsel_size`."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The most rows that reach a UDF in one call, and the step that bounds them (None: the UDF itself or a setting).
    `rows` is None where the bound is given but its number is not known."""

    kind: BoundKind = BoundKind.NONE
    rows: int | None = None
    by: Step | None = None


@dataclass(frozen=True, slots=True, eq=False)
class UdfCall:
    """A UDF call at an operator. `heavy` are the heavy columns that it takes; `makes` is the weight of what it makes.

    `inflating` is the first step that made its data heavy (the operator's own step where the call itself makes the
    heavy data, the source's step where the source is heavy); None where nothing is heavy. `evidence` is the strongest
    evidence for that. `bound` holds for this call. `read` says that the column that it makes is used by the sink or on
    the way to it: Daft drops a call whose column nobody reads. `opens`: it opens what one of its columns points to.
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
        """Whether the UDF takes a heavy column, or makes one."""
        return self.inflating is not None


@dataclass(frozen=True, slots=True, eq=False)
class HeavyOperation:
    """A built-in function at an operator that makes heavy data, or opens what a light column points to.

    `weight` is that of the column that it makes, `bound` holds for its batches, `heavy_read` says that it opens a path,
    URL or file reference (`download`, `video_frames`, `decode_image_file`), `read` that its column is used, as in
    `UdfCall`.
    """

    expression: Expression
    bound: Bound
    weight: Weight
    heavy_read: bool
    read: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """A step in its pipeline, with what is known before and after it.

    `index` is its position in `Pipeline.operators`. `stage` numbers the stages, the runs of steps between
    repartitionings, from 0; a repartitioning step and a `collect` begin the next one and belong to it. `columns_in` and
    `columns_out` are those that are known by name. `rows_in` and `rows_out` are the most rows there can be, None where
    that is not known. `bound` is what holds for a call in this step before a UDF's own `batch_size` counts.
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

    def heavy_columns_out(self) -> tuple[Column, ...]:
        """The columns behind the step that are known to be heavy."""
        return tuple(c for c in self.columns_out.values() if c.weight.heavy)


Constants = Mapping[tuple[str, NodeRef], tuple[str, ...]]
"""The spellings of a constant at the top level of a file (`BATCH`, `settings.BATCH`), by the path of that file and the
constant's `Count.origin`."""


@dataclass(slots=True, eq=False)
class ScriptPipelines:
    """All pipelines of a script; filled when the last of them is made."""

    pipelines: tuple[Pipeline, ...] = ()
    _by_step: dict[Step, tuple[Pipeline, ...]] = field(default_factory=dict)
    _known: dict[tuple[Callable[..., object], Step], object] = field(default_factory=dict)

    def sharing(self, step: Step) -> tuple[Pipeline, ...]:
        """The pipelines that a step is in."""
        if not self._by_step:
            found: dict[Step, list[Pipeline]] = {}
            for pipeline in self.pipelines:
                for operator in pipeline.operators:
                    found.setdefault(operator.step, []).append(pipeline)
            self._by_step = {one: tuple(sharing) for one, sharing in found.items()}
        return self._by_step.get(step, ())

    def once(self, work: Callable[[tuple[Pipeline, ...], Step], T], step: Step) -> T:
        """What `work` makes of a step and the pipelines that it is in: worked out once, though each of these asks."""
        key = (work, step)
        if key not in self._known:
            self._known[key] = work(self.sharing(step), step)
        return cast(T, self._known[key])


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    """A path from a source to a sink, with its facts.

    `operators[0]` is the source (or the `collect` that stands for it), `operators[-1]` the sink, or the last step
    where the DataFrame is returned or leaves the view. `reads` is how much of it is read. `runner` is the target;
    `runner_is_set` says that the script sets it unconditionally, `runner_is_sure` that the script, the configuration or
    the project says so in any way. `cluster` has the script's own facts in place of the
    configuration's where it gives them. `open_parameter`: the rows come from a DataFrame parameter with no caller in
    view, and `entry` is that function. `morsel_size` is the script's `default_morsel_size`, in rows.
    `sizes_files`: the script says how large the files are that it writes.
    `script_pipelines` has all pipelines of the script: an edit at a step that several share concerns them all.
    `constants` are the spellings of the constants behind its batch sizes. `decisions` say which branch it takes
    wherever branches meet on the way.
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
    decisions: tuple[Decision, ...] = ()
    runner_is_sure: bool = True
    sizes_files: bool = False

    @property
    def author_cuts(self) -> frozenset[Step]:
        """The author's own cuts, taken under a condition on their number, whether or not this path takes them."""
        return frozenset(step for decision in self.decisions for step in decision.cuts)

    @property
    def declined_cut(self) -> bool:
        """Whether the author cuts these rows on another path and has chosen not to on this one."""
        if not any(decision.author_cut for decision in self.decisions):
            return False
        taken = {operator.step for operator in self.operators}
        return any(decision.author_cut and taken.isdisjoint(decision.cuts) for decision in self.decisions)

    def author_cut_before(self, index: int) -> Step | None:
        """The last cut before `operators[index]` if it is one of `author_cuts`: another one behind it would undo the
        number that the author wants."""
        cuts = self.author_cuts
        if not cuts:
            return None
        kinds = (*REPARTITIONING, StepKind.BATCHES)
        last = next((o.step for o in reversed(self.operators[:index]) if o.step.kind in kinds), None)
        return last if last in cuts else None

    @property
    def entry(self) -> str:
        """The function whose DataFrame parameter the rows come from, as `path::name`; "" where there is none."""
        source = self.source.step.source
        return "" if source is None else source.function

    @property
    def kept_from(self) -> tuple[Pipeline, ...]:
        """The pipelines that end in the `collect` that this one starts from, and gets the rows of."""
        start = self.source.step
        if start.kind is not StepKind.COLLECT:
            return ()
        found = self.script_pipelines.sharing(start)
        return tuple(p for p in found if p.sink.step is start and p.source.step is not start)

    @property
    def source(self) -> Operator:
        """The first operator."""
        return self.operators[0]

    @property
    def sink(self) -> Operator:
        """The last operator, a step of kind SINK or not."""
        return self.operators[-1]

    def operator_of(self, step: Step) -> Operator | None:
        """The step's operator; None where the step is not in this pipeline."""
        return next((s for s in self.operators if s.step is step), None)

    def stage_of(self, operator: Operator) -> tuple[Operator, ...]:
        """All operators of the operator's stage, in order."""
        return tuple(s for s in self.operators if s.stage == operator.stage)

    def between(self, first: Operator, last: Operator) -> tuple[Operator, ...]:
        """The operators after `first` and before `last`."""
        return self.operators[first.index + 1 : last.index]


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """A turn of a loop that makes a DataFrame of the one that the turn before left in a variable: `loop` is the `for`
    or `while`, `name` the variable, `given` the step that the turn found there and `left` the one that it leaves.
    `steps` are those that it makes, also in functions that it calls."""

    loop: NodeRef
    name: str
    given: Step
    left: Step
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Construction:
    """A call of a `daft.cls` class: `Model(max_concurrency=16)`. `parameters` are those that its `__init__` takes
    (without `self`); `takes_any`: it has `**kwargs`, or a base class or decorator that is not in view. `keywords` are
    those of the call."""

    name: str
    call: NodeRef
    definition: NodeRef
    decorator: NodeRef | None
    parameters: tuple[str, ...]
    takes_any: bool
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DiscardedStep:
    """A lazy transformation whose result is dropped. `target` is the name to assign it back to (`df`, `self.df`), None
    where there is none. The last expression of a notebook cell is displayed, so it does not count."""

    step: Step
    target: str | None


@dataclass(frozen=True, slots=True, eq=False)
class ReadOnDataFrame:
    """`df.read_parquet(...)`: `name` is the reader, `call` the call, `daft_name` how the module in view spells daft
    (None where it is not imported)."""

    name: str
    call: NodeRef
    daft_name: str | None


class PythonTest(enum.Enum):
    """What Python does with an expression of Daft's that Daft never sees; `.value` is how it is written."""

    COMPARED_WITH_NONE = "== None"
    BOOLEAN = "and, or"
    NOT = "not"
    IN = "in"
    CHAINED = "a chained comparison"
    CONDITION = "if"


@dataclass(frozen=True, slots=True, eq=False)
class ExpressionTest:
    """A place where Python compares an expression of Daft's with None, or asks it for a truth value. `node` is the
    comparison, the boolean operation, or the condition."""

    test: PythonTest
    node: NodeRef


@dataclass(frozen=True, slots=True, eq=False)
class RunnerSetting:
    """A call that sets the runner. `after` is the step that had settled it by then on every path; None where none
    had."""

    call: NodeRef
    runner: Runner
    after: Step | None = None


@dataclass(frozen=True, slots=True)
class ApiUse:
    """A use of a name that the history of Daft's API speaks of: a call of a function, a method or a decorator, or the
    alias of an import. `name` is the history's (`Expression.str.split`, `daft.udf`, `UDF.with_init_args`).

    `daft_name` is how the file spells daft, None where it does not import it; `definition` the function or class that a
    `daft.udf` decorates, or that a method of what it made is called on; `expressions` are the nodes of the
    arguments that are known to be Daft's expressions; `is_statement`: nothing is done with what the call returns;
    `expects_failure`: the script expects that something there raises; `spells_namespace`: the `.str` of an expression
    stands in the call itself, and is not the value of a name or an attribute; `is_shared`: in another call of the
    function that it stands in, the receiver is not known to be Daft's; `entry`: the function and the method
    (`path::clean|str.lower`), where it is one of a namespace, called on a name in a function.
    """

    name: str
    call: NodeRef
    daft_name: str | None = None
    definition: NodeRef | None = None
    expressions: frozenset[object] = frozenset()
    is_statement: bool = False
    expects_failure: bool = False
    spells_namespace: bool = False
    is_shared: bool = False
    entry: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """All that the interpreter understood of one file (and of what it calls in others).

    `runner`, `runner_is_set`, `cluster` and `settings` are those of its pipelines.
    """

    pipelines: tuple[Pipeline, ...] = ()
    udfs: tuple[Udf, ...] = ()
    constructions: tuple[Construction, ...] = ()
    discarded: tuple[DiscardedStep, ...] = ()
    reads_on_dataframes: tuple[ReadOnDataFrame, ...] = ()
    api_uses: tuple[ApiUse, ...] = ()
    expression_tests: tuple[ExpressionTest, ...] = ()
    runner_settings: tuple[RunnerSetting, ...] = ()
    steps: tuple[Step, ...] = ()
    """Every step, also those that are in no pipeline."""
    turns: tuple[Turn, ...] = ()
    runner: Runner = Runner.RAY
    runner_is_set: bool = False
    cluster: Cluster = Cluster()
    settings: Settings = Settings()
    called: frozenset[str] = frozenset()
    """The functions that it calls, as `path::name`, also those of other files."""
    limits_hit: tuple[str, ...] = ()
    """The interpreter's caps that were reached, in words (`--verbose`)."""
