"""Methods of lists, dicts, strings and argparse's parsers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.arithmetic import MAX_TEXT
from daft_lint.pipeline.interpreter.assignments import bind
from daft_lint.pipeline.interpreter.definitions import Function
from daft_lint.pipeline.interpreter.paths import SAME_FILE_METHODS, path_of
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import receiver_of
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    Attributes,
    DictValue,
    ListValue,
    Literal,
    any_function,
    literal_value,
    unsure,
)

MAX_ITEMS = 1024
"""Items that a list is followed for."""


def list_method(
    interpreter: InterpreterProtocol, owner: ListValue, name: str, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    """`columns.append(x)` rebinds the list's name."""
    target = receiver_of(node)
    if not isinstance(target, (cst.Name, cst.Attribute)):
        return UNKNOWN
    if name in ("append", "add") and args.positional:
        items = (*owner.items, args.positional[0][0])[:MAX_ITEMS]
        is_repeated = isinstance(target, cst.Name) and scope.names.is_from_before_loop(target.value)
        bind(interpreter, target, ListValue(items, owner.open or is_repeated), scope)
    elif name in ("extend", "insert", "update"):
        bind(interpreter, target, ListValue(owner.items, open=True), scope)
    return UNKNOWN


def of_table(interpreter: InterpreterProtocol, value: object, values: Sequence[object]) -> object:
    """A value looked up among others; a function is remembered with those that it could have been."""
    if isinstance(value, Function):
        interpreter.tables[value] = tuple(other for other in values if isinstance(other, Function))
    return value


def dict_method(interpreter: InterpreterProtocol, owner: DictValue, name: str, args: Arguments) -> object:
    """`sizes.get("batch", 64)`, `sizes.items()`, ..."""
    if name in ("get", "pop", "setdefault"):
        key = args.value(0, "key")
        default = args.value(1, "default") or UNKNOWN
        values = (*owner.entries.values(), *(() if default is UNKNOWN else (default,)))
        if isinstance(key, Literal):
            return of_table(interpreter, owner.entries.get(key.value, default), values)
        return any_function(values)
    if name == "values":
        return ListValue(tuple(owner.entries.values()), owner.open)
    if name == "keys":
        return ListValue(tuple(Literal(k) for k in owner.entries if isinstance(k, str)), owner.open)
    if name == "items":
        return ListValue(tuple(ListValue((_key(k), v)) for k, v in owner.entries.items()), owner.open)
    return owner if name == "copy" else UNKNOWN


def _key(key: object) -> object:
    return Literal(key) if isinstance(key, (str, int)) else UNKNOWN


def string_method(owner: Literal, name: str, args: Arguments) -> object:
    """`"{}.parquet".format(name)`, `name.lower()`, ..."""
    text = str(owner.value)
    if name == "format":
        return _formatted(text, owner, args)
    if name in ("lower", "upper", "strip", "rstrip", "lstrip") and not args.positional:
        changed: str = getattr(text, name)()
        return Literal(changed, owner.name, owner.sure)
    if name in SAME_FILE_METHODS and not args.positional:
        return owner
    if name == "joinpath" and not args.open:
        return path_of([owner, *args.positional_values()])
    return UNKNOWN


def _formatted(text: str, owner: Literal, args: Arguments) -> object:
    values = [literal_value(v) for v in args.values()]
    if args.open or any(v is None for v in values) or re.search(r"\{\w*[^\w}]", text):
        return UNKNOWN
    keywords = dict(zip(args.keywords, values[len(args.positional) :], strict=True))
    try:
        filled = text.format(*values[: len(args.positional)], **keywords)
    except (IndexError, KeyError, ValueError):
        return UNKNOWN
    return Literal(filled, sure=owner.sure) if len(filled) <= MAX_TEXT else UNKNOWN


def parser_method(owner: Attributes, name: str, args: Arguments) -> object:
    """argparse: `add_argument` declares a default, `parse_args` returns them all."""
    if name == "add_argument":
        flags = [literal_value(v) for v in args.positional_values()]
        dest = literal_value(args.keyword("dest"))
        long = next((f for f in flags if isinstance(f, str) and f.startswith("--")), flags[0] if flags else None)
        target = dest if isinstance(dest, str) else str(long).lstrip("-").replace("-", "_")
        default = args.keyword("default")
        known = isinstance(default, Literal) and default.value is not None
        owner.names[target] = unsure(default) if known else UNKNOWN
        return UNKNOWN
    if name in ("add_argument_group", "add_mutually_exclusive_group"):
        return owner
    if name == "parse_args":
        return Attributes(owner.names)
    if name == "parse_known_args":
        return ListValue((Attributes(owner.names), UNKNOWN))
    return UNKNOWN
