"""Steps that the interpreter makes for the model, and what they say of their arguments."""

from __future__ import annotations

import math

import libcst as cst

from daft_lint.pipeline import catalog
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import (
    Choice,
    DaftName,
    DataFrame,
    ListValue,
    Literal,
    alternatives,
    literal_value,
    to_python,
)
from daft_lint.pipeline.model import Count, NodeRef, Projection, Reads, Source, SourceKind, Step, StepKind


def add_step(interpreter: InterpreterProtocol, step: Step) -> DataFrame:
    """Note a step, and where it is made."""
    recorder = interpreter.recorder
    recorder.add(step)
    if interpreter.tests:
        recorder.in_tests.add(step)
    if interpreter.expected_failures:
        recorder.failing.add(step)
    if not interpreter.active_calls:
        recorder.top_level.add(step)
    if recorder.settled_by is None and not interpreter.branches and _settles_runner(step):
        recorder.settled_by = step
    return DataFrame(step)


def _settles_runner(step: Step) -> bool:
    """Whether Daft chooses its runner at a step, for good."""
    if step.kind in (StepKind.SINK, StepKind.COLLECT):
        return step.reads is not Reads.NONE
    return step.kind is StepKind.SOURCE and step.name in catalog.SETTLE_RUNNER


def add_open_dataframe(
    interpreter: InterpreterProtocol, location: NodeRef, kind: SourceKind, function: str = ""
) -> DataFrame:
    """A DataFrame from out of view: a parameter of `function`, or something not known."""
    source = Source(kind.value, kind=kind, function=function)
    return add_step(
        interpreter, Step(source.name, StepKind.SOURCE, location, source=source, projection=Projection.UNKNOWN)
    )


def add_iteration(interpreter: InterpreterProtocol, values: object, node: cst.BaseExpression, scope: Scope) -> None:
    """Python's own iteration over a DataFrame, `for row in df` or `list(df)`, reads rows as `iter_rows` does."""
    for value in alternatives(values):
        if isinstance(value, DataFrame):
            add_step(
                interpreter,
                Step(
                    name="iter_rows",
                    kind=StepKind.SINK,
                    call=scope.location(node),
                    receiver=scope.location(node),
                    parents=(value.step,),
                    reads=catalog.STEPS["iter_rows"].reads,
                    statement=current_statement(interpreter, scope),
                ),
            )


def current_statement(interpreter: InterpreterProtocol, scope: Scope) -> NodeRef | None:
    """The innermost statement at work."""
    return None if interpreter.statement is None else scope.location(interpreter.statement)


def receiver_of(node: cst.Call) -> cst.BaseExpression | None:
    """What a method is called on."""
    return node.func.value if isinstance(node.func, cst.Attribute) else None


# Arguments


def count_argument(args: Arguments, index: int, keyword: str, scope: Scope) -> Count | None:
    """A number among the arguments, None where it is not given."""
    given = args.get(index, keyword)
    if given is None:
        return Count(None) if args.open else None
    return count_of(given[0], scope.location(given[1]))


def count_of(value: object, location: NodeRef) -> Count:
    """A number: known where all that it can be is the same."""
    if isinstance(value, Literal) and isinstance(value.value, (int, float)) and not isinstance(value.value, bool):
        # Infinity and NaN are no whole numbers, and `int` refuses them.
        whole = int(value.value) if isinstance(value.value, int) or math.isfinite(value.value) else None
        known = whole if whole == value.value else None
        return Count(known, location, value.name, value.origin, is_default=not value.sure)
    values = value.values if isinstance(value, Choice) else ()
    return Count(None, location, one_of=bool(values) and all(type(literal_value(v)) is int for v in values))


def literal_options(args: Arguments) -> dict[str, object]:
    """The literal arguments by keyword and position."""
    found: dict[str, object] = {}
    for index, (value, _) in enumerate(args.positional):
        if isinstance(value, (Literal, ListValue)):
            found[str(index)] = to_python(value)
    for key, (value, _) in args.keywords.items():
        if isinstance(value, (Literal, ListValue)):
            found[key] = to_python(value)
    return found


def daft_spelling(scope: Scope) -> str | None:
    """How the module spells daft, None where it does not import it."""
    for layer in reversed(scope.root().names.layers):
        for key, value in layer.items():
            if value == DaftName("daft"):
                return str(key)
    return None
