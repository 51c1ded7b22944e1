"""Calls of UDFs, of their classes and methods, and of their constructors."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.attributes import class_attribute
from daft_lint.pipeline.interpreter.daft_expressions import to_expression
from daft_lint.pipeline.interpreter.definitions import (
    BoundMethod,
    Class,
    DecoratedMethod,
    Function,
    Instance,
    UdfFunction,
)
from daft_lint.pipeline.interpreter.inlining import inline
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import count_of
from daft_lint.pipeline.interpreter.udf_options import options_of, returned_weight, udf_counts
from daft_lint.pipeline.interpreter.udfs import definition_of, udf_of_function, udf_of_method
from daft_lint.pipeline.interpreter.values import UNKNOWN, DaftName, ExternalName, alternatives, is_column
from daft_lint.pipeline.model import ApiUse, Construction, Count, Expression, ExpressionKind, Udf, UdfKind


def call_udf(
    interpreter: InterpreterProtocol, callee: UdfFunction, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    """A UDF called with columns makes an expression; called with values, it runs where it stands."""
    if any(is_column(v) for v in args.values()) or (args.open and callee.cls is None):
        return _udf_expression(interpreter, callee.udf, args, node, scope)
    if callee.cls is not None:
        return callee
    if any(v is UNKNOWN for v in args.values()):
        return _udf_expression(interpreter, callee.udf, args, node, scope)
    return UNKNOWN


def call_udf_method(
    interpreter: InterpreterProtocol, callee: BoundMethod, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    """A method of a `daft.cls` object: a UDF where it gets columns."""
    mark = callee.function if isinstance(callee.function, DecoratedMethod) else None
    function = callee.function.function if isinstance(callee.function, DecoratedMethod) else callee.function
    owner = callee.instance.cls
    options = owner.udf if owner.udf is not None or mark is None else mark.options
    if options is None or not (any(is_column(v) for v in args.values()) or (mark is not None and args.values())):
        return UNKNOWN
    udf = udf_of_method(interpreter, owner, function, mark, options)
    return _udf_expression(interpreter, udf, args, node, scope)


def _udf_expression(
    interpreter: InterpreterProtocol, udf: Udf, args: Arguments, node: cst.Call, scope: Scope
) -> Expression:
    interpreter.recorder.use(udf, scope.location(node), bool(interpreter.expected_failures and interpreter.tests))
    inputs: list[Expression] = []
    keywords: list[str | None] = []
    for value, argument in args.positional:
        inputs.append(to_expression(value, argument, scope))
        keywords.append(None)
    for key, (value, argument) in args.keywords.items():
        inputs.append(to_expression(value, argument, scope))
        keywords.append(key)
    return Expression(
        ExpressionKind.UDF,
        scope.location(node),
        udf.name,
        tuple(inputs),
        tuple(keywords),
        udf=udf,
        output=next((e.output for e in inputs if e.kind is not ExpressionKind.LITERAL), None),
        weight=udf.returns,
    )


def apply_method(
    interpreter: InterpreterProtocol, owner: Expression, args: Arguments, node: cst.Call, scope: Scope
) -> Expression:
    """`expr.apply(function, return_dtype=...)`: a UDF a row at a time."""
    options = options_of(args, node, scope, "func")
    if len(args.positional) > 1:
        value, argument = args.positional[1]
        options = replace(options, keywords={**options.keywords, "return_dtype": (value, scope.location(argument))})
    given = args.value(0, "func")
    known = (_function_of(interpreter, value) for value in alternatives(given))
    function, bound = next((f for f in known if f is not None), (None, None))
    if function is not None:
        interpreter.called_nodes.add(function.node)
        udf = udf_of_function(interpreter, UdfKind.APPLY, function, options, bound)
    else:
        name = given.path.rpartition(".")[2] if isinstance(given, (ExternalName, DaftName)) else "function"
        returns = returned_weight(options, interpreter.settings.heavy_row_bytes)
        udf = Udf(name, UdfKind.APPLY, options=options.carrier, returns=returns)
    return Expression(
        ExpressionKind.UDF,
        scope.location(node),
        udf.name,
        (owner,),
        (None,),
        udf=udf,
        output=owner.output,
        weight=udf.returns,
    )


def _function_of(interpreter: InterpreterProtocol, value: object) -> tuple[Function, Class | None] | None:
    """The function of the project that a value is, and the class of the object whose method it is; of
    `lambda x: self.score(x)` the method that it does nothing but call."""
    if isinstance(value, BoundMethod) and isinstance(value.function, Function):
        return value.function, value.instance.cls
    if not isinstance(value, Function):
        return None
    called = _only_call(value.node)
    forwarded = None if called is None else interpreter.evaluate(called, value.scope)
    if isinstance(forwarded, BoundMethod) and isinstance(forwarded.function, Function):
        return forwarded.function, forwarded.instance.cls
    return value, None


def _only_call(function: cst.FunctionDef | cst.Lambda) -> cst.Attribute | None:
    """The method that a lambda calls with just what it is given itself, and does nothing else."""
    if not isinstance(function, cst.Lambda) or not isinstance(function.body, cst.Call):
        return None
    names = [p.name.value for p in function.params.params if p.default is None]
    given = [a.value.value for a in function.body.args if isinstance(a.value, cst.Name) and not (a.star or a.keyword)]
    whole = len(names) == len(function.params.params) and len(given) == len(function.body.args)
    callee = function.body.func
    return callee if whole and names == given and isinstance(callee, cst.Attribute) else None


# Classes


def construct(interpreter: InterpreterProtocol, callee: Class, args: Arguments, node: cst.Call, scope: Scope) -> object:
    """`Model(...)` of a `daft.cls` class."""
    instance = Instance(callee)
    init = class_attribute(interpreter, callee, "__init__")
    if isinstance(init, Function):
        interpreter.called_nodes.add(init.node)
        inline(interpreter, init, args, instance)
    if interpreter.expected_failures:
        return instance
    interpreter.recorder.constructions.append(
        Construction(
            name=callee.node.name.value,
            call=scope.location(node),
            definition=callee.scope.location(callee.node),
            decorator=callee.udf.carrier if callee.udf is not None else None,
            parameters=_parameter_names(init) if isinstance(init, Function) else (),
            takes_any=args.open or _may_take_anything(callee, init),
            keywords=tuple(args.keywords),
        )
    )
    return instance


def _parameter_names(init: Function) -> tuple[str, ...]:
    """Those of an `__init__`, without `self`."""
    parameters = init.node.params
    listed = (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
    return tuple(p.name.value for p in listed)[1:]


def _may_take_anything(cls: Class, init: object) -> bool:
    """Whether the class can take arguments that its `__init__` in view does not name."""
    if isinstance(init, Function):
        takes_more = init.node.params.star_kwarg is not None
    else:
        takes_more = any(base != ExternalName("builtins.object") for base in cls.bases)
    return takes_more or len(cls.node.decorators) > 1 or cls.is_dataclass


# Legacy UDFs


def legacy_udf_method(
    interpreter: InterpreterProtocol, owner: UdfFunction, name: str, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    """`.with_concurrency(4)`, `.with_init_args(...)`, `.override_options(...)` of a legacy UDF."""
    if name in ("with_concurrency", "with_init_args", "override_options"):
        definition = definition_of(owner.cls or owner.function)
        interpreter.recorder.api_uses.append(ApiUse(f"UDF.{name}", scope.location(node), definition=definition))
    udf = owner.udf
    if name == "with_concurrency":
        found = args.get(0, "concurrency")
        count = count_of(found[0], scope.location(found[1])) if found else Count(None)
        return _with_udf(interpreter, owner, replace(udf, max_concurrency=count))
    if name == "override_options":
        given = udf_counts(options_of(args, node, scope))
        changed = replace(
            udf,
            batch_size=given["batch_size"] or udf.batch_size,
            max_concurrency=given["max_concurrency"] or udf.max_concurrency,
            gpus=given["gpus"] or udf.gpus,
            cpus=given["cpus"] or udf.cpus,
        )
        return _with_udf(interpreter, owner, changed)
    if name in ("with_init_args", "run_on_process", "with_options"):
        return owner
    return UNKNOWN


def _with_udf(interpreter: InterpreterProtocol, owner: UdfFunction, udf: Udf) -> UdfFunction:
    """The same UDF with other options, in place of the one that they were given to."""
    if not interpreter.expected_failures:
        udfs = interpreter.recorder.udfs
        if owner.udf in udfs:
            udfs.remove(owner.udf)
        udfs.append(udf)
    return replace(owner, udf=udf)
