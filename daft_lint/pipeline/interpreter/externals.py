"""What calls of other packages mean to a pipeline: constants they pass on, defaults they declare, Ray's size."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from daft_lint.pipeline import catalog
from daft_lint.pipeline.interpreter.values import (
    MAX_CONTAINED,
    MAX_TEXT,
    UNKNOWN,
    Args,
    Attributes,
    Entries,
    ExternalCall,
    Frame,
    Instance,
    Items,
    Literal,
    Partial,
    Scope,
    Sized,
    each,
    literal,
    unsure,
)

if TYPE_CHECKING:
    from daft_lint.pipeline.interpreter.interpret import Interpreter

BUILTINS = frozenset(
    "bytes bytearray int float str bool list dict set tuple frozenset len print range min max sum abs round sorted "
    "reversed enumerate zip map filter type isinstance getattr setattr hasattr super object open repr id any all iter "
    "next property staticmethod classmethod memoryview complex display".split()
)
INSPECTING = frozenset(
    f"builtins.{name}" for name in ("print", "type", "isinstance", "id", "repr", "len", "hasattr", "display", "str")
)
"""Builtins that look at a DataFrame without running it."""
EXPECTING_FAILURE = frozenset({"pytest.raises", "contextlib.suppress"})
"""Contexts in which a statement that does nothing may be meant."""
ASSERTING_FAILURE = frozenset({"raises", "assertRaises", "assertRaisesRegex"})
"""The names, of pytest and unittest, of contexts in which tests expect an error."""
PARSERS = frozenset({"argparse.ArgumentParser", "ArgumentParser"})


class Externals:
    """Calls of names out of view, by their qualified name."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter

    def call(self, path: str, args: Args, node: cst.Call, scope: Scope) -> object:
        if path.startswith("builtins."):
            return self.builtin(path, args, node, scope)
        if path in ("functools.partial", "partial"):
            if not args.positional:
                return UNKNOWN
            values = tuple(v for v, _ in args.positional[1:])
            keywords = {k: v for k, (v, _) in args.keywords.items()}
            function = args.positional[0][0]
            if isinstance(function, Partial):
                # As functools does: one object however often it is repeated.
                merged = {**function.keywords, **keywords}
                return Partial(function.function, (*function.args, *values)[:MAX_CONTAINED], merged)
            return Partial(function, values, keywords)
        if path in PARSERS:
            return Attributes({"": ExternalCall(path)})
        if path in ("os.environ.get", "os.getenv"):
            return self.environment(args)
        if path == "ray.init":
            self.ray_init(args)
            return ExternalCall(path)
        if path in ("dataclasses.replace", "copy.copy", "copy.deepcopy", "typing.cast"):
            return args.positional[-1 if path == "typing.cast" else 0][0] if args.positional else UNKNOWN
        if path in ("types.SimpleNamespace", "argparse.Namespace"):
            return Attributes({k: v for k, (v, _) in args.keywords.items()})
        for value in args.values():
            self.interpreter.escape(value)
        return ExternalCall(path)

    def environment(self, args: Args) -> object:
        """A variable's default: what the script counts on where nobody sets it."""
        default = args.value(1, "default")
        return unsure(default) if isinstance(default, Literal) and default.value is not None else UNKNOWN

    def ray_init(self, args: Args) -> None:
        """`ray.init(num_cpus=...)` without an address starts one node of that size."""
        address = args.value(0, "address")
        if address is UNKNOWN or literal(address) not in (None, "local"):
            return
        cpus, gpus = literal(args.value(-1, "num_cpus")), literal(args.value(-1, "num_gpus"))
        cluster = self.interpreter.recorder.cluster
        if isinstance(cpus, (int, float)):
            cluster = replace(cluster, nodes=1, cpus_per_node=float(cpus))
        if isinstance(gpus, (int, float)):
            cluster = replace(cluster, nodes=1, gpus_per_node=float(gpus))
        self.interpreter.recorder.cluster = cluster

    def builtin(self, path: str, args: Args, node: cst.Call, scope: Scope) -> object:
        first = args.positional[0][0] if args.positional else UNKNOWN
        name = path.removeprefix("builtins.")
        if name in catalog.ITERATING_BUILTINS and any(isinstance(v, Frame) for v in each(first)):
            self.interpreter.steps.iterate(first, args.positional[0][1], scope)
            return UNKNOWN
        if name in ("int", "float"):
            return number(first, int if name == "int" else float)
        if name in ("min", "max"):
            return extreme(name, args)
        if name == "range" and len(args.positional) == 1:
            value = literal(first)
            return Sized(max(0, value)) if isinstance(value, int) else UNKNOWN
        if name in ("list", "tuple", "set", "sorted", "reversed"):
            return first if isinstance(first, (Items, Sized)) else UNKNOWN
        if name == "dict":
            entries: dict[object, object] = {k: v for k, (v, _) in args.keywords.items()}
            if isinstance(first, Entries):
                return Entries({**first.entries, **entries}, first.open or args.open)
            return Entries(entries, args.open or bool(args.positional))
        if name == "len":
            return length(first)
        if name == "str":
            return Literal(str(first.value), sure=first.sure) if isinstance(first, Literal) else UNKNOWN
        if name == "getattr" and len(args.positional) >= 2:
            return self.getattr_(args, node, scope)
        if path in INSPECTING:
            self.inspect(args)
            return UNKNOWN
        for value in args.values():
            self.interpreter.escape(value)
        return UNKNOWN

    def inspect(self, args: Args) -> None:
        """`print(df)` shows a schema; the DataFrame is neither read nor dropped."""
        for value in args.values():
            if isinstance(value, Frame):
                self.interpreter.recorder.consumed.add(value.step)

    def getattr_(self, args: Args, node: cst.Call, scope: Scope) -> object:
        owner, name = args.positional[0][0], literal(args.positional[1][0])
        default = args.positional[2][0] if len(args.positional) > 2 else UNKNOWN
        if isinstance(owner, Attributes) and isinstance(name, str):
            return owner.names.get(name, default)
        if isinstance(owner, Instance) and isinstance(name, str):
            return self.interpreter.heap.get((owner, name)) or default
        return UNKNOWN

    def method(self, owner: object, name: str, args: Args, node: cst.Call) -> object:
        """A method of a container, a parser or a string."""
        if isinstance(owner, Attributes):
            return parser_method(owner, name, args)
        if isinstance(owner, Entries):
            return entries_method(owner, name, args)
        if isinstance(owner, Literal) and isinstance(owner.value, str):
            return string_method(owner, name, args)
        if isinstance(owner, ExternalCall):
            return self.call(f"{owner.path}.{name}", args, node, self.interpreter.root_scope)
        for value in args.values():
            self.interpreter.escape(value)
        return UNKNOWN


def number(value: object, kind: type[int] | type[float]) -> object:
    if isinstance(value, Literal) and isinstance(value.value, (str, int, float)):
        try:
            return Literal(kind(value.value), value.name, value.sure)
        except (ValueError, OverflowError):
            return UNKNOWN
    return UNKNOWN


def extreme(name: str, args: Args) -> object:
    """`min`, `max` of constants."""
    values = [v for v, _ in args.positional]
    if len(values) == 1 and isinstance(values[0], Items) and not values[0].open:
        values = list(values[0].items)
    numbers = [literal(v) for v in values]
    if not numbers or args.open or args.keywords or not all(isinstance(n, (int, float)) for n in numbers):
        return UNKNOWN
    sure = all(isinstance(v, Literal) and v.sure for v in values)
    picked = (min if name == "min" else max)(n for n in numbers if isinstance(n, (int, float)))
    return Literal(picked, sure=sure)


def length(value: object) -> object:
    if isinstance(value, Items) and not value.open:
        return Literal(len(value.items))
    if isinstance(value, Sized):
        return Literal(value.length)
    if isinstance(value, Literal) and isinstance(value.value, (str, bytes)):
        return Literal(len(value.value))
    return UNKNOWN


def parser_method(owner: Attributes, name: str, args: Args) -> object:
    """argparse: `add_argument` declares a default, `parse_args` gives them all."""
    if name == "add_argument":
        flags = [literal(v) for v, _ in args.positional]
        dest = literal(args.value(-1, "dest"))
        long = next((f for f in flags if isinstance(f, str) and f.startswith("--")), flags[0] if flags else None)
        target = dest if isinstance(dest, str) else str(long).lstrip("-").replace("-", "_")
        default = args.value(-1, "default")
        known = isinstance(default, Literal) and default.value is not None
        owner.names[target] = unsure(default) if known else UNKNOWN
        return UNKNOWN
    if name in ("add_argument_group", "add_mutually_exclusive_group"):
        return owner
    if name == "parse_args":
        return Attributes(owner.names)
    if name == "parse_known_args":
        return Items((Attributes(owner.names), UNKNOWN))
    return UNKNOWN


def entries_method(owner: Entries, name: str, args: Args) -> object:
    if name in ("get", "pop", "setdefault"):
        key = args.value(0, "key")
        default = args.value(1, "default") or UNKNOWN
        return owner.entries.get(key.value, default) if isinstance(key, Literal) else UNKNOWN
    if name == "values":
        return Items(tuple(owner.entries.values()), owner.open)
    if name == "keys":
        return Items(tuple(Literal(k) for k in owner.entries if isinstance(k, str)), owner.open)
    if name == "items":
        return Items(tuple(Items((key_value(k), v)) for k, v in owner.entries.items()), owner.open)
    return owner if name == "copy" else UNKNOWN


def key_value(key: object) -> object:
    return Literal(key) if isinstance(key, (str, int)) else UNKNOWN


def string_method(owner: Literal, name: str, args: Args) -> object:
    text = str(owner.value)
    if name == "format":
        values = [literal(v) for v in args.values()]
        if args.open or any(v is None for v in values) or re.search(r"\{\w*[^\w}]", text):
            return UNKNOWN
        keywords = dict(zip(args.keywords, values[len(args.positional) :], strict=True))
        try:
            filled = text.format(*values[: len(args.positional)], **keywords)
        except (IndexError, KeyError, ValueError):
            return UNKNOWN
        return Literal(filled, sure=owner.sure) if len(filled) <= MAX_TEXT else UNKNOWN
    if name in ("lower", "upper", "strip", "rstrip", "lstrip") and not args.positional:
        changed: str = getattr(text, name)()
        return Literal(changed, owner.name, owner.sure)
    return UNKNOWN
