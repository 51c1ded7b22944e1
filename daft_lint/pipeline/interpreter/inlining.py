"""Calls of a project's own functions: their bodies are evaluated with the arguments of the call."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.definitions import Function, Instance
from daft_lint.pipeline.interpreter.merging import meet_returned
from daft_lint.pipeline.interpreter.protocol import ActiveCall, InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import add_open_dataframe
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    DaftName,
    DictValue,
    ListValue,
    Literal,
    OpenParameter,
    Tail,
)
from daft_lint.pipeline.model import Expression, ExpressionKind, SourceKind
from daft_lint.source.syntax import constant, decorator_names, last_name, quoted

MAX_CALL_DEPTH = 8
"""Functions inlined into one another."""
OUT_OF_WORK = "calls are no longer followed: the file's work budget is spent"


NESTED_SHARE = 0.1
"""Of the work for a file, up to which a method is followed into the same method of another object."""


def inline(
    interpreter: InterpreterProtocol,
    function: Function,
    args: Arguments | None,
    instance: Instance | None,
    known: Mapping[str, object] | None = None,
) -> object:
    """What a function returns for its arguments (None: not known); `instance` is the object of a method, `known` are
    parameters that something else than a call in view gives."""
    node = function.node
    calls = interpreter.active_calls
    is_out_of_work = interpreter.work > interpreter.max_work
    if args is not None:
        interpreter.called_nodes.add(node)
        interpreter.called_functions.add(function.qualified_name)
    if is_out_of_work or len(calls) >= MAX_CALL_DEPTH or _is_again(interpreter, node, instance):
        if is_out_of_work:
            interpreter.recorder.limits[OUT_OF_WORK] = None
        if args is not None:
            interpreter.recorder.escape(*args.values())
        return UNKNOWN
    key = _result_key(node, args, instance)
    if key is not None and key in interpreter.call_results:
        return interpreter.call_results[key]
    scope = function.scope.child()
    scope.closed_over = function.branches
    if function.owner is not None:
        scope.set("__class__", function.owner)
    # A default can call the function too, or one that calls it, so it is active from here on.
    call = ActiveCall(node, len(interpreter.ways), function.qualified_name, instance)
    calls.append(call)
    _bind_parameters(interpreter, function, args, instance, scope)
    for name, value in (known or {}).items():
        scope.set(name, value)
    returned = _evaluate_body(interpreter, call, scope)
    calls.pop()
    del interpreter.ways[call.ways :]
    interpreter.recorder.give_back(returned)
    if key is not None:
        interpreter.call_results[key] = returned
    return returned


def _is_again(interpreter: InterpreterProtocol, node: cst.CSTNode, instance: Instance | None) -> bool:
    """Whether a function that is being evaluated calls itself. The method of another object, as of a step that a list
    of steps calls, is another call while there is work enough: trees of objects can be walked in very many ways."""
    active = [call for call in interpreter.active_calls if call.node is node]
    if not active or instance is None or interpreter.work > NESTED_SHARE * interpreter.max_work:
        return bool(active)
    return any(call.instance is instance for call in active)


def _evaluate_body(interpreter: InterpreterProtocol, call: ActiveCall, scope: Scope) -> object:
    statement = interpreter.statement
    if isinstance(call.node, cst.Lambda):
        value = interpreter.evaluate(call.node.body, scope)
    else:
        interpreter.suite(call.node.body, scope)
        at = scope.location(call.node)
        value = meet_returned(interpreter, call.returned, at) if call.returned else Literal(None)
    interpreter.statement = statement
    return value


def _result_key(node: cst.CSTNode, args: Arguments | None, instance: Instance | None) -> object:
    """What a call's result depends on where all its arguments are constants; None where it cannot be told."""
    if args is None or args.open or instance is not None:
        return None
    parts: list[object] = [id(node)]
    for key, value in [*enumerate(args.positional_values()), *args.keyword_values().items()]:
        if isinstance(value, Literal) and isinstance(value.value, (str, int, float, bool, bytes, type(None))):
            parts.append((key, type(value.value), value.value))
        elif isinstance(value, Tail):
            parts.append((key, Tail, value))
        elif value is not UNKNOWN:
            return None
        else:
            parts.append((key, None, None))
    return tuple(parts)


# Parameters


def _bind_parameters(
    interpreter: InterpreterProtocol,
    function: Function,
    args: Arguments | None,
    instance: Instance | None,
    scope: Scope,
) -> None:
    parameters = function.node.params
    by_position = _bind_receiver(function, instance, scope)
    for index, parameter in enumerate(by_position):
        given = args.value(index, parameter.name.value) if args is not None else None
        scope.set(parameter.name.value, _argument(interpreter, parameter, given, args, function, scope))
    for parameter in parameters.kwonly_params:
        given = args.keyword(parameter.name.value) if args is not None else None
        scope.set(parameter.name.value, _argument(interpreter, parameter, given, args, function, scope))
    is_open = args is None or args.open
    if isinstance(parameters.star_arg, cst.Param):
        extra = args.positional_values()[len(by_position) :] if args is not None else ()
        scope.set(parameters.star_arg.name.value, ListValue(tuple(extra), open=is_open))
    if parameters.star_kwarg is not None:
        taken = {p.name.value for p in (*by_position, *parameters.kwonly_params)}
        keywords = args.keyword_values() if args is not None else {}
        extras: dict[object, object] = {k: v for k, v in keywords.items() if k not in taken}
        scope.set(parameters.star_kwarg.name.value, DictValue(extras, open=is_open))


def _bind_receiver(function: Function, instance: Instance | None, scope: Scope) -> list[cst.Param]:
    """Bind `self` or `cls`; the other parameters that take arguments by position."""
    parameters = [*function.node.params.posonly_params, *function.node.params.params]
    receiver: object = instance
    if "classmethod" in decorator_names(function.node):
        receiver = function.owner if instance is None else instance.cls
    if receiver is None or not parameters:
        return parameters
    scope.set(parameters[0].name.value, receiver)
    return parameters[1:]


def _argument(
    interpreter: InterpreterProtocol,
    parameter: cst.Param,
    given: object | None,
    args: Arguments | None,
    function: Function,
    scope: Scope,
) -> object:
    """What a parameter holds: the argument, else its default, else what its annotation says."""
    if given is not None and given is not UNKNOWN:
        return given
    if args is not None and given is None and parameter.default is not None:
        return interpreter.evaluate(parameter.default, function.scope)
    location = function.scope.location(parameter)
    if parameter.name.value == "daft" and given is not UNKNOWN:
        return DaftName("daft")  # the module, as tests and plugins are given it
    if parameter.annotation is not None and is_dataframe_annotation(interpreter, parameter.annotation, scope):
        kind = SourceKind.PARAMETER if args is None else SourceKind.UNKNOWN
        return add_open_dataframe(interpreter, location, kind, function.qualified_name)
    if parameter.annotation is not None and names_expression(interpreter, parameter.annotation.annotation, scope):
        return Expression(ExpressionKind.UNKNOWN, location)
    if args is not None:
        return UNKNOWN
    default = UNKNOWN if parameter.default is None else interpreter.evaluate(parameter.default, function.scope)
    if isinstance(default, Literal) and default.value is not None:
        return Literal(default.value, sure=False)
    return OpenParameter(location, function.qualified_name)


def is_dataframe_annotation(interpreter: InterpreterProtocol, annotation: cst.Annotation, scope: Scope) -> bool:
    """Whether an annotation says that a name holds a DataFrame of Daft's."""
    return _names_dataframe(interpreter, annotation.annotation, scope)


def names_expression(interpreter: InterpreterProtocol, node: cst.BaseExpression, scope: Scope) -> bool:
    """Whether an annotation says that a name holds one of Daft's expressions, or None."""
    if isinstance(node, cst.SimpleString):
        inner = quoted(str(constant(node))) if "Expression" in node.value else None
        is_type = inner is not None and not isinstance(inner, cst.SimpleString)
        return inner is not None and is_type and names_expression(interpreter, inner, scope)
    if isinstance(node, cst.BinaryOperation):
        sides = [side for side in (node.left, node.right) if not _is_none(side)]
        return len(sides) == 1 and names_expression(interpreter, sides[0], scope)
    if isinstance(node, cst.Subscript) and last_name(node.value) == "Optional":
        indexes = [e.slice.value for e in node.slice if isinstance(e.slice, cst.Index)]
        return len(indexes) == 1 and names_expression(interpreter, indexes[0], scope)
    if not isinstance(node, (cst.Name, cst.Attribute)) or last_name(node) != "Expression":
        return False
    return isinstance(interpreter.evaluate(node, scope), DaftName)


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _names_dataframe(interpreter: InterpreterProtocol, node: cst.BaseExpression, scope: Scope) -> bool:
    if isinstance(node, cst.SimpleString):
        if "DataFrame" not in node.value:
            return False
        inner = quoted(str(constant(node)))
        return (
            inner is not None
            and not isinstance(inner, cst.SimpleString)
            and _names_dataframe(interpreter, inner, scope)
        )
    if isinstance(node, cst.BinaryOperation):
        return any(_names_dataframe(interpreter, side, scope) for side in (node.left, node.right))
    if isinstance(node, cst.Subscript) and last_name(node.value) in ("Optional", "Union", "Annotated"):
        indexes = (e.slice.value for e in node.slice if isinstance(e.slice, cst.Index))
        return any(_names_dataframe(interpreter, index, scope) for index in indexes)
    if not isinstance(node, (cst.Name, cst.Attribute)) or last_name(node) != "DataFrame":
        return False
    return isinstance(interpreter.evaluate(node, scope), DaftName)
