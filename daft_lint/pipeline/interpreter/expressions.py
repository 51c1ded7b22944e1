"""Expressions of Python, by their type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from daft_lint.pipeline.interpreter.arithmetic import (
    MAX_TEXT,
    arithmetic,
    compared,
    ended,
    is_text,
    repeated,
    sliced,
    with_tail,
)
from daft_lint.pipeline.interpreter.assignments import bind
from daft_lint.pipeline.interpreter.attributes import attribute_of, lookup
from daft_lint.pipeline.interpreter.branchings import IfTest
from daft_lint.pipeline.interpreter.calls import call
from daft_lint.pipeline.interpreter.compound_statements import branches_at_work, note_test, truth_of
from daft_lint.pipeline.interpreter.comprehensions import comprehension, dict_comprehension
from daft_lint.pipeline.interpreter.container_methods import of_table
from daft_lint.pipeline.interpreter.daft_expressions import is_surely_expression, operator
from daft_lint.pipeline.interpreter.definitions import Function
from daft_lint.pipeline.interpreter.expression_methods import subscript
from daft_lint.pipeline.interpreter.merging import loop_item, meet, meet_results
from daft_lint.pipeline.interpreter.paths import path_of
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import (
    ENVIRONMENT,
    UNKNOWN,
    Choice,
    DaftName,
    DataFrame,
    DictValue,
    ExternalName,
    ListValue,
    Literal,
    OpenParameter,
    alternatives,
    any_function,
    as_list,
    choice,
    spelled_as,
    unsure,
)
from daft_lint.pipeline.model import Expression, PythonTest, SourceKind, StepKind
from daft_lint.source.syntax import constant, single_index

CONSTANTS = {"True": Literal(True), "False": Literal(False), "None": Literal(None)}

# Names, attributes, items


def _name(interpreter: InterpreterProtocol, node: cst.Name, scope: Scope) -> object:
    known = CONSTANTS.get(node.value)
    return lookup(interpreter, node.value, scope) if known is None else known


def _attribute(interpreter: InterpreterProtocol, node: cst.Attribute, scope: Scope) -> object:
    owner = interpreter.evaluate(node.value, scope)
    if isinstance(owner, Choice):
        found = [attribute_of(interpreter, one, node, scope) for one in owner.values]
        return meet_results(interpreter, owner, found, node, scope)
    return attribute_of(interpreter, owner, node, scope)


def _subscript(interpreter: InterpreterProtocol, node: cst.Subscript, scope: Scope) -> object:
    owner = interpreter.evaluate(node.value, scope)
    index = single_index(node)
    part = node.slice[0].slice
    if isinstance(part, cst.Slice) and len(node.slice) == 1 and part.step is None:
        ends = [None if end is None else interpreter.evaluate(end, scope) for end in (part.lower, part.upper)]
        if not isinstance(owner, (DataFrame, Expression)):
            return choice(sliced(one, *ends) for one in alternatives(owner))
    keys = [interpreter.evaluate(e.slice.value, scope) for e in node.slice if isinstance(e.slice, cst.Index)]
    if len(keys) > 1:
        columns = ListValue(tuple(keys))
        found = [subscript(interpreter, one, columns, node, scope) for one in alternatives(owner)]
        return meet_results(interpreter, owner, found, node, scope)
    key = keys[0] if index is not None and keys else UNKNOWN
    found = [_item(interpreter, one, key, node, scope) for one in alternatives(owner)]
    return meet_results(interpreter, owner, found, node, scope)


def _item(interpreter: InterpreterProtocol, owner: object, key: object, node: cst.Subscript, scope: Scope) -> object:
    if owner is UNKNOWN or isinstance(owner, (DataFrame, Expression, OpenParameter)):
        return subscript(interpreter, owner, key, node, scope)
    if isinstance(owner, DictValue):
        values = tuple(owner.entries.values())
        found = owner.entries.get(key.value) if isinstance(key, Literal) else any_function(values)
        return spelled_as(of_table(interpreter, found or UNKNOWN, values), node)
    if isinstance(owner, ListValue) and owner.open and all(isinstance(item, DataFrame) for item in owner.items):
        # one of the DataFrames that a loop or a comprehension has made
        return loop_item(interpreter, ListValue(owner.items), scope.location(node)) if owner.items else UNKNOWN
    if isinstance(owner, ListValue) and isinstance(key, Literal) and isinstance(key.value, int):
        known = not owner.open and -len(owner.items) <= key.value < len(owner.items)
        item = owner.items[key.value] if known else UNKNOWN
        return spelled_as(of_table(interpreter, item, owner.items), node)
    if isinstance(owner, ListValue):
        return any_function(owner.items)
    if owner == ExternalName("os.environ"):
        return ENVIRONMENT
    return owner if isinstance(owner, (DaftName, ExternalName)) else UNKNOWN


# Constants


def _string(interpreter: InterpreterProtocol, node: cst.SimpleString, scope: Scope) -> object:
    text = node.value
    # Most strings are plain: `evaluated_value` compiles each of them.
    is_plain = text[0] in "'\"" and "\\" not in text and text[1:2] != text[0]
    value = text[1:-1] if is_plain else constant(node)
    return UNKNOWN if value is None else Literal(value)


def _concatenated_string(interpreter: InterpreterProtocol, node: cst.ConcatenatedString, scope: Scope) -> object:
    left, right = interpreter.evaluate(node.left, scope), interpreter.evaluate(node.right, scope)
    if isinstance(left, Literal) and isinstance(right, Literal):
        return arithmetic(cst.Add(), left, right)
    return UNKNOWN


def _formatted_string(interpreter: InterpreterProtocol, node: cst.FormattedString, scope: Scope) -> object:
    head: list[str] = []
    parts: list[str] = []
    sure, known = True, True
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            parts.append(part.value)
        elif isinstance(part, cst.FormattedStringExpression):
            value = interpreter.evaluate(part.expression, scope)
            if isinstance(value, Literal) and part.format_spec is None and part.conversion is None:
                parts.append(str(value.value))
                sure = sure and value.sure
            else:
                head, parts, known = [*head, *parts], [], False
    if sum(map(len, (*head, *parts))) > MAX_TEXT:
        return UNKNOWN
    return Literal("".join(parts), sure=sure) if known else with_tail("".join(parts), "".join(head))


def _number(interpreter: InterpreterProtocol, node: cst.Integer | cst.Float, scope: Scope) -> object:
    text = node.value
    # As with strings: most are a few digits, with no 0 in front that Python would refuse.
    is_plain = len(text) < 19 and text.isdecimal() and (text[0] != "0" or text == "0")
    value = int(text) if is_plain else constant(node)
    return UNKNOWN if value is None else Literal(value)


# Containers


def _list(interpreter: InterpreterProtocol, node: cst.List | cst.Tuple | cst.Set, scope: Scope) -> object:
    items: list[object] = []
    is_open = False
    for element in node.elements:
        value = interpreter.evaluate(element.value, scope)
        if not isinstance(element, cst.StarredElement):
            items.append(value)
        elif isinstance(value, ListValue):
            items.extend(value.items)
            is_open = is_open or value.open
        else:
            is_open = True
    return ListValue(tuple(items), is_open)


def _dict(interpreter: InterpreterProtocol, node: cst.Dict, scope: Scope) -> object:
    entries: dict[object, object] = {}
    is_open = False
    for element in node.elements:
        value = interpreter.evaluate(element.value, scope)
        if isinstance(element, cst.DictElement):
            key = interpreter.evaluate(element.key, scope)
            if isinstance(key, Literal):
                entries[key.value] = value
            else:
                is_open = True
                entries[value] = value
        elif isinstance(value, DictValue):
            entries.update(value.entries)
            is_open = is_open or value.open
        else:
            is_open = True
    return DictValue(entries, is_open)


# Operators


def _binary(interpreter: InterpreterProtocol, node: cst.BinaryOperation, scope: Scope) -> object:
    left, right = interpreter.evaluate(node.left, scope), interpreter.evaluate(node.right, scope)
    if isinstance(left, Literal) and isinstance(right, Literal):
        if isinstance(node.operator, cst.Divide) and is_text(left) and is_text(right):
            return path_of([left, right])
        return arithmetic(node.operator, left, right)
    if any(isinstance(v, Expression) for side in (left, right) for v in alternatives(side)):
        return operator(node, [left, right], scope)
    if isinstance(node.operator, cst.Multiply):
        return repeated(left, right)
    if isinstance(node.operator, (cst.Add, cst.Divide)) and is_text(right) and not isinstance(left, ListValue):
        # `bucket + "/a.parquet"`, `Path(folder) / "a.parquet"`
        return ended(left, right)
    if isinstance(node.operator, cst.Add):
        left, right = as_list(left), as_list(right)
        if isinstance(left, ListValue) and isinstance(right, ListValue):
            return ListValue(left.items + right.items, left.open or right.open)
    if isinstance(node.operator, cst.BitOr) and isinstance(left, DictValue) and isinstance(right, DictValue):
        return DictValue({**left.entries, **right.entries}, left.open or right.open)
    return UNKNOWN


def _unary(interpreter: InterpreterProtocol, node: cst.UnaryOperation, scope: Scope) -> object:
    value = interpreter.evaluate(node.expression, scope)
    if isinstance(value, Expression):
        if isinstance(node.operator, cst.Not):
            note_test(interpreter, PythonTest.NOT, value, node, scope)
        return operator(node, [value], scope)
    if isinstance(value, Literal):
        if isinstance(node.operator, cst.Not):
            return Literal(not value.value, sure=value.sure)
        if isinstance(node.operator, cst.Minus) and isinstance(value.value, (int, float)):
            return Literal(-value.value, sure=value.sure)
    return UNKNOWN


def _boolean(interpreter: InterpreterProtocol, node: cst.BooleanOperation, scope: Scope) -> object:
    left = interpreter.evaluate(node.left, scope)
    right = interpreter.evaluate(node.right, scope)
    if is_surely_expression(left):
        note_test(interpreter, PythonTest.BOOLEAN, left, node, scope)
        return operator(node, [left, right], scope)
    if isinstance(left, Literal) and left.sure:
        decided = bool(left.value) is isinstance(node.operator, cst.Or)
        return left if decided else right
    if isinstance(node.operator, cst.Or):
        return meet(interpreter, [left, right], scope.location(node)) if left is not UNKNOWN else unsure(right)
    return UNKNOWN


def _comparison(interpreter: InterpreterProtocol, node: cst.Comparison, scope: Scope) -> object:
    values = [interpreter.evaluate(node.left, scope)]
    values += [interpreter.evaluate(c.comparator, scope) for c in node.comparisons]
    if any(isinstance(v, Expression) for v in values):
        return _expression_comparison(interpreter, node, values, scope)
    if len(values) == 2:
        is_none = values[1] == CONSTANTS["None"] and isinstance(values[0], DataFrame) and is_surely_there(values[0])
        return compared(node.comparisons[0].operator, Literal(False) if is_none else values[0], values[1])
    return UNKNOWN


def is_surely_there(frame: DataFrame) -> bool:
    """Whether a DataFrame is made by a call in view, and not only on some paths."""
    step = frame.step
    return step.kind is not StepKind.MERGE and (step.source is None or step.source.kind is SourceKind.CALL)


def _expression_comparison(
    interpreter: InterpreterProtocol, node: cst.Comparison, values: list[object], scope: Scope
) -> object:
    """`expr > 3`; what Python decides by itself, `is` and `in`, makes no expression."""
    operators = [c.operator for c in node.comparisons]
    if len(operators) > 1:
        note_test(interpreter, PythonTest.CHAINED, values[0], node, scope)
        note_test(interpreter, PythonTest.CHAINED, values[1], node, scope)
    elif isinstance(operators[0], (cst.In, cst.NotIn)):
        listed = node.comparisons[0].comparator
        if isinstance(listed, (cst.List, cst.Tuple)) and listed.elements:
            note_test(interpreter, PythonTest.IN, values[0], node, scope)
        note_test(interpreter, PythonTest.IN, values[1], node, scope)
        return UNKNOWN
    elif isinstance(operators[0], (cst.Is, cst.IsNot)):
        return UNKNOWN
    elif isinstance(operators[0], (cst.Equal, cst.NotEqual)) and any(v == CONSTANTS["None"] for v in values):
        for value in values:
            note_test(interpreter, PythonTest.COMPARED_WITH_NONE, value, node, scope)
    return operator(node, values, scope)


def _conditional(interpreter: InterpreterProtocol, node: cst.IfExp, scope: Scope) -> object:
    known, default = truth_of(interpreter, node.test, (node.body, node.orelse), scope)
    if known is not None:
        return interpreter.evaluate(node.body if known else node.orelse, scope)
    branching = IfTest(node.test, scope, interpreter.heap, interpreter.recorder.cuts, default)
    since = len(interpreter.recorder.merges)
    values = []
    for option, way in ((1, node.body), (0, node.orelse)):
        interpreter.ways.append((branching, option))
        values.append(interpreter.evaluate(way, scope))
        interpreter.ways.pop()
    return meet(interpreter, values, scope.location(node), [[(branching, 1)], [(branching, 0)]], since)


# Others


def _lambda(interpreter: InterpreterProtocol, node: cst.Lambda, scope: Scope) -> object:
    return Function(node, scope, "<lambda>", branches=branches_at_work(interpreter, scope))


def _named_expression(interpreter: InterpreterProtocol, node: cst.NamedExpr, scope: Scope) -> object:
    value = interpreter.evaluate(node.value, scope)
    bind(interpreter, node.target, value, scope)
    return value


def _await(interpreter: InterpreterProtocol, node: cst.Await, scope: Scope) -> object:
    return interpreter.evaluate(node.expression, scope)


def _yield(interpreter: InterpreterProtocol, node: cst.Yield, scope: Scope) -> object:
    value = node.value.item if isinstance(node.value, cst.From) else node.value
    if value is not None:
        interpreter.recorder.escape(interpreter.evaluate(value, scope))
    return UNKNOWN


EXPRESSIONS: dict[type[cst.CSTNode], Callable[[InterpreterProtocol, Any, Scope], object]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Call: call,
    cst.Subscript: _subscript,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _concatenated_string,
    cst.FormattedString: _formatted_string,
    cst.Integer: _number,
    cst.Float: _number,
    cst.List: _list,
    cst.Tuple: _list,
    cst.Set: _list,
    cst.Dict: _dict,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison,
    cst.IfExp: _conditional,
    cst.Lambda: _lambda,
    cst.NamedExpr: _named_expression,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.ListComp: comprehension,
    cst.SetComp: comprehension,
    cst.GeneratorExp: comprehension,
    cst.DictComp: dict_comprehension,
}
