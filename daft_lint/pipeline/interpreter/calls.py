"""Call expressions: their arguments, and what the value that is called makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from daft_lint.pipeline.interpreter.api_uses import note_call, note_function_call
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.attributes import attribute_of, class_attribute
from daft_lint.pipeline.interpreter.daft_functions import call_daft
from daft_lint.pipeline.interpreter.definitions import (
    BoundMethod,
    Class,
    DecoratedMethod,
    Function,
    Instance,
    UdfDecorator,
    UdfFunction,
)
from daft_lint.pipeline.interpreter.inlining import inline
from daft_lint.pipeline.interpreter.library_calls import call_external
from daft_lint.pipeline.interpreter.merging import meet_results
from daft_lint.pipeline.interpreter.method_calls import call_method
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.udf_calls import call_udf, call_udf_method, construct
from daft_lint.pipeline.interpreter.udfs import decorate
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    DaftName,
    DataFrame,
    DictValue,
    ExternalName,
    ListValue,
    MethodReference,
    OpenParameter,
    Partial,
    alternatives,
    dataframes_in,
)
from daft_lint.pipeline.model import Expression
from daft_lint.source.syntax import dataclass_fields


def call(interpreter: InterpreterProtocol, node: cst.Call, scope: Scope) -> object:
    """What a call expression returns."""
    if isinstance(node.func, cst.Attribute):
        owner = interpreter.evaluate(node.func.value, scope)
        args = _arguments(interpreter, node, scope)
        note_call(interpreter, owner, node.func.attr.value, args, node, scope)
        results = []
        for one in alternatives(owner):
            if one is UNKNOWN or isinstance(one, (OpenParameter, DataFrame, Expression)):
                results.append(call_method(interpreter, one, node.func.attr.value, args, node, scope))
            else:
                callee = attribute_of(interpreter, one, node.func, scope)
                results.append(apply(interpreter, callee, args, node, scope))
        return meet_results(interpreter, owner, results, node, scope)
    callee = interpreter.evaluate(node.func, scope)
    args = _arguments(interpreter, node, scope)
    note_function_call(interpreter, callee, args, node, scope)
    results = [apply(interpreter, one, args, node, scope) for one in alternatives(callee)]
    return meet_results(interpreter, callee, results, node, scope)


def _arguments(interpreter: InterpreterProtocol, node: cst.Call, scope: Scope) -> Arguments:
    args = Arguments()
    for arg in node.args:
        value = interpreter.evaluate(arg.value, scope)
        if arg.star == "*":
            if isinstance(value, ListValue):
                interpreter.work += len(value.items)
                args.positional.extend((item, arg.value) for item in value.items)
                args.open = args.open or value.open
            else:
                args.open = True
        elif arg.star == "**":
            if isinstance(value, DictValue):
                args.keywords.update((str(k), (v, arg.value)) for k, v in value.entries.items())
                args.open = args.open or value.open
            else:
                args.open = True
        elif arg.keyword is not None:
            args.keywords[arg.keyword.value] = (value, arg.value)
        else:
            args.positional.append((value, arg.value))
    return args


def apply(interpreter: InterpreterProtocol, callee: object, args: Arguments, node: cst.Call, scope: Scope) -> object:
    """What a value returns for arguments; those of a call that is not known escape."""
    handler = CALLS.get(type(callee))
    if handler is None:
        interpreter.recorder.escape(*args.values())
        return UNKNOWN
    return handler(interpreter, callee, args, node, scope)


def _call_external(
    interpreter: InterpreterProtocol, callee: ExternalName, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    return call_external(interpreter, callee.path, args, scope)


def _call_function(
    interpreter: InterpreterProtocol, callee: Function, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    result = inline(interpreter, callee, args, None)
    if any(isinstance(v, Expression) for v in args.values()) and not any(map(dataframes_in, args.values())):
        for other in interpreter.tables.get(callee, ()):
            if other.node not in interpreter.called_nodes:
                inline(interpreter, other, args, None)
    return result


def _call_bound_method(
    interpreter: InterpreterProtocol, callee: BoundMethod, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    is_init = callee.function.name == "__init__" if isinstance(callee.function, Function) else False
    if isinstance(callee.function, DecoratedMethod) or (callee.instance.cls.udf is not None and not is_init):
        return call_udf_method(interpreter, callee, args, node, scope)
    return inline(interpreter, callee.function, args, callee.instance)


def _call_instance(
    interpreter: InterpreterProtocol, callee: Instance, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    method = class_attribute(interpreter, callee.cls, "__call__")
    if isinstance(method, (Function, DecoratedMethod)):
        return _call_bound_method(interpreter, BoundMethod(callee, method), args, node, scope)
    return UNKNOWN


def _call_udf_decorator(
    interpreter: InterpreterProtocol, callee: UdfDecorator, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    if not args.positional:
        return UNKNOWN
    return decorate(interpreter, callee, args.positional[0][0], scope.location(node.func))


def _call_partial(
    interpreter: InterpreterProtocol, callee: Partial, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    merged = Arguments(
        [(v, node) for v in callee.args] + args.positional,
        {**{k: (v, node) for k, v in callee.keywords.items()}, **args.keywords},
        args.open,
    )
    return apply(interpreter, callee.function, merged, node, scope)


def _call_method_reference(
    interpreter: InterpreterProtocol, callee: MethodReference, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    return call_method(interpreter, callee.owner, callee.name, args, node, scope)


def _call_class(
    interpreter: InterpreterProtocol, callee: Class, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    if callee.udf is not None:
        return construct(interpreter, callee, args, node, scope)
    instance = Instance(callee)
    init = class_attribute(interpreter, callee, "__init__")
    if isinstance(init, Function):
        interpreter.called_nodes.add(init.node)
        inline(interpreter, init, args, instance)
        return instance
    fields = [key for key in callee.names if not key.startswith("__")]
    if callee.is_dataclass:
        fields = dataclass_fields(callee.node)
    for name, (value, _) in zip(fields, args.positional, strict=False):
        interpreter.heap.set((instance, name), value)
    for name, (value, _) in args.keywords.items():
        interpreter.heap.set((instance, name), value)
    return instance


CALLS: dict[type[object], Callable[[InterpreterProtocol, Any, Arguments, cst.Call, Scope], object]] = {
    DaftName: call_daft,
    ExternalName: _call_external,
    Function: _call_function,
    BoundMethod: _call_bound_method,
    Instance: _call_instance,
    UdfFunction: call_udf,
    UdfDecorator: _call_udf_decorator,
    Partial: _call_partial,
    MethodReference: _call_method_reference,
    Class: _call_class,
}
"""By the type of the value that is called."""
