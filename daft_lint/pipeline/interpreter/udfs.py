"""UDFs that decorators, call forms and classes make."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from daft_lint.pipeline import dtypes
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.attributes import class_attribute
from daft_lint.pipeline.interpreter.definitions import (
    BoundMethod,
    Class,
    DecoratedMethod,
    Function,
    UdfDecorator,
    UdfFunction,
    UdfOptions,
)
from daft_lint.pipeline.interpreter.name_resolver import ScopeNames
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.udf_options import (
    count_values,
    declared_type,
    options_of,
    returned_weight,
    udf_counts,
)
from daft_lint.pipeline.interpreter.values import UNKNOWN, DaftName, Literal
from daft_lint.pipeline.model import ApiUse, NodeRef, Udf, UdfKind
from daft_lint.source.syntax import decorator_names

UDF_DECORATORS: dict[str, UdfKind | None] = {
    "func": UdfKind.FUNC,
    "func.batch": UdfKind.FUNC_BATCH,
    "cls": None,
    "method": UdfKind.METHOD,
    "method.batch": UdfKind.METHOD_BATCH,
    "udf": UdfKind.LEGACY,
}
"""What decorates a UDF to the kind that it makes; a class has methods of several kinds."""
METHOD_KINDS = frozenset({UdfKind.METHOD, UdfKind.METHOD_BATCH})
BATCH_KINDS = frozenset({UdfKind.FUNC_BATCH, UdfKind.METHOD_BATCH, UdfKind.LEGACY})
"""Kinds whose parameters are whole columns."""


def decorator_spelling(name: DaftName) -> str | None:
    """The key in `UDF_DECORATORS` of a name of Daft's, None where it is none."""
    parts = name.path.split(".")
    last = ".".join(parts[-2:]) if parts[-1] == "batch" else parts[-1]
    is_function = len(parts) > 2 and parts[1] == "functions"
    return last if last in UDF_DECORATORS and not is_function else None


# Decorators and call forms


def call_decorator(
    interpreter: InterpreterProtocol, spelling: str, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    """`daft.func(...)`: a decorator with its options, or the call form with what it decorates."""
    options = options_of(args, node, scope, "fn", "class_", "method")
    decorator = UdfDecorator(UDF_DECORATORS[spelling], options)
    subject = args.value(0, "fn") or args.value(0, "class_") or args.value(0, "method")
    if subject is None or isinstance(subject, (DaftName, dtypes.DType, Literal)):
        return decorator
    return decorate(interpreter, decorator, subject, options.carrier)


def decorate(
    interpreter: InterpreterProtocol, applied: DaftName | UdfDecorator, value: object, location: NodeRef
) -> object:
    """Decorate a function or class; what is no UDF decorator leaves it as it is."""
    if isinstance(applied, UdfDecorator):
        decorator = applied
    else:
        spelling = decorator_spelling(applied)
        if spelling is None:
            return value
        decorator = UdfDecorator(UDF_DECORATORS[spelling], UdfOptions(location))
    kind = decorator.kind
    if kind is UdfKind.LEGACY:
        interpreter.recorder.api_uses.append(ApiUse("daft.udf", location, definition=definition_of(value)))
    if isinstance(value, Class):
        return _decorate_class(interpreter, decorator, value, location)
    if isinstance(value, DecoratedMethod):
        return value
    bound = None
    if isinstance(value, BoundMethod) and kind not in METHOD_KINDS:
        bound, value = value.instance.cls, value.function
    if isinstance(value, Function):
        interpreter.udf_bodies.append(value)
    else:
        if kind is None or kind in METHOD_KINDS:
            return UNKNOWN
        return UdfFunction(_opaque_udf(interpreter, kind, decorator.options))
    interpreter.called_nodes.add(value.node)
    if kind is None:
        return value
    if kind in METHOD_KINDS:
        return DecoratedMethod(value, kind, replace(decorator.options, carrier=location))
    return UdfFunction(udf_of_function(interpreter, kind, value, decorator.options, bound), value)


def _decorate_class(
    interpreter: InterpreterProtocol, decorator: UdfDecorator, value: Class, location: NodeRef
) -> object:
    for member in value.names.values():
        function = member.function if isinstance(member, DecoratedMethod) else member
        if isinstance(function, Function):
            interpreter.called_nodes.add(function.node)
            interpreter.udf_bodies.append(function)
    options = replace(decorator.options, carrier=location)
    is_legacy = decorator.kind is UdfKind.LEGACY
    decorated = replace(value, udf=options, is_legacy_udf=is_legacy)
    if not is_legacy:
        if not interpreter.expected_failures:
            interpreter.udf_classes.append(decorated)
        return decorated
    call = value.names.get("__call__")
    if not isinstance(call, Function):
        return UNKNOWN
    return UdfFunction(udf_of_method(interpreter, decorated, call, None, options), call, decorated)


def definition_of(value: object) -> NodeRef | None:
    """Where a function or class of the project is defined."""
    return value.scope.location(value.node) if isinstance(value, (Function, Class)) else None


# UDFs, each made once


def _opaque_udf(interpreter: InterpreterProtocol, kind: UdfKind, options: UdfOptions) -> Udf:
    """A UDF around a function out of view: only its options are known."""
    return Udf(
        name="function",
        kind=kind,
        options=options.carrier,
        returns=returned_weight(options, interpreter.settings.heavy_row_bytes),
        **udf_counts(options),
    )


def udf_of_function(
    interpreter: InterpreterProtocol,
    kind: UdfKind,
    function: Function,
    options: UdfOptions,
    bound: Class | None = None,
) -> Udf:
    """A function, or a method of an object of the class `bound`, as a UDF."""
    key = (function.node, options.carrier, kind, count_values(options))
    known = interpreter.udfs.get(key)
    if known is None:
        known = interpreter.udfs[key] = _make_udf(interpreter, kind, function, options, function.name, None, bound)
    return known


def udf_of_method(
    interpreter: InterpreterProtocol,
    owner: Class,
    function: Function,
    mark: DecoratedMethod | None,
    options: UdfOptions,
) -> Udf:
    """A method of a `daft.cls` class, or the `__call__` of a legacy class; `options` are those of the class."""
    key = (function.node, owner.node, options.carrier, count_values(options))
    known = interpreter.udfs.get(key)
    if known is None:
        kind = UdfKind.LEGACY if owner.is_legacy_udf else mark.kind if mark is not None else UdfKind.METHOD
        if mark is not None:
            options = UdfOptions(options.carrier, {**options.keywords, **mark.options.keywords})
        name = owner.node.name.value
        if function.name != "__call__":
            name = f"{name}.{function.name}"
        known = interpreter.udfs[key] = _make_udf(interpreter, kind, function, options, name, owner)
    return known


def _make_udf(
    interpreter: InterpreterProtocol,
    kind: UdfKind,
    function: Function,
    options: UdfOptions,
    name: str,
    owner: Class | None,
    bound: Class | None = None,
) -> Udf:
    """Examine the body and put options and body together; `owner` is the class of a UDF class, `bound` that of a plain
    object whose method it is."""
    # Late: eight modules that only a script with UDFs needs.
    from daft_lint.pipeline.udf_body.definition import examine

    cls = owner or bound
    body = examine(
        function.node,
        ScopeNames(interpreter, function.scope, cls),
        skip_self=cls is not None and not decorator_names(function.node) & {"staticmethod"},
        heavy_row_bytes=interpreter.settings.heavy_row_bytes,
        declared=declared_type(options, ScopeNames(interpreter, function.scope)),
        batch=kind in BATCH_KINDS,
    )
    init_loads, init_connections = _made_by_init(interpreter, owner)
    udf = Udf(
        name=name,
        kind=kind,
        definition=function.scope.location(function.node if owner is None else owner.node),
        options=options.carrier,
        parameters=body.parameters,
        returns=body.returns,
        return_type=body.return_type,
        is_async=body.is_async,
        is_generator=body.is_generator,
        is_class=owner is not None,
        unsized_output=body.unsized_output,
        model_loads=body.model_loads if owner is None else (),
        connections=body.connections if owner is None else (),
        init_model_loads=init_loads,
        init_connections=init_connections,
        **udf_counts(options),
    )
    if not interpreter.expected_failures:
        interpreter.recorder.udfs.append(udf)
    return udf


def _made_by_init(
    interpreter: InterpreterProtocol, owner: Class | None
) -> tuple[tuple[NodeRef, ...], tuple[NodeRef, ...]]:
    """The models that the `__init__` of a class loads, and what it connects to."""
    init = class_attribute(interpreter, owner, "__init__") if owner is not None else None
    if not isinstance(init, Function) or not isinstance(init.node, cst.FunctionDef):
        return (), ()
    from daft_lint.pipeline.udf_body.definition import made_by_init

    return made_by_init(init.node, ScopeNames(interpreter, init.scope, owner))
