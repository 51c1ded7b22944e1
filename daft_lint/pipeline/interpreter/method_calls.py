"""Calls of methods, by what they are called on."""

from __future__ import annotations

import libcst as cst

from daft_lint.pipeline import catalog
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.container_methods import dict_method, list_method, parser_method, string_method
from daft_lint.pipeline.interpreter.dataframe_methods import dataframe_method, grouped_method
from daft_lint.pipeline.interpreter.definitions import Function, UdfFunction
from daft_lint.pipeline.interpreter.expression_methods import expression_method, namespace_method, when_method
from daft_lint.pipeline.interpreter.inlining import inline
from daft_lint.pipeline.interpreter.library_calls import call_external
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import add_open_dataframe, receiver_of
from daft_lint.pipeline.interpreter.udf_calls import legacy_udf_method
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    Attributes,
    DaftObject,
    DataFrame,
    DictValue,
    ExpressionNamespace,
    ExternalCall,
    GroupedDataFrame,
    ListValue,
    Literal,
    OpenParameter,
    WhenExpression,
    as_list,
    daft_object,
    has_daft_expression,
)
from daft_lint.pipeline.model import Expression, SourceKind


def call_method(
    interpreter: InterpreterProtocol, owner: object, name: str, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    """`owner.name(...)`."""
    if isinstance(owner, DataFrame):
        return dataframe_method(interpreter, owner, name, args, node, scope)
    if isinstance(owner, Expression):
        return expression_method(interpreter, owner, name, args, node, scope)
    if isinstance(owner, ExpressionNamespace):
        return namespace_method(interpreter, owner, name, args, node, scope)
    if isinstance(owner, GroupedDataFrame):
        return grouped_method(interpreter, owner, name, args, node, scope)
    if isinstance(owner, UdfFunction):
        return legacy_udf_method(interpreter, owner, name, args, node, scope)
    if isinstance(owner, DaftObject):
        interpreter.recorder.escape(*args.values())
        return owner if owner.name == "Window" else daft_object([owner.name, name])
    if isinstance(owner, WhenExpression):
        return when_method(owner, name, args, node, scope)
    if isinstance(owner, Function) and name == "remote":
        return inline(interpreter, owner, args, None)
    if owner is UNKNOWN or isinstance(owner, (OpenParameter, ExternalCall)):
        return _unknown_method(interpreter, owner, name, args, node, scope)
    return _container_method(interpreter, owner, name, args, node, scope)


def _unknown_method(
    interpreter: InterpreterProtocol, owner: object, name: str, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    """A receiver out of view is a DataFrame where it takes an Expression of Daft's as a DataFrame would, or has a
    method that only Daft's have."""
    spec = catalog.STEPS.get(name)
    if spec is not None and (name in catalog.DAFT_ONLY_STEPS or any(has_daft_expression(v) for v in args.values())):
        if isinstance(owner, OpenParameter):
            frame = add_open_dataframe(interpreter, owner.location, SourceKind.PARAMETER, owner.function)
        else:
            location = scope.location(receiver_of(node) or node)
            frame = add_open_dataframe(interpreter, location, SourceKind.UNKNOWN)
        return dataframe_method(interpreter, frame, name, args, node, scope)
    if isinstance(owner, ExternalCall):
        return call_external(interpreter, f"{owner.path}.{name}", args, interpreter.root_scope)
    interpreter.recorder.escape(*args.values())
    return UNKNOWN


def _container_method(
    interpreter: InterpreterProtocol, owner: object, name: str, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    owner = as_list(owner)
    if isinstance(owner, ListValue):
        return list_method(interpreter, owner, name, args, node, scope)
    if isinstance(owner, DictValue):
        return dict_method(interpreter, owner, name, args)
    if isinstance(owner, Attributes):
        return parser_method(owner, name, args)
    if isinstance(owner, Literal) and isinstance(owner.value, str):
        return string_method(owner, name, args)
    interpreter.recorder.escape(*args.values())
    return UNKNOWN
