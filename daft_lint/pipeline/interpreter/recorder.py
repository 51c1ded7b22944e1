"""What the interpreter notes of one file while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import field, replace

import libcst as cst

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.dataflow.build import PipelineEnd
from daft_lint.pipeline.interpreter.values import dataframes_in
from daft_lint.pipeline.model import (
    ApiUse,
    Cluster,
    Construction,
    DiscardedStep,
    ExpressionTest,
    NodeRef,
    ReadOnDataFrame,
    Reads,
    Runner,
    RunnerSetting,
    Step,
    StepKind,
    Turn,
    Udf,
)


@dataclass(slots=True, eq=False)
class Recorder:
    """The steps, UDFs and calls of one file, and what becomes of its DataFrames."""

    steps: list[Step] = field(default_factory=list)
    consumed: set[Step] = field(default_factory=set)
    """Some other step reads what they make, or the script only looks at it."""
    escaped: set[Step] = field(default_factory=set)
    """What they make leaves the view, so it may be read whole."""
    top_level: set[Step] = field(default_factory=set)
    """Made outside of any function."""
    returned: set[Step] = field(default_factory=set)
    """Some function returns what they make."""
    carried: set[Step] = field(default_factory=set)
    """A turn of a loop hands what they make on to the next one."""
    turns: list[Turn] = field(default_factory=list)
    in_tests: set[Step] = field(default_factory=set)
    """Made in a test: nobody waits for it, and its rows are few."""
    failing: set[Step] = field(default_factory=set)
    """Made where the script expects a failure."""
    udfs: list[Udf] = field(default_factory=list)
    udf_uses: dict[NodeRef, dict[NodeRef, bool]] = field(default_factory=dict)
    """The calls of UDFs with columns, by the definition of each; true where a test expects a failure."""
    constructions: list[Construction] = field(default_factory=list)
    discarded: list[DiscardedStep] = field(default_factory=list)
    reads_on_dataframes: list[ReadOnDataFrame] = field(default_factory=list)
    api_uses: list[ApiUse] = field(default_factory=list)
    receivers: dict[cst.CSTNode, str | None] = field(default_factory=dict)
    """The name in the history that a method call or a namespace has; None where a receiver of it is not known to be
    Daft's."""
    called_elsewhere: set[str] = field(default_factory=set)
    """The entries (`ApiUse.entry`) of what is called in other files on objects that are not known to be Daft's."""
    within: dict[cst.CSTNode, cst.CSTNode] = field(default_factory=dict)
    """The function that such a call or namespace stands in, where it is one of a name."""
    called_namespaces: set[cst.CSTNode] = field(default_factory=set)
    """The namespaces of expressions that are there for the call of a method that the history knows."""
    expression_tests: list[ExpressionTest] = field(default_factory=list)
    runner_settings: list[RunnerSetting] = field(default_factory=list)
    settled_by: Step | None = None
    """The first step after which Daft's runner can no longer be set, outside of branches."""
    runners: set[Runner] = field(default_factory=set)
    """The runners that the script sets."""
    uses_ray: bool = False
    """It imports ray."""
    has_conditional_runner: bool = False
    """It sets one in a branch that need not be taken."""
    cluster: Cluster = field(default_factory=Cluster)
    morsel_size: int | None = None
    sizes_files: bool = False
    """Whether the script says how large the files are that it writes."""
    """`default_morsel_size`, in rows."""
    limits: dict[str, None] = field(default_factory=dict)
    """The caps that were reached, in words."""
    merges: dict[Step, int] = field(default_factory=dict)
    """The MERGE steps, numbered. They are none of `steps`: what becomes of one becomes of its parents."""
    cuts: list[Step] = field(default_factory=list)
    """The `repartition`, `into_partitions` and `into_batches` among the steps."""

    def add(self, step: Step) -> None:
        """Note a step; its parents are consumed by it."""
        self.steps.append(step)
        if step.kind in (StepKind.REPARTITION, StepKind.BATCHES):
            self.cuts.append(step)
        self.consume(*step.parents)

    def consume(self, *steps: Step) -> None:
        """Some other step reads what they make, or the script only looks at it."""
        for step in steps:
            _mark(self.consumed, step)

    def use(self, udf: Udf, call: NodeRef, is_to_fail: bool) -> None:
        """A UDF is called with columns; `is_to_fail`: where a test expects a failure."""
        if udf.definition is not None:
            self.udf_uses.setdefault(udf.definition, {})[call] = is_to_fail

    def failing_steps(self) -> set[Step]:
        """The steps that the script expects to fail: those made there, and those that run nowhere else."""
        failing = set(self.failing)
        doomed = failing & self.in_tests
        if not doomed:
            return failing
        readers: dict[Step, list[Step]] = {}
        for step in self.steps:
            for parent in step.parents:
                for read in merged_from(parent):
                    readers.setdefault(read, []).append(step)
        for step in reversed(self.steps):
            runs = step.kind in (StepKind.SINK, StepKind.COLLECT) or step in self.escaped
            if not runs and step in readers and doomed.issuperset(readers[step]):
                doomed.add(step)
        return failing | doomed

    def wanted_udfs(self, failing: set[Step]) -> Iterator[Udf]:
        """The UDFs but those that tests use only to see them fail."""
        calls = {call.location for step in failing for call in step.udf_calls()}
        for udf in self.udfs:
            uses = None if udf.definition is None else self.udf_uses.get(udf.definition)
            if not uses or not all(is_to_fail or call in calls for call, is_to_fail in uses.items()):
                yield udf

    def uses_of_daft(self, helpers_of_udfs: Set[cst.CSTNode]) -> Iterator[ApiUse]:
        """The uses whose receiver is Daft's in every call of the function that they stand in; a method of a namespace
        also where it is in some. In a function of `helpers_of_udfs` it is not."""
        for use in self.api_uses:
            is_of_daft = self.receivers.get(use.call.node, use.name) == use.name
            is_expression = use.name.startswith("Expression.")
            if is_of_daft and not (is_expression and self.within.get(use.call.node) in helpers_of_udfs):
                if use.call.node not in self.called_namespaces:
                    yield use
            elif is_expression and use.name.count(".") == 2:
                yield replace(use, is_shared=True, entry="")

    def carry_over(self, value: object) -> None:
        """A turn of a loop hands a value on to the next one."""
        for frame in dataframes_in(value):
            _mark(self.carried, frame.step)

    def give_back(self, value: object) -> None:
        """Some function returns a value."""
        for frame in dataframes_in(value):
            _mark(self.returned, frame.step)

    def escape(self, *values: object) -> None:
        """Values leave the view: their DataFrames may be read whole."""
        for value in values:
            for frame in dataframes_in(value):
                _mark(self.escaped, frame.step)

    def set_runner(self, runner: Runner, is_conditional: bool) -> None:
        """The script sets its runner; `is_conditional`: in a branch that need not be taken."""
        self.runners.add(runner)
        self.has_conditional_runner = self.has_conditional_runner or is_conditional

    def unconditional_runner(self) -> Runner | None:
        """The runner that the script sets whatever happens, None where it sets none or several."""
        return next(iter(self.runners)) if len(self.runners) == 1 and not self.has_conditional_runner else None

    def ends(self) -> Iterator[PipelineEnd]:
        """Where DataFrames are read, returned, or left unread.

        A DataFrame that a function makes and drops never runs; one that a function returns, or that a module leaves
        behind, may be read by others.
        What a test makes is left out.
        """
        for step in self.steps:
            if step in self.in_tests:
                continue
            if step.kind is StepKind.SINK:
                yield PipelineEnd(step, step.reads)
            elif step.kind is StepKind.COLLECT or step in self.escaped:
                yield PipelineEnd(step, Reads.ALL)
            elif step not in self.consumed:
                is_left = step in self.top_level or step in self.returned
                yield PipelineEnd(step, Reads.ALL if is_left else Reads.NONE)


def _mark(marked: set[Step], step: Step) -> None:
    """Add a step; where it is a MERGE, all that meet there: those of one that is marked are marked already."""
    pending = [step]
    while pending:
        one = pending.pop()
        if one not in marked:
            marked.add(one)
            if one.kind is StepKind.MERGE:
                pending.extend(one.parents)


def merged_from(step: Step) -> Iterable[Step]:
    """The step; where it is a MERGE, all that meet there."""
    if step.kind is not StepKind.MERGE:
        return (step,)
    found: dict[Step, None] = {}
    pending = [step]
    while pending:
        one = pending.pop()
        if one not in found:
            found[one] = None
            if one.kind is StepKind.MERGE:
                pending.extend(one.parents)
    return found
