"""Nulls on their way: which expressions make them of failures, and which functions fail on None."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.column_types import back_from
from daft_lint.api.nodes import enclosing
from daft_lint.api.udf_code import called_function, dotted, own_nodes, qualified_name
from daft_lint.pipeline.model import Expression, ExpressionKind, NodeRef, Pipeline, StepKind
from daft_lint.pipeline.udf_body.libraries import USES

_REPLACING = frozenset({"fill_null", "coalesce", "is_null", "not_null", "if_else", "when", "otherwise", "eq_null_safe"})
"""Functions whose result is no null where their input is one, or not always."""
_FAILING = frozenset({
    "len", "int", "float", "list", "tuple", "set", "sorted", "iter", "sum", "min", "max", "enumerate", "reversed",
    "ord", "json.loads", "numpy.frombuffer", "PIL.Image.fromarray", "hashlib.md5", "hashlib.sha1", "hashlib.sha256",
    "zlib.crc32", "base64.b64encode", "base64.b64decode", "math.sqrt", "math.log",
})  # fmt: skip
"""Functions that raise where their first argument is None."""
_MAX_HELPERS = 2
"""Helpers inside helpers that are followed."""


def null_from(pipeline: Pipeline, index: int, expression: Expression) -> Expression | None:
    """What makes a null of a failure (`download(url, on_error="null")`) in the lineage of an expression that
    `operators[index]` evaluates; None where there is none, or a filter on the way drops the nulls."""
    if expression.kind is ExpressionKind.COLUMN:
        return None if expression.name is None else _null_column(pipeline, index, expression.name)
    if expression.kind is not ExpressionKind.FUNCTION or expression.name in _REPLACING:
        return None
    if expression.options.get("on_error") == "null":
        return expression
    found = (null_from(pipeline, index, part) for part in expression.inputs)
    return next((null for null in found if null is not None), None)


def _null_column(pipeline: Pipeline, index: int, column: str) -> Expression | None:
    for operator, named, made in back_from(pipeline, index, column):
        step = operator.step
        if step.kind is StepKind.FILTER or step.name in ("drop_null", "drop_nan"):
            read = {name for e in (*step.expressions, *step.outputs) for name in e.columns()}
            if named in read or not read or None in read:
                return None
        if step.kind is StepKind.EXPLODE:
            return None
        if made is not None:
            return null_from(pipeline, operator.index, made)
    return None


def fails_on_none(function: NodeRef, parameter: str, depth: int = 0) -> NodeRef | None:
    """The first place in a function, or in a helper of its file or class that it gives the value to, that raises where
    this parameter is None; None where the function asks for that, catches what it raises, or gives the name another
    value."""
    places = [NodeRef(function.cell, node) for node in own_nodes(function.node)]
    if any(_asks(place, parameter) or _binds(place.node, parameter) for place in places):
        return None
    for place in places:
        found = place if _fails(place, parameter) else _fails_in_helper(place, parameter, depth)
        if found is not None and not _is_caught(place, function):
            return found
    return None


def _fails_in_helper(place: NodeRef, name: str, depth: int) -> NodeRef | None:
    call = place.node
    if not isinstance(call, cst.Call) or depth >= _MAX_HELPERS:
        return None
    position = next((i for i, a in enumerate(call.args) if a.keyword is None and not a.star and _is(a.value, name)), -1)
    helper = called_function(call, place) if position >= 0 else None
    if helper is None or not isinstance(helper.node, cst.FunctionDef) or helper.node.decorators:
        return None
    parameters = (*helper.node.params.posonly_params, *helper.node.params.params)
    position += dotted(call.func).startswith("self.")
    return fails_on_none(helper, parameters[position].name.value, depth + 1) if position < len(parameters) else None


def _is(node: cst.CSTNode | None, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def _asks(place: NodeRef, name: str) -> bool:
    """Whether a place asks whether the parameter is None, or empty."""
    node = place.node
    if isinstance(node, cst.Comparison):
        return _is(node.left, name) or any(_is(part.comparator, name) for part in node.comparisons)
    if isinstance(node, cst.If | cst.IfExp | cst.While):
        return _is(node.test, name)
    if isinstance(node, cst.UnaryOperation):
        return isinstance(node.operator, cst.Not) and _is(node.expression, name)
    if isinstance(node, cst.BooleanOperation):
        return _is(node.left, name) or _is(node.right, name)
    if isinstance(node, cst.Call):
        return dotted(node.func).endswith(("isinstance", "isna", "isnull", "bool")) and any(
            _is(a.value, name) for a in node.args
        )
    return isinstance(node, cst.Match) and _is(node.subject, name)


def _binds(node: cst.CSTNode, name: str) -> bool:
    targets: Iterator[cst.CSTNode | None] = iter(())
    if isinstance(node, cst.Assign):
        targets = (target.target for target in node.targets)
    elif isinstance(node, cst.AnnAssign | cst.AugAssign | cst.NamedExpr | cst.For):
        targets = iter((node.target,))
    return any(_is(target, name) for target in targets)


def _fails(place: NodeRef, name: str) -> bool:
    node = place.node
    if isinstance(node, cst.Attribute | cst.Subscript):
        return _is(node.value, name)
    if isinstance(node, cst.For | cst.CompFor):
        return _is(node.iter, name)
    if isinstance(node, cst.BinaryOperation):
        return _is(node.left, name) and not isinstance(node.operator, cst.BitOr)
    if not isinstance(node, cst.Call) or not node.args:
        return False
    function, argument = qualified_name(node.func, place) or dotted(node.func), node.args[0].value
    if _is(argument, name):
        return function in _FAILING or function.startswith("cv2.")
    if not isinstance(argument, cst.Call) or not argument.args or not dotted(argument.func).endswith("BytesIO"):
        return False
    return function in USES and _is(argument.args[0].value, name)


def _is_caught(place: NodeRef, function: NodeRef) -> bool:
    """Whether a `try` around a place may catch what it raises."""
    for above in enclosing(place):
        if above is function.node:
            return False
        if isinstance(above, cst.Try):
            return True
    return False
