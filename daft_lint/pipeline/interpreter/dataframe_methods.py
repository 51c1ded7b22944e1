"""Methods of DataFrames and of grouped DataFrames: the steps that they make."""

from __future__ import annotations

import libcst as cst

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog import StepSpec
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.branchings import IfTest
from daft_lint.pipeline.interpreter.daft_expressions import to_columns
from daft_lint.pipeline.interpreter.merging import meet_results
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.recorder import merged_from
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.sources import add_source
from daft_lint.pipeline.interpreter.step_columns import columns_of, made_columns
from daft_lint.pipeline.interpreter.steps import (
    add_step,
    count_argument,
    current_statement,
    daft_spelling,
    literal_options,
    receiver_of,
)
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    DataFrame,
    GroupedDataFrame,
    alternatives,
    dataframes_in,
)
from daft_lint.pipeline.model import Count, Projection, ReadOnDataFrame, Step, StepKind


def dataframe_method(
    interpreter: InterpreterProtocol, frame: DataFrame, name: str, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    """`df.name(...)`."""
    receiver = receiver_of(node)
    if name in ("pipe", "transform") and args.positional:
        function, _ = args.positional[0]
        passed = Arguments([(frame, receiver or node), *args.positional[1:]], args.keywords, args.open)
        results = [interpreter.apply(f, passed, node, scope) for f in alternatives(function)]
        return meet_results(interpreter, function, results, node, scope)
    if name == "groupby":
        keys = tuple(to_columns(args.positional_values(), node, scope))
        return GroupedDataFrame(frame.step, keys, scope.location(receiver) if receiver else None)
    spec = catalog.STEPS.get(name)
    if spec is None:
        return _other_method(interpreter, frame, name, args, node, scope)
    made = add_step(interpreter, _step(interpreter, frame.step, name, spec, args, node, scope))
    return UNKNOWN if spec.kind is StepKind.SINK else made


def _step(
    interpreter: InterpreterProtocol,
    parent: Step,
    name: str,
    spec: StepSpec,
    args: Arguments,
    node: cst.Call,
    scope: Scope,
) -> Step:
    receiver = receiver_of(node)
    columns = columns_of(spec, args, node, scope)
    parents = [parent]
    if spec.others is not None:
        parents.extend(frame.step for frame in dataframes_in(args.value(*spec.others)))
    carried = interpreter.recorder.carried
    return Step(
        name=name,
        kind=spec.kind,
        call=scope.location(node),
        receiver=scope.location(receiver) if receiver is not None else None,
        parents=tuple(parents),
        count=_count(interpreter, spec, args, scope),
        outputs=columns.outputs,
        expressions=columns.read,
        projection=columns.projection,
        dropped=columns.dropped,
        renamed=columns.renamed,
        reads=spec.reads,
        statement=current_statement(interpreter, scope),
        options=literal_options(args),
        is_grown=spec.kind is StepKind.UNION and not carried.isdisjoint(merged_from(parent)),
    )


def _count(interpreter: InterpreterProtocol, spec: StepSpec, args: Arguments, scope: Scope) -> Count | None:
    """The number that a step is given; on a way that the default of it does not lead to, it is another one."""
    count = None if spec.count is None else count_argument(args, *spec.count, scope)
    if count is None or count.value is None or count.location is None:
        return count
    given = count.location.node
    if not isinstance(given, cst.BaseExpression):
        return count
    asked = (b.belies(option, given) for b, option in interpreter.ways if isinstance(b, IfTest))
    return Count(None, count.location) if any(asked) else count


def _other_method(
    interpreter: InterpreterProtocol, frame: DataFrame, name: str, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    """A method that DataFrames do not have, or none that the catalog knows; `df.read_parquet(...)` is a mistake."""
    recorder = interpreter.recorder
    source = catalog.SOURCES.get(name)
    if source is None or not name.startswith(("read_", "from_")):
        recorder.escape(frame, *args.values())
        return UNKNOWN
    recorder.consume(frame.step)
    if not interpreter.expected_failures:
        recorder.reads_on_dataframes.append(ReadOnDataFrame(name, scope.location(node), daft_spelling(scope)))
    return add_source(interpreter, name, source, args, node, scope)


def grouped_method(
    interpreter: InterpreterProtocol,
    grouped: GroupedDataFrame,
    name: str,
    args: Arguments,
    node: cst.Call,
    scope: Scope,
) -> object:
    """Aggregations end a groupby: one repartitioning step."""
    spec = catalog.GROUPED_STEPS.get(name)
    if spec is None:
        interpreter.recorder.escape(grouped)
        return UNKNOWN
    values = tuple(made_columns(spec, args, node, scope))
    return add_step(
        interpreter,
        Step(
            name="groupby",
            kind=StepKind.SHUFFLE,
            call=scope.location(node),
            receiver=grouped.receiver,
            parents=(grouped.step,),
            outputs=(*grouped.keys, *values),
            projection=Projection.ONLY if values else Projection.UNKNOWN,
            statement=current_statement(interpreter, scope),
            options={"method": name},
        ),
    )
