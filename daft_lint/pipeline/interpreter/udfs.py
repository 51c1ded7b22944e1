"""UDFs: what decorators, call forms and classes make, and what calling them makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

import libcst as cst

from daft_lint.pipeline import dtypes
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    Args,
    Bound,
    Class,
    DaftName,
    Decorator,
    External,
    Function,
    Instance,
    Lazy,
    Literal,
    Marked,
    MaybeColumn,
    Options,
    Scope,
    UdfFunction,
    each,
    has_daft_expression,
)
from daft_lint.pipeline.model import (
    Construction,
    Count,
    Expression,
    ExpressionKind,
    LegacyUse,
    NodeRef,
    Strength,
    Udf,
    UdfKind,
    Weight,
)
from daft_lint.pipeline.name_resolver import NameResolver
from daft_lint.pipeline.udf_body.definition import examine
from daft_lint.source.syntax import decorator_names

if TYPE_CHECKING:
    from daft_lint.pipeline.interpreter.interpret import Interpreter
    from daft_lint.source.document import Cell

KINDS = {
    "func": UdfKind.FUNC,
    "func.batch": UdfKind.FUNC_BATCH,
    "method": UdfKind.METHOD,
    "method.batch": UdfKind.METHOD_BATCH,
    "udf": UdfKind.LEGACY,
}
BATCH_KINDS = frozenset({UdfKind.FUNC_BATCH, UdfKind.METHOD_BATCH, UdfKind.LEGACY})
"""Kinds whose parameters are whole columns."""
OPTION_NAMES = {
    "batch_size": ("batch_size",),
    "max_concurrency": ("max_concurrency", "concurrency"),
    "gpus": ("gpus", "num_gpus"),
    "cpus": ("cpus", "num_cpus"),
}
"""Options of the model to their spellings, the current one first."""


class Counts(TypedDict, total=False):
    """The numbers among a UDF's options, under the model's names."""

    batch_size: Count | None
    max_concurrency: Count | None
    gpus: Count | None
    cpus: Count | None


class Udfs:
    """Makes UDFs for an interpreter, each once, and notes them in its recorder."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self.made: dict[object, Udf] = {}

    # Decorators and call forms

    def decorator(self, name: str, args: Args, node: cst.Call, scope: Scope) -> object:
        """`daft.func(...)`: a decorator with its options, or the call form with what it decorates."""
        keywords = {
            k: (v, scope.location(n)) for k, (v, n) in args.keywords.items() if k not in ("fn", "class_", "method")
        }
        options = Options(scope.location(node), keywords, legacy=name == "udf")
        decorator = Decorator(name, options)
        subject = args.value(0, "fn") or args.value(0, "class_") or args.value(0, "method")
        if subject is None or isinstance(subject, (DaftName, dtypes.DType, Literal)):
            return decorator
        return self.apply(decorator, subject, options.carrier, scope)

    def apply(self, applied: DaftName | Decorator, value: object, location: NodeRef, scope: Scope) -> object:
        """Decorate a function or class; what is no UDF decorator leaves it as it is."""
        if isinstance(applied, DaftName):
            name = maker_name(applied)
            if name is None:
                return value
            decorator = Decorator(name, Options(location, {}, legacy=name == "udf"))
        else:
            decorator = applied
        if decorator.name == "udf":
            self.interpreter.recorder.legacy.append(LegacyUse("udf", location, definition=defined(value)))
        if isinstance(value, Class):
            return self.decorate_class(decorator, value, location)
        if isinstance(value, Marked):
            return value
        if not isinstance(value, Function):
            return UdfFunction(self.opaque(decorator)) if decorator.name in ("func", "func.batch", "udf") else UNKNOWN
        self.interpreter.called.add(value.node)
        if decorator.name in ("method", "method.batch"):
            return Marked(value, decorator.name, replace(decorator.options, carrier=location))
        if decorator.name == "cls":
            return value
        return UdfFunction(self.of_function(KINDS[decorator.name], value, decorator.options), value)

    def decorate_class(self, decorator: Decorator, value: Class, location: NodeRef) -> object:
        for member in value.names.values():
            function = member.function if isinstance(member, Marked) else member
            if isinstance(function, Function):
                self.interpreter.called.add(function.node)
        options = replace(decorator.options, carrier=location)
        decorated = replace(value, udf=options, legacy=decorator.name == "udf")
        if decorator.name != "udf":
            return decorated
        call = value.names.get("__call__")
        if not isinstance(call, Function):
            return UNKNOWN
        return UdfFunction(self.of_method(decorated, call, None, options), call, decorated)

    def opaque(self, decorator: Decorator) -> Udf:
        """A UDF around a function out of view: only its options are known."""
        options = decorator.options
        return Udf(
            name="function",
            kind=KINDS[decorator.name],
            options=options.carrier,
            returns=self.returns(options, None),
            **self.counts(options),
        )

    # Making

    def of_function(
        self, kind: UdfKind, function: Function, options: Options | None, scope: Scope | None = None
    ) -> Udf:
        key = (function.node, options.carrier if options is not None else None, kind, self.numbers(options))
        known = self.made.get(key)
        if known is None:
            known = self.made[key] = self.make(kind, function, options, function.name, None, skip_self=False)
        return known

    def of_method(self, owner: Class, function: Function, mark: Marked | None, options: Options | None) -> Udf:
        """A method of a `daft.cls` class, or the `__call__` of a legacy class."""
        key = (function.node, owner.node, options.carrier if options is not None else None, self.numbers(options))
        known = self.made.get(key)
        if known is None:
            kind = UdfKind.LEGACY if owner.legacy else KINDS[mark.name] if mark is not None else UdfKind.METHOD
            merged = options
            if mark is not None and mark.options is not None:
                keywords: Mapping[str, tuple[object, NodeRef]] = options.keywords if options is not None else {}
                carrier = options.carrier if options is not None else mark.options.carrier
                merged = Options(carrier, {**keywords, **mark.options.keywords})
            name = owner.node.name.value
            if function.name != "__call__":
                name = f"{name}.{function.name}"
            static = "staticmethod" in decorator_names(function.node)
            known = self.made[key] = self.make(kind, function, merged, name, owner, skip_self=not static)
        return known

    def make(
        self,
        kind: UdfKind,
        function: Function,
        options: Options | None,
        name: str,
        owner: Class | None,
        skip_self: bool,
    ) -> Udf:
        """Examine the body and put options and body together."""
        names = Names(self.interpreter, function.scope, owner)
        declared = self.declared(options, function.scope) if options is not None else None
        body = examine(
            function.node,
            names,
            skip_self=skip_self,
            heavy_row_bytes=self.interpreter.settings.heavy_row_bytes,
            declared=declared,
            batch=kind in BATCH_KINDS,
        )
        definition = function.scope.location(function.node if owner is None else owner.node)
        udf = Udf(
            name=name,
            kind=kind,
            definition=definition,
            options=options.carrier if options is not None else None,
            parameters=body.parameters,
            returns=body.returns,
            is_async=body.is_async,
            is_generator=body.is_generator,
            is_class=owner is not None,
            unsized_output=body.unsized_output,
            model_loads=body.model_loads if owner is None else (),
            **self.counts(options),
        )
        if not self.interpreter.expects_failure:
            self.interpreter.recorder.udfs.append(udf)
        return udf

    def counts(self, options: Options | None) -> Counts:
        """The numbers that the options give."""
        keywords: Mapping[str, tuple[object, NodeRef]] = options.keywords if options is not None else {}
        return Counts(
            batch_size=self.option(keywords, "batch_size"),
            max_concurrency=self.option(keywords, "max_concurrency"),
            gpus=self.option(keywords, "gpus"),
            cpus=self.option(keywords, "cpus"),
        )

    def numbers(self, options: Options | None) -> tuple[int | None, ...]:
        """What tells two UDFs apart that a factory makes at one place: called with 16 and with 256."""
        given = self.counts(options)
        counts = (given["batch_size"], given["max_concurrency"], given["gpus"], given["cpus"])
        return tuple(None if count is None else count.value for count in counts)

    def option(self, keywords: Mapping[str, tuple[object, NodeRef]], name: str) -> Count | None:
        """One of them, by any of its spellings; None where it is not given, or given as None."""
        for spelling in OPTION_NAMES[name]:
            if spelling in keywords:
                value, location = keywords[spelling]
                is_none = isinstance(value, Literal) and value.value is None
                return None if is_none else self.interpreter.steps.count_of(value, location)
        return None

    def declared(self, options: Options, scope: Scope) -> dtypes.DType | None:
        """The `return_dtype`, as a type."""
        given = options.keywords.get("return_dtype")
        if given is None:
            return None
        value, location = given
        if isinstance(value, dtypes.DType):
            return value
        if isinstance(value, Literal):
            return dtypes.from_value(value.value)
        node = location.node
        if isinstance(node, cst.BaseExpression):
            return dtypes.from_annotation(node, Names(self.interpreter, scope, None))
        return None

    def returns(self, options: Options, function: Function | None) -> Weight:
        scope = function.scope if function is not None else None
        if scope is None:
            given = options.keywords.get("return_dtype")
            dtype = given[0] if given is not None and isinstance(given[0], dtypes.DType) else None
        else:
            dtype = self.declared(options, scope)
        if dtype is None:
            return Weight.UNKNOWN
        return dtype.weight(Strength.PROOF, options.carrier, self.interpreter.settings.heavy_row_bytes)

    # Calling

    def call(self, callee: UdfFunction, args: Args, node: cst.Call, scope: Scope) -> object:
        """A UDF called with columns makes an expression; called with values, it runs where it stands."""
        if any(is_column(v) for v in args.values()) or (args.open and not callee.of):
            return self.expression(callee.udf, args, node, scope)
        if callee.of is not None:
            return callee
        unknown = any(v is UNKNOWN for v in args.values())
        if unknown:
            return self.expression(callee.udf, args, node, scope)
        return UNKNOWN

    def expression(self, udf: Udf, args: Args, node: cst.Call, scope: Scope) -> Expression:
        steps = self.interpreter.steps
        inputs: list[Expression] = []
        keywords: list[str | None] = []
        for value, argument in args.positional:
            inputs.append(steps.expression(value, argument, scope))
            keywords.append(None)
        for key, (value, argument) in args.keywords.items():
            inputs.append(steps.expression(value, argument, scope))
            keywords.append(key)
        output = next((e.output for e in inputs if e.kind is not ExpressionKind.LITERAL), None)
        return Expression(
            ExpressionKind.UDF,
            scope.location(node),
            udf.name,
            tuple(inputs),
            tuple(keywords),
            udf=udf,
            output=output,
            weight=udf.returns,
        )

    def call_method(self, callee: Bound, args: Args, node: cst.Call, scope: Scope) -> object:
        """A method of a `daft.cls` object: a UDF where it gets columns."""
        mark = callee.function if isinstance(callee.function, Marked) else None
        function = callee.function.function if isinstance(callee.function, Marked) else callee.function
        if not any(is_column(v) for v in args.values()) and (mark is None or not args.values()):
            return UNKNOWN
        owner = callee.instance.of
        udf = self.of_method(owner, function, mark, callee.instance.overrides or owner.udf)
        return self.expression(udf, args, node, scope)

    def construct(self, callee: Class, args: Args, node: cst.Call, scope: Scope) -> object:
        """`Model(...)` of a `daft.cls` class."""
        interpreter = self.interpreter
        init = interpreter.class_attribute(callee, "__init__")
        instance = Instance(callee)
        parameters: tuple[str, ...] = ()
        takes_any = args.open
        if isinstance(init, Function):
            listed = init.node.params
            parameters = tuple(p.name.value for p in (*listed.posonly_params, *listed.params, *listed.kwonly_params))[
                1:
            ]
            takes_any = takes_any or listed.star_kwarg is not None
            interpreter.called.add(init.node)
            interpreter.inline(init, args, instance)
        elif any(not (isinstance(b, External) and b.path == "builtins.object") for b in callee.bases):
            takes_any = True
        if interpreter.expects_failure:
            return instance
        others = len(callee.node.decorators) > 1
        interpreter.recorder.constructions.append(
            Construction(
                name=callee.node.name.value,
                call=scope.location(node),
                definition=callee.scope.location(callee.node),
                decorator=callee.udf.carrier if callee.udf is not None else None,
                parameters=parameters,
                takes_any=takes_any or others or callee.dataclass,
                keywords=tuple(args.keywords),
            )
        )
        return instance

    def apply_method(self, owner: Expression, args: Args, node: cst.Call, scope: Scope) -> Expression:
        """`expr.apply(function, return_dtype=...)`: a UDF a row at a time."""
        keywords = {k: (v, scope.location(n)) for k, (v, n) in args.keywords.items() if k != "func"}
        if len(args.positional) > 1:
            value, argument = args.positional[1]
            keywords["return_dtype"] = (value, scope.location(argument))
        options = Options(scope.location(node), keywords)
        function = args.value(0, "func")
        candidates = [f for f in each(function) if isinstance(f, Function)]
        if candidates:
            self.interpreter.called.add(candidates[0].node)
            udf = self.of_function(UdfKind.APPLY, candidates[0], options)
        else:
            name = external_name(function)
            udf = Udf(name, UdfKind.APPLY, options=options.carrier, returns=self.returns(options, None))
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

    def method(self, owner: UdfFunction, name: str, args: Args, node: cst.Call, scope: Scope) -> object:
        """`.with_concurrency(4)`, `.with_init_args(...)`, `.override_options(...)` of a legacy UDF."""
        if name in ("with_concurrency", "with_init_args", "override_options"):
            definition = defined(owner.of or owner.function)
            self.interpreter.recorder.legacy.append(LegacyUse(name, scope.location(node), definition=definition))
        if name == "with_concurrency":
            found = args.get(0, "concurrency")
            count = self.interpreter.steps.count_of(found[0], scope.location(found[1])) if found else Count(None)
            return self.changed(owner, replace(owner.udf, max_concurrency=count))
        if name == "override_options":
            given = self.counts(
                Options(scope.location(node), {k: (v, scope.location(n)) for k, (v, n) in args.keywords.items()})
            )
            udf = owner.udf
            changed = replace(
                udf,
                batch_size=given["batch_size"] or udf.batch_size,
                max_concurrency=given["max_concurrency"] or udf.max_concurrency,
                gpus=given["gpus"] or udf.gpus,
                cpus=given["cpus"] or udf.cpus,
            )
            return self.changed(owner, changed)
        if name in ("with_init_args", "run_on_process", "with_options"):
            return owner
        return UNKNOWN

    def changed(self, owner: UdfFunction, udf: Udf) -> UdfFunction:
        """The same UDF with other options, in place of the one that they were given to."""
        udfs = self.interpreter.recorder.udfs
        if owner.udf in udfs:
            udfs.remove(owner.udf)
        udfs.append(udf)
        return replace(owner, udf=udf)


def defined(value: object) -> NodeRef | None:
    """Where a function or class of the tree is defined."""
    return value.scope.location(value.node) if isinstance(value, (Function, Class)) else None


class Names:
    """The names that a definition sees, as a `NameResolver`."""

    def __init__(self, interpreter: Interpreter, scope: Scope, owner: Class | None) -> None:
        self.interpreter = interpreter
        self.scope = scope
        self.owner = owner

    @property
    def cell(self) -> Cell:
        return self.scope.cell

    def value(self, dotted: str) -> object | None:
        """What a dotted name holds, None where its root is not bound."""
        root, *rest = dotted.split(".")
        if root in ("self", "cls") and self.owner is not None and len(rest) == 1:
            return self.interpreter.class_attribute(self.owner, rest[0])
        value = self.scope.get(root)
        if isinstance(value, Lazy):
            value = self.interpreter.force(value, self.scope)
        for name in rest:
            if isinstance(value, DaftName):
                value = DaftName(f"{value.path}.{name}")
            elif isinstance(value, External):
                value = External(f"{value.path}.{name}")
            elif isinstance(value, Class):
                value = self.interpreter.class_attribute(value, name)
            else:
                return None
        return value

    def qualified(self, dotted: str) -> str | None:
        value = self.value(dotted)
        return value.path if isinstance(value, (DaftName, External)) else None

    def function(self, dotted: str) -> tuple[cst.FunctionDef, NameResolver] | None:
        value = self.value(dotted)
        if isinstance(value, (Marked, UdfFunction)):
            value = value.function
        if isinstance(value, Function) and isinstance(value.node, cst.FunctionDef):
            return value.node, Names(self.interpreter, value.scope, value.owner)
        return None

    def classdef(self, dotted: str) -> tuple[cst.ClassDef, NameResolver] | None:
        value = self.value(dotted)
        if isinstance(value, Class):
            return value.node, Names(self.interpreter, value.scope, value)
        return None


def maker_name(name: DaftName) -> str | None:
    """The decorator that a name of Daft's is: `func`, `func.batch`, `cls`, `method`, `method.batch`, `udf`."""
    parts = name.path.split(".")
    last = ".".join(parts[-2:]) if parts[-1] == "batch" else parts[-1]
    return last if last in ("func", "func.batch", "cls", "method", "method.batch", "udf") else None


def is_column(value: object) -> bool:
    """An expression, or what is one where a DataFrame's column is meant."""
    return isinstance(value, MaybeColumn) or has_daft_expression(value)


def external_name(value: object) -> str:
    return value.path.rpartition(".")[2] if isinstance(value, (External, DaftName)) else "function"
