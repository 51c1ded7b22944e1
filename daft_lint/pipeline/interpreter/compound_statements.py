"""Statements that hold others: branches, loops, `with`, definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import libcst as cst

from daft_lint.pipeline.interpreter.api_uses import note_class
from daft_lint.pipeline.interpreter.assignments import bind
from daft_lint.pipeline.interpreter.branchings import Branching, Cases, IfTest, cuts_by
from daft_lint.pipeline.interpreter.daft_expressions import is_surely_expression
from daft_lint.pipeline.interpreter.definitions import Class, Function, UdfDecorator
from daft_lint.pipeline.interpreter.library_calls import ASSERTING_FAILURE, EXPECTING_FAILURE
from daft_lint.pipeline.interpreter.merging import loop_item, meet
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import add_iteration
from daft_lint.pipeline.interpreter.udfs import decorate
from daft_lint.pipeline.interpreter.values import (
    DaftName,
    DataFrame,
    ExternalCall,
    ExternalName,
    ListValue,
    Literal,
    dataframes_in,
)
from daft_lint.pipeline.model import ExpressionTest, NodeRef, PythonTest, Step, Turn
from daft_lint.source.syntax import is_main_guard, last_name

MAX_LOOP_ITEMS = 8
"""Items of a literal list that a loop goes through one by one; for loops in one another, of all of them."""
MAX_LOOP_DEPTH = 2
"""Nested loops whose body is evaluated a second time."""

Body = Callable[[], bool]
"""Evaluates a body; true where control does not reach its end."""

# Branches


def _branch(
    interpreter: InterpreterProtocol,
    scope: Scope,
    node: cst.CSTNode,
    branching: Branching,
    bodies: Iterable[tuple[int, Body]],
    is_conditional: bool = True,
) -> bool:
    """Evaluate alternatives and merge what they wrote; true where none reaches the end.

    `bodies` are known by their options of the branching. `is_conditional`: what they set may not be set.
    """
    written: list[dict[object, object]] = []
    stored: list[dict[object, object]] = []
    ways: list[list[tuple[Branching, int]]] = []
    since = len(interpreter.recorder.merges)
    before = len(interpreter.ways)
    for option, body in bodies:
        scope.names.push()
        interpreter.heap.push()
        interpreter.ways.append((branching, option))
        with interpreter.branches if is_conditional else nullcontext():
            ended = body()
        del interpreter.ways[before:]
        names, heap = scope.names.pop(), interpreter.heap.pop()
        if not ended:
            written.append(names)
            stored.append(heap)
            ways.append([(branching, option)])
    if not written:
        return True

    def met(values: Sequence[object | None]) -> object:
        return meet(interpreter, values, scope.location(node), ways, since)

    scope.names.merge_branches(written, met)
    interpreter.heap.merge_branches(stored, met)
    if len(ways) == 1:
        # The others have ended: what follows lies on this way too.
        interpreter.ways.extend(ways[0])
    return False


def _if(interpreter: InterpreterProtocol, node: cst.If, scope: Scope) -> bool:
    orelse = node.orelse
    known, default = truth_of(interpreter, node.test, (node.body, orelse or _rest(interpreter, node)), scope)
    if known is True:
        return interpreter.suite(node.body, scope)

    def else_body() -> bool:
        if isinstance(orelse, cst.If):
            return _if(interpreter, orelse, scope)
        return orelse is not None and interpreter.suite(orelse.body, scope)

    if known is False:
        return else_body()
    branching = IfTest(node.test, scope, interpreter.heap, interpreter.recorder.cuts, default)
    bodies = [(1, _suite(interpreter, node.body, scope)), (0, else_body)]
    # The state that an `if` with no `else` leaves as it was counts first.
    return _branch(interpreter, scope, node, branching, bodies if orelse is not None else reversed(bodies))


def _rest(interpreter: InterpreterProtocol, node: cst.If) -> cst.CSTNode | None:
    """What comes where an `if` that returns is passed by: the function that it is in."""
    last = node.body.body[-1] if node.body.body else None
    returns = isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Return)
    return interpreter.active_calls[-1].node.body if returns and interpreter.active_calls else None


def truth_of(
    interpreter: InterpreterProtocol,
    test: cst.BaseExpression,
    ways: tuple[cst.CSTNode, cst.CSTNode | None],
    scope: Scope,
) -> tuple[bool | None, bool | None]:
    """What a test is known to be, and what it is by the defaults in view, each None where they do not tell.

    Only constants decide, and the main guard counts as true. Of the two `ways` the one not taken is still a way of the
    script where it repartitions by a number that the test asks about: the number is the author's switch.
    """
    if is_main_guard(test):
        return True, True
    value = interpreter.evaluate(test, scope)
    if not isinstance(value, Literal):
        note_test(interpreter, PythonTest.CONDITION, value, test, scope)
        known = True if value == ExternalName("typing.TYPE_CHECKING") else None
        return known, known
    default = bool(value.value)
    other = ways[1] if default else ways[0]
    decided = value.sure and (other is None or not cuts_by(other, test))
    return default if decided else None, default


def note_test(
    interpreter: InterpreterProtocol, test: PythonTest, value: object, node: cst.CSTNode, scope: Scope
) -> None:
    """Python asks a value for its truth, or compares it with None; that is noted where it is an expression."""
    if is_surely_expression(value) and not interpreter.expected_failures:
        interpreter.recorder.expression_tests.append(ExpressionTest(test, scope.location(node)))


def _match(interpreter: InterpreterProtocol, node: cst.Match, scope: Scope) -> bool:
    interpreter.evaluate(node.subject, scope)
    branching = Cases("case", [(case, case.pattern) for case in node.cases], scope)
    bodies = [(number, _suite(interpreter, case.body, scope)) for number, case in enumerate(node.cases, 1)]
    is_complete = any(_takes_all(case) for case in node.cases)
    return _branch(interpreter, scope, node, branching, bodies if is_complete else [(0, lambda: False), *bodies])


def _takes_all(case: cst.MatchCase) -> bool:
    """`case _:`."""
    return case.guard is None and isinstance(case.pattern, cst.MatchAs) and case.pattern.pattern is None


def _try(interpreter: InterpreterProtocol, node: cst.Try | cst.TryStar, scope: Scope) -> bool:
    def body() -> bool:
        ended = interpreter.suite(node.body, scope)
        if not ended and node.orelse is not None:
            ended = interpreter.suite(node.orelse.body, scope)
        return ended

    if node.handlers:
        handlers: Sequence[cst.ExceptHandler | cst.ExceptStarHandler] = node.handlers
        branching = Cases("except", [(handler, handler.type) for handler in handlers], scope)
        bodies = [(0, body), *((n, _suite(interpreter, h.body, scope)) for n, h in enumerate(handlers, 1))]
        ended = _branch(interpreter, scope, node, branching, bodies, is_conditional=False)
    else:
        ended = body()
    if node.finalbody is not None:
        ended = interpreter.suite(node.finalbody.body, scope) or ended
    return ended


def _suite(interpreter: InterpreterProtocol, body: cst.BaseSuite, scope: Scope) -> Body:
    return lambda: interpreter.suite(body, scope)


# Loops


def _for(interpreter: InterpreterProtocol, node: cst.For, scope: Scope) -> bool:
    values = interpreter.evaluate(node.iter, scope)
    add_iteration(interpreter, values, node.iter, scope)
    items = values.items if isinstance(values, ListValue) and not values.open else ()
    before = len(interpreter.ways)
    if 0 < len(items) <= MAX_LOOP_ITEMS // interpreter.unrolled:
        with interpreter.unrolling(len(items)):
            for item in items:
                if interpreter.work <= interpreter.max_work:
                    bind(interpreter, node.target, item, scope)
                    interpreter.suite(node.body, scope)
                    del interpreter.ways[before:]
    else:
        item = loop_item(interpreter, values, scope.location(node.iter))
        _loop(interpreter, scope, lambda: bind(interpreter, node.target, item, scope), node)
    if node.orelse is not None:
        interpreter.suite(node.orelse.body, scope)
    return False


def _while(interpreter: InterpreterProtocol, node: cst.While, scope: Scope) -> bool:
    interpreter.evaluate(node.test, scope)
    _loop(interpreter, scope, lambda: None, node)
    if node.orelse is not None:
        interpreter.suite(node.orelse.body, scope)
    return False


def _loop(interpreter: InterpreterProtocol, scope: Scope, begin: Callable[[], None], loop: cst.For | cst.While) -> None:
    """The body once, and once more where it rebinds a DataFrame. A loop that rebinds one is taken to run: what an empty
    loop would leave is no plan that its author has in mind."""
    names, heap, recorder = scope.names, interpreter.heap, interpreter.recorder
    before = len(interpreter.ways)
    names.push_loop()
    heap.push_loop()
    with interpreter.loops, interpreter.branches:
        begin()
        interpreter.suite(loop.body, scope)
        del interpreter.ways[before:]
        written = names.layers[-1]
        rebinds = any(dataframes_in(v) and _may_grow(names.get_below(k)) for k, v in written.items())
        if rebinds and interpreter.loops.depth <= MAX_LOOP_DEPTH:
            for value in written.values():
                recorder.carry_over(value)
            given = {k: v for k, v in written.items() if dataframes_in(names.get_below(k))}
            known = len(recorder.steps)
            begin()
            interpreter.suite(loop.body, scope)
            del interpreter.ways[before:]
            if not interpreter.tests and not interpreter.expected_failures:
                recorder.turns += _turns(given, names.layers[-1], scope.location(loop), recorder.steps[known:])
    names.merge_loop()
    heap.merge_loop()


def _turns(
    given: Mapping[object, object], left: Mapping[object, object], loop: NodeRef, steps: Sequence[Step]
) -> Iterator[Turn]:
    """What a turn of a loop made of the DataFrames that it was given."""
    for name, frame in left.items():
        earlier = given.get(name)
        if isinstance(frame, DataFrame) and isinstance(earlier, DataFrame) and frame.step is not earlier.step:
            yield Turn(loop, str(name), earlier.step, frame.step, tuple(steps))


def _may_grow(before: object) -> bool:
    """Whether a loop that binds a DataFrame to the name of this value may make it of the last turn's."""
    return bool(dataframes_in(before)) or before == Literal(None)


# with


def _with(interpreter: InterpreterProtocol, node: cst.With, scope: Scope) -> bool:
    is_test = expects_failure = False
    for item in node.items:
        value = interpreter.evaluate(item.item, scope)
        if isinstance(item.item, cst.Call) and last_name(item.item) in ASSERTING_FAILURE:
            is_test = expects_failure = True
        elif isinstance(value, ExternalCall) and value.path in EXPECTING_FAILURE:
            expects_failure = True
        if item.asname is not None:
            bind(interpreter, item.asname.name, value, scope)
    with (
        interpreter.tests if is_test else nullcontext(),
        interpreter.expected_failures if expects_failure else nullcontext(),
    ):
        ended = interpreter.suite(node.body, scope)
    return ended and not expects_failure


# Definitions


def branches_at_work(interpreter: InterpreterProtocol, scope: Scope) -> tuple[dict[object, object], ...]:
    """What a function closes over that is made in branches."""
    branches = scope.branches()
    if branches:
        interpreter.closed_over.append(branches)
    return branches


def _function_def(interpreter: InterpreterProtocol, node: cst.FunctionDef, scope: Scope) -> bool:
    function = Function(node, scope, node.name.value, branches=branches_at_work(interpreter, scope))
    value = _decorated(interpreter, node, function, scope)
    scope.set(node.name.value, value)
    if isinstance(value, Function):
        interpreter.functions.append(value)
    return False


def _class_def(interpreter: InterpreterProtocol, node: cst.ClassDef, scope: Scope) -> bool:
    bases = tuple(interpreter.evaluate(base.value, scope) for base in node.bases)
    inner = scope.child()
    names: dict[str, object] = {}
    is_dataclass = any(last_name(d.decorator) == "dataclass" for d in node.decorators)
    owner = Class(node, scope, names, bases, is_dataclass=is_dataclass)
    methods: list[Function] = []
    body = node.body.body if isinstance(node.body, cst.IndentedBlock) else ()
    for statement in body:
        if isinstance(statement, cst.FunctionDef):
            function = Function(statement, scope, statement.name.value, owner)
            value = _decorated(interpreter, statement, function, inner)
            inner.set(function.name, value)
            if isinstance(value, Function):
                methods.append(value)
        else:
            interpreter.block([statement], inner)
    names.update((str(name), value) for name, value in inner.names.layers[0].items())
    note_class(interpreter, node, names.keys(), scope)
    decorated = _decorated(interpreter, node, owner, scope)
    scope.set(node.name.value, decorated)
    if decorated is owner:
        interpreter.functions.extend(method for method in methods if method.name != "__init__")
    return False


def _decorated(
    interpreter: InterpreterProtocol, node: cst.FunctionDef | cst.ClassDef, value: object, scope: Scope
) -> object:
    """Apply the decorators that mean something to Daft, the innermost first."""
    for decorator in reversed(node.decorators):
        applied = interpreter.evaluate(decorator.decorator, scope)
        if isinstance(applied, (DaftName, UdfDecorator)):
            value = decorate(interpreter, applied, value, scope.location(decorator.decorator))
    return value


COMPOUND_STATEMENTS: dict[type[cst.CSTNode], Callable[[InterpreterProtocol, Any, Scope], bool]] = {
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.With: _with,
    cst.Match: _match,
    cst.FunctionDef: _function_def,
    cst.ClassDef: _class_def,
}
