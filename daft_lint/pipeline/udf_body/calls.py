"""Calls: of helpers in view, which are entered, of library functions, of methods."""

from __future__ import annotations

from collections.abc import Sequence

from daft_lint.pipeline.udf_body import libraries
from daft_lint.pipeline.udf_body.model_loads import note
from daft_lint.pipeline.udf_body.reads import (
    array_bytes,
    client_method,
    ends_scheme,
    is_small_count,
    library_call,
    literal,
    row_method,
)
from daft_lint.pipeline.udf_body.tracking import NOTHING, CallArgument, Callee, Form, Frame, Small, TrackedValue, union
from daft_lint.pipeline.udf_body.walk import BodyWalk
from daft_lint.source import cst
from daft_lint.source.syntax import dotted

_MAX_HELPERS = 4
"""Helpers inside helpers that are followed."""
_SUPER = "super"
"""What makes the object whose methods are those of the base classes."""


def call(walk: BodyWalk, node: cst.Call) -> TrackedValue:
    """What a call gives; what it does with its arguments is reported."""
    arguments = [
        CallArgument(walk.evaluate(a.value), a.value, a.keyword.value if a.keyword else None, a.star) for a in node.args
    ]
    spelled = dotted(node.func)
    if spelled:
        _note_embedding(walk, spelled)
        name = walk.qualified(spelled)
        helper = _helper(walk, spelled)
        if helper is not None:
            return _enter(walk, helper, arguments)
        if name:
            known = library_call(walk, node, name, arguments)
            if known is not None:
                return known
    if isinstance(node.func, cst.Attribute):
        return _method(walk, node, node.func, arguments)
    callee = walk.frame.names.get(node.func.value) if isinstance(node.func, cst.Name) else walk.evaluate(node.func)
    if callee is not None and callee.made_by in libraries.DECODING_OBJECTS and arguments:
        walk.report(libraries.Use.DECODES, arguments[0].value, node)
    elif callee is not None and callee.function is not None and not isinstance(node.func, cst.Name):
        return _enter(walk, callee.function, arguments)
    return _unknown(walk, node, spelled, arguments)


def _note_embedding(walk: BodyWalk, spelled: str) -> None:
    owner, _, last = spelled.rpartition(".")
    if libraries.EMBEDDING_NAMES.search(last) or (last in libraries.EMBEDDING_METHODS and owner):
        walk.embeds = True


def _helper(walk: BodyWalk, spelled: str) -> Callee | None:
    """The function in view that a name stands for."""
    held = walk.frame.names.get(spelled)
    if held is not None:
        return held.function
    if spelled.partition(".")[0] in walk.frame.names and not spelled.startswith("self."):
        return None
    found = walk.frame.resolver.function(spelled)
    return Callee(*found) if found is not None else None


def _enter(walk: BodyWalk, helper: Callee, arguments: Sequence[CallArgument]) -> TrackedValue:
    """What a helper in view returns; what it does with its arguments is reported on the way."""
    # only the definition that is examined and _MAX_HELPERS of its helpers, none of them twice
    if len(walk.active) > _MAX_HELPERS or any(d is helper.definition for d in walk.active):
        return NOTHING
    outer = walk.frame
    nested = bool(helper.closure) or helper.resolver is outer.resolver
    frame = Frame(
        helper.resolver,
        {**helper.closure, **_bound_parameters(helper.definition, arguments)},
        cached=outer.is_kept,
        imports=dict(outer.imports) if nested else {},
    )
    walk.enter(helper.definition, frame)
    return union(frame.returned)


def _bound_parameters(
    definition: cst.FunctionDef | cst.Lambda, arguments: Sequence[CallArgument]
) -> dict[str, TrackedValue]:
    """The parameters of a definition with the arguments of a call."""
    listed = [p.name.value for p in (*definition.params.posonly_params, *definition.params.params)]
    if listed[:1] in (["self"], ["cls"]):
        listed = listed[1:]
    names: dict[str, TrackedValue] = {p.name.value: NOTHING for p in _all_parameters(definition)}
    rest: list[TrackedValue] = []
    position = 0
    for argument in arguments:
        if argument.star:
            names.update({n: argument.value.keep() for n in listed[position:]})
            rest.append(argument.value.keep())
        elif argument.keyword is not None:
            names[argument.keyword] = argument.value
        elif position < len(listed):
            names[listed[position]] = argument.value
            position += 1
        else:
            rest.append(argument.value)
    star = definition.params.star_arg
    if isinstance(star, cst.Param):
        names[star.name.value] = union(rest)
    return names


def _all_parameters(definition: cst.FunctionDef | cst.Lambda) -> list[cst.Param]:
    """Every named parameter of a definition."""
    params = definition.params
    found = [*params.posonly_params, *params.params, *params.kwonly_params]
    return found + [p for p in (params.star_arg, params.star_kwarg) if isinstance(p, cst.Param)]


def _method(walk: BodyWalk, node: cst.Call, func: cst.Attribute, arguments: Sequence[CallArgument]) -> TrackedValue:
    """A call of a method, or of a function that is reached by an attribute."""
    receiver = walk.evaluate(func.value)
    method = func.attr.value
    if receiver.made_by == _SUPER:
        inherited = walk.frame.resolver.function(f"super.{method}")
        return _enter(walk, Callee(*inherited), arguments) if inherited is not None else NOTHING
    if method == "convert" and receiver.made_by in libraries.IMAGE_MAKERS:
        return receiver
    if method in libraries.ARRAY_METHODS and receiver.made_by is Small.ARRAY:
        return receiver
    if (method in ("encode", "decode") and receiver.made_by is Small.BYTES) or _encodes_text(
        walk, method, receiver, arguments
    ):
        return TrackedValue(made_by=Small.BYTES)
    if method == "tobytes" and receiver.made_by is Small.ARRAY:
        return TrackedValue(made_by=Small.BYTES)
    reads_prefix = method == "read" and len(arguments) == 1 and is_small_count(arguments[0].node)
    if method in libraries.SMALL_METHODS or reads_prefix:
        if method == "read" and receiver.form is Form.ROW:
            walk.report(libraries.Use.OPENS, receiver, node)
        return TrackedValue(made_by=Small.BYTES)
    if method == "reshape" and array_bytes([a.node for a in arguments]) < walk.heavy_row_bytes:
        return TrackedValue(receiver.params, receiver.form, receiver.anchored, Small.ARRAY)
    if receiver.params:
        known = row_method(walk, node, receiver, method, arguments)
        if known is not None:
            return known
    if method == "format" and (text := literal(func.value)) is not None:
        whole = union([a.value for a in arguments])
        anchored = ends_scheme(text.partition("{")[0])
        return TrackedValue(whole.params, whole.form, anchored) if whole.params else NOTHING
    if method in libraries.ADDING_METHODS and isinstance(func.value, cst.Name):
        for argument in arguments:
            walk.add_to(func.value.value, argument.value)
        return NOTHING
    if client_method(walk, node, func, receiver, arguments):
        return NOTHING
    if method in libraries.MODEL_LOADING_METHODS and isinstance(func.value, cst.Name) and not receiver.params:
        note(walk, node, walk.model_loads)
    if receiver.made_by in libraries.DECODING_OBJECTS:
        return NOTHING
    return _unknown(walk, node, dotted(func) or method, arguments)


def _encodes_text(walk: BodyWalk, method: str, receiver: TrackedValue, arguments: Sequence[CallArgument]) -> bool:
    """`f"{a}/{b}".encode()`, `text.encode("utf-8")`: the `encode` of a string, which takes no more than texts."""
    is_row = bool(receiver.params) and all(walk.declared_heavy.get(name) is False for name in receiver.params)
    is_text = receiver.made_by in (Small.TEXT, Small.NEUTRAL) or is_row
    return method == "encode" and is_text and all(literal(argument.node) is not None for argument in arguments)


def _unknown(walk: BodyWalk, node: cst.Call, spelled: str, arguments: Sequence[CallArgument]) -> TrackedValue:
    """A call of something not known: a helper among its arguments is applied to those behind it."""
    if libraries.PROCESSOR_NAMES.search(spelled):
        for argument in arguments:
            if argument.keyword in libraries.PROCESSOR_KEYWORDS:
                walk.report(libraries.Use.DECODES, argument.value, node)
    for index, argument in enumerate(arguments):
        if argument.value.function is not None:
            value = _enter(walk, argument.value.function, arguments[index + 1 :])
            return value if spelled.rsplit(".", 1)[-1] in ("map", "submit", "to_thread", "run_in_executor") else NOTHING
    if spelled in ("filter", "asyncio.gather", "asyncio.run") and arguments:
        return union([a.value for a in arguments]).keep()
    name = walk.qualified(spelled) if spelled else ""
    return TrackedValue(made_by=name) if name in libraries.DECODING_OBJECTS or name == _SUPER else NOTHING
