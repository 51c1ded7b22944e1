"""Calls of Python's builtins."""

from __future__ import annotations

import libcst as cst

from daft_lint.pipeline import catalog
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.arithmetic import converted, extreme, length, range_of
from daft_lint.pipeline.interpreter.daft_expressions import column
from daft_lint.pipeline.interpreter.definitions import Class, Function, Instance, Super
from daft_lint.pipeline.interpreter.inlining import inline
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import add_iteration
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    Attributes,
    DaftName,
    DataFrame,
    DictValue,
    ExternalName,
    ListValue,
    Literal,
    Sized,
    Tail,
    alternatives,
    element_of,
    has_daft_expression,
    literal_value,
)

BUILTINS = frozenset(
    "bytes bytearray int float str bool list dict set tuple frozenset len print range min max sum abs round sorted "
    "reversed enumerate zip map filter type isinstance getattr setattr hasattr super object open repr id any all iter "
    "next property staticmethod classmethod memoryview complex display".split()
)
MAX_MAPPED = 32
"""Items that a function of the project is called for one by one, by `map` and `functools.reduce`."""
_COLUMNS = frozenset({"daft.col", "daft.expressions.col", "daft.functions.col"})
INSPECTING = frozenset("print type isinstance id repr hasattr display".split())
"""Builtins that look at a DataFrame without running it."""


def call_builtin(interpreter: InterpreterProtocol, name: str, args: Arguments, scope: Scope) -> object:
    """`name(...)`."""
    first = args.positional[0][0] if args.positional else UNKNOWN
    if name in catalog.ITERATING_BUILTINS and any(isinstance(v, DataFrame) for v in alternatives(first)):
        add_iteration(interpreter, first, args.positional[0][1], scope)
        return UNKNOWN
    if name in ("int", "float"):
        return converted(first, int if name == "int" else float)
    if name in ("min", "max"):
        return extreme(name, args)
    if name == "range":
        return range_of(args)
    if name in ("list", "tuple", "set", "sorted", "reversed"):
        return first if isinstance(first, (ListValue, Sized)) else UNKNOWN
    if name == "dict":
        return _dict(first, args)
    if name == "len":
        return length(first)
    if name == "str":
        text = first if isinstance(first, Tail) else UNKNOWN
        return Literal(str(first.value), sure=first.sure) if isinstance(first, Literal) else text
    if name == "getattr" and len(args.positional) >= 2:
        return _getattr(interpreter, args)
    if name == "isinstance" and len(args.positional) == 2 and isinstance(first, (Literal, ListValue, Tail)):
        return _isinstance(first, args.positional[1][0])
    if name == "map" and len(args.positional) == 2 and isinstance(first, Function):
        return _mapped(interpreter, first, args.positional[1])
    if name == "map" and len(args.positional) == 2 and isinstance(first, DaftName) and first.path in _COLUMNS:
        return _columns(args.positional[1], scope)
    if name in ("enumerate", "zip") and any(map(has_daft_expression, args.values())):
        return _paired(name, args)
    if name == "super":
        return _super(interpreter, args, scope)
    if name in INSPECTING:
        for value in args.values():
            if isinstance(value, DataFrame):
                interpreter.recorder.consume(value.step)
        return UNKNOWN
    interpreter.recorder.escape(*args.values())
    return UNKNOWN


def _mapped(interpreter: InterpreterProtocol, function: Function, given: tuple[object, cst.BaseExpression]) -> object:
    """`map(function, values)`."""
    values, node = given
    if not isinstance(values, ListValue) or len(values.items) > MAX_MAPPED:
        interpreter.recorder.escape(values)
        inline(interpreter, function, Arguments([(element_of(values), node)]), None)
        return UNKNOWN
    results = (inline(interpreter, function, Arguments([(value, node)]), None) for value in values.items)
    return ListValue(tuple(results), values.open)


def _columns(given: tuple[object, cst.BaseExpression], scope: Scope) -> object:
    """`map(col, names)`."""
    values, node = given
    location = scope.location(node)
    if not isinstance(values, ListValue):
        return ListValue((column(None, location),), open=True)
    names = (literal_value(value) for value in values.items)
    return ListValue(tuple(column(n if isinstance(n, str) else None, location) for n in names), values.open)


def _paired(name: str, args: Arguments) -> object:
    """`enumerate(values)` and `zip(values, others)` of lists that are known."""
    lists = [value for value in args.positional_values() if isinstance(value, ListValue) and not value.open]
    if len(lists) < len(args.positional) or args.open:
        return UNKNOWN
    if name == "enumerate":
        return ListValue(tuple(ListValue((UNKNOWN, item)) for item in lists[0].items))
    return ListValue(tuple(ListValue(items) for items in zip(*(one.items for one in lists), strict=False)))


def _isinstance(value: Literal | ListValue | Tail, kinds: object) -> object:
    """Whether a constant or a container is of a builtin type; UNKNOWN for types of others."""
    asked = kinds.items if isinstance(kinds, ListValue) and not kinds.open else (kinds,)
    names = [kind.path.removeprefix("builtins.") for kind in asked if isinstance(kind, ExternalName)]
    sure = True
    if isinstance(value, Literal):
        own, sure = {base.__name__ for base in type(value.value).__mro__[:-1]}, value.sure
    else:
        # a tuple and a set are followed as lists are
        own = {"str"} if isinstance(value, Tail) else {"list", "tuple", "set"}
    if isinstance(value, ListValue) and own & set(names) and not own <= set(names):
        return UNKNOWN
    if own & set(names):
        return Literal(True, sure=sure)
    return Literal(False, sure=sure) if len(names) == len(asked) and set(names) <= BUILTINS else UNKNOWN


def _super(interpreter: InterpreterProtocol, args: Arguments, scope: Scope) -> object:
    """`super()`, `super(Class, self)`."""
    owner, receiver = scope.get("__class__"), None
    if len(args.positional) == 2:
        owner, receiver = args.positional_values()
    elif interpreter.active_calls:
        parameters = interpreter.active_calls[-1].node.params
        first = next(iter((*parameters.posonly_params, *parameters.params)), None)
        receiver = None if first is None else scope.get(first.name.value)
    if isinstance(owner, Class) and isinstance(receiver, (Instance, Class)):
        return Super(owner, receiver)
    return UNKNOWN


def _dict(first: object, args: Arguments) -> DictValue:
    """`dict(first, key=value)`."""
    entries: dict[object, object] = {name: value for name, (value, _) in args.keywords.items()}
    if isinstance(first, DictValue):
        return DictValue({**first.entries, **entries}, first.open or args.open)
    return DictValue(entries, args.open or bool(args.positional))


def _getattr(interpreter: InterpreterProtocol, args: Arguments) -> object:
    """`getattr(owner, name, default)`."""
    owner, name = args.positional[0][0], literal_value(args.positional[1][0])
    default = args.positional[2][0] if len(args.positional) > 2 else UNKNOWN
    if isinstance(owner, Attributes) and isinstance(name, str):
        return owner.names.get(name, default)
    if isinstance(owner, Instance) and isinstance(name, str):
        return interpreter.heap.get((owner, name)) or default
    return UNKNOWN
