"""Calls of Python's builtins."""

from __future__ import annotations

from daft_lint.pipeline import catalog
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.arithmetic import converted, extreme, length, range_of
from daft_lint.pipeline.interpreter.definitions import Instance
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import add_iteration
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    Attributes,
    DataFrame,
    DictValue,
    ListValue,
    Literal,
    Sized,
    alternatives,
    literal_value,
)

BUILTINS = frozenset(
    "bytes bytearray int float str bool list dict set tuple frozenset len print range min max sum abs round sorted "
    "reversed enumerate zip map filter type isinstance getattr setattr hasattr super object open repr id any all iter "
    "next property staticmethod classmethod memoryview complex display".split()
)
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
        return Literal(str(first.value), sure=first.sure) if isinstance(first, Literal) else UNKNOWN
    if name == "getattr" and len(args.positional) >= 2:
        return _getattr(interpreter, args)
    if name in INSPECTING:
        for value in args.values():
            if isinstance(value, DataFrame):
                interpreter.recorder.consume(value.step)
        return UNKNOWN
    interpreter.recorder.escape(*args.values())
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
