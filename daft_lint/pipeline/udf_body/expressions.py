"""What each kind of expression, calls apart, holds of the rows of parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from daft_lint.pipeline.udf_body.reads import ends_scheme, is_small_count, literal
from daft_lint.pipeline.udf_body.tracking import NOTHING, Callee, Small, TrackedValue, union
from daft_lint.pipeline.udf_body.walk import BodyWalk
from daft_lint.source import cst
from daft_lint.source.syntax import constant, dotted

_SCHEME = re.compile(r"^(\w+:)?//$")
"""What may stand before a URL or path without making it that of a fixed host."""
_NEUTRAL = TrackedValue(made_by=Small.NEUTRAL)
_SMALL_ATTRIBUTES = frozenset({"shape", "size", "name", "path", "ndim", "dtype", "mode", "format", "stem", "suffix"})
"""Attributes of an image, an array or a path that hold none of its data."""


def _name(walk: BodyWalk, node: cst.Name) -> TrackedValue:
    if node.value in ("None", "True", "False"):
        return _NEUTRAL
    value = walk.frame.names.get(node.value)
    if value is not None:
        return value
    helper = walk.frame.resolver.function(node.value)
    return TrackedValue(function=Callee(*helper)) if helper is not None else NOTHING


def _constant(walk: BodyWalk, node: cst.BaseExpression) -> TrackedValue:
    return _NEUTRAL


def _attribute(walk: BodyWalk, node: cst.Attribute) -> TrackedValue:
    name = dotted(node)
    if name in walk.frame.names:
        return walk.frame.names[name]
    if name.startswith("self."):
        helper = walk.frame.resolver.function(name)
        if helper is not None:
            return TrackedValue(function=Callee(*helper))
    value = walk.evaluate(node.value)
    if node.attr.value in _SMALL_ATTRIBUTES:
        return NOTHING
    return value.keep() if value.params else NOTHING


def _subscript(walk: BodyWalk, node: cst.Subscript) -> TrackedValue:
    value = walk.evaluate(node.value)
    for element in node.slice:
        if isinstance(element.slice, cst.Slice) and element.slice.lower is None and is_small_count(element.slice.upper):
            return TrackedValue(value.params, value.form, value.anchored, Small.BYTES)
        if isinstance(element.slice, cst.Index):
            index = element.slice.value
            position = constant(index) if isinstance(index, cst.Integer) else None
            if isinstance(position, int) and position < len(value.items):
                return value.items[position]
            walk.evaluate(index)
    return value.keep() if value.params else NOTHING


def _display(walk: BodyWalk, node: cst.List | cst.Tuple | cst.Set) -> TrackedValue:
    values = tuple(walk.evaluate(element.value) for element in node.elements)
    whole = union(values or (_NEUTRAL,))
    items = values if isinstance(node, cst.Tuple) else ()
    return TrackedValue(whole.params, whole.form, whole.anchored, whole.made_by, items)


def _dict(walk: BodyWalk, node: cst.Dict) -> TrackedValue:
    return union([walk.evaluate(element.value) for element in node.elements]).keep()


def _comprehension(walk: BodyWalk, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> TrackedValue:
    before = walk.frame.names
    walk.frame.names = dict(before)
    clause: cst.CompFor | None = node.for_in
    while clause is not None:
        walk.bind(clause.target, walk.evaluate(clause.iter))
        for condition in clause.ifs:
            walk.evaluate(condition.test)
        clause = clause.inner_for_in
    element = node.value if isinstance(node, cst.DictComp) else node.elt
    value = walk.evaluate(element)
    walk.frame.names = before
    return value


def _binary(walk: BodyWalk, node: cst.BinaryOperation) -> TrackedValue:
    left, right = walk.evaluate(node.left), walk.evaluate(node.right)
    value = union((left, right)).keep()
    if isinstance(node.operator, (cst.Add, cst.Modulo)) and literal(node.left) is not None:
        value = TrackedValue(value.params, value.form, value.anchored, Small.TEXT)
    if left.params or not right.params:
        return value
    text = literal(node.left)
    if isinstance(node.left, (cst.Integer, cst.Float)) or (text is not None and (not text or _SCHEME.search(text))):
        return value
    return TrackedValue(value.params, value.form, False, value.made_by)


def _formatted(walk: BodyWalk, node: cst.FormattedString) -> TrackedValue:
    anchored: bool | None = None
    values = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            if anchored is None and not ends_scheme(part.value):
                anchored = False
        elif isinstance(part, cst.FormattedStringExpression):
            value = walk.evaluate(part.expression)
            values.append(value)
            if anchored is None:
                anchored = bool(value.params) and value.anchored
    whole = union(values)
    return TrackedValue(whole.params, whole.form, bool(anchored), Small.TEXT)


def _concatenated(walk: BodyWalk, node: cst.ConcatenatedString) -> TrackedValue:
    left, right = walk.evaluate(node.left), walk.evaluate(node.right)
    if left.params:
        return left
    text = literal(node.left)
    return right if text is None or ends_scheme(text) else TrackedValue(right.params, right.form, anchored=False)


def _conditional(walk: BodyWalk, node: cst.IfExp) -> TrackedValue:
    walk.evaluate(node.test)
    return union((walk.evaluate(node.body), walk.evaluate(node.orelse)))


def _boolean(walk: BodyWalk, node: cst.BooleanOperation) -> TrackedValue:
    return union((walk.evaluate(node.left), walk.evaluate(node.right)))


def _comparison(walk: BodyWalk, node: cst.Comparison) -> TrackedValue:
    walk.evaluate(node.left)
    for part in node.comparisons:
        walk.evaluate(part.comparator)
    return NOTHING


def _unary(walk: BodyWalk, node: cst.UnaryOperation) -> TrackedValue:
    return walk.evaluate(node.expression).keep()


def _await(walk: BodyWalk, node: cst.Await) -> TrackedValue:
    return walk.evaluate(node.expression)


def _walrus(walk: BodyWalk, node: cst.NamedExpr) -> TrackedValue:
    value = walk.evaluate(node.value)
    walk.bind(node.target, value)
    return value


def _lambda(walk: BodyWalk, node: cst.Lambda) -> TrackedValue:
    return TrackedValue(function=Callee(node, walk.frame.resolver, walk.frame.names))


def _yield(walk: BodyWalk, node: cst.Yield) -> TrackedValue:
    walk.frame.yields = True
    if node.value is not None:
        inner = node.value.item if isinstance(node.value, cst.From) else node.value
        walk.frame.returned.append(walk.evaluate(inner))
    return NOTHING


EXPRESSIONS: Mapping[type[cst.CSTNode], Callable[[BodyWalk, Any], TrackedValue]] = {
    cst.Name: _name,
    cst.SimpleString: _constant,
    cst.Integer: _constant,
    cst.Float: _constant,
    cst.Attribute: _attribute,
    cst.Subscript: _subscript,
    cst.List: _display,
    cst.Tuple: _display,
    cst.Set: _display,
    cst.Dict: _dict,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _comprehension,
    cst.BinaryOperation: _binary,
    cst.FormattedString: _formatted,
    cst.ConcatenatedString: _concatenated,
    cst.IfExp: _conditional,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison,
    cst.UnaryOperation: _unary,
    cst.Await: _await,
    cst.NamedExpr: _walrus,
    cst.Lambda: _lambda,
    cst.Yield: _yield,
}
"""All but calls."""
